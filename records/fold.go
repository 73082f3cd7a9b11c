package records

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// A Fold is a transaction on the records, for one goroutine. While it is open
// all other folds wait. It must be ended with Commit or Rollback. After an
// error of one of its methods it can only be rolled back.
type Fold struct {
	r       *Records
	ctx     context.Context // given to Begin; the fold lives in it
	tx      *sqldb.Tx
	alone   bool // nobody else has written to these records
	changed bool // something differs from what the tables had at Begin
	moved   bool // the settled line does
	ended   bool
	failed  error

	pending []line // placed in memory, not yet in the tables; their places end at state.placed
	undone  func() // takes back the last Apply; nil if there is none
}

// line is one entry of the joint order, to be written to the tables.
type line struct {
	position
	pos      int64 // from 1
	at       int64
	by, kind string
	verdict  office.Verdict
	effect   [32]byte
	digest   [32]byte
	about    string // the dispatches of which it put rows
	undo     string // images; empty if none are needed
}

// Begin opens a fold. ctx governs it to its end.
func (r *Records) Begin(ctx context.Context) (*Fold, error) {
	select {
	case r.folding <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("begin a fold: %w", context.Cause(ctx))
	}
	tx, err := r.db.Begin(ctx)
	if err != nil {
		<-r.folding
		return nil, fmt.Errorf("begin a fold: %w", err)
	}
	f := &Fold{r: r, ctx: ctx, tx: tx}
	if err := r.refresh(ctx, tx); err != nil {
		f.Rollback()
		return nil, fmt.Errorf("begin a fold: %w", err)
	}
	r.desk.ctx, r.desk.tx, r.desk.err = ctx, tx, nil
	return f, nil
}

// BeginAlone is Begin for a second try: it waits for the folds of this side's
// other processes first, so that what the fold says is true until its end.
func (r *Records) BeginAlone(ctx context.Context) (*Fold, error) {
	f, err := r.Begin(ctx)
	if err != nil {
		return nil, err
	}
	err = f.Confirm()
	if errors.Is(err, ErrOthers) {
		f.Rollback()
		return r.Begin(ctx) // which reads the records anew, and keeps the others out for that
	}
	if err != nil {
		f.Rollback()
		return nil, fmt.Errorf("begin a fold: %w", err)
	}
	return f, nil
}

// refresh makes the memory that of the tables, unless it is known and taken to be
// so still: if another process has folded since, the fold comes to ErrOthers.
func (r *Records) refresh(ctx context.Context, tx *sqldb.Tx) (err error) {
	if tx.Engine() == sqldb.SQLite {
		if r.loaded {
			return nil
		}
		if r.written, err = dataVersion(ctx, tx); err != nil {
			return err
		}
	}
	if r.loaded {
		// Nobody waits for the answer: it comes with that of the first statement,
		// and a fold that has all that it needs in memory has none before its
		// entries are signed. The last digest stands for all that is placed.
		s := &r.state
		err := tx.Later(ctx, ErrOthers, `
			SELECT 1 FROM cursor c JOIN placed p ON p.pos = (SELECT MAX(pos) FROM placed)
			WHERE c.id = 1 AND c.version = $1 AND c.settled = $2 AND c.line = $3 AND p.pos = $4 AND p.digest = $5`,
			version, s.settled, s.line, s.placed, s.digest[:])
		if err != nil {
			return fmt.Errorf("ask whether others have folded: %w", err)
		}
		return nil
	}
	r.desk = newDesk()
	r.tails = make(map[office.Side][]int64)
	r.recent.forget()
	if err := r.state.load(ctx, tx); err != nil {
		return err
	}
	r.loaded = true
	return nil
}

// Confirm makes sure that what this fold has said so far was true when it began:
// if another process of this side had folded by then, it answers ErrOthers.
func (f *Fold) Confirm() error {
	err := f.tx.Flush(f.ctx)
	if err != nil && f.failed == nil {
		f.failed = err
	}
	return err
}

// mayWrite refuses to write, on SQLite, over what somebody else has folded since
// the memory was read. (For PostgreSQL refresh has asked.)
func (f *Fold) mayWrite() error {
	if f.alone || f.tx.Engine() != sqldb.SQLite {
		return nil
	}
	written, err := dataVersion(f.ctx, f.tx)
	if err == nil && written != f.r.written {
		err = ErrOthers
	}
	f.alone = err == nil // from here on the transaction keeps others out
	return err
}

// ErrOthers is in the error of a fold when another process has folded since the
// last one of this process: with PostgreSQL another one of the same side, with
// SQLite somebody who should not. Nothing of the fold is kept, and it is to be
// tried again: the next one reads the records anew.
var ErrOthers = errors.New("another process has written to the records")

// dataVersion is a number of SQLite's that changes when anybody but this
// connection has written.
func dataVersion(ctx context.Context, tx *sqldb.Tx) (version int64, err error) {
	if err := tx.QueryRow(ctx, "PRAGMA data_version").Scan(&version); err != nil {
		return 0, fmt.Errorf("ask whether others have written: %w", err)
	}
	return version, nil
}

// Placed gives how many entries of each ledger stand in the joint order within
// this fold. Without our own side it is what the next own entry has seen.
func (f *Fold) Placed() map[office.Side]int64 {
	return f.r.state.placedCounts()
}

// Get fills a row, whose key fields are set, as it stands within this fold, and
// reports whether it is there.
func (f *Fold) Get(row office.Row) bool {
	return f.ready() == nil && f.r.desk.Get(row)
}

// Apply folds one new entry of our own side, which is to be the last in the
// joint order, and gives the rules' answer. If that is a refusal, call Revert:
// nothing was signed yet.
func (f *Fold) Apply(e office.Entry) (office.Verdict, error) {
	if err := f.ready(); err != nil {
		return office.Verdict{}, fmt.Errorf("fold %s: %w", e.ID, err)
	}
	placeable, err := f.arrive([]office.Entry{e})
	if err == nil && (len(placeable) == 0 || placeable[0].position().compare(f.r.state.last()) <= 0) {
		err = errors.New("it is not the last in the joint order")
	}
	if err != nil {
		return office.Verdict{}, f.fail(fmt.Errorf("fold %s: %w", e.ID, err))
	}
	f.r.recent.keep(e)
	verdict, err := f.apply(placeable[0])
	if err != nil {
		return office.Verdict{}, f.fail(fmt.Errorf("fold %s: %w", e.ID, err))
	}
	if newer := f.newerRules(); newer != nil {
		// It would be in force by our own consent, and we could not go on.
		verdict = office.Verdict{Void: office.NeedsNewerRules, Detail: map[string]string{"rules": strconv.FormatInt(newer.Rules, 10)}}
	}
	return verdict, nil
}

// Revert takes back the last Apply. It can take back one, not more.
func (f *Fold) Revert() {
	if f.undone != nil && !f.ended {
		f.undone()
		f.undone = nil
	}
}

// Commit ends the fold and keeps what it did. If it returns an error, nothing
// of it is kept, unless errors.Is(err, sqldb.ErrUnsure).
func (f *Fold) Commit() error {
	if err := f.ready(); err != nil {
		f.Rollback()
		return fmt.Errorf("commit a fold: %w", err)
	}
	if newer := f.newerRules(); newer != nil {
		f.Rollback()
		return fmt.Errorf("commit a fold: %w", newer)
	}
	if !f.changed {
		f.Rollback()
		return nil
	}
	r := f.r
	err := f.flush()
	if err == nil && f.moved {
		err = r.state.cursor.save(f.ctx, f.tx)
	}
	if err != nil {
		f.Rollback()
		return fmt.Errorf("commit a fold: %w", err)
	}
	f.end()
	err = f.tx.Commit()
	r.loaded = err == nil
	r.trim()
	<-r.folding
	if err != nil {
		return fmt.Errorf("commit a fold: %w", err)
	}
	return nil
}

// Rollback ends the fold without a trace. On one that has ended it does
// nothing, so it may be deferred.
func (f *Fold) Rollback() {
	if f.ended {
		return
	}
	f.end()
	f.tx.Rollback()
	if f.changed || f.failed != nil {
		f.r.loaded = false
	}
	<-f.r.folding
}

func (f *Fold) end() {
	f.ended = true
	f.undone = nil
	if d := f.r.desk; d != nil {
		d.ctx, d.tx = nil, nil
	}
}

// ready reports why nothing more can be done in this fold, if so.
func (f *Fold) ready() error {
	if f.ended {
		return errors.New("the fold has ended")
	}
	return f.failed
}

func (f *Fold) fail(err error) error {
	if f.failed == nil {
		if e := f.Confirm(); errors.Is(e, ErrOthers) {
			err = e // what was found wrong is so no longer
		}
		f.failed = err
	}
	return err
}

// NewerRulesError says that a charter in force names rules that this program
// does not know: it cannot fold on, and must be replaced by a newer one.
type NewerRulesError struct {
	Rules int64          // version in force
	Since office.EntryID // the entry that put it in force
}

func (e *NewerRulesError) Error() string {
	return fmt.Sprintf("rules version %d, in force since %s, is not known to this program, which knows %d",
		e.Rules, e.Since, office.Version)
}

// Rules is the version of the rules that is in force at the end of what is placed.
func (f *Fold) Rules() int64 {
	var row office.OfficeRow
	if f.Get(&row) && row.Open {
		return row.Charter.Rules
	}
	return 1
}

// newerRules looks at the charter in force.
func (f *Fold) newerRules() *NewerRulesError {
	var row office.OfficeRow
	if f.r.desk.Get(&row) && row.Open && row.Charter.Rules > office.Version {
		return &NewerRulesError{row.Charter.Rules, row.Since}
	}
	return nil
}

// apply asks the rules for the entry that comes next in the joint order, and
// puts it there.
func (f *Fold) apply(e timed) (office.Verdict, error) {
	if len(f.pending) >= flushAt {
		if err := f.flush(); err != nil {
			return office.Verdict{}, err
		}
	}
	r := f.r
	entry := e.entry
	entry.Time, entry.Office = e.time, r.config.Office
	r.desk.begin(entry.ID, r.state.placed+1)
	verdict := office.Apply(r.desk, &entry)
	if r.desk.err != nil {
		return office.Verdict{}, r.desk.err
	}
	effect := r.desk.effect(verdict)
	before := r.state.digest
	digest := nextDigest(before, entry.Hash, effect)
	f.pending = append(f.pending, line{
		position: e.position(),
		pos:      r.state.placed + 1,
		at:       entry.At,
		by:       entry.By,
		kind:     entry.Kind,
		verdict:  verdict,
		effect:   effect,
		digest:   digest,
		about:    r.desk.dispatches(),
		undo:     r.desk.undoImages(),
	})
	side := entry.ID.Side
	its := r.state.sides[side]
	if its == nil {
		its = &sideState{}
		r.state.sides[side] = its
	}
	was, changed := *its, f.changed
	its.placed, its.time = its.placed+1, e.time
	r.state.placed++
	r.state.digest = digest
	r.tails[side] = append(r.tails[side], e.time)
	f.changed = true
	f.undone = func() {
		r.desk.revert()
		f.pending = f.pending[:len(f.pending)-1]
		if *its = was; was.placed == 0 {
			delete(r.state.sides, side)
		}
		r.state.placed--
		r.state.digest = before
		r.tails[side] = r.tails[side][:len(r.tails[side])-1]
		r.recent.drop(entry.ID)
		f.changed = changed
	}
	return verdict, nil
}

// nextDigest is the digest after one more entry (spec/entries.md §6).
func nextDigest(before, leaf, effect [32]byte) [32]byte {
	var all [96]byte
	copy(all[:], before[:])
	copy(all[32:], leaf[:])
	copy(all[64:], effect[:])
	return sha256.Sum256(all[:])
}
