package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

const suspensionsLength = 20 // suspensions on one page

// relationsPage is how each channel stands by the word of each side, and how it
// came to that.
type relationsPage struct {
	Frame
	Channels   []channelCard
	History    []suspensionLine // the last first
	Older      string           // address; empty if there are none
	Newest     string           // address, if this is not the newest page
	Known      bool             // the rules in force know suspensions
	MaySuspend bool
	Ours       []choice // channels that we can suspend
	Typed      typedSuspension
	Resume     *resumeForm // nil if none is to be ended
	Example    string      // of a time
	Max        int
	Once       string
	Refused    string
}

// typedSuspension is what a person typed to suspend channels, or to resume them.
type typedSuspension struct {
	Channels            []string
	From, Reason, Stays string
	Of                  string // the suspension to be ended
}

type resumeForm struct {
	ID       office.EntryID
	Channels []choice
}

// channelCard is one channel from the view of each side.
type channelCard struct {
	Name, Purpose string
	Sides         []channelView
}

// channelView is what one side says of a channel.
type channelView struct {
	Side  string
	Shape string
	Words []template.HTML
}

// suspensionLine is one suspension as it is read.
type suspensionLine struct {
	ID               office.EntryID
	Side, By         string
	Clocks           []onClock
	Sentence         template.HTML
	Reason, Lang     string
	Stays, StaysLang string
	Resumed          []template.HTML
	Held             bool
	Resume           string // address of the form that ends it; empty if it is not ours to end
}

// suspended is a channel that a side suspends now, where something is written or
// read on it.
type suspended struct {
	Sentence         template.HTML
	Reason, Lang     string
	Stays, StaysLang string
}

// spells gives those of a channel that have not ended, in order of side.
func (v *visit) spells(channel string) (spells []office.Spell) {
	for _, row := range v.channels {
		for _, spell := range row.Spells {
			if row.Channel == channel && !spell.Ended(v.now.UnixMilli()) {
				spells = append(spells, spell)
			}
		}
	}
	return spells
}

// suspendedBy lists in words the channels that a side suspends now; empty if none.
func (v *visit) suspendedBy(side office.Side) string {
	var names []string
	if v.office.Charter == nil {
		return ""
	}
	for _, c := range v.office.Charter.Channels {
		if slices.ContainsFunc(v.spells(c.ID), func(s office.Spell) bool { return s.Side == side && s.At(v.now.UnixMilli()) }) {
			names = append(names, v.channelName(c.ID))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return v.t("relations.by", "side", v.sideName(side), "channels", strings.Join(names, v.t("common.list-comma")))
}

// suspendedNow says of channels by whom they are suspended now, and why.
func (s *site) suspendedNow(v *visit, channels ...string) (out []suspended, err error) {
	for _, channel := range channels {
		for _, spell := range v.spells(channel) {
			if !spell.At(v.now.UnixMilli()) {
				continue
			}
			row, found, err := s.node.Records().Suspension(v.ctx, spell.Suspension)
			if err != nil {
				return nil, err
			}
			if !found {
				continue // undone meanwhile by a late entry; the page looks again
			}
			out = append(out, suspended{
				Sentence: v.h("relations.now", "channel", v.channelName(channel), "side", v.sideName(spell.Side), "time", v.briefly(fromMillis(spell.From))),
				Reason:   row.Reason, Lang: textLanguage(row.Reason), Stays: row.Stays, StaysLang: textLanguage(row.Stays),
			})
		}
	}
	return out, nil
}

// channelView tells what a side says of a channel.
func (v *visit) channelView(side office.Side, channel string) channelView {
	view := channelView{Side: v.sideName(side), Shape: "acknowledged"}
	now := v.now.UnixMilli()
	for _, s := range v.spells(channel) {
		if s.Side != side {
			continue
		}
		from := v.briefly(fromMillis(s.From))
		if s.At(now) {
			view.Shape = "late"
			view.Words = append(view.Words, v.h("relations.since", "time", from))
		} else {
			if view.Shape == "acknowledged" {
				view.Shape = "waits"
			}
			view.Words = append(view.Words, v.h("relations.will", "time", from))
		}
		if s.Until != nil {
			view.Words = append(view.Words, v.h("relations.until", "time", v.briefly(fromMillis(*s.Until))))
		}
	}
	if len(view.Words) == 0 {
		view.Words = []template.HTML{v.h("relations.open")}
	}
	return view
}

// channelCards shows each channel of the charter from the view of each side.
func (v *visit) channelCards() (cards []channelCard) {
	if v.office.Charter == nil {
		return nil
	}
	for _, c := range v.office.Charter.Channels {
		card := channelCard{Name: v.channelName(c.ID), Purpose: lang.Pick(v.tag, c.Purpose)}
		for _, side := range v.sides() {
			card.Sides = append(card.Sides, v.channelView(side, c.ID))
		}
		cards = append(cards, card)
	}
	return cards
}

func (s *site) relations(v *visit) error {
	return s.showRelations(v, http.StatusOK, typedSuspension{Of: v.r.URL.Query().Get("resume")}, "")
}

func (s *site) showRelations(v *visit, status int, typed typedSuspension, refused string) error {
	frame, err := s.frame(v, "line", v.t("relations.title"))
	if err != nil {
		return err
	}
	before := v.r.URL.Query().Get("before")
	page := relationsPage{
		Frame: frame, Channels: v.channelCards(), Known: v.knowsForms(), Typed: typed, Refused: refused, Max: office.MaxStatement, Once: newKey(),
		MaySuspend: v.status.Open && v.may(office.KindSuspension, "") && before == "",
		Example:    v.now.Add(24 * time.Hour).Truncate(time.Hour).In(v.zone(v.side)).Format(untilForm),
	}
	if page.Path = "/relations"; before != "" {
		page.Path, page.Newest = "/relations?before="+before, "/relations"
	}
	lines, next, err := s.node.Records().Suspensions(v.ctx, before, suspensionsLength)
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return fmt.Errorf("read the suspensions: %w", err)
	}
	if next != "" {
		page.Older = "/relations?before=" + next
	}
	mayResume := v.status.Open && v.may(office.KindResumption, "")
	for i := range lines {
		page.History = append(page.History, s.suspensionLine(v, &lines[i], mayResume))
	}
	if v.office.Charter != nil {
		for _, c := range v.office.Charter.Channels {
			if !slices.ContainsFunc(v.spells(c.ID), func(s office.Spell) bool { return s.Side == v.side && s.Until == nil }) {
				page.Ours = append(page.Ours, choice{c.ID, v.channelName(c.ID), "", slices.Contains(typed.Channels, c.ID)})
			}
		}
	}
	if typed.Of != "" {
		id, err := office.ParseEntryID(typed.Of)
		if err != nil {
			return errNothingHere
		}
		row, found, err := s.node.Records().Suspension(v.ctx, id)
		if err != nil {
			return err
		}
		if !found {
			return errNothingHere
		}
		if open := row.Open(); row.Side == v.side && mayResume && len(open) > 0 {
			page.Resume = &resumeForm{ID: id}
			for _, c := range open {
				page.Resume.Channels = append(page.Resume.Channels, choice{c, v.channelName(c), "", refused == "" || slices.Contains(typed.Channels, c)})
			}
		}
	}
	return s.render(v, status, "relations", page)
}

func (s *site) suspensionLine(v *visit, row *records.SuspensionLine, mayResume bool) suspensionLine {
	names := func(ids []string) string {
		var list []string
		for _, id := range ids {
			list = append(list, v.channelName(id))
		}
		return strings.Join(list, v.t("common.list-comma"))
	}
	line := suspensionLine{
		ID: row.ID, Side: v.sideName(row.Side), By: v.officer(row.Side, row.By), Clocks: v.clocks(fromMillis(row.At)),
		Sentence: v.h("relations.suspends", "channels", names(row.Channels), "time", v.briefly(fromMillis(row.From))),
		Reason:   row.Reason, Lang: textLanguage(row.Reason), Stays: row.Stays, StaysLang: textLanguage(row.Stays), Held: s.heldByAll(v, row.ID),
	}
	for _, r := range row.Resumed {
		line.Resumed = append(line.Resumed, v.h("relations.resumes", "channels", names(r.Channels), "time", v.briefly(fromMillis(r.From)), "post", v.postName(row.Side, r.By)))
	}
	if mayResume && row.Side == v.side && len(row.Open()) > 0 {
		line.Resume = "/relations?resume=" + row.ID.String() + "#resume"
	}
	return line
}

// heldByAll reports whether every other side is known to hold an entry.
func (s *site) heldByAll(v *visit, id office.EntryID) bool {
	head := s.node.Ledger().Heads()[id.Side]
	return !slices.ContainsFunc(v.others(), func(to office.Side) bool { return to != id.Side && head.Cosigned[to] <= id.Index })
}

// typedMinute reads a minute by the clock of our side; "" if nothing is typed.
func (v *visit) typedMinute(text string) (m office.Minute, sentence string) {
	if text = strings.TrimSpace(text); text == "" {
		return "", ""
	}
	at, err := time.ParseInLocation(untilForm, text, v.zone(v.side))
	if err != nil {
		return "", v.t("handling.not-a-time", "text", shorten(text, 40))
	}
	return office.MinuteOf(at.UnixMilli()), ""
}

// actOnce writes an act that a form asks for, once however often it is sent. What
// is refused comes back as a sentence.
func (s *site) actOnce(v *visit, kind string, body any) (refused string, err error) {
	encoded, err := office.Encode(body)
	if err != nil {
		return "", err
	}
	_, err = s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: kind, Body: body, Once: v.once(kind, string(encoded))})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return v.refused(refusal), nil
	}
	if err != nil {
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	return "", nil
}

// typedSuspension reads the forms of the page.
func (v *visit) typedSuspension() typedSuspension {
	form := v.r.PostForm
	return typedSuspension{
		Channels: slices.Compact(slices.Sorted(slices.Values(form["channel"]))), From: form.Get("from"),
		Reason: typed(form.Get("reason")), Stays: typed(form.Get("stays")), Of: form.Get("of"),
	}
}

func (s *site) postSuspendChannels(v *visit) error {
	t := v.typedSuspension()
	t.Of = ""
	from, refused := v.typedMinute(t.From)
	if refused == "" {
		var err error
		if refused, err = s.actOnce(v, office.KindSuspension, &office.SuspensionBody{Channels: t.Channels, From: from, Reason: t.Reason, Stays: t.Stays}); err != nil {
			return err
		}
	}
	if refused != "" {
		return s.showRelations(v, http.StatusUnprocessableEntity, t, refused)
	}
	return v.redirect("/relations")
}

func (s *site) postResumeChannels(v *visit) error {
	t := v.typedSuspension()
	id, err := office.ParseEntryID(t.Of)
	if err != nil {
		return errNothingHere
	}
	from, refused := v.typedMinute(t.From)
	if refused == "" {
		if refused, err = s.actOnce(v, office.KindResumption, &office.ResumptionBody{Channels: t.Channels, From: from, Suspension: id}); err != nil {
			return err
		}
	}
	if refused != "" {
		return s.showRelations(v, http.StatusUnprocessableEntity, t, refused)
	}
	return v.redirect("/relations")
}
