package records_test

import (
	"flag"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
)

// With the race detector a hundred worlds, which is rapid's usual number, take
// minutes. -rapid.checks still says how many.
func init() {
	if err := flag.Set("rapid.checks", "40"); err != nil {
		panic(err)
	}
}

// A simulation drives a world at random: writers with clocks that jump, lines
// that carry any part of any ledger from any side to any other, standings that
// arrive at any time. After each step it looks at what must hold.
type simulation struct {
	*world
	settled map[office.Side][]records.PlacedEntry // what each node has had settled
}

func TestInWhateverSequenceEntriesComeEveryNodeReachesTheSameRecords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sides := rapid.SampledFrom([][]office.Side{{"north", "south"}, {"east", "north", "south"}}).Draw(rt, "sides")
		s := &simulation{newWorld(rt, sides...), map[office.Side][]records.PlacedEntry{}}
		for _, side := range sides {
			s.open(side, "sqlite::memory:")
		}
		s.charter = office.FoundingCharter(testOffice, rapid.Int64Range(1, office.Version).Draw(rt, "rules"), s.charter.Sides)
		if rapid.Bool().Draw(rt, "opened") {
			s.found()
		}
		rt.Repeat(map[string]func(*rapid.T){
			"write":    s.write,
			"deliver":  s.deliver,
			"standing": s.standing,
			"clock":    s.clock,
			"revert":   s.revert,
			"":         s.check,
		})
		s.mend(rt)
	})
}

func (s *simulation) node(rt *rapid.T, label string) *node {
	return s.nodes[rapid.SampledFrom(s.sides).Draw(rt, label)]
}

// clock lets time pass, or sets a node's clock an hour off.
func (s *simulation) clock(rt *rapid.T) {
	s.now = s.now.Add(time.Duration(rapid.IntRange(0, 5000).Draw(rt, "ms")) * time.Millisecond)
	if rapid.IntRange(0, 5).Draw(rt, "jump") == 0 {
		s.node(rt, "whose").offset = time.Duration(rapid.IntRange(-3600, 3600).Draw(rt, "s")) * time.Second
	}
}

// act draws what a side does; some of it is void.
func (s *simulation) act(rt *rapid.T, n *node) (by, kind string, body any) {
	if len(s.entries[n.side]) == 0 {
		return office.Operator, office.KindCharter, &office.CharterBody{Charter: s.charter}
	}
	anyEntry := func() office.EntryID {
		of := rapid.SampledFrom(s.sides).Draw(rt, "of")
		return office.EntryID{Side: of, Index: int64(rapid.IntRange(0, len(s.entries[of])).Draw(rt, "index"))}
	}
	switch rapid.IntRange(0, 29).Draw(rt, "act") {
	case 16, 17, 18, 19:
		return s.relations(rt, anyEntry)
	case 24, 25:
		return s.tenders(rt, anyEntry)
	case 28, 29:
		return s.readbacks(rt, anyEntry)
	case 22:
		body := &office.CheckBody{Channel: "liaison", Text: "neutral"}
		if rapid.Bool().Draw(rt, "due") {
			body.Due = office.MinuteOf(s.now.UnixMilli())
		}
		return "duty-officer", office.KindCheck, body
	case 23:
		heard := rapid.SampledFrom(office.Readabilities).Draw(rt, "heard")
		return "duty-officer", office.KindCheckAnswer, &office.CheckAnswerBody{Check: anyEntry(), Heard: heard}
	case 26:
		body := &office.CoverageBody{From: office.MinuteOf(s.now.UnixMilli()), Languages: []string{"ko"}, Week: make([][]office.Span, 7), Who: []string{}}
		for i := range body.Week {
			body.Week[i] = []office.Span{{From: "00:00", Until: "24:00"}}
		}
		return "duty-officer", office.KindCoverage, body
	case 27:
		from := s.now.Add(time.Duration(rapid.IntRange(0, 14).Draw(rt, "days")) * 24 * time.Hour)
		return "duty-officer", office.KindPersonnel, &office.PersonnelBody{Comes: "Park S.", From: office.MinuteOf(from.UnixMilli()), Post: "duty-officer"}
	case 14:
		form := *worldForms[rapid.IntRange(0, len(worldForms)-1).Draw(rt, "form")]
		_, inForce := s.forms(rt, n)
		body := &office.ProposeFormBody{Form: &form}
		if inForce != nil && rapid.IntRange(0, 9).Draw(rt, "replaces") > 0 {
			body.Replaces = inForce.Hash
		}
		return "duty-officer", office.KindProposeForm, body
	case 15:
		hash := planHash
		if forms, _ := s.forms(rt, n); len(forms) > 0 {
			hash = forms[rapid.IntRange(0, len(forms)-1).Draw(rt, "which")].Hash
		}
		return "duty-officer", office.KindAgreeForm, &office.AgreeFormBody{Hash: hash}
	case 20:
		body := &office.WatchBody{Languages: []string{"ko"}}
		if on := s.watch(rt, n); on != nil && rapid.Bool().Draw(rt, "relieves") {
			body.Relieves = on
		}
		return "duty-officer", office.KindWatch, body
	case 21:
		body := &office.WatchEndBody{Watch: anyEntry()}
		if on := s.watch(rt, n); on != nil && rapid.Bool().Draw(rt, "ends") {
			body.Watch = *on
		}
		return "duty-officer", office.KindWatchEnd, body
	case 0:
		return office.Operator, office.KindPost, &office.DefaultPosts([]string{"ko"})[1]
	case 1:
		return office.Operator, office.KindPostEnd, &office.PostEndBody{Post: "duty-officer"}
	case 2:
		return "duty-officer", "telegram", `{"text":"stop"}`
	case 3:
		other := *s.charter
		other.Clocks = append([]office.Clock(nil), s.charter.Clocks...)
		other.Clocks[0].Receipt = int64(rapid.IntRange(60, 64).Draw(rt, "receipt"))
		other.Rules = rapid.Int64Range(1, office.Version).Draw(rt, "rules")
		if other.Rules >= 3 && rapid.Bool().Draw(rt, "checks") {
			other.Channels = []office.Channel{s.charter.Channels[0]}
			other.Channels[0].Checks = everyMinute()
		}
		if rapid.Bool().Draw(rt, "clocks and posts") {
			other.Clocks[3].Answer, other.Clocks[3].Opening = 3600, true
			other.Channels = slices.Clone(other.Channels)
			other.Channels[0].Posts = []office.ChannelPosts{{Posts: []office.Post{"duty-officer"}, Side: n.side}}
		}
		if rapid.Bool().Draw(rt, "ladders") {
			other.Ladders = office.DefaultLadders()[:rapid.IntRange(0, 4).Draw(rt, "of them")]
		}
		in := s.inForce(n)
		if rapid.IntRange(0, 3).Draw(rt, "the one in force") == 0 { // which takes back one that waits
			other = *in.Charter
		} else if in.Pending != nil && rapid.Bool().Draw(rt, "the one that waits") {
			other = *in.Pending.Charter
		}
		_, last := in.AgreedLast()
		body := &office.ProposeBody{Amends: last, Charter: &other}
		if rapid.IntRange(0, 3).Draw(rt, "from when") > 0 {
			body.From = office.MinuteOf(s.now.UnixMilli() + int64(rapid.IntRange(0, 5).Draw(rt, "minutes"))*60_000)
		}
		return office.Operator, office.KindPropose, body
	case 4:
		proposals, err := n.records.Proposals(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		body := &office.AgreeBody{Hash: s.inForce(n).Hash}
		if len(proposals) > 0 {
			p := &proposals[rapid.IntRange(0, len(proposals)-1).Draw(rt, "proposal")]
			body.From, body.Hash = p.FromMinute(), p.Hash
		}
		return office.Operator, office.KindAgree, body
	case 5, 6:
		return "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: anyEntry()}
	case 7:
		until := office.MinuteOf(s.now.UnixMilli() + int64(rapid.IntRange(0, 60).Draw(rt, "minutes"))*60_000)
		return "duty-officer", office.KindConsider, &office.ConsiderBody{Dispatch: anyEntry(), Until: until}
	case 8:
		return "duty-officer", office.KindClose, &office.CloseBody{Dispatch: anyEntry()}
	case 9:
		return office.Operator, office.KindStored, &office.StoredBody{Dispatch: anyEntry(), Hash: planHash}
	}
	lines, _, err := n.records.Dispatches(ctx, records.Filter{From: n.side, Limit: 1})
	if err != nil {
		rt.Fatal(err)
	}
	number := int64(1)
	if len(lines) > 0 {
		number += lines[0].Number
	}
	dispatch := s.dispatch(n.side, number, "Text.")
	dispatch.Readback = rapid.IntRange(0, 2).Draw(rt, "to be read back") == 0
	switch rapid.IntRange(0, 7).Draw(rt, "in full") {
	case 0:
		id := anyEntry()
		dispatch.Reply = &id
		dispatch.Answer = rapid.SampledFrom([]string{"", "", "yes", "no"}).Draw(rt, "answer")
	case 3:
		if forms, _ := s.forms(rt, n); len(forms) > 0 {
			f := forms[rapid.IntRange(0, len(forms)-1).Draw(rt, "used")]
			dispatch.Form = &office.Filled{Code: f.Form.Code, Hash: f.Hash, Values: map[string]string{"what": "digging"}}
		}
	case 4:
		s.serve(rt, n, dispatch)
	case 1:
		dispatch.Relation = &office.Relation{Dispatch: anyEntry(), Kind: rapid.SampledFrom(office.RelationKinds).Draw(rt, "relation")}
	case 2:
		dispatch.Enclosures = []office.Enclosure{{Hash: planHash, Name: "plan.pdf", Size: 3, Type: "application/pdf"}}
	}
	return "duty-officer", office.KindDispatch, dispatch
}

// relations draws a suspension, a resumption, an attempt, or a word on one.
func (s *simulation) relations(rt *rapid.T, anyEntry func() office.EntryID) (by, kind string, body any) {
	minute := office.MinuteOf(s.now.UnixMilli() + int64(rapid.IntRange(-1, 2).Draw(rt, "minutes"))*60_000)
	from := rapid.SampledFrom([]office.Minute{"", minute}).Draw(rt, "from")
	channels := []string{s.charter.Channels[0].ID}
	switch rapid.IntRange(0, 3).Draw(rt, "relation") {
	case 0:
		return "duty-officer", office.KindSuspension, &office.SuspensionBody{Channels: channels, From: from, Reason: "Works."}
	case 1:
		return "duty-officer", office.KindResumption, &office.ResumptionBody{Channels: channels, From: from, Suspension: anyEntry()}
	case 2:
		body := &office.AttemptBody{
			Channel: channels[0], Means: office.Telephone, Moment: office.MinuteOf(s.now.UnixMilli()), Outcome: office.NoAnswer,
			To: []office.Side{rapid.SampledFrom(s.sides).Draw(rt, "to")},
		}
		if rapid.Bool().Draw(rt, "about") {
			id := anyEntry()
			body.Dispatch = &id
		}
		return "duty-officer", office.KindAttempt, body
	}
	return "duty-officer", office.KindConfirm, &office.ConfirmBody{
		Attempt: anyEntry(), Confirms: rapid.SampledFrom(office.Views).Draw(rt, "confirms"), Text: "So it was.",
	}
}

// tenders draws a tender, an answer to one, or that it is withdrawn.
func (s *simulation) tenders(rt *rapid.T, anyEntry func() office.EntryID) (by, kind string, body any) {
	switch rapid.IntRange(0, 3).Draw(rt, "tender") {
	case 0, 1:
		return "duty-officer", office.KindTender, &office.TenderBody{
			Attention: "The head", Channel: s.charter.Channels[0].ID, Name: "A minister", Precedence: office.Routine, Subject: "Talks",
			To:    []office.Side{rapid.SampledFrom(s.sides).Draw(rt, "to")},
			Until: office.MinuteOf(s.now.UnixMilli() + int64(rapid.IntRange(0, 2).Draw(rt, "minutes"))*60_000),
		}
	case 2:
		body := &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: anyEntry()}
		if rapid.Bool().Draw(rt, "declines") {
			body.Answer, body.Reason = office.TenderDecline, office.DeclineRank
		}
		return "duty-officer", office.KindTenderReply, body
	}
	return "duty-officer", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: anyEntry()}
}

// readbacks draws a read-back, or a word on one.
func (s *simulation) readbacks(rt *rapid.T, anyEntry func() office.EntryID) (by, kind string, body any) {
	if rapid.Bool().Draw(rt, "reads back") {
		return "duty-officer", office.KindReadback, &office.ReadbackBody{Dispatch: anyEntry(), Text: "So it was understood."}
	}
	answer := &office.ReadbackAnswerBody{Answer: rapid.SampledFrom(office.ReadbackWords).Draw(rt, "answer"), Readback: anyEntry()}
	if answer.Answer == office.ReadbackDispute {
		answer.Text = "It was not meant so."
	}
	return "duty-officer", office.KindReadbackReply, answer
}

// serve makes a dispatch what the latest tender of the node's side has offered.
func (s *simulation) serve(rt *rapid.T, n *node, d *office.DispatchBody) {
	lines, _, err := n.records.Tenders(ctx, records.TenderFilter{From: n.side, Limit: 1})
	if err != nil {
		rt.Fatal(err)
	}
	for _, t := range lines {
		d.Attention, d.Channel, d.Name, d.Precedence, d.Subject, d.To = t.Attention, t.Channel, t.Name, t.Precedence, t.Subject, t.To
		d.Tender = &t.ID
	}
}

// everyMinute are checks that are due in each minute in which the worlds begin.
func everyMinute() *office.Checks {
	checks := office.DefaultChecks()
	checks.Times = nil
	for i := range 48 {
		checks.Times = append(checks.Times, office.CheckTime{At: fmt.Sprintf("01:%02d", 12+i), Days: []int64{1, 2, 3, 4, 5, 6, 7}})
	}
	return checks
}

// worldForms are three forms for one code, each in the place of another; one of them
// lists answers.
var worldForms = func() (forms []*office.Form) {
	for i := range 3 {
		f := &office.Form{
			Asks: office.AsksAnswer, Code: "an", Name: office.Words{"en": "Notice"}, Precedence: office.Priority,
			Purpose: office.Words{"en": fmt.Sprint("Notice, version ", i)},
			Fields:  []office.FormField{{ID: "what", Name: office.Words{"en": "What"}, Required: true, Type: office.FieldLine}},
		}
		if i == 1 {
			f.Answers = []office.Choice{{ID: "yes", Name: office.Words{"en": "Yes"}}, {ID: "no", Name: office.Words{"en": "No"}}}
		}
		forms = append(forms, f)
	}
	return forms
}()

// forms lists the forms that a node knows, and gives the one in force.
func (s *simulation) forms(rt *rapid.T, n *node) (all []office.FormRow, inForce *office.FormRow) {
	all, _, err := n.records.Forms(ctx, records.FormFilter{})
	if err != nil {
		rt.Fatal(err)
	}
	for i := range all {
		if all[i].State == office.FormInForce {
			inForce = &all[i]
		}
	}
	return all, inForce
}

// watch gives a watch of the node's side that goes on, as far as it knows.
func (s *simulation) watch(rt *rapid.T, n *node) *office.EntryID {
	on, err := n.records.OnWatch(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	for _, w := range on {
		if w.Side == n.side {
			return &w.ID
		}
	}
	return nil
}

const planHash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func (s *simulation) inForce(n *node) office.OfficeRow {
	row, err := n.records.Office(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

func (s *simulation) write(rt *rapid.T) {
	n := s.node(rt, "writer")
	by, kind, body := s.act(rt, n)
	n.write(by, kind, body)
}

// revert folds an act that is then not done.
func (s *simulation) revert(rt *rapid.T) {
	n := s.node(rt, "writer")
	by, kind, body := s.act(rt, n)
	f, err := n.records.Begin(ctx)
	if err != nil {
		rt.Fatal(err)
	}
	defer f.Rollback()
	seen := f.Placed()
	delete(seen, n.side)
	if _, err := f.Apply(s.draft(n.side, seen, s.now.Add(n.offset), by, kind, body)); err != nil {
		rt.Fatal(err)
	}
	switch rapid.SampledFrom([]string{"revert, commit", "revert, roll back", "roll back"}).Draw(rt, "end") {
	case "revert, commit":
		f.Revert()
		if err := f.Commit(); err != nil {
			rt.Fatal(err)
		}
	case "revert, roll back":
		f.Revert()
	}
}

// deliver carries a part of what one node holds of a ledger to another.
func (s *simulation) deliver(rt *rapid.T) {
	from, to := s.node(rt, "from"), s.node(rt, "to")
	ledger := rapid.SampledFrom(s.sides).Draw(rt, "ledger")
	if have, more := to.held[ledger], from.held[ledger]; have < more {
		to.receive(ledger, have+int64(rapid.IntRange(1, int(more-have)).Draw(rt, "entries")))
	}
}

// standing tells one node what another binds itself to, and settles.
func (s *simulation) standing(rt *rapid.T) {
	from, to := s.node(rt, "from"), s.node(rt, "to")
	if from == to {
		return
	}
	to.standings[from.side] = append(to.standings[from.side], from.standing())
	before := to.settle()
	if again := to.settle(); again != before {
		rt.Fatalf("settled %d, and without news %d", before, again)
	}
}

// check looks at the settled part of each node: it only grows at its end, and
// it is the same for all.
func (s *simulation) check(rt *rapid.T) {
	for _, n := range s.nodes {
		digest, err := n.records.Digest(ctx)
		if err != nil {
			rt.Fatal(err)
		}
		was := s.settled[n.side]
		if digest.Count < int64(len(was)) {
			rt.Fatalf("%s: %d were settled, now %d", n.side, len(was), digest.Count)
		}
		page, err := n.records.Record(ctx, digest.Count+1, records.MaxPage)
		if err != nil || int64(len(page)) != digest.Count {
			rt.Fatalf("%s: %d of %d entries, %v", n.side, len(page), digest.Count, err)
		}
		counts := map[office.Side]int64{}
		for i, e := range was {
			if now := page[len(page)-1-i]; now.ID != e.ID || now.Digest != e.Digest {
				rt.Fatalf("%s: place %d was settled as %s, is %s", n.side, i+1, e.ID, now.ID)
			}
		}
		s.settled[n.side] = nil
		for i := len(page) - 1; i >= 0; i-- {
			if !page[i].Settled {
				rt.Fatalf("%s: place %d is before the line, but not settled", n.side, page[i].Pos)
			}
			s.settled[n.side] = append(s.settled[n.side], page[i])
			counts[page[i].ID.Side]++
		}
		s.awaits(rt, n)
		if got, err := n.records.Summary(ctx); err != nil || fmt.Sprint(got.Settled) != fmt.Sprint(counts) || got.Digest != digest {
			rt.Fatalf("%s: settled %v, counted %v, %v", n.side, got, counts, err)
		}
	}
	for _, a := range s.settled {
		for _, b := range s.settled {
			if n := min(len(a), len(b)); n > 0 && (a[n-1].ID != b[n-1].ID || a[n-1].Digest != b[n-1].Digest) {
				rt.Fatalf("two nodes part before place %d", n)
			}
		}
	}
}

// awaits compares what is waited for, as it was found from what had changed, with what
// is found when all is read.
func (s *simulation) awaits(rt *rapid.T, n *node) {
	kept, err := n.records.Awaited(ctx, s.now)
	if err != nil {
		rt.Fatal(err)
	}
	if distress, err := n.records.DistressForms(ctx); err != nil || !slices.Equal(distress, kept.Distress) {
		rt.Fatalf("forms of distress are %v and, with what is waited for, %v: %v", distress, kept.Distress, err)
	}
	if rapid.IntRange(0, 3).Draw(rt, "anew") > 0 {
		return
	}
	n.records.ForgetAwaited()
	anew, err := n.records.Awaited(ctx, s.now)
	if err != nil {
		rt.Fatal(err)
	}
	if k, a := sayAll(kept), sayAll(anew); k != a {
		rt.Fatalf("%s waits for\n%s\nand anew for\n%s", n.side, k, a)
	}
}

// mend lets everything arrive everywhere, and compares.
func (s *simulation) mend(rt *rapid.T) {
	for _, n := range s.nodes {
		if !recordstest.Fresh(s.t, n.records, n.config) {
			rt.Fatalf("%s, before the line was mended, is not what a fold from nothing gives", n.side)
		}
	}
	s.figures(rt)
	s.exchange()
	s.check(rt)
	s.figures(rt)
	for _, n := range s.nodes {
		if !recordstest.Same(s.t, n.records, s.nodes[s.sides[0]].records) {
			rt.Fatalf("%s and %s differ", n.side, s.sides[0])
		}
		if !recordstest.Fresh(s.t, n.records, n.config) {
			rt.Fatalf("%s is not what a fold from nothing gives", n.side)
		}
	}
}

// figures compares the statistics of nodes that have settled as much.
func (s *simulation) figures(rt *rapid.T) {
	counted := map[int64]records.Statistics{} // by how many entries are
	for _, n := range s.nodes {
		got, err := n.records.Statistics(ctx, "", "", "")
		if err != nil {
			rt.Fatal(err)
		}
		got.NotCounted = 0
		if want, also := counted[got.Settled.Count]; also && !reflect.DeepEqual(got, want) {
			rt.Fatalf("with %d settled, %s counts\n%+v\nanother node\n%+v", got.Settled.Count, n.side, got, want)
		}
		counted[got.Settled.Count] = got
	}
}
