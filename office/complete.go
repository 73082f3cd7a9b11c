package office

import "slices"

// Complete fills in what only the records can say of a body that a side is
// about to sign: the number of a dispatch, and its addressees if none are
// named, which are then all other sides. It returns a copy; other bodies come
// back as they are.
func Complete(d Reader, side Side, body any) any {
	b, isDispatch := body.(*DispatchBody)
	if !isDispatch {
		return body
	}
	whole := *b
	row := &SideRow{Side: side}
	d.Get(row)
	whole.Number = row.Number + 1
	if len(whole.To) == 0 {
		office := &OfficeRow{}
		if d.Get(office) && office.Charter != nil {
			for _, s := range office.Charter.Sides {
				if s.ID != side {
					whole.To = append(whole.To, s.ID)
				}
			}
		}
	}
	whole.To = slices.Sorted(slices.Values(whole.To))
	return &whole
}
