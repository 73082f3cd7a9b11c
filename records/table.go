package records

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// A table says how the rows of one type are kept.
type table struct {
	name    string
	keys    []string // the key's columns: its parts, between slashes, or pos
	columns []string // further columns, for queries
	keep    keep     // in memory

	// made gives the entry without which there can be no such row, and by whose
	// place it is kept; nil if rows do not belong to an entry.
	made   func(office.Row) office.EntryID
	blank  func() office.Row
	assign func(to, from office.Row)
	values func(office.Row) []any // of columns
}

// keep says how long a row stays in memory after it was written.
type keep int

const (
	keepNot    keep = iota
	keepRecent      // as long as there is room
	keepAlways      // few, and asked for with nearly every entry
)

// tables are all tables of rows, by the name that the row gives.
var tables = func() map[string]*table {
	m := make(map[string]*table)
	for _, t := range []*table{
		tableOf[office.OfficeRow]("office", keepAlways, []string{"name"}),
		tableOf[office.Proposal]("proposal", keepNot, []string{"hash"}).
			with([]string{"time", "state"}, func(row office.Row) []any {
				p := row.(*office.Proposal)
				return []any{p.At, p.State}
			}),
		tableOf[office.FormRow]("form", keepNot, []string{"hash"}).
			with([]string{"code", "time", "state"}, func(row office.Row) []any {
				f := row.(*office.FormRow)
				return []any{f.Form.Code, f.At, f.State}
			}),
		tableOf[office.FormCode]("code", keepNot, []string{"code"}),
		tableOf[office.Note]("note", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Note).ID }).
			with([]string{"channel", "about"}, noteColumns),
		tableOf[office.Hours]("hours", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Hours).ID }).
			with([]string{"side", "begins"}, func(row office.Row) []any {
				h := row.(*office.Hours)
				return []any{h.Side, h.From}
			}),
		tableOf[office.Coverage]("coverage", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Coverage).ID }).
			with([]string{"side", "begins"}, func(row office.Row) []any {
				c := row.(*office.Coverage)
				return []any{c.Side, c.From}
			}),
		tableOf[office.Personnel]("personnel", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Personnel).ID }).
			with([]string{"side", "begins"}, func(row office.Row) []any {
				p := row.(*office.Personnel)
				return []any{p.Side, p.From}
			}),
		tableOf[office.Suspension]("suspension", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Suspension).ID }),
		tableOf[office.ChannelRow]("channel", keepNot, []string{"channel"}),
		tableOf[office.Attempt]("attempt", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Attempt).ID }).
			with([]string{"channel", "side", "dispatch", "sides"}, attemptColumns),
		tableOf[office.Tender]("tender", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Tender).ID }).
			with([]string{"channel", "side", "state", "until", "sides"}, func(row office.Row) []any {
				t := row.(*office.Tender)
				return []any{t.Channel, t.From, string(t.State()), t.Until, "/" + strings.Join(t.Waiting(), "/") + "/"}
			}),
		tableOf[office.Readback]("readback", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Readback).ID }).
			with([]string{"dispatch"}, func(row office.Row) []any { return []any{row.(*office.Readback).Dispatch.String()} }),
		tableOf[office.Watch]("watch", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Watch).ID }).
			with([]string{"side", "began", "ended"}, func(row office.Row) []any {
				w, ended := row.(*office.Watch), int64(notEnded)
				if w.End != nil {
					ended = w.End.Time
				}
				return []any{w.Side, w.Time, ended}
			}),
		tableOf[office.Schedule]("schedule", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Schedule).ID }),
		tableOf[office.LineCheck]("linecheck", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.LineCheck).ID }).
			with([]string{"channel", "due", "called"}, func(row office.Row) []any {
				c := row.(*office.LineCheck)
				return []any{c.Channel, c.Due, c.At}
			}),
		tableOf[office.CheckTurn]("checkturn", keepNot, []string{"channel", "due"}),
		tableOf[office.PostRow]("post", keepAlways, []string{"side", "post"}),
		tableOf[office.SideRow]("side", keepAlways, []string{"side"}),
		tableOf[office.Dispatch]("dispatch", keepNot, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Dispatch).ID }).
			with([]string{"side", "channel", "precedence", "thread", "enclosed", "mark", "form", "formhash", "readback"}, func(row office.Row) []any {
				d := row.(*office.Dispatch)
				thread, hash, readback := "", "", int64(0)
				if d.Thread != nil {
					thread = d.Thread.String()
				}
				if d.Form != nil {
					hash = d.Form.Hash
				}
				if d.Readback {
					readback = 1
				}
				return []any{d.From, d.Channel, string(d.Precedence), thread, int64(len(d.Enclosures)), markOf(d), d.Form.CodeOf(), hash, readback}
			}),
		tableOf[office.Acknowledgements]("acknowledgement", keepRecent, nil).
			of(func(row office.Row) office.EntryID { return row.(*office.Acknowledgements).Dispatch }).
			with([]string{"waiting", "sides"}, func(row office.Row) []any {
				waiting := row.(*office.Acknowledgements).Waiting
				return []any{int64(len(waiting)), "/" + strings.Join(waiting, "/") + "/"}
			}),
		tableOf[office.Handling]("handling", keepNot, []string{"dispatch"}).
			with([]string{"side", "idx", "considered", "readback", "disputed", "confirmed", "answered", "closed", "corrected", "withdrawn", "over"}, handlingColumns),
	} {
		m[t.name] = t
	}
	return m
}()

func tableOf[R any, P interface {
	*R
	office.Row
}](name string, keep keep, keys []string) *table {
	return &table{
		name:   name,
		keys:   keys,
		keep:   keep,
		blank:  func() office.Row { return P(new(R)) },
		assign: func(to, from office.Row) { *to.(P) = *from.(P) },
		values: func(office.Row) []any { return nil },
	}
}

// with adds columns for queries.
func (t *table) with(columns []string, values func(office.Row) []any) *table {
	t.columns, t.values = columns, values
	return t
}

// of says that each row belongs to an entry, which its key names.
func (t *table) of(made func(office.Row) office.EntryID) *table {
	t.keys, t.made = []string{"pos"}, made
	return t
}

// columnNames gives the names of all columns: the key, those for queries, row.
func (t *table) columnNames() []string {
	return slices.Concat(t.keys, t.columns, []string{"row"})
}

// sqlKey gives the values of the key's columns.
func (c *cell) sqlKey() []any {
	if c.table.made != nil {
		return []any{c.pos}
	}
	parts := strings.SplitN(c.key, "/", len(c.table.keys))
	values := make([]any, len(parts))
	for i, part := range parts {
		values[i] = part
	}
	return values
}

// decode reads a row as it stands in the database.
func (t *table) decode(raw []byte) (office.Row, error) {
	row := t.blank()
	if err := json.Unmarshal(raw, row); err != nil {
		return nil, fmt.Errorf("read a row of table %s: %w", t.name, err)
	}
	return row, nil
}

// where writes the condition for a key, with parameters from $1.
func (t *table) where() string {
	text := t.keys[0] + " = $1"
	for i, name := range t.keys[1:] {
		text += " AND " + name + " = $" + strconv.Itoa(i+2)
	}
	return text
}

// texts makes the statements of the write-back, and keeps them: sqldb keeps a
// prepared statement for each text.
type texts struct {
	engine sqldb.Engine
	made   map[string]string
}

// chunks are the numbers of rows that one statement writes, so that there are
// few texts.
var chunks = []int{128, 16, 4, 1}

// insert writes rows into a table, in few statements. If keys is positive, so
// many columns at the front are the key, and a row with the same key is
// replaced.
func (x *texts) insert(table string, columns []string, keys, rows int) string {
	name := table + " " + strconv.Itoa(rows)
	text, found := x.made[name]
	if found {
		return text
	}
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) VALUES ", table, strings.Join(columns, ", "))
	n := 0
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range columns {
			if j > 0 {
				b.WriteString(", ")
			}
			// SQLite looks a parameter with a name up by its name, one after
			// another: with many of them that costs more than the rows.
			if n++; x.engine == sqldb.SQLite {
				b.WriteByte('?')
			} else {
				b.WriteString("$" + strconv.Itoa(n))
			}
		}
		b.WriteByte(')')
	}
	if keys > 0 {
		fmt.Fprintf(&b, " ON CONFLICT (%s) DO UPDATE SET ", strings.Join(columns[:keys], ", "))
		for i, c := range columns[keys:] {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(c + " = excluded." + c)
		}
	}
	x.made[name] = b.String()
	return b.String()
}
