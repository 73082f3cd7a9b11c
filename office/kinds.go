package office

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// Version is the highest version of the rules that this program knows. A fold
// must stop before a charter with a higher one is in force, because it could
// only guess what follows (spec/entries.md §6).
const Version = 6

// Operator is the post that installs and runs a side's node. It is never
// accredited, and acts only where the table of kinds allows it.
const Operator Post = "operator"

// A Kind is one line of the table of kinds: what the body of such an entry
// must look like, and what it does. A later version of the rules that changes
// a kind adds a second line with the same name; the line with the highest
// Since that is not above the version in force applies.
type Kind struct {
	Name     string
	Since    int64 // version of the rules that brought this line
	Operator bool  // the post "operator" may do it
	founds   bool  // allowed before the office is open, and only there

	body  func() any
	check func(c *checker, body any)
	apply func(m *matter, body any) Verdict
}

// Kinds is the table of all kinds of entry (spec/entries.md §7).
var Kinds = []Kind{
	founding(kind(KindCharter, 1, true, checkCharterBody, applyCharter)),
	kind(KindPropose, 1, true, checkFirstPropose, applyPropose),
	kind(KindPropose, 3, true, checkThirdPropose, applyPropose),
	kind(KindPropose, 4, true, checkFourthPropose, applyPropose),
	kind(KindPropose, 5, true, checkPropose, applyPropose),
	kind(KindAgree, 1, true, checkFirstAgree, applyAgree),
	kind(KindAgree, 5, true, checkAgree, applyAgree),
	kind(KindPost, 1, true, checkPost, applyPost),
	kind(KindPostEnd, 1, true, checkPostEnd, applyPostEnd),
	kind(KindDispatch, 1, false, checkFirstDispatch, applyFirstDispatch),
	kind(KindDispatch, 2, false, checkSecondDispatch, applyDispatch),
	kind(KindDispatch, 3, false, checkThirdDispatch, applyDispatch),
	kind(KindDispatch, 4, false, checkDispatch, applyDispatch),
	kind(KindAcknowledge, 1, false, checkAcknowledge, applyAcknowledge),
	kind(KindConsider, 2, false, checkConsider, applyConsider),
	kind(KindClose, 2, false, checkClose, applyFirstClose),
	kind(KindClose, 6, false, checkClose, applyClose),
	kind(KindStored, 2, true, checkStored, applyStored),
	kind(KindProposeForm, 3, true, checkThirdProposeForm, applyProposeForm),
	kind(KindProposeForm, 6, true, checkProposeForm, applyProposeForm),
	kind(KindAgreeForm, 3, true, checkAgreeForm, applyAgreeForm),
	kind(KindNote, 3, false, checkNote, applyNote),
	kind(KindHours, 3, true, checkHours, applyHours),
	kind(KindSuspension, 3, false, checkSuspension, applySuspension),
	kind(KindResumption, 3, false, checkResumption, applyResumption),
	kind(KindAttempt, 3, false, checkAttempt, applyAttempt),
	kind(KindConfirm, 3, false, checkConfirm, applyConfirm),
	kind(KindTender, 3, false, checkTender, applyTender),
	kind(KindTenderReply, 3, false, checkTenderAnswer, applyTenderAnswer),
	kind(KindTenderEnd, 3, false, checkTenderWithdraw, applyTenderWithdraw),
	kind(KindWatch, 3, false, checkWatch, applyWatch),
	kind(KindWatchEnd, 3, false, checkWatchEnd, applyWatchEnd),
	kind(KindCheck, 3, false, checkCheck, applyCheck),
	kind(KindCheckAnswer, 3, false, checkCheckAnswer, applyCheckAnswer),
	kind(KindCoverage, 3, true, checkCoverage, applyCoverage),
	kind(KindPersonnel, 3, true, checkPersonnel, applyPersonnel),
	kind(KindReadback, 4, false, checkReadback, applyReadback),
	kind(KindReadbackReply, 4, false, checkReadbackAnswer, applyReadbackAnswer),
}

// A matter is what a rule has before it: the entry, the desk, and the office
// as it stands. Rows from the desk share their lists with it: a rule makes new
// lists and never writes into old ones.
type matter struct {
	*Entry
	desk   Desk
	office *OfficeRow
}

// kind makes a line of the table from functions that know the body's type.
func kind[B any](name string, since int64, operator bool, check func(*checker, *B), apply func(*matter, *B) Verdict) Kind {
	return Kind{
		Name:     name,
		Since:    since,
		Operator: operator,
		body:     func() any { return new(B) },
		check:    func(c *checker, body any) { check(c, body.(*B)) },
		apply:    func(m *matter, body any) Verdict { return apply(m, body.(*B)) },
	}
}

func founding(k Kind) Kind {
	k.founds = true
	return k
}

// read gives the body of an entry of this kind, if it has the right shape.
func (k *Kind) read(encoded []byte) (any, Verdict) {
	body := k.body()
	if !decode(encoded, body) {
		return nil, void(Malformed, "kind", k.Name)
	}
	var c checker
	k.check(&c, body)
	return body, c.verdict
}

// preparedBody is what a line of the table reads in the body of an entry.
type preparedBody struct {
	kind    *Kind
	body    any
	verdict Verdict
}

// Prepare reads the body of the entry as a version of the rules does, so that Apply need
// not, if that version is in force at the entry's place. It is for who reads many entries
// while another goroutine applies those before them.
func (e *Entry) Prepare(version int64) {
	if k := inForce(Kinds, version, e.Kind); k != nil {
		body, verdict := k.read(e.Body)
		e.prepared = &preparedBody{k, body, verdict}
	}
}

// Unprepared is the entry without what Prepare has read of it, for who keeps it.
func (e Entry) Unprepared() Entry {
	e.prepared = nil
	return e
}

// readAs gives the body of the entry, if it has the right shape. What was prepared is
// given once: rows may share its lists.
func (e *Entry) readAs(k *Kind) (any, Verdict) {
	p := e.prepared
	e.prepared = nil
	if p == nil || p.kind != k {
		return k.read(e.Body)
	}
	return p.body, p.verdict
}

// Check reports whether body may stand in an entry of this kind: its form,
// lengths, ids and lists, as far as that can be said without the records. Use
// it before signing. It also refuses what this program is too old to stand by:
// a charter with rules that it does not know.
func Check(kind string, body []byte) Verdict {
	return check(Kinds, Version, kind, body)
}

func check(kinds []Kind, version int64, kind string, body []byte) Verdict {
	answer := void(NeedsNewerRules, "kind", clip(kind))
	for i := range kinds {
		if kinds[i].Name != kind {
			continue
		}
		read, verdict := kinds[i].read(body)
		answer = verdict
		if !verdict.Done() {
			continue
		}
		var charter *Charter
		switch b := read.(type) {
		case *CharterBody:
			charter = b.Charter
		case *ProposeBody:
			charter = b.Charter
		}
		if charter != nil && charter.Rules > version {
			return void(NeedsNewerRules, "rules", strconv.FormatInt(charter.Rules, 10))
		}
		return verdict
	}
	return answer
}

// Apply gives the rules' answer to an entry at its place in the joint order,
// and puts the rows that follow from it on the desk. A void entry puts none, but if
// the time of a charter that waits has come with it, that charter is put in force first.
// The desk holds what all entries before it have left (spec/entries.md §6).
func Apply(d Desk, e *Entry) Verdict {
	return apply(Kinds, d, e)
}

func apply(kinds []Kind, d Desk, e *Entry) Verdict {
	m := &matter{Entry: e, desk: d, office: &OfficeRow{}}
	version := int64(1)
	d.Get(m.office)
	m.enact()
	if m.office.Open {
		version = m.office.Charter.Rules
	}
	k := inForce(kinds, version, e.Kind)
	if k == nil {
		return void(NeedsNewerRules, "kind", clip(e.Kind))
	}
	if !k.founds {
		if !m.office.Open {
			return void(OfficeNotOpen)
		}
		if m.office.Charter.Side(e.ID.Side) == nil {
			return void(NotASide, "side", e.ID.Side)
		}
	}
	if verdict := m.mayAct(k); !verdict.Done() {
		return verdict
	}
	body, verdict := e.readAs(k)
	if !verdict.Done() {
		return verdict
	}
	return k.apply(m, body)
}

// inForce finds the line of the table that a version of the rules uses.
func inForce(kinds []Kind, version int64, name string) (found *Kind) {
	for i := range kinds {
		if k := &kinds[i]; k.Name == name && k.Since <= version && (found == nil || k.Since > found.Since) {
			found = k
		}
	}
	return found
}

// mayAct checks that the post which acted is accredited.
func (m *matter) mayAct(k *Kind) Verdict {
	if m.By == Operator && k.Operator {
		return Verdict{}
	}
	post := &PostRow{Side: m.ID.Side, Post: m.By}
	switch {
	case !m.desk.Get(post):
		return void(PostUnknown, "post", clip(m.By))
	case post.Ended:
		return void(PostEnded, "post", post.Post)
	}
	return Verdict{}
}

// Side finds a side in the charter, or gives nil.
func (c *Charter) Side(id Side) *CharterSide {
	if c == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(c.Sides, id, func(s CharterSide, id Side) int { return cmp.Compare(s.ID, id) })
	if !found {
		return nil
	}
	return &c.Sides[i]
}

// Channel finds a channel in the charter, or gives nil.
func (c *Charter) Channel(id string) *Channel {
	if c == nil {
		return nil
	}
	for i := range c.Channels {
		if c.Channels[i].ID == id {
			return &c.Channels[i]
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
