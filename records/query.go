package records

import (
	"context"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// query is one that is being written: for a page of a list and one line more.
type query struct {
	own    office.Side
	filter *Filter
	before *office.EntryID // where the page before ended

	conditions []string
	args       []any
}

// where adds a condition, with a ? for each value.
func (q *query) where(condition string, values ...any) {
	for _, value := range values {
		condition = strings.Replace(condition, "?", q.parameter(value), 1)
	}
	q.conditions = append(q.conditions, condition)
}

// all is the conditions together.
func (q *query) all() string { return strings.Join(q.conditions, " AND ") }

// parameter adds a value and gives its name.
func (q *query) parameter(value any) string {
	q.args = append(q.args, value)
	return "$" + strconv.Itoa(len(q.args))
}

// text writes the query.
func (q *query) text(tables, order string) string {
	limit := q.parameter(q.filter.limit() + 1)
	return "SELECT d.pos, d.row, a.row FROM " + tables + " WHERE " + q.all() +
		" ORDER BY " + order + " DESC LIMIT " + limit
}

// list writes the query without words. It says in which way the list is to be
// found: neither engine can know what is rare in an office. Urgent dispatches
// are; then those that are waited for; then those of one channel, or of one side.
// Other states are counted.
func (q *query) list(ctx context.Context, tx *sqldb.Tx) (string, error) {
	c := q.filter
	urgent := c.Precedence != "" && c.Precedence != office.Routine
	waited := c.State.waits() && !urgent
	tables, place := "dispatch d CROSS JOIN acknowledgement a", "d.pos"
	if waited {
		tables, place = "acknowledgement a CROSS JOIN dispatch d", "a.pos"
	}
	q.where("d.pos = a.pos")
	found := waited // an index is chosen; columns of others are hidden from it by an expression
	if c.State.handlingColumn() != "" {
		few, err := q.few(ctx, tx, "p.pos")
		if err != nil {
			return "", err
		}
		if found = few != nil; found {
			q.among(place, few)
		} else {
			tables += " CROSS JOIN placed p"
			q.where("p.pos = d.pos")
		}
	}
	if !found || waited {
		q.state()
	}
	column := func(name, value string) {
		switch {
		case value == "":
		case found:
			q.where("d."+name+" || '' = ?", value)
		default:
			q.where("d."+name+" = ?", value)
			found = true
		}
	}
	switch c.Mark {
	case Real:
		q.where("d.mark || '' = ?", string(Real)) // nearly all
	case "":
	default:
		q.where("d.mark <> 'real'")
		column("mark", string(c.Mark))
	}
	if c.Form != "" {
		q.where("d.form <> ''")
		column("form", c.Form)
	}
	if urgent {
		column("precedence", string(c.Precedence))
	}
	column("channel", c.Channel)
	column("side", c.From)
	if !urgent {
		column("precedence", string(c.Precedence))
	}
	for _, bound := range []struct {
		at        time.Time
		condition string
	}{{c.Since, place + " >= ?"}, {c.Until, place + " < ?"}} {
		if bound.at.IsZero() {
			continue
		}
		pos, err := placeAt(ctx, tx, bound.at.UnixMilli())
		if err != nil {
			return "", err
		}
		q.where(bound.condition, pos)
	}
	if q.before != nil {
		// Places change while they are not settled; the entry stays.
		q.where(place+" < (SELECT pos FROM placed WHERE side = ? AND idx = ?)", q.before.Side, q.before.Index)
	}
	return q.text(tables, place), nil
}

// search writes the query by words. The index has in it what else dispatches are
// filtered by, but for their state. If only few are in the state, they are looked
// at one by one: a common word is then not looked for in all others.
func (q *query) search(ctx context.Context, tx *sqldb.Tx, s Search) (string, error) {
	c := q.filter
	var facts []string
	for _, f := range []struct{ name, value string }{
		{"side", c.From}, {"channel", c.Channel}, {"precedence", string(c.Precedence)}, {"mark", string(c.Mark)}, {"form", c.Form},
	} {
		if f.value != "" {
			facts = append(facts, fact(f.name, f.value))
		}
	}
	var few []int64
	if c.State != "" && c.State != Acknowledged {
		var err error
		if few, err = q.few(ctx, tx, "m.doc"); err != nil {
			return "", err
		}
	}
	doc, bounds := "m.doc", []string(nil)
	if tx.Engine() == sqldb.SQLite {
		doc = "search.rowid"
	}
	bound := func(condition string, value int64) {
		bounds = append(bounds, strings.Replace(condition, "?", q.parameter(value), 1))
	}
	if !c.Since.IsZero() {
		bound("doc >= ?", c.Since.UnixMilli()*sameTime)
	}
	if !c.Until.IsZero() {
		bound("doc < ?", c.Until.UnixMilli()*sameTime)
	}
	if q.before != nil {
		before, err := documentOf(ctx, tx, *q.before)
		if err != nil {
			return "", err
		}
		bound("doc < ?", before)
	}
	q.state()
	if few != nil {
		q.among(doc, few)
	}
	if tx.Engine() == sqldb.SQLite {
		q.where("search MATCH ?", strings.Join(s.match(sqldb.SQLite, facts), " AND "))
		for _, b := range bounds {
			q.where(strings.Replace(b, "doc", doc, 1))
		}
		return q.text(`
			search CROSS JOIN document m ON m.doc = search.rowid CROSS JOIN placed p ON p.side = m.side AND p.idx = m.idx
			CROSS JOIN dispatch d ON d.pos = p.pos CROSS JOIN acknowledgement a ON a.pos = p.pos`, doc), nil
	}
	return q.searchSegments(s, facts, bounds, few != nil), nil
}

// fewChosen is how many dispatches of a state are looked at one by one.
const fewChosen = 1000

// few lists the dispatches that are in the state of the filter by a column, if
// they are few; else it is nil.
func (q *query) few(ctx context.Context, tx *sqldb.Tx, column string) ([]int64, error) {
	chosen := query{own: q.own, filter: q.filter}
	all, tables := "acknowledgement WHERE waiting > 0", "acknowledgement a CROSS JOIN placed p"
	if name := q.filter.State.handlingColumn(); name != "" {
		all, tables = "handling WHERE "+name+" > 0", "handling h CROSS JOIN placed p"
		chosen.where("h." + name + " > 0")
		chosen.where("p.side = h.side AND p.idx = h.idx")
	} else {
		chosen.where("p.pos = a.pos")
		chosen.state()
	}
	n, err := count(ctx, tx, "SELECT COUNT(*) FROM (SELECT 1 FROM "+all+" LIMIT $1) AS few", fewChosen+1)
	if err != nil || n > fewChosen {
		return nil, err
	}
	if column == "m.doc" {
		tables += " CROSS JOIN document m"
		chosen.where("m.doc >= p.time * 256 AND m.doc < p.time * 256 + 256 AND m.side = p.side AND m.idx = p.idx")
	}
	rows, err := tx.Query(ctx, "SELECT "+column+" FROM "+tables+" WHERE "+strings.Join(chosen.conditions, " AND "), chosen.args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := []int64{}
	for rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, rows.Err()
}

// among adds the condition that a column is one of few numbers.
func (q *query) among(column string, few []int64) {
	list := []string{"-1"} // none
	for _, n := range few {
		list = append(list, strconv.FormatInt(n, 10))
	}
	q.where(column + " IN (" + strings.Join(list, ", ") + ")")
}

// state adds the condition of the state.
func (q *query) state() {
	own := "%/" + q.own + "/%"
	if name := q.filter.State.handlingColumn(); name != "" {
		q.where("EXISTS (SELECT 1 FROM handling h WHERE h.dispatch = p.side || '/' || p.idx AND h." + name + " > 0)")
	}
	switch q.filter.State {
	case Unacknowledged:
		q.where("a.waiting > 0")
	case WaitsForUs:
		q.where("a.waiting > 0")
		q.where("a.sides LIKE ?", own)
	case WaitsForThem:
		q.where("a.waiting > 0")
		q.where("(a.waiting > 1 OR a.sides NOT LIKE ?)", own)
	case Acknowledged:
		q.where("a.waiting = 0")
	}
}

// placeAt gives the first place of the joint order whose time is not before a
// moment. Times never fall along it, so that it is looked for by halves.
func placeAt(ctx context.Context, tx *sqldb.Tx, moment int64) (pos int64, err error) {
	last, _, err := lastPlaced(ctx, tx)
	if err != nil {
		return 0, err
	}
	i := sort.Search(int(last), func(i int) bool {
		var time int64
		if err == nil {
			err = tx.QueryRow(ctx, "SELECT time FROM placed WHERE pos = $1", i+1).Scan(&time)
		}
		return err != nil || time >= moment
	})
	if err != nil {
		return 0, fmt.Errorf("look for a moment in the joint order: %w", err)
	}
	return int64(i) + 1, nil
}
