package office

import (
	"slices"
	"strconv"
)

func checkWatch(c *checker, b *WatchBody) {
	c.languages("languages", b.Languages)
	if b.Name != "" {
		c.line("name", b.Name, MaxWatchName)
	}
	if _, ok := b.Until.Millis(); b.Until != "" && !ok {
		c.fail(BadValue, "field", "until", "value", clip(string(b.Until)))
	}
}

// applyWatch puts the post that writes it on watch for its side. A post has one
// watch at a time; who takes over from it, also for the same post, ends that one
// in the same act, so that there is no moment between the two.
func applyWatch(m *matter, b *WatchBody) Verdict {
	side := m.side()
	on := slices.Clone(side.Watch)
	if b.Relieves != nil {
		relieved, verdict := m.watch(*b.Relieves)
		if !verdict.Done() {
			return verdict
		}
		on = slices.DeleteFunc(on, func(w OnWatch) bool { return w.Watch == relieved.ID })
	}
	if i := slices.IndexFunc(on, func(w OnWatch) bool { return w.Post == m.By }); i >= 0 {
		return void(AlreadyOnWatch, "post", m.By, "watch", on[i].Watch.String())
	}
	if len(on) >= MaxOnWatch {
		return void(TooMany, "field", "watch", "size", strconv.Itoa(len(on)+1), "limit", strconv.Itoa(MaxOnWatch))
	}
	until, _ := b.Until.Millis()
	if b.Until != "" && until <= m.At {
		return void(NotLater, "value", string(b.Until))
	}
	if b.Relieves != nil {
		m.endWatch(*b.Relieves, true)
	}
	side.Watch = append(on, OnWatch{Post: m.By, Watch: m.ID})
	m.desk.Put(side)
	m.desk.Put(&Watch{
		At:        m.At,
		By:        m.By,
		ID:        m.ID,
		Languages: b.Languages,
		Name:      b.Name,
		Relieves:  b.Relieves,
		Side:      m.ID.Side,
		Time:      m.Time,
		Until:     until,
	})
	return Verdict{}
}

func checkWatchEnd(*checker, *WatchEndBody) {}

// applyWatchEnd ends a watch of the writer's side, its own or that of another
// post, which may have gone home without a word.
func applyWatchEnd(m *matter, b *WatchEndBody) Verdict {
	if _, verdict := m.watch(b.Watch); !verdict.Done() {
		return verdict
	}
	side := m.side()
	side.Watch = slices.DeleteFunc(slices.Clone(side.Watch), func(w OnWatch) bool { return w.Watch == b.Watch })
	m.desk.Put(side)
	m.endWatch(b.Watch, false)
	return Verdict{}
}

// endWatchOf ends the watch of a post that is withdrawn, if it has one.
func (m *matter) endWatchOf(post Post) {
	side := m.side()
	i := slices.IndexFunc(side.Watch, func(w OnWatch) bool { return w.Post == post })
	if i < 0 {
		return
	}
	watch := side.Watch[i].Watch
	side.Watch = slices.Delete(slices.Clone(side.Watch), i, i+1)
	m.desk.Put(side)
	m.endWatch(watch, false)
}

func (m *matter) endWatch(id EntryID, relieved bool) {
	w := &Watch{ID: id}
	m.desk.Get(w)
	w.End = &WatchEnd{At: m.At, By: m.By, ID: m.ID, Relieved: relieved, Time: m.Time}
	m.desk.Put(w)
}

// watch gives a watch of the writer's side that has not ended.
func (m *matter) watch(id EntryID) (*Watch, Verdict) {
	w := &Watch{ID: id}
	switch {
	case id.Side != m.ID.Side || !m.desk.Get(w):
		return nil, void(WatchUnknown, "watch", id.String())
	case w.End != nil:
		return nil, void(WatchOver, "watch", id.String(), "by", w.End.ID.String())
	}
	return w, Verdict{}
}

// side gives the row of the writer's side.
func (m *matter) side() *SideRow {
	row := &SideRow{Side: m.ID.Side}
	m.desk.Get(row)
	return row
}

// Watch is one post's time on watch. It began and ended at Time and End.Time, in
// the joint order, where time never goes back: At is what the writer's clock said.
type Watch struct {
	At        int64     `json:"at"`
	By        Post      `json:"by"` // who is on watch
	End       *WatchEnd `json:"end,omitzero"`
	ID        EntryID   `json:"id"`
	Languages []string  `json:"languages"` // that are understood on this watch, the first preferred
	Name      string    `json:"name,omitzero"`
	Relieves  *EntryID  `json:"relieves,omitzero"` // the watch that it took over
	Side      Side      `json:"side"`
	Time      int64     `json:"time"`           // in the joint order, milliseconds
	Until     int64     `json:"until,omitzero"` // when it means to end, milliseconds; 0 if it does not say. Time alone ends no watch
}

func (*Watch) Table() string { return "watch" }
func (w *Watch) Key() string { return w.ID.String() }

// WatchEnd is how a watch ended.
type WatchEnd struct {
	At       int64   `json:"at"`
	By       Post    `json:"by"`
	ID       EntryID `json:"id"`
	Relieved bool    `json:"relieved"` // by the watch that the entry ID began
	Time     int64   `json:"time"`
}

// OnWatch is a post that is on watch now, and the entry that says so.
type OnWatch struct {
	Post  Post    `json:"post"`
	Watch EntryID `json:"watch"`
}
