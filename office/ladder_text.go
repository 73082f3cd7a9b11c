package office

import (
	"strconv"
	"strings"
)

// LaddersText writes ladders as people type them, each in a line:
//
//	FLASH 5 alarm, 10 deputy bearer, 20 head
//	ROUTINE none
func LaddersText(ladders []Ladder) string {
	var b strings.Builder
	for i, l := range ladders {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(string(l.Precedence))
		if len(l.Steps) == 0 {
			b.WriteString(" none")
		}
		for i, step := range l.Steps {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(" " + strconv.FormatInt(step.After, 10))
			for _, act := range step.Do {
				b.WriteString(" " + string(act))
			}
		}
	}
	return b.String()
}

// ReadLadders reads what LaddersText writes. What cannot be read becomes something
// that the rules refuse, with the words that were typed.
func ReadLadders(text string) (ladders []Ladder) {
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" {
			continue
		}
		l := Ladder{Precedence: Precedence(strings.ToUpper(name)), Steps: []Step{}}
		if rest = strings.TrimSpace(rest); rest == "none" {
			rest = ""
		}
		for part := range strings.SplitSeq(rest, ",") {
			fields := strings.Fields(part)
			if len(fields) == 0 {
				continue
			}
			after, err := strconv.ParseInt(fields[0], 10, 32)
			if err != nil {
				after, fields = 1, append([]string{""}, fields...) // the word is refused as what is to be done
			}
			step := Step{After: after, Do: []StepAct{}}
			for _, word := range fields[1:] {
				step.Do = append(step.Do, StepAct(strings.ToLower(word)))
			}
			l.Steps = append(l.Steps, step)
		}
		ladders = append(ladders, l)
	}
	return ladders
}
