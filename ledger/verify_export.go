package ledger

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// VerifyExport checks a folder that Export wrote, from nothing: every file, every
// entry's bytes and frame, what it has seen, tiles, roots, checkpoints and
// cosignatures, and that nothing is missing or left over. The folder may also be
// that of one log alone. The answer is *Fault for the first thing wrong; the
// Summary then says what was checked before.
//
// The keys are those in the folder.
func VerifyExport(ctx context.Context, dir string, o VerifyOptions) (Summary, error) {
	v := exportVerifier{audits: map[string]*audit{}}
	v.progress.tell = o.Progress
	var err error
	if v.trust, err = newTrust(o.Keys, o.Known...); err != nil {
		return Summary{}, err
	}
	err = v.verify(ctx, dir)
	s := Summary{Office: v.office, Assumed: v.trust.names()}
	for _, f := range v.folders {
		if a := v.audits[f.side]; a != nil {
			s.Ledgers = append(s.Ledgers, a.result)
		}
	}
	return s, err
}

type exportVerifier struct {
	trust    *trust
	progress progress
	office   string
	folders  []*logFolder // in order of side
	audits   map[string]*audit
}

// logFolder is the folder of one log.
type logFolder struct {
	dir, side  string
	name       string // for naming files: "tlog/south/"
	log        *noteVerifier
	cosigners  map[string]*noteVerifier // by side
	checkpoint *checkpoint
	cosigned   []string // sides
}

// IsExport reports whether a folder looks like one that Export wrote, or like
// that of one log.
func IsExport(dir string) bool {
	for _, name := range []string{"tlog", "checkpoint", "key.pub"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func (v *exportVerifier) verify(ctx context.Context, dir string) error {
	if err := v.find(dir); err != nil {
		return err
	}
	found := map[string]bool{}
	for _, f := range v.folders {
		if err := v.open(f); err != nil {
			return err
		}
		found[f.side] = true
		v.progress.total += f.checkpoint.size
	}
	if v.folders[0].name != "" {
		if err := v.absent(found); err != nil {
			return err
		}
	}
	if err := v.trust.allMet("keys", "the key"); err != nil {
		return err
	}
	for _, f := range v.folders {
		if err := v.log(ctx, f); err != nil {
			return err
		}
	}
	placeAll(v.audits)
	return nil
}

// absent looks for a log of the office whose key was given and which the folder
// does not have: somebody may have left it out.
func (v *exportVerifier) absent(found map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(v.trust.given)) {
		side, ours := strings.CutPrefix(name, v.office+"/")
		if ours && ValidName(side) && !found[side] {
			return &Fault{Where: "tlog/" + side, Want: "the log whose key was given", Got: "no such folder"}
		}
	}
	return nil
}

// find lists the folders of the logs.
func (v *exportVerifier) find(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "tlog"))
	if errors.Is(err, fs.ErrNotExist) {
		if !IsExport(dir) {
			return fmt.Errorf("%s is not an exported folder: it has no folder tlog", dir)
		}
		v.folders = []*logFolder{{dir: dir}}
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !entry.IsDir() || !ValidName(entry.Name()) {
			return &Fault{Where: "tlog/" + entry.Name(), Want: "only folders named after sides", Got: "something else"}
		}
		v.folders = append(v.folders, &logFolder{dir: filepath.Join(dir, "tlog", entry.Name()), side: entry.Name(), name: "tlog/" + entry.Name() + "/"})
	}
	if len(v.folders) == 0 {
		return &Fault{Where: "tlog", Want: "the folder of a log or more", Got: "none"}
	}
	return nil
}

// open reads the keys and the checkpoint of a log.
func (v *exportVerifier) open(f *logFolder) error {
	key, err := f.key("key.pub", algEd25519)
	if err != nil {
		return err
	}
	slash := strings.LastIndexByte(key.name, '/')
	office, side := key.name[:max(slash, 0)], key.name[slash+1:]
	switch {
	case !ValidOffice(office) || !ValidName(side) || f.side != "" && f.side != side:
		return &Fault{Where: f.name + "key.pub", Want: "a key named <office>/" + f.side, Got: key.name}
	case v.office != "" && v.office != office:
		return &Fault{Where: f.name + "key.pub", Want: "a key of the office " + v.office, Got: key.name}
	}
	v.office, f.side, f.log, f.cosigners = office, side, key, map[string]*noteVerifier{}
	if err := v.trust.check(f.name+"key.pub", key); err != nil {
		return err
	}
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		rest, is := strings.CutPrefix(entry.Name(), "cosigner-")
		other, isKey := strings.CutSuffix(rest, ".pub")
		if !is || !isKey {
			continue
		}
		key, err := f.key(entry.Name(), algCosignature)
		if err != nil {
			return err
		}
		if !ValidName(other) || other == side || key.name != CosignerName(office, other) {
			return &Fault{Where: f.name + entry.Name(), Want: "the key named " + CosignerName(office, other), Got: key.name}
		}
		if err := v.trust.check(f.name+entry.Name(), key); err != nil {
			return err
		}
		f.cosigners[other] = key
	}
	return f.openCheckpoint()
}

// key reads a file of one verifier key.
func (f *logFolder) key(name string, alg byte) (*noteVerifier, error) {
	text, err := f.file(name, 1024, "a file with a C2SP verifier key")
	if err != nil {
		return nil, err
	}
	line := strings.TrimSuffix(string(text), "\n")
	keyName, _, _ := strings.Cut(line, "+")
	key, err := parseVerifier(line, keyName, alg)
	if err != nil {
		return nil, &Fault{Where: f.name + name, Want: "a C2SP verifier key", Got: err.Error()}
	}
	if line+"\n" != string(text) {
		return nil, &Fault{Where: f.name + name, Want: "one line", Got: fmt.Sprintf("%q", text)}
	}
	return key, nil
}

// openCheckpoint reads the checkpoint and checks all its signatures.
func (f *logFolder) openCheckpoint() error {
	where := f.name + "checkpoint"
	signed, err := f.file("checkpoint", maxNote, "a checkpoint: without one, an export was interrupted")
	if err != nil {
		return err
	}
	known := []note.Verifier{f.log}
	sides := map[string]string{}
	for side, key := range f.cosigners {
		known = append(known, key)
		sides[key.name] = side
	}
	n, err := note.Open(signed, note.VerifierList(known...))
	if err != nil {
		return &Fault{Where: where, Want: "a note signed by " + f.log.name, Got: err.Error()}
	}
	if len(n.UnverifiedSigs) > 0 {
		return &Fault{Where: where, Want: "signatures by the keys in this folder alone", Got: "one by " + n.UnverifiedSigs[0].Name}
	}
	again := n.Text + "\n"
	byLog := false
	for _, sig := range n.Sigs {
		again += lineOf(sig)
		if sig.Name == f.log.name {
			byLog = true
		} else {
			f.cosigned = append(f.cosigned, sides[sig.Name])
		}
	}
	if f.checkpoint, err = parseCheckpoint(n.Text); err == nil && f.checkpoint.origin != f.log.origin() {
		err = fmt.Errorf("the origin %q", f.checkpoint.origin)
	}
	switch {
	case !byLog:
		return &Fault{Where: where, Want: "a signature by " + f.log.name, Got: "cosignatures alone"}
	case err != nil:
		return &Fault{Where: where, Want: "a checkpoint of " + f.log.name, Got: err.Error()}
	case again != string(signed):
		return &Fault{Where: where, Want: "each signature once and in its one form", Got: "another writing"}
	case f.checkpoint.size == 0:
		return &Fault{Where: where, Want: "a checkpoint of one entry or more", Got: "one of none"}
	}
	return nil
}

// file reads a file of a bounded size. If it is not there, the fault says what
// must be.
func (f *logFolder) file(path string, limit int64, what string) ([]byte, error) {
	name := filepath.Join(f.dir, filepath.FromSlash(path))
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Fault{Where: f.name + path, Want: what, Got: "no such file"}
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular(): // to open a pipe would wait for who writes into it
		return nil, &Fault{Where: f.name + path, Want: what, Got: "what is no file"}
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &Fault{Where: f.name + path, Want: fmt.Sprintf("at most %d bytes", limit), Got: "more"}
	}
	return data, nil
}

// maxTile and maxBundle are the largest sizes of a tile and of an entry bundle.
const (
	maxTile   = tileWidth * tlog.HashSize
	maxBundle = tileWidth * (2 + MaxLeaf)
)

// log checks one log.
func (v *exportVerifier) log(ctx context.Context, f *logFolder) error {
	a := newAudit(v.office, f.side, f.log, f.cosigners)
	size := f.checkpoint.size
	bundleAt := func(index int64) string { return f.name + tilePath(tileOf(-1, index/tileWidth, size)) }
	a.where, a.reached, a.signed = bundleAt, f.checkpoint, f.name+"checkpoint"
	v.audits[f.side] = a
	err := a.run(ctx, func(ctx context.Context, next func(*block) error) error {
		for from := int64(0); from < size; from += tileWidth {
			b, err := f.block(from, size)
			if err != nil {
				return err
			}
			cut := b.fault != nil // asked before others work on the block
			if err := next(b); err != nil || cut {
				return err
			}
		}
		return nil
	}, func(b *block) {
		a.result.Tiles++ // the bundle
		v.progress.add(int64(len(b.leaves)))
	})
	if err != nil {
		return err
	}
	a.result.Checkpoint = size
	for _, side := range f.cosigned {
		a.result.Cosignatures++
		a.result.Cosigned[side] = size
	}
	return f.others(a)
}

// tileOf is the tile of a level that is the n-th in a log of the given size;
// level -1 are the entry bundles.
func tileOf(level int, n, size int64) tlog.Tile {
	if last := partialTile(max(level, 0), size); last.N == n {
		return tlog.Tile{H: tileHeight, L: level, N: n, W: last.W}
	}
	return tlog.Tile{H: tileHeight, L: level, N: n, W: tileWidth}
}

// block reads a bundle of entries and the tile that must have their hashes.
func (f *logFolder) block(from, size int64) (*block, error) {
	b := &block{from: from}
	tile := tileOf(-1, from/tileWidth, size)
	path := tilePath(tile)
	data, err := f.file(path, maxBundle, "an entry bundle")
	if err != nil {
		return faulty(b, err)
	}
	if b.leaves, err = splitBundle(data); err != nil || len(b.leaves) != tile.W {
		if err == nil {
			err = fmt.Errorf("%d entries", len(b.leaves))
		}
		b.leaves = b.leaves[:min(len(b.leaves), tile.W)]
		b.fault = &Fault{Where: f.name + path, Want: fmt.Sprintf("%d entries, each after its length", tile.W), Got: err.Error()}
		return b, nil
	}
	tile.L = 0
	b.tileWhere = f.name + tilePath(tile)
	if b.tile, err = f.file(tilePath(tile), maxTile, "a tile"); err != nil {
		return faulty(b, err)
	}
	return b, nil
}

// faulty lets a fault found in reading wait for its turn.
func faulty(b *block, err error) (*block, error) {
	if errors.As(err, &b.fault) {
		return b, nil
	}
	return nil, err
}

// splitBundle reads an entry bundle: each entry after its length in two bytes.
func splitBundle(data []byte) (leaves [][]byte, err error) {
	for len(data) > 0 {
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			return leaves, fmt.Errorf("%d bytes that are no entry after its length, behind %d entries", len(data), len(leaves))
		}
		n := 2 + int(binary.BigEndian.Uint16(data))
		leaves, data = append(leaves, data[2:n:n]), data[n:]
	}
	return leaves, nil
}

// others checks the tiles above level 0, and every other file in the folder.
func (f *logFolder) others(a *audit) error {
	for level := 1; level < len(a.tree.edge); level++ {
		for n := int64(0); n*tileWidth < a.tree.size>>(tileHeight*level); n++ {
			path := tilePath(tileOf(level, n, a.tree.size))
			data, err := f.file(path, maxTile, "a tile")
			if err != nil {
				return err
			}
			if fault := compareTile(f.name+path, a.upperTile(level, n), data); fault != nil {
				return fault
			}
			a.result.Tiles++
		}
	}
	return filepath.WalkDir(f.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(f.dir, name)
		if err != nil {
			return err
		}
		return f.belongs(a, filepath.ToSlash(rel))
	})
}

// upperTile is a tile above level 0, full or partial.
func (a *audit) upperTile(level int, n int64) []byte {
	if data := a.upper[[2]int64{int64(level), n}]; data != nil {
		return data
	}
	return a.tree.edgeOf(level)
}

// belongs checks that a file is a part of the folder of a log. A partial tile
// of an earlier size may still lie there, if it fits.
func (f *logFolder) belongs(a *audit, path string) error {
	other, isKey := strings.CutPrefix(strings.TrimSuffix(path, ".pub"), "cosigner-")
	switch {
	case path == "checkpoint" || path == "key.pub" || isKey && f.cosigners[other] != nil && path == "cosigner-"+other+".pub":
		return nil
	case strings.HasPrefix(path[strings.LastIndexByte(path, '/')+1:], tempPrefix):
		return &Fault{Where: f.name + path, Want: "no file half written", Got: "one: an export was interrupted; run it again"}
	}
	t, err := parseTilePath(path)
	if err != nil || tilePath(t) != path {
		return &Fault{Where: f.name + path, Want: "only files of a log of c2sp.org/tlog-tiles and its keys", Got: "another"}
	}
	hashes := a.tree.size >> (tileHeight * max(t.L, 0))
	if t.N > hashes>>tileHeight || t.N*tileWidth+int64(t.W) > hashes {
		return &Fault{Where: f.name + path, Want: fmt.Sprintf("no such tile in a log of %d entries", a.tree.size), Got: "one: an export was interrupted; run it again"}
	}
	now := tileOf(t.L, t.N, a.tree.size)
	if t == now {
		return nil // checked already
	}
	return f.earlier(t, now)
}

// earlier checks a partial tile or bundle of an earlier size against that which
// took its place, which is sound.
func (f *logFolder) earlier(t, now tlog.Tile) error {
	limit := int64(maxTile)
	if t.L < 0 {
		limit = maxBundle
	}
	data, err := f.file(tilePath(t), limit, "a tile")
	if err != nil {
		return err
	}
	whole, err := f.file(tilePath(now), limit, "a tile")
	if err != nil {
		return err
	}
	want := whole[:min(len(whole), t.W*tlog.HashSize)]
	if t.L < 0 {
		leaves, err := splitBundle(whole)
		if err != nil || len(leaves) < t.W {
			return &Fault{Where: f.name + tilePath(now), Want: "the bundle that was checked before", Got: "another"}
		}
		want = bundle(slices.Clone(leaves[:t.W]))
	}
	if !bytes.Equal(data, want) {
		return &Fault{Where: f.name + tilePath(t), Want: "the beginning of " + tilePath(now), Got: "other bytes"}
	}
	return nil
}
