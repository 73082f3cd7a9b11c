package api

import (
	"errors"
	"net/http"
	"strconv"

	"liaison.example/notify"
	"liaison.example/office"
)

func (s *server) means(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Node.Notify().Means(r.Context(), r.URL.Query().Get("account"))
	if err != nil {
		return err
	}
	page, next, err := paged(r, "means", list, func(m *notify.Means) string { return strconv.FormatInt(m.ID, 10) })
	if err != nil {
		return err
	}
	means := []Means{}
	for _, m := range page {
		means = append(means, meansOf(m))
	}
	return write(w, http.StatusOK, MeansPage{Means: means, Next: next})
}

func meansOf(m notify.Means) Means {
	return Means{
		ID: m.ID, Account: m.Account, Kind: m.Kind, Label: m.Label, Made: m.Made, Worked: maybe(m.Worked), Tested: maybe(m.Tested), Failures: m.Failures, Failed: m.Failed,
	}
}

func (s *server) addMeans(w http.ResponseWriter, r *http.Request) error {
	var n NewMeans
	if err := read(r, &n); err != nil {
		return err
	}
	if _, err := s.Node.People().Account(r.Context(), n.Account); err != nil {
		return err
	}
	m, made, err := s.Node.Notify().AddMeans(r.Context(), n.Account, n.Kind, n.Label, n.Settings)
	if err != nil {
		return err
	}
	return write(w, http.StatusCreated, MadeMeans{Means: meansOf(m), Secrets: made})
}

func (s *server) testMeans(w http.ResponseWriter, r *http.Request) error {
	id, err := pathNumber(r)
	if err != nil {
		return err
	}
	err = s.Node.Notify().TestMeans(r.Context(), "", id)
	switch {
	case errors.Is(err, notify.ErrNoMeans):
		return problem(CodeNotFound, "means", "id", strconv.FormatInt(id, 10))
	case err != nil:
		return problem(CodeMeansFails, "means-fails", "error", err.Error())
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) notices(w http.ResponseWriter, r *http.Request) error {
	limit, err := listLimit(r.URL.Query())
	if err != nil {
		return err
	}
	lines, err := s.Node.Notify().Notices(r.Context(), r.URL.Query().Get("account"), limit)
	if err != nil {
		return err
	}
	list := NoticeList{Notices: []Notice{}}
	for i := range lines {
		l := &lines[i]
		n := Notice{
			ID: l.ID, Account: l.Account, Means: l.Means, Sort: string(l.Notice.Sort), Step: l.Notice.Step, Steps: l.Notice.Of, Acts: l.Notice.Acts, Count: l.Notice.Count,
			Planned: l.Planned, State: string(l.State), Attempts: l.Attempts, Ended: maybe(l.Ended), Failed: l.Failed,
		}
		if l.Notice.Sort == notify.SortDispatch {
			n.Dispatch = &l.Notice.Dispatch
		}
		if m := l.Notice.Matter; m != nil {
			n.Matter = &ToldMatter{What: string(m.What), About: m.About, Side: m.Side, Channel: l.Notice.Channel}
		}
		if c := l.Notice.Check; c != nil {
			n.Check = &ToldCheck{Channel: l.Notice.Channel, Duty: string(c.Duty), Due: maybe(c.Due)}
			if c.Call != (office.EntryID{}) {
				n.Check.Call = &c.Call
			}
		}
		list.Notices = append(list.Notices, n)
	}
	return write(w, http.StatusOK, list)
}

func (s *server) quiet(w http.ResponseWriter, r *http.Request) error {
	who, err := s.person(r)
	if err != nil {
		return err
	}
	return s.writeQuiet(w, r, who)
}

// writeQuiet answers with the quiet hours of an account as they stand.
func (s *server) writeQuiet(w http.ResponseWriter, r *http.Request, who string) error {
	all, err := s.Node.Notify().QuietHours(r.Context())
	if err != nil {
		return err
	}
	var q Quiet
	q.From, q.Until = all[who].Texts()
	return write(w, http.StatusOK, q)
}

func (s *server) setQuiet(w http.ResponseWriter, r *http.Request) error {
	who, err := s.person(r)
	if err != nil {
		return err
	}
	var n Quiet
	if err := read(r, &n); err != nil {
		return err
	}
	q, ok := notify.ReadQuiet(n.From, n.Until)
	if !ok {
		return problem(CodeBadRequest, "quiet", "from", clip(n.From), "until", clip(n.Until))
	}
	if err := s.Node.Notify().SetQuiet(r.Context(), who, q); err != nil {
		return err
	}
	return s.writeQuiet(w, r, who)
}
