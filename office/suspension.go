package office

import (
	"cmp"
	"slices"
)

func checkSuspension(c *checker, b *SuspensionBody) {
	c.channelIDs("channels", b.Channels)
	c.mayMinute("from", b.From)
	c.text("reason", b.Reason, MaxStatement)
	if b.Stays != "" {
		c.text("stays", b.Stays, MaxStatement)
	}
}

func checkResumption(c *checker, b *ResumptionBody) {
	c.channelIDs("channels", b.Channels)
	c.mayMinute("from", b.From)
}

// channelIDs checks a list of channels, in order of their ids.
func (c *checker) channelIDs(field string, ids []string) {
	if !c.count(field, len(ids), 1, MaxChannels) {
		return
	}
	for i, id := range ids {
		c.name(field, id)
		if i > 0 && id <= ids[i-1] {
			c.fail(NotInOrder, "field", field, "value", id)
		}
	}
}

// mayMinute checks a minute that may be left out.
func (c *checker) mayMinute(field string, m Minute) {
	if _, ok := m.Millis(); m != "" && !ok {
		c.fail(BadValue, "field", field, "value", clip(string(m)))
	}
}

// begins gives the moment from which an act holds: the entry itself if none is
// named, else one that does not lie before it. Nobody has suspended or resumed
// anything afterwards.
func (m *matter) begins(from Minute) (ms int64, verdict Verdict) {
	if from == "" {
		return m.At, Verdict{}
	}
	if ms, _ = from.Millis(); ms < m.At-m.At%minute {
		return 0, void(NotLater, "value", string(from))
	}
	return ms, Verdict{}
}

// applySuspension notes that a side regards channels as suspended. It is its own
// word and hinders nothing: no rule asks whether a channel is suspended, so that
// distress traffic, and all else, passes in every state.
func applySuspension(m *matter, b *SuspensionBody) Verdict {
	rows := make([]*ChannelRow, len(b.Channels))
	for i, id := range b.Channels {
		if m.office.Charter.Channel(id) == nil {
			return void(ChannelUnknown, "channel", id)
		}
		rows[i] = &ChannelRow{Channel: id}
		m.desk.Get(rows[i])
		if last := rows[i].last(m.ID.Side); last != nil && last.Until == nil {
			return void(AlreadySuspended, "channel", id, "by", last.Suspension.String())
		}
	}
	from, verdict := m.begins(b.From)
	if !verdict.Done() {
		return verdict
	}
	m.desk.Put(&Suspension{
		At: m.At, By: m.By, Channels: b.Channels, From: from, ID: m.ID, Reason: b.Reason, Resumed: []Resumed{}, Side: m.ID.Side,
		Stays: b.Stays, Time: m.Time,
	})
	for _, row := range rows {
		row.add(Spell{From: from, Side: m.ID.Side, Suspension: m.ID})
		m.desk.Put(row)
	}
	return Verdict{}
}

// applyResumption ends a suspension of the writer's side, for some of its
// channels or for all.
func applyResumption(m *matter, b *ResumptionBody) Verdict {
	s := &Suspension{ID: b.Suspension}
	if b.Suspension.Side != m.ID.Side || !m.desk.Get(s) {
		return void(SuspensionUnknown, "suspension", b.Suspension.String())
	}
	for _, id := range b.Channels {
		if !slices.Contains(s.Open(), id) {
			return void(NotSuspended, "channel", id, "suspension", s.ID.String())
		}
	}
	from, verdict := m.begins(b.From)
	if !verdict.Done() {
		return verdict
	}
	s.Resumed = append(slices.Clone(s.Resumed), Resumed{At: m.At, By: m.By, Channels: b.Channels, From: from, ID: m.ID})
	m.desk.Put(s)
	for _, id := range b.Channels {
		row := &ChannelRow{Channel: id}
		m.desk.Get(row)
		row.Spells = slices.Clone(row.Spells)
		row.last(m.ID.Side).Until = &from
		m.desk.Put(row)
	}
	return Verdict{}
}

// Open lists the channels that the suspension was not yet ended for.
func (s *Suspension) Open() []string {
	return slices.DeleteFunc(slices.Clone(s.Channels), func(id string) bool {
		return slices.ContainsFunc(s.Resumed, func(r Resumed) bool { return slices.Contains(r.Channels, id) })
	})
}

// last gives the latest spell of a side, nil if it has none.
func (c *ChannelRow) last(side Side) (found *Spell) {
	for i := range c.Spells {
		if c.Spells[i].Side == side {
			found = &c.Spells[i]
		}
	}
	return found
}

// add puts a spell at the end of those of its side, of which the last two are
// kept: a side may speak of another spell before the last is over.
func (c *ChannelRow) add(s Spell) {
	spells := slices.Clone(c.Spells)
	own := func(x Spell) bool { return x.Side == s.Side }
	if first := slices.IndexFunc(spells, own); first >= 0 && slices.ContainsFunc(spells[first+1:], own) {
		spells = slices.Delete(spells, first, first+1)
	}
	c.Spells = append(spells, s)
	slices.SortStableFunc(c.Spells, func(a, b Spell) int { return cmp.Compare(a.Side, b.Side) })
}

// At reports whether the channel is suspended at a moment by this spell.
func (s *Spell) At(ms int64) bool { return s.From <= ms && (s.Until == nil || ms < *s.Until) }

// Ended reports whether the spell is over at a moment.
func (s *Spell) Ended(ms int64) bool {
	return s.Until != nil && (*s.Until <= ms || *s.Until <= s.From)
}
