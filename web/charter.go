package web

import (
	"errors"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
)

// charterPage is the charter in force and what is proposed.
type charterPage struct {
	Frame
	Charter   *charterText // nil before the office is founded
	Hash      string       // grouped
	Since     template.HTML
	SinceID   office.EntryID
	Founding  []founding // while the office is not open
	Pending   *pendingText
	Once      string
	Proposals []proposalText
	MayChange bool
	Refused   string
}

// charterText is a charter as it is read.
type charterText struct {
	Rules    int64
	Sides    []charterSideText
	Channels []charterChannelText
	Clocks   []charterClockText
	Answers  bool // the rules know clocks of read-backs and answers
	Ladders  []ladderText
}

type charterSideText struct {
	ID, Name, Zone, Languages, Address string
	Ledger, Cosigner, Link             string
	Changed                            bool
}

type charterChannelText struct {
	ID, Name, Purpose string
	Times             []string // hours and line checks, each in a line
	Changed           bool
}

type charterClockText struct {
	Precedence           office.Precedence
	Word                 string
	Receipt, Acknowledge string
	Readback, Answer     string
	Changed              bool
}

// pendingText is a charter that waits for its time, with what it will change.
type pendingText struct {
	From     template.HTML
	Hash     string
	Grouped  string
	Agreed   office.EntryID
	Text     *charterText
	Compared []compared // with the charter in force
}

// proposalText is a proposed charter, with what it would change.
type proposalText struct {
	Hash, Grouped string
	By            string
	At            template.HTML
	From          template.HTML // from when it is to be in force; empty: from the last consent on
	FromMinute    office.Minute // the same as it is agreed to
	Instead       bool          // it would take the place of the one that waits
	Note          string
	NoteLang      string
	Text          *charterText
	Compared      []compared // with the charter that was agreed to last
	Consents      []founding
	MayAgree      bool
	Agreed        bool // our side has consented
}

func (s *site) charter(v *visit) error { return s.showCharter(v, http.StatusOK, "") }

func (s *site) showCharter(v *visit, status int, refused string) error {
	frame, err := s.frame(v, "charter", v.t("charter.title"))
	if err != nil {
		return err
	}
	frame.Path = "/charter"
	page := charterPage{Frame: frame, Refused: refused, SinceID: v.office.Since, MayChange: v.office.Open && v.may(office.KindPropose, "")}
	if v.office.Charter != nil {
		page.Charter = v.charterText(v.office.Charter, nil)
		page.Hash = groupedHash(v.office.Hash)
		page.Since = v.when(fromMillis(v.office.Time))
	}
	if !v.office.Open {
		page.Founding = v.founding()
	}
	if p := v.office.Pending; p != nil {
		page.Once = newKey()
		page.Pending = &pendingText{
			From: v.when(fromMillis(p.From)), Hash: p.Hash, Grouped: groupedHash(p.Hash), Agreed: p.Agreed,
			Text: v.charterText(p.Charter, v.office.Charter), Compared: v.compareCharters(v.office.Charter, p.Charter),
		}
	}
	proposals, err := s.node.Records().Proposals(v.ctx)
	if err != nil {
		return fmt.Errorf("read the proposed charters: %w", err)
	}
	for i := range proposals {
		if proposals[i].State == office.ProposalOpen {
			page.Proposals = append(page.Proposals, v.proposalText(&proposals[i]))
		}
	}
	return s.render(v, status, "charter", page)
}

// founding says of each side whether it has founded the office.
func (v *visit) founding() []founding {
	var out []founding
	for _, id := range v.sides() {
		out = append(out, founding{v.sideName(id), slices.Contains(v.office.Founded, id)})
	}
	return out
}

// charterText puts a charter into words and marks what differs from another.
func (v *visit) charterText(c, before *office.Charter) *charterText {
	text := &charterText{Rules: c.Rules, Answers: c.Rules >= clocksRules}
	// In a side's own copy its name stands first, as in any joint document.
	sides := slices.Clone(c.Sides)
	slices.SortStableFunc(sides, func(a, b office.CharterSide) int {
		return map[bool]int{true: 1}[b.ID == v.side] - map[bool]int{true: 1}[a.ID == v.side]
	})
	for _, side := range sides {
		one := charterSideText{
			ID: side.ID, Name: v.nameOf(side.Name), Zone: side.Zone, Address: side.Address,
			Ledger: side.Ledger, Cosigner: side.Cosigner, Link: side.Link,
		}
		for i, tag := range side.Languages {
			if i > 0 {
				one.Languages += v.t("common.list-comma")
			}
			one.Languages += languageName(tag)
		}
		if was := before.Side(side.ID); before != nil {
			one.Changed = was == nil || was.Name != side.Name || was.Zone != side.Zone || was.Address != side.Address ||
				!slices.Equal(was.Languages, side.Languages)
		}
		text.Sides = append(text.Sides, one)
	}
	for _, channel := range c.Channels {
		one := charterChannelText{ID: channel.ID, Name: lang.Pick(v.tag, channel.Name), Purpose: lang.Pick(v.tag, channel.Purpose), Times: v.channelText(&channel)}
		if before != nil {
			was := before.Channel(channel.ID)
			one.Changed = was == nil || !maps.Equal(was.Name, channel.Name) || !maps.Equal(was.Purpose, channel.Purpose) ||
				!slices.Equal(v.channelText(was), v.channelText(&channel))
		}
		text.Channels = append(text.Channels, one)
	}
	for _, clock := range c.Clocks {
		one := charterClockText{
			Precedence: clock.Precedence, Word: v.t("precedence." + lowerPrecedence(clock.Precedence)),
			Receipt: v.span(clock.Receipt), Acknowledge: v.acknowledgeWithin(c.Rules, clock), Readback: v.span(clock.Readback), Answer: v.span(clock.Answer),
		}
		if before != nil {
			one.Changed = !slices.Contains(before.Clocks, clock)
		}
		text.Clocks = append(text.Clocks, one)
	}
	text.Ladders = v.ladderTexts(c, before)
	return text
}

// clocksRules is the version of the rules from which on there are clocks of read-backs
// and answers, and posts that serve a channel.
const clocksRules = 4

// fromRules is the version of the rules from which on a charter may wait for its time,
// and who comes when a working day begins has an hour to acknowledge.
const fromRules = 5

// acknowledgeWithin says within what time a clock wants a dispatch acknowledged, by a
// version of the rules.
func (v *visit) acknowledgeWithin(rules int64, c office.Clock) string {
	switch {
	case c.Opening && rules >= fromRules:
		return v.t("charter.or-first-hour", "span", v.span(c.Acknowledge))
	case c.Opening:
		return v.t("charter.or-opening", "span", v.span(c.Acknowledge))
	}
	return v.span(c.Acknowledge)
}

// channelText writes which posts serve a channel, and its times, each in a line.
func (v *visit) channelText(ch *office.Channel) (lines []string) {
	for _, of := range ch.Posts {
		lines = append(lines, v.t("charter.posts", "side", v.sideName(of.Side), "posts", v.postNames(of.Side, of.Posts)))
	}
	return append(lines, v.timesText(ch)...)
}

// postNames names posts of a side, each with its id.
func (v *visit) postNames(side office.Side, posts []office.Post) string {
	var names []string
	for _, post := range posts {
		name := post
		if known := v.postName(side, post); known != post {
			name = known + " (" + post + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, v.t("common.list-comma"))
}

func (v *visit) proposalText(p *office.Proposal) proposalText {
	text := proposalText{
		Hash: p.Hash, Grouped: groupedHash(p.Hash), By: v.officer(p.ID.Side, p.By), At: v.when(fromMillis(p.At)),
		Note: p.Note, NoteLang: textLanguage(p.Note), Agreed: slices.Contains(p.Agreed, v.side),
	}
	text.MayAgree = !text.Agreed && v.may(office.KindAgree, "")
	for _, id := range v.sides() {
		text.Consents = append(text.Consents, founding{v.sideName(id), slices.Contains(p.Agreed, id)})
	}
	if text.FromMinute = p.FromMinute(); p.From > 0 {
		text.From = v.when(fromMillis(p.From))
	}
	text.Instead = v.office.Pending != nil
	before, _ := v.office.AgreedLast()
	text.Text = v.charterText(p.Charter, before)
	if before != nil {
		text.Compared = v.compareCharters(before, p.Charter)
	}
	return text
}

// languageName names a language in itself where we know it; else its tag.
func languageName(tag string) string {
	if lang.Known(tag) {
		return lang.Name(tag)
	}
	return tag
}

func (s *site) postAgree(v *visit) error {
	hash, from := v.r.PostFormValue("hash"), office.Minute(v.r.PostFormValue("from"))
	_, err := s.node.Write(v.ctx, node.Act{By: v.session.Post, Person: v.by(), Kind: office.KindAgree, Body: &office.AgreeBody{From: from, Hash: hash}})
	var refusal *node.Refusal
	if errors.As(err, &refusal) {
		return s.showCharter(v, http.StatusUnprocessableEntity, v.refused(refusal))
	}
	if err != nil {
		return fmt.Errorf("agree to charter %.16q: %w", hash, err)
	}
	return v.redirect("/charter")
}
