package web

import (
	"html/template"
	"slices"

	"liaison.example/office"
)

// raisedLine is a dispatch that nobody has acknowledged, and that a step of its ladder
// has put on the list of the next line check or on the agenda of the heads.
type raisedLine struct {
	ID            office.EntryID
	Precedence    office.Precedence
	Word          string
	Subject, Lang string
	Whose         string // who is to acknowledge it
	Since         template.HTML
	Check, Agenda bool
}

// raisedShown bounds the list, the most urgent first.
const raisedShown = 20

// raised lists what is to be raised on a channel, and how many more there are.
func (s *site) raised(v *visit, channel string) (list []raisedLine, more int, err error) {
	awaited, err := s.node.Records().Awaited(v.ctx, v.now)
	if err != nil {
		return nil, 0, err
	}
	seen := map[office.EntryID]bool{}
	for i := range awaited.Questions {
		q := &awaited.Questions[i]
		if q.Channel != channel || q.Awaits != office.AwaitsAcknowledgement || seen[q.About] {
			continue
		}
		reached, _ := office.Climb{Due: q.Ladder}.Reached(v.now.UnixMilli())
		steps := v.office.Charter.Steps(channel, q.Precedence)
		var acts []office.StepAct
		for _, step := range steps[:min(reached, len(steps))] {
			acts = append(acts, step.Do...)
		}
		one := raisedLine{
			ID: q.About, Precedence: q.Precedence, Word: v.t("precedence." + lowerPrecedence(q.Precedence)), Subject: q.Subject(), Lang: textLanguage(q.Subject()),
			Whose: v.sideName(q.To), Since: v.briefly(fromMillis(q.Since)), Check: slices.Contains(acts, office.StepCheck), Agenda: slices.Contains(acts, office.StepAgenda),
		}
		if !one.Check && !one.Agenda {
			continue
		}
		if seen[q.About] = true; len(list) == raisedShown {
			more++
			continue
		}
		list = append(list, one)
	}
	return list, more, nil
}
