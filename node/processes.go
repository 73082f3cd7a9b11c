package node

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// With PostgreSQL several processes may serve one side. One of them speaks with
// the other sides by itself; the others know from it how the lines are, and
// each knows of the alarms that another has raised or cleared. Each says from
// time to time that it is there: who knows that it is alone need not wait for
// the others before it writes.

var lineMigrations = []sqldb.Migration{{Name: "lines", SQL: `
-- How the line to each side is, as the process that speaks with it has told.
CREATE TABLE line (
	side  TEXT PRIMARY KEY,
	state TEXT NOT NULL -- JSON, a toldLine
);
`}}

// processChannel wakes the other processes of this side.
const processChannel = "liaison_node"

const (
	tellEvery = 5 * time.Second  // how often the lines are told, at least
	toldFor   = 20 * time.Second // how long they are taken to be as they were told, and who told them to be there
)

// toldLine is how a line is, as one process tells the others.
type toldLine struct {
	Up        bool          `json:"up"`
	Why       link.Why      `json:"why"`
	Since     time.Time     `json:"since"`
	LastHeard time.Time     `json:"last_heard"`
	Offset    time.Duration `json:"offset"`
	RoundTrip time.Duration `json:"round_trip"`
	Equal     bool          `json:"equal"`
	Mode      string        `json:"mode"`
}

// told is what other processes have told.
type told struct {
	mu    sync.Mutex
	lines map[office.Side]toldLine
	at    time.Time // by our own monotonic clock; zero if nothing was told
	heard time.Time // when any other process was heard last, by the same clock; zero if none was
}

// shared reports whether other processes may serve this side too.
func (n *Node) shared() bool { return n.bases[1].Engine() == sqldb.PostgreSQL }

// tellProcesses tells the other processes that this one is there and, if it is
// the one that speaks, how the lines are: at the start, after each change and
// from time to time.
func (n *Node) tellProcesses(ctx context.Context) {
	if !n.shared() {
		return
	}
	again := time.NewTicker(tellEvery)
	defer again.Stop()
	for {
		tell := n.sayHere
		if n.dials.Load() {
			tell = n.storeLines
		}
		if err := tell(ctx); err != nil && ctx.Err() == nil {
			n.log.Debug("the other processes are told nothing", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		case <-n.linesChanged:
		}
	}
}

// sayHere tells the other processes that this one is there.
func (n *Node) sayHere(ctx context.Context) error {
	return n.bases[1].Update(ctx, func(tx *sqldb.Tx) error { return tx.Notify(ctx, processChannel) })
}

// inCompany reports whether another process of this side was heard lately.
func (n *Node) inCompany() bool {
	n.told.mu.Lock()
	defer n.told.mu.Unlock()
	return !n.told.heard.IsZero() && time.Since(n.told.heard) < toldFor
}

func (n *Node) storeLines(ctx context.Context) error {
	states := n.link.States()
	return n.bases[1].Update(ctx, func(tx *sqldb.Tx) error {
		for _, side := range slices.Sorted(maps.Keys(states)) {
			s := states[side]
			text, err := json.Marshal(toldLine{
				Up: s.Up, Why: s.Why, Since: s.Since, LastHeard: s.LastHeard,
				Offset: s.Offset, RoundTrip: s.RoundTrip, Equal: s.Equal, Mode: s.Told.Mode,
			})
			if err != nil {
				return fmt.Errorf("tell the state of a line: %w", err)
			}
			_, err = tx.Exec(ctx, `INSERT INTO line (side, state) VALUES ($1, $2) ON CONFLICT (side) DO UPDATE SET state = excluded.state`,
				side, string(text))
			if err != nil {
				return err
			}
		}
		return tx.Notify(ctx, processChannel)
	})
}

// hearProcesses takes in what other processes tell, until ctx ends.
func (n *Node) hearProcesses(ctx context.Context) {
	if !n.shared() {
		return
	}
	connected := false
	err := n.bases[1].Listen(ctx, processChannel, func() {
		if connected { // the first call says only that we listen from now on
			n.told.mu.Lock()
			n.told.heard = time.Now()
			n.told.mu.Unlock()
		}
		connected = true
		if err := n.loadLines(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the state of the lines cannot be read", "error", err)
		}
		if err := n.rereadAlarms(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("the alarms cannot be read anew", "error", err)
		}
	})
	if err != nil && ctx.Err() == nil {
		n.log.Error("other processes of this side are not heard", "error", err)
	}
}

func (n *Node) loadLines(ctx context.Context) error {
	if n.dials.Load() {
		return nil
	}
	lines := map[office.Side]toldLine{}
	err := n.bases[1].View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT side, state FROM line ORDER BY side`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var side, text string
			if err := rows.Scan(&side, &text); err != nil {
				return err
			}
			var line toldLine
			if err := json.Unmarshal([]byte(text), &line); err != nil {
				return fmt.Errorf("the state of the line to %s: %w", side, err)
			}
			lines[side] = line
		}
		return rows.Err()
	})
	if err != nil {
		return err
	}
	n.told.mu.Lock()
	n.told.lines, n.told.at = lines, time.Now()
	n.told.mu.Unlock()
	for side := range lines {
		n.watches.send(Event{Kind: "line", Side: side})
	}
	return nil
}

// lines is how the lines are: as this process sees them or, where another
// speaks for this side, as that one has told lately.
func (n *Node) lines() map[office.Side]link.State {
	states := n.link.States()
	if !n.shared() || n.dials.Load() {
		return states
	}
	n.told.mu.Lock()
	defer n.told.mu.Unlock()
	if n.told.at.IsZero() || time.Since(n.told.at) > toldFor {
		return states
	}
	for side, s := range states {
		if t, there := n.told.lines[side]; there {
			s.Up, s.Why, s.Since, s.LastHeard = t.Up, t.Why, t.Since, t.LastHeard
			s.Offset, s.RoundTrip, s.Equal, s.Told.Mode = t.Offset, t.RoundTrip, t.Equal, t.Mode
			states[side] = s
		}
	}
	return states
}

// rereadAlarms takes in which alarms other processes have raised or cleared:
// replication that has ended with one ends here too, and goes on with it.
func (n *Node) rereadAlarms(ctx context.Context) error {
	raised, cleared, err := n.alarms.reread(ctx)
	if err != nil {
		return err
	}
	for _, key := range cleared {
		n.link.SeenTo(key.code, key.side)
		if slices.Contains(lasting, key.code) && n.haltedBy(key.side) == "" {
			n.link.Resume(key.side)
		}
		n.watches.send(Event{Kind: "alarm", Side: key.side})
	}
	for _, key := range raised {
		switch {
		case key.code == ledger.RefusedOwnFork:
			n.holds.mu.Lock()
			n.holds.forked = true
			n.holds.mu.Unlock()
			n.watches.send(Event{Kind: "mode"})
		case slices.Contains(lasting, key.code):
			n.link.Halt(key.side)
		}
		n.watches.send(Event{Kind: "alarm", Side: key.side})
	}
	return nil
}
