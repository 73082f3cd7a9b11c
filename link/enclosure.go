package link

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"liaison.example/enclosure"
)

// The bytes of enclosures go beside the entries, on a connection of their own
// and in parts, so that no dispatch waits for a file. Who lacks a file asks for
// it; who cannot call says in its hello what it waits for, and is given that
// (spec/link.md §10).

// Wanted is a file that a node waits for, and how much of it is there.
type Wanted struct {
	Hash string // hex SHA-256 of the whole
	Size int64  // bytes of the whole
	Held int64  // bytes held, from the beginning
}

// Enclosures is what a link may ask of whoever keeps the files. Without it, the
// doors for enclosures are closed.
type Enclosures interface {
	// Wants lists what this node waits for from a side, the most urgent first.
	Wants(ctx context.Context, from string) []Wanted
	// Part reads a part of a file from where w.Held says. It answers
	// enclosure.ErrNotHeld if no entry of this office names the file, or not all
	// of it is here.
	Part(ctx context.Context, w Wanted, most int) ([]byte, error)
	// Take stores a part that a side gives, which begins where w.Held says, and
	// tells how much is held then. It answers enclosure.ErrNotHeld if this node
	// does not wait for the file.
	Take(ctx context.Context, from string, w Wanted, part []byte) (held int64, err error)
	// Wanted says that a side that cannot call us waits for files.
	Wanted(by string)
}

// Refusal says that another node has refused a question about an enclosure.
type Refusal struct {
	Code  Code
	Held  int64         // with CodeStale: the bytes held there
	After time.Duration // to wait before asking again; 0 if it did not say
}

func (e *Refusal) Error() string { return "the other side answers: " + string(e.Code) }

// ErrLine says that a question about an enclosure has brought no answer that
// could be taken.
var ErrLine = errors.New("no answer came over the link")

// askEnclosure asks for a part of an enclosure.
type askEnclosure struct {
	From int64  `json:"from"`
	Hash string `json:"hash"`
	Max  int    `json:"max"` // at most so many bytes
	Size int64  `json:"size"`
}

// partHeader is the header of a part; its bytes follow.
type partHeader struct {
	From int64  `json:"from"`
	Hash string `json:"hash"`
	Size int64  `json:"size"` // of the whole enclosure
}

// tookPart answers a part that was given.
type tookPart struct {
	Held int64 `json:"held"` // bytes held now
}

// helloAwaits is a file that the speaker waits for.
type helloAwaits struct {
	Hash string `json:"hash"`
	Held int64  `json:"held"`
	Size int64  `json:"size"`
}

// checkPart holds what names a part to the forms and the limits.
func checkPart(hash string, size, from int64) error {
	if !isHash(hash) || size < 1 || from < 0 || from > size {
		return fmt.Errorf("%w: not a part of an enclosure", errMessage)
	}
	return nil
}

// FetchPart asks a side for the next part of a file, of at most so many bytes.
// The answer is *Refusal or ErrLine if none came.
func (l *Link) FetchPart(ctx context.Context, side string, w Wanted, most int) ([]byte, error) {
	most = min(most, l.c.Limits.Part)
	q, err := encode(askEnclosure{w.Held, w.Hash, most, w.Size})
	if err != nil {
		return nil, err
	}
	var part []byte
	err = l.askPart(ctx, side, DoorEnclosure, q, most, func(answer []byte) error {
		var h partHeader
		rest, err := l.c.Limits.decode(answer, &h)
		want := min(int64(most), w.Size-w.Held)
		switch {
		case err != nil:
			return err
		case h != partHeader{w.Held, w.Hash, w.Size}, int64(len(rest)) > want, len(rest) == 0 && want > 0:
			return fmt.Errorf("%w: the answer is not what was asked for", errMessage)
		}
		part = rest
		return nil
	})
	return part, err
}

// GivePart gives a side a part of a file that it waits for, and tells how much
// it holds then.
func (l *Link) GivePart(ctx context.Context, side string, w Wanted, part []byte) (held int64, err error) {
	q, err := encodePart(w, part)
	if err != nil {
		return 0, err
	}
	err = l.askPart(ctx, side, DoorPart, q, 0, func(answer []byte) error {
		var took tookPart
		err := l.c.Limits.decodeAlone(answer, &took)
		if err == nil && (took.Held < w.Held || took.Held > w.Size) {
			err = fmt.Errorf("%w: it holds more than was given", errMessage)
		}
		held = took.Held
		return err
	})
	return held, err
}

func encodePart(w Wanted, part []byte) ([]byte, error) {
	header, err := encode(partHeader{w.Held, w.Hash, w.Size})
	return slices.Concat(header, part), err
}

// WantedBy lists what a side that cannot call us waits for, as its last hello
// said, the most urgent first.
func (l *Link) WantedBy(side string) []Wanted {
	p := l.peerOf(side)
	if p == nil {
		return nil
	}
	p.stateMu.Lock()
	defer p.stateMu.Unlock()
	return slices.Clone(p.wants)
}

// askPart asks one question about an enclosure, on the connection that is for
// these, and lets read look at the answer.
func (l *Link) askPart(ctx context.Context, side string, door Door, body []byte, more int, read func([]byte) error) error {
	p, leave := l.enter(side)
	if p == nil {
		return fmt.Errorf("%w: %w", ErrLine, errCut)
	}
	defer leave()
	select {
	case p.porting <- struct{}{}:
		defer func() { <-p.porting }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(p.ctx, stop)()
	p.mu.Lock()
	p.stopPart = stop
	p.mu.Unlock()
	if p.isCut() {
		return fmt.Errorf("%w: %w", ErrLine, errCut)
	}
	answer, failed := p.carryOn(ctx, p.porter, door, body, more)
	if failed == nil {
		if err := read(answer); err != nil {
			failed = p.badMessage(door, err)
		}
	}
	switch e := failed.(type) {
	case nil:
		return nil
	case Refused:
		return &Refusal{e.Code, e.Size, e.After}
	case Failed:
		return fmt.Errorf("%w: %s", ErrLine, e.Why)
	}
	return ErrLine
}

// answerEnclosure hands out a part of a file.
func (p *peer) answerEnclosure(ctx context.Context, body []byte) reply {
	l := p.l
	var q askEnclosure
	err := l.c.Limits.decodeAlone(body, &q)
	if err == nil {
		err = checkPart(q.Hash, q.Size, q.From)
	}
	if err != nil || q.Max < 1 {
		return refuse(CodeMalformed, "not a question for a part of an enclosure")
	}
	w, most := Wanted{q.Hash, q.Size, q.From}, min(q.Max, l.c.Limits.Part)
	if after, ok := p.meter.part(l.elapsed(), int(min(int64(most), q.Size-q.From))); !ok {
		return counted(refused(refusal{Code: string(CodeBusy), Detail: "too much of enclosures at once", After: after.Milliseconds()}))
	}
	part, err := l.c.Enclosures.Part(ctx, w, most)
	if err != nil {
		return counted(p.refusePart("hand out a part of an enclosure", err))
	}
	answer, err := encodePart(w, part)
	if err != nil {
		return counted(p.refusePart("hand out a part of an enclosure", err))
	}
	return counted(reply{Answer: Answer{200, answer}})
}

// answerPart takes a part of a file that this node waits for.
func (p *peer) answerPart(ctx context.Context, body []byte) reply {
	l := p.l
	var h partHeader
	part, err := l.c.Limits.decode(body, &h)
	if err == nil {
		err = checkPart(h.Hash, h.Size, h.From)
	}
	if err != nil || len(part) > l.c.Limits.Part {
		return refuse(CodeMalformed, "not a part of an enclosure")
	}
	if after, ok := p.meter.part(l.elapsed(), len(part)); !ok {
		return counted(refused(refusal{Code: string(CodeBusy), Detail: "too much of enclosures at once", After: after.Milliseconds()}))
	}
	held, err := l.c.Enclosures.Take(ctx, p.c.Side, Wanted{h.Hash, h.Size, h.From}, part)
	if err != nil {
		return counted(p.refusePart("take a part of an enclosure", err))
	}
	return counted(accept(tookPart{held}))
}

// counted says that a request about an enclosure is counted by its bytes, and
// not among the requests.
func counted(r reply) reply {
	r.counted = true
	return r
}

// refusePart says why a part could not be handed out or taken.
func (p *peer) refusePart(what string, err error) reply {
	var stale *enclosure.Stale
	var room *enclosure.NoRoom
	switch {
	case errors.As(err, &stale):
		return refused(refusal{Code: string(CodeStale), Size: stale.Held, Detail: "what is held here ends elsewhere"})
	case errors.As(err, &room):
		return refused(refusal{Code: string(CodeNoRoom), Detail: "no more enclosures are taken here", After: pauseMost.Milliseconds()})
	case errors.Is(err, enclosure.ErrNotHeld):
		return refuse(CodeUnknownEnclosure, "no such enclosure is waited for, or held and named by an entry, here")
	case errors.Is(err, enclosure.ErrTooLong):
		return refuse(CodeMalformed, "the part has more bytes than the enclosure")
	case errors.Is(err, enclosure.ErrWrongBytes):
		return refuse(CodeWrongBytes, "the bytes that came are not those that the hash names, and were thrown away")
	}
	p.l.c.Log.Error(what, "side", p.c.Side, "error", err)
	return refused(refusal{Code: string(CodeBusy), After: 1000})
}

// tellAwaits is what this node's next hello says that it waits for.
func (p *peer) tellAwaits(ctx context.Context) []helloAwaits {
	if p.l.c.Enclosures == nil {
		return nil
	}
	wants := p.l.c.Enclosures.Wants(ctx, p.c.Side)
	told := make([]helloAwaits, 0, len(wants))
	for _, w := range wants[:min(len(wants), p.l.c.Limits.Awaits)] {
		told = append(told, helloAwaits{w.Hash, w.Held, w.Size})
	}
	return told
}

// hearAwaits takes in what a side waits for, if it cannot call us to fetch it.
func (p *peer) hearAwaits(h *hello) {
	if p.l.c.Enclosures == nil {
		return
	}
	var wants []Wanted
	if !h.Reaches {
		for _, w := range h.Awaits {
			wants = append(wants, Wanted{w.Hash, w.Size, w.Held})
		}
	}
	p.stateMu.Lock()
	p.wants = wants
	p.stateMu.Unlock()
	if len(wants) > 0 {
		p.l.c.Enclosures.Wanted(p.c.Side)
	}
}
