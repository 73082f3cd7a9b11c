package office

import "slices"

// Complete fills in what only the records can say of a body that a side is
// about to sign: the number of a dispatch, its addressees and those of a note or an
// attempt if none are named, which are then all other sides, so too for a tender, the test text of a line
// check, and the hash of its form if it has none, which
// is then the form in force for its code. at is the writer's clock, in milliseconds. It
// returns a copy; other bodies come back as they are.
func Complete(d Reader, side Side, at int64, body any) any {
	if n, isNote := body.(*NoteBody); isNote {
		whole := *n
		whole.To = addressees(d, side, n.To)
		return &whole
	}
	if a, isAttempt := body.(*AttemptBody); isAttempt {
		whole := *a
		whole.To = addressees(d, side, a.To)
		return &whole
	}
	if t, isTender := body.(*TenderBody); isTender {
		whole := *t
		whole.To = addressees(d, side, t.To)
		if t.Form != nil && t.Form.Hash == "" {
			whole.Form = &FormName{Code: t.Form.Code, Hash: InForceForm(d, t.Form.Code)}
		}
		return &whole
	}
	if k, isCheck := body.(*CheckBody); isCheck && k.Text == "" {
		whole, office := *k, &OfficeRow{}
		d.Get(office)
		whole.Text = DefaultTexts[0].ID
		due, _ := k.Due.Millis()
		if channel := office.At(max(at, due)).Charter.Channel(k.Channel); channel != nil {
			whole.Text = channel.TestTexts()[0].ID
		}
		return &whole
	}
	b, isDispatch := body.(*DispatchBody)
	if !isDispatch {
		return body
	}
	whole := *b
	row := &SideRow{Side: side}
	d.Get(row)
	whole.Number = row.Number + 1
	if b.Form != nil && b.Form.Hash == "" {
		form := *b.Form
		form.Hash = InForceForm(d, form.Code)
		whole.Form = &form
	}
	whole.To = addressees(d, side, b.To)
	return &whole
}

// addressees puts a list of sides into order; an empty one means all other sides.
func addressees(d Reader, side Side, to []Side) []Side {
	if len(to) > 0 {
		return slices.Sorted(slices.Values(to))
	}
	office := &OfficeRow{}
	if !d.Get(office) || office.Charter == nil {
		return nil
	}
	var all []Side
	for _, s := range office.Charter.Sides { // in order of id
		if s.ID != side {
			all = append(all, s.ID)
		}
	}
	return all
}

// InForceForm gives the hash of the form in force for a code, "" if there is none.
func InForceForm(d Reader, code string) string {
	row := &FormCode{Code: code}
	d.Get(row)
	return row.Hash
}
