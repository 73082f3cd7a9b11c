package api

import (
	"time"

	"liaison.example/office"
)

// Statistics are figures of months, which both sides can accept: of the settled
// record alone, and judged at the moment that it is settled to.
type Statistics struct {
	Months     []CountedMonth   `json:"months"`
	Channel    string           `json:"channel,omitempty"` // of which the figures are; left out: of all together, and of each on which something happened
	Until      *time.Time       `json:"until,omitempty"`   // what is counted was written, and is judged, up to this moment; left out if nothing is settled
	Settled    *office.Settled  `json:"settled,omitempty"` // what that is: with the same digest, the other side has the same figures
	NotCounted int64            `json:"not_counted"`       // entries that are not settled yet
	Cut        bool             `json:"cut"`               // there was more than is counted: the first months lack something
	Figures    []office.Figures `json:"figures"`           // in order of month, channel and side. Times are in milliseconds
}

// CountedMonth is a month of UTC.
type CountedMonth struct {
	Month string `json:"month"`
	Whole bool   `json:"whole"` // the record is settled to its end
}
