package office

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// A mapDesk holds the records in a map, as canonical JSON, so that no rule can
// change a row without putting it.
type mapDesk struct {
	rows map[string][]byte // by table and key
	put  []string          // what has been put since the last look, in order
}

func newDesk() *mapDesk { return &mapDesk{rows: map[string][]byte{}} }

func place(row Row) string { return row.Table() + " " + row.Key() }

func (d *mapDesk) Get(row Row) bool {
	encoded, found := d.rows[place(row)]
	if found {
		if err := json.Unmarshal(encoded, row, json.RejectUnknownMembers(true)); err != nil {
			panic(err) // the test's own bytes
		}
	}
	return found
}

func (d *mapDesk) Put(row Row) {
	encoded, err := Encode(row)
	if err != nil {
		panic(fmt.Sprintf("a rule put a row that cannot be written: %v", err))
	}
	d.rows[place(row)] = encoded
	d.put = append(d.put, place(row))
}

func (d *mapDesk) Hours(side Side, moment int64) (list []Hours) {
	for _, key := range sortedKeys(d.rows) {
		if table, _, _ := strings.Cut(key, " "); table != "hours" {
			continue
		}
		var h Hours
		if err := json.Unmarshal(d.rows[key], &h); err != nil {
			panic(err) // the test's own bytes
		}
		if h.Side == side && h.From <= moment {
			list = append(list, h)
		}
	}
	slices.SortFunc(list, func(a, b Hours) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.ID.Index, b.ID.Index)) })
	return list[max(0, len(list)-BegunCalendar):]
}

// testOffice is the office of all tests here. It has three sides, because
// nothing may assume two.
const testOffice = "kaesong.example"

var testSides = []Side{"east", "north", "south"}

// testVkey makes something of the form of a public key, different for each name.
func testVkey(name string) string {
	key := make([]byte, 33)
	copy(key[1:], strings.Repeat(name, 33))
	key[0] = 1
	return name + "+01234567+" + base64.StdEncoding.EncodeToString(key)
}

func testSide(id Side) CharterSide {
	link := make([]byte, 32)
	copy(link, id)
	return CharterSide{
		Address:   id + ".example:7460",
		Cosigner:  testVkey(testOffice + "/" + id + "/mirror"),
		ID:        id,
		Languages: []string{"ko", "en"},
		Ledger:    testVkey(testOffice + "/" + id),
		Link:      base64.StdEncoding.EncodeToString(link),
		Name:      strings.ToUpper(id[:1]) + id[1:],
		Zone:      "Asia/Seoul",
	}
}

func testFounding() *Charter {
	var sides []CharterSide
	for _, id := range testSides {
		sides = append(sides, testSide(id))
	}
	return FoundingCharter(testOffice, 1, sides)
}

// testClocks are those of an office that begins by rules version 4.
func testClocks() []Clock { return FoundingCharter(testOffice, 4, nil).Clocks }

// testServed gives a channel posts that serve it.
func testServed(ch Channel) Channel {
	ch.Posts = []ChannelPosts{{Posts: []Post{"duty-officer", "head"}, Side: "north"}, {Posts: []Post{"interpreter"}, Side: "south"}}
	return ch
}

// testCharters are the charters that transcripts name with "@name" and whose
// hashes they name with "#name".
func testCharters() map[string]*Charter {
	changed := func(change func(c *Charter)) *Charter {
		c := testFounding()
		change(c)
		return c
	}
	return map[string]*Charter{
		"founding": testFounding(),
		"with-maritime": changed(func(c *Charter) {
			c.Channels = append(c.Channels, Channel{
				ID:      "maritime",
				Name:    Words{"en": "Maritime", "ko": "해상"},
				Purpose: Words{"en": "Ships in distress and adrift.", "ko": "조난 및 표류 선박."},
			})
		}),
		"with-quicker-clocks": changed(func(c *Charter) { c.Clocks[0].Acknowledge = 300 }),
		"with-rules-2":        changed(func(c *Charter) { c.Rules = 2 }),
		"with-rules-3":        changed(func(c *Charter) { c.Rules = 3 }),
		"with-rules-4":        changed(func(c *Charter) { c.Rules = 4 }),
		"with-rules-5":        changed(func(c *Charter) { c.Rules = 5 }),
		"with-rules-6":        changed(func(c *Charter) { c.Rules = 6 }),
		"with-rules-5-maritime": changed(func(c *Charter) {
			c.Rules = 5
			c.Channels = append(c.Channels, Channel{ID: "maritime", Name: Words{"en": "Maritime"}, Purpose: Words{"en": "Ships."}})
		}),
		"with-rules-5-checks": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 5, testChecked(c.Channels[0])
			c.Channels[0].Checks.Times = append(c.Channels[0].Checks.Times, CheckTime{"23:30", []int64{1, 2, 3, 4, 5, 6, 7}})
		}),
		"with-all-clocks":       changed(func(c *Charter) { c.Rules, c.Clocks = 4, testClocks() }),
		"with-clocks-and-posts": changed(func(c *Charter) { c.Rules, c.Clocks, c.Channels[0] = 4, testClocks(), testServed(c.Channels[0]) }),
		"with-an-early-clock":   changed(func(c *Charter) { c.Rules, c.Clocks = 3, testClocks() }),
		"with-a-negative-clock": changed(func(c *Charter) { c.Rules, c.Clocks = 4, testClocks(); c.Clocks[1].Answer = -1 }),
		"with-a-long-read-back": changed(func(c *Charter) { c.Rules, c.Clocks = 4, testClocks(); c.Clocks[1].Readback = MaxClock + 1 }),
		"with-flash-by-day":     changed(func(c *Charter) { c.Rules, c.Clocks = 4, testClocks(); c.Clocks[0].Opening = true }),
		"with-posts":            changed(func(c *Charter) { c.Rules, c.Channels[0] = 4, testServed(c.Channels[0]) }),
		"with-posts-too-early":  changed(func(c *Charter) { c.Rules, c.Channels[0] = 3, testServed(c.Channels[0]) }),
		"with-posts-of-others": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 4, testServed(c.Channels[0])
			c.Channels[0].Posts[1].Side = "west"
		}),
		"with-no-posts": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 4, testServed(c.Channels[0])
			c.Channels[0].Posts[1].Posts = nil
		}),
		"with-posts-disordered": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 4, testServed(c.Channels[0])
			slices.Reverse(c.Channels[0].Posts[0].Posts)
		}),
		"with-sides-disordered": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 4, testServed(c.Channels[0])
			slices.Reverse(c.Channels[0].Posts)
		}),
		"with-a-bad-post": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 4, testServed(c.Channels[0])
			c.Channels[0].Posts[0].Posts[1] = "Head of the office"
		}),
		"with-checks":           changed(func(c *Charter) { c.Rules = 3; c.Channels[0] = testChecked(c.Channels[0]) }),
		"with-checks-too-early": changed(func(c *Charter) { c.Rules = 2; c.Channels[0] = testChecked(c.Channels[0]) }),
		"with-checks-disordered": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 3, testChecked(c.Channels[0])
			c.Channels[0].Checks.Times[0].At = "19:00"
		}),
		"with-checks-on-day-8": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 3, testChecked(c.Channels[0])
			c.Channels[0].Checks.Times[0].Days = []int64{1, 8}
		}),
		"with-checks-without-end": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 3, testChecked(c.Channels[0])
			c.Channels[0].Checks.Until = 9
		}),
		"with-checks-without-text": changed(func(c *Charter) {
			c.Rules, c.Channels[0] = 3, testChecked(c.Channels[0])
			c.Channels[0].Checks.Texts = []TestText{}
		}),
		"with-ladders":           changed(func(c *Charter) { c.Rules = 3; testLaddered(c) }),
		"with-ladders-too-early": changed(func(c *Charter) { c.Rules = 2; testLaddered(c) }),
		"with-ladders-disordered": changed(func(c *Charter) {
			c.Rules, c.Ladders = 3, DefaultLadders()
			slices.Reverse(c.Ladders)
		}),
		"with-steps-disordered": changed(func(c *Charter) {
			c.Rules, c.Ladders = 3, DefaultLadders()
			c.Ladders[0].Steps[1].After = 5
		}),
		"with-a-step-of-nothing": changed(func(c *Charter) {
			c.Rules, c.Ladders = 3, DefaultLadders()
			c.Ladders[0].Steps[1].Do = []StepAct{}
		}),
		"with-a-step-to-shout": changed(func(c *Charter) {
			c.Rules, c.Ladders = 3, DefaultLadders()
			c.Ladders[0].Steps[1].Do = []StepAct{"shout"}
		}),
		"with-too-many-steps": changed(func(c *Charter) {
			c.Rules, c.Ladders = 3, []Ladder{{Routine, nil}}
			for i := range MaxSteps + 1 {
				c.Ladders[0].Steps = append(c.Ladders[0].Steps, Step{int64(i + 1), []StepAct{StepAlarm}})
			}
		}),
		"with-rules-2-and-more": changed(func(c *Charter) { c.Rules, c.Clocks[0].Acknowledge = 2, 300 }),
		"with-newer-rules":      changed(func(c *Charter) { c.Rules = Version + 1 }),
		"with-new-address":      changed(func(c *Charter) { c.Sides[2].Address = "[2001:db8::7]:7460" }),
		"with-other-key":        changed(func(c *Charter) { c.Sides[0].Ledger = strings.Replace(c.Sides[0].Ledger, "01234567", "76543210", 1) }),
		"without-east":          changed(func(c *Charter) { c.Sides = c.Sides[1:] }),
		"of-another-office": FoundingCharter("geneva.example", 1, []CharterSide{
			otherOffice(testSide("north")), otherOffice(testSide("south")),
		}),
		"without-channels": changed(func(c *Charter) { c.Channels = nil }),
		"without-a-clock":  changed(func(c *Charter) { c.Clocks = c.Clocks[:3] }),
		"out-of-order":     changed(func(c *Charter) { c.Sides[0], c.Sides[1] = c.Sides[1], c.Sides[0] }),
		"too-large": changed(func(c *Charter) {
			for i := range MaxChannels - 1 {
				c.Channels = append(c.Channels, Channel{
					ID:      fmt.Sprintf("channel-%d", i),
					Name:    Words{"en": "Channel"},
					Purpose: Words{"en": strings.Repeat("long ", 199)},
				})
			}
		}),
	}
}

// testChecked gives a channel hours and checks, on a clock that is 8:30 ahead of UTC.
func testChecked(ch Channel) Channel {
	ch.Checks = DefaultChecks()
	ch.Checks.Times = []CheckTime{{"17:30", []int64{1, 2, 3, 4, 5}}, {"18:30", []int64{5}}}
	ch.Hours, ch.Offset = weekdays, 510
	return ch
}

// testLaddered gives a charter ladders, and its channel one of its own.
func testLaddered(c *Charter) {
	c.Ladders = DefaultLadders()[:2]
	c.Channels[0].Ladders = []Ladder{{Flash, []Step{{3, []StepAct{StepAlarm, StepDeputy}}, {6, []StepAct{StepHead, StepBearer}}}}, {Routine, []Step{}}}
}

// testForms are the forms that transcripts name with "@name" and whose hashes
// they name with "#name".
func testForms() map[string]*Form {
	changed := func(change func(f *Form)) *Form {
		f := testForm()
		change(f)
		return f
	}
	ahead := func(change func(*Form)) *Form {
		return changed(func(f *Form) {
			f.Asks, f.Answers = AsksConsent, testCrossing().Answers
			f.Ahead = &Ahead{By: "sort", Field: "from", For: []AheadChoice{{Answer: 24, Choice: "works", Release: 48}}, Release: 24}
			if change != nil {
				change(f)
			}
		})
	}
	return map[string]*Form{
		"works":               testForm(),
		"works-with-end":      changed(func(f *Form) { f.Fields[4].Required = true }),
		"works-in-short":      changed(func(f *Form) { f.Fields = f.Fields[:1] }),
		"works-ended":         changed(func(f *Form) { f.Ended = true }),
		"crossing":            testCrossing(),
		"ahead":               ahead(nil),
		"ahead-of-date":       ahead(func(f *Form) { f.Ahead.Field = "until" }),
		"ahead-of-optional":   ahead(func(f *Form) { f.Fields[3].Required = false }),
		"ahead-of-nothing":    ahead(func(f *Form) { f.Ahead.Field = "" }),
		"ahead-none":          ahead(func(f *Form) { f.Ahead.Release = 0 }),
		"ahead-too-long":      ahead(func(f *Form) { f.Ahead.Release = MaxHours + 1 }),
		"ahead-answer-before": ahead(func(f *Form) { f.Ahead.Answer = 25 }),
		"ahead-answer-less":   ahead(func(f *Form) { f.Ahead.Answer = -1 }),
		"ahead-unasked": ahead(func(f *Form) {
			f.Asks, f.Answers, f.Ahead.For = AsksNothing, nil, f.Ahead.For[:1]
			f.Ahead.For[0].Answer = 1
		}),
		"ahead-objection":    ahead(func(f *Form) { f.Asks, f.Hours = AsksObjection, 2 }),
		"ahead-by-line":      ahead(func(f *Form) { f.Ahead.By = "what" }),
		"ahead-by-nothing":   ahead(func(f *Form) { f.Ahead.By = "" }),
		"ahead-for-nobody":   ahead(func(f *Form) { f.Ahead.For = nil }),
		"ahead-other-choice": ahead(func(f *Form) { f.Ahead.For[0].Choice = "drill" }),
		"ahead-choice-twice": ahead(func(f *Form) { f.Ahead.For = append(f.Ahead.For, f.Ahead.For[0]) }),
		"ahead-for-too-long": ahead(func(f *Form) { f.Ahead.For[0].Release = MaxHours + 1 }),
		"objection": changed(func(f *Form) {
			f.Asks, f.Answers, f.Hours = AsksObjection, []Choice{{ID: "none", Name: Words{"en": "We do not object"}}, {ID: "object", Name: Words{"en": "We object"}}}, 2
			f.Fields = f.Fields[:1]
		}),
		"meeting":         changed(func(f *Form) { f.Code, f.Mode, f.Fields = "mt", ModeTendered, f.Fields[:1] }),
		"drift":           changed(func(f *Form) { f.Code, f.Mode, f.Fields = "ds", ModeDistress, f.Fields[:1] }),
		"flash-tendered":  changed(func(f *Form) { f.Mode, f.Precedence = ModeTendered, Flash }),
		"other-mode":      changed(func(f *Form) { f.Mode = "served" }),
		"without-fields":  changed(func(f *Form) { f.Fields = nil }),
		"field-twice":     changed(func(f *Form) { f.Fields[1].ID = f.Fields[0].ID }),
		"answers-unasked": changed(func(f *Form) { f.Answers = testCrossing().Answers }),
		"hours-unasked":   changed(func(f *Form) { f.Hours = 48 }),
		"consent-to-what": changed(func(f *Form) { f.Asks = AsksConsent }),
		"objection-ever":  changed(func(f *Form) { f.Asks, f.Answers = AsksObjection, testCrossing().Answers }),
		"one-choice":      changed(func(f *Form) { f.Fields[1].Choices = f.Fields[1].Choices[:1] }),
		"choice-of-line":  changed(func(f *Form) { f.Fields[0].Choices = f.Fields[1].Choices }),
		"other-type":      changed(func(f *Form) { f.Fields[0].Type = "sound" }),
		"code":            testCode(nil),
		"code-renewed":    testCode(func(f *Form) { f.Says["en"] = "Distress at {place}: {name}." }),
		"code-unnumbered": testCode(func(f *Form) { f.Code = "sc0" }),
		"code-tendered":   testCode(func(f *Form) { f.Mode, f.Precedence = ModeTendered, Routine }),
		"code-zero":       testCode(func(f *Form) { f.Code = "sc00" }),
		"code-one-tongue": testCode(func(f *Form) { delete(f.Says, "ko") }),
		"code-other-slot": testCode(func(f *Form) { f.Says["ko"] += " {time}" }),
		"code-slot-open":  testCode(func(f *Form) { f.Says["ko"] += " {" }),
		"code-slot-left":  testCode(func(f *Form) { f.Says["ko"] = "아군 선박 조난: {name}" }),
		"code-optional":   testCode(func(f *Form) { f.Fields[1].Required = false }),
		"code-long-slot":  testCode(func(f *Form) { f.Fields[0].Type = FieldText }),
		"too-long":        changed(func(f *Form) { f.Purpose = Words{"en": strings.Repeat("x", MaxPurpose+1)} }),
	}
}

// testForm has a field of each type.
func testForm() *Form {
	return &Form{
		Asks: AsksNothing,
		Code: "an",
		Fields: []FormField{
			{ID: "what", Name: Words{"en": "Activity", "ko": "활동"}, Required: true, Type: FieldLine},
			{ID: "sort", Name: Words{"en": "Sort"}, Required: true, Type: FieldChoice, Choices: []Choice{
				{ID: "works", Name: Words{"en": "Works"}}, {ID: "exercise", Name: Words{"en": "Exercise"}},
			}},
			{ID: "where", Name: Words{"en": "Position"}, Type: FieldPosition, Help: Words{"en": "Degrees north and east."}},
			{ID: "from", Name: Words{"en": "From"}, Required: true, Type: FieldMinute},
			{ID: "until", Name: Words{"en": "Until"}, Type: FieldDate},
			{ID: "units", Name: Words{"en": "Units"}, Type: FieldNumber},
			{ID: "more", Name: Words{"en": "More"}, Type: FieldText},
		},
		Name:       Words{"en": "Advance notice of activity", "ko": "활동 사전 통보"},
		Precedence: Priority,
		Purpose:    Words{"en": "Works, exercises, convoys."},
	}
}

// testCrossing asks for consent.
func testCrossing() *Form {
	return &Form{
		Answers:    []Choice{{ID: "consent", Name: Words{"en": "We consent"}}, {ID: "refusal", Name: Words{"en": "We do not consent"}}},
		Asks:       AsksConsent,
		Code:       "ve",
		Fields:     []FormField{{ID: "vessel", Name: Words{"en": "Vessel"}, Required: true, Type: FieldLine}},
		Name:       Words{"en": "Crossing"},
		Precedence: Priority,
		Purpose:    Words{"en": "A vessel crosses."},
	}
}

func otherOffice(s CharterSide) CharterSide {
	s.Ledger = strings.Replace(s.Ledger, testOffice, "geneva.example", 1)
	s.Cosigner = strings.Replace(s.Cosigner, testOffice, "geneva.example", 1)
	return s
}
