package link

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"liaison.example/ledger"
	"liaison.example/sqldb"
)

// reply is an answer on its way out.
type reply struct {
	Answer
	after  time.Duration // to wait before asking again; 0 if it is not a matter of waiting
	unread bool          // the request was not read to its end

	progress  bool // it brought entries
	takenAway int  // bytes of entries in it
	counted   bool // it is not counted among the requests
}

// refused is the reply that refuses something.
func refused(r refusal) reply {
	status := statuses[Code(r.Code)]
	if status == 0 {
		status = http.StatusInternalServerError
	}
	body, err := encode(r)
	if err != nil { // the detail is not text
		body, _ = encode(refusal{Code: r.Code})
	}
	return reply{Answer: Answer{status, body}, after: time.Duration(r.After) * time.Millisecond}
}

func refuse(code Code, detail string) reply {
	return refused(refusal{Code: string(code), Detail: clip(detail)})
}

// accept is the reply that answers with a header.
func accept(header any) reply {
	body, err := encode(header)
	if err != nil {
		return refuse(CodeBusy, "the answer could not be composed")
	}
	return reply{Answer: Answer{http.StatusOK, body}}
}

// errCut says that the line to a side is cut at our own switch, or closed.
var errCut = errors.New("the line is cut here")

// Hear answers a request that a carrier other than HTTP has brought from a side
// whose key it has proven. An error means that there is no answer.
func (l *Link) Hear(ctx context.Context, from string, q Request) (Answer, error) {
	p, leave := l.enter(from)
	if p == nil {
		return Answer{}, errCut
	}
	defer leave()
	a := l.admit(ctx, p, func() (Request, *refusal) {
		q.Body = slices.Clone(q.Body)
		return q, nil
	})
	if p.isCut() {
		return Answer{}, errCut
	}
	return a.Answer, nil
}

// enter begins a request of a side's, which Close waits for. It answers nil if
// the line to that side is cut, or closed. Each request that is begun leaves.
func (l *Link) enter(side string) (p *peer, leave func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p = l.peers[side]
	if p == nil || l.closed || p.isCut() {
		return nil, nil
	}
	l.wg.Add(1)
	return p, l.wg.Done
}

// admit has a request of a side's answered, if the side has not asked for too
// much. The request is read only then.
func (l *Link) admit(ctx context.Context, p *peer, read func() (Request, *refusal)) reply {
	after, ok := p.meter.enter(l.elapsed())
	if !ok {
		l.raise(Alarm{Code: AlarmFlood, Side: p.c.Side})
		// Waiting costs nothing here, and slows down who does not wait.
		hold := time.NewTimer(l.c.Limits.Hold)
		defer hold.Stop()
		select {
		case <-hold.C:
		case <-ctx.Done():
		}
		a := refused(refusal{Code: string(CodeFlood), Detail: "too many requests", After: after.Milliseconds()})
		a.unread = true
		return a
	}
	var a reply
	defer func() { p.meter.leave(a.progress || a.counted, a.takenAway) }()
	q, no := read()
	if no != nil {
		a = refused(*no)
		a.unread = true
	} else {
		a = p.answer(ctx, q)
	}
	if a.Status == http.StatusBadRequest {
		l.raise(Alarm{Code: AlarmBadMessage, Side: p.c.Side, Detail: map[string]string{"door": string(q.Door), "detail": detailOf(a)}})
	}
	return a
}

// detailOf reads back the words of a refusal of ours.
func detailOf(a reply) string {
	var r refusal
	l := Defaults()
	l.decodeAlone(a.Body, &r)
	return r.Detail
}

// answer answers one request.
func (p *peer) answer(ctx context.Context, q Request) reply {
	p.note(func(s *State) { s.LastHeard = p.l.c.Now() })
	switch q.Door {
	case DoorHello:
		return p.answerHello(ctx, q.Body)
	case DoorExtend:
		return p.answerExtend(ctx, q.Body)
	case DoorFetch:
		p.step(Asked{})
		return p.answerFetch(ctx, q.Body)
	case DoorDigest:
		p.step(Asked{})
		return p.answerDigest(ctx, q.Body)
	}
	switch {
	case p.l.c.Enclosures == nil:
	case q.Door == DoorEnclosure:
		return p.answerEnclosure(ctx, q.Body)
	case q.Door == DoorPart:
		return p.answerPart(ctx, q.Body)
	}
	return refuse(CodeNotFound, "no such door")
}

func (p *peer) answerHello(ctx context.Context, body []byte) reply {
	h, err := p.readHello(body)
	if errors.Is(err, errOtherOffice) {
		return refuse(CodeOtherOffice, err.Error())
	}
	if err != nil {
		return refuse(CodeMalformed, err.Error())
	}
	offset := time.UnixMilli(h.Time).Sub(p.l.c.Now())
	told := p.hearHello(h)
	p.watchClock(offset)
	p.step(AskedHello{told})
	p.markTried()
	answer, err := p.hello(ctx)
	if err != nil {
		p.l.c.Log.Error("compose a hello", "side", p.c.Side, "error", err)
		return refused(refusal{Code: string(CodeBusy), After: 1000})
	}
	return reply{Answer: Answer{http.StatusOK, answer}}
}

// answerExtend stores entries that a side sends.
func (p *peer) answerExtend(ctx context.Context, body []byte) reply {
	l := p.l
	x, err := l.c.Limits.decodeExtension(body)
	if err != nil {
		p.step(Asked{})
		return refuse(CodeMalformed, err.Error())
	}
	p.mu.Lock()
	greeted := p.greeted
	p.mu.Unlock()
	switch {
	case !greeted:
		p.step(Asked{})
		return refuse(CodeGreetFirst, "say hello first: only then is it known what each side lacks")
	case l.isHalted(x.Side):
		p.step(Asked{})
		return refuse(CodeHalted, "the replication of this ledger has ended here")
	case x.Side == l.own && l.c.Ledger.Behind() == "":
		p.step(Asked{})
		return refuse(CodeUnknownLedger, "this side holds all of its own ledger")
	}
	select {
	case p.storing <- struct{}{}:
		defer func() { <-p.storing }()
	case <-ctx.Done():
		return refused(refusal{Code: string(CodeBusy), After: 1000})
	}
	size := len(body) + len(x.Leaves)*l.c.Limits.EntryCost
	if after, ok := p.meter.grow(l.elapsed(), size); !ok {
		p.step(Asked{})
		l.raise(Alarm{Code: AlarmGrowth, Side: p.c.Side})
		return refused(refusal{Code: string(CodeBusy), Detail: "too many entries at once", After: after.Milliseconds()})
	}
	p.step(Storing{})
	x.Relayed = x.Side != p.c.Side
	r, err := l.store(x)
	if err != nil {
		p.meter.ungrow(size)
		p.step(Asked{})
		return p.refuseExtension(ctx, x, err)
	}
	a := stored{Size: x.From + int64(len(x.Leaves))}
	if x.Side != l.own {
		if r.Note == nil && len(x.Leaves) == 0 { // it asks for a receipt that it did not get
			if given, ok, err := l.c.Ledger.Given(ctx, x.Side); err == nil && ok {
				r = given
			}
		}
		a.Receipt = string(r.Note)
		if l.c.Ledger.Behind() == "" {
			a.Standing = &r.Standing
		}
	}
	p.step(AskedToStore{x.Side, a.Size, a.Receipt != ""})
	answer := accept(a)
	answer.progress = len(x.Leaves) > 0
	return answer
}

// refuseExtension says why entries could not be stored.
func (p *peer) refuseExtension(ctx context.Context, x ledger.Extension, err error) reply {
	l := p.l
	var stale *ledger.Stale
	var no *ledger.Refusal
	switch {
	case errors.As(err, &stale):
		r := refusal{Code: string(CodeStale), Size: stale.Size, Detail: "the copy here ends elsewhere"}
		if given, ok, err := l.c.Ledger.Given(ctx, x.Side); err == nil && ok && given.Size == stale.Size && x.Side == p.c.Side {
			r.Receipt = string(given.Note)
		}
		return refused(r)
	case errors.As(err, &no):
		if no.Code == ledger.RefusedUnwritten && l.c.Ledger.Behind() != "" {
			return refused(refusal{Code: string(CodeBehind), Detail: "entries that these have seen are being fetched back", After: 1000})
		}
		l.accuse(p.c.Side, err)
		code := CodeRefused
		switch no.Code {
		case ledger.RefusedFork, ledger.RefusedOwnFork:
			code = CodeFork
		case ledger.RefusedUnknown:
			code = CodeUnknownLedger
		}
		evidence := string(no.Evidence)
		if len(evidence) > l.c.Limits.Evidence || !utf8.ValidString(evidence) { // it is kept here; the words go without it
			evidence = ""
		}
		return refused(refusal{Code: string(code), Detail: clip(no.Code + ": " + no.Detail), Evidence: evidence})
	}
	l.c.Log.Error("store entries", "side", p.c.Side, "ledger", x.Side, "error", err)
	code := CodeBusy
	if errors.Is(err, ledger.ErrBehind) {
		code = CodeBehind
	} else if sqldb.IsFull(err) || sqldb.IsReadOnly(err) {
		code = CodeReadOnly
	}
	return refused(refusal{Code: string(code), After: 1000})
}

// answerFetch hands out entries.
func (p *peer) answerFetch(ctx context.Context, body []byte) reply {
	l := p.l
	var q fetch
	if err := l.c.Limits.decodeAlone(body, &q); err != nil {
		return refuse(CodeMalformed, err.Error())
	}
	if q.From < 0 || q.Max < 1 || q.Bytes < 1 {
		return refuse(CodeMalformed, "not a range of entries")
	}
	heads := l.c.Ledger.Heads()
	head, known := heads[q.Ledger]
	if !known {
		return refuse(CodeUnknownLedger, "")
	}
	x, err := l.c.Ledger.Extension(ctx, q.Ledger, q.From, int64(min(q.Max, l.c.Limits.Entries)), min(q.Bytes, l.c.Limits.Batch))
	if errors.Is(err, ledger.ErrNoEntry) {
		return refused(refusal{Code: string(CodeStale), Size: min(head.Size, q.From), Detail: "nothing to hand out from there"})
	}
	if err == nil {
		var answer []byte
		if answer, err = encodeExtension(x); err == nil {
			return reply{Answer: Answer{http.StatusOK, answer}, takenAway: len(answer)}
		}
	}
	l.c.Log.Error("hand out entries", "side", p.c.Side, "ledger", q.Ledger, "error", err)
	return refused(refusal{Code: string(CodeBusy), After: 1000})
}

func (p *peer) answerDigest(ctx context.Context, body []byte) reply {
	var q askDigest
	if err := p.l.c.Limits.decodeAlone(body, &q); err != nil {
		return refuse(CodeMalformed, err.Error())
	}
	if q.Count < 1 {
		return refuse(CodeMalformed, "a count is 1 or more")
	}
	mark, known, err := p.l.digestAt(ctx, q.Count)
	if err != nil {
		p.l.c.Log.Error("read a digest", "count", q.Count, "error", err)
		return refused(refusal{Code: string(CodeBusy), After: 1000})
	}
	if !known {
		return refuse(CodeNotSettled, "")
	}
	return accept(tellDigest{q.Count, mark.Digest, mark.Entry})
}

var errOtherOffice = errors.New("this hello is of another office or side")

// readHello reads a hello and holds it to the limits.
func (p *peer) readHello(body []byte) (*hello, error) {
	var h hello
	if err := p.l.c.Limits.decodeAlone(body, &h); err != nil {
		return nil, err
	}
	if err := h.check(&p.l.c.Limits); err != nil {
		return nil, err
	}
	if h.Office != p.l.office || h.Side != p.c.Side {
		return nil, fmt.Errorf("%w: it says %s of %s", errOtherOffice, h.Side, h.Office)
	}
	return &h, nil
}

// hearHello takes in what a hello says: it holds the checkpoints against what
// is stored here, stores the cosignatures and the standing, and returns what
// the session must know.
func (p *peer) hearHello(h *hello) Told {
	l := p.l
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), patience)
	defer cancel()
	heads := l.c.Ledger.Heads()
	told := Told{
		Beat:   time.Duration(min(max(h.Beat, 0), time.Hour.Milliseconds())) * time.Millisecond,
		Behind: h.Mode == "behind", Reaches: h.Reaches,
		Ledgers: map[string]Holding{}, Settled: Point{h.Settled.Count, h.Settled.Digest}, Want: h.Want,
	}
	for _, side := range slices.Sorted(maps.Keys(h.Ledgers)) {
		holds := h.Ledgers[side]
		if _, known := heads[side]; !known {
			continue
		}
		told.Ledgers[side] = Holding{holds.Size, holds.Cosigned}
		if holds.Checkpoint == "" {
			continue
		}
		if err := l.c.Ledger.Note(ctx, side, []byte(holds.Checkpoint)); err != nil {
			l.accuse(p.c.Side, err)
			l.c.Log.Warn("checkpoint in a hello", "side", p.c.Side, "ledger", side, "error", err)
		}
	}
	var standing ledger.Standing
	if h.Standing != nil {
		standing = *h.Standing
	}
	for _, n := range h.Notes {
		head, known := heads[n.Ledger]
		switch {
		case !known:
		case n.By == l.own:
			if err := l.c.Ledger.NoteCosigned(ctx, n.Ledger, []byte(n.Note)); err != nil {
				l.accuse(p.c.Side, err)
			}
		case n.Size > head.Cosigned[n.By]:
			r := ledger.Receipt{Side: n.Ledger, By: n.By, Size: n.Size, Note: []byte(n.Note)}
			if n.By == p.c.Side {
				r.Standing = standing
			}
			l.countersign(p.c.Side, r)
		}
	}
	if h.Standing != nil {
		if err := l.c.Ledger.Stand(ctx, p.c.Side, standing); err != nil {
			l.c.Log.Error("store a standing", "side", p.c.Side, "error", err)
		}
	}
	p.mu.Lock()
	p.greeted = true
	p.mu.Unlock()
	p.note(func(s *State) {
		s.Greeted = true
		s.Told = Local{h.Mode, h.Software, h.Rules, told.Settled, h.Founding}
	})
	p.hearAwaits(h)
	p.step(l.holdings())
	return told
}

// hello composes what this node says of itself.
func (p *peer) hello(ctx context.Context) ([]byte, error) {
	l := p.l
	for _, other := range l.all() {
		other.flush()
	}
	local := Local{Mode: "ready"}
	if l.c.Greeting != nil {
		var err error
		if local, err = l.c.Greeting(ctx); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	lacks, beat, reaches := p.session.Offer(), p.session.beat(), p.session.Reaches()
	p.mu.Unlock()
	standing := l.c.Ledger.Standing()
	h := hello{
		Beat: beat.Milliseconds(), Founding: local.Founding, Ledgers: map[string]helloHolds{}, Mode: local.Mode, Notes: []helloNote{},
		Office: l.office, Reaches: reaches, Rules: local.Rules, Settled: helloSettled{local.Settled.Count, local.Settled.Digest}, Side: l.own,
		Software: local.Software, Standing: &standing, Time: l.c.Now().UnixMilli(), Want: append([]string{}, l.downFrom(p.c.Side)...),
		Awaits: p.tellAwaits(ctx),
	}
	for side, head := range l.c.Ledger.Heads() {
		h.Ledgers[side] = helloHolds{string(head.Checkpoint), head.Cosigned, head.Size}
	}
	for _, lack := range lacks {
		note, err := l.cosignature(ctx, lack)
		if err != nil {
			return nil, err
		}
		if note != "" {
			h.Notes = append(h.Notes, helloNote{lack.By, lack.Ledger, note, lack.Size})
		}
	}
	if l.c.Ledger.Behind() != "" {
		// What is missing may have seen less than what we would promise now.
		h.Mode, h.Standing = "behind", nil
	}
	return encode(h)
}

// cosignature reads a cosignature that is stored here.
func (l *Link) cosignature(ctx context.Context, lack Lack) (string, error) {
	receipts, err := l.c.Ledger.Receipts(ctx, lack.Ledger, lack.Size-1)
	if errors.Is(err, ledger.ErrNoEntry) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	for _, r := range receipts {
		if r.By == lack.By && r.Size == lack.Size {
			return string(r.Note), nil
		}
	}
	return "", nil
}
