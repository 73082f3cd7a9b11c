package office

import "slices"

// A CheckDuty says what a scheduled line check asks of a side.
type CheckDuty string

// What a line check asks of a side.
const (
	DutyCall   CheckDuty = "call"   // it is its turn to call, and nobody has
	DutyAnswer CheckDuty = "answer" // another side has called, and waits for its answer
	DutySilent CheckDuty = "silent" // it has called, and another side has not answered in time
)

// Duty gives what a line check asks of a side, and the steps that the side takes
// about it, which begin at a moment, and not before it. A call or an answer that is missing is a
// matter of the deputy once it is late, and of the head once its time has run out;
// where another side does not answer, other means are tried at that moment. It is
// empty where nothing is asked: the check is called and answered, or is not due
// since a side is closed.
//
// These steps are a side's own affair and no part of the charter. They change no
// record.
func (j *JudgedCheck) Duty(side Side) (duty CheckDuty, at int64, climb Climb) {
	if len(j.Closed) > 0 {
		return "", 0, Climb{}
	}
	switch {
	case j.Check == nil && j.Caller == side:
		duty, at = DutyCall, j.Due
	case j.Check == nil:
	case j.Check.From == side && len(j.Silent()) > 0:
		silent := Climb{Steps: []Step{{(j.Ends - j.Due) / minute, []StepAct{StepDeputy, StepBearer}}}, Due: []int64{j.Ends}}
		return DutySilent, j.Ends, silent
	case j.Check.From != side && j.Check.AnswerOf(side) == nil:
		duty, at = DutyAnswer, j.Check.At
	}
	if duty == "" {
		return "", 0, Climb{}
	}
	return duty, at, Climb{
		Steps: []Step{{(j.Grace - j.Due) / minute, []StepAct{StepDeputy}}, {(j.Ends - j.Due) / minute, []StepAct{StepHead}}},
		Due:   []int64{j.Grace, j.Ends},
	}
}

// Silent lists the sides that have not answered a call, in order of their ids.
func (j *JudgedCheck) Silent() (sides []Side) {
	if j.Check == nil {
		return nil
	}
	for side := range j.Results {
		if side != j.Check.From && j.Check.AnswerOf(side) == nil {
			sides = append(sides, side)
		}
	}
	slices.Sort(sides)
	return sides
}
