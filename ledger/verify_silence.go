package ledger

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A ProvenSilence is what a statement of silence was found to prove.
type ProvenSilence struct {
	Silence
	// Entries are the dispatches, each with who had stored it when.
	Entries []Disclosure
	// Received and ReceivedAt say that the other node had stored so many entries of
	// the side's ledger, and when it signed that: it was at work then.
	Received   int64
	ReceivedAt time.Time
	// Written is how many entries of the other side the checkpoint covers that it
	// signed, and HeldAt when the side had stored them; zero if its cosigner's key
	// was not given.
	Written int64
	HeldAt  time.Time
	// From and Leaves are the entries of the other side that go with it, up to
	// Written; nil if none do. No entry before can have seen one of the dispatches.
	// What is in them is for the reader to look at.
	From   int64
	Leaves []Entry
	// Unknown are the names of keys that were not given.
	Unknown []string
}

// VerifySilence checks a statement of silence with nothing but public keys, C2SP
// verifier keys: the signature of the side that makes it, the disclosures of its
// dispatches, the cosignature and the checkpoint of the other side, and that the
// entries which go with it are all of that side from their first to its checkpoint.
// The keys of both ledgers and of the other side's cosigner must be among those
// given, and each of those must have signed something in it. The answer is *Fault for what is wrong.
func VerifySilence(ctx context.Context, signed []byte, keys []string) (ProvenSilence, error) {
	if err := context.Cause(ctx); err != nil {
		return ProvenSilence{}, err
	}
	wrong := func(want, got string) (ProvenSilence, error) {
		return ProvenSilence{}, &Fault{Where: "statement of silence", Want: want, Got: got}
	}
	trusted, err := newTrust(keys)
	if err != nil {
		return ProvenSilence{}, err
	}
	if len(signed) > maxSilence {
		return wrong("a statement of silence", fmt.Sprintf("%d bytes", len(signed)))
	}
	text := textOf(signed)
	p, err := parseSilence(text)
	if err != nil {
		return wrong("a statement of silence in its one form", err.Error())
	}
	var logs [2]*noteVerifier
	for i, side := range []string{p.Side, p.About} {
		name := Origin(p.Office, side)
		if logs[i], err = parseVerifier(trusted.given[name], name, algEd25519); err != nil {
			return ProvenSilence{}, fmt.Errorf("verify a statement of silence: the key named %s is not given", name)
		}
	}
	name := CosignerName(p.Office, p.About)
	mirror, err := parseVerifier(trusted.given[name], name, algCosignature)
	if err != nil {
		return ProvenSilence{}, fmt.Errorf("verify a statement of silence: the key named %s is not given", name)
	}
	n, err := note.Open(signed, note.VerifierList(logs[0]))
	if err != nil || n.Text != text || text+"\n"+lineOf(n.Sigs[0]) != string(signed) {
		return wrong("the signature of "+logs[0].name+" over it, and nothing else", "another text or signature")
	}
	v := ProvenSilence{Silence: p.Silence, From: p.from}
	c, at, err := openCosigned(p.receipt, logs[0], mirror)
	if err != nil {
		return wrong("a checkpoint of "+logs[0].name+" with the cosignature of "+mirror.name, err.Error())
	}
	v.Received, v.ReceivedAt = c.size, at
	trusted.met(logs[0], logs[1], mirror)
	if c, err = openCheckpoint(p.checkpoint, logs[1]); err != nil {
		return wrong("a checkpoint signed by "+logs[1].name, err.Error())
	}
	v.Written = c.size
	name = CosignerName(p.Office, p.Side)
	if own, err := parseVerifier(trusted.given[name], name, algCosignature); err != nil {
		v.Unknown = append(v.Unknown, name)
	} else if _, v.HeldAt, err = openCosigned(p.checkpoint, logs[1], own); err != nil {
		return wrong("the cosignature of "+name+" over the checkpoint of "+logs[1].name, err.Error())
	} else {
		trusted.met(own)
	}
	for i, a := range p.Awaits {
		d, err := verifyDisclosure(p.entries[i], trusted)
		if err != nil {
			return ProvenSilence{}, fmt.Errorf("%s: %w", entryID(p.Side, a.Index), err)
		}
		if d.Entry.Side != p.Side || d.Entry.Index != a.Index || d.Entry.Frame.Office != p.Office {
			return wrong("a disclosure of "+entryID(p.Side, a.Index), "one of "+entryID(d.Entry.Side, d.Entry.Index))
		}
		for _, name := range d.Unknown {
			if !slices.Contains(v.Unknown, name) {
				v.Unknown = append(v.Unknown, name)
			}
		}
		v.Entries = append(v.Entries, d)
	}
	if err := trusted.allMet("statement of silence", "a signature by the key"); err != nil || p.leaves == nil {
		return v, err
	}
	v.Leaves, err = p.checkLeaves(c)
	return v, err
}

// checkLeaves checks that the leaves are all from their first to the checkpoint,
// and that none before the second can have seen the first of the dispatches.
func (p *silenceProof) checkLeaves(c *checkpoint) ([]Entry, error) {
	wrong := func(index int64, want, got string) ([]Entry, error) {
		return nil, &Fault{Where: "statement of silence", Entry: entryID(p.About, index), Want: want, Got: got}
	}
	if p.from+int64(len(p.leaves)) != c.size || len(p.peaks) != len(peakIndexes(p.from)) {
		return wrong(p.from, fmt.Sprintf("the entries from here to the checkpoint over %d", c.size), fmt.Sprintf("%d entries", len(p.leaves)))
	}
	t := tree{size: p.from, peaks: slices.Clone(p.peaks)}
	var entries []Entry
	for i, leaf := range p.leaves {
		index := p.from + int64(i)
		f, err := ParseLeaf(leaf)
		if err != nil || f.Office != p.Office || f.Side != p.About {
			return wrong(index, "an entry of "+Origin(p.Office, p.About), "something else")
		}
		if i == 0 && index > 0 && f.Seen[p.Side] > p.first() {
			return wrong(index, "an entry before all that have seen "+entryID(p.Side, p.first()), "one that has seen it")
		}
		h := tlog.RecordHash(leaf)
		t.grow(h)
		entries = append(entries, Entry{Side: p.About, Index: index, Hash: h, Leaf: leaf, Frame: f})
	}
	if t.root() != c.root {
		return wrong(p.from, "entries that lead to the root that "+Origin(p.Office, p.About)+" has signed", "others")
	}
	return entries, nil
}
