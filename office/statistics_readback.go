package office

// Restating says how dispatches that are to be read back were read back by one side, in
// the month of their release. The first read-back of the side counts for the time.
type Restating struct {
	Asked     int64 `json:"asked"` // = InTime + Late + Open + Overdue + Withdrawn
	InTime    int64 `json:"in_time"`
	Late      int64 `json:"late"`
	Open      int64 `json:"open"`    // not yet, and there is still time, or none is agreed on
	Overdue   int64 `json:"overdue"` // not yet, and the time is over
	Withdrawn int64 `json:"withdrawn"`
	Confirmed int64 `json:"confirmed"` // read-backs of the side that were confirmed
	Disputed  int64 `json:"disputed"`  // read-backs of the side that were disputed
}

// Readbacks counts how the sides that a dispatch is addressed to have read it back, which
// it asks for. list are the read-backs of it, in the joint order. h may be nil.
func (t *Tally) Readbacks(channel string, p Precedence, a *Acknowledgements, h *Handling, list []Readback) {
	month, ok := t.month(a.Time)
	if !ok {
		return
	}
	due := int64(maxInteger)
	if clock, _ := t.clock(p, a.Time); clock.Readback > 0 {
		due = t.hours.Due(p, clock.Readback, a.Time)
	}
	withdrawn := false
	if h != nil {
		by, is := h.Withdrawn()
		withdrawn = is && t.settled(by.ID)
	}
	count := func(side Side) {
		var first *Readback
		var confirmed, disputed int64
		for i := range list {
			r := &list[i]
			if r.Side != side || !t.settled(r.ID) {
				continue
			}
			if first == nil {
				first = r
			}
			if r.Answer != nil && t.settled(r.Answer.ID) {
				if r.Answer.Answer == ReadbackConfirm {
					confirmed++
				} else {
					disputed++
				}
			}
		}
		t.each(month, channel, side, func(f *Figures) {
			of := &f.Readbacks
			of.Asked, of.Confirmed, of.Disputed = of.Asked+1, of.Confirmed+confirmed, of.Disputed+disputed
			switch {
			case first != nil && max(first.At, a.Time) > due:
				of.Late++
			case first != nil:
				of.InTime++
			case withdrawn:
				of.Withdrawn++
			case due < t.until:
				of.Overdue++
			default:
				of.Open++
			}
		})
	}
	for _, given := range a.Given {
		count(given.Side)
	}
	for _, side := range a.Waiting {
		count(side)
	}
}
