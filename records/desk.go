package records

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// A desk is the records as the rules see them (office.Desk): a memory in front
// of the tables. Rows are read once, changed in memory, and written back with
// few statements by flush. What stays in memory after a commit is true as long
// as nobody else has folded; Records sees to that.
//
// The rules cannot fail, so the desk keeps the first error of the database in
// err. After an error what the rules have said is worth nothing.
type desk struct {
	cells map[place]*cell
	dirty []*cell // in the order in which they were first changed

	// For the transaction.
	ctx context.Context
	tx  *sqldb.Tx
	err error

	// For the entry that is being applied.
	entry  office.EntryID
	pos    int64  // its place in the joint order
	lines  []byte // of its effect, spec/entries.md §6; the verdict is always done here
	images []image
}

// place is the place of a row.
type place struct {
	table *table
	key   string
}

// cell is a row in memory. raw is its canonical JSON, nil if there is no such
// row; row is what raw says, or nil if nobody has asked.
type cell struct {
	place
	pos   int64 // of the entry that it belongs to, if its table has such rows
	raw   []byte
	row   office.Row
	dirty bool // the table does not have it yet
}

// image is what a row was before the entry that is being applied.
type image struct {
	cell *cell
	was  cell
}

func newDesk() *desk {
	return &desk{cells: make(map[place]*cell)}
}

// begin makes the desk ready for an entry, which comes to a place.
func (d *desk) begin(entry office.EntryID, pos int64) {
	d.entry, d.pos = entry, pos
	d.images = d.images[:0]
	d.lines = append(d.lines[:0], done...)
}

const done = "done\n"

// effect gives the effect of the entry, once the rules have answered. A void
// entry has put nothing but a charter whose time has come with it.
func (d *desk) effect(v office.Verdict) [32]byte {
	if !v.Done() {
		d.lines = slices.Replace(d.lines, 0, len(done), []byte(string(v.Void)+"\n")...)
	}
	return sha256.Sum256(d.lines)
}

// Get is office.Desk's.
func (d *desk) Get(row office.Row) bool {
	c := d.cell(row, false)
	if c == nil || c.raw == nil {
		return false
	}
	if c.row == nil {
		if c.row, d.err = c.table.decode(c.raw); d.err != nil {
			return false
		}
	}
	c.table.assign(row, c.row)
	return true
}

// Put is office.Desk's.
func (d *desk) Put(row office.Row) {
	c := d.cell(row, true)
	if c == nil {
		return
	}
	raw, err := office.Encode(row)
	if err != nil {
		d.err = err
		return
	}
	d.remember(c)
	if c.table.made != nil {
		if c.table.made(row) == d.entry {
			c.pos = d.pos
		} else if c.raw == nil {
			d.err = fmt.Errorf("%s put a row of table %s for %s, which has none", d.entry, c.table.name, c.key)
			return
		}
	}
	c.raw = raw
	c.row = c.table.blank()
	c.table.assign(c.row, row)
	d.soil(c)
	d.lines = append(append(d.lines, c.table.name...), '\n')
	d.lines = append(append(d.lines, c.key...), '\n')
	d.lines = append(append(d.lines, raw...), '\n')
}

// Hours is office.Desk's. What is not yet written comes from memory.
func (d *desk) Hours(side office.Side, moment int64) []office.Hours {
	if d.err != nil {
		return nil
	}
	type set struct {
		pos   int64
		hours office.Hours
	}
	var sets []set
	add := func(pos int64, raw []byte) error {
		var h office.Hours
		err := json.Unmarshal(raw, &h)
		if err == nil && h.Side == side && h.From <= moment {
			sets = append(sets, set{pos, h})
		}
		return err
	}
	rows, err := d.tx.Query(d.ctx, "SELECT pos, row FROM hours WHERE side = $1 AND begins <= $2 ORDER BY begins DESC, pos DESC LIMIT $3",
		side, moment, office.BegunCalendar)
	if err != nil {
		d.err = fmt.Errorf("read the hours of %s: %w", side, err)
		return nil
	}
	for rows.Next() && err == nil {
		var pos int64
		var raw []byte
		if err = rows.Scan(&pos, &raw); err == nil {
			err = add(pos, raw)
		}
	}
	err = errors.Join(err, rows.Err(), rows.Close())
	for _, c := range d.dirty {
		if err == nil && c.table == tables["hours"] && c.raw != nil {
			err = add(c.pos, c.raw)
		}
	}
	if err != nil {
		d.err = fmt.Errorf("read the hours of %s: %w", side, err)
		return nil
	}
	slices.SortFunc(sets, func(a, b set) int { return cmp.Or(cmp.Compare(a.hours.From, b.hours.From), cmp.Compare(a.pos, b.pos)) })
	sets = slices.CompactFunc(sets, func(a, b set) bool { return a.pos == b.pos })
	var list []office.Hours
	for _, s := range sets[max(0, len(sets)-office.BegunCalendar):] {
		list = append(list, s.hours)
	}
	return list
}

// cell finds the cell of a row, and reads it if need be. It gives nil after an
// error.
func (d *desk) cell(row office.Row, put bool) *cell {
	if d.err != nil {
		return nil
	}
	t := tables[row.Table()]
	if t == nil {
		d.err = fmt.Errorf("no table %s", row.Table())
		return nil
	}
	at := place{t, row.Key()}
	c := d.cells[at]
	if c != nil {
		return c
	}
	c = &cell{place: at}
	// A row that only this entry can have made is not there yet.
	if !put || t.made == nil || t.made(row) != d.entry {
		if d.err = d.read(c, row); d.err != nil {
			return nil
		}
	}
	d.cells[at] = c
	return c
}

// read fills a cell from the table, for a row with the key of row.
func (d *desk) read(c *cell, row office.Row) (err error) {
	if c.table.made == nil {
		err = d.tx.QueryRow(d.ctx, "SELECT row FROM "+c.table.name+" WHERE "+c.table.where(), c.sqlKey()...).Scan(&c.raw)
	} else {
		id := c.table.made(row)
		err = d.tx.QueryRow(d.ctx, "SELECT t.pos, t.row FROM placed p JOIN "+c.table.name+
			" t ON t.pos = p.pos WHERE p.side = $1 AND p.idx = $2", id.Side, id.Index).Scan(&c.pos, &c.raw)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read %s %s: %w", c.table.name, c.key, err)
	}
	return nil
}

// remember keeps what a row was before this entry.
func (d *desk) remember(c *cell) {
	for _, i := range d.images {
		if i.cell == c {
			return
		}
	}
	d.images = append(d.images, image{c, *c})
}

// soil marks a cell as not yet written.
func (d *desk) soil(c *cell) {
	if !c.dirty {
		c.dirty = true
		d.dirty = append(d.dirty, c)
	}
}

// revert puts back what remember kept.
func (d *desk) revert() {
	for _, i := range d.images {
		dirty := i.cell.dirty
		*i.cell = i.was
		// It stays in the list of the dirty ones; what is written is right.
		i.cell.dirty = dirty
	}
	d.images = d.images[:0]
}

// dispatches lists the dispatches of which the entry put rows.
func (d *desk) dispatches() string {
	var list []string
	for _, i := range d.images {
		if name := i.cell.table.name; name == "dispatch" || name == "acknowledgement" || name == "handling" {
			list = append(list, i.cell.key) // the id of the dispatch
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), " ")
}

// undoImages writes what is needed to undo this entry, as JSON: for each row
// that it put and that does not belong to it, the table, the key, the row
// before or null, and the place that it is kept by or 0. Rows that belong to
// the entry go with its place.
func (d *desk) undoImages() string {
	var out []byte
	for _, i := range d.images {
		if i.cell.table.made != nil && i.cell.pos == d.pos {
			continue
		}
		if out = append(out, ','); len(out) == 1 {
			out[0] = '['
		}
		out = append(out, '[')
		out = strconv.AppendQuote(out, i.cell.table.name)
		out = append(out, ',')
		out = strconv.AppendQuote(out, i.cell.key) // names, digits, slashes: nothing to escape
		out = append(out, ',')
		if i.was.raw == nil {
			out = append(out, "null"...)
		} else {
			out = append(out, i.was.raw...)
		}
		out = append(out, ',')
		out = strconv.AppendInt(out, i.cell.pos, 10)
		out = append(out, ']')
	}
	if out == nil {
		return ""
	}
	return string(append(out, ']'))
}

// restore puts back rows as they were before an entry, from what undoImages
// wrote for it. Nothing may be dirty that the tables do not have: flush first.
func (d *desk) restore(entry office.EntryID, images string) error {
	for _, t := range tables {
		if t.made != nil {
			delete(d.cells, place{t, entry.String()})
		}
	}
	if images == "" {
		return nil
	}
	var list [][4]jsontext.Value
	if err := json.Unmarshal([]byte(images), &list); err != nil {
		return fmt.Errorf("read undo images: %w", err)
	}
	for _, i := range list {
		var name, key string
		var pos int64
		err := errors.Join(json.Unmarshal(i[0], &name), json.Unmarshal(i[1], &key), json.Unmarshal(i[3], &pos))
		if err != nil {
			return fmt.Errorf("read undo images: %w", err)
		}
		t := tables[name]
		if t == nil {
			return fmt.Errorf("read undo images: no table %s", name)
		}
		at := place{t, key}
		c := d.cells[at]
		if c == nil {
			c = &cell{place: at}
			d.cells[at] = c
		}
		c.raw, c.row, c.pos = nil, nil, pos
		if i[2].Kind() != 'n' {
			c.raw = i[2].Clone()
		}
		d.soil(c)
	}
	return nil
}

// cut takes from the tables, after restore, what belongs to entries after a
// place.
func (d *desk) cut(pos int64) error {
	for _, name := range sortedSides(tables) {
		if tables[name].made == nil {
			continue
		}
		if _, err := d.tx.Exec(d.ctx, "DELETE FROM "+name+" WHERE pos > $1", pos); err != nil {
			return fmt.Errorf("delete from table %s: %w", name, err)
		}
	}
	d.dirty = slices.DeleteFunc(d.dirty, func(c *cell) bool { return c.table.made != nil && c.pos > pos })
	return nil
}
