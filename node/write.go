package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
	"liaison.example/sqldb"
)

// The limits of writing.
const (
	maxWaitingWrites = 1024 // acts that may wait for the writer
	maxBatch         = 256  // acts that share one commit
	maxBatchBytes    = 4 << 20

	// A batch is tried maxTries times, and then on until tryFor has passed, when
	// entries keep arriving between the look at them and the signature. After
	// freeTries of them nothing may arrive meanwhile. (On a machine that is slow just
	// now the other processes of this side may write many times before they hear of
	// us.)
	freeTries = 3
	maxTries  = 20
	tryFor    = 10 * time.Second
)

// write is one act on its way through the writer.
type write struct {
	ctx     context.Context
	act     Act
	refused *Refusal // what is refused whatever the rules say: it misleads, or an enclosure is not here
	signed  []signed // of an act with a key: what was signed under it, the last as it is kept
	differs error    // another process was asked for something else under the key
	answer  chan answer
}

type answer struct {
	written Written
	err     error
}

// Write does an act: it asks the rules, signs the entry and stores it. When it
// returns nil the act is durable here and on its way to the other sides.
//
// It answers *Refusal, with nothing written, when the rules, the side's own
// house rules or the state of the node do not allow the act. After any other
// error it is not known whether the act was written; the record shows it, and an
// act with Once may simply be asked for again.
func (n *Node) Write(ctx context.Context, act Act) (written Written, err error) {
	if n.c.Wrote != nil {
		began := n.now()
		defer func() { n.c.Wrote(n.now().Sub(began), err) }()
	}
	w := &write{ctx: ctx, act: act, answer: make(chan answer, 1)}
	w.refused, err = n.illegible(ctx, act.Body)
	switch b := act.Body.(type) {
	case *office.DispatchBody:
		if err == nil && w.refused == nil {
			w.refused, err = n.holdsEnclosed(ctx, b.Enclosures)
		}
	case *office.WatchBody:
		if err == nil {
			w.act.Body, err = n.withLanguages(ctx, act.By, b)
		}
	}
	if err != nil {
		return Written{}, err
	}
	if act.Once != nil {
		leave, err := n.onces.enter(ctx, act.Once.Key)
		if err != nil {
			return Written{}, err
		}
		defer leave()
		if err := n.lookOnce(ctx, w); err != nil {
			return Written{}, err
		}
		if written, done, err := n.doneBefore(ctx, w); done || err != nil {
			return written, err
		}
	}
	if act.First != nil {
		if err := act.First(ctx); err != nil {
			return Written{}, err
		}
	}
	if w.act.Body, err = n.checked(ctx, w.act.Body); err != nil {
		return Written{}, err
	}
	select {
	case n.writes <- w:
	case <-n.stopped:
		return Written{}, errStopping
	case <-ctx.Done():
		return Written{}, fmt.Errorf("wait for the writer: %w", context.Cause(ctx))
	}
	// Once the writer has it, the answer is waited for: it says what became of
	// the act, and it comes soon.
	var a answer
	select {
	case a = <-w.answer:
	case <-n.stopped:
		select {
		case a = <-w.answer:
		default: // handed in when the writer had already gone
			return Written{}, errStopping
		}
	}
	if a.err == nil && act.Person.Who != "" {
		// It is written: that the trail takes nothing must not look otherwise.
		if err := n.people.NoteWritten(context.WithoutCancel(ctx), act.Person, act.Kind, a.written.ID, act.By); err != nil {
			n.log.Error("who has written an entry is not in the trail", "entry", a.written.ID, "account", act.Person.Who, "error", err)
		}
		if act.Kind == office.KindWatch && act.Person.Who != people.Operator {
			if err := n.notify.TakesWatch(context.WithoutCancel(ctx), act.Person.Who, a.written.ID); err != nil {
				n.log.Error("the open page of who has taken the watch is not tested", "account", act.Person.Who, "error", err)
			}
		}
	}
	return a.written, a.err
}

var errStopping = &Refusal{Code: "node-stopping"}

// write is the one goroutine that signs. Acts that wait at the same time share
// one commit.
func (n *Node) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			close(n.stopped)
			return
		case w := <-n.writes:
			batch := append(make([]*write, 0, 16), w)
		drain:
			for len(batch) < maxBatch {
				select {
				case w := <-n.writes:
					batch = append(batch, w)
				default:
					break drain
				}
			}
			// Closing waits for a batch that has begun.
			n.writeBatch(context.WithoutCancel(ctx), batch)
		}
	}
}

// writeBatch writes acts in one commit, each of them on its own merits.
func (n *Node) writeBatch(ctx context.Context, batch []*write) {
	answers := make([]answer, len(batch))
	err := n.mayWrite(ctx)
	begun := time.Now()
	for try := 0; err == nil; try++ {
		err = n.tryBatch(ctx, batch, answers, try)
		if !errors.Is(err, ledger.ErrStale) && !errors.Is(err, records.ErrOthers) {
			break
		}
		if try%maxTries == 0 && n.shared() { // they may not know of us, and write before us again and again
			if err := n.sayHere(ctx); err != nil {
				n.log.Debug("the other processes are told nothing", "error", err)
			}
		}
		err = nil
		if try >= maxTries-1 && time.Since(begun) > tryFor {
			err = &Refusal{Code: "node-busy"}
		}
	}
	if errors.Is(err, ledger.ErrBehind) {
		err = &Refusal{Code: "node-behind"}
	}
	n.noteDisk(err)
	if disk := diskReason(err); disk != "" {
		err = &Refusal{Code: disk}
	}
	for i, w := range batch {
		if err != nil {
			answers[i] = answer{err: err}
		}
		w.answer <- answers[i]
	}
}

// mayWrite waits until the other sides have been asked, once after the start,
// what they hold of our ledger, and says why nothing may be signed if so.
func (n *Node) mayWrite(ctx context.Context) error {
	if !n.holds.greeted.Load() {
		n.waitGreeted(ctx)
	}
	switch mode, why := n.mode(); mode {
	case Behind:
		return &Refusal{Code: "node-behind"}
	case ReadOnly:
		if diskReasons[why] {
			break // it is tried again with each act
		}
		return &Refusal{Code: office.Reason("node-" + why)}
	}
	return nil
}

// tryBatch folds what has arrived, asks the rules about each act on top of it,
// and appends those that they allow. The more often that has been tried in vain,
// the more is made to wait for it: this side's other processes with their folds,
// and in the end all that arrives.
func (n *Node) tryBatch(ctx context.Context, batch []*write, answers []answer, try int) error {
	n.fold.Lock()
	defer n.fold.Unlock()
	if err := n.catchUpLocked(ctx); err != nil {
		return err
	}
	begin := n.records.Begin
	if try > 0 || n.inCompany() {
		begin = n.records.BeginAlone
	}
	fold, err := begin(ctx)
	if err != nil {
		return err
	}
	defer fold.Rollback()
	var arrived []office.EntryID
	var entries []ledger.Entry // ready to be appended
	draft := func(standing ledger.Standing) (drafted []ledger.Entry, err error) {
		if arrived, err = n.join(ctx, fold, standing); err != nil {
			return nil, err
		}
		if drafted, err = n.draftBatch(ctx, fold, standing, batch, answers); err != nil {
			return nil, err
		}
		entries = drafted
		return entries, nil
	}
	if try < freeTries {
		err = n.appendFreely(ctx, fold, draft)
	} else {
		err = n.ledger.AppendAlone(ctx, draft)
	}
	if err != nil && len(entries) > 0 {
		err = n.stored(ctx, entries, err)
	}
	if err != nil || len(entries) == 0 {
		return err
	}
	n.link.Grew()
	runtime.Gosched() // the push first: the other side waits for it
	// The point of no return is passed: what fails from here on is mended when
	// the ledgers are folded again.
	err = fold.Commit()
	own := entryIDs(officeEntries(entries))
	if err == nil {
		count(n.folded, arrived)
		count(n.folded, own)
		n.placed(arrived)
	} else if errors.Is(err, records.ErrOthers) {
		err = n.catchUpLocked(ctx)
	}
	if err != nil {
		n.log.Error("the records are behind the ledger", "error", err)
	}
	n.link.Wake()
	n.placed(own)
	n.maySettle()
	n.mayIndex()
	n.endSessions(ctx, entries)
	return nil
}

// appendFreely appends what draft makes of where the ledgers stand now, while
// more may arrive: then the answer is ledger.ErrStale.
func (n *Node) appendFreely(ctx context.Context, fold *records.Fold, draft func(ledger.Standing) ([]ledger.Entry, error)) error {
	standing := n.ledger.Standing()
	if !placedAll(fold.Placed(), n.side, standing) {
		// With PostgreSQL other processes of this side may have written until the
		// fold was begun, and their notices may still be on the way.
		if err := n.ledger.Refresh(ctx); err != nil {
			return err
		}
		standing = n.ledger.Standing()
	}
	entries, err := draft(standing)
	if err != nil || len(entries) == 0 {
		return err
	}
	return n.ledger.Append(ctx, entries)
}

// join brings a fold that is open up to a standing of the ledgers, which the next
// own entry then has, and gives what was folded for it. If more has arrived it
// answers ledger.ErrStale.
func (n *Node) join(ctx context.Context, fold *records.Fold, standing ledger.Standing) (arrived []office.EntryID, err error) {
	for range maxChunks {
		if placedAll(fold.Placed(), n.side, standing) {
			return arrived, nil
		}
		entries, err := n.missing(ctx, fold.Placed())
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			return nil, ledger.ErrStale
		}
		if err := fold.Add(entries); errors.Is(err, records.ErrOthers) {
			return nil, err
		} else if err != nil {
			n.log.Warn("what has arrived cannot be folded with the next act", "error", err)
			return nil, ledger.ErrStale // catchUp says why
		}
		arrived = append(arrived, entryIDs(entries)...)
	}
	return nil, ledger.ErrStale
}

// draftBatch asks the rules about each act on top of the fold, which stands where
// the ledgers do, and gives the entries of those that they allow.
func (n *Node) draftBatch(ctx context.Context, fold *records.Fold, standing ledger.Standing, batch []*write, answers []answer) ([]ledger.Entry, error) {
	rules, err := n.people.Rules(ctx)
	if err != nil {
		return nil, err
	}
	at := n.now()
	var entries []ledger.Entry
	once := map[*write]ledger.Entry{}
	size, refused := 0, false
	for i, w := range batch {
		answers[i] = answer{}
		if err := context.Cause(w.ctx); err != nil {
			answers[i].err = &Refusal{Code: "given-up"}
			continue
		}
		if w.differs != nil {
			answers[i].err = w.differs
			continue
		}
		if size > maxBatchBytes {
			answers[i].err = &Refusal{Code: "node-busy"}
			continue
		}
		if written, done, err := n.doneBefore(ctx, w); err != nil {
			return nil, err
		} else if done {
			answers[i].written = written
			continue
		}
		entry, written, err := n.try(fold, rules, w, standing.Own+int64(len(entries)), standing.Seen, at)
		var refusal *Refusal
		if err != nil && !errors.As(err, &refusal) {
			return nil, err
		}
		if answers[i] = (answer{written, err}); err == nil {
			entries = append(entries, entry)
			size += len(entry.Leaf)
			if w.act.Once != nil {
				once[w] = entry
			}
		}
		refused = refused || err != nil
	}
	if refused { // nobody is refused for what is so no longer
		if err := fold.Confirm(); err != nil {
			return nil, err
		}
	}
	return entries, n.keepOnce(ctx, once, at)
}

// endSessions signs out the posts whose accreditation the entries withdraw.
func (n *Node) endSessions(ctx context.Context, entries []ledger.Entry) {
	for _, e := range entries {
		if e.Frame.Kind != office.KindPostEnd {
			continue
		}
		var body office.PostEndBody
		if err := json.Unmarshal(e.Frame.Body, &body); err != nil {
			n.log.Error("the sessions of a post are not ended", "entry", e.Index, "error", err)
			continue
		}
		if err := n.people.RevokePost(ctx, body.Post); err != nil {
			n.log.Error("the sessions of a post are not ended", "post", body.Post, "error", err)
		}
	}
}

// try asks the shape, the house rules and the rules about one act.
func (n *Node) try(fold *records.Fold, rules *people.Rules, w *write, index int64, seen map[string]int64, at time.Time) (ledger.Entry, Written, error) {
	refuse := func(v office.Verdict) (ledger.Entry, Written, error) {
		if len(v.Allowed) > 0 {
			v.Detail["allowed"] = strings.Join(v.Allowed, ", ")
		}
		return ledger.Entry{}, Written{}, &Refusal{Code: v.Void, Detail: v.Detail}
	}
	act := w.act
	act.Body = office.Complete(fold, n.side, at.UnixMilli(), act.Body)
	body, err := office.Encode(act.Body)
	if err != nil {
		return ledger.Entry{}, Written{}, fmt.Errorf("encode a %s: %w", act.Kind, err)
	}
	if v := office.Check(act.Kind, body); !v.Done() {
		return refuse(v)
	}
	if !n.may(fold, rules, act, act.Kind) {
		return ledger.Entry{}, Written{}, &Refusal{Code: "post-may-not", Detail: map[string]string{"post": act.By}}
	}
	if w.refused != nil {
		return ledger.Entry{}, Written{}, w.refused
	}
	if act.Kind == office.KindDispatch && !act.reviewed && !n.may(fold, rules, act, people.ActAlone) {
		return ledger.Entry{}, Written{}, &Refusal{Code: "draft-alone"}
	}
	if v := agreesToNewerRules(fold, act.Body); !v.Done() {
		return refuse(v)
	}
	entry, err := n.ledger.Draft(index, seen, at, act.By, act.Kind, body)
	if err != nil {
		n.log.Info("an act cannot be an entry", "error", err)
		return ledger.Entry{}, Written{}, &Refusal{Code: "not-an-entry", Detail: map[string]string{"limit": fmt.Sprint(ledger.MaxLeaf)}}
	}
	v, err := fold.Apply(officeEntry(entry))
	if err != nil {
		return ledger.Entry{}, Written{}, err
	}
	if !v.Done() {
		fold.Revert()
		refused := &Refusal{Code: v.Void, Detail: v.Detail}
		if b, is := act.Body.(*office.DispatchBody); is && slices.Contains([]office.Reason{office.FormLacks, office.FormValue, office.FormFieldUnknown}, v.Void) {
			if form := (&office.FormRow{Hash: b.Form.Hash}); fold.Get(form) {
				refused.More = form.Form.Faults(b.Form.Values)[1:] // the rules name the first
			}
		}
		return ledger.Entry{}, Written{}, refused
	}
	written := Written{ID: office.EntryID{Side: n.side, Index: index}, At: entry.Frame.At}
	if d, ok := act.Body.(*office.DispatchBody); ok {
		written.Number, written.To = d.Number, d.To
		if row := (&office.Dispatch{ID: written.ID}); fold.Get(row) {
			written.Released = row
		}
	}
	return entry, written, nil
}

// agreesToNewerRules refuses consent to a charter with rules that this program does
// not know: once all have agreed it could not go on (spec/entries.md §6).
func agreesToNewerRules(desk office.Reader, body any) office.Verdict {
	b, is := body.(*office.AgreeBody)
	if !is {
		return office.Verdict{}
	}
	p := &office.Proposal{Hash: b.Hash}
	if !desk.Get(p) || p.Charter.Rules <= office.Version {
		return office.Verdict{} // or the rules say what is wrong
	}
	return office.Verdict{Void: office.NeedsNewerRules, Detail: map[string]string{"rules": fmt.Sprint(p.Charter.Rules)}}
}

// may asks the side's own table whether a post may do something. A post that is
// not accredited is left to the rules, which say so.
func (n *Node) may(desk office.Reader, rules *people.Rules, act Act, what string) bool {
	if act.By == office.Operator {
		return true
	}
	post := &office.PostRow{Side: n.side, Post: act.By}
	if !desk.Get(post) {
		return true
	}
	precedence, form := sortOf(desk, act.Body)
	return rules.May(post.Post, post.Role, what, precedence, form)
}

// sortOf is the precedence and the code of the form of the dispatch that an act
// writes or is about, both empty for all other acts. What is about a dispatch that
// is not there is left to the rules: it is treated as one without hurry.
func sortOf(desk office.Reader, body any) (precedence office.Precedence, form string) {
	switch b := body.(type) {
	case *office.DispatchBody:
		return b.Precedence, b.Form.CodeOf()
	case *office.AcknowledgeBody:
		dispatch := &office.Dispatch{ID: b.Dispatch, Precedence: office.Routine}
		desk.Get(dispatch)
		return dispatch.Precedence, dispatch.Form.CodeOf()
	}
	return "", ""
}

// stored finds out what became of entries whose append ended in an error: a
// commit may have been stored though it was reported lost. It returns nil if
// they are all in the ledger.
func (n *Node) stored(ctx context.Context, entries []ledger.Entry, failed error) error {
	if !errors.Is(failed, sqldb.ErrUnsure) {
		return failed
	}
	if err := n.ledger.Refresh(ctx); err != nil {
		return errors.Join(failed, err)
	}
	last := entries[len(entries)-1]
	found, err := n.ledger.Entry(ctx, n.side, last.Index)
	switch {
	case errors.Is(err, ledger.ErrNoEntry):
		return failed
	case err != nil:
		return errors.Join(failed, err)
	case found.Hash != last.Hash:
		return ledger.ErrStale
	}
	n.log.Warn("a commit that was reported lost is stored", "error", failed)
	return nil
}

// placedAll reports whether the records have folded exactly what the next
// entry must have seen.
func placedAll(placed map[office.Side]int64, own office.Side, s ledger.Standing) bool {
	if placed[own] != s.Own {
		return false
	}
	others := maps.Clone(placed)
	maps.DeleteFunc(others, func(side office.Side, count int64) bool { return side == own || count == 0 })
	return maps.Equal(others, s.Seen)
}

// officeEntry is an entry as the rules see it.
func officeEntry(e ledger.Entry) office.Entry {
	return office.Entry{
		ID: office.EntryID{Side: e.Side, Index: e.Index}, Hash: e.Hash, At: e.Frame.At.UnixMilli(),
		By: e.Frame.By, Seen: e.Frame.Seen, Kind: e.Frame.Kind, Body: e.Frame.Body,
	}
}

// diskReasons are the answers of diskReason.
var diskReasons = map[string]bool{"disk-full": true, "disk-read-only": true, "disk-broken": true}

// diskReason is the code for an error that says that the disk takes nothing.
func diskReason(err error) office.Reason {
	switch {
	case err == nil:
		return ""
	case sqldb.IsFull(err):
		return "disk-full"
	case sqldb.IsReadOnly(err):
		return "disk-read-only"
	case sqldb.IsBroken(err):
		return "disk-broken"
	}
	return ""
}

// DatabaseAway reports whether an error of a node says that its database server
// cannot be reached, is starting or stopping.
func DatabaseAway(err error) bool { return sqldb.IsAway(err) }

// noteDisk remembers whether the last write found a disk that takes nothing.
func (n *Node) noteDisk(err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return
	}
	reason := diskReason(err)
	n.holds.mu.Lock()
	was := n.holds.disk
	n.holds.disk = reason
	n.holds.mu.Unlock()
	if reason == was {
		return
	}
	n.watches.send(Event{Kind: "mode"})
	if reason == "" {
		n.log.Info("the disk takes what is written again", "was", was)
		n.storeAlarms(context.Background())
		return
	}
	n.log.Error("nothing can be written", "reason", reason, "error", err)
	n.raise(context.Background(), string(reason), n.side, map[string]string{"error": err.Error()}, nil)
}
