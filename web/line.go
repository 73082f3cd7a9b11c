package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"

	"liaison.example/node"
	"liaison.example/office"
)

// linePage is the health of the lines, of the replicas, and what is amiss.
type linePage struct {
	Frame
	Mode     string // in words
	ModeOK   bool
	Lines    []lineCard
	Ledgers  []ledgerLine
	Digest   string // grouped
	Settled  int64
	Channels []channelCard
	Alarms   []alarmLine
	MayClear bool
}

// lineCard is the line to one other side.
type lineCard struct {
	stripLine
	LastSeen  template.HTML // empty if it was not heard since the start
	RoundTrip string        // empty if not measured
	Offset    string        // their clock against ours, in words; empty if not measured
	OffsetBig bool          // worth a look
	Theirs    string        // their node's mode, in words; empty if not known
	Halted    string        // why replication has ended; empty if it has not
}

// ledgerLine says how much of one side's ledger is where.
type ledgerLine struct {
	Side                            string
	Size, Placed, Cosigned, Settled string
	Lag                             bool // not all of it is cosigned
}

// alarmLine is one alarm that is open.
type alarmLine struct {
	ID       int64
	At, Last template.HTML
	Count    int64
	Sentence string
	Side     string
	Evidence string
}

// bigOffset is the difference between two clocks, in seconds, from which the
// page points to it: more than that misleads a person who compares times.
const bigOffset = 5

func (s *site) line(v *visit) error {
	frame, err := s.frame(v, "line", v.t("line.title"))
	if err != nil {
		return err
	}
	page := linePage{
		Frame: frame, Mode: v.t("mode." + string(v.status.Mode)), ModeOK: v.status.Mode == node.Ready,
		Digest: groupedHash(v.status.Digest), Settled: v.status.Count, MayClear: v.mayClear(),
	}
	if v.knowsForms() {
		page.Channels = v.channelCards()
	}
	for _, one := range frame.Strip.Others {
		page.Lines = append(page.Lines, v.lineCard(one))
	}
	for _, id := range v.sides() {
		state := v.status.Sides[id]
		number := func(n int64) string { return grouped(strconv.FormatInt(n, 10)) }
		page.Ledgers = append(page.Ledgers, ledgerLine{
			Side: v.sideName(id), Size: number(state.Size), Placed: number(state.Placed),
			Cosigned: number(state.Cosigned), Settled: number(state.Settled), Lag: state.Cosigned < state.Size,
		})
	}
	for _, alarm := range v.alarms {
		page.Alarms = append(page.Alarms, v.alarmLine(alarm))
	}
	return s.render(v, http.StatusOK, "line", page)
}

func (v *visit) lineCard(one stripLine) lineCard {
	state := v.status.Lines[one.ID]
	card := lineCard{stripLine: one}
	if !state.LastSeen.IsZero() {
		card.LastSeen = v.h("line.ago", "age", v.age(state.LastSeen))
		card.Offset = v.offsetWords(state)
		card.OffsetBig = state.Offset.Abs().Seconds() >= bigOffset
	}
	if state.RoundTrip > 0 {
		card.RoundTrip = v.milliseconds(state.RoundTrip)
	}
	if state.TheirMode != "" {
		card.Theirs = v.t("mode." + string(state.TheirMode))
	}
	if state.Halted != "" {
		card.Halted = v.coded("alarm", state.Halted, map[string]string{"side": one.ID})
	}
	return card
}

func (v *visit) offsetWords(state node.LineState) string {
	switch offset := state.Offset; {
	case offset > 0:
		return v.t("line.ahead", "span", v.milliseconds(offset))
	case offset < 0:
		return v.t("line.behind", "span", v.milliseconds(-offset))
	}
	return v.t("line.same-clock")
}

func (v *visit) alarmLine(a node.Alarm) alarmLine {
	line := alarmLine{
		ID: a.ID, At: v.when(a.At), Last: v.when(a.Last), Count: a.Count, Evidence: a.Evidence,
	}
	detail := map[string]string{"side": a.Side}
	for name, value := range a.Detail {
		detail[name] = value
	}
	line.Sentence = v.coded("alarm", a.Code, detail)
	if a.Side != "" {
		line.Side = v.sideName(a.Side)
	}
	return line
}

// mayClear reports whether the signed-in post may mark an alarm as seen: any
// post may that does something for its side.
func (v *visit) mayClear() bool {
	row, ok := v.post(v.side, v.session.Post)
	return v.session.Post == office.Operator || ok && !row.Ended && row.Role != "observer"
}

func (s *site) postClearAlarm(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	if !v.mayClear() {
		return errNotYours
	}
	if err := s.node.ClearAlarm(v.ctx, id, v.session.Post); errors.Is(err, node.ErrNoAlarm) {
		return errNothingHere
	} else if err != nil {
		return fmt.Errorf("clear alarm %d: %w", id, err)
	}
	return v.redirect("/line")
}

// postCut cuts or mends the line to a side. There is such a switch in a
// demonstration only.
func (s *site) postCut(v *visit) error {
	side := v.r.PostFormValue("side")
	if !v.status.Demo || !slices.Contains(v.others(), side) {
		return errNothingHere
	}
	s.node.CutLine(side, v.r.PostFormValue("cut") == "1")
	return v.redirect(v.back())
}
