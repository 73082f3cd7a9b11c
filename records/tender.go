package records

import (
	"context"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

// TenderFilter chooses tenders. What is empty chooses all.
type TenderFilter struct {
	Channel    string
	From       office.Side
	State      office.TenderState
	Waiting    office.Side // this side may still answer
	Unanswered int64       // milliseconds: an answer was asked by a moment not after this, and there is none
	Before     string      // where to go on: the next that the call before gave
	Limit      int         // at most MaxPage; 0: DefaultPage
}

// TenderLine is a tender as it stands in the joint order.
type TenderLine struct {
	office.Tender
	Settled bool
}

// Tenders lists tenders, those last in the joint order first. If there are more
// than the limit, next says where to go on; else it is empty.
func (r *Records) Tenders(ctx context.Context, c TenderFilter) (tenders []TenderLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	if c.Unanswered != 0 {
		q.where("t.until <= ?", c.Unanswered)
		c.State = office.TenderWaiting
	}
	if c.Waiting != "" {
		q.where("t.sides <> '//'") // of all that ever were, few wait
		q.where("t.sides LIKE ?", "%/"+c.Waiting+"/%")
	}
	for _, one := range []struct{ column, value string }{{"state", string(c.State)}, {"channel", c.Channel}, {"side", c.From}} {
		if one.value != "" {
			q.where("t."+one.column+" = ?", one.value)
		}
	}
	next, err = latest(ctx, r, "tender", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := TenderLine{Settled: settled}
		err = json.Unmarshal(raw, &line.Tender)
		tenders = append(tenders, line)
		return line.ID, err
	})
	return tenders[:min(len(tenders), q.filter.limit())], next, err
}

// Tender gives one tender, if there is one of that id.
func (r *Records) Tender(ctx context.Context, id office.EntryID) (tender office.Tender, found bool, err error) {
	return ofEntry[office.Tender](ctx, r, "tender", id)
}
