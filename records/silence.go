package records

import (
	"context"
	"crypto/sha256"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// MaxOpen is how many dispatches of one side and precedence are looked at that wait
// for something: those first in the joint order. A flood of one precedence hides
// nothing of another.
const MaxOpen = 100

// scanned is how many of all are looked through for them, the most urgent first.
const scanned = 10_000

// Question is what is waited for, with the dispatch or the tender that it is about.
type Question struct {
	office.Question
	Line   *DispatchLine  // without its text; nil if it is about a tender
	Tender *office.Tender // nil if it is about a dispatch
}

// Subject is the subject of what it is about.
func (q *Question) Subject() string {
	if q.Tender != nil {
		return q.Tender.Subject
	}
	return q.Line.Subject
}

// Awaited is all that our side waits for and is waited for, with what else the records
// say that it takes to explain a silence. It is not to be changed.
type Awaited struct {
	Office    office.OfficeRow
	Questions []Question      // the most urgent first
	More      bool            // of some side and precedence there are more than MaxOpen
	Unread    []*DispatchLine // that our side has not acknowledged and that are not withdrawn; not all, if there are More
	Distress  []string        // codes of the forms in force that are about lives at risk
	Calendars map[office.Side]office.Calendar
	Watches   bool                  // the rules in force know watches
	OnWatch   map[office.Side]bool  // has somebody on watch
	LeftAt    map[office.Side]int64 // when the last watch of a side ended, if it has nobody on watch
}

// awaited keeps what was found, since every page asks for it and it changes with
// entries alone.
type awaited struct {
	mu     sync.Mutex
	most   int      // MaxOpen, but in tests
	digest [32]byte // of the joint order that it was found in
	found  *Awaited
	since  int64 // it holds from this moment on, milliseconds: when the charter that waited has come into force
	until  int64 // and until this: when the one that waits does

	// waits are kept as long as nobody says other hours and the charter is the
	// same: a calendar can take long to reckon with.
	under string
	waits map[office.EntryID]office.Wait

	// open are the places that may wait for something, up to a place of the joint order
	// with a digest, as places.list has them; nil if none were looked for. more tells
	// that there are others.
	open   []openPlace
	more   bool
	upTo   int64
	upToIs [sha256.Size]byte
	basis  string

	// dispatches are those that were looked at last, without their texts, by the
	// effect of the entry that released each: it alone puts that row, so that the row
	// is the same as long as the effect is.
	dispatches map[[sha256.Size]byte]office.Dispatch
}

// Awaited lists what our side waits for from others, and they from it, by the clocks
// of the charter that is in force at a moment.
func (r *Records) Awaited(ctx context.Context, now time.Time) (found *Awaited, err error) {
	at := now.UnixMilli()
	r.awaited.mu.Lock()
	defer r.awaited.mu.Unlock()
	err = r.view(ctx, "read what is waited for", func(tx *sqldb.Tx, _ *cursor) error {
		_, digest, err := lastPlaced(ctx, tx)
		if err != nil {
			return err
		}
		if r.awaited.found == nil || r.awaited.digest != digest || at < r.awaited.since || at >= r.awaited.until {
			if err := asWritten(ctx, tx); err != nil {
				return err
			}
			o, err := r.awaited.find(ctx, tx, r.config.Side, at)
			if err != nil {
				return err
			}
			r.awaited.found, r.awaited.digest = o, digest
		}
		found = r.awaited.found
		return nil
	})
	return found, err
}

// find finds it once more: of the dispatches it reads what has changed (places), of all
// else, which is little, everything.
func (k *awaited) find(ctx context.Context, tx *sqldb.Tx, own office.Side, at int64) (*Awaited, error) {
	o := &Awaited{Calendars: map[office.Side]office.Calendar{}, OnWatch: map[office.Side]bool{}, LeftAt: map[office.Side]int64{}}
	k.since, k.until = math.MinInt64, math.MaxInt64
	kept, err := readOffice(ctx, tx)
	row := kept.At(at)
	if o.Office = *row; err != nil || row.Charter == nil {
		return o, err
	}
	if row.Pending != nil {
		k.until = row.Pending.From
	} else if kept.Pending != nil {
		k.since = kept.Pending.From
	}
	o.Watches = row.Charter.Rules >= 3
	under := row.Hash
	for _, side := range row.Charter.Sides {
		hours, err := readHours(ctx, tx, side.ID)
		if err != nil {
			return nil, err
		}
		o.Calendars[side.ID] = office.NewCalendar(hours)
		for _, h := range hours {
			under += " " + h.ID.String()
		}
		if err := o.readWatch(ctx, tx, side.ID); err != nil {
			return nil, err
		}
	}
	if k.under != under {
		k.under, k.waits = under, nil
	}
	forms, err := o.readForms(ctx, tx)
	if err != nil {
		return nil, err
	}
	places, err := k.places(ctx, tx, o, forms.asking(), len(row.Charter.Sides))
	if err != nil {
		return nil, err
	}
	lines, err := k.readPlaces(ctx, tx, places)
	if err != nil {
		return nil, err
	}
	lines = slices.DeleteFunc(lines, func(line DispatchLine) bool { return !line.Concerns(own) })
	first := int64(math.MaxInt64)
	for i := range lines { // what is reckoned already needs no clock
		if wait, reckoned := k.waits[lines[i].ID]; !reckoned || wait.Disputes != lines[i].Handling.Disputes() {
			first = min(first, lines[i].At)
		}
	}
	clock, waits := office.NewJointClock(slices.Collect(maps.Values(o.Calendars)), first), map[office.EntryID]office.Wait{}
	for i := range lines {
		line := &lines[i]
		if _, withdrawn := line.Handling.Withdrawn(); !withdrawn && slices.Contains(line.Waiting, own) {
			o.Unread = append(o.Unread, line)
		}
		var form *office.Form
		if line.Form != nil {
			if form, err = forms.read(ctx, tx, line.Form.Hash); err != nil {
				return nil, err
			}
		}
		wait, reckoned := k.waits[line.ID]
		if len(line.Waiting) > 0 || line.Readback || form.AsksForAnswer() {
			if !reckoned {
				wait = row.Charter.Wait(&line.Dispatch, form, clock)
			}
			if !reckoned || wait.Disputes != line.Handling.Disputes() {
				row.Charter.WaitReadback(&wait, &line.Dispatch, &line.Handling, clock)
			}
			waits[line.ID] = wait
		}
		for _, q := range office.Questions(&line.Dispatch, line.Acknowledged, &line.Handling, form, wait) {
			if q.From == own || q.To == own {
				o.Questions = append(o.Questions, Question{q, line, nil})
			}
		}
	}
	k.waits = waits
	if err := o.readTenders(ctx, tx, own); err != nil {
		return nil, err
	}
	slices.SortFunc(o.Questions, func(a, b Question) int { return a.MoreUrgent(&b.Question) })
	return o, nil
}

// readTenders adds the tenders that are not accepted.
func (o *Awaited) readTenders(ctx context.Context, tx *sqldb.Tx, own office.Side) error {
	for side := range o.Calendars {
		for _, state := range []office.TenderState{office.TenderWaiting, office.TenderDeclined} {
			tenders, err := scanRows[office.Tender](ctx, tx, "SELECT row FROM tender WHERE state = $1 AND side = $2 ORDER BY pos LIMIT $3", string(state), side, MaxOpen+1)
			if err != nil {
				return err
			}
			o.More = o.More || len(tenders) > MaxOpen
			for i := range tenders[:min(len(tenders), MaxOpen)] {
				for _, q := range office.TenderQuestions(&tenders[i]) {
					if q.From == own || q.To == own {
						o.Questions = append(o.Questions, Question{q, nil, &tenders[i]})
					}
				}
			}
		}
	}
	return nil
}

// readWatch finds out whether a side has somebody on watch, and since when it has not.
func (o *Awaited) readWatch(ctx context.Context, tx *sqldb.Tx, side office.Side) error {
	on, err := count(ctx, tx, "SELECT COUNT(*) FROM watch WHERE side = $1 AND ended = $2", side, int64(notEnded))
	if err != nil {
		return err
	}
	if on > 0 {
		o.OnWatch[side] = true
		return nil
	}
	// Those that began last are enough: no more are on watch at once.
	watches, err := scanRows[office.Watch](ctx, tx, "SELECT row FROM watch WHERE side = $1 ORDER BY pos DESC LIMIT $2", side, office.MaxOnWatch+1)
	for _, w := range watches {
		if w.End != nil {
			o.LeftAt[side] = max(o.LeftAt[side], w.End.Time)
		}
	}
	return err
}

// formsRead are forms by their hashes.
type formsRead map[string]*office.Form

// readForms reads the forms that are or were in force.
func (o *Awaited) readForms(ctx context.Context, tx *sqldb.Tx) (formsRead, error) {
	rows, err := scanRows[office.FormRow](ctx, tx, "SELECT row FROM form WHERE state IN ($1, $2) ORDER BY hash LIMIT $3",
		office.FormInForce, office.FormSucceeded, scanned)
	forms := formsRead{}
	for i := range rows {
		row := &rows[i]
		if forms[row.Hash] = row.Form; row.AboutLives() {
			o.Distress = append(o.Distress, row.Form.Code)
		}
	}
	return forms, err
}

// read gives one form, also one that was put forward again; nil if there is none.
func (f formsRead) read(ctx context.Context, tx *sqldb.Tx, hash string) (*office.Form, error) {
	form, read := f[hash]
	if read {
		return form, nil
	}
	rows, err := scanRows[office.FormRow](ctx, tx, "SELECT row FROM form WHERE hash = $1", hash)
	if len(rows) > 0 {
		form = rows[0].Form
	}
	f[hash] = form
	return form, err
}

// asking are the codes of the forms that ask for an answer.
func (f formsRead) asking() []string {
	codes := map[string]bool{}
	for _, form := range f {
		if form.AsksForAnswer() {
			codes[form.Code] = true
		}
	}
	return slices.Sorted(maps.Keys(codes))
}
