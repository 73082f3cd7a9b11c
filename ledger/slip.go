package ledger

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"liaison.example/sqldb"
)

// slip is a file on which receipts are noted when they come, one line of JSON each,
// until they are in the database (docs/decisions/receipts.md). A receipt that is said
// to be held stands on it, so that a killed process loses none, and who waits for one
// waits for no transaction. There is a slip where one process writes to a database in
// a file: with SQLite. Ledger.mu guards it.
type slip struct {
	path     string    // "" if there is none
	file     *os.File  // nil until something is noted
	receipts []Receipt // that stand on it and are not known to be in the database
	dirty    bool      // more stands in the file than receipts says, or half a line
	due      *time.Timer
	after    func(d time.Duration, f func()) *time.Timer // sets due
}

const (
	// slipFor is how long a receipt is on the slip alone, unless the database is
	// slow, and slipAgain how long until it is tried again if it failed.
	slipFor   = 20 * time.Millisecond
	slipAgain = time.Second
	// slipLimit is how long the database may take.
	slipLimit = time.Minute
	// maxSlip is how many receipts are on the slip at most.
	maxSlip = 256
	// maxSlipBytes is how much of a slip is read.
	maxSlipBytes = 4 << 20
)

// note writes a receipt on the slip. After an error it is not held.
func (s *slip) note(r Receipt) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if s.file == nil {
		if s.file, err = os.OpenFile(s.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600); err != nil {
			return err
		}
	}
	if s.dirty && len(s.receipts) == 0 {
		s.clear()
	}
	if s.dirty {
		return fmt.Errorf("%s holds more than it should", s.path)
	}
	if _, err := s.file.Write(append(line, '\n')); err != nil {
		s.dirty = true
		return err
	}
	s.receipts = append(s.receipts, r)
	return nil
}

// clear empties the slip. What cannot be taken from the file is in the database
// as well, and does no harm.
func (s *slip) clear() {
	s.receipts = nil
	s.dirty = os.Truncate(s.path, 0) != nil
}

// read gives the receipts in the file. What is not one is passed over: the end
// of a line that a crash has cut off. Of a file that cannot be read it gives none:
// they are asked for again.
func (s *slip) read() (receipts []Receipt) {
	file, err := os.Open(s.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	all, err := io.ReadAll(io.LimitReader(file, maxSlipBytes))
	s.dirty = err != nil || len(all) > 0
	for line := range bytes.Lines(all) {
		var r Receipt
		if json.Unmarshal(line, &r) == nil {
			receipts = append(receipts, r)
		}
	}
	return receipts
}

// noteReceipt stores a cosignature by way of the slip, and reports whether it has.
// If not, and without an error, it is for the database. l.mu is held.
func (l *Ledger) noteReceipt(ctx context.Context, r Receipt, c *checkpoint, at time.Time) (bool, error) {
	s, lg, by := &l.slip, l.logs[r.Side], l.logs[r.By]
	if s.path == "" || l.unsure || len(s.receipts) >= maxSlip || c.size > lg.tree.size {
		return false, nil
	}
	root, err := l.rootHere(ctx, lg, c.size)
	if err != nil {
		return false, err
	}
	row, next, err := l.judge(lg, by, r, c, at, root)
	if err != nil {
		return false, err
	}
	if s.note(row) != nil {
		return false, nil
	}
	l.hold(row, next)
	if len(s.receipts) == 1 {
		s.due = s.after(slipFor, l.emptyWhenDue)
	}
	return true, nil
}

// hold takes a receipt that is stored into memory, with what the log of its giver
// is then. l.mu is held.
func (l *Ledger) hold(r Receipt, next log) {
	*l.logs[r.By] = next
	lg := l.logs[r.Side]
	cosigned := maps.Clone(lg.cosigned)
	cosigned[r.By] = r.Size
	lg.cosigned = cosigned
	l.changed()
}

// EmptySlip puts what is on the slip into the database. If that fails it stays on the
// slip, and is tried again.
func (l *Ledger) EmptySlip(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.slip
	if len(s.receipts) == 0 {
		return nil
	}
	err := l.updateBy(ctx, l.db.UpdateSoon, func(tx *sqldb.Tx) error {
		for _, r := range s.receipts {
			if err := storeReceipt(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.due.Stop()
		if !errors.Is(err, sqldb.ErrClosed) {
			s.due = s.after(slipAgain, l.emptyWhenDue)
		}
		return fmt.Errorf("store the receipts that have come: %w", err)
	}
	s.due.Stop()
	s.clear()
	l.publish()
	return nil
}

// onSlip finds on a slip the first receipt of one side over more than size entries of
// another's ledger. Who reads takes the slip from the view before he reads the
// database, and so misses none and waits for no writer.
func onSlip(slip []Receipt, side, by string, size int64) (Receipt, bool) {
	i := slices.IndexFunc(slip, func(r Receipt) bool { return r.Side == side && r.By == by && r.Size > size })
	if i < 0 {
		return Receipt{}, false
	}
	return slip[i], true
}

// emptyWhenDue empties the slip. What hinders it hinders the next act as well,
// which says so.
func (l *Ledger) emptyWhenDue() {
	ctx, cancel := context.WithTimeout(context.Background(), slipLimit)
	defer cancel()
	_ = l.EmptySlip(ctx)
}

// readSlip takes what a process that was killed has left on the slip.
func (l *Ledger) readSlip(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.slip
	if s.path == "" {
		return nil
	}
	for _, r := range s.read() {
		if good, err := l.good(ctx, r); err != nil {
			return err
		} else if good {
			s.receipts = append(s.receipts, r)
		}
	}
	if len(s.receipts) > 0 {
		l.recall()
		l.publish()
		s.due = s.after(slipFor, l.emptyWhenDue)
	}
	return nil
}

// good reports whether a receipt from the slip is one over what is stored here. A
// database that is older than its slip has to ask for its receipts again.
func (l *Ledger) good(ctx context.Context, r Receipt) (good bool, err error) {
	lg, by := l.logs[r.Side], l.logs[r.By]
	if lg == nil || by == nil || r.By == l.side || r.By == r.Side || !l.plausible(r.Standing) {
		return false, nil
	}
	c, _, err := openCosigned(r.Note, lg.verifier, by.cosigner)
	if err != nil || c.size != r.Size || c.size > lg.tree.size {
		return false, nil
	}
	root, err := l.rootHere(ctx, lg, c.size)
	return root == c.root, err
}

// recall takes into memory what is on the slip, after memory was read from the
// database. l.mu is held.
func (l *Ledger) recall() {
	for _, r := range l.slip.receipts {
		lg, by := l.logs[r.Side], l.logs[r.By]
		if r.Size <= lg.cosigned[r.By] {
			continue
		}
		next := *by
		if b, news := l.binding(by, r.Standing); news {
			next.promise(b)
			next.passed()
		}
		l.hold(r, next)
	}
}

// Close puts into the database what is held and not there yet. The ledger is not
// used afterwards.
func (l *Ledger) Close(ctx context.Context) error {
	err := l.EmptySlip(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slip.path = ""
	if l.slip.file != nil {
		err = errors.Join(err, l.slip.file.Close())
		l.slip.file = nil
	}
	return err
}
