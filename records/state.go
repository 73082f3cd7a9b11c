package records

import (
	"slices"

	"liaison.example/office"
)

// State is how far a dispatch has come, as our side looks for it. A dispatch can
// be in several.
type State string

// The states by which dispatches can be chosen. Where a dispatch is addressed to
// several sides, one that is at a stage (office.StageOf) is enough for the stages
// from Considered to Closed; of the states of a read-back, what else it has written does
// not matter.
const (
	Unacknowledged State = "open"         // not acknowledged by all that it was addressed to
	WaitsForUs     State = "ours"         // not acknowledged by our side
	WaitsForThem   State = "theirs"       // not acknowledged by another side
	Acknowledged   State = "acknowledged" // by all, whatever followed
	Considered     State = "under-consideration"
	ReadBack       State = "read-back" // by a side, and nothing was said to that yet
	Disputed       State = "disputed"  // the last read-back of a side was
	Confirmed      State = "confirmed" // the same
	Answered       State = "answered"
	Closed         State = "closed"
	Corrected      State = "corrected" // by a later dispatch
	Withdrawn      State = "withdrawn" // cancelled or superseded by one
)

// States are all of them.
var States = []State{
	Unacknowledged, WaitsForUs, WaitsForThem, Acknowledged, ReadBack, Disputed, Confirmed, Considered, Answered, Closed, Corrected, Withdrawn,
}

// waits reports whether a state is one of those in which an acknowledgement is
// waited for.
func (s State) waits() bool {
	return s == Unacknowledged || s == WaitsForUs || s == WaitsForThem
}

// handlingColumn is the column of table handling that says whether a dispatch is
// in a state; empty if another table does.
func (s State) handlingColumn() string {
	switch s {
	case Considered:
		return "considered"
	case ReadBack:
		return "readback"
	case Disputed, Confirmed, Answered, Closed, Corrected, Withdrawn:
		return string(s)
	}
	return ""
}

// handlingColumns are the values of those columns, behind the dispatch's entry.
func handlingColumns(row office.Row) []any {
	h := row.(*office.Handling)
	at := map[office.Stage]bool{}
	d := &office.Dispatch{From: h.Dispatch.Side}
	stage := func(side office.Side) {
		if side != d.From {
			at[office.StageOf(d, nil, h, side)] = true
		}
	}
	for _, c := range h.Considers {
		stage(c.Side)
	}
	for _, a := range h.Answered {
		stage(a.Side)
	}
	for _, c := range h.Closed {
		stage(c.Side)
		for _, side := range c.Unobjected {
			stage(side)
		}
	}
	restated := map[office.Stage]bool{}
	for _, r := range h.Readbacks {
		last, _ := h.ReadbackOf(r.Side)
		restated[last.Stage()] = true
	}
	_, withdrawn := h.Withdrawn()
	corrected := slices.ContainsFunc(h.Relations, func(r office.Related) bool { return r.Kind == office.Correction })
	over := withdrawn || slices.ContainsFunc(h.Closed, func(c office.Closing) bool { return c.Side == d.From })
	values := []any{h.Dispatch.Side, h.Dispatch.Index}
	for _, is := range []bool{
		at[office.StageConsidered], restated[office.StageReadBack], restated[office.StageDisputed], restated[office.StageConfirmed],
		at[office.StageAnswered], at[office.StageClosed], corrected, withdrawn, over,
	} {
		n := int64(0)
		if is {
			n = 1
		}
		values = append(values, n)
	}
	return values
}

// Real is the mark, for Filter.Mark, of what bears none and is meant in earnest.
const Real office.Mark = "real"

// Marks are those by which dispatches can be chosen.
var Marks = append([]office.Mark{Real}, office.Marks...)

// markOf is what a dispatch is chosen by.
func markOf(d *office.Dispatch) string {
	if d.Mark == "" {
		return string(Real)
	}
	return string(d.Mark)
}
