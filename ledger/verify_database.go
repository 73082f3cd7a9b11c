package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"liaison.example/sqldb"
)

// VerifyDatabase checks a ledger database from nothing: every entry's bytes and
// frame, what it has seen, the tiles, roots, checkpoints, every cosignature,
// every promise, and that nothing is missing or left over. It reads one state of
// the database, which another process may be writing meanwhile. The answer is
// *Fault for the first thing wrong; the Summary then says what was checked before.
//
// The keys are those that the sides were admitted with.
func VerifyDatabase(ctx context.Context, db *sqldb.DB, o VerifyOptions) (Summary, error) {
	v := databaseVerifier{audits: map[string]*audit{}, heads: map[string]headRow{}, cosigners: map[string][]string{}, promises: map[string][]promiseRow{}}
	v.progress.tell = o.Progress
	var err error
	if v.trust, err = newTrust(o.Keys, o.Known...); err != nil {
		return Summary{}, err
	}
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		v.tx = tx
		return v.verify(ctx)
	})
	return v.summary(), err
}

type databaseVerifier struct {
	tx       *sqldb.Tx
	trust    *trust
	progress progress
	parties  []party
	heads    map[string]headRow
	audits   map[string]*audit

	cosigners map[string][]string     // by ledger, the sides that have cosigned it
	promises  map[string][]promiseRow // by who gave them
}

// headRow is a row of the table head.
type headRow struct {
	size, placeable, recovered, sum int64
	root, checkpoint                []byte
}

// promiseRow is a promise with the row that it stands in.
type promiseRow struct {
	where string
	own   int64
	seen  map[string]int64
}

func (v *databaseVerifier) summary() Summary {
	s := Summary{Assumed: v.trust.names()}
	for _, p := range v.parties {
		s.Office = p.office
		if a := v.audits[p.Side]; a != nil {
			s.Ledgers = append(s.Ledgers, a.result)
		}
	}
	return s
}

func (v *databaseVerifier) verify(ctx context.Context) error {
	if err := v.readSides(ctx); err != nil {
		return err
	}
	for _, p := range v.parties {
		v.progress.total += v.heads[p.Side].size
	}
	for _, p := range v.parties {
		if err := v.ledger(ctx, p); err != nil {
			return err
		}
	}
	placeAll(v.audits)
	for _, p := range v.parties {
		a, head := v.audits[p.Side], v.heads[p.Side]
		if head.placeable > a.result.Placeable {
			return &Fault{Where: "table head, row " + p.Side, Want: fmt.Sprintf("at most %d entries that can be placed", a.result.Placeable), Got: fmt.Sprint(head.placeable)}
		}
		if got := headSum(p.Side, head.size, head.placeable, head.recovered, a.result.Root, head.checkpoint); got != head.sum {
			return sumFault("table head, row "+p.Side, head.sum, got)
		}
		if err := v.standings(ctx, p.Side); err != nil {
			return err
		}
	}
	for _, p := range v.parties {
		if err := v.kept(p); err != nil {
			return err
		}
		if err := v.missing(ctx, p); err != nil {
			return err
		}
	}
	return v.pages(ctx)
}

// pages asks SQLite whether the pages of those tables hang together whose rows
// nothing counts: where a page is damaged, rows may be passed over. A lost entry
// or tile is found by its number.
func (v *databaseVerifier) pages(ctx context.Context) error {
	for _, table := range []string{"cosignature", "standing", "missing"} {
		got, err := v.tx.Damage(ctx, table)
		if err != nil {
			return err
		}
		if got != "" {
			return &Fault{Where: "table " + table, Want: "pages that SQLite finds whole", Got: got}
		}
	}
	return nil
}

// readSides reads the sides and their heads, and looks for rows of no side.
func (v *databaseVerifier) readSides(ctx context.Context) (err error) {
	var steps int64
	err = v.tx.QueryRow(ctx, `SELECT count(*) FROM migration WHERE family = 'ledger'`).Scan(&steps)
	if err != nil {
		return fmt.Errorf("this is not the database of a ledger: %w", err)
	}
	if steps > int64(len(migrations)) {
		return fmt.Errorf("verify the ledgers: %w", sqldb.ErrNewer)
	}
	if v.parties, err = readParties(ctx, v.tx); err != nil {
		return err
	}
	known, own := map[string]bool{}, 0
	for _, p := range v.parties {
		known[p.Side] = true
		if p.own {
			own++
		}
		where := "table party, row " + p.Side
		if p.office != v.parties[0].office {
			return &Fault{Where: where, Want: "a side of the office " + v.parties[0].office, Got: "one of " + p.office}
		}
		for _, key := range []*noteVerifier{p.ledger, p.cosigner} {
			if err := v.trust.check(where, key); err != nil {
				return err
			}
		}
	}
	if err := v.trust.allMet("table party", "a side with the key"); err != nil {
		return err
	}
	if own != 1 && len(v.parties) > 0 {
		return &Fault{Where: "table party", Want: "one side whose database this is", Got: fmt.Sprint(own)}
	}
	for _, table := range []string{"entry", "tile", "head", "cosignature", "standing", "missing"} {
		if _, err := v.sidesIn(ctx, "table "+table, known, `SELECT side FROM `+table+` WHERE side > $1 ORDER BY side LIMIT 1`); err != nil {
			return err
		}
	}
	for _, p := range v.parties {
		where := "table cosignature, rows of " + p.Side
		others := maps.Clone(known)
		delete(others, p.Side)
		if v.cosigners[p.Side], err = v.sidesIn(ctx, where, others,
			`SELECT cosigner FROM cosignature WHERE cosigner > $1 AND side = $2 ORDER BY cosigner LIMIT 1`, p.Side); err != nil {
			return err
		}
	}
	for _, p := range v.parties {
		var h headRow
		err := v.tx.QueryRow(ctx, `SELECT size, placeable, recovered, root, checkpoint, sum FROM head WHERE side = $1`, p.Side).
			Scan(&h.size, &h.placeable, &h.recovered, &h.root, &h.checkpoint, &h.sum)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return &Fault{Where: "table head", Want: "a row for " + p.Side, Got: "none"}
		case err != nil:
			return fmt.Errorf("read the head of %s: %w", p.Side, err)
		case h.size < 0 || h.placeable < 0 || h.placeable > h.size || h.recovered < 0 || h.recovered > h.size:
			return &Fault{Where: "table head, row " + p.Side, Want: "0 <= placeable, recovered <= size",
				Got: fmt.Sprintf("placeable %d, recovered %d, size %d", h.placeable, h.recovered, h.size)}
		}
		v.heads[p.Side] = h
	}
	return nil
}

// sidesIn lists the sides that a table has rows of, all of which must be known.
// The query finds the first one after $1: it goes from side to side through the
// index, not through all rows.
func (v *databaseVerifier) sidesIn(ctx context.Context, where string, known map[string]bool, query string, args ...any) (sides []string, err error) {
	after := ""
	for {
		var side string
		err := v.tx.QueryRow(ctx, query, append([]any{after}, args...)...).Scan(&side)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return sides, nil
		case err != nil:
			return nil, fmt.Errorf("read the sides in %s: %w", where, err)
		case !known[side]:
			return nil, &Fault{Where: where, Want: "rows of the sides that are admitted", Got: fmt.Sprintf("one of %q", side)}
		}
		sides, after = append(sides, side), side
	}
}

// ledger verifies one ledger with what is stored beside it.
func (v *databaseVerifier) ledger(ctx context.Context, p party) error {
	cosigners := map[string]*noteVerifier{}
	for _, other := range v.parties {
		cosigners[other.Side] = other.cosigner
	}
	a := newAudit(p.office, p.Side, p.ledger, cosigners)
	a.where = func(index int64) string { return fmt.Sprintf("table entry, row (%s, %d)", p.Side, index) }
	v.audits[p.Side] = a
	if err := v.checkpoint(a, v.heads[p.Side]); err != nil {
		return err
	}
	err := a.run(ctx, func(ctx context.Context, next func(*block) error) error {
		return v.read(ctx, p.Side, next)
	}, func(b *block) {
		for _, r := range b.cosignatures {
			v.promise(r.cosigner, promiseRow{r.where, r.own, r.promised})
		}
		v.progress.add(int64(len(b.leaves)))
	})
	if err != nil {
		return err
	}
	if root := v.heads[p.Side].root; string(root) != string(a.result.Root[:]) {
		return &Fault{Where: "table head, row " + p.Side, Want: "the root " + a.result.Root.String(), Got: fmt.Sprintf("%x", root)}
	}
	return v.rest(ctx, a, v.heads[p.Side].size)
}

// checkpoint checks the signed checkpoint in the head of a ledger.
func (v *databaseVerifier) checkpoint(a *audit, h headRow) error {
	where := "table head, row " + a.side
	if len(h.checkpoint) == 0 {
		if h.size > 0 {
			return &Fault{Where: where, Want: fmt.Sprintf("a checkpoint, for there are %d entries", h.size), Got: "none"}
		}
		return nil
	}
	c, err := openCheckpoint(h.checkpoint, a.log)
	switch {
	case err != nil:
		return &Fault{Where: where, Want: "a checkpoint signed by " + a.log.name, Got: err.Error()}
	case string(c.note) != string(h.checkpoint):
		return &Fault{Where: where, Want: "the checkpoint in its one form", Got: "another writing of it"}
	case c.size < h.size:
		return &Fault{Where: where, Want: fmt.Sprintf("a checkpoint over all %d entries", h.size), Got: fmt.Sprintf("one over %d", c.size)}
	case c.size == 0 && c.root != emptyRoot:
		return &Fault{Where: where, Want: "the root of no entries", Got: c.root.String()}
	}
	a.reached, a.signed, a.result.Checkpoint = c, where, c.size
	return nil
}

// promise keeps a promise to be held against the entries of who gave it. Of
// several that begin at one entry the last says all.
func (v *databaseVerifier) promise(by string, p promiseRow) {
	list := v.promises[by]
	if n := len(list); n > 0 && list[n-1].own == p.own && promisedIn(list[n-1].seen, p.seen) {
		list[n-1] = p
		return
	}
	v.promises[by] = append(list, p)
}

// promisedIn reports whether each count in little is no more than that in much.
func promisedIn(little, much map[string]int64) bool {
	for side, n := range little {
		if n > much[side] {
			return false
		}
	}
	return true
}

// read reads the entries of a ledger with their tiles and cosignatures.
func (v *databaseVerifier) read(ctx context.Context, side string, next func(*block) error) error {
	for from, size := int64(0), v.heads[side].size; from < size; from += tileWidth {
		b := &block{from: from}
		if err := v.readLeaves(ctx, side, b, min(tileWidth, size-from)); err != nil {
			return err
		}
		if b.fault == nil && len(b.leaves) == tileWidth {
			n := from / tileWidth
			b.tileWhere = fmt.Sprintf("table tile, row (%s, 0, %d)", side, n)
			err := v.tx.QueryRow(ctx, `SELECT data FROM tile WHERE side = $1 AND level = 0 AND n = $2`, side, n).Scan(&b.tile)
			if errors.Is(err, sql.ErrNoRows) {
				b.fault = &Fault{Where: b.tileWhere, Want: "a tile", Got: "no row"}
			} else if err != nil {
				return fmt.Errorf("read tile 0/%d of %s: %w", n, side, err)
			}
		}
		if err := v.readCosignatures(ctx, side, b); err != nil {
			return err
		}
		cut := b.fault != nil // asked before others work on the block
		if err := next(b); err != nil || cut {
			return err
		}
	}
	return nil
}

// roomForLeaves is how much memory is taken at once for the leaves of a block.
const roomForLeaves = 64 << 10

func (v *databaseVerifier) readLeaves(ctx context.Context, side string, b *block, count int64) error {
	rows, err := v.tx.Query(ctx, `SELECT idx, leaf FROM entry WHERE side = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, side, b.from, b.from+count)
	if err != nil {
		return fmt.Errorf("read entries of %s from %d: %w", side, b.from, err)
	}
	defer rows.Close()
	b.leaves = make([][]byte, 0, count)
	var room []byte // for several leaves
	for rows.Next() {
		var index int64
		var leaf sql.RawBytes
		if err := rows.Scan(&index, &leaf); err != nil {
			return fmt.Errorf("read entries of %s from %d: %w", side, b.from, err)
		}
		if index != b.from+int64(len(b.leaves)) {
			break
		}
		if len(leaf) > cap(room)-len(room) {
			room = make([]byte, 0, max(len(leaf), roomForLeaves))
		}
		room = append(room, leaf...)
		b.leaves = append(b.leaves, room[len(room)-len(leaf):len(room):len(room)])
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read entries of %s from %d: %w", side, b.from, err)
	}
	if n := int64(len(b.leaves)); n < count {
		index := b.from + n
		b.fault = &Fault{Where: "table entry", Entry: entryID(side, index), Want: fmt.Sprintf("entries without a gap up to %d", v.heads[side].size-1), Got: fmt.Sprintf("no row for %d", index)}
	}
	return nil
}

func (v *databaseVerifier) readCosignatures(ctx context.Context, side string, b *block) error {
	for _, by := range v.cosigners[side] { // each by itself, as the index of the table has it
		rows, err := v.tx.Query(ctx, `SELECT size, note, held, own, seen, sum FROM cosignature
			WHERE side = $1 AND cosigner = $2 AND size > $3 AND size <= $4 ORDER BY size`, side, by, b.from, b.from+int64(len(b.leaves)))
		if err != nil {
			return fmt.Errorf("read cosignatures over %s: %w", side, err)
		}
		defer rows.Close()
		for rows.Next() {
			r := cosignatureRow{cosigner: by}
			if err := rows.Scan(&r.size, &r.note, &r.held, &r.own, &r.seen, &r.sum); err != nil {
				return fmt.Errorf("read cosignatures over %s: %w", side, err)
			}
			r.where = fmt.Sprintf("table cosignature, row (%s, %s, %d)", side, r.cosigner, r.size)
			b.cosignatures = append(b.cosignatures, r)
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("read cosignatures over %s: %w", side, err)
		}
	}
	slices.SortStableFunc(b.cosignatures, func(x, y cosignatureRow) int { return cmp.Compare(x.size, y.size) })
	return nil
}

// rest checks the tiles above the entries, and that nothing is left over.
func (v *databaseVerifier) rest(ctx context.Context, a *audit, size int64) error {
	left := func(what, query string, args ...any) error {
		var found int64
		err := v.tx.QueryRow(ctx, query, args...).Scan(&found)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for %s of %s: %w", what, a.side, err)
		}
		return &Fault{Where: "ledger of " + a.side, Want: fmt.Sprintf("no %s, for it has %d entries", what, size), Got: fmt.Sprint(found)}
	}
	errs := []error{
		left("entry before its first", `SELECT idx FROM entry WHERE side = $1 AND idx < 0 LIMIT 1`, a.side),
		left("entry beyond its last", `SELECT idx FROM entry WHERE side = $1 AND idx >= $2 ORDER BY idx LIMIT 1`, a.side, size),
		left("tile below level 0", `SELECT level FROM tile WHERE side = $1 AND level < 0 LIMIT 1`, a.side),
		left("tile before its first", `SELECT n FROM tile WHERE side = $1 AND level = 0 AND n < 0 LIMIT 1`, a.side),
		left("tile beyond its last full one", `SELECT n FROM tile WHERE side = $1 AND level = 0 AND n >= $2 ORDER BY n LIMIT 1`, a.side, size/tileWidth),
	}
	for _, by := range v.cosigners[a.side] {
		errs = append(errs,
			left("cosignature over nothing", `SELECT size FROM cosignature WHERE side = $1 AND cosigner = $2 AND size < 1 LIMIT 1`, a.side, by),
			left("cosignature over more", `SELECT size FROM cosignature WHERE side = $1 AND cosigner = $2 AND size > $3 ORDER BY size LIMIT 1`, a.side, by, size))
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return v.upperTiles(ctx, a)
}

// upperTiles holds the stored tiles above level 0 against those that follow from
// the entries.
func (v *databaseVerifier) upperTiles(ctx context.Context, a *audit) error {
	want := maps.Clone(a.upper)
	for level := 1; level < len(a.tree.edge); level++ {
		if data := a.tree.edgeOf(level); len(data) > 0 {
			want[[2]int64{int64(level), partialTile(level, a.tree.size).N}] = data
		}
	}
	rows, err := v.tx.Query(ctx, `SELECT level, n, data FROM tile WHERE side = $1 AND level > 0 ORDER BY level, n`, a.side)
	if err != nil {
		return fmt.Errorf("read tiles of %s: %w", a.side, err)
	}
	defer rows.Close()
	for rows.Next() {
		var place [2]int64
		var data []byte
		if err := rows.Scan(&place[0], &place[1], &data); err != nil {
			return fmt.Errorf("read tiles of %s: %w", a.side, err)
		}
		where := fmt.Sprintf("table tile, row (%s, %d, %d)", a.side, place[0], place[1])
		full, ok := want[place]
		if !ok {
			return &Fault{Where: where, Want: fmt.Sprintf("no such tile in a log of %d entries", a.tree.size), Got: "a row"}
		}
		if fault := compareTile(where, full, data); fault != nil {
			return fault
		}
		a.result.Tiles++
		delete(want, place)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read tiles of %s: %w", a.side, err)
	}
	for place := range want {
		return &Fault{Where: "table tile", Want: fmt.Sprintf("a row (%s, %d, %d)", a.side, place[0], place[1]), Got: "none"}
	}
	return nil
}

// standings reads the promises that a side gave by itself.
func (v *databaseVerifier) standings(ctx context.Context, side string) error {
	rows, err := v.tx.Query(ctx, `SELECT own, seen, sum FROM standing WHERE side = $1 ORDER BY own`, side)
	if err != nil {
		return fmt.Errorf("read standings of %s: %w", side, err)
	}
	defer rows.Close()
	for rows.Next() {
		var p promiseRow
		var seen string
		var sum int64
		if err := rows.Scan(&p.own, &seen, &sum); err != nil {
			return fmt.Errorf("read standings of %s: %w", side, err)
		}
		p.where = fmt.Sprintf("table standing, row (%s, %d)", side, p.own)
		if err := json.Unmarshal([]byte(seen), &p.seen); err != nil {
			return &Fault{Where: p.where, Want: "counts by side as JSON", Got: fmt.Sprintf("%q", seen)}
		}
		if got := rowSum(side, p.own, seen); got != sum {
			return sumFault(p.where, sum, got)
		}
		v.promise(side, p)
	}
	return rows.Err()
}

// kept holds the promises of a side against its entries. Of entries that this
// side fetched back it may have promised what was not so, before it knew of them.
func (v *databaseVerifier) kept(p party) error {
	a, recovered := v.audits[p.Side], v.heads[p.Side].recovered
	for _, promise := range v.promises[p.Side] {
		a.result.Standings++
		first := max(promise.own, recovered)
		if promise.own < 0 || first >= a.result.Entries {
			continue
		}
		seen := a.seenAt(first)
		for _, side := range slices.Sorted(maps.Keys(promise.seen)) {
			if least, n := promise.seen[side], seen[side]; n < least {
				return &Fault{Where: promise.where, Entry: entryID(p.Side, first),
					Want: fmt.Sprintf("each entry from %d on to have seen %d of %s or more, as promised", promise.own, least, side), Got: fmt.Sprint(n)}
			}
		}
	}
	return nil
}

// missing checks the mark of entries that this side has signed or cosigned and
// lacks.
func (v *databaseVerifier) missing(ctx context.Context, p party) error {
	where := "table missing, row " + p.Side
	var signed []byte
	err := v.tx.QueryRow(ctx, `SELECT note FROM missing WHERE side = $1`, p.Side).Scan(&signed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what is missing of %s: %w", p.Side, err)
	}
	c, err := openCheckpoint(signed, p.ledger)
	if err == nil && string(c.note) != string(signed) {
		err = errCheckpoint
		for _, by := range v.parties {
			if cosigned, _, e := openCosigned(signed, p.ledger, by.cosigner); e == nil && string(cosigned.note) == string(signed) {
				err = nil
			}
		}
	}
	switch size := v.heads[p.Side].size; {
	case err != nil:
		return &Fault{Where: where, Want: "a checkpoint that this side has signed or cosigned", Got: err.Error()}
	case c.size <= size:
		return &Fault{Where: where, Want: fmt.Sprintf("a checkpoint over more than the %d entries held", size), Got: fmt.Sprintf("one over %d", c.size)}
	}
	return nil
}

func sumFault(where string, want, got int64) *Fault {
	return &Fault{Where: where, Want: fmt.Sprintf("columns whose sum is %d", want), Got: fmt.Sprintf("columns whose sum is %d: one of them was changed", got)}
}
