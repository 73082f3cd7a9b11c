// Package ledger keeps the logs of an office: the one that this side writes,
// and a replica of each other side's. A log is append-only and tamper-evident:
// its leaves are the exact bytes of entries, its Merkle tree is that of RFC
// 6962, its head is a C2SP checkpoint signed by the side that writes it, and
// each other side cosigns that checkpoint when it has stored what it covers.
// That cosignature is the receipt.
//
// What holds, whatever the other side sends and whenever a process dies:
//
//   - An entry that was stored never changes; the database refuses it too.
//   - A checkpoint or cosignature is on disk before anybody is shown it.
//   - This side never signs two histories: an append is a compare-and-swap on
//     the size of its own log, and a node that lacks entries it once signed
//     does not sign until it has them back.
//   - Nothing is cosigned that was not checked byte by byte and stored.
//
// The package reads the frame of an entry, never the body (spec/entries.md).
package ledger

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Config says whose ledger it is.
type Config struct {
	Office string
	Side   string
	// Keys signs for the side. It may be nil for a ledger that is only read.
	Keys *Keys
	// Parties are the other sides, with their public keys.
	Parties []Party
	// Now gives the time for cosignatures and for the limit on entries from
	// the future.
	Now func() time.Time
	// After is time.AfterFunc, unless a test turns the clock by hand. It may be nil.
	After func(d time.Duration, f func()) *time.Timer
}

// A Party is another side as the ledger needs to know it.
type Party struct {
	Side        string
	Key         string // C2SP vkey of its ledger, named Origin(office, side)
	CosignerKey string // C2SP vkey of its cosigner, named CosignerName(office, side)
}

// Entry is one signed statement with its place in its side's ledger.
type Entry struct {
	Side  string
	Index int64
	Hash  tlog.Hash // RFC 6962 leaf hash
	Leaf  []byte    // the exact bytes that are signed and stored
	Frame Frame
}

// Head is how far one ledger reaches here.
type Head struct {
	Size       int64 // entries stored
	Placeable  int64 // of these, the first that can take their place in the joint order: all they have seen is here
	Root       tlog.Hash
	Checkpoint []byte           // signed note; it may be larger than Size while a catch-up is under way; nil before the first entry
	Cosigned   map[string]int64 // size covered by each other side's latest cosignature, by side
	Noted      int64            // size of the largest checkpoint that anybody has shown us
}

// Standing is a side's promise about what it will write next: each entry of its
// own with an index of Own or more has seen at least Seen[side] entries of each
// other side. It is given with every cosignature and heartbeat, and held
// against its giver (spec/entries.md §5).
type Standing struct {
	Own  int64            `json:"own"`
	Seen map[string]int64 `json:"seen"`
}

// Extension is a run of consecutive entries of one side's ledger, with what it
// takes to check them against what the hearer holds.
type Extension struct {
	Side       string
	From       int64       // index of the first leaf: the hearer holds exactly From entries
	Checkpoint []byte      // signed note over a tree of N >= From+len(Leaves) entries
	Proof      []tlog.Hash // consistency of the tree of From+len(Leaves) entries with that of N; empty if they are the same
	Leaves     [][]byte

	// Relayed says that another side than the writer hands it on. If its
	// entries do not lead to its checkpoint, that is no proof of a fork then.
	Relayed bool
}

// Receipt is one side's cosignature over a checkpoint of a ledger: its proof
// that it has durably stored all that the checkpoint covers.
type Receipt struct {
	Side     string // whose ledger
	By       string // whose cosignature
	Size     int64  // how many entries it covers; 0 if nothing could be cosigned yet
	Note     []byte // the checkpoint with the ledger's signature and the one cosignature; nil if nothing could be cosigned yet
	At       time.Time
	Held     time.Time // when it was stored here
	Standing Standing  // what the cosigner promised with it
}

var (
	// ErrStale says that the ledger has grown since the caller looked: another
	// process appended, or entries arrived that the new ones have not seen.
	// The caller folds what is new and tries again.
	ErrStale = errors.New("the ledger has grown meanwhile")

	// ErrBehind says that another side has shown this side's signature over
	// more than is stored here: nothing is signed until it is fetched back.
	ErrBehind = errors.New("another side holds more of this side's ledger than this node does")

	// ErrNoEntry says that there is no such entry here.
	ErrNoEntry = errors.New("no such entry in this ledger")
)

// Ledger is the logs of all sides as one node keeps them. Its methods may be
// called from many goroutines.
type Ledger struct {
	office string
	side   string
	keys   *Keys
	now    func() time.Time
	db     *sqldb.DB

	// mu is held through each write to the database, so that what stands in
	// memory is what stands there.
	mu      sync.Mutex
	logs    map[string]*log // by side, own included
	watches map[*watch]struct{}
	unsure  bool  // what stands in memory may not be what stands in the database
	turn    int64 // with PostgreSQL, the turn (schemaTurn) that memory is of
	slip    slip

	// view is what those see who only read: the logs as they stood after the
	// last change. They do not wait for mu, which is held while a disk writes.
	view atomic.Pointer[view]
}

// view is a copy of the logs that does not change any more. Of each log only
// what is replaced and never changed in place may be read: the keys, tree,
// recent, placeable, checkpoint, signed, shown, cosigned, mustHold.
type view struct {
	logs     map[string]*log
	heads    map[string]Head // their maps are never changed
	behind   string
	standing Standing
	slip     []Receipt // held, and not known to be in the database
}

// log is a side's log; one without keys and entries if there is no such side.
func (v *view) log(side string) *log {
	if lg := v.logs[side]; lg != nil {
		return lg
	}
	return &log{}
}

// publish lets readers see the logs as they now stand. l.mu is held.
func (l *Ledger) publish() {
	v := &view{logs: make(map[string]*log, len(l.logs)), heads: make(map[string]Head, len(l.logs)),
		behind: l.behind(), standing: l.standing(), slip: l.slip.receipts}
	for side, lg := range l.logs {
		still := *lg
		v.logs[side], v.heads[side] = &still, lg.head()
	}
	l.view.Store(v)
}

// log is one side's log. Its fields are guarded by Ledger.mu.
type log struct {
	side     string
	verifier *noteVerifier // of its checkpoints
	cosigner *noteVerifier // of its side's cosignatures

	tree       tree
	recent     recent
	placeable  int64              // 0 <= placeable <= tree.size
	recovered  int64              // of the own log, entries that were fetched back from others
	seen       map[string]int64   // of the last stored entry
	waiting    []map[string]int64 // seen of each entry from placeable on
	checkpoint []byte             // the latest under which entries were stored
	signed     int64              // its size; signed >= tree.size

	noted     []*checkpoint    // shown to us, larger than tree.size, to be held against the entries; by size, at most maxNoted
	shown     int64            // size of the largest shown to us; shown >= signed
	cosigned  map[string]int64 // size of the latest cosignature, by cosigner's side
	standings []Standing       // of this side: Own and Seen ascending, all but the first about entries that are not all here
	mustHold  int64            // this node's key has signed or cosigned so much: behind while tree.size is less
	missing   int64            // what of mustHold is on disk; 0 if nothing was missing
}

// Open reads how far each ledger reaches. The time it takes does not grow with
// the ledgers.
func Open(ctx context.Context, db *sqldb.DB, c Config) (*Ledger, error) {
	if !ValidOffice(c.Office) || !ValidName(c.Side) {
		return nil, fmt.Errorf("open the ledger: %q of %q cannot be a side of an office", c.Side, c.Office)
	}
	if err := db.Migrate(ctx, "ledger", migrations); err != nil {
		return nil, err
	}
	l := &Ledger{
		office: c.Office, side: c.Side, keys: c.Keys, now: c.Now, db: db,
		logs: map[string]*log{}, watches: map[*watch]struct{}{},
		slip: slip{path: db.Beside("receipts"), after: c.After},
	}
	if l.slip.after == nil {
		l.slip.after = time.AfterFunc
	}
	l.publish()
	parties := c.Parties
	if c.Keys != nil {
		parties = append([]Party{c.Keys.Party()}, parties...)
	}
	if err := l.admit(ctx, parties); err != nil {
		return nil, err
	}
	if err := l.readSlip(ctx); err != nil {
		return nil, err
	}
	return l, nil
}

// Admit makes another side's ledger known. It refuses a side whose keys differ
// from those it was admitted with before, and changes nothing if they are the
// same.
func (l *Ledger) Admit(ctx context.Context, p Party) error {
	return l.admit(ctx, []Party{p})
}

func (l *Ledger) admit(ctx context.Context, parties []Party) error {
	fresh := map[string]*log{}
	for _, p := range parties {
		if !ValidName(p.Side) {
			return fmt.Errorf("admit to the ledger: %q cannot be the id of a side", p.Side)
		}
		lg := &log{side: p.Side}
		var err error
		if lg.verifier, err = parseVerifier(p.Key, Origin(l.office, p.Side), algEd25519); err != nil {
			return fmt.Errorf("ledger key of %s: %w", p.Side, err)
		}
		if l.keys != nil && lg.verifier.vkey() == l.keys.ledgerVerifier.vkey() {
			lg.verifier = l.keys.ledgerVerifier
		}
		if lg.cosigner, err = parseVerifier(p.CosignerKey, CosignerName(l.office, p.Side), algCosignature); err != nil {
			return fmt.Errorf("cosigner key of %s: %w", p.Side, err)
		}
		fresh[p.Side] = lg
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// What stands in memory of a side that is known already stays: it may know
	// more than the database, such as a checkpoint that was shown.
	maps.DeleteFunc(fresh, func(side string, _ *log) bool { return l.logs[side] != nil })
	err := l.db.Update(ctx, func(tx *sqldb.Tx) error {
		for _, p := range parties {
			if err := l.storeParty(ctx, tx, p); err != nil {
				return err
			}
		}
		for _, lg := range fresh {
			next, err := l.loadLog(ctx, tx, lg)
			if err != nil {
				return err
			}
			*lg = next
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("admit to the ledger: %w", err)
	}
	maps.Copy(l.logs, fresh)
	l.placeWaiting()
	l.publish()
	return nil
}

// storeParty stores a side with its keys, or compares them with those stored.
func (l *Ledger) storeParty(ctx context.Context, tx *sqldb.Tx, p Party) error {
	var own, wasOwn int64
	if p.Side == l.side {
		own = 1
	}
	_, err := tx.Exec(ctx, `INSERT INTO party (side, ledger_key, cosigner_key, own) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		p.Side, p.Key, p.CosignerKey, own)
	if err != nil {
		return err
	}
	var key, cosigner string
	err = tx.QueryRow(ctx, `SELECT ledger_key, cosigner_key, own FROM party WHERE side = $1`, p.Side).Scan(&key, &cosigner, &wasOwn)
	switch {
	case err != nil:
		return err
	case key != p.Key || cosigner != p.CosignerKey:
		return fmt.Errorf("%s was admitted with other keys before", p.Side)
	case wasOwn != own:
		return fmt.Errorf("this is not the database of %s", l.side)
	}
	_, err = tx.Exec(ctx, `INSERT INTO head (side, size, placeable, recovered, root, checkpoint, sum) VALUES ($1, 0, 0, 0, $2, $3, $4) ON CONFLICT DO NOTHING`,
		p.Side, emptyRoot[:], []byte{}, headSum(p.Side, 0, 0, 0, emptyRoot, nil))
	return err
}

// Side is the side that this ledger is kept for.
func (l *Ledger) Side() string { return l.side }

// Office is the name of the office.
func (l *Ledger) Office() string { return l.office }

// Sides lists all sides whose ledgers are kept here, in order, own included.
func (l *Ledger) Sides() []string {
	return slices.Sorted(maps.Keys(l.view.Load().logs))
}

// Heads tells how far each ledger reaches. The map, and the maps in it, are not
// to be changed.
func (l *Ledger) Heads() map[string]Head {
	return l.view.Load().heads
}

// Head tells how far one ledger reaches. It is zero for an unknown side.
func (l *Ledger) Head(side string) Head {
	return l.view.Load().heads[side]
}

func (lg *log) head() Head {
	return Head{
		Size: lg.tree.size, Placeable: lg.placeable, Root: lg.tree.root(),
		Checkpoint: lg.checkpoint, Cosigned: lg.cosigned, Noted: lg.shown,
	}
}

// watch is one subscriber to changes.
type watch struct{ wake chan struct{} }

// Subscribe gives a channel that holds a token whenever something was stored
// since the token before was taken. Many changes may make one token.
func (l *Ledger) Subscribe() (wake <-chan struct{}, cancel func()) {
	w := &watch{make(chan struct{}, 1)}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watches[w] = struct{}{}
	return w.wake, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watches, w)
	}
}

// changed shows readers what has changed and wakes all subscribers. l.mu is
// held.
func (l *Ledger) changed() {
	l.publish()
	for w := range l.watches {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}
