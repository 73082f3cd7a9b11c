package records

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// A table says how the rows of one type are kept.
type table struct {
	name    string
	keys    []column // the parts of the key, between slashes
	columns []column // further columns, for queries
	keep    keep     // in memory

	made   func(office.Row) office.EntryID // nil, or the entry without which there can be no such row
	blank  func() office.Row
	assign func(to, from office.Row)
	values func(office.Row) []any // of columns
}

// column is a column of a table; its type is TEXT, or BIGINT.
type column struct {
	name   string
	number bool
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
		tableOf[office.OfficeRow]("office", keepAlways, []column{{"name", false}}, nil, nil, nil),
		tableOf("proposal", keepNot, []column{{"hash", false}}, []column{{"time", true}, {"state", false}}, nil,
			func(p *office.Proposal) []any { return []any{p.At, p.State} }),
		tableOf[office.PostRow]("post", keepAlways, []column{{"side", false}, {"post", false}}, nil, nil, nil),
		tableOf[office.SideRow]("side", keepAlways, []column{{"side", false}}, nil, nil, nil),
		tableOf("dispatch", keepNot, entryKey, []column{{"time", true}, {"channel", false}, {"precedence", false}},
			func(d *office.Dispatch) office.EntryID { return d.ID },
			func(d *office.Dispatch) []any { return []any{d.Time, d.Channel, string(d.Precedence)} }),
		tableOf("acknowledgement", keepRecent, entryKey, []column{{"time", true}, {"waiting", true}},
			func(a *office.Acknowledgements) office.EntryID { return a.Dispatch },
			func(a *office.Acknowledgements) []any { return []any{a.Time, int64(len(a.Waiting))} }),
	} {
		m[t.name] = t
	}
	return m
}()

var entryKey = []column{{"side", false}, {"idx", true}}

func tableOf[R any, P interface {
	*R
	office.Row
}](name string, keep keep, keys, columns []column, made func(P) office.EntryID, values func(P) []any) *table {
	t := &table{
		name:    name,
		keys:    keys,
		columns: columns,
		keep:    keep,
		blank:   func() office.Row { return P(new(R)) },
		assign:  func(to, from office.Row) { *to.(P) = *from.(P) },
		values:  func(office.Row) []any { return nil },
	}
	if made != nil {
		t.made = func(row office.Row) office.EntryID { return made(row.(P)) }
	}
	if values != nil {
		t.values = func(row office.Row) []any { return values(row.(P)) }
	}
	return t
}

// columnNames gives the names of all columns: the key, those for queries, row.
func (t *table) columnNames() []string {
	names := make([]string, 0, len(t.keys)+len(t.columns)+1)
	for _, c := range t.keys {
		names = append(names, c.name)
	}
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return append(names, "row")
}

// split gives the values of the key's columns.
func (t *table) split(key string) ([]any, error) {
	parts := strings.Split(key, "/")
	if len(parts) != len(t.keys) {
		return nil, fmt.Errorf("key %q of table %s has %d parts, want %d", key, t.name, len(parts), len(t.keys))
	}
	values := make([]any, len(parts))
	for i, part := range parts {
		values[i] = part
		if t.keys[i].number {
			n, err := strconv.ParseInt(part, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("key %q of table %s: %w", key, t.name, err)
			}
			values[i] = n
		}
	}
	return values, nil
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
	var b strings.Builder
	for i, c := range t.keys {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(c.name + " = $" + strconv.Itoa(i+1))
	}
	return b.String()
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
