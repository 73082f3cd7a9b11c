package office

import (
	"slices"
	"strconv"
)

// checkFirstAgree is the check under rules version 1 to 4, by which every charter is in
// force from the last consent on.
func checkFirstAgree(c *checker, b *AgreeBody) {
	if b.From != "" {
		c.fail(Malformed, "kind", KindAgree)
	}
	checkAgree(c, b)
}

func checkAgree(c *checker, b *AgreeBody) {
	if b.From != "" {
		c.minute("from", b.From)
	}
	c.hash("hash", b.Hash)
}

// applyAgree consents to an open proposal. With the last side's consent all other
// open proposals fall, and so does a charter that waits; the charter is in force, or
// waits for the moment from which the sides want it.
func applyAgree(m *matter, b *AgreeBody) Verdict {
	p := &Proposal{Hash: b.Hash}
	from, _ := b.From.Millis()
	switch {
	case !m.desk.Get(p):
		return void(ProposalUnknown, "hash", b.Hash)
	case p.State != ProposalOpen:
		return void(ProposalNotOpen, "hash", b.Hash, "state", p.State)
	case p.From != from:
		return void(OtherFrom, "hash", b.Hash, "from", string(p.FromMinute()))
	case slices.Contains(p.Agreed, m.ID.Side):
		return void(AlreadyAgreed, "hash", b.Hash)
	case p.Charter.Rules < m.office.Charter.Rules: // another one came into force while this was open
		return void(RulesLowered, "rules", strconv.FormatInt(p.Charter.Rules, 10),
			"in-force", strconv.FormatInt(m.office.Charter.Rules, 10))
	}
	p.Agreed = append(slices.Clone(p.Agreed), m.ID.Side)
	if len(p.Agreed) < len(m.office.Charter.Sides) {
		m.desk.Put(p)
		return Verdict{}
	}
	waits := p.From > m.Time
	if p.State = ProposalInForce; waits {
		p.State = ProposalPending
	}
	m.desk.Put(p)
	for _, s := range p.Charter.Sides {
		m.replaceProposal(s.ID, "")
	}
	if old := m.office.Pending; old != nil && old.Hash != p.Hash {
		if row := (&Proposal{Hash: old.Hash}); m.desk.Get(row) && row.State == ProposalPending {
			row.State = ProposalReplaced
			m.desk.Put(row)
		}
	}
	row := &OfficeRow{Charter: p.Charter, Founded: m.office.Founded, Hash: p.Hash, Open: true, Since: m.ID, Time: m.Time}
	if waits {
		in := *m.office
		in.Pending = &Pending{Agreed: m.ID, Charter: p.Charter, From: p.From, Hash: p.Hash}
		row = &in
	}
	m.desk.Put(row)
	m.putSchedule(p.Charter, max(p.From, m.Time))
	return Verdict{}
}

// enact puts the charter that waits in force, if its time is not after the entry that
// is to be judged. It belongs to that entry, whatever becomes of the entry itself: if
// another is slotted in before it, it is undone and enacted anew with that one.
func (m *matter) enact() {
	now := m.office.At(m.Time)
	if now == m.office {
		return
	}
	if p := (&Proposal{Hash: now.Hash}); m.desk.Get(p) && p.State == ProposalPending {
		p.State = ProposalInForce
		m.desk.Put(p)
	}
	m.desk.Put(now)
	m.office = now
}

// FromMinute gives from when the charter is to be in force as it stands in entries;
// empty: from the last consent on.
func (p *Proposal) FromMinute() Minute {
	if p.From == 0 {
		return ""
	}
	return MinuteOf(p.From)
}
