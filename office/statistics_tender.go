package office

import "slices"

// A meeting is what the dispatch of a form with this code proposes, and what the
// answers of that form say to it.
const (
	meetingForm      = "mt"
	meetingConfirmed = "confirm"
	meetingRegretted = "regrets"
)

// Meeting says what a side proposed and answered about meetings. A proposal is counted
// in the month of its release, and so is the first answer of each side to it.
type Meeting struct {
	Proposed  int64 `json:"proposed"`  // by this side
	Confirmed int64 `json:"confirmed"` // by this side, of those proposed to it
	Regretted int64 `json:"regretted"` // by this side, of those proposed to it
}

// Tendering says what became of tenders, in the month in which they were offered.
type Tendering struct {
	Offered   int64 `json:"offered"` // by this side
	Asked     int64 `json:"asked"`   // offered to this side: = Accepted + Declined + Left + Waiting + Withdrawn
	Accepted  int64 `json:"accepted"`
	Declined  int64 `json:"declined"`
	Left      int64 `json:"left"`      // without an answer until the instant that they name
	Waiting   int64 `json:"waiting"`   // not answered, and there is still time
	Withdrawn int64 `json:"withdrawn"` // before that instant, and not answered
}

// Meeting counts a dispatch of a side that proposes a meeting, if its form has that
// code, with what was answered. h may be nil.
func (t *Tally) Meeting(channel string, from Side, form *Form, a *Acknowledgements, h *Handling) {
	month, ok := t.month(a.Time)
	if !ok || form == nil || form.Code != meetingForm {
		return
	}
	t.each(month, channel, from, func(f *Figures) { f.Meetings.Proposed++ })
	if h == nil {
		return
	}
	for _, answer := range h.Answered {
		if !t.settled(answer.ID) {
			continue
		}
		switch answer.Answer {
		case meetingConfirmed:
			t.each(month, channel, answer.Side, func(f *Figures) { f.Meetings.Confirmed++ })
		case meetingRegretted:
			t.each(month, channel, answer.Side, func(f *Figures) { f.Meetings.Regretted++ })
		}
	}
}

// Tender counts a tender with the answers to it. One that is not meant in earnest is
// not counted.
func (t *Tally) Tender(tender *Tender) {
	month, ok := t.month(tender.Time)
	if !ok || tender.Mark != "" {
		return
	}
	t.each(month, tender.Channel, tender.From, func(f *Figures) { f.Tenders.Offered++ })
	withdrawn := tender.Withdrawn != nil && t.settled(tender.Withdrawn.ID)
	until := t.until // by then it was left, if nothing was said
	if withdrawn {
		until = min(until, tender.Withdrawn.At)
	}
	for _, side := range tender.To {
		i := slices.IndexFunc(tender.Answers, func(a TenderAnswer) bool { return a.Side == side && t.settled(a.ID) })
		t.each(month, tender.Channel, side, func(f *Figures) {
			f.Tenders.Asked++
			switch {
			case i >= 0 && tender.Answers[i].Answer == TenderAccept:
				f.Tenders.Accepted++
			case i >= 0:
				f.Tenders.Declined++
			case tender.Until <= until:
				f.Tenders.Left++
			case withdrawn:
				f.Tenders.Withdrawn++
			default:
				f.Tenders.Waiting++
			}
		})
	}
}
