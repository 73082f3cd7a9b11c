// Package notify tells others of what happens in the office: the programs of our
// own side that asked for it by a webhook, and the people of our side of what waits
// for them, by the means that each has set up. What is told holds ids and never the
// text of a dispatch.
//
// What holds:
//
//   - The queue is the record itself: of each webhook is kept up to which entry of
//     each ledger it was told, and that moves on only once it has answered. So
//     nothing is lost by a restart, and each side's entries come in their order.
//   - An attempt that is repeated bears the same webhook-id. A receiver that keeps
//     the ids that it has seen is told nothing twice.
//   - The secrets with which what is told is signed stand in the database sealed
//     with a key that does not. A webhook whose secret does not open is told nothing,
//     and says so.
//   - What people are to be told is planned by a pure function and stands in an
//     outbox before it is sent, once for each dispatch, step of the ladder, person and
//     means. It is sent until the means takes it, and no more once somebody of the
//     side has acknowledged.
//   - No address is asked but that of the webhook, which is looked up once for each
//     attempt: no redirects, and no private address unless the operator allowed it.
package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/seal"
	"liaison.example/sqldb"
)

// Config is what the telling needs.
type Config struct {
	DB  *sqldb.DB // local.db
	Key seal.Key  // the secret of the side from which that of the seal follows
	Now func() time.Time
	Log *slog.Logger
	// Placed gives how many entries of each ledger have their place.
	Placed func(ctx context.Context) (map[office.Side]int64, error)
	// Describe gives what is told of an entry, as JSON.
	Describe func(ctx context.Context, id office.EntryID) (Event, error)

	// Pages is the address of the pages, for links; empty if it is not known.
	Pages string
	// Gather gives what waits for our side, and who may be told of it.
	Gather func(ctx context.Context, now time.Time) (Gathered, error)
	// Waits tells whether a dispatch waits for an acknowledgement of our side.
	Waits func(ctx context.Context, id office.EntryID) (bool, error)
	// Senders are further kinds of means, beside those of this package.
	Senders []Sender
}

// Event is what is told of one entry.
type Event struct {
	Type string    // such as "entry.dispatch"
	At   time.Time // the writer's clock
	Data any
}

// Notify tells webhooks. Its methods may be called from many goroutines.
type Notify struct {
	Config
	seal    seal.Seal
	senders []Sender
	wake    chan struct{} // holds a token when there may be something to tell a webhook
	people  chan struct{} // the same, of people
	pages   pages

	telling sync.Mutex // held by whoever tells people
	swept   time.Time  // under telling: when what is long past was forgotten
	asked   string     // under telling: the last dispatch of which it was asked whether it waits
}

// Open makes or brings up to date the tables in local.db, and seals what an older
// program has left there in clear.
func Open(ctx context.Context, c Config) (*Notify, error) {
	if err := Migrate(ctx, c.DB); err != nil {
		return nil, err
	}
	n := &Notify{Config: c, wake: make(chan struct{}, 1), people: make(chan struct{}, 1)}
	n.senders = append([]Sender{pageSender{n}, mailSender{}, pushSender{}, ntfySender{}, hookSender{n}}, c.Senders...)
	var err error
	if n.seal, err = seal.New(c.Key, "notify"); err != nil {
		return nil, err
	}
	return n, n.sealAll(ctx)
}

// How long is waited between looks. A process that does not have the turn looks
// whether it is free.
const (
	lookAnyway = time.Minute
	lookAgain  = 5 * time.Second
	gatherFor  = 50 * time.Millisecond // before a look, so that it is one for all entries that come at once
)

// Wake says that there may be something to tell. It never waits.
func (n *Notify) Wake() {
	for _, wake := range []chan struct{}{n.wake, n.people} {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Run tells webhooks until ctx ends. Of several processes of a side one has the
// turn.
func (n *Notify) Run(ctx context.Context) {
	for ctx.Err() == nil {
		held, release, err := n.DB.Lock(ctx, "notify")
		if err == nil {
			n.tell(held)
			release()
		} else if !errors.Is(err, sqldb.ErrHeld) && ctx.Err() == nil {
			n.Log.Warn("webhooks are not told", "error", err)
		}
		n.wait(ctx, lookAgain)
	}
}

func (n *Notify) wait(ctx context.Context, longest time.Duration) { n.waitFor(ctx, n.wake, longest) }

func (n *Notify) waitFor(ctx context.Context, wake <-chan struct{}, longest time.Duration) {
	t := time.NewTimer(longest)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}

// tell tells what there is, and again when there may be more, until ctx ends.
func (n *Notify) tell(ctx context.Context) {
	for ctx.Err() == nil {
		next, err := n.pass(ctx)
		if err != nil && ctx.Err() == nil {
			n.Log.Warn("webhooks are not told", "error", err)
			next = n.Now().Add(lookAgain)
		}
		n.wait(ctx, min(lookAnyway, max(time.Millisecond, next.Sub(n.Now()))))
		// Many entries come at once; they are looked for together, and out of the
		// way of those that write them.
		select {
		case <-ctx.Done():
		case <-time.After(gatherFor):
		}
	}
}

// pass tells each webhook that is due what it was not told, all at once, and
// returns when the next will be due.
func (n *Notify) pass(ctx context.Context) (next time.Time, err error) {
	next = n.Now().Add(lookAnyway)
	hooks, err := n.Webhooks(ctx)
	if err != nil || len(hooks) == 0 {
		return next, err
	}
	placed, err := n.Placed(ctx)
	if err != nil {
		return next, err
	}
	due := make([]time.Time, len(hooks))
	errs := make([]error, len(hooks))
	var telling sync.WaitGroup
	for i := range hooks {
		if due[i] = hooks[i].Next; due[i].After(n.Now()) {
			continue
		}
		telling.Go(func() { due[i], errs[i] = n.catchUp(ctx, hooks[i], placed) })
	}
	telling.Wait()
	for _, at := range due {
		if !at.IsZero() && at.Before(next) {
			next = at
		}
	}
	return next, errors.Join(errs...)
}

// catchUp tells one webhook what it was not told, until it fails. It returns when
// it is to be tried again; zero if it was told all.
func (n *Notify) catchUp(ctx context.Context, hook Webhook, placed map[office.Side]int64) (again time.Time, err error) {
	if hook.secret == nil {
		return n.failed(ctx, hook, errSealed)
	}
	told, err := n.places(ctx, hook.ID)
	if err != nil {
		return time.Time{}, err
	}
	for _, side := range slices.Sorted(maps.Keys(placed)) {
		for index := told[side]; index < placed[side]; index++ {
			id := office.EntryID{Side: side, Index: index}
			event, err := n.Describe(ctx, id)
			if err != nil {
				return time.Time{}, fmt.Errorf("describe %s: %w", id, err)
			}
			if failed := n.send(ctx, hook, eventID(hook.ID, id.String()), event); failed != nil {
				if ctx.Err() != nil {
					return time.Time{}, nil // it was not the webhook's fault
				}
				return n.failed(ctx, hook, failed)
			}
			if err := n.moveOn(ctx, hook.ID, id); err != nil {
				return time.Time{}, err
			}
			hook.Failures = 0
		}
	}
	return time.Time{}, nil
}
