package records

import (
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
)

// What a fold has changed in memory is written with few statements, while the
// rules go on (sqldb.Tx.Later).

// A statement is one of those that write.
type statement struct {
	doing string // for its error
	text  string
	args  []any
}

// flushAt is how many entries are placed in memory before they are written.
const flushAt = 1024

// flush writes what is only in memory.
func (f *Fold) flush() error {
	f.undone = nil
	if err := f.mayWrite(); err != nil {
		return err
	}
	statements, err := f.drain()
	if err != nil {
		return err
	}
	for _, s := range statements {
		if err := f.tx.Later(f.ctx, nil, s.text, s.args...); err != nil {
			return fmt.Errorf("%s: %w", s.doing, err)
		}
	}
	return nil
}

// drain gives the statements that write what is only in memory. From here on the
// tables are taken to have it.
func (f *Fold) drain() ([]statement, error) {
	statements, err := f.r.desk.drain(&f.r.texts)
	if err != nil {
		return nil, err
	}
	for lines := f.pending; len(lines) > 0; {
		n := chunk(len(lines))
		s := statement{
			doing: "write the joint order",
			text:  f.r.texts.insert("placed", placedColumns, 0, n),
			args:  make([]any, 0, n*len(placedColumns)),
		}
		for i := range lines[:n] {
			l := &lines[i]
			detail, err := encodeDetail(l.verdict)
			if err != nil {
				return nil, err
			}
			if l.pos <= f.r.state.settled {
				l.undo = ""
			}
			s.args = append(s.args, l.pos, l.time, l.id.Side, l.id.Index, l.at, l.by, l.kind,
				string(l.verdict.Void), detail, l.effect[:], l.digest[:], l.about, l.undo)
		}
		statements = append(statements, s)
		lines = lines[n:]
	}
	f.pending = f.pending[:0]
	return statements, nil
}

var placedColumns = []string{"pos", "time", "side", "idx", "at", "post", "kind", "void", "detail", "effect", "digest", "dispatches", "undo"}

func encodeDetail(v office.Verdict) (string, error) {
	if len(v.Detail) == 0 {
		return "", nil
	}
	encoded, err := json.Marshal(v.Detail, json.Deterministic(true))
	if err != nil {
		return "", fmt.Errorf("write the detail of a verdict: %w", err)
	}
	return string(encoded), nil
}

// maxRecent is how many rows stay in memory after they were written.
const maxRecent = 8192

// drain gives the statements that write what is dirty.
func (d *desk) drain(x *texts) (statements []statement, err error) {
	if d.err != nil {
		return nil, d.err
	}
	byTable := make(map[*table][]*cell)
	var order []*table
	for _, c := range d.dirty {
		c.dirty = false
		switch {
		case c.raw != nil:
			if byTable[c.table] == nil {
				order = append(order, c.table)
			}
			byTable[c.table] = append(byTable[c.table], c)
		case c.table.made == nil: // others are taken away by their place, or were never written
			statements = append(statements, statement{
				doing: "delete a row of table " + c.table.name,
				text:  "DELETE FROM " + c.table.name + " WHERE " + c.table.where(),
				args:  c.sqlKey(),
			})
		}
	}
	for _, t := range order {
		if statements, err = t.write(x, byTable[t], statements); err != nil {
			return nil, err
		}
	}
	d.forget()
	return statements, nil
}

// forget lets go of rows that need not stay in memory.
func (d *desk) forget() {
	for _, c := range d.dirty {
		if c.table.keep == keepNot {
			delete(d.cells, c.place)
		}
	}
	clear(d.dirty)
	d.dirty = d.dirty[:0]
	if len(d.cells) > maxRecent {
		for at := range d.cells {
			if at.table.keep != keepAlways {
				delete(d.cells, at)
			}
		}
	}
}

// write adds the statements that write rows.
func (t *table) write(x *texts, cells []*cell, statements []statement) (_ []statement, err error) {
	columns := t.columnNames()
	for len(cells) > 0 {
		n := chunk(len(cells))
		s := statement{
			doing: "write rows of table " + t.name,
			text:  x.insert(t.name, columns, len(t.keys), n),
			args:  make([]any, 0, n*len(columns)),
		}
		for _, c := range cells[:n] {
			if c.row == nil {
				if c.row, err = t.decode(c.raw); err != nil {
					return nil, err
				}
			}
			s.args = append(append(append(s.args, c.sqlKey()...), t.values(c.row)...), string(c.raw))
		}
		statements = append(statements, s)
		cells = cells[n:]
	}
	return statements, nil
}

// chunk is how many of n rows the next statement writes.
func chunk(n int) int {
	return chunks[slices.IndexFunc(chunks, func(c int) bool { return c <= n })]
}
