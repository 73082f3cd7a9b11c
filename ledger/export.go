package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Export writes the log of each side as a static folder that public tools can
// read and check (spec/entries.md §3.8). It may run while the node works: what
// it writes is the state of one moment. See ExportDatabase.
func (l *Ledger) Export(ctx context.Context, dir string) error {
	return ExportDatabase(ctx, l.db, dir)
}

// ExportDatabase is Export for a database that no node has open, or that
// another process is writing; it may be opened for reading only.
//
//	DIR/tlog/SIDE/key.pub             the ledger's C2SP verifier key, one line
//	DIR/tlog/SIDE/cosigner-OTHER.pub  the cosigner's key of each other side
//	DIR/tlog/SIDE/tile/...            as in c2sp.org/tlog-tiles
//	DIR/tlog/SIDE/checkpoint          with all cosignatures over it; written last
//
// A log without a checkpoint yet has no folder. Each file appears whole or not
// at all, and the checkpoint after all that it covers, so that an export that
// was interrupted is not taken for a whole one. An older export of the same
// ledgers in the folder is brought up to date; one of others is refused. The
// memory that it takes does not grow with the ledgers.
func ExportDatabase(ctx context.Context, db *sqldb.DB, dir string) error {
	err := db.View(ctx, func(tx *sqldb.Tx) error {
		parties, err := readParties(ctx, tx)
		if err != nil {
			return err
		}
		for _, p := range parties {
			if err := exportLog(ctx, tx, filepath.Join(dir, "tlog", p.Side), p, parties); err != nil {
				return fmt.Errorf("ledger of %s: %w", p.Side, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("export to %s: %w", dir, err)
	}
	return nil
}

// party is a row of the table of that name.
type party struct {
	Party
	own              bool
	ledger, cosigner *noteVerifier
	office           string
}

// readParties reads the sides, in order of their ids, with their keys.
func readParties(ctx context.Context, tx *sqldb.Tx) (parties []party, err error) {
	rows, err := tx.Query(ctx, `SELECT side, ledger_key, cosigner_key, own FROM party ORDER BY side`)
	if err != nil {
		return nil, fmt.Errorf("read the sides: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p party
		var own int64
		if err := rows.Scan(&p.Side, &p.Key, &p.CosignerKey, &own); err != nil {
			return nil, fmt.Errorf("read the sides: %w", err)
		}
		p.own = own == 1
		if own != 0 && own != 1 {
			return nil, &Fault{Where: "table party, row " + p.Side, Want: "own to be 0 or 1", Got: fmt.Sprint(own)}
		}
		if err := p.parse(); err != nil {
			return nil, err
		}
		parties = append(parties, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the sides: %w", err)
	}
	return parties, nil
}

// parse checks the keys of a party, and finds the name of its office in them.
func (p *party) parse() (err error) {
	name, _, _ := strings.Cut(p.Key, "+")
	p.office = strings.TrimSuffix(name, "/"+p.Side)
	if !ValidName(p.Side) || !ValidOffice(p.office) {
		return &Fault{Where: fmt.Sprintf("table party, row %q", p.Side), Want: "a key named <office>/<side>", Got: fmt.Sprintf("%q", p.Key)}
	}
	if p.ledger, err = parseVerifier(p.Key, Origin(p.office, p.Side), algEd25519); err == nil {
		p.cosigner, err = parseVerifier(p.CosignerKey, CosignerName(p.office, p.Side), algCosignature)
	}
	if err != nil {
		return &Fault{Where: "table party, row " + p.Side, Want: "C2SP verifier keys of this side", Got: err.Error()}
	}
	return nil
}

// exportLog writes the folder of one log.
func exportLog(ctx context.Context, tx *sqldb.Tx, dir string, p party, parties []party) error {
	signed, err := exportedCheckpoint(ctx, tx, p)
	if err != nil || signed == nil {
		return err
	}
	c, err := openCheckpoint(signed, p.ledger)
	if err != nil {
		return fmt.Errorf("stored checkpoint: %w", err)
	}
	before, err := exportedBefore(ctx, tx, dir, p, c)
	if err != nil {
		return err
	}
	w := folderWriter{dir: dir}
	w.write("key.pub", []byte(p.Key+"\n"))
	for _, other := range parties {
		if other.Side != p.Side {
			w.write("cosigner-"+other.Side+".pub", []byte(other.CosignerKey+"\n"))
		}
	}
	if err := exportTiles(ctx, tx, &w, p.Side, c); err != nil {
		return err
	}
	w.write("checkpoint", signed)
	for _, path := range partialTiles(before, c.size) {
		w.remove(path)
	}
	w.finish()
	return w.err
}

// exportedCheckpoint is the latest checkpoint of a log that is covered by what
// is stored, with all cosignatures over it; nil if there is none.
func exportedCheckpoint(ctx context.Context, tx *sqldb.Tx, p party) ([]byte, error) {
	var size int64
	var signed []byte
	err := tx.QueryRow(ctx, `SELECT size, checkpoint FROM head WHERE side = $1`, p.Side).Scan(&size, &signed)
	if err != nil {
		return nil, fmt.Errorf("read the head: %w", err)
	}
	if len(signed) == 0 || size == 0 {
		return nil, nil
	}
	c, err := openCheckpoint(signed, p.ledger)
	if err != nil {
		return nil, fmt.Errorf("stored checkpoint: %w", err)
	}
	signed, err = withCosignatures(ctx, tx, nil, p.Side, size, c)
	if errors.Is(err, ErrNoEntry) {
		return nil, nil
	}
	return signed, err
}

// withCosignatures is a checkpoint with all cosignatures over it that are held, in
// the database or on the slip.
// If it reaches further than the size held, since a catch-up is under way, it is
// the last that was reached; ErrNoEntry if there is none.
func withCosignatures(ctx context.Context, tx *sqldb.Tx, slip []Receipt, side string, held int64, c *checkpoint) ([]byte, error) {
	sides, err := readSides(ctx, tx)
	if err != nil {
		return nil, err
	}
	size, signed := c.size, c.note
	if size > held {
		size = 0
		for _, by := range sides { // each by itself, as the index of the table has it
			var reached int64
			var note []byte
			err := tx.QueryRow(ctx, `SELECT size, note FROM cosignature WHERE side = $1 AND cosigner = $2 AND size <= $3 ORDER BY size DESC LIMIT 1`,
				side, by, held).Scan(&reached, &note)
			if err != nil && !errors.Is(err, sql.ErrNoRows) {
				return nil, fmt.Errorf("read the last cosignature: %w", err)
			}
			if reached > size {
				size, signed = reached, firstSignature(note)
			}
		}
		if size == 0 {
			return nil, ErrNoEntry
		}
	}
	signed = signed[:len(signed):len(signed)]
	for _, by := range sides {
		var note []byte
		err := tx.QueryRow(ctx, `SELECT note FROM cosignature WHERE side = $1 AND cosigner = $2 AND size = $3`, side, by, size).Scan(&note)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("read cosignatures: %w", err)
		}
		if err != nil {
			if r, noted := onSlip(slip, side, by, size-1); noted && r.Size == size {
				note = r.Note
			}
		}
		if note != nil {
			signed = append(signed, lastLine(note)...)
		}
	}
	return signed, nil
}

// exportedBefore is the size of the log that lies in a folder already, which
// must be a beginning of this one; 0 if there is none.
func exportedBefore(ctx context.Context, tx *sqldb.Tx, dir string, p party, c *checkpoint) (int64, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	old, err := openCheckpoint(signed, p.ledger)
	if err != nil {
		return 0, fmt.Errorf("the folder %s holds another log: %w", dir, err)
	}
	root := c.root
	if old.size < c.size && old.size > 0 {
		if root, err = tlog.TreeHash(old.size, tileReader{ctx, tx, p.Side, nil}); err != nil {
			return 0, err
		}
	}
	if old.size > c.size || old.root != root {
		return 0, fmt.Errorf("the folder %s holds a log of %d entries that is not a beginning of this one of %d: choose another folder", dir, old.size, c.size)
	}
	return old.size, nil
}

// exportTiles writes all tiles and entry bundles of a log, made anew from its
// entries, and checks that they have the root of its checkpoint.
func exportTiles(ctx context.Context, tx *sqldb.Tx, w *folderWriter, side string, c *checkpoint) error {
	var t tree
	for t.size < c.size {
		n := t.size / tileWidth
		leaves, err := readLeaves(ctx, tx, side, t.size, min(tileWidth, c.size-t.size), 0)
		if err != nil {
			return err
		}
		if int64(len(leaves)) < min(tileWidth, c.size-t.size) {
			return fmt.Errorf("entries from %d on are missing", t.size+int64(len(leaves)))
		}
		w.write(tilePath(tlog.Tile{H: tileHeight, L: -1, N: n, W: len(leaves)}), bundle(leaves))
		for _, leaf := range leaves {
			for _, full := range t.append(tlog.RecordHash(leaf)) {
				w.write(tilePath(tlog.Tile{H: tileHeight, L: full.level, N: full.n, W: tileWidth}), full.data)
			}
		}
		if w.err != nil {
			return w.err
		}
	}
	for level := range t.edge {
		if data := t.edgeOf(level); len(data) > 0 {
			w.write(tilePath(partialTile(level, t.size)), data)
		}
	}
	if root := t.root(); root != c.root {
		return fmt.Errorf("the entries have the root %v, and the checkpoint of %d signs %v", root, c.size, c.root)
	}
	return w.err
}

// partialTiles are the paths of the partial tiles and the partial bundle that a
// log has at one size and not at another.
func partialTiles(before, after int64) (paths []string) {
	for level := 0; before>>(tileHeight*level) > 0; level++ {
		t := partialTile(level, before)
		if t.W == 0 || t == partialTile(level, after) {
			continue
		}
		paths = append(paths, tilePath(t))
		if level == 0 {
			t.L = -1
			paths = append(paths, tilePath(t))
		}
	}
	return paths
}

// partialTile is the last tile of a level in a log of the given size, if it is
// not full; its width is 0 if there is none.
func partialTile(level int, size int64) tlog.Tile {
	hashes := size >> (tileHeight * level)
	return tlog.Tile{H: tileHeight, L: level, N: hashes >> tileHeight, W: int(hashes % tileWidth)}
}

// folderWriter writes the files of a folder, each whole or not at all, and
// keeps the first error.
type folderWriter struct {
	dir  string
	made string // the last folder that was made
	err  error
}

// tempPrefix begins the names of files that are being written.
const tempPrefix = ".writing-"

// write writes a file, synced to disk, unless it is there with the same content.
func (w *folderWriter) write(path string, data []byte) {
	if w.err != nil {
		return
	}
	name := filepath.Join(w.dir, filepath.FromSlash(path))
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, data) {
		return
	}
	w.err = w.replace(name, data)
}

func (w *folderWriter) replace(name string, data []byte) error {
	dir := filepath.Dir(name)
	if dir != w.made {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		w.made = dir
	}
	f, err := os.CreateTemp(dir, tempPrefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (w *folderWriter) remove(path string) {
	if w.err != nil {
		return
	}
	name := filepath.Join(w.dir, filepath.FromSlash(path))
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		w.err = err
		return
	}
	if strings.HasSuffix(filepath.Dir(name), ".p") {
		_ = os.Remove(filepath.Dir(name)) // if it is empty now
	}
}

// finish clears away what an interrupted export left, and makes the names in
// the folder last.
func (w *folderWriter) finish() {
	if w.err != nil {
		return
	}
	w.err = filepath.WalkDir(w.dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasPrefix(entry.Name(), tempPrefix) {
			err = os.Remove(name)
		}
		return err
	})
	if w.err != nil || runtime.GOOS == "windows" { // which cannot sync a folder
		return
	}
	f, err := os.Open(w.dir)
	if err != nil {
		w.err = err
		return
	}
	w.err = errors.Join(f.Sync(), f.Close())
}
