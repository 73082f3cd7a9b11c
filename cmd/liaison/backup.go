package main

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/node"
	"liaison.example/sqldb"
)

// A backup is one tar archive with everything by which a node can be brought
// back: the settings, the keys, the admitted sides, the ledgers and what is
// local. It does not hold the records, which follow from the ledgers.

type backupCommand struct {
	place
	Force bool `help:"Overwrite the file if it exists."`
}

func (c *backupCommand) Help() string {
	return `Writes a backup of the node to FILE, a tar archive that only its owner can read, whole or not at all. The node may be running. The archive holds the private keys: keep it as you keep the recovery key.`
}

func (c *backupCommand) Run(ctx context.Context, t *terminal) error {
	f, args, err := c.open("the file to write")
	if err != nil {
		return err
	}
	file := args[0]
	if info, err := os.Stat(file); err == nil && (info.IsDir() || !c.Force) {
		if info.IsDir() {
			return fmt.Errorf("%s is a folder: name the file to write", file)
		}
		return fmt.Errorf("the file %s is there already (--force overwrites it)", file)
	}
	client := f.client()
	defer client.Close()
	_, err = client.Status(ctx)
	running := !errors.Is(err, api.ErrNotRunning)
	if running && err != nil {
		return err
	}
	err = writeFileFrom(file, 0o600, func(w *os.File) error {
		if running {
			return client.Backup(ctx, w)
		}
		release, err := f.lock(ctx, true)
		if err != nil {
			return err
		}
		defer release()
		return f.backup(ctx, f.copyClosed, w)
	})
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("look at the backup: %w", err)
	}
	t.print("%s  %d bytes", file, info.Size())
	return nil
}

// copier makes consistent copies of the ledgers and of what is local, as SQLite
// files.
type copier func(ctx context.Context, ledgerPath, localPath string) error

// copierOf copies the databases of a running node.
func (f *folder) copierOf(n *node.Node) copier {
	if f.settings.Database != "" {
		return f.copyOut
	}
	return n.Copy
}

// copyClosed copies the databases of a node that does not run.
func (f *folder) copyClosed(ctx context.Context, ledgerPath, localPath string) error {
	if f.settings.Database != "" {
		return f.copyOut(ctx, ledgerPath, localPath)
	}
	for _, c := range []struct{ file, to string }{{ledgerFile, ledgerPath}, {localFile, localPath}} {
		if _, err := os.Stat(f.file(c.file)); errors.Is(err, fs.ErrNotExist) {
			continue // a node that has never run
		}
		db, err := sqldb.Open(ctx, f.database(c.file))
		if err != nil {
			return err
		}
		err = db.VacuumInto(ctx, c.to)
		if err := errors.Join(err, db.Close()); err != nil {
			return err
		}
	}
	return nil
}

// The first member of a backup says whose it is, and the last has the hash of each
// member before, as sha256sum writes them.
const (
	backupMember = "BACKUP"
	backupHead   = "liaison backup v2"
	backupOlder  = "liaison backup v1" // without hashes
	backupSums   = "SHA256SUMS"
)

// backup writes the archive.
func (f *folder) backup(ctx context.Context, copy copier, w io.Writer) error {
	scratch, err := os.MkdirTemp(f.path, ".backup-*")
	if err != nil {
		return fmt.Errorf("make room for the backup: %w", err)
	}
	defer os.RemoveAll(scratch)
	ledgerCopy, localCopy := filepath.Join(scratch, ledgerFile), filepath.Join(scratch, localFile)
	if err := copy(ctx, ledgerCopy, localCopy); err != nil {
		return err
	}
	a := &archive{tar: tar.NewWriter(w), at: time.Now().UTC().Truncate(time.Second)}
	a.text(backupMember, fmt.Sprintf("%s\noffice %s\nside %s\nat %s\nversion %s\n",
		backupHead, f.settings.Office, f.settings.Side, a.at.Format(time.RFC3339), version))
	a.file(settingsFile, f.file(settingsFile))
	a.folder(keysFolder, f.file(keysFolder))
	a.folder(admittedName, f.file(admittedName))
	a.folder(evidenceName, f.file(evidenceName))
	a.file(ledgerFile, ledgerCopy)
	a.file(localFile, localCopy)
	a.text(backupSums, a.sums)
	if a.err == nil {
		a.err = a.tar.Close()
	}
	if a.err != nil {
		return fmt.Errorf("write the backup: %w", a.err)
	}
	return nil
}

// archive writes members and keeps the first error.
type archive struct {
	tar  *tar.Writer
	at   time.Time
	sums string // a line for each member
	err  error
}

func (a *archive) member(name string, size int64, r io.Reader) {
	if a.err != nil {
		return
	}
	a.err = a.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: a.at, Format: tar.FormatPAX})
	sum := sha256.New()
	if a.err == nil {
		_, a.err = io.CopyN(io.MultiWriter(a.tar, sum), r, size)
	}
	a.sums += sumLine(sum, name)
}

// sumLine is the line of a member among the hashes.
func sumLine(sum hash.Hash, name string) string { return fmt.Sprintf("%x  %s\n", sum.Sum(nil), name) }

func (a *archive) text(name, text string) { a.member(name, int64(len(text)), strings.NewReader(text)) }

// file adds a file, if it is there.
func (a *archive) file(name, path string) {
	if a.err != nil {
		return
	}
	r, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		a.err = err
		return
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		a.err = err
		return
	}
	a.member(name, info.Size(), r)
}

// folder adds the files of a folder, if it is there.
func (a *archive) folder(name, dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && a.err == nil {
		a.err = err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
			a.file(path.Join(name, e.Name()), filepath.Join(dir, e.Name()))
		}
	}
}
