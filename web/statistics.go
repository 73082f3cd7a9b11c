package web

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// statisticsPage is what each side did, by months of UTC.
type statisticsPage struct {
	Frame
	From, To  string // the months that are shown
	Channels  []choice
	Refused   string
	Nothing   bool // nothing is settled yet
	Until     template.HTML
	Settled   string // how many entries, and their digest, in a sentence
	Unsettled int64
	Cut       bool
	CSV, JSON string
	Sections  []statSection
}

// statSection is one subject, as a picture for each side and as a table.
type statSection struct {
	ID, Title, About string
	Parts            []statPart // of a bar, from below
	Panels           []statPanel
	Columns          []string
	Rows             []statRow
	Short            bool // the table is so short that it stands open
}

// statPart is one part of a bar: Shape is the number of its pattern.
type statPart struct {
	Shape int
	Name  string
}

// statPanel is the picture of one side.
type statPanel struct {
	ID, Title, Says string
	Side            string
	Width, Height   int
	Ticks           []statTick
	Bars            []statBar
	Months          []statLabel
}

type statTick struct {
	Y, Label int
	Text     string
}

type statBar struct {
	X, Y, Width, Height, Shape int
	Says                       string
}

type statLabel struct {
	X    int
	Text string
}

type statRow struct {
	Month, Side string
	Whole       bool // the record is settled to the end of the month
	Cells       []string
}

// statColumn is one column of a table, and perhaps a part of the bars.
type statColumn struct {
	Key   string // of its name in lang
	Of    func(f *office.Figures) int64
	Drawn int  // the number of its pattern in the bars; 0: it stands in the table alone
	Long  bool // it is a length of time
}

// statSubject is what a section shows.
type statSubject struct {
	ID      string // of its words in lang, behind "stats."
	Columns []statColumn
	Beside  bool // the parts stand beside each other, not on one another
	Of      func(f *office.Figures) bool
}

// statSubjects are the sections of the page, in order.
var statSubjects = []statSubject{
	{ID: "checks", Columns: []statColumn{
		{Key: "stats.met", Of: func(f *office.Figures) int64 { return f.Checks[office.CheckCalled] + f.Checks[office.CheckInTime] }, Drawn: 1},
		{Key: "stats.checks-late", Of: ofCheck(office.CheckLate), Drawn: 2},
		{Key: "stats.unanswered", Of: ofCheck(office.CheckUnanswered), Drawn: 3},
		{Key: "stats.not-called", Of: ofCheck(office.CheckNotCalled), Drawn: 4},
		{Key: "stats.no-call", Of: ofCheck(office.CheckNoCall)},
		{Key: "stats.not-due", Of: ofCheck(office.CheckNotAsked)},
		{Key: "stats.checks-open", Of: func(f *office.Figures) int64 { return f.Checks[office.CheckAwaited] + f.Checks[office.CheckAhead] }},
	}},
	{ID: "released", Columns: []statColumn{
		{Key: "precedence.flash", Of: ofReleased(office.Flash), Drawn: 3},
		{Key: "precedence.immediate", Of: ofReleased(office.Immediate), Drawn: 2},
		{Key: "precedence.priority", Of: ofReleased(office.Priority), Drawn: 1},
		{Key: "precedence.routine", Of: ofReleased(office.Routine), Drawn: 4},
		{Key: "stats.marked", Of: func(f *office.Figures) int64 { return f.Marked }},
	}},
	{ID: "acknowledged", Columns: []statColumn{
		{Key: "stats.in-time", Of: func(f *office.Figures) int64 { return f.Acknowledged.InTime }, Drawn: 1},
		{Key: "stats.late", Of: func(f *office.Figures) int64 { return f.Acknowledged.Late }, Drawn: 2},
		{Key: "stats.overdue", Of: func(f *office.Figures) int64 { return f.Acknowledged.Overdue }, Drawn: 3},
		{Key: "stats.waiting", Of: func(f *office.Figures) int64 { return f.Acknowledged.Waiting }, Drawn: 4},
	}},
	{ID: "times", Beside: true, Columns: []statColumn{
		{Key: "stats.median", Of: func(f *office.Figures) int64 { return f.Acknowledged.MedianMS }, Drawn: 1, Long: true},
		{Key: "stats.p90", Of: func(f *office.Figures) int64 { return f.Acknowledged.P90MS }, Drawn: 2, Long: true},
		{Key: "stats.longest", Of: func(f *office.Figures) int64 { return f.Acknowledged.LongestMS }, Long: true},
		{Key: "stats.median-flash", Of: func(f *office.Figures) int64 { return f.ByPrecedence[office.Flash].MedianMS }, Long: true},
		{Key: "stats.median-immediate", Of: func(f *office.Figures) int64 { return f.ByPrecedence[office.Immediate].MedianMS }, Long: true},
		{Key: "stats.median-priority", Of: func(f *office.Figures) int64 { return f.ByPrecedence[office.Priority].MedianMS }, Long: true},
		{Key: "stats.median-routine", Of: func(f *office.Figures) int64 { return f.ByPrecedence[office.Routine].MedianMS }, Long: true},
	}},
	{ID: "answers", Columns: []statColumn{
		{Key: "stats.in-time", Of: func(f *office.Figures) int64 { return f.Answers.InTime }, Drawn: 1},
		{Key: "stats.late", Of: func(f *office.Figures) int64 { return f.Answers.Late }, Drawn: 2},
		{Key: "stats.overdue", Of: func(f *office.Figures) int64 { return f.Answers.Overdue }, Drawn: 3},
		{Key: "stats.held-open", Of: func(f *office.Figures) int64 { return f.Answers.Open }, Drawn: 4},
		{Key: "stats.unobjected", Of: func(f *office.Figures) int64 { return f.Answers.Unobjected }},
		{Key: "stats.withdrawn", Of: func(f *office.Figures) int64 { return f.Answers.Withdrawn }},
	}},
	{ID: "readbacks", Columns: []statColumn{
		{Key: "stats.in-time", Of: func(f *office.Figures) int64 { return f.Readbacks.InTime }, Drawn: 1},
		{Key: "stats.late", Of: func(f *office.Figures) int64 { return f.Readbacks.Late }, Drawn: 2},
		{Key: "stats.overdue", Of: func(f *office.Figures) int64 { return f.Readbacks.Overdue }, Drawn: 3},
		{Key: "stats.waiting", Of: func(f *office.Figures) int64 { return f.Readbacks.Open }, Drawn: 4},
		{Key: "stats.withdrawn", Of: func(f *office.Figures) int64 { return f.Readbacks.Withdrawn }},
		{Key: "stats.readbacks-confirmed", Of: func(f *office.Figures) int64 { return f.Readbacks.Confirmed }},
		{Key: "stats.readbacks-disputed", Of: func(f *office.Figures) int64 { return f.Readbacks.Disputed }},
	}},
	{ID: "watch", Of: func(f *office.Figures) bool { return f.Watch != nil }, Columns: []statColumn{
		{Key: "stats.covered", Of: func(f *office.Figures) int64 { return f.Watch.CoveredMS }, Drawn: 1, Long: true},
		{Key: "stats.uncovered", Of: func(f *office.Figures) int64 { return f.Watch.OpenMS - f.Watch.CoveredMS }, Drawn: 3, Long: true},
		{Key: "stats.beyond", Of: func(f *office.Figures) int64 { return f.Watch.HeldMS - f.Watch.CoveredMS }, Drawn: 4, Long: true},
		{Key: "stats.held", Of: func(f *office.Figures) int64 { return f.Watch.HeldMS }, Long: true},
		{Key: "stats.begun", Of: func(f *office.Figures) int64 { return f.Watch.Begun }},
	}},
	{ID: "meetings", Beside: true, Columns: []statColumn{
		{Key: "stats.proposed", Of: func(f *office.Figures) int64 { return f.Meetings.Proposed }, Drawn: 4},
		{Key: "stats.confirmed", Of: func(f *office.Figures) int64 { return f.Meetings.Confirmed }, Drawn: 1},
		{Key: "stats.regretted", Of: func(f *office.Figures) int64 { return f.Meetings.Regretted }, Drawn: 3},
	}},
	{ID: "tenders", Columns: []statColumn{
		{Key: "stats.accepted", Of: func(f *office.Figures) int64 { return f.Tenders.Accepted }, Drawn: 1},
		{Key: "stats.declined", Of: func(f *office.Figures) int64 { return f.Tenders.Declined }, Drawn: 3},
		{Key: "stats.left", Of: func(f *office.Figures) int64 { return f.Tenders.Left }, Drawn: 2},
		{Key: "stats.unsaid", Of: func(f *office.Figures) int64 { return f.Tenders.Waiting }, Drawn: 4},
		{Key: "stats.withdrawn", Of: func(f *office.Figures) int64 { return f.Tenders.Withdrawn }},
		{Key: "stats.offered", Of: func(f *office.Figures) int64 { return f.Tenders.Offered }},
	}},
	{ID: "relations", Columns: []statColumn{
		{Key: "stats.suspensions", Of: func(f *office.Figures) int64 { return f.Suspensions }},
		{Key: "stats.suspended", Of: func(f *office.Figures) int64 { return f.SuspendedMS }, Long: true},
		{Key: "stats.attempts-carried", Of: func(f *office.Figures) int64 { return attempts(f, true) }},
		{Key: "stats.attempts-failed", Of: func(f *office.Figures) int64 { return attempts(f, false) }},
	}},
}

func ofCheck(r office.CheckResult) func(*office.Figures) int64 {
	return func(f *office.Figures) int64 { return f.Checks[r] }
}

func ofReleased(p office.Precedence) func(*office.Figures) int64 {
	return func(f *office.Figures) int64 { return f.Released[p] }
}

func attempts(f *office.Figures, carried bool) (n int64) {
	for outcome, count := range f.Attempts {
		if outcome.Carried() == carried {
			n += count
		}
	}
	return n
}

// askedStatistics counts what the address asks for.
func (s *site) askedStatistics(v *visit) (records.Statistics, error) {
	query := v.r.URL.Query()
	channel := query.Get("channel")
	if _, known := v.channel(channel); channel != "" && !known {
		return records.Statistics{}, errNothingHere
	}
	return s.node.Records().Statistics(v.ctx, query.Get("from"), query.Get("to"), channel)
}

func (s *site) statistics(v *visit) error {
	frame, err := s.frame(v, "stats", v.t("stats.title"))
	if err != nil {
		return err
	}
	page := statisticsPage{Frame: frame}
	status := http.StatusOK
	counted, err := s.askedStatistics(v)
	if errors.Is(err, records.ErrMonths) {
		query := v.r.URL.Query()
		status, page.Refused = http.StatusUnprocessableEntity, v.t("problem.months", "from", query.Get("from"), "to", query.Get("to"))
		counted, err = s.node.Records().Statistics(v.ctx, "", "", query.Get("channel"))
	}
	if err != nil {
		return err
	}
	page.From, page.To = counted.Months[0], counted.Months[len(counted.Months)-1]
	page.Channels = append(page.Channels, choice{"", v.t("stats.all-channels"), "", counted.Channel == ""})
	if v.office.Charter != nil {
		for _, c := range v.office.Charter.Channels {
			page.Channels = append(page.Channels, choice{c.ID, v.channelName(c.ID), "", c.ID == counted.Channel})
		}
	}
	page.Nothing, page.Unsettled, page.Cut = counted.Settled.Count == 0, counted.NotCounted, counted.Cut
	page.Until = v.when(fromMillis(counted.Until))
	page.Settled = v.t("stats.settled", "n", counted.Settled.Count, "digest", hex.EncodeToString(counted.Settled.Hash[:]))
	query := url.Values{"from": {page.From}, "to": {page.To}}
	if counted.Channel != "" {
		query.Set("channel", counted.Channel)
	}
	page.CSV, page.JSON = "/statistics.csv?"+query.Encode(), "/statistics.json?"+query.Encode()
	for i := range statSubjects {
		if section, any := v.statSection(&statSubjects[i], &counted); any {
			page.Sections = append(page.Sections, section)
		}
	}
	return s.render(v, status, "statistics", page)
}

// statSection draws one subject; any is false if it has no figures at all.
func (v *visit) statSection(subject *statSubject, counted *records.Statistics) (section statSection, any bool) {
	section = statSection{ID: "stats-" + subject.ID, Title: v.t("stats." + subject.ID), About: v.t("stats.about-" + subject.ID)}
	var drawn []statColumn
	for _, c := range subject.Columns {
		section.Columns = append(section.Columns, v.t(c.Key))
		if c.Drawn > 0 {
			drawn = append(drawn, c)
			section.Parts = append(section.Parts, statPart{c.Drawn, v.t(c.Key)})
		}
	}
	bySide := map[office.Side][]*office.Figures{}
	for i := range counted.Figures {
		f := &counted.Figures[i]
		if f.Channel != counted.Channel || subject.Of != nil && !subject.Of(f) {
			continue
		}
		any = true
		bySide[f.Side] = append(bySide[f.Side], f)
		row := statRow{Month: f.Month, Side: v.sideName(f.Side), Whole: counted.Whole(f.Month)}
		for _, c := range subject.Columns {
			row.Cells = append(row.Cells, v.statCell(&c, f))
		}
		section.Rows = append(section.Rows, row)
	}
	section.Short = len(section.Rows) <= 6 || len(drawn) == 0
	if len(drawn) == 0 || !any {
		return section, any
	}
	most := int64(0) // the same for all sides, so that they can be compared
	for _, list := range bySide {
		for _, f := range list {
			sum := int64(0)
			for _, c := range drawn {
				if n := c.Of(f); subject.Beside {
					most = max(most, n)
				} else {
					sum += n
				}
			}
			most = max(most, sum)
		}
	}
	if most == 0 {
		section.Parts = nil
		return section, true
	}
	for _, side := range sortedKeys(bySide) {
		section.Panels = append(section.Panels, v.statPanel(&section, subject, drawn, side, bySide[side], most))
	}
	return section, true
}

func (v *visit) statCell(c *statColumn, f *office.Figures) string {
	n := c.Of(f)
	if c.Long && n == 0 {
		return "–"
	}
	if c.Long {
		return duration(v.tag, time.Duration(n)*time.Millisecond)
	}
	return strconv.FormatInt(n, 10)
}

// The measures of a picture, in its own units.
const (
	statWidth, statHeight = 720, 180
	statLeft, statBottom  = 84, 24
	statRight             = 24
	statTop               = 10
)

// statPanel draws the bars of one side.
func (v *visit) statPanel(section *statSection, subject *statSubject, drawn []statColumn, side office.Side, list []*office.Figures, most int64) statPanel {
	name := v.sideName(side)
	p := statPanel{
		ID: section.ID + "-" + side, Side: name, Title: section.Title + ": " + name, Width: statWidth, Height: statHeight,
		Says: v.t("stats.picture", "from", list[0].Month, "to", list[len(list)-1].Month, "most", v.statText(drawn[0].Long, most)),
	}
	room := statHeight - statBottom - statTop
	most, step := statScale(most, drawn[0].Long)
	for at := int64(0); at <= most; at += step {
		y := statTop + room - int(at*int64(room)/most)
		p.Ticks = append(p.Ticks, statTick{y, y + 4, v.statText(drawn[0].Long, at)})
	}
	each := (statWidth - statLeft - statRight) / len(list)
	for i, f := range list {
		x, base := statLeft+i*each, int64(0)
		if (len(list)-1-i)%(1+len(list)/10) == 0 {
			p.Months = append(p.Months, statLabel{x + each/2, f.Month})
		}
		width := max(each*6/10, 4)
		if subject.Beside {
			width = max(width/len(drawn), 3)
		}
		for j, c := range drawn {
			n := c.Of(f)
			bar := statBar{X: x + each*2/10, Width: width, Shape: c.Drawn}
			if subject.Beside {
				bar.X, base = bar.X+j*width, 0
			}
			low, high := int(base*int64(room)/most), int((base+n)*int64(room)/most)
			if n > 0 {
				high = max(high, low+2) // what is there is seen
			}
			bar.Y, bar.Height = statTop+room-high, high-low
			bar.Says = f.Month + ", " + section.Parts[j].Name + ": " + v.statCell(&c, f)
			if n > 0 {
				p.Bars = append(p.Bars, bar)
			}
			base += n
		}
	}
	return p
}

func (v *visit) statText(long bool, n int64) string {
	if !long {
		return strconv.FormatInt(n, 10)
	}
	switch d := time.Duration(n) * time.Millisecond; {
	case n == 0:
		return "0"
	case d%time.Hour == 0:
		return v.t("time.whole-hours", "h", int64(d/time.Hour))
	default:
		return duration(v.tag, d)
	}
}

// statScale gives round numbers for an axis: its end, not below most, and the step
// of its marks, at most five.
func statScale(most int64, long bool) (end, step int64) {
	steps, unit := []int64{1, 2, 5}, int64(1)
	if long {
		const hour = 3600
		steps, unit = []int64{1, 15, 60, 300, 900, hour, 3 * hour, 12 * hour, 24 * hour, 72 * hour, 168 * hour}, 1000
	}
	for ; ; unit *= 10 {
		for _, n := range steps {
			if step = n * unit; step*5 >= most {
				return (most + step - 1) / step * step, step
			}
		}
	}
}

// statisticsFile is the figures as a file.
type statisticsFile struct {
	Office     string           `json:"office"`
	Side       office.Side      `json:"side"` // whose node has made it
	Months     []string         `json:"months"`
	Channel    string           `json:"channel,omitempty"`
	Until      string           `json:"until"`   // what is counted was written, and is judged, up to this moment
	Settled    int64            `json:"settled"` // entries of the joint order that are counted
	Digest     string           `json:"digest"`  // of these entries: with the same, the other side has the same figures
	NotCounted int64            `json:"not_counted"`
	Cut        bool             `json:"cut"`
	Figures    []office.Figures `json:"figures"`
}

func (s *site) statisticsFile(v *visit, kind, media string) (f statisticsFile, err error) {
	counted, err := s.askedStatistics(v)
	if errors.Is(err, records.ErrMonths) {
		return f, errNothingHere
	}
	if err != nil {
		return f, err
	}
	f = statisticsFile{
		Office: v.status.Office, Side: v.side, Months: counted.Months, Channel: counted.Channel, Until: records.UTC(counted.Until), Settled: counted.Settled.Count,
		Digest: hex.EncodeToString(counted.Settled.Hash[:]), NotCounted: counted.NotCounted, Cut: counted.Cut, Figures: append([]office.Figures{}, counted.Figures...),
	}
	v.exports("statistics-"+f.Months[0]+"-"+f.Months[len(f.Months)-1], kind, media)
	return f, nil
}

func (s *site) statisticsJSON(v *visit) error {
	f, err := s.statisticsFile(v, "json", "application/json")
	if err != nil {
		return err
	}
	return json.NewEncoder(v.w).Encode(f)
}

// statisticsCSV writes a row for each month, channel and side; the channel of all
// together is empty.
func (s *site) statisticsCSV(v *visit) error {
	f, err := s.statisticsFile(v, "csv", "text/csv; charset=utf-8; header=present")
	if err != nil {
		return err
	}
	w := csv.NewWriter(v.w)
	w.UseCRLF = true
	rows := [][]string{{"row", "month", "channel", "side"}}
	for _, figure := range office.AllFigures {
		rows[0] = append(rows[0], figure.Name)
	}
	for i := range f.Figures {
		one := &f.Figures[i]
		row := []string{"figures", one.Month, one.Channel, one.Side}
		for _, figure := range office.AllFigures {
			row = append(row, strconv.FormatInt(figure.Of(one), 10))
		}
		rows = append(rows, row)
	}
	about := fmt.Sprintf("From the node of %s. Settled up to %s: %d entries. Digest: %s.", f.Side, f.Until, f.Settled, f.Digest)
	rows = append(rows, append([]string{"about", "", "", about}, make([]string, len(office.AllFigures))...))
	return w.WriteAll(rows)
}
