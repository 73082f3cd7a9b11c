package notify

import (
	"fmt"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
)

// Check is what is told of a line check. It has no precedence: who is told is as
// usual, and a flood of dispatches does not hold it up.
type Check struct {
	Duty   office.CheckDuty `json:"duty"`
	Due    time.Time        `json:"due,omitzero"`    // zero for a call outside of the times
	Call   office.EntryID   `json:"call,omitzero"`   // zero if nobody has called
	Silent []office.Side    `json:"silent,omitzero"` // who has not answered, for DutySilent
	At     string           `json:"at,omitzero"`     // when it was due, on the channel's clock
}

// checkSubject begins the subject of each line check, so that none is taken for a
// dispatch.
const checkSubject = "check "

// subject tells a check from all others, and what it asks of us.
func (c *Check) subject(channel string) string {
	which := c.Call.String()
	if !c.Due.IsZero() {
		which = c.Due.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("%s%s %s %s", checkSubject, channel, which, c.Duty)
}

// checkTitle says in one line what a notice of a line check is about.
func (n *Notice) checkTitle(language string) string {
	args := []any{"channel", n.Channel, "at", n.Check.At, "n", n.Count}
	what := "check-" + string(n.Check.Duty)
	switch {
	case n.Withdrawn:
		what = "check-withdrawn"
	case n.Count > 1:
		what = "check-many"
	case n.Check.Due.IsZero():
		what = "check-extra"
	}
	return lang.T(language, "notice."+what, args...)
}

// checkBody says what else there is to say, in lines.
func (n *Notice) checkBody(language string) (lines []string) {
	t := func(key string, args ...any) string { return lang.T(language, key, args...) }
	if n.Withdrawn {
		return []string{t("notice.check-withdrawn-note")}
	}
	switch n.Check.Duty {
	case office.DutyCall:
		lines = append(lines, t("notice.check-call-note"))
	case office.DutyAnswer:
		lines = append(lines, t("notice.check-answer-note", "side", n.From))
	case office.DutySilent:
		lines = append(lines, t("notice.check-silent-note", "sides", strings.Join(n.Check.Silent, ", ")))
	}
	if n.Step > 0 && n.Check.Duty != office.DutySilent {
		lines = append(lines, t("notice.check-step", "n", n.Step, "of", n.Of, "time", n.Since.UTC().Format("2006-01-02 15:04Z")))
	}
	for _, act := range n.Acts {
		lines = append(lines, t("notice.act-"+string(act)))
	}
	return lines
}
