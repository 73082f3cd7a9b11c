package web

// deskPages are the pages of the duty desk, in the order in which the row that
// they share shows them; "title" is the phrase of each page's title.
var deskPages = []struct{ key, href, title string }{
	{"watch", "/watch", "watch.title"},
	{"roster", "/roster", "roster.title"},
	{"coverage", "/coverage", "coverage.title"},
	{"checks", "/checks", "checks.title"},
	{"silence", "/silence", "silence.title"},
	{"tenders", "/tenders", "tender.title"},
	{"notes", "/notes", "note.title"},
	{"stats", "/statistics", "stats.title"},
	{"told", "/told", "told.title"},
}

// desk gives the row of links that the pages of the duty desk share; none on a
// page that is not one of them.
func (v *visit) desk(here string) (row []place) {
	found := false
	for _, p := range deskPages {
		one := place{Key: p.key, Href: p.href, Name: v.t(p.title), Here: p.key == here}
		switch p.key {
		case "checks":
			one.Count, one.Means = len(v.checksWait), v.t("checks.waiting")
		case "tenders":
			one.Count, one.Means = len(v.tendersWait), v.t("tender.waiting")
		}
		found = found || one.Here
		row = append(row, one)
	}
	if !found {
		return nil
	}
	return row
}
