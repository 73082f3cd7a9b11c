package office

import "slices"

// Complete fills in what only the records can say of a body that a side is
// about to sign: the number of a dispatch, its addressees if none are named,
// which are then all other sides, and the hash of its form if it has none, which
// is then the form in force for its code. It returns a copy; other bodies come
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
	if b.Form != nil && b.Form.Hash == "" {
		form := *b.Form
		form.Hash = InForceForm(d, form.Code)
		whole.Form = &form
	}
	whole.To = slices.Sorted(slices.Values(whole.To))
	return &whole
}

// InForceForm gives the hash of the form in force for a code, "" if there is none.
func InForceForm(d Reader, code string) string {
	row := &FormCode{Code: code}
	d.Get(row)
	return row.Hash
}
