package api

import (
	"encoding/hex"
	"errors"
	"net/http"

	"liaison.example/office"
	"liaison.example/records"
)

func (s *server) statistics(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	from, to := query.Get("from"), query.Get("to")
	counted, err := s.Node.Records().Statistics(r.Context(), from, to, query.Get("channel"))
	if errors.Is(err, records.ErrMonths) {
		return problem(CodeBadRequest, "months", "from", clip(from), "to", clip(to))
	}
	if err != nil {
		return err
	}
	shape := Statistics{Months: []CountedMonth{}, Channel: counted.Channel, NotCounted: counted.NotCounted, Cut: counted.Cut, Figures: counted.Figures}
	if shape.Figures == nil {
		shape.Figures = []office.Figures{}
	}
	for _, month := range counted.Months {
		shape.Months = append(shape.Months, CountedMonth{month, counted.Whole(month)})
	}
	if counted.Settled.Count > 0 {
		shape.Until = new(moment(counted.Until))
		shape.Settled = &office.Settled{Count: counted.Settled.Count, Digest: hex.EncodeToString(counted.Settled.Hash[:])}
	}
	return write(w, http.StatusOK, shape)
}
