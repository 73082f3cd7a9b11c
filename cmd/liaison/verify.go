package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"liaison.example/enclosure"
	"liaison.example/ledger"
	"liaison.example/sqldb"
)

type verifyCommand struct {
	Paths []string `arg:"" name:"path" hidden:""`
	Key   []string `placeholder:"FILE" help:"A file with the public key of a ledger or a cosigner, which each path must have: if a key that is given vouches for nothing there, that is a fault. May be given several times."`
	JSON  bool     `name:"json" help:"Print what was checked, and the fault if there is one, as JSON."`
}

func (c *verifyCommand) Help() string {
	return `Checks, offline and from nothing, a data folder (its node may be running), an exported folder, a ledger.db, a disclosure, or a statement of silence: every entry, its form and its frame, every tile, checkpoint and cosignature, every promise of a side, and every enclosure that is there, against its hash. It prints how much it has checked. At the first thing that is wrong it names it and ends with exit code 1.

The keys of a data folder are held against those of the credences. Where what is checked brings keys of its own that were not given with --key, it vouches for itself alone, and the names of these keys are printed. A disclosure brings none: give those of its ledger and of the cosigners. Neither does a statement of silence: give those of both ledgers and of the other side's cosigner. Of it is said what its signatures show, and what is the word of the side that states it.`
}

// verified is what the check of one path has found.
type verified struct {
	Path     string            `json:"path"`
	Office   string            `json:"office"`
	Ledgers  []verifiedLedger  `json:"ledgers,omitempty"`
	Enclosed *verifiedFiles    `json:"enclosures,omitempty"`
	Entry    string            `json:"entry,omitempty"`    // of a disclosure
	Leaf     string            `json:"leaf,omitempty"`     // its bytes
	Cosigned map[string]string `json:"cosigned,omitempty"` // by side, when it had the entry of a disclosure
	Silence  *verifiedSilence  `json:"silence,omitempty"`  // of a statement of silence
	Assumed  []string          `json:"assumed,omitempty"`  // names of keys that nobody has vouched for
	Unknown  []string          `json:"unknown,omitempty"`  // names of keys whose signatures could not be checked
	Fault    *verifiedFault    `json:"fault,omitempty"`
	Seconds  float64           `json:"seconds"`
}

// verifiedLedger is how much of one ledger was checked.
type verifiedLedger struct {
	Side         string `json:"side"`
	Entries      int64  `json:"entries"`
	Bytes        int64  `json:"bytes"`
	Tiles        int64  `json:"tiles"`
	Checkpoint   int64  `json:"checkpoint"` // entries that the latest covers
	Cosignatures int64  `json:"cosignatures"`
	Standings    int64  `json:"standings"`
	Root         string `json:"root"`
}

// verifiedFiles is how many enclosures were checked.
type verifiedFiles struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

func (v *verifiedFiles) sound(f enclosure.File) {
	v.Files++
	v.Bytes += f.Size
}

// verifiedFault is the first thing wrong.
type verifiedFault struct {
	Where string `json:"where"`
	Entry string `json:"entry,omitempty"`
	Want  string `json:"want"`
	Got   string `json:"got"`
}

func (c *verifyCommand) Run(ctx context.Context, t *terminal) error {
	keys, err := c.keys()
	results := []verified{}
	var failed error
	for _, path := range c.Paths {
		started := time.Now()
		var v verified
		if err == nil {
			v, err = verify(ctx, t, path, keys)
		}
		v.Path, v.Seconds = path, time.Since(started).Seconds()
		if err != nil {
			v.Fault, failed = faultOf(path, err), fmt.Errorf("%s: %w", path, err)
		}
		results = append(results, v)
		if failed != nil {
			break
		}
		if !c.JSON {
			v.print(t)
		}
	}
	if c.JSON {
		return errors.Join(t.printJSON(results), failed)
	}
	return failed
}

func (c *verifyCommand) keys() (keys []string, err error) {
	for _, file := range c.Key {
		key, err := readSmall(file)
		if err != nil {
			return nil, fmt.Errorf("read a key: %w", err)
		}
		keys = append(keys, string(key))
	}
	return keys, nil
}

// faultOf says what was wrong with what is at a path, or why nobody could look.
func faultOf(path string, err error) *verifiedFault {
	var fault *ledger.Fault
	if errors.As(err, &fault) {
		return &verifiedFault{fault.Where, fault.Entry, fault.Want, fault.Got}
	}
	var ofFile *enclosure.Fault
	if errors.As(err, &ofFile) {
		return &verifiedFault{Where: "enclosure " + ofFile.Hash, Want: "the bytes that its hash names", Got: ofFile.What}
	}
	return &verifiedFault{Where: path, Want: "what can be checked", Got: err.Error()}
}

// verify checks whatever lies at a path.
func verify(ctx context.Context, t *terminal, path string, keys []string) (verified, error) {
	setGarbage(garbageOfVerify)
	info, err := os.Stat(path)
	if err != nil {
		return verified{}, err
	}
	options := ledger.VerifyOptions{Keys: keys}
	if t.watched() {
		options.Progress = t.progress()
		defer t.say("\r%60s\r", "")
	}
	switch _, noNode := os.Stat(filepath.Join(path, settingsFile)); {
	case info.IsDir() && noNode == nil:
		f, err := openFolder(path)
		if err != nil {
			return verified{}, err
		}
		if options.Known, err = f.knownKeys(); err != nil {
			return verified{}, err
		}
		return verifyDatabase(ctx, f.readLedger, options)
	case info.IsDir() && ledger.IsExport(path):
		s, err := ledger.VerifyExport(ctx, path, options)
		v := summarize(s)
		if err == nil {
			err = enclosure.VerifyExport(ctx, path, v.Enclosed.sound)
		}
		return v, err
	case info.IsDir():
		return verified{}, errors.New("it is neither a data folder nor an exported one")
	case info.Mode().IsRegular() && isSQLite(path):
		return verifyDatabase(ctx, func(ctx context.Context) (*sqldb.DB, error) {
			return sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
		}, options)
	}
	return verifyDisclosure(ctx, path, keys)
}

func verifyDatabase(ctx context.Context, open func(context.Context) (*sqldb.DB, error), options ledger.VerifyOptions) (verified, error) {
	db, err := open(ctx)
	if err != nil {
		return verified{}, err
	}
	s, err := ledger.VerifyDatabase(ctx, db, options)
	v := summarize(s)
	if err == nil {
		err = enclosure.Verify(ctx, db, v.Enclosed.sound)
	}
	return v, errors.Join(err, db.Close())
}

// knownKeys are those that the data folder itself knows: its own and those of the
// credences that were admitted.
func (f *folder) knownKeys() (known []string, err error) {
	parties, err := f.parties()
	if err != nil {
		return nil, err
	}
	for _, p := range parties {
		known = append(known, p.Key, p.CosignerKey)
	}
	return known, nil
}

func verifyDisclosure(ctx context.Context, path string, keys []string) (verified, error) {
	text, err := readSmall(path)
	if err != nil {
		return verified{}, err
	}
	if ledger.IsSilence(text) {
		return verifySilence(ctx, text, keys)
	}
	d, err := ledger.VerifyDisclosure(ctx, text, keys)
	if err != nil {
		return verified{}, err
	}
	v := verified{
		Office: d.Entry.Frame.Office, Entry: fmt.Sprintf("%s/%d", d.Entry.Side, d.Entry.Index), Leaf: string(d.Entry.Leaf),
		Cosigned: map[string]string{}, Unknown: d.Unknown,
	}
	for side, at := range d.Cosigned {
		v.Cosigned[side] = at.UTC().Format(time.RFC3339)
	}
	return v, nil
}

func summarize(s ledger.Summary) verified {
	v := verified{Office: s.Office, Assumed: s.Assumed, Enclosed: &verifiedFiles{}}
	for _, l := range s.Ledgers {
		v.Ledgers = append(v.Ledgers, verifiedLedger{
			Side: l.Side, Entries: l.Entries, Bytes: l.Bytes, Tiles: l.Tiles, Checkpoint: l.Checkpoint,
			Cosignatures: l.Cosignatures, Standings: l.Standings, Root: l.Root.String(),
		})
	}
	return v
}

// print says that all is sound, and how much that is.
func (v *verified) print(t *terminal) {
	if v.Silence != nil {
		v.printSilence(t)
		return
	}
	if v.Entry != "" {
		t.print("%s: sound. Entry %s of %s:", v.Path, v.Entry, v.Office)
		t.print("%s", printable(v.Leaf))
		for _, side := range slices.Sorted(maps.Keys(v.Cosigned)) {
			t.print("stored by %s at %s or before", side, v.Cosigned[side])
		}
		if len(v.Cosigned) == 0 {
			t.print("no side whose key was given has said that it holds the entry")
		}
		for _, name := range v.Unknown {
			t.print("not checked, since its key was not given: the signature of %s", printable(name))
		}
		return
	}
	t.print("%s: sound. Office %s, checked in %.1f s:", v.Path, v.Office, v.Seconds)
	for _, l := range v.Ledgers {
		t.print("  %s: %d entries (%d bytes), %d tiles and bundles, a checkpoint over %d, %d cosignatures, %d promises",
			l.Side, l.Entries, l.Bytes, l.Tiles, l.Checkpoint, l.Cosignatures, l.Standings)
	}
	if v.Enclosed.Files > 0 {
		t.print("  %d enclosures (%d bytes), each with the hash that names it", v.Enclosed.Files, v.Enclosed.Bytes)
	}
	if len(v.Assumed) > 0 {
		t.print("  Nobody vouches for these keys but what was checked itself (--key): %s", strings.Join(v.Assumed, ", "))
	}
}

// progress shows how many entries are checked, now and then.
func (t *terminal) progress() func(done, total int64) {
	const every = 200 * time.Millisecond
	var said time.Time
	return func(done, total int64) {
		if now := time.Now(); now.Sub(said) >= every {
			said = now
			fmt.Fprintf(t.err, "\r%d of %d entries checked", done, total)
		}
	}
}

func isSQLite(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const magic = "SQLite format 3\x00"
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic
}

// maxSmall bounds what is read of keys, disclosures and statements, in bytes.
const maxSmall = 8 << 20

func readSmall(path string) ([]byte, error) {
	// A pipe that nobody writes into ends at once, and is not waited for.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSmall+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSmall {
		return nil, fmt.Errorf("%s has more than %d bytes", path, maxSmall)
	}
	return b, nil
}
