package office

import (
	"slices"
	"strconv"
)

// Read-back: an addressed side restates in its own words what it has understood of
// a dispatch, and the side that wrote it confirms that it was meant so, or disputes
// it and says what was meant. After a dispute the side may read back again.

// ReadbackWord is what the sender of a dispatch says to a read-back of it.
type ReadbackWord string

// What can be said to a read-back.
const (
	ReadbackConfirm ReadbackWord = "confirmed" // it was meant so
	ReadbackDispute ReadbackWord = "disputed"  // it was not
)

// ReadbackWords lists both, in the order in which they are offered.
var ReadbackWords = []ReadbackWord{ReadbackConfirm, ReadbackDispute}

// ReadbackBody restates what the writer's side has understood of a dispatch.
type ReadbackBody struct {
	Dispatch EntryID `json:"dispatch"`
	Text     string  `json:"text"`
}

// ReadbackAnswerBody confirms a read-back, or disputes it.
type ReadbackAnswerBody struct {
	Answer   ReadbackWord `json:"answer"`
	Readback EntryID      `json:"readback"`
	Text     string       `json:"text,omitzero"` // what was meant; there if it is disputed, and only then
}

// Readback is a read-back, and what the sender of the dispatch has said to it.
type Readback struct {
	Answer   *ReadbackAnswer `json:"answer,omitzero"` // nil as long as nothing was said
	At       int64           `json:"at"`
	By       Post            `json:"by"`
	Dispatch EntryID         `json:"dispatch"`
	ID       EntryID         `json:"id"`
	Side     Side            `json:"side"`
	Text     string          `json:"text"`
	Time     int64           `json:"time"` // of the entry in the joint order
}

func (*Readback) Table() string { return "readback" }
func (r *Readback) Key() string { return r.ID.String() }

// ReadbackAnswer is what was said to a read-back.
type ReadbackAnswer struct {
	Answer ReadbackWord `json:"answer"`
	At     int64        `json:"at"`
	By     Post         `json:"by"`
	ID     EntryID      `json:"id"`
	Text   string       `json:"text,omitzero"`
}

// Restated says of a read-back, where the dispatch is handled, how far it has come.
// What was said stands in its own row.
type Restated struct {
	Answer   ReadbackWord `json:"answer,omitzero"` // empty as long as nothing was said
	Answered int64        `json:"answered,omitzero"`
	At       int64        `json:"at"`
	ID       EntryID      `json:"id"`
	Side     Side         `json:"side"`
}

// Stage is how far a side has come with this as its last read-back.
func (r *Restated) Stage() Stage {
	switch r.Answer {
	case ReadbackConfirm:
		return StageConfirmed
	case ReadbackDispute:
		return StageDisputed
	}
	return StageReadBack
}

// ReadbackOf gives the last read-back of a side, nil if there is none, and how many
// there are. h may be nil.
func (h *Handling) ReadbackOf(side Side) (last *Restated, n int) {
	if h == nil {
		return nil, 0
	}
	for i := range h.Readbacks {
		if h.Readbacks[i].Side == side {
			last, n = &h.Readbacks[i], n+1
		}
	}
	return last, n
}

// Disputes counts the read-backs that were disputed. h may be nil.
func (h *Handling) Disputes() (n int) {
	if h == nil {
		return 0
	}
	for _, r := range h.Readbacks {
		if r.Answer == ReadbackDispute {
			n++
		}
	}
	return n
}

// OwesReadback reports whether a side that a dispatch is addressed to has still to
// read it back: it was asked to, and has not, or was disputed and may once more.
func (d *Dispatch) OwesReadback(h *Handling, side Side) bool {
	last, n := h.ReadbackOf(side)
	return d.Readback && slices.Contains(d.To, side) && (last == nil || last.Answer == ReadbackDispute && n < MaxReadbacks)
}

// ReadbackFrom is from when on the clock of a read-back runs that is owed: from the
// release, or from the dispute of the one before, if that is later.
func (d *Dispatch) ReadbackFrom(h *Handling, side Side) int64 {
	if last, _ := h.ReadbackOf(side); last != nil {
		return max(d.At, last.Answered)
	}
	return d.At
}

// WaitReadback reckons by when the sides that owe it are to read a dispatch back, by the
// charter's clock. After a dispute it runs anew, so that this is to be reckoned again.
func (c *Charter) WaitReadback(w *Wait, d *Dispatch, h *Handling, clock *JointClock) {
	w.Readback, w.Disputes = nil, h.Disputes()
	of, ok := c.Clock(d.Precedence)
	if !ok || of.Readback == 0 {
		return
	}
	for _, to := range d.To {
		if d.OwesReadback(h, to) {
			if w.Readback == nil {
				w.Readback = map[Side]int64{}
			}
			w.Readback[to] = clock.Due(d.Precedence, of.Readback, d.ReadbackFrom(h, to))
		}
	}
}

func checkReadback(c *checker, b *ReadbackBody) { c.text("text", b.Text, MaxReadback) }

// applyReadback notes what an addressed side has understood. It waits then for the
// word of the sender, and only after a dispute may the side read back again.
func applyReadback(m *matter, b *ReadbackBody) Verdict {
	side := m.ID.Side
	d, verdict := m.dispatch(b.Dispatch)
	switch {
	case !verdict.Done():
		return verdict
	case !slices.Contains(d.To, side):
		return void(NotAddressed, "dispatch", d.ID.String())
	case !d.Readback:
		return void(ReadbackNotAsked, "dispatch", d.ID.String())
	}
	h := m.handling(d.ID)
	switch last, n := h.ReadbackOf(side); {
	case last == nil:
	case last.Answer == "":
		return void(ReadbackWaits, "dispatch", d.ID.String(), "by", last.ID.String())
	case last.Answer == ReadbackConfirm:
		return void(AlreadyConfirmed, "dispatch", d.ID.String(), "by", last.ID.String())
	case n >= MaxReadbacks:
		return void(TooMany, "field", "readback", "size", strconv.Itoa(n+1), "limit", strconv.Itoa(MaxReadbacks))
	}
	h.Readbacks = append(slices.Clone(h.Readbacks), Restated{At: m.At, ID: m.ID, Side: side})
	m.desk.Put(&Readback{At: m.At, By: m.By, Dispatch: d.ID, ID: m.ID, Side: side, Text: b.Text, Time: m.Time})
	m.desk.Put(h)
	return Verdict{}
}

func checkReadbackAnswer(c *checker, b *ReadbackAnswerBody) {
	oneOf(c, "answer", b.Answer, ReadbackWords)
	if b.Answer == ReadbackDispute {
		c.text("text", b.Text, MaxReadback)
	} else if b.Text != "" { // what is confirmed is confirmed as it stands
		c.fail(BadValue, "field", "text", "value", clip(b.Text))
	}
}

// applyReadbackAnswer notes what the sender of a dispatch says to a read-back, once.
func applyReadbackAnswer(m *matter, b *ReadbackAnswerBody) Verdict {
	r := &Readback{ID: b.Readback}
	unseen := r.ID.Side != m.ID.Side && m.Seen[r.ID.Side] <= r.ID.Index
	switch {
	case unseen || !m.desk.Get(r):
		return void(ReadbackUnknown, "readback", b.Readback.String())
	case r.Dispatch.Side != m.ID.Side:
		return void(ReadbackOfOthers, "readback", r.ID.String(), "dispatch", r.Dispatch.String())
	case r.Answer != nil:
		return void(ReadbackAnswered, "readback", r.ID.String(), "by", r.Answer.ID.String())
	}
	r.Answer = &ReadbackAnswer{Answer: b.Answer, At: m.At, By: m.By, ID: m.ID, Text: b.Text}
	m.desk.Put(r)
	h := m.handling(r.Dispatch)
	h.Readbacks = slices.Clone(h.Readbacks)
	for i := range h.Readbacks {
		if h.Readbacks[i].ID == r.ID {
			h.Readbacks[i].Answer, h.Readbacks[i].Answered = b.Answer, m.At
		}
	}
	m.desk.Put(h)
	return Verdict{}
}

// readbackQuestion is what is waited for with the read-back of an addressed side: once
// it has said anything to the dispatch, that it reads it back; then that the sender
// confirms or disputes it. q is what all questions of this dispatch and side have.
func (d *Dispatch) readbackQuestion(q Question, h *Handling, stage Stage, w *Wait) (Question, bool) {
	last, _ := h.ReadbackOf(q.To)
	switch {
	case last != nil && last.Answer == "":
		q.About, q.Awaits, q.From, q.To = last.ID, AwaitsConfirmation, q.To, d.From
		q.Since, q.Read, q.Receipt = last.At, last.At, 0
		return q, true
	case stage == StageReleased || !d.OwesReadback(h, q.To):
		return q, false
	case last != nil:
		q.Read = last.Answered
	case q.Read == 0: // it was never acknowledged
		for _, c := range h.Considers {
			if c.Side == q.To {
				q.Read = c.At
			}
		}
		for _, a := range h.Answered {
			if a.Side == q.To {
				q.Read = a.At
			}
		}
	}
	q.Awaits, q.Due = AwaitsReadback, w.Readback[q.To]
	return q, true
}
