package ledger

import (
	"context"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Disclosure is what a disclosure file was found to prove.
type Disclosure struct {
	Entry Entry
	Size  int64 // entries that the checkpoint covers
	// Cosigned are the sides that have cosigned the checkpoint, with their
	// times: each had then stored the entry.
	Cosigned map[string]time.Time
	// Unknown are the names of keys whose signatures could not be checked,
	// since the key was not given.
	Unknown []string
}

// VerifyDisclosure checks a disclosure with nothing but public keys, C2SP
// verifier keys of ledgers and cosigners: that the entry is well formed, that it
// stands at its index in its side's ledger, and who has signed that. The ledger's
// key must be among those given, and each of those must have signed. The answer is
// *Fault for what is wrong.
func VerifyDisclosure(ctx context.Context, text []byte, keys []string) (Disclosure, error) {
	if err := context.Cause(ctx); err != nil {
		return Disclosure{}, err
	}
	trusted, err := newTrust(keys)
	if err != nil {
		return Disclosure{}, err
	}
	d, err := verifyDisclosure(text, trusted)
	if err != nil {
		return Disclosure{}, err
	}
	return d, trusted.allMet("disclosure", "a signature by the key")
}

func verifyDisclosure(text []byte, trusted *trust) (Disclosure, error) {
	wrong := func(want, got string) (Disclosure, error) {
		return Disclosure{}, &Fault{Where: "disclosure", Want: want, Got: got}
	}
	p, err := parseProof(text)
	if err != nil {
		return wrong("a disclosure of an entry", err.Error())
	}
	if string(formatProof(p.leaf, p.index, p.path, p.signed)) != string(text) {
		return wrong("the disclosure in its one form", "another writing of it")
	}
	f, err := ParseLeaf(p.leaf)
	if err != nil {
		return wrong("an entry as spec/entries.md describes it", err.Error())
	}
	d := Disclosure{
		Entry:    Entry{Side: f.Side, Index: p.index, Hash: tlog.RecordHash(p.leaf), Leaf: p.leaf, Frame: f},
		Cosigned: map[string]time.Time{},
	}
	origin := Origin(f.Office, f.Side)
	log, err := parseVerifier(trusted.given[origin], origin, algEd25519)
	if err != nil {
		return Disclosure{}, fmt.Errorf("verify a disclosure of %s: its key, named %s, is not given", entryID(f.Side, p.index), origin)
	}
	c, err := openCheckpoint(p.signed, log)
	if err != nil {
		return wrong("a checkpoint signed by "+origin, err.Error())
	}
	if p.index >= c.size || tlog.CheckRecord(p.path, c.size, c.root, p.index, d.Entry.Hash) != nil {
		return wrong(fmt.Sprintf("a proof that the entry is number %d of %d", p.index, c.size), "one that does not lead to the root that is signed")
	}
	d.Size = c.size
	trusted.met(log)
	return d, d.cosignatures(p.signed, f.Office, log, trusted)
}

// cosignatures checks the signatures behind that of the log.
func (d *Disclosure) cosignatures(signed []byte, office string, log *noteVerifier, trusted *trust) error {
	wrong := func(want, got string) error { return &Fault{Where: "disclosure", Want: want, Got: got} }
	known := []note.Verifier{log}
	for name, key := range trusted.given {
		if v, err := parseVerifier(key, name, algCosignature); err == nil {
			known = append(known, v)
		}
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return wrong("signatures by the keys of their names", err.Error())
	}
	again := n.Text + "\n"
	for _, sig := range n.Sigs {
		again += lineOf(sig)
		if sig.Name == log.name {
			continue
		}
		side, ours := strings.CutPrefix(strings.TrimSuffix(sig.Name, "/mirror"), office+"/")
		v, err := parseVerifier(trusted.given[sig.Name], sig.Name, algCosignature)
		if err != nil || !ours {
			return wrong("a cosignature of a side of "+office, "one by "+sig.Name)
		}
		_, at, err := openCosigned(signed, log, v)
		if err != nil {
			return wrong("a cosignature by "+sig.Name, err.Error())
		}
		trusted.met(v)
		d.Cosigned[side] = at
	}
	for _, sig := range n.UnverifiedSigs {
		again += lineOf(sig)
		if _, given := trusted.given[sig.Name]; given {
			return wrong("a signature by the key of "+sig.Name+" that was given", "one by another key of that name")
		}
		d.Unknown = append(d.Unknown, sig.Name)
	}
	if len(again) != len(signed) || len(n.UnverifiedSigs) == 0 && again != string(signed) {
		return wrong("each signature once and in its one form", "another writing")
	}
	return nil
}
