package node

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// greetWithin is how long writing waits, after a start, for the other sides to
// say what they hold of our ledger.
const greetWithin = 3 * time.Second

// probeEvery is how often a disk that took nothing is tried again.
const probeEvery = 5 * time.Second

// readRestored reads the mark of a restore: the sides that have not been heard
// since, one a line. An empty mark means all.
func (n *Node) readRestored() error {
	text, err := os.ReadFile(n.c.Restored)
	if errors.Is(err, fs.ErrNotExist) || n.c.Restored == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the mark of a restore: %w", err)
	}
	n.holds.restored = map[office.Side]bool{}
	sides := n.others()
	if marked := strings.Fields(string(text)); len(marked) > 0 {
		sides = marked
	}
	for _, side := range sides {
		n.holds.restored[side] = true
	}
	return nil
}

// heard notes that a side has said, since the start, all that it holds of us.
func (n *Node) heard(side office.Side) {
	n.holds.mu.Lock()
	delete(n.holds.restored, side)
	n.holds.mu.Unlock()
	n.mayEndRestore()
}

// mayEndRestore takes the mark of a restore away once all sides have been heard
// and nothing is missing. It is called after each change of the ledgers too.
func (n *Node) mayEndRestore() {
	n.holds.mu.Lock()
	defer n.holds.mu.Unlock()
	if n.holds.restored == nil || n.ledger.Behind() != "" {
		return
	}
	if len(n.holds.restored) > 0 {
		// Another process of this side may have heard them and taken it away.
		if _, err := os.Stat(n.c.Restored); !errors.Is(err, fs.ErrNotExist) {
			return
		}
	}
	if err := os.Remove(n.c.Restored); err != nil && !errors.Is(err, fs.ErrNotExist) {
		n.log.Error("the mark of the restore cannot be removed", "error", err)
		return
	}
	n.holds.restored = nil
	n.log.Info("restored: every other side has been heard and nothing is missing")
	n.watches.send(Event{Kind: "mode"})
}

// mode says what the node may do, and if not all, why.
func (n *Node) mode() (Mode, string) {
	behind := n.ledger.Behind() != ""
	n.holds.mu.Lock()
	defer n.holds.mu.Unlock()
	switch {
	case n.holds.forked:
		return ReadOnly, "own-fork"
	case n.holds.outdated:
		return ReadOnly, "needs-newer-rules"
	case behind:
		return Behind, "behind"
	case n.holds.restored != nil:
		return ReadOnly, "restored"
	case n.holds.disk != "":
		return ReadOnly, string(n.holds.disk)
	}
	return Ready, ""
}

// waitGreeted waits until every side has been asked once, or some time.
func (n *Node) waitGreeted(ctx context.Context) {
	deadline := time.NewTimer(greetWithin)
	defer deadline.Stop()
	for _, side := range n.others() {
		select {
		case <-n.link.Greeted(side):
		case <-deadline.C:
			n.holds.greeted.Store(true)
			return
		case <-ctx.Done():
			return
		}
	}
	n.holds.greeted.Store(true)
}

// openLink joins the link to the ledger and the records.
func (n *Node) openLink(ctx context.Context) error {
	certificate, err := n.c.Keys.LinkCertificate()
	if err != nil {
		return err
	}
	row, err := n.records.Office(ctx)
	if err != nil {
		return err
	}
	peers := make([]link.Peer, len(n.c.Admitted))
	var halted []string
	for i, credence := range n.c.Admitted {
		peers[i] = link.Peer{Side: credence.Side, Address: n.addressOf(row.Charter, credence), KeyHash: credence.LinkKey}
		if n.haltedBy(credence.Side) != "" {
			halted = append(halted, credence.Side)
		}
	}
	n.link = link.New(link.Config{
		Ledger: n.ledger, Peers: peers, Key: certificate, Carrier: n.c.Carrier, Dial: n.c.Connect, Now: n.now, Log: n.log, Halted: halted,
		Greeting: n.greeting, DigestAt: n.digestAt, OnAlarm: n.onAlarm, OnState: n.onState, OnReceipt: n.onReceipt, OnTrouble: n.onTrouble, OnAnswered: n.onAnswered,
	})
	return nil
}

// addressOf is where a side's link is reached: as our settings say, or else as
// the sides have agreed in the charter, or else as its credence says.
func (n *Node) addressOf(charter *office.Charter, credence ledger.Credence) string {
	if address := n.c.Dial[credence.Side]; address != "" {
		return address
	}
	if charter != nil {
		if side := charter.Side(credence.Side); side != nil {
			return side.Address
		}
	}
	return credence.Address
}

// lasting are the alarms after which a ledger is not replicated until an
// operator has looked at them.
var lasting = []string{ledger.RefusedFork, ledger.RefusedSeenBack, ledger.RefusedLeaf}

// haltedBy is the alarm that has ended the replication of a side's ledger.
func (n *Node) haltedBy(side office.Side) string {
	for _, code := range lasting {
		if n.alarms.isOpen(code, side) {
			return code
		}
	}
	return ""
}

// greeting is what the other sides are told of this node.
func (n *Node) greeting(ctx context.Context) (link.Local, error) {
	mode, _ := n.mode()
	local := link.Local{Mode: string(mode), Software: n.c.Version, Rules: office.Version, Founding: n.foundingHash(ctx)}
	digest, err := n.records.Digest(ctx)
	if err != nil {
		return local, fmt.Errorf("read the digest: %w", err)
	}
	if digest.Count > 0 {
		local.Settled = link.Point{Count: digest.Count, Digest: hex.EncodeToString(digest.Hash[:])}
	}
	return local, nil
}

// digestAt answers what the digest was at a count of settled entries.
func (n *Node) digestAt(ctx context.Context, count int64) (link.Mark, bool, error) {
	settled, err := n.records.Digest(ctx)
	if err != nil || count > settled.Count {
		return link.Mark{}, false, err
	}
	hash, id, ok, err := n.records.DigestAt(ctx, count)
	if err != nil || !ok {
		return link.Mark{}, false, err
	}
	return link.Mark{Digest: hex.EncodeToString(hash[:]), Entry: id.String()}, true, nil
}

func (n *Node) onAlarm(a link.Alarm) {
	if a.Code == ledger.RefusedOwnFork {
		n.holds.mu.Lock()
		n.holds.forked = true
		n.holds.mu.Unlock()
		n.watches.send(Event{Kind: "mode"})
		a.Side = n.side
	}
	n.raise(context.Background(), a.Code, a.Side, a.Detail, a.Evidence)
}

// onState is called when a line goes up or down and after each greeting.
func (n *Node) onState(side office.Side, s link.State) {
	if s.Greeted {
		n.heard(side)
		n.mayWakeFound()
	}
	n.maySettle()
	n.watches.send(Event{Kind: "line", Side: side})
	select {
	case n.linesChanged <- struct{}{}:
	default:
	}
}

// onTrouble is called when what a side sent could not be stored, for a reason of
// our own.
func (n *Node) onTrouble(err error) {
	if diskReason(err) != "" {
		n.noteDisk(err)
	}
}

func (n *Node) onReceipt(string, int64) { n.watches.receipts(n.ledger.Head(n.side).Cosigned) }

// mayWakeFound says that there may be something to found.
func (n *Node) mayWakeFound() {
	select {
	case n.wakeFound <- struct{}{}:
	default:
	}
}

// greet tries to found the office when this process has begun to speak, and
// whenever a side has been heard, until it is open and staffed.
func (n *Node) greet(ctx context.Context) {
	for !n.founded.Load() {
		select {
		case <-ctx.Done():
			return
		case <-n.wakeFound:
			n.mayFound(ctx)
		}
	}
}

// listen keeps up with other processes of this side on the same database.
func (n *Node) listen(ctx context.Context) {
	err := n.ledger.Listen(ctx, func(err error) { n.log.Error("the ledgers cannot be read anew", "error", err) })
	if err != nil && ctx.Err() == nil {
		n.log.Error("other processes on the same database are not heard", "error", err)
	}
}

// dial speaks to the other sides by itself while this process is the one of its
// side that may, and probes a disk that took nothing.
func (n *Node) dial(ctx context.Context) {
	probe := time.NewTicker(probeEvery)
	defer probe.Stop()
	for ctx.Err() == nil {
		held, release, err := n.bases[0].Lock(ctx, "link")
		if err == nil {
			n.dials.Store(true)
			n.mayWakeFound()
			n.link.Start(held)
			for wait := true; wait; {
				select {
				case <-held.Done():
					wait = false
				case <-probe.C:
					n.probe(ctx)
				}
			}
			n.dials.Store(false)
			release()
			continue
		}
		if !errors.Is(err, sqldb.ErrHeld) && ctx.Err() == nil {
			n.log.Error("the lock of the link cannot be taken", "error", err)
		}
		n.holds.greeted.Store(true) // the process that dials has asked
		select {
		case <-ctx.Done():
		case <-probe.C:
			n.probe(ctx)
		}
	}
}

// probe tries whether a disk that took nothing takes something again.
func (n *Node) probe(ctx context.Context) {
	n.holds.mu.Lock()
	broken := n.holds.disk != ""
	n.holds.mu.Unlock()
	if !broken {
		n.storeAlarms(ctx)
		return
	}
	err := n.bases[1].Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO probe (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at`, n.now().UnixMilli())
		return err
	})
	n.noteDisk(err)
}

// CutLine cuts or mends the line to a side at this node, for demonstration. It
// does nothing unless the node was opened for that.
func (n *Node) CutLine(side office.Side, cut bool) {
	if n.c.Demo {
		n.link.Cut(side, cut)
	}
}

// Leaf reads the exact bytes of an entry.
func (n *Node) Leaf(ctx context.Context, id office.EntryID) ([]byte, error) {
	entry, err := n.ledger.Entry(ctx, id.Side, id.Index)
	return bytes.Clone(entry.Leaf), err
}

// Disclosure makes the file by which an entry can be shown to a third party.
func (n *Node) Disclosure(ctx context.Context, id office.EntryID) ([]byte, error) {
	return n.ledger.Disclose(ctx, id.Side, id.Index)
}

// Receipts are the proofs that other sides, or this one, have stored an entry.
func (n *Node) Receipts(ctx context.Context, id office.EntryID) ([]Receipt, error) {
	held, err := n.ledger.Receipts(ctx, id.Side, id.Index)
	if err != nil {
		return nil, err
	}
	receipts := make([]Receipt, len(held))
	for i, r := range held {
		receipts[i] = Receipt{By: r.By, At: r.At, Held: r.Held, Size: r.Size, Note: string(r.Note)}
	}
	slices.SortFunc(receipts, func(a, b Receipt) int { return a.Held.Compare(b.Held) })
	return receipts, nil
}
