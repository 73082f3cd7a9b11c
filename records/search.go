package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Here dispatches are put into the search index and found in it. The index is
// filled beside the folds, which do not wait for it. An entry is known in it by
// its time in the joint order, which never changes, while its place may: what is
// undone and applied again stays in the index, and what is void by now is left
// out because there is no such dispatch.

// One step of the indexing takes at most so many dispatches, and about so many
// bytes of text: whoever writes meanwhile waits for it.
const (
	indexDispatches = 200
	indexBytes      = 64 << 10
)

// document is a dispatch as it comes into the index.
type document struct {
	dispatch office.Dispatch
	facts    []string // what it is filtered by
	tokens   []string
}

// Index puts dispatches that are not yet in the search index there, some hundreds
// in one short transaction, and says how many it has dealt with: 0 when nothing
// is left. It may run while others fold, and in several processes at once.
func (r *Records) Index(ctx context.Context) (n int, err error) {
	// Texts are read and cut before anyone has to wait.
	var from, upTo int64
	var digest [32]byte
	var documents []document
	err = r.view(ctx, "index dispatches", func(tx *sqldb.Tx, c *cursor) error {
		if from, err = indexed(ctx, tx); err != nil {
			return err
		}
		documents, upTo, err = unindexed(ctx, tx, from)
		if err == nil && len(documents) > 0 {
			digest, _, err = digestAt(ctx, tx, upTo)
		}
		return err
	})
	if err != nil || len(documents) == 0 {
		return 0, err
	}
	for i := range documents {
		documents[i].cut()
	}
	err = r.db.Update(ctx, func(tx *sqldb.Tx) error {
		// If entries were slotted in meanwhile, or another process was quicker, the
		// next step looks again. The digest stands for all that is placed before.
		var c cursor
		if err := c.load(ctx, tx); err != nil {
			return err
		}
		if now, err := indexed(ctx, tx); err != nil || now != from {
			return err
		}
		if now, _, err := digestAt(ctx, tx, upTo); err != nil || now != digest {
			return err
		}
		for _, d := range documents {
			if err := d.store(ctx, tx); err != nil {
				return fmt.Errorf("%s: %w", d.dispatch.ID, err)
			}
		}
		if err := tidy(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE indexed SET pos = $1 WHERE id = 1", upTo)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("index dispatches: %w", err)
	}
	return len(documents), nil
}

// Indexed reports whether all dispatches are in the search index.
func (r *Records) Indexed(ctx context.Context) (all bool, err error) {
	err = r.view(ctx, "ask what is indexed", func(tx *sqldb.Tx, _ *cursor) error {
		var left int64
		err := tx.QueryRow(ctx, `
			SELECT COUNT(*) FROM (
				SELECT pos FROM dispatch WHERE pos > (SELECT pos FROM indexed WHERE id = 1) LIMIT 1
			) AS one`).Scan(&left)
		all = left == 0
		return err
	})
	return all, err
}

// indexed gives the place up to which all dispatches are in the index.
func indexed(ctx context.Context, tx *sqldb.Tx) (pos int64, err error) {
	if err := tx.QueryRow(ctx, "SELECT pos FROM indexed WHERE id = 1").Scan(&pos); err != nil {
		return 0, fmt.Errorf("read how far dispatches are indexed: %w", err)
	}
	return pos, nil
}

// unindexed reads the dispatches after a place, and gives the place of the last.
func unindexed(ctx context.Context, tx *sqldb.Tx, after int64) (documents []document, upTo int64, err error) {
	rows, err := tx.Query(ctx, "SELECT pos, row FROM dispatch WHERE pos > $1 ORDER BY pos LIMIT $2", after, indexDispatches)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	for bytes := 0; bytes < indexBytes && rows.Next(); {
		var row []byte
		if err := rows.Scan(&upTo, &row); err != nil {
			return nil, 0, err
		}
		var d office.Dispatch
		if err := json.Unmarshal(row, &d); err != nil {
			return nil, 0, err
		}
		documents = append(documents, document{dispatch: d})
		bytes += len(row)
	}
	return documents, upTo, rows.Err()
}

// cut fills in the facts and the tokens of the texts.
func (d *document) cut() {
	x := &d.dispatch
	d.facts = []string{fact("side", x.From), fact("channel", x.Channel), fact("precedence", string(x.Precedence)), fact("mark", markOf(x))}
	if code := x.Form.CodeOf(); code != "" {
		d.facts = append(d.facts, fact("form", code))
	}
	texts := append([]string{strconv.FormatInt(x.Number, 10), x.Subject}, Named(x)...)
	if x.Form != nil {
		for _, field := range slices.Sorted(maps.Keys(x.Form.Values)) {
			texts = append(texts, x.Form.Values[field])
		}
	}
	for _, text := range append(texts, x.Text) {
		for t := range tokens(text) {
			d.tokens = append(d.tokens, t.text)
		}
	}
}

// Named lists the names in a dispatch by which it is found, besides its number,
// subject and text: in whose name it was written, for whose attention, and those
// of its enclosures.
func Named(d *office.Dispatch) (names []string) {
	for _, name := range []string{d.Name, d.Attention} {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, e := range d.Enclosures {
		names = append(names, e.Name)
	}
	return names
}

// fact is a token that no text has: a value by which dispatches are filtered.
func fact(name, value string) string {
	return "_" + name + "_" + strings.ReplaceAll(strings.ToLower(value), "-", "_")
}

// A dispatch is known in the index by its time in the joint order and, behind it,
// a number that tells apart those of the same millisecond. (Two of one side never
// bear the same time, and there are fewer than 256 sides.)
const sameTime = 256

// store writes a document into the index, unless it is there already.
func (d *document) store(ctx context.Context, tx *sqldb.Tx) error {
	id := d.dispatch.ID
	doc := d.dispatch.Time * sameTime
	for end := doc + sameTime; doc < end; doc++ {
		added, err := tx.Exec(ctx, "INSERT INTO document (doc, side, idx) VALUES ($1, $2, $3) ON CONFLICT (doc) DO NOTHING",
			doc, id.Side, id.Index)
		if err != nil {
			return err
		}
		if added == 1 {
			return d.storeTokens(ctx, tx, doc)
		}
		var held office.EntryID
		if err := tx.QueryRow(ctx, "SELECT side, idx FROM document WHERE doc = $1", doc).Scan(&held.Side, &held.Index); err != nil {
			return err
		}
		if held == id {
			return nil
		}
	}
	return errors.New("more dispatches have its time than there can be")
}

func (d *document) storeTokens(ctx context.Context, tx *sqldb.Tx, doc int64) error {
	if tx.Engine() == sqldb.SQLite {
		_, err := tx.Exec(ctx, "INSERT INTO search (rowid, tokens) VALUES ($1, $2)", doc,
			strings.Join(d.facts, " ")+" "+strings.Join(d.tokens, " "))
		return err
	}
	passages := passages(d.tokens)
	segment, err := segmentOf(ctx, tx, doc, len(passages) > 1)
	if err != nil {
		return err
	}
	facts := strings.Join(append(d.facts, segment), " ")
	for i, passage := range passages {
		err := tx.Later(ctx, nil, "INSERT INTO search (doc, passage, tokens) VALUES ($1, $2, $3::tsvector)", doc, i, passage+facts)
		if err != nil {
			return err
		}
	}
	return nil
}

// PostgreSQL keeps at most 255 places of one token in a tsvector, and none past
// 16,383. What is longer is cut into passages, which begin with the end of the
// one before, so that no phrase is cut in two.
const (
	maxPlaces  = 255
	maxPassage = 16_383
	overlap    = MaxSearch // tokens; a phrase has no more
)

// passages writes tokens as the text of one tsvector, or several.
func passages(tokens []string) (list []string) {
	for from := 0; ; {
		places := map[string][]int{}
		to := from
		for to < len(tokens) && to-from < maxPassage && len(places[tokens[to]]) < maxPlaces {
			places[tokens[to]] = append(places[tokens[to]], to-from+1)
			to++
		}
		var b strings.Builder
		for _, token := range sortedSides(places) {
			b.WriteString("'" + token + "':")
			for i, place := range places[token] {
				if i > 0 {
					b.WriteByte(',')
				}
				b.WriteString(strconv.Itoa(place))
			}
			b.WriteByte(' ')
		}
		for _, alone := range sortedSides(beginnings(places)) {
			b.WriteString("'" + alone + "' ")
		}
		list = append(list, b.String())
		if to == len(tokens) {
			return list
		}
		from = to - overlap
	}
}

// beginnings are the single letters with which tokens of pairs begin. PostgreSQL
// has them as tokens of their own, without a place: to look for all tokens that
// begin so would read all their places at each step of a search.
func beginnings(tokens map[string][]int) map[string]bool {
	letters := make(map[string]bool)
	for token := range tokens {
		if r, _ := utf8.DecodeRuneInString(token); scriptOf(r) == paired {
			letters["_"+string(r)] = true
		}
	}
	return letters
}

// match writes what one token or phrase after the other must be in a document,
// in the language of the index.
func (s Search) match(engine sqldb.Engine, facts []string) []string {
	phrases := slices.Clone(s.words)
	for _, f := range facts {
		phrases = append(phrases, phrase{tokens: []string{f}})
	}
	var list []string
	for _, p := range phrases {
		text, begins := `"`+strings.Join(p.tokens, " ")+`"`, " *"
		if engine == sqldb.PostgreSQL {
			text, begins = "'"+strings.Join(p.tokens, "' <-> '")+"'", ":*"
		}
		switch {
		case p.begins && engine == sqldb.PostgreSQL && len(p.tokens) == 1:
			text = "'_" + p.tokens[0] + "'" // one of beginnings
		case p.begins:
			text += begins
		}
		list = append(list, text)
	}
	return list
}

// documentOf gives the number in the index of an entry, if it is there.
func documentOf(ctx context.Context, tx *sqldb.Tx, id office.EntryID) (doc int64, err error) {
	err = tx.QueryRow(ctx, `
		SELECT m.doc
		FROM placed p JOIN document m ON m.doc >= p.time * 256 AND m.doc < p.time * 256 + 256 AND m.side = p.side AND m.idx = p.idx
		WHERE p.side = $1 AND p.idx = $2`, id.Side, id.Index).Scan(&doc)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("%w: %s is not in the index", ErrBefore, id)
	}
	return doc, err
}
