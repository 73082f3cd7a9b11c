package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// proposePage is the form in which a charter is changed, and what it would change.
type proposePage struct {
	Frame
	Amends    string // hash of the charter that the form began with
	From      string // from when it is to be in force, as it is typed
	MayWait   bool   // the rules in force know it
	Example   string // of such a time
	Waits     bool   // another charter waits for its time
	Channels  []channelForm
	Clocks    []clockForm
	TimeUnits []string // for the choices
	Side      sideForm
	Rules     int64 // the newest that this program knows, if the charter in force has older ones; else 0
	Raise     bool
	Note      string
	MaxNote   int
	Once      string
	MayWrite  bool

	Compared  []compared
	Same      bool   // nothing would change
	Postponed bool   // nothing but from when the one that waits is in force
	Refused   string // why it cannot be put forward
	Known     bool   // the rules in force know hours and checks of channels
	Answers   bool   // they know clocks of read-backs and answers, and posts of channels
	Days      []string
	Ladders   string // each in a line
}

type channelForm struct {
	N      int // of the fields
	ID     string
	Words  []channelWords
	Remove bool
	New    bool // not in the charter in force
	Times  timesForm
	Posts  []postsForm
}

// postsForm is which posts of a side serve a channel, as it is typed.
type postsForm struct{ Side, Name, Posts string }

type channelWords struct{ Tag, Language, Name, Purpose string }

type clockForm struct {
	Precedence                   office.Precedence
	Word                         string
	Receipt, Acknowledge         string // numbers, of the units
	ReceiptUnit, AcknowledgeUnit string
	Readback, Answer             string // empty: no time
	ReadbackUnit, AnswerUnit     string
	MayOpen, Opening             bool
}

type sideForm struct{ Name, Zone, Languages, Address string }

// clockUnits are the units in which times are typed, with their seconds.
var clockUnits = map[string]int64{"s": 1, "min": 60, "h": 3600}

// clockUnitsShown are the same in order.
var clockUnitsShown = []string{"s", "min", "h"}

// inUnitsOrNone is inUnits for a time that may be left out.
func inUnitsOrNone(seconds int64) (number, unit string) {
	if seconds == 0 {
		return "", "h"
	}
	return inUnits(seconds)
}

// inUnits writes seconds in the largest unit that they are a whole number of.
func inUnits(seconds int64) (number, unit string) {
	for _, unit := range []string{"h", "min"} {
		if n := clockUnits[unit]; seconds%n == 0 {
			return strconv.FormatInt(seconds/n, 10), unit
		}
	}
	return strconv.FormatInt(seconds, 10), "s"
}

// charterTags are the languages in which the charter speaks: those of all sides.
func charterTags(c *office.Charter) []string {
	var tags []string
	for _, s := range c.Sides {
		for _, tag := range s.Languages {
			if !slices.Contains(tags, tag) && len(tags) < office.MaxLanguages {
				tags = append(tags, tag)
			}
		}
	}
	return tags
}

func (s *site) propose(v *visit) error {
	if v.office.Charter == nil || !v.office.Open {
		return s.showPropose(v, http.StatusOK, nil, proposePage{})
	}
	last, hash := v.office.AgreedLast()
	page := proposePage{Amends: hash, Once: newKey()}
	if p := v.office.Pending; p != nil {
		page.From = fromMillis(p.From).In(v.zone(v.side)).Format(untilForm)
	}
	return s.showPropose(v, http.StatusOK, last, page)
}

// showPropose shows the form with a charter in it as it was typed.
func (s *site) showPropose(v *visit, status int, typed *office.Charter, page proposePage) error {
	frame, err := s.frame(v, "charter", v.t("propose.title"))
	if err != nil {
		return err
	}
	frame.Path = "/charter/propose"
	page.Frame, page.MaxNote = frame, office.MaxNote
	page.MayWrite = typed != nil && v.may(office.KindPropose, "")
	if typed == nil {
		return s.render(v, status, "propose", page)
	}
	in, _ := v.office.AgreedLast()
	page.MayWait, page.Waits = v.office.Charter.Rules >= fromRules, v.office.Pending != nil
	page.Example = v.now.Add(24 * time.Hour).Truncate(time.Hour).In(v.zone(v.side)).Format(untilForm)
	page.TimeUnits, page.Known, page.Days = clockUnitsShown, v.knowsChecks(), []string{"1", "2", "3", "4", "5", "6", "7"}
	if page.Ladders = office.LaddersText(typed.Ladders); page.Ladders == "" {
		page.Ladders = office.LaddersText(office.DefaultLadders()) // what holds where nothing is said
	}
	page.Answers = in.Rules >= clocksRules
	tags := charterTags(in)
	if in.Rules < office.Version {
		page.Rules, page.Raise = office.Version, typed.Rules > in.Rules
	}
	for i, channel := range append(slices.Clone(typed.Channels), office.Channel{}) {
		one := channelForm{N: i, ID: channel.ID, New: in.Channel(channel.ID) == nil, Times: timesFormOf(&channel)}
		for _, tag := range tags {
			one.Words = append(one.Words, channelWords{tag, languageName(tag), channel.Name[tag], channel.Purpose[tag]})
		}
		for _, side := range in.Sides {
			one.Posts = append(one.Posts, postsForm{side.ID, v.sideName(side.ID), strings.Join(channel.PostsOf(side.ID), " ")})
		}
		page.Channels = append(page.Channels, one)
	}
	for _, clock := range typed.Clocks {
		one := clockForm{Precedence: clock.Precedence, Word: v.t("precedence." + lowerPrecedence(clock.Precedence))}
		one.Receipt, one.ReceiptUnit = inUnits(clock.Receipt)
		one.Acknowledge, one.AcknowledgeUnit = inUnits(clock.Acknowledge)
		one.Readback, one.ReadbackUnit = inUnitsOrNone(clock.Readback)
		one.Answer, one.AnswerUnit = inUnitsOrNone(clock.Answer)
		one.MayOpen, one.Opening = clock.Precedence == office.Priority || clock.Precedence == office.Routine, clock.Opening
		page.Clocks = append(page.Clocks, one)
	}
	if own := typed.Side(v.side); own != nil {
		page.Side = sideForm{own.Name, own.Zone, strings.Join(own.Languages, " "), own.Address}
	}
	return s.render(v, status, "propose", page)
}

// typedCharter reads the charter from the form: the one that was agreed to last with
// what was changed. Words in languages that the form does not show stay as they are.
func (v *visit) typedCharter() *office.Charter {
	form := v.r.PostForm
	in, _ := v.office.AgreedLast()
	c := *in
	if form.Get("raise") != "" {
		c.Rules = office.Version
	}
	tags := charterTags(in)
	c.Channels = nil
	for i := range office.MaxChannels + 1 {
		field := func(name string) string { return strings.TrimSpace(typed(form.Get(fmt.Sprintf("%s-%d", name, i)))) }
		channel := office.Channel{ID: field("channel"), Name: office.Words{}, Purpose: office.Words{}}
		if was := in.Channel(channel.ID); was != nil {
			for tag, words := range was.Name {
				channel.Name[tag] = words
			}
			for tag, words := range was.Purpose {
				channel.Purpose[tag] = words
			}
		}
		for _, tag := range tags {
			set := func(words office.Words, text string) {
				if delete(words, tag); text != "" {
					words[tag] = text
				}
			}
			set(channel.Name, field("name-"+tag))
			set(channel.Purpose, field("purpose-"+tag))
		}
		was := in.Channel(channel.ID)
		if was == nil {
			was = &office.Channel{}
		}
		typedTimes(&channel, was, v.knowsChecks() && form.Has(fmt.Sprintf("times-%d", i)), field)
		if channel.Posts = was.Posts; in.Rules >= clocksRules && form.Has(fmt.Sprintf("served-%d", i)) {
			channel.Posts = nil
			for _, side := range in.Sides {
				if posts := slices.Compact(slices.Sorted(slices.Values(strings.Fields(strings.ReplaceAll(field("posts-"+side.ID), ",", " "))))); len(posts) > 0 {
					channel.Posts = append(channel.Posts, office.ChannelPosts{Posts: posts, Side: side.ID})
				}
			}
		}
		empty := channel.ID == "" && len(channel.Name) == 0 && len(channel.Purpose) == 0
		if !empty && field("remove") == "" {
			c.Channels = append(c.Channels, channel)
		}
	}
	c.Clocks = slices.Clone(in.Clocks)
	for i := range c.Clocks {
		seconds := func(name string) int64 {
			name += "-" + string(c.Clocks[i].Precedence)
			n, err := strconv.ParseInt(strings.TrimSpace(form.Get(name)), 10, 32)
			if err != nil {
				return 0 // which the rules refuse
			}
			return n * clockUnits[form.Get(name+"-unit")]
		}
		clock := &c.Clocks[i]
		clock.Receipt, clock.Acknowledge = seconds("receipt"), seconds("acknowledge")
		if in.Rules >= clocksRules && form.Has("answer-"+string(clock.Precedence)) {
			orNone := func(name string) int64 {
				if strings.TrimSpace(form.Get(name+"-"+string(clock.Precedence))) == "" {
					return 0
				}
				return cmp.Or(seconds(name), -1) // which the rules refuse
			}
			clock.Readback, clock.Answer = orNone("readback"), orNone("answer")
			clock.Opening = form.Get("opening-"+string(clock.Precedence)) != ""
		}
	}
	if v.knowsChecks() && form.Has("ladders") {
		c.Ladders = office.ReadLadders(typed(form.Get("ladders")))
		if len(in.Ladders) == 0 && office.LaddersText(c.Ladders) == office.LaddersText(office.DefaultLadders()) {
			c.Ladders = nil // as it was shown
		}
	}
	c.Sides = slices.Clone(in.Sides)
	for i := range c.Sides {
		if own := &c.Sides[i]; own.ID == v.side {
			own.Name, own.Zone = strings.TrimSpace(typed(form.Get("side-name"))), strings.TrimSpace(form.Get("side-zone"))
			own.Address, own.Languages = strings.TrimSpace(form.Get("side-address")), strings.Fields(form.Get("side-languages"))
		}
	}
	return &c
}

// postPropose compares what was typed with the charter that was agreed to last or, if
// the person has asked for that, puts it forward; or it puts the charter in force
// forward to take back the one that waits.
func (s *site) postPropose(v *visit) error {
	if v.office.Charter == nil || !v.office.Open {
		return s.showPropose(v, http.StatusUnprocessableEntity, nil, proposePage{})
	}
	form := v.r.PostForm
	charter := v.typedCharter()
	if form.Get("do") == "take-back" {
		charter = v.office.Charter
	}
	page := proposePage{Amends: form.Get("amends"), From: typed(form.Get("from")), Once: form.Get("once"), Note: typed(form.Get("note"))}
	before, _ := v.office.AgreedLast()
	page.Compared = v.compareCharters(before, charter)
	from, wrong := v.typedMinute(page.From)
	body := &office.ProposeBody{Amends: page.Amends, Charter: charter, From: from, Note: strings.TrimSpace(page.Note)}
	p := v.office.Pending
	page.Postponed = p != nil && len(page.Compared) == 0 && from != office.MinuteOf(p.From)
	page.Same = len(page.Compared) == 0 && !page.Postponed
	if wrong != "" {
		page.Refused = wrong
		return s.showPropose(v, http.StatusUnprocessableEntity, charter, page)
	}
	if do := form.Get("do"); do != "propose" && do != "take-back" {
		if encoded, err := office.Encode(body); err == nil {
			if verdict := office.Check(office.KindPropose, encoded); !verdict.Done() {
				page.Refused = v.refused(&node.Refusal{Code: verdict.Void, Detail: verdict.Detail})
			}
		}
		return s.showPropose(v, http.StatusOK, charter, page)
	}
	_, err := s.node.Write(v.ctx, node.Act{
		By: v.session.Post, Person: v.by(), Kind: office.KindPropose, Body: body, Once: v.once(office.HashCharter(charter), string(from), body.Note),
	})
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		page.Refused = v.refused(refusal)
		return s.showPropose(v, http.StatusUnprocessableEntity, charter, page)
	}
	if err != nil {
		reference := s.logFault(v, fmt.Errorf("propose a charter: %w", err))
		page.Refused = v.t("failure.kept", "reference", reference)
		return s.showPropose(v, http.StatusInternalServerError, charter, page)
	}
	return v.redirect("/charter")
}
