package office

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

// FoundingCharter makes the charter by which an office begins, from the sides
// as their credences name them. It depends on nothing else, so every side makes
// the same one by itself: sides in the order of their ids, one channel, the
// usual clocks and ladders, and the newest rules that the programs of all sides know.
func FoundingCharter(office string, rules int64, sides []CharterSide) *Charter {
	sorted := slices.Clone(sides)
	slices.SortFunc(sorted, func(a, b CharterSide) int { return strings.Compare(a.ID, b.ID) })
	charter := &Charter{
		Channels: []Channel{{
			ID:   "liaison",
			Name: Words{"en": "Liaison", "ko": "연락"},
			Purpose: Words{
				"en": "The general line between the sides. Open at every hour.",
				"ko": "모든 측 사이의 일반 연락선. 언제나 열려 있다.",
			},
		}},
		Clocks: []Clock{
			{Precedence: Flash, Receipt: 60, Acknowledge: 10 * 60},
			{Precedence: Immediate, Receipt: 2 * 60, Acknowledge: 30 * 60},
			{Precedence: Priority, Receipt: 10 * 60, Acknowledge: 3 * 60 * 60},
			{Precedence: Routine, Receipt: 60 * 60, Acknowledge: 6 * 60 * 60},
		},
		Office: office,
		Rules:  rules,
		Sides:  sorted,
	}
	if rules >= 3 {
		charter.Ladders = DefaultLadders()
	}
	if rules >= 4 {
		const workingDay = 8 * 60 * 60 // of joint hours
		for i, answer := range []int64{60 * 60, 6 * 60 * 60, workingDay, 5 * workingDay} {
			clock := &charter.Clocks[i]
			clock.Answer, clock.Readback, clock.Opening = answer, 2*clock.Acknowledge, clock.Precedence == Routine
		}
	}
	return charter
}

// charter checks the form of a charter.
func (c *checker) charter(field string, ch *Charter) {
	if ch == nil {
		c.fail(Missing, "field", field)
		return
	}
	if encoded, err := Encode(ch); err != nil || len(encoded) > MaxCharter {
		c.fail(TooLong, "field", field, "size", strconv.Itoa(len(encoded)), "limit", strconv.Itoa(MaxCharter), "unit", "bytes")
	}
	if !ValidOffice(ch.Office) {
		c.fail(BadName, "field", field+".office", "value", clip(ch.Office))
	}
	c.number(field+".rules", ch.Rules, 1, MaxRules)
	c.charterSides(field+".sides", ch)
	c.channels(field+".channels", ch)
	c.clocks(field+".clocks", ch.Clocks)
	c.ladders(field+".ladders", ch.Ladders)
}

// charterSides checks the sides: in the order of their ids, each with keys of
// its own whose names say whose they are.
func (c *checker) charterSides(field string, ch *Charter) {
	if !c.count(field, len(ch.Sides), MinSides, MaxSides) {
		return
	}
	for i, s := range ch.Sides {
		c.name(field+".id", s.ID)
		if i > 0 && s.ID <= ch.Sides[i-1].ID {
			c.fail(NotInOrder, "field", field, "value", s.ID)
		}
		c.charterSide(field, ch.Office, s)
	}
}

// charterSide checks what a charter says of one side.
func (c *checker) charterSide(field, office string, s CharterSide) {
	c.line(field+".name", s.Name, MaxSideName)
	c.languages(field+".languages", s.Languages)
	c.line(field+".address", s.Address, MaxAddress)
	c.bytes(field+".address", s.Address, MaxAddress)
	c.zone(field+".zone", s.Zone)
	origin := office + "/" + s.ID
	c.vkey(field+".ledger", s.Ledger, origin)
	c.vkey(field+".cosigner", s.Cosigner, origin+"/mirror")
	if key, err := base64.StdEncoding.Strict().DecodeString(s.Link); err != nil || len(key) != 32 {
		c.fail(BadValue, "field", field+".link", "value", clip(s.Link))
	}
}

// CheckSide asks whether a charter of the office may name this side, as it
// stands. The office cannot open with one that it may not.
func CheckSide(office string, s CharterSide) Verdict {
	var c checker
	c.charterSide("side", office, s)
	return c.verdict
}

// vkey checks the outer form of a C2SP public key, "<name>+<hash>+<key>", and
// that it bears the name it must. Whether it is a sound key is for the ledger
// to say, before it admits a side.
func (c *checker) vkey(field, key, name string) {
	rest, named := strings.CutPrefix(key, name+"+")
	hash, encoded, cut := strings.Cut(rest, "+")
	_, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !named || !cut || len(key) > MaxVkey || len(hash) != 8 || encoded == "" || err != nil ||
		strings.ContainsAny(key, "\r\n") {
		c.fail(BadValue, "field", field, "value", clip(key))
	}
}

// zone checks the form of the name of a time zone. Whether there is such a
// zone is not a matter of the rules: tables of zones change.
func (c *checker) zone(field, zone string) {
	good := func(b byte) bool { return letterOrDigit(b) || strings.IndexByte("/_+-", b) >= 0 }
	if zone == "" || len(zone) > MaxZone || !all(zone, good) {
		c.fail(BadValue, "field", field, "value", clip(zone))
	}
}

func (c *checker) channels(field string, ch *Charter) {
	channels := ch.Channels
	if !c.count(field, len(channels), 1, MaxChannels) {
		return
	}
	for i, channel := range channels {
		c.name(field+".id", channel.ID)
		if slices.ContainsFunc(channels[:i], func(before Channel) bool { return before.ID == channel.ID }) {
			c.fail(NotInOrder, "field", field, "value", channel.ID)
		}
		c.words(field+".name", channel.Name, MaxWords)
		c.words(field+".purpose", channel.Purpose, MaxPurpose)
		c.channelTimes(field, &channel)
		c.channelPosts(field+".posts", channel.Posts, ch)
	}
}

// channelPosts checks which posts serve a channel: of sides of the charter, in order.
func (c *checker) channelPosts(field string, posts []ChannelPosts, ch *Charter) {
	if !c.count(field, len(posts), 0, len(ch.Sides)) {
		return
	}
	for i, of := range posts {
		if ch.Side(of.Side) == nil {
			c.fail(BadValue, "field", field+".side", "value", clip(of.Side))
		}
		if i > 0 && of.Side <= posts[i-1].Side {
			c.fail(NotInOrder, "field", field, "value", clip(of.Side))
		}
		if !c.count(field+".posts", len(of.Posts), 1, MaxChannelPosts) {
			return
		}
		for j, post := range of.Posts {
			c.name(field+".posts", post)
			if j > 0 && post <= of.Posts[j-1] {
				c.fail(NotInOrder, "field", field+".posts", "value", clip(post))
			}
		}
	}
}

// clocks checks that there is one clock for each precedence, most urgent first.
func (c *checker) clocks(field string, clocks []Clock) {
	if !c.count(field, len(clocks), len(Precedences), len(Precedences)) {
		return
	}
	for i, clock := range clocks {
		if clock.Precedence != Precedences[i] {
			c.fail(NotInOrder, "field", field, "value", clip(string(clock.Precedence)))
		}
		c.number(field+".receipt", clock.Receipt, 1, MaxClock)
		c.number(field+".acknowledge", clock.Acknowledge, 1, MaxClock)
		c.number(field+".answer", clock.Answer, 0, MaxClock)
		c.number(field+".readback", clock.Readback, 0, MaxClock)
		if clock.Opening && !clock.Precedence.inJointHours() {
			c.fail(BadValue, "field", field+".opening", "value", string(clock.Precedence))
		}
	}
}

// hash checks a hex SHA-256.
func (c *checker) hash(field, hash string) {
	hex := func(b byte) bool { return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' }
	if len(hash) != 64 || !all(hash, hex) {
		c.fail(BadValue, "field", field, "value", clip(hash))
	}
}

func checkCharterBody(c *checker, b *CharterBody) {
	if b.Charter.sinceThird() && b.Charter.Rules < 3 || b.Charter.sinceFourth() && b.Charter.Rules < 4 {
		c.fail(Malformed, "kind", KindCharter)
	}
	c.charter("charter", b.Charter)
}

// applyCharter founds the office for the writer's side. The office opens when
// every side has founded it by the same charter.
func applyCharter(m *matter, b *CharterBody) Verdict {
	side, hash := m.ID.Side, HashCharter(b.Charter)
	switch {
	case m.ID.Index != 0:
		return void(CharterNotFirst)
	case b.Charter.Office != m.Office:
		return void(CharterOtherOffice, "office", b.Charter.Office)
	case b.Charter.Side(side) == nil:
		return void(CharterWithoutWriter, "side", side)
	case m.office.Charter != nil && m.office.Hash != hash:
		return void(CharterDiffers, "hash", hash, "founded", m.office.Hash)
	}
	founded := append(slices.Clone(m.office.Founded), side)
	slices.Sort(founded)
	open := len(founded) == len(b.Charter.Sides)
	m.desk.Put(&OfficeRow{
		Charter: b.Charter,
		Founded: founded,
		Hash:    hash,
		Open:    open,
		Since:   m.ID,
		Time:    m.Time,
	})
	if open {
		m.putSchedule(b.Charter, m.Time)
	}
	return Verdict{}
}

// checkFirstPropose is the check under rules version 1 and 2, which do not know
// the times of channels: the rules are raised first.
func checkFirstPropose(c *checker, b *ProposeBody) {
	if b.Charter.sinceThird() {
		c.fail(Malformed, "kind", KindPropose)
	}
	checkThirdPropose(c, b)
}

// checkThirdPropose is the check under rules version 3.
func checkThirdPropose(c *checker, b *ProposeBody) {
	if b.Charter.sinceFourth() {
		c.fail(Malformed, "kind", KindPropose)
	}
	checkFourthPropose(c, b)
}

// checkFourthPropose is the check under rules version 4, by which every charter is
// in force from the last consent on.
func checkFourthPropose(c *checker, b *ProposeBody) {
	if b.From != "" {
		c.fail(Malformed, "kind", KindPropose)
	}
	checkPropose(c, b)
}

// sinceFourth reports whether a charter has something that only rules version 4 know.
func (c *Charter) sinceFourth() bool {
	return c != nil && (slices.ContainsFunc(c.Clocks, func(clock Clock) bool {
		return clock.Answer != 0 || clock.Readback != 0 || clock.Opening
	}) || slices.ContainsFunc(c.Channels, func(ch Channel) bool { return len(ch.Posts) > 0 }))
}

// Clock gives the clock of a precedence; false if the charter has none.
func (c *Charter) Clock(p Precedence) (Clock, bool) {
	i := slices.IndexFunc(c.Clocks, func(clock Clock) bool { return clock.Precedence == p })
	if i < 0 {
		return Clock{}, false
	}
	return c.Clocks[i], true
}

func checkPropose(c *checker, b *ProposeBody) {
	c.hash("amends", b.Amends)
	c.charter("charter", b.Charter)
	if b.From != "" {
		c.minute("from", b.From)
	}
	if b.Note != "" {
		c.text("note", b.Note, MaxNote)
	}
}

// applyPropose puts forward a charter to replace the one that was agreed to last. A
// side has at most one proposal open: a new one takes the place of its own before.
// While a charter waits, the same from another time postpones it, and the one in
// force takes it back.
func applyPropose(m *matter, b *ProposeBody) Verdict {
	side, hash := m.ID.Side, HashCharter(b.Charter)
	_, last := m.office.AgreedLast()
	from, _ := b.From.Millis()
	switch {
	case b.Amends != last:
		return void(CharterNotInForce, "amends", b.Amends, "hash", last)
	case hash == last && (m.office.Pending == nil || from == m.office.Pending.From):
		return void(CharterSame, "hash", hash)
	case b.From != "" && from <= m.Time:
		return void(NotLater, "value", string(b.From))
	case from > m.Time+MaxAhead*dayLength:
		return void(TooFarAhead, "value", string(b.From), "limit", strconv.Itoa(MaxAhead))
	case b.Charter.Office != m.Office:
		return void(CharterOtherOffice, "office", b.Charter.Office)
	case b.Charter.Rules < m.office.Charter.Rules:
		return void(RulesLowered, "rules", strconv.FormatInt(b.Charter.Rules, 10),
			"in-force", strconv.FormatInt(m.office.Charter.Rules, 10))
	}
	if changed := changedSide(m.office.Charter, b.Charter); changed != "" {
		return void(SidesChanged, "side", changed)
	}
	if same := (&Proposal{Hash: hash}); m.desk.Get(same) && same.State == ProposalOpen {
		return void(ProposalExists, "hash", hash)
	}
	m.replaceProposal(side, hash)
	m.desk.Put(&Proposal{
		Agreed:  []Side{side},
		Amends:  b.Amends,
		At:      m.At,
		By:      m.By,
		Charter: b.Charter,
		From:    from,
		Hash:    hash,
		ID:      m.ID,
		Note:    b.Note,
		State:   ProposalOpen,
	})
	return Verdict{}
}

// changedSide names a side that is not in both charters with the same keys.
func changedSide(before, after *Charter) Side {
	for _, s := range after.Sides {
		was := before.Side(s.ID)
		if was == nil || was.Ledger != s.Ledger || was.Cosigner != s.Cosigner || was.Link != s.Link {
			return s.ID
		}
	}
	for _, s := range before.Sides {
		if after.Side(s.ID) == nil {
			return s.ID
		}
	}
	return ""
}

// replaceProposal ends the proposal that a side has open, if any, and
// remembers the one that is open from now on ("" if none).
func (m *matter) replaceProposal(side Side, hash string) {
	row := &SideRow{Side: side}
	m.desk.Get(row)
	if row.Proposal == hash {
		return
	}
	if old := (&Proposal{Hash: row.Proposal}); row.Proposal != "" && m.desk.Get(old) && old.State == ProposalOpen {
		old.State = ProposalReplaced
		m.desk.Put(old)
	}
	row.Proposal = hash
	m.desk.Put(row)
}
