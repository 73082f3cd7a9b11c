package main

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// The limits of what is read of an archive.
const (
	maxMembers     = 10_000
	maxSmallMember = 16 << 20 // of every member but the databases, in bytes
	maxMemberName  = 255      // bytes of the file in its name, as file systems have it
)

// memberPath says where a member of a backup belongs in a data folder. What is
// not a member of a backup is refused.
func memberPath(name string) (string, bool) {
	switch name {
	case settingsFile, ledgerFile, localFile:
		return name, true
	}
	dir, file := path.Split(name)
	switch strings.TrimSuffix(dir, "/") {
	case keysFolder, admittedName, evidenceName:
		return filepath.Join(filepath.FromSlash(dir), file), file != "" && len(file) <= maxMemberName && !strings.HasPrefix(file, ".") && filepath.IsLocal(file) && !strings.ContainsAny(file, `/\`)
	}
	return "", false
}

// backupInfo says whose a backup is, and of when.
type backupInfo struct {
	office, side string
	at           time.Time
	sums         bool // each member has a hash
}

// readBackup gives each member of a backup with where it belongs in a data folder,
// and then holds what was read against the hashes. It reads to the end: what it
// gave counts only if it answers no error.
func readBackup(r io.Reader, member func(to string, r io.Reader) error) (backupInfo, error) {
	t := tar.NewReader(r)
	info, read, err := readBackupHead(t)
	for n, last := 1, backupMember; err == nil; n++ {
		h, next := t.Next()
		switch {
		case next == io.EOF && info.sums:
			return info, fmt.Errorf("the backup is not whole: it ends behind the member %q", last)
		case next == io.EOF:
			return info, nil
		case next != nil:
			return info, fmt.Errorf("the backup is damaged behind the member %q: %w", last, next)
		case n > maxMembers:
			return info, fmt.Errorf("the backup has more than %d members", maxMembers)
		case h.Name == backupSums && info.sums:
			return info, checkSums(t, read)
		}
		read, err = readMember(t, h, read, member)
		last = h.Name
	}
	return info, err
}

// readBackupHead reads the first member of a backup. It answers the lines of the
// hashes too, which begin with this one.
func readBackupHead(t *tar.Reader) (info backupInfo, read string, err error) {
	none := errors.New("this is not a backup of a node")
	h, err := t.Next()
	if err != nil || h.Name != backupMember {
		return info, "", none
	}
	sum := sha256.New()
	text, err := io.ReadAll(io.TeeReader(io.LimitReader(t, 4096), sum))
	if err != nil {
		return info, "", fmt.Errorf("read the backup: %w", err)
	}
	first, rest, _ := strings.Cut(string(text), "\n")
	if first != backupHead && first != backupOlder {
		return info, "", none
	}
	info.sums = first == backupHead
	for line := range strings.Lines(rest) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "office":
			info.office = value
		case "side":
			info.side = value
		case "at":
			if info.at, err = time.Parse(time.RFC3339, value); err != nil {
				return info, "", fmt.Errorf("the member %q of the backup is damaged: %w", backupMember, err)
			}
		}
	}
	return info, sumLine(sum, backupMember), nil
}

// readMember gives one member, and adds its line to those of the hashes.
func readMember(t *tar.Reader, h *tar.Header, read string, member func(to string, r io.Reader) error) (string, error) {
	to, ok := memberPath(h.Name)
	if !ok || h.Typeflag != tar.TypeReg {
		return read, fmt.Errorf("the backup has a member %q, which does not belong into one", h.Name)
	}
	if !strings.HasSuffix(to, ".db") && h.Size > maxSmallMember {
		return read, fmt.Errorf("the member %q of the backup has %d bytes; at most %d are allowed", h.Name, h.Size, maxSmallMember)
	}
	sum := sha256.New()
	if err := member(to, io.TeeReader(t, sum)); err != nil {
		return read, fmt.Errorf("the member %q of the backup: %w", h.Name, err)
	}
	return read + sumLine(sum, h.Name), nil
}

// checkSums holds the hashes of what was read against those in the backup, and
// names the first member that differs.
func checkSums(t *tar.Reader, read string) error {
	sums, err := io.ReadAll(io.LimitReader(t, maxSmallMember))
	if err != nil {
		return fmt.Errorf("the member %q of the backup: %w", backupSums, err)
	}
	if _, err := t.Next(); err != io.EOF {
		return fmt.Errorf("the backup is damaged behind the member %q: it should end there", backupSums)
	}
	want := strings.SplitAfter(string(sums), "\n")
	got := strings.SplitAfter(read, "\n")
	for i, line := range got {
		if i >= len(want) || want[i] != line {
			_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
			if name == "" { // the lines go on
				name = backupSums
			}
			return fmt.Errorf("the member %q of the backup is damaged: its hash is not the one in %s", name, backupSums)
		}
	}
	if len(want) > len(got) {
		return fmt.Errorf("the member %q of the backup is damaged: it names more than there is", backupSums)
	}
	return nil
}

// extract writes the members of a backup into a folder that is new and empty.
func extract(r io.Reader, dir string) error {
	_, err := readBackup(r, func(to string, r io.Reader) error {
		to = filepath.Join(dir, to)
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return err
		}
		return writeFileFrom(to, 0o600, func(w *os.File) error { _, err := io.Copy(w, r); return err })
	})
	return err
}
