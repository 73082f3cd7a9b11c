package records

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/office"
)

// Here the list of dispatches is written as a table for other programs.

// ExportColumns are the columns of a table of dispatches. Times stand in UTC and
// on the clocks of the side that wrote them, in its zone. Where there are several
// values they are divided by semicolons.
var ExportColumns = []string{
	"row", "id", "number", "date-time group", "from", "to", "for information", "channel", "precedence", "mark",
	"subject", "text", "form", "values of the form", "answer", "in whose name", "for attention", "enclosures", "by",
	"released (UTC)", "released (its clock)", "zone", "state",
	"acknowledged by", "acknowledged (UTC)", "acknowledged (its clock)", "acknowledged (zone)",
	"answers", "relation", "answered by", "withdrawn or corrected by", "settled",
}

// ExportRow writes a dispatch as a row of such a table. zone gives that of a side.
func ExportRow(line *DispatchLine, zone func(office.Side) *time.Location) []string {
	d, h := &line.Dispatch, &line.Handling
	here := func(side office.Side, millis int64) string {
		return time.UnixMilli(millis).In(zone(side)).Format(exportTime + "-07:00")
	}
	info := ""
	if d.Info != nil {
		info = strings.Join(d.Info.To, "; ")
	}
	enclosures := each(d.Enclosures, func(e office.Enclosure) string { return e.Name + " (" + e.Hash + ")" })
	states := each(d.To, func(to office.Side) string { return to + ": " + string(office.StageOf(d, line.Acknowledged, h, to)) })
	reply, relation := "", ""
	if d.Reply != nil {
		reply = d.Reply.String()
	}
	if d.Relation != nil {
		relation = fmt.Sprintf("%s of %s", d.Relation.Kind, d.Relation.Dispatch)
	}
	settled := "no"
	if line.Settled {
		settled = "yes"
	}
	values := ""
	if d.Form != nil {
		values = each(slices.Sorted(maps.Keys(d.Form.Values)), func(field string) string { return field + ": " + d.Form.Values[field] })
	}
	row := []string{
		"dispatch", d.ID.String(), strconv.FormatInt(d.Number, 10), d.Group().String(), d.From, strings.Join(d.To, "; "), info,
		d.Channel, string(d.Precedence), markOf(d), d.Subject, d.Text, d.Form.CodeOf(), values, d.Answer, d.Name, d.Attention, enclosures, d.By,
		UTC(d.At), here(d.From, d.At), zone(d.From).String(), states,
		each(line.Acknowledged, func(a office.Acknowledgement) string { return a.Side + " " + a.By }),
		each(line.Acknowledged, func(a office.Acknowledgement) string { return UTC(a.At) }),
		each(line.Acknowledged, func(a office.Acknowledgement) string { return here(a.Side, a.At) }),
		each(line.Acknowledged, func(a office.Acknowledgement) string { return zone(a.Side).String() }),
		reply, relation,
		each(h.Answered, func(a office.Answer) string { return a.ID.String() }),
		each(h.Relations, func(r office.Related) string { return fmt.Sprintf("%s: %s", r.Kind, r.ID) }),
		settled,
	}
	for i := range row {
		row[i] = ExportCell(row[i])
	}
	return row
}

// exportTime is how the times of a table are written, before the zone.
const exportTime = "2006-01-02T15:04:05.000"

// UTC writes a time as tables have it.
func UTC(millis int64) string { return time.UnixMilli(millis).UTC().Format(exportTime + "Z") }

// ExportCell makes a text safe in a cell: what a spreadsheet would take for a
// formula is kept from it by an apostrophe in front.
func ExportCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		return "'" + text
	}
	return text
}

func each[T any](list []T, write func(T) string) string {
	var parts []string
	for _, one := range list {
		parts = append(parts, write(one))
	}
	return strings.Join(parts, "; ")
}
