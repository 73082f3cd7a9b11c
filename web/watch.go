package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

const (
	watchesLength   = 30 // watches on one page of the history
	stripWatchesMax = 2  // of a side that the strip names
	waitsInHandover = 5  // dispatches that wait, shown to who takes over
)

// stripWatch is who is on watch, as the strip shows it.
type stripWatch struct {
	Who       string // name, or post
	Until     template.HTML
	Over      bool // that moment has passed
	Languages string
}

// stripWatches says who of a side is on watch, and how many more are.
func (v *visit) stripWatches(side office.Side) (shown []stripWatch, more int) {
	for i := range v.onWatch {
		w := &v.onWatch[i]
		if w.Side != side {
			continue
		}
		if len(shown) == stripWatchesMax {
			more++
			continue
		}
		one := stripWatch{Who: v.named(w.Name), Languages: strings.Join(w.Languages, " ")}
		if one.Who == "" {
			one.Who = v.postName(side, w.By)
		}
		if w.Until != 0 {
			until := fromMillis(w.Until)
			one.Until, one.Over = element(until, inZoneShort(until, v.now, v.zone(v.side))), v.now.After(until)
		}
		shown = append(shown, one)
	}
	return shown, more
}

// watchPage is who is on watch, and was.
type watchPage struct {
	Frame
	Known    bool // the rules in force know watches
	MayWatch bool
	MayEnd   bool
	On       []watchSide
	Mine     bool // the post of the reader is on watch
	Start    watchForm
	Refused  string

	At      string // the moment that was asked for, as typed
	AtTime  template.HTML
	AtWrong string
	Was     []watchSide

	Waits     []waitLine // what waits for us, for who takes over
	WaitMore  int
	Drafts    int // that wait for the reader
	MaxWords  int
	History   []watchLine
	Older     string // address; empty if there are none
	Newest    string // address, if this is not the newest page
	SideZone  string
	SideClock string // an example of how a moment is typed
}

// watchForm is what is typed to take the watch.
type watchForm struct {
	Name, Until, Once string
}

// watchSide is who of one side is on watch.
type watchSide struct {
	Name     string
	Own      bool
	Watches  []watchLine
	Shape    string      // how its promise of coverage stands
	Promise  string      // empty if it has none
	Missing  bool        // a watch is promised, and nobody is on it
	Should   []rosterNow // who of our side should be on watch, by the roster
	Rostered bool        // our side has a roster
}

// watchLine is one watch as it is read.
type watchLine struct {
	ID         office.EntryID
	Side, Post string
	Name       string
	Languages  string
	Since      template.HTML
	Until      template.HTML // empty if it does not say
	Over       bool          // it has passed
	Ended      template.HTML // empty while it goes on
	Relieved   string        // entry that took it over; empty if none did
	Mine       bool          // of the reader's post
	Own        bool          // of our side

	Handover handoverText
	Form     watchForm // with which it is taken over
}

// handoverText is what the outgoing watch tells the incoming one.
type handoverText struct {
	Version int64 // 0 if there is none
	Words   string
	Lang    string
	Written template.HTML
	Signed  template.HTML // empty if nobody has
}

func (s *site) watch(v *visit) error {
	return s.showWatch(v, http.StatusOK, watchForm{Until: v.shiftEnd()}, "")
}

// shiftEnd is when a watch that begins now usually ends, as it is typed.
func (v *visit) shiftEnd() string {
	return v.now.Add(8 * time.Hour).Truncate(time.Hour).In(v.zone(v.side)).Format(untilForm)
}

// showWatch shows the page with what was typed, and why it was refused.
func (s *site) showWatch(v *visit, status int, typed watchForm, refused string) error {
	frame, err := s.frame(v, "watch", v.t("watch.title"))
	if err != nil {
		return err
	}
	page := watchPage{
		Frame: frame, Refused: refused, Start: typed, Known: v.knowsForms(), // both came with the same version
		MayWatch: v.status.Open && v.may(office.KindWatch, ""), MayEnd: v.status.Open && v.may(office.KindWatchEnd, ""),
		Drafts: v.draftsWait, MaxWords: people.MaxHandover, SideZone: frame.Strip.Own.Zone, SideClock: v.shiftEnd(),
	}
	page.Start.Once = newKey()
	if page.Waits = v.waits; len(page.Waits) > waitsInHandover {
		page.Waits, page.WaitMore = v.waits[:waitsInHandover], len(v.waits)-waitsInHandover
	}
	query := v.r.URL.Query()
	lines, next, err := s.node.Records().Watches(v.ctx, records.WatchFilter{Before: query.Get("before"), Limit: watchesLength})
	if errors.Is(err, records.ErrBefore) {
		return errNothingHere
	}
	if err != nil {
		return err
	}
	var ours []office.EntryID
	for i := range lines {
		if lines[i].Side == v.side {
			ours = append(ours, lines[i].ID)
		}
	}
	for i := range v.onWatch {
		if v.onWatch[i].Side == v.side {
			ours = append(ours, v.onWatch[i].ID)
		}
	}
	handovers, err := s.node.People().Handovers(v.ctx, ours)
	if err != nil {
		return err
	}
	page.On = v.bySide(v.onWatch, handovers)
	if err := s.promisedWatch(v, page.On); err != nil {
		return err
	}
	for i := range page.On {
		for j := range page.On[i].Watches {
			w := &page.On[i].Watches[j]
			w.Form = watchForm{Until: page.SideClock, Once: newKey()}
			page.Mine = page.Mine || w.Mine
		}
	}
	for i := range lines {
		page.History = append(page.History, v.watchLine(&lines[i].Watch, handovers))
	}
	if next != "" {
		page.Older = "/watch?before=" + url.QueryEscape(next)
	}
	if query.Get("before") != "" {
		page.Newest = "/watch"
	}
	if page.At = shorten(strings.TrimSpace(query.Get("at")), 40); page.At != "" {
		moment, err := time.ParseInLocation(untilForm, page.At, v.zone(v.side))
		if err != nil {
			page.AtWrong = v.t("handling.not-a-time", "text", page.At)
		} else {
			was, err := s.node.Records().OnWatchAt(v.ctx, moment.UnixMilli())
			if err != nil {
				return err
			}
			page.AtTime, page.Was = v.minute(moment), v.bySide(was, handovers)
		}
	}
	return s.render(v, status, "watch", page)
}

// bySide puts watches under their sides, ours first, also those sides that have
// none.
func (v *visit) bySide(watches []office.Watch, handovers map[office.EntryID]people.Handover) (out []watchSide) {
	for _, id := range v.sides() {
		one := watchSide{Name: v.sideName(id), Own: id == v.side}
		for i := range watches {
			if watches[i].Side == id {
				one.Watches = append(one.Watches, v.watchLine(&watches[i], handovers))
			}
		}
		out = append(out, one)
	}
	return out
}

func (v *visit) watchLine(w *office.Watch, handovers map[office.EntryID]people.Handover) watchLine {
	var tongues []string
	for _, tag := range w.Languages {
		tongues = append(tongues, languageName(tag))
	}
	own := w.Side == v.side
	line := watchLine{
		ID: w.ID, Side: v.sideName(w.Side), Post: v.postName(w.Side, w.By), Name: v.named(w.Name), Languages: strings.Join(tongues, v.t("common.list-comma")),
		Since: v.briefly(fromMillis(w.Time)), Own: own, Mine: own && w.By == v.session.Post && w.End == nil,
	}
	if w.Until != 0 {
		until := fromMillis(w.Until)
		line.Until, line.Over = element(until, inZoneShort(until, v.now, v.zone(v.side))), w.End == nil && v.now.After(until)
	}
	if w.End != nil {
		line.Ended = v.briefly(fromMillis(w.End.Time))
		if w.End.Relieved {
			line.Relieved = w.End.ID.String()
		}
	}
	if h, is := handovers[w.ID]; is && own {
		line.Handover = handoverText{Version: h.Version, Words: h.Words, Lang: textLanguage(h.Words), Written: v.signed(h.Written)}
		if !h.Signed.At.IsZero() {
			line.Handover.Signed = v.signed(h.Signed)
		}
	}
	return line
}

// postWatch takes the watch: beside the others, or from one of them, whose handover
// is signed by it.
func (s *site) postWatch(v *visit) error {
	form := v.r.PostForm
	typedForm := watchForm{Name: strings.TrimSpace(typed(form.Get("name"))), Until: strings.TrimSpace(form.Get("until"))}
	body := office.WatchBody{Name: typedForm.Name}
	if typedForm.Until != "" {
		until, err := time.ParseInLocation(untilForm, typedForm.Until, v.zone(v.side))
		if err != nil {
			return s.showWatch(v, http.StatusUnprocessableEntity, typedForm, v.t("handling.not-a-time", "text", shorten(typedForm.Until, 40)))
		}
		body.Until = office.MinuteOf(until.UnixMilli())
	}
	refused := func(r *node.Refusal) error {
		return s.showWatch(v, http.StatusUnprocessableEntity, typedForm, v.refused(r))
	}
	if text := form.Get("relieves"); text != "" {
		id, err := office.ParseEntryID(text)
		if err != nil {
			return errMalformed
		}
		body.Relieves = &id
	}
	act := node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindWatch, Body: &body}
	act.Once = v.once(body.Name, string(body.Until), form.Get("relieves"))
	var err error
	if body.Relieves == nil {
		_, err = s.node.Write(v.ctx, act)
	} else {
		version, bad := strconv.ParseInt(form.Get("version"), 10, 64)
		if bad != nil {
			version = 0
		}
		_, err = s.node.TakeOver(v.ctx, act, &body, v.hand(), version)
	}
	if refusal, is := refusalOf(err); is {
		return refused(refusal)
	}
	if err != nil {
		return fmt.Errorf("take the watch: %w", err)
	}
	return v.redirect("/watch")
}

// ownWatch reads which watch of ours a form is about.
func (s *site) ownWatch(v *visit) (id office.EntryID, err error) {
	if id, err = office.ParseEntryID(v.r.PostForm.Get("watch")); err != nil || id.Side != v.side {
		return id, &node.Refusal{Code: office.WatchUnknown, Detail: map[string]string{"watch": shorten(v.r.PostForm.Get("watch"), 40)}}
	}
	return id, nil
}

func (s *site) postEndWatch(v *visit) error {
	id, err := s.ownWatch(v)
	if err == nil {
		_, err = s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindWatchEnd, Body: &office.WatchEndBody{Watch: id}})
	}
	return s.afterWatch(v, err)
}

// postHandover writes what the outgoing watch leaves to the incoming one. Of a watch
// that has ended it stays as it is.
func (s *site) postHandover(v *visit) error {
	id, err := s.ownWatch(v)
	if err == nil {
		version, bad := strconv.ParseInt(v.r.PostForm.Get("version"), 10, 64)
		if bad != nil {
			version = 0
		}
		err = s.node.WriteHandover(v.ctx, v.hand(), id, version, typed(v.r.PostForm.Get("text")))
	}
	return s.afterWatch(v, err)
}

func (s *site) afterWatch(v *visit, err error) error {
	if refusal, is := refusalOf(err); is {
		return s.showWatch(v, http.StatusUnprocessableEntity, watchForm{Until: v.shiftEnd()}, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("the watch: %w", err)
	}
	return v.redirect("/watch")
}
