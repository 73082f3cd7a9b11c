package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// Config is all that a node is made of.
type Config struct {
	Keys     *ledger.Keys
	Own      ledger.Credence   // this side's
	Admitted []ledger.Credence // of the sides that were admitted

	// Dial has the link addresses of sides that are reached in another way than
	// the charter, or before it their credences, say.
	Dial map[office.Side]string

	// The three databases (docs/architecture.md). Durable is set by the node.
	Ledger, Local, Records sqldb.Config

	// Evidence is the folder for what proves an alarm. It is made when needed.
	Evidence string
	// Restored is the path of the mark that a restore leaves. While it is
	// there, the node does not sign until every other side has been heard.
	Restored string

	// Free tells how many bytes are free on the disk of the ledgers. It may be nil
	// where nobody can know.
	Free func() (int64, error)

	// Carrier carries the link's messages. If nil, it is HTTP to the addresses
	// in the credences.
	Carrier link.Carrier
	// Connect opens the connections of the link to other nodes. If nil, they are
	// plain TCP.
	Connect func(ctx context.Context, address string) (net.Conn, error)
	// Wrote is told how long each write took and how it ended. It may be nil.
	Wrote func(took time.Duration, err error)

	Now     func() time.Time
	Log     *slog.Logger
	Version string
	// Demo allows the switch that cuts the line.
	Demo bool

	// Pages is the address of the pages as people reach them, for links in what they
	// are told; empty: what they are told has no links.
	Pages string
	// Senders are further kinds of means by which people are told.
	Senders []notify.Sender
	// TellByHand leaves the telling of people to who calls Tell, and that of open
	// pages what changes by time alone to who calls TellTime: a test that turns the
	// clock.
	TellByHand bool
}

// Node is one office at work on one side. Its methods may be called from many
// goroutines.
type Node struct {
	c     Config
	now   func() time.Time
	log   *slog.Logger
	side  office.Side
	bases [3]*sqldb.DB // ledger, local, records

	ledger  *ledger.Ledger
	records *records.Records
	people  *people.People
	link    *link.Link
	notify  *notify.Notify

	writes  chan *write
	onces   onces
	stopped chan struct{}         // closed when the writer has ended
	fold    sync.Mutex            // held by whoever folds: the writer or the folder
	folded  map[office.Side]int64 // under fold: of each ledger, the records have at least so many entries
	settle  chan struct{}         // holds a token when there may be more to settle
	index   chan struct{}         // holds a token when there may be more to index

	foldedAtStart bool // Open has folded all that was there

	watches    watches
	enclosures enclosures
	alarms     alarms
	numbered   map[office.Side]int64 // entries of each other side that followNumbers has looked at
	holds      holds
	releases   turns

	dials     atomic.Bool   // this process is the one of its side that speaks by itself
	founded   atomic.Bool   // the office is open and this side has its first posts
	foundMu   sync.Mutex    // held by mayFound
	wakeFound chan struct{} // holds a token when there may be something to found
	answered  chan struct{} // holds a token when a receipt of ours has gone out

	linesChanged chan struct{} // holds a token when a line has changed
	told         told
	climbs       climbs
	passing      passing
	mayDiscard   bool // records that are damaged

	stop context.CancelFunc
	done sync.WaitGroup
}

// holds is why the node does not sign, apart from being behind.
type holds struct {
	mu       sync.Mutex
	restored map[office.Side]bool // sides still to be heard after a restore; nil if none was
	disk     office.Reason        // "disk-full", "disk-read-only" or "disk-broken" since the last write; empty if it went well
	forked   bool                 // our own key has signed another history
	outdated bool                 // the rules in force are newer than this program
	greeted  atomic.Bool          // every side was asked once what it holds of us, or cannot be reached
}

// Open opens the databases, folds what is not folded yet and starts to work:
// it writes, folds and speaks with the other sides until Close. Records that are
// damaged are thrown away, once, and folded again.
func Open(ctx context.Context, c Config) (*Node, error) {
	n, err := start(ctx, c, true)
	var damaged *damagedRecords
	if !errors.As(err, &damaged) {
		return n, err
	}
	if errDiscard := c.Records.Discard(); errDiscard != nil {
		return nil, errors.Join(err, errDiscard)
	}
	c.Log.Warn("the records are damaged; they are folded again from the ledgers", "error", err)
	return start(ctx, c, false)
}

// start opens a node. With mayDiscard it answers *damagedRecords if they are.
func start(ctx context.Context, c Config, mayDiscard bool) (*Node, error) {
	n := &Node{
		c: c, now: c.Now, log: c.Log, side: c.Own.Side, mayDiscard: mayDiscard,
		writes: make(chan *write, maxWaitingWrites), stopped: make(chan struct{}), folded: map[office.Side]int64{},
		settle: make(chan struct{}, 1), index: make(chan struct{}, 1), wakeFound: make(chan struct{}, 1), answered: make(chan struct{}, 1),
		linesChanged: make(chan struct{}, 1),
	}
	if err := n.open(ctx); err != nil {
		n.closeBases()
		return nil, err
	}
	ctx, n.stop = context.WithCancel(context.WithoutCancel(ctx))
	n.run(ctx, n.write)
	n.run(ctx, n.follow)
	n.run(ctx, n.settleFromTimeToTime)
	n.run(ctx, n.indexFromTimeToTime)
	n.run(ctx, n.listen)
	n.run(ctx, n.greet)
	n.run(ctx, n.dial)
	n.run(ctx, n.tellProcesses)
	n.run(ctx, n.tellWebhooks)
	n.run(ctx, n.hearProcesses)
	n.run(ctx, n.enclose)
	n.run(ctx, n.followNumbers)
	n.run(ctx, n.followLines)
	if !n.c.TellByHand {
		n.run(ctx, n.tellTime)
	}
	for _, side := range n.others() {
		n.run(ctx, func(ctx context.Context) { n.fetchFrom(ctx, side) })
	}
	return n, nil
}

// run starts a goroutine that ends with ctx; Close waits for it.
func (n *Node) run(ctx context.Context, f func(context.Context)) {
	n.done.Go(func() { f(ctx) })
}

func (n *Node) open(ctx context.Context) error {
	for i, base := range []*sqldb.Config{&n.c.Ledger, &n.c.Local, &n.c.Records} {
		base.Durable = i < 2 // records may be folded again
		db, err := sqldb.Open(ctx, *base)
		if err != nil && i == 2 {
			return n.damagedOr(err)
		}
		if err != nil {
			return err
		}
		n.bases[i] = db
	}
	var err error
	parties := make([]ledger.Party, len(n.c.Admitted))
	for i, credence := range n.c.Admitted {
		parties[i] = credence.Party
	}
	n.ledger, err = ledger.Open(ctx, n.bases[0], ledger.Config{
		Office: n.c.Own.Office, Side: n.side, Keys: n.c.Keys, Parties: parties, Now: n.now,
	})
	if err != nil {
		return err
	}
	if err := n.openEnclosures(ctx); err != nil {
		return err
	}
	if n.people, err = people.Open(ctx, n.bases[1], n.c.Keys.LocalKey(), n.now); err != nil {
		return err
	}
	if err := n.alarms.open(ctx, n.bases[1], n.c.Evidence, n.now); err != nil {
		return err
	}
	if err := migrateLocal(ctx, n.bases[1]); err != nil {
		return err
	}
	if n.records, err = records.Open(ctx, n.bases[2], records.Config{Office: n.c.Own.Office, Side: n.side, Source: n.source, Log: n.log}); err != nil {
		return n.damagedOr(err)
	}
	if err := n.openNotify(ctx); err != nil {
		return err
	}
	if err := n.openNumbers(ctx); err != nil {
		return err
	}
	if err := n.readRestored(); err != nil {
		return err
	}
	// Records that reach further than the ledger show that an older ledger was
	// put in its place: what is missing is fetched back before anything is signed.
	placed, err := n.records.Placed(ctx)
	if err != nil {
		return n.damagedOr(err)
	}
	// (Another process of this side may have written what it has placed since the
	// ledger was opened.)
	if err := n.ledger.Refresh(ctx); err != nil {
		return err
	}
	for side, count := range placed {
		n.ledger.MustHold(side, count)
	}
	n.holds.forked = n.alarms.isOpen(ledger.RefusedOwnFork, n.side)
	err = n.catchUp(ctx)
	n.foldedAtStart = err == nil
	if n.mayDiscard && sqldb.IsDamaged(err) {
		return &damagedRecords{err}
	}
	if diskReason(err) != "" {
		n.noteDisk(err) // what is folded can be read meanwhile; follow tries again
	} else if err != nil {
		return fmt.Errorf("fold the ledgers: %w", err)
	}
	return n.openLink(ctx)
}

// damagedRecords says that the database of the records is not what was written
// there. Nothing is lost by it.
type damagedRecords struct{ error }

func (d *damagedRecords) Unwrap() error { return d.error }

// damagedOr marks an error in reading the records if they are damaged and may be
// thrown away.
func (n *Node) damagedOr(err error) error {
	if n.mayDiscard && sqldb.IsDamaged(err) {
		return &damagedRecords{err}
	}
	return err
}

// Close ends the work: it waits for writes that have begun, then closes the
// databases.
func (n *Node) Close() error {
	n.stop()
	n.done.Wait()
	n.link.Close()
	n.watches.close()
	return n.closeBases()
}

func (n *Node) closeBases() error {
	var errs []error
	if n.ledger != nil {
		errs = append(errs, n.ledger.Close(context.Background()))
	}
	for _, db := range n.bases {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Records is for reading what follows from the ledgers.
func (n *Node) Records() *records.Records { return n.records }

// People is for sign-in links and sessions.
func (n *Node) People() *people.People { return n.people }

// Ledger is for reading, exporting and proving.
func (n *Node) Ledger() *ledger.Ledger { return n.ledger }

// Side is the side whose node this is.
func (n *Node) Side() office.Side { return n.side }

// LinkHandler answers the messages of other nodes.
func (n *Node) LinkHandler() http.Handler { return n.link.Handler() }

// Link is the lines to the other sides.
func (n *Node) Link() *link.Link { return n.link }

// Copy makes consistent copies of ledger.db and local.db, for a backup.
func (n *Node) Copy(ctx context.Context, ledgerPath, localPath string) error {
	if err := n.ledger.EmptySlip(ctx); err != nil {
		return fmt.Errorf("copy the ledger: %w", err)
	}
	if err := n.bases[0].VacuumInto(ctx, ledgerPath); err != nil {
		return fmt.Errorf("copy the ledger: %w", err)
	}
	if err := n.bases[1].VacuumInto(ctx, localPath); err != nil {
		return fmt.Errorf("copy the local database: %w", err)
	}
	return nil
}

// others are the sides other than this one that are admitted.
func (n *Node) others() []office.Side {
	sides := make([]office.Side, len(n.c.Admitted))
	for i, credence := range n.c.Admitted {
		sides[i] = credence.Side
	}
	return sides
}

func cloneCounts(counts map[string]int64) map[string]int64 {
	if counts == nil {
		return map[string]int64{}
	}
	return maps.Clone(counts)
}
