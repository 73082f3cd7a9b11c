package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

// The list of dispatches, as its filter chooses them, leaves the node as a file
// for other programs. It is written while it is read, so that its length costs no
// memory; its end says whether it is whole.

const (
	exportMost  = 100_000 // dispatches in one file
	exportStep  = 100     // read at once
	exportTime  = 10 * time.Minute
	exportsOnce = 2 // at the same time
)

// exportAbout says what a file was made from. It is the record's, not a copy of
// the proofs: whoever doubts it holds the digest against another side's.
type exportAbout struct {
	Office  string            `json:"office"`
	Side    office.Side       `json:"side"` // whose node has made it
	Made    string            `json:"made"` // UTC
	Version string            `json:"version"`
	Filter  map[string]string `json:"filter"`  // as it stands in the address
	Settled int64             `json:"settled"` // entries of the joint order that were settled
	Digest  string            `json:"digest"`  // of these entries
	Most    int               `json:"most"`    // dispatches in one file
	Partial bool              `json:"partial"` // of a search: the newest dispatches were not in the index yet
}

// exportLine is one dispatch in the JSON file: the row of the record, and what
// became of it.
type exportLine struct {
	*office.Dispatch
	Released     string                       `json:"released"`  // UTC
	ItsClock     string                       `json:"its_clock"` // the same on the clock of its writer
	Zone         string                       `json:"zone"`      // of that clock
	Stages       map[office.Side]office.Stage `json:"stages"`
	Acknowledged []office.Acknowledgement     `json:"acknowledged"`
	Waiting      []office.Side                `json:"waiting"`
	Handling     office.Handling              `json:"handling"`
	Settled      bool                         `json:"settled"`
}

// exportEnd is the last member of the JSON file, and the last row of the table.
type exportEnd struct {
	Dispatches int  `json:"dispatches"`
	Whole      bool `json:"whole"` // false: there are more than Most
}

// exporter writes one kind of file.
type exporter interface {
	begin(about *exportAbout) error
	line(line *records.DispatchLine) error
	end(about *exportAbout, end exportEnd) error
}

func (s *site) exportCSV(v *visit) error {
	return s.export(v, "csv", "text/csv; charset=utf-8; header=present", &csvExport{csv.NewWriter(v.w), v})
}

func (s *site) exportJSON(v *visit) error {
	return s.export(v, "json", "application/json", &jsonExport{w: v.w, v: v})
}

func (s *site) export(v *visit, kind, media string, to exporter) error {
	asked := ask(v)
	if !asked.sane() {
		return errNothingHere
	}
	if asked.refused(v) != "" {
		return s.list(v) // which says why
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	case <-v.ctx.Done():
		return fmt.Errorf("wait for other exports: %w", context.Cause(v.ctx))
	}
	all, err := s.node.Records().Indexed(v.ctx)
	if err != nil {
		return err
	}
	about := exportAbout{
		Office: v.status.Office, Side: v.side, Made: records.UTC(v.now.UnixMilli()), Version: v.status.Version, Filter: asked.parts(),
		Settled: v.status.Count, Digest: v.status.Digest, Most: exportMost, Partial: asked.Text != "" && !all,
	}
	filter := asked.filter(v)
	filter.Limit, filter.Texts = exportStep, true
	lines, next, err := s.node.Records().Dispatches(v.ctx, filter)
	if err != nil {
		return fmt.Errorf("read dispatches for a file: %w", err)
	}
	v.exports("dispatches-"+v.now.UTC().Format("20060102T150405Z"), kind, media)
	ctx, cancel := context.WithTimeout(v.r.Context(), exportTime)
	defer cancel()
	err = to.begin(&about)
	for n := 0; err == nil; {
		_ = http.NewResponseController(v.w).SetWriteDeadline(time.Now().Add(answerTime))
		for i := range lines {
			if err = to.line(&lines[i]); err != nil {
				break
			}
		}
		n += len(lines)
		if err == nil && (next == "" || n >= exportMost) {
			if err = to.end(&about, exportEnd{n, next == ""}); err == nil {
				return nil
			}
		}
		if err == nil {
			filter.Before = next
			lines, next, err = s.node.Records().Dispatches(ctx, filter)
		}
	}
	// It has begun: no page can say any more what happened, but the browser sees
	// that the file is broken off.
	if v.r.Context().Err() == nil {
		s.log.Error("a file of dispatches was broken off", "error", err)
	}
	panic(http.ErrAbortHandler)
}

// parts are the parts of the filter, by their names in the address.
func (a *asked) parts() map[string]string {
	parts := map[string]string{}
	for name, value := range map[string]string{
		"q": a.Text, "from": a.From, "channel": a.Channel, "precedence": string(a.Precedence), "form": a.Form,
		"state": string(a.State), "mark": string(a.Mark), "since": a.Since, "until": a.Until,
	} {
		if value != "" {
			parts[name] = value
		}
	}
	return parts
}

// csvExport writes a table (RFC 4180) without a byte order mark. Every row has
// as many cells; the last one, which begins with "about", says what it was made
// from.
type csvExport struct {
	w *csv.Writer
	v *visit
}

func (e *csvExport) begin(*exportAbout) error {
	e.w.UseCRLF = true
	return e.w.Write(records.ExportColumns)
}

func (e *csvExport) line(line *records.DispatchLine) error {
	return e.w.Write(records.ExportRow(line, e.v.zone))
}

func (e *csvExport) end(about *exportAbout, end exportEnd) error {
	row := make([]string, len(records.ExportColumns))
	put := func(column, text string) { row[slices.Index(records.ExportColumns, column)] = text }
	text := fmt.Sprintf("%d dispatches, from the node of %s. Settled: %d entries. Digest: %s. ", end.Dispatches, about.Side, about.Settled, about.Digest)
	if end.Whole {
		text += "Whole."
	} else {
		text += fmt.Sprintf("Not whole: a file has at most %d dispatches, the newest.", about.Most)
	}
	if about.Partial {
		text += " The newest dispatches could not be searched yet."
	}
	put("row", "about")
	put("id", about.Office)
	put("number", strconv.Itoa(end.Dispatches))
	put("from", about.Side)
	put("subject", text)
	put("text", "Filter: "+filterText(about.Filter))
	put("released (UTC)", about.Made)
	if err := e.w.Write(row); err != nil {
		return err
	}
	e.w.Flush()
	return e.w.Error()
}

// filterText writes the parts of a filter in their order.
func filterText(parts map[string]string) string {
	var list []string
	for _, name := range sortedKeys(parts) {
		list = append(list, name+"="+parts[name])
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}

// jsonExport writes one JSON object: about, dispatches, end.
type jsonExport struct {
	w     io.Writer
	v     *visit
	lines int
}

func (e *jsonExport) begin(about *exportAbout) error {
	return e.write(`{"about":`, about, ",\n\"dispatches\":[")
}

func (e *jsonExport) line(line *records.DispatchLine) error {
	d := &line.Dispatch
	zone := e.v.zone(d.From)
	out := exportLine{
		Dispatch: d, Released: records.UTC(d.At), ItsClock: fromMillis(d.At).In(zone).Format(time.RFC3339Nano), Zone: zone.String(),
		Stages: map[office.Side]office.Stage{}, Acknowledged: line.Acknowledged, Waiting: line.Waiting, Handling: line.Handling, Settled: line.Settled,
	}
	for _, to := range d.To {
		out.Stages[to] = office.StageOf(d, line.Acknowledged, &line.Handling, to)
	}
	before := ",\n"
	if e.lines++; e.lines == 1 {
		before = "\n"
	}
	return e.write(before, out, "")
}

func (e *jsonExport) end(_ *exportAbout, end exportEnd) error {
	return e.write("],\n\"end\":", end, "}\n")
}

func (e *jsonExport) write(before string, value any, after string) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	_, err = io.WriteString(e.w, before+string(text)+after)
	return err
}
