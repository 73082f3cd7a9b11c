package enclosure

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"liaison.example/sqldb"
)

// ExportFolder is the folder of an export in which the enclosures are, each in a
// file named after its hash. ExportList in it lists them as sha256sum does.
const (
	ExportFolder = "enclosures"
	ExportList   = "SHA256SUMS"
)

// each gives the whole files of a database, in the order in which they came, and
// how their bytes are read; kept ones alone if asked.
func each(ctx context.Context, db *sqldb.DB, onlyKept bool, f func(File, *Reader) error) error {
	var steps int64
	err := db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM migration WHERE family = 'enclosure'`).Scan(&steps)
	})
	switch {
	case err != nil:
		return fmt.Errorf("list the enclosures: %w", err)
	case steps == 0: // an older program wrote it
		return nil
	case steps > int64(len(migrations)):
		return fmt.Errorf("list the enclosures: %w", sqldb.ErrNewer)
	}
	if err := db.View(ctx, func(tx *sqldb.Tx) error { return passedOver(ctx, tx) }); err != nil {
		return fmt.Errorf("list the enclosures: %w", err)
	}
	least := int64(0)
	if onlyKept {
		least = 1
	}
	s := &Store{db: db}
	for after := int64(0); ; {
		var r row
		err := db.View(ctx, func(tx *sqldb.Tx) error {
			return r.scan(tx.QueryRow(ctx, `SELECT `+rowColumns+` FROM enclosure WHERE id > $1 AND whole = 1 AND kept >= $2 ORDER BY id LIMIT 1`, after, least).Scan)
		})
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("list the enclosures: %w", err)
		}
		if err := f(r.File, &Reader{ctx: ctx, s: s, id: r.id, size: r.Size}); err != nil {
			return err
		}
		after = r.id
	}
}

// Verify reads every file that counts as whole in a database and holds it
// against its hash. It gives each as it is found sound, and answers *Fault for
// the first that is not, or that would be passed over.
func Verify(ctx context.Context, db *sqldb.DB, sound func(File)) error {
	return each(ctx, db, false, func(f File, in *Reader) error {
		if err := check(ctx, f.Hash, in); err != nil {
			return err
		}
		sound(f)
		return nil
	})
}

// passedOver answers an error if a file may be passed over in silence.
func passedOver(ctx context.Context, tx *sqldb.Tx) error {
	got, err := tx.Damage(ctx, "enclosure")
	if err != nil {
		return err
	}
	if got != "" {
		return fmt.Errorf("SQLite finds the pages of table enclosure damaged: %s", got)
	}
	var hash string
	err = tx.QueryRow(ctx, `SELECT hash FROM enclosure WHERE kept = 1 AND whole <> 1 LIMIT 1`).Scan(&hash)
	if err == nil {
		return &Fault{hash, "it is kept, and does not count as whole"}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// check holds what is read against a hash.
func check(ctx context.Context, hash string, in io.Reader) error {
	sum := sha256.New()
	if _, err := io.Copy(sum, in); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return &Fault{hash, err.Error()}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != hash {
		return &Fault{hash, "its bytes have the hash " + got}
	}
	return nil
}

// Fault says what is wrong with a file that counts as whole.
type Fault struct{ Hash, What string }

func (e *Fault) Error() string { return "enclosure " + e.Hash + ": " + e.What }

// Export writes the files of a database that entries name into the folder
// ExportFolder of dir, each whole or not at all, and then the list of them. What
// is there already is not written again. It tells how many there are.
func Export(ctx context.Context, db *sqldb.DB, dir string) (count int, err error) {
	folder := filepath.Join(dir, ExportFolder)
	list := ""
	err = each(ctx, db, true, func(f File, in *Reader) error {
		if count == 0 {
			if err := os.MkdirAll(folder, 0o755); err != nil {
				return err
			}
		}
		count++
		list += f.Hash + "  " + f.Hash + "\n"
		path := filepath.Join(folder, f.Hash)
		if info, err := os.Stat(path); err == nil && info.Size() == f.Size {
			return nil
		}
		return writeWhole(path, in)
	})
	if err == nil && count > 0 {
		err = writeWhole(filepath.Join(folder, ExportList), strings.NewReader(list))
	}
	if err != nil {
		return count, fmt.Errorf("export the enclosures to %s: %w", dir, err)
	}
	return count, nil
}

// writeWhole writes a file whole or not at all.
func writeWhole(path string, from io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // nothing is there any more if all went well
	_, err = io.Copy(f, from)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// maxList bounds the list of an export, in bytes: half a million files.
const maxList = 64 << 20

// sizeOf tells the size of what is a file, and of no more than so many bytes: a
// pipe would be waited for, and a device has no end.
func sizeOf(path string, limit int64) (int64, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return 0, fmt.Errorf("it cannot be read: %w", err)
	case !info.Mode().IsRegular():
		return 0, errors.New("it is no file")
	case info.Size() > limit:
		return 0, fmt.Errorf("it has %d bytes; the limit is %d", info.Size(), limit)
	}
	return info.Size(), nil
}

// VerifyExport holds the files that Export wrote against their names, and looks
// that none that the list names is missing and none is left over. It gives each
// as it is found sound.
func VerifyExport(ctx context.Context, dir string, sound func(File)) error {
	folder := filepath.Join(dir, ExportFolder)
	path := filepath.Join(folder, ExportList)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(folder); err == nil {
			return &Fault{ExportList, "the list is missing"}
		}
		return nil
	}
	if _, err := sizeOf(path, maxList); err != nil {
		return &Fault{ExportList, err.Error()}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the list of enclosures: %w", err)
	}
	listed := map[string]bool{ExportList: true}
	for line := range strings.Lines(string(text)) {
		hash, again, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if sum, err := hex.DecodeString(hash); err != nil || len(sum) != sha256.Size || hash != again {
			return &Fault{ExportList, fmt.Sprintf("the line %.100q does not name an enclosure", line)}
		}
		listed[hash] = true
		size, err := sizeOf(filepath.Join(folder, hash), Defaults().File)
		if err != nil {
			return &Fault{hash, err.Error()}
		}
		f, err := os.Open(filepath.Join(folder, hash))
		if err != nil {
			return &Fault{hash, "it cannot be read: " + err.Error()}
		}
		err = check(ctx, hash, f)
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
		sound(File{Hash: hash, Size: size, Held: size, Whole: true, Kept: true})
	}
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if !listed[entry.Name()] {
			return &Fault{entry.Name(), "the list does not name it"}
		}
	}
	return err
}
