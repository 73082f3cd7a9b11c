package ledger

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// VerifyOptions say how to verify.
type VerifyOptions struct {
	// Keys are C2SP verifier keys that the caller trusts, of ledgers and
	// cosigners. What is verified must have each of them. The others it has are
	// taken as they are, and named in Summary.Assumed: for these, the data vouches
	// for itself alone.
	Keys []string
	// Known are keys that the caller trusts too. What is verified must have these
	// where it has keys of their names.
	Known []string
	// Progress is told, from time to time, how many entries of how many are
	// checked. It may be nil.
	Progress func(done, total int64)
}

// Summary says how much was verified, and found sound.
type Summary struct {
	Office  string
	Ledgers []LedgerSummary // in order of side
	Assumed []string        // names of the keys that were not among VerifyOptions.Keys
}

// LedgerSummary is the part of a Summary on one ledger.
type LedgerSummary struct {
	Side         string
	Entries      int64
	Bytes        int64 // of all entries
	Placeable    int64 // entries that have seen nothing that is not there
	Root         tlog.Hash
	Tiles        int64 // tiles and entry bundles that were held against the entries
	Checkpoint   int64 // size of the latest checkpoint; more than Entries while a catch-up is under way
	Cosignatures int64
	Cosigned     map[string]int64 // by cosigner's side, the size that its latest cosignature covers
	Standings    int64            // promises that were held against the entries
}

// A Fault is the first thing that a verification found wrong. Any other error
// of a verification says that it could not look.
type Fault struct {
	Where string // a file of the folder, or a table and its row
	Entry string // the entry that it concerns, such as "south/17"; empty if none
	Want  string
	Got   string

	hash int // of a tile, the number of the hash that differs, or -1
}

func (f *Fault) Error() string {
	where := f.Where
	if f.Entry != "" {
		where += ", entry " + f.Entry
	}
	return fmt.Sprintf("%s: expected %s, found %s", where, f.Want, f.Got)
}

// trust compares the keys that are found with those that the caller trusts.
type trust struct {
	given   map[string]string // by name
	unused  map[string]bool   // names of those that must be there and were not met yet
	assumed map[string]bool
}

func newTrust(keys []string, known ...string) (*trust, error) {
	t := &trust{given: map[string]string{}, unused: map[string]bool{}, assumed: map[string]bool{}}
	for i, key := range slices.Concat(keys, known) {
		key = strings.TrimSpace(key)
		name, _, _ := strings.Cut(key, "+")
		_, errLog := parseVerifier(key, name, algEd25519)
		_, errCosigner := parseVerifier(key, name, algCosignature)
		if errLog != nil && errCosigner != nil {
			return nil, fmt.Errorf("%q is not a C2SP verifier key with Ed25519", key)
		}
		if had, twice := t.given[name]; twice && had != key {
			return nil, fmt.Errorf("two different keys are named %s", name)
		}
		t.given[name] = key
		if i < len(keys) {
			t.unused[name] = true
		}
	}
	return t, nil
}

// check compares a key found somewhere with the trusted one of its name.
func (t *trust) check(where string, v *noteVerifier) error {
	key, given := t.given[v.name]
	switch {
	case !given:
		t.assumed[v.name] = true
	case key != v.vkey():
		return &Fault{Where: where, Want: "the key that was given, " + key, Got: v.vkey()}
	}
	delete(t.unused, v.name)
	return nil
}

// met notes that a key vouches for something.
func (t *trust) met(keys ...*noteVerifier) {
	for _, v := range keys {
		delete(t.unused, v.name)
	}
}

// allMet is a Fault if a key that must be there vouches for nothing: who gave it
// expects that it does.
func (t *trust) allMet(where, want string) error {
	for _, name := range slices.Sorted(maps.Keys(t.unused)) {
		return &Fault{Where: where, Want: want + " " + name + ", which was given", Got: "none"}
	}
	return nil
}

func (t *trust) names() []string { return slices.Sorted(maps.Keys(t.assumed)) }

// progress counts entries for VerifyOptions.Progress.
type progress struct {
	tell        func(done, total int64)
	done, total int64
}

func (p *progress) add(n int64) {
	p.done += n
	if p.tell != nil {
		p.tell(p.done, p.total)
	}
}

// entryID is the id of an entry, such as "south/17".
func entryID(side string, index int64) string { return fmt.Sprintf("%s/%d", side, index) }
