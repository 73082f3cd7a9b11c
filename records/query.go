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

// parameter adds a value and gives its name.
func (q *query) parameter(value any) string {
	q.args = append(q.args, value)
	return "$" + strconv.Itoa(len(q.args))
}

// text writes the query.
func (q *query) text(tables, order string) string {
	limit := q.parameter(q.filter.limit() + 1)
	return "SELECT d.pos, d.row, a.row FROM " + tables + " WHERE " + strings.Join(q.conditions, " AND ") +
		" ORDER BY " + order + " DESC LIMIT " + limit
}

// list writes the query without words. It says in which way the list is to be
// found: neither engine can know what is rare in an office. Urgent dispatches
// are; then those that are waited for; then those of one channel, or of one side.
func (q *query) list(ctx context.Context, tx *sqldb.Tx) (string, error) {
	c := q.filter
	urgent := c.Precedence != "" && c.Precedence != office.Routine
	waited := c.State != "" && c.State != Acknowledged && !urgent
	tables, place := "dispatch d CROSS JOIN acknowledgement a", "d.pos"
	if waited {
		tables, place = "acknowledgement a CROSS JOIN dispatch d", "a.pos"
	}
	q.where("d.pos = a.pos")
	q.state()
	found := waited // an index is chosen; columns of others are hidden from it by an expression
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
// filtered by, but for their state.
func (q *query) search(ctx context.Context, tx *sqldb.Tx, s Search) (string, error) {
	c := q.filter
	var facts []string
	for _, f := range []struct{ name, value string }{{"side", c.From}, {"channel", c.Channel}, {"precedence", string(c.Precedence)}} {
		if f.value != "" {
			facts = append(facts, fact(f.name, f.value))
		}
	}
	tables, doc := `
		search CROSS JOIN document m ON m.doc = search.rowid CROSS JOIN placed p ON p.side = m.side AND p.idx = m.idx
		CROSS JOIN dispatch d ON d.pos = p.pos CROSS JOIN acknowledgement a ON a.pos = p.pos`, "search.rowid"
	matches := s.match(tx.Engine(), facts)
	if tx.Engine() == sqldb.PostgreSQL {
		tables, doc = `
			document m JOIN placed p ON p.side = m.side AND p.idx = m.idx
			JOIN dispatch d ON d.pos = p.pos JOIN acknowledgement a ON a.pos = p.pos`, "m.doc"
		for _, match := range matches {
			q.where("m.doc IN (SELECT doc FROM search WHERE tokens @@ ?::tsquery)", match)
		}
	} else {
		q.where("search MATCH ?", matches[0])
	}
	q.state()
	if c.State != "" && c.State != Acknowledged {
		if err := q.few(ctx, tx, doc); err != nil {
			return "", err
		}
	}
	if !c.Since.IsZero() {
		q.where(doc+" >= ?", c.Since.UnixMilli()*sameTime)
	}
	if !c.Until.IsZero() {
		q.where(doc+" < ?", c.Until.UnixMilli()*sameTime)
	}
	if q.before != nil {
		before, err := documentOf(ctx, tx, *q.before)
		if err != nil {
			return "", err
		}
		q.where(doc+" < ?", before)
	}
	return q.text(tables, doc), nil
}

// fewWaiting is how many dispatches are looked at one by one whether they have the
// words.
const fewWaiting = 256

// few names the dispatches that wait, if they are few: a common word is then not
// looked for in all others.
func (q *query) few(ctx context.Context, tx *sqldb.Tx, doc string) error {
	waiting := query{own: q.own, filter: q.filter}
	waiting.state()
	rows, err := tx.Query(ctx, `
		SELECT m.doc
		FROM acknowledgement a CROSS JOIN placed p CROSS JOIN document m
		WHERE p.pos = a.pos AND m.doc >= p.time * 256 AND m.doc < p.time * 256 + 256 AND m.side = p.side AND m.idx = p.idx
			AND `+strings.Join(waiting.conditions, " AND ")+" LIMIT "+waiting.parameter(fewWaiting+1), waiting.args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	list := []string{"-1"} // no dispatch
	for rows.Next() {
		var doc int64
		if err := rows.Scan(&doc); err != nil {
			return err
		}
		list = append(list, strconv.FormatInt(doc, 10))
	}
	if len(list)-1 <= fewWaiting {
		q.where(doc + " IN (" + strings.Join(list, ", ") + ")")
	}
	return rows.Err()
}

// state adds the condition of the state.
func (q *query) state() {
	own := "%/" + q.own + "/%"
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
