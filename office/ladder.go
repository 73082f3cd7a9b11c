package office

import (
	"slices"
	"strconv"
)

// Ladders: what each side does, and when, about a dispatch that it has not
// acknowledged. The sides agree on the steps; who at a side is told at a step is
// its own affair, and the other side never learns it. Whether a step is reached
// follows from entries alone; the moment of judging is a parameter.

// Ladder is the steps for the dispatches of one precedence, the first first.
type Ladder struct {
	Precedence Precedence `json:"precedence"`
	Steps      []Step     `json:"steps"` // none: nothing is done
}

// Step is what is done once a dispatch has waited for so long.
type Step struct {
	After int64     `json:"after"` // minutes from release on; below IMMEDIATE in joint hours
	Do    []StepAct `json:"do"`    // in the order of StepActs
}

// StepAct is one thing that is done at a step, in words of the charter: it names
// roles and never persons.
type StepAct string

// What is done at a step.
const (
	StepAlarm  StepAct = "alarm"  // who is on watch is told again
	StepDeputy StepAct = "deputy" // the deputy is told
	StepHead   StepAct = "head"   // the head is told
	StepBearer StepAct = "bearer" // other means are tried: telephone, fax
	StepCheck  StepAct = "check"  // it is listed at the next line check
	StepAgenda StepAct = "agenda" // it goes on the agenda of the heads
)

// StepActs lists all of them.
var StepActs = []StepAct{StepAlarm, StepDeputy, StepHead, StepBearer, StepCheck, StepAgenda}

// DefaultLadders are those of a charter that says nothing else.
func DefaultLadders() []Ladder {
	return []Ladder{
		{Flash, []Step{{5, []StepAct{StepAlarm}}, {10, []StepAct{StepDeputy, StepBearer}}, {20, []StepAct{StepHead}}}},
		{Immediate, []Step{{30, []StepAct{StepDeputy, StepBearer}}}},
		{Priority, []Step{{3 * 60, []StepAct{StepDeputy}}, {48 * 60, []StepAct{StepAgenda}}}},
		{Routine, []Step{{6 * 60, []StepAct{StepCheck}}}},
	}
}

// ladders checks ladders: at most one for each precedence, the most urgent first.
func (c *checker) ladders(field string, ladders []Ladder) {
	if !c.count(field, len(ladders), 0, len(Precedences)) {
		return
	}
	before := -1
	for _, l := range ladders {
		i := slices.Index(Precedences, l.Precedence)
		if i < 0 {
			c.fail(BadValue, "field", field+".precedence", "value", clip(string(l.Precedence)))
		} else if i <= before {
			c.fail(NotInOrder, "field", field, "value", string(l.Precedence))
		}
		before = i
		c.steps(field+".steps", l.Steps)
	}
}

// steps checks the steps of a ladder, each later than the one before.
func (c *checker) steps(field string, steps []Step) {
	if !c.count(field, len(steps), 0, MaxSteps) {
		return
	}
	for i, step := range steps {
		c.number(field+".after", step.After, 1, MaxClock/60)
		if i > 0 && step.After <= steps[i-1].After {
			c.fail(NotInOrder, "field", field+".after", "value", strconv.FormatInt(step.After, 10))
		}
		if !c.count(field+".do", len(step.Do), 1, len(StepActs)) {
			return
		}
		before := -1
		for _, act := range step.Do {
			i := slices.Index(StepActs, act)
			if i < 0 {
				c.fail(BadValue, "field", field+".do", "value", clip(string(act)))
			} else if i <= before {
				c.fail(NotInOrder, "field", field+".do", "value", string(act))
			}
			before = i
		}
	}
}

// Steps gives the steps for a precedence on a channel: the channel's own, or those
// of the charter, or the default ones.
func (c *Charter) Steps(channel string, p Precedence) []Step {
	lists := [][]Ladder{c.Ladders, DefaultLadders()}
	if ch := c.Channel(channel); ch != nil {
		lists = append([][]Ladder{ch.Ladders}, lists...)
	}
	for _, list := range lists {
		for _, l := range list {
			if l.Precedence == p {
				return l.Steps
			}
		}
	}
	return nil
}

// Climb is the ladder of one dispatch, with the moments of its steps.
type Climb struct {
	Steps []Step
	Due   []int64 // of each step, milliseconds; never before the one before
}

// Climb reckons when the steps of a dispatch are due that is released at a moment
// on a channel. They are of use to each side that has not acknowledged it.
func (c *Charter) Climb(channel string, p Precedence, at int64, sides []Calendar) Climb {
	return c.ClimbBy(NewJointClock(sides, at), channel, p, at)
}

// ClimbBy is Climb by a clock that many dispatches share.
func (c *Charter) ClimbBy(clock *JointClock, channel string, p Precedence, at int64) Climb {
	climb := Climb{Steps: c.Steps(channel, p)}
	before := at
	for _, step := range climb.Steps {
		before = max(before, clock.Due(p, step.After*60, at))
		climb.Due = append(climb.Due, before)
	}
	return climb
}

// Reached gives how many steps are reached at a moment, and since when the last of
// them: "step 2 of 3 since 10:10". It gives 0 before the first.
func (c Climb) Reached(now int64) (n int, since int64) {
	for n < len(c.Due) && c.Due[n] <= now {
		since = c.Due[n]
		n++
	}
	return n, since
}
