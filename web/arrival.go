package web

import (
	"html/template"

	"liaison.example/office"
)

// arrival says what our node alone has seen of an entry whose time does not go with when
// it came here; empty if nothing is to be said.
func (s *site) arrival(v *visit, id office.EntryID, written int64) (template.HTML, error) {
	a, err := s.node.Arrival(v.ctx, id, fromMillis(written))
	if err != nil || a == nil {
		return "", err
	}
	if a.Late < 0 {
		return v.h("arrival.early", "time", v.when(a.At), "span", duration(v.tag, -a.Late), "side", v.sideName(id.Side)), nil
	}
	return v.h("arrival.late", "time", v.when(a.At), "span", duration(v.tag, a.Late), "since", v.briefly(a.Since), "side", v.sideName(id.Side)), nil
}

// arrivals adds to the steps of a ladder what our node has seen of their entries.
func (s *site) arrivals(v *visit, steps []step) error {
	for i := range steps {
		one := &steps[i]
		if one.Of.Side == "" {
			continue
		}
		said, err := s.arrival(v, one.Of, one.At)
		if err != nil {
			return err
		}
		if said != "" {
			one.Notes = append(one.Notes, said)
		}
	}
	return nil
}
