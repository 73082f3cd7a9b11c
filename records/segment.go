package records

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"liaison.example/sqldb"
)

// PostgreSQL's index gives all documents that have a word, in no order, and each
// is then looked at for the sequence of its tokens: for a word of every day that
// takes seconds. So documents are divided by their time into segments, and each
// bears the token of its own. A search asks for the words within one segment
// after another, the newest first, until it has enough: the index then leaps over
// all that lies elsewhere, for common words as well as rare ones.

// segmentDocuments is how many documents make a segment full. Few make many
// steps of a search for a rare word, many make each step long for a common one.
const segmentDocuments = 2048

// tidy puts what was written in a transaction into the index proper. PostgreSQL
// would heap it up first, where each step of a search would have to read all of
// it; and to put each document there by itself takes three times as long.
func tidy(ctx context.Context, tx *sqldb.Tx) error {
	if tx.Engine() != sqldb.PostgreSQL {
		return nil
	}
	_, err := count(ctx, tx, "SELECT gin_clean_pending_list('search_tokens')")
	return err
}

// segmentOf gives the token of the segment that a document belongs to, and
// counts the document there. When the last one is full, a document after all
// others begins a new one.
func segmentOf(ctx context.Context, tx *sqldb.Tx, doc int64, long bool) (token string, err error) {
	err = tx.QueryRow(ctx, `
		UPDATE segment SET size = size + 1, long = long OR $2
		WHERE first = (SELECT MAX(first) FROM segment WHERE first <= $1)
			AND (size < $3 OR EXISTS (SELECT 1 FROM document WHERE doc > $1))
		RETURNING token`, doc, long, segmentDocuments).Scan(&token)
	if !errors.Is(err, sql.ErrNoRows) {
		return token, err
	}
	token, first := "_segment_"+strconv.FormatInt(doc, 36), doc
	if n, err := count(ctx, tx, "SELECT COUNT(*) FROM segment"); err != nil {
		return "", err
	} else if n == 0 {
		first = 0 // one is before all others
	}
	_, err = tx.Exec(ctx, "INSERT INTO segment (first, token, size, long) VALUES ($1, $2, 1, $3)", first, token, long)
	return token, err
}

func count(ctx context.Context, tx *sqldb.Tx, query string, args ...any) (n int64, err error) {
	err = tx.QueryRow(ctx, query, args...).Scan(&n)
	return n, err
}

// searchSegments writes the query by words for PostgreSQL. If the dispatches that
// come into question are named among the conditions, each is looked at.
func (q *query) searchSegments(s Search, facts, bounds []string, named bool) string {
	words := s.match(sqldb.PostgreSQL, nil)
	also := ""
	for _, f := range facts {
		also += " & '" + f + "'"
	}
	limit := q.parameter(q.filter.limit() + 1)
	tables := "JOIN placed p ON p.side = m.side AND p.idx = m.idx JOIN dispatch d ON d.pos = p.pos JOIN acknowledgement a ON a.pos = p.pos"
	if named {
		for _, word := range words {
			q.where("EXISTS (SELECT 1 FROM search t WHERE t.doc = m.doc AND t.tokens @@ ?::tsquery)", word+also)
		}
		for _, b := range bounds {
			q.where("m." + b)
		}
		return "SELECT d.pos, d.row, a.row FROM document m " + tables + " WHERE " + strings.Join(q.conditions, " AND ") +
			" ORDER BY m.doc DESC LIMIT " + limit
	}
	find := func(condition, match string) string {
		return "SELECT doc FROM search WHERE " + strings.Join(append(bounds, condition), " AND ") +
			" AND tokens @@ (s.token || " + q.parameter(match) + ")::tsquery"
	}
	found := find("TRUE", " & "+strings.Join(words, " & ")+also)
	if len(words) > 1 {
		// The words may stand in several passages of a long text.
		var each []string
		for _, word := range words {
			each = append(each, find("s.long", " & "+word+also))
		}
		found += " UNION (" + strings.Join(each, " INTERSECT ") + ")"
	}
	conditions := []string{"TRUE"}
	for _, b := range bounds {
		switch op, value, _ := strings.Cut(strings.TrimPrefix(b, "doc "), " "); op {
		case "<":
			conditions = append(conditions, "s.first < "+value)
		default:
			conditions = append(conditions, "s.first >= (SELECT COALESCE(MAX(first), 0) FROM segment WHERE first <= "+value+")")
		}
	}
	where := ""
	if len(q.conditions) > 0 {
		where = " WHERE " + strings.Join(q.conditions, " AND ")
	}
	return `
		SELECT x.pos, x.dispatch, x.acknowledgement
		FROM segment s CROSS JOIN LATERAL (
			SELECT m.doc, d.pos, d.row AS dispatch, a.row AS acknowledgement
			FROM (SELECT f.doc FROM (` + found + `) f GROUP BY f.doc ORDER BY f.doc DESC OFFSET 0) f JOIN document m ON m.doc = f.doc ` + tables + where + `
			ORDER BY m.doc DESC LIMIT ` + limit + `
		) x
		WHERE ` + strings.Join(conditions, " AND ") + `
		ORDER BY s.first DESC, x.doc DESC LIMIT ` + limit
}

// asWritten makes PostgreSQL read the tables in the order in which a query names
// them, each by an index, until the transaction ends, as SQLite does by the words
// CROSS JOIN: what is rare in an office its planner cannot know.
func asWritten(ctx context.Context, tx *sqldb.Tx) error {
	if tx.Engine() != sqldb.PostgreSQL {
		return nil
	}
	var set string
	return tx.QueryRow(ctx, `
		SELECT CONCAT(
			set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true), set_config('join_collapse_limit', '1', true))`).Scan(&set)
}
