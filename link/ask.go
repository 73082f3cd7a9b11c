package link

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"liaison.example/ledger"
)

// clocksApart is how far a side's clock may be from ours before it is an alarm.
const clocksApart = 2 * time.Minute

// ask asks one question, and says how it ended.
func (p *peer) ask(q Question) Event {
	ctx, stop := context.WithCancel(p.ctx)
	defer stop()
	p.mu.Lock()
	p.stop = stop
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.stop = nil
		p.mu.Unlock()
	}()
	switch q := q.(type) {
	case SayHello:
		return p.sayHello(ctx)
	case Push:
		return p.push(ctx, q)
	case Pull:
		return p.pull(ctx, q)
	case AskDigest:
		return p.askDigest(ctx, q)
	}
	panic("link: a question of no known kind")
}

// carry has a request answered. If there is no answer, or it is a refusal, the
// event says so and the body is nil. more is how many bytes the answer may have.
func (p *peer) carry(ctx context.Context, door Door, body []byte, more int) ([]byte, Event) {
	return p.carryOn(ctx, p.carrier, door, body, more)
}

// carryOn is carry on a carrier.
func (p *peer) carryOn(ctx context.Context, carrier Carrier, door Door, body []byte, more int) ([]byte, Event) {
	ctx, cancel := context.WithTimeout(ctx, p.l.c.Limits.exchange(len(body)+more))
	defer cancel()
	a, err := carrier.Carry(ctx, p.c.Side, Request{door, body})
	if err != nil {
		return nil, p.noAnswer(door, err)
	}
	p.note(func(s *State) { s.LastHeard = p.l.c.Now() })
	if a.Status == http.StatusOK {
		return a.Body, nil
	}
	var r refusal
	if err := p.l.c.Limits.decodeAlone(a.Body, &r); err != nil || len(r.Evidence) > p.l.c.Limits.Evidence || r.After < 0 {
		return nil, p.noAnswer(door, &badAnswer{http.StatusText(a.Status)})
	}
	e := Refused{Code: Code(r.Code), Size: r.Size, After: time.Duration(min(r.After, pauseMost.Milliseconds())) * time.Millisecond,
		Detail: clip(r.Detail), Evidence: []byte(r.Evidence)}
	if len(e.Evidence) == 0 {
		e.Evidence = nil
	}
	if e.Size < 0 {
		e.Size = 0
	}
	if push, ok := stalePush(r); ok {
		p.keep(ledger.Receipt{Side: p.l.own, By: p.c.Side, Size: push, Note: []byte(r.Receipt)})
	}
	p.l.c.Log.Debug("refused", "side", p.c.Side, "door", door, "code", r.Code, "detail", e.Detail)
	return nil, e
}

// stalePush is the receipt that a refusal of a push that came twice carries.
func stalePush(r refusal) (size int64, ok bool) {
	return r.Size, Code(r.Code) == CodeStale && r.Receipt != "" && r.Size > 0
}

// noAnswer says that a call brought no answer that we could take.
func (p *peer) noAnswer(door Door, err error) Event {
	why := whyNoAnswer(err)
	p.l.c.Log.Debug("no answer", "side", p.c.Side, "door", door, "why", why, "error", err)
	var wrong *wrongKey
	switch {
	case errors.As(err, &wrong):
		p.l.raise(Alarm{Code: AlarmWrongKey, Side: p.c.Side, Detail: map[string]string{"address": p.c.Address, "key": wrong.hash}})
	case why == WhyBadAnswer:
		p.l.raise(Alarm{Code: AlarmBadMessage, Side: p.c.Side, Detail: map[string]string{"door": string(door), "detail": clip(err.Error())}})
	}
	return Failed{why}
}

// badMessage says that an answer was not one of this protocol.
func (p *peer) badMessage(door Door, err error) Event {
	if !errors.Is(err, errMessage) {
		err = errors.Join(errMessage, err)
	}
	return p.noAnswer(door, err)
}

// stuckAt says that we could not ask.
func (p *peer) stuckAt(what string, err error) Event {
	if p.ctx.Err() == nil {
		p.l.c.Log.Error(what, "side", p.c.Side, "error", err)
	}
	return Stuck{}
}

// clip bounds text from another side that goes into logs, alarms and refusals,
// and keeps it text.
func clip(text string) string {
	const most = 500
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return strings.ToValidUTF8(text, "?")
}

func (p *peer) sayHello(ctx context.Context) Event {
	body, err := p.hello(ctx)
	if err != nil {
		return p.stuckAt("compose a hello", err)
	}
	began, sent := p.l.elapsed(), p.l.c.Now()
	answer, failed := p.carry(ctx, DoorHello, body, p.l.c.Limits.Note)
	if failed != nil {
		return failed
	}
	trip := p.l.elapsed() - began
	h, err := p.readHello(answer)
	if err != nil {
		return p.badMessage(DoorHello, err)
	}
	offset := time.UnixMilli(h.Time).Sub(sent.Add(trip / 2))
	p.note(func(s *State) { s.RoundTrip, s.Offset = trip, offset })
	told := p.hearHello(h)
	p.watchClock(offset)
	return Greeted{told}
}

// watchClock raises an alarm when two hellos, one after the other, say that a side's
// clock is far from ours: one alone may have been held up on its way, or come while a
// clock was put right.
func (p *peer) watchClock(offset time.Duration) {
	apart := offset.Abs() > clocksApart
	if before := p.apart.Swap(apart); apart && before {
		p.l.raise(Alarm{Code: AlarmClock, Side: p.c.Side, Detail: map[string]string{"offset": offset.Round(time.Second).String()}})
	}
}

func (p *peer) push(ctx context.Context, q Push) Event {
	x, err := p.l.c.Ledger.Extension(ctx, q.Ledger, q.From, int64(q.Entries), q.Bytes)
	if err != nil {
		return p.stuckAt("read what to push", err)
	}
	body, err := encodeExtension(x)
	if err != nil {
		return p.stuckAt("compose a push", err)
	}
	answer, failed := p.carry(ctx, DoorExtend, body, p.l.c.Limits.Note)
	if failed != nil {
		return failed
	}
	var a stored
	if err := p.l.c.Limits.decodeAlone(answer, &a); err != nil {
		return p.badMessage(DoorExtend, err)
	}
	to := q.From + int64(len(x.Leaves))
	if a.Size < 0 || a.Size > to || len(a.Receipt) > p.l.c.Limits.Note {
		return p.badMessage(DoorExtend, errors.New("it says that it holds more than was sent"))
	}
	if a.Receipt != "" {
		r := ledger.Receipt{Side: q.Ledger, By: p.c.Side, Size: a.Size, Note: []byte(a.Receipt)}
		if a.Standing != nil {
			r.Standing = *a.Standing
		}
		p.take(r)
		if p.l.c.Ledger.Head(q.Ledger).Size == a.Size {
			p.flush() // nothing waits to be pushed meanwhile
		} else {
			p.mayFlush()
		}
	}
	e := Pushed{Size: a.Size, Receipt: a.Receipt != ""}
	if a.Standing != nil {
		e.Own = a.Standing.Own
	}
	return e
}

func (p *peer) pull(ctx context.Context, q Pull) Event {
	body, err := encode(fetch{Bytes: q.Bytes, From: q.From, Ledger: q.Ledger, Max: q.Entries})
	if err != nil {
		return p.stuckAt("compose a fetch", err)
	}
	answer, failed := p.carry(ctx, DoorFetch, body, q.Bytes)
	if failed != nil {
		return failed
	}
	x, err := p.l.c.Limits.decodeExtension(answer)
	if err == nil && (x.Side != q.Ledger || x.From != q.From) {
		err = errors.New("the answer is not what was asked for")
	}
	if err != nil {
		return p.badMessage(DoorFetch, err)
	}
	x.Relayed = x.Side != p.c.Side
	if _, err := p.l.store(x); err != nil {
		var stale *ledger.Stale
		var no *ledger.Refusal
		switch {
		case errors.As(err, &stale):
		case errors.As(err, &no):
			p.l.accuse(p.c.Side, err)
			p.l.c.Log.Warn("store what was fetched", "side", p.c.Side, "error", err)
		default:
			return p.stuckAt("store what was fetched", err)
		}
		return Pulled{}
	}
	p.step(p.l.holdings())
	return Pulled{Got: len(x.Leaves)}
}

// store puts entries into the ledger that they belong to.
func (l *Link) store(x ledger.Extension) (ledger.Receipt, error) {
	// Who sent them may go away at any moment; that must not leave us unsure
	// of what is stored.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), patience)
	defer cancel()
	var r ledger.Receipt
	var err error
	if x.Side == l.own {
		err = l.c.Ledger.Recover(ctx, x)
	} else {
		r, err = l.c.Ledger.Extend(ctx, x)
	}
	l.trouble(err)
	return r, err
}

// trouble tells the owner of an error that is none of the other side's making.
func (l *Link) trouble(err error) {
	var no *ledger.Refusal
	var stale *ledger.Stale
	if err != nil && l.c.OnTrouble != nil && !errors.As(err, &no) && !errors.As(err, &stale) && !errors.Is(err, ledger.ErrBehind) {
		l.c.OnTrouble(err)
	}
}

func (p *peer) askDigest(ctx context.Context, q AskDigest) Event {
	body, err := encode(askDigest(q))
	if err != nil {
		return p.stuckAt("compose a question", err)
	}
	answer, failed := p.carry(ctx, DoorDigest, body, p.l.c.Limits.Note)
	if failed != nil {
		return failed
	}
	var a tellDigest
	if err := p.l.c.Limits.decodeAlone(answer, &a); err != nil || a.Count != q.Count || !isHash(a.Digest) || len(a.Entry) > 64 {
		return p.badMessage(DoorDigest, errors.Join(err, errors.New("the answer is not what was asked for")))
	}
	ours, known, err := p.l.digestAt(ctx, q.Count)
	if err != nil {
		return p.stuckAt("digest to compare", err)
	}
	return ToldDigest{Count: q.Count, Known: known, Ours: ours, Theirs: Mark{a.Digest, a.Entry}}
}
