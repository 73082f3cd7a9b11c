package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liaison.example/node"
	"liaison.example/office"
)

// smallBackup is a backup of a folder with little in it.
func smallBackup(t *testing.T) []byte {
	t.Helper()
	f := &folder{path: t.TempDir(), settings: &settings{Office: "kaesong.example", Side: "south"}}
	must(t, os.Mkdir(f.file(keysFolder), 0o700))
	must(t, os.WriteFile(f.file(settingsFile), []byte("office = \"kaesong.example\"\n"), 0o600))
	must(t, os.WriteFile(filepath.Join(f.file(keysFolder), "ledger.key"), []byte("the key"), 0o600))
	var backup bytes.Buffer
	must(t, f.backup(t.Context(), func(_ context.Context, ledgerPath, localPath string) error {
		return errors.Join(os.WriteFile(ledgerPath, []byte("the ledgers"), 0o600), os.WriteFile(localPath, []byte("what is local"), 0o600))
	}, &backup))
	return backup.Bytes()
}

// members are the members of a backup that is found whole.
func members(backup []byte) (map[string]string, error) {
	all := map[string]string{}
	_, err := readBackup(bytes.NewReader(backup), func(to string, r io.Reader) error {
		b, err := io.ReadAll(r)
		all[to] = string(b)
		return err
	})
	return all, err
}

func TestADamagedBackupIsNotRestored(t *testing.T) {
	whole := smallBackup(t)
	want, err := members(whole)
	if err != nil || len(want) != 4 || want[localFile] != "what is local" {
		t.Fatalf("%v, %v", want, err)
	}
	for i := range whole {
		for _, bit := range []byte{1, 3, 0x80} {
			damaged := bytes.Clone(whole)
			damaged[i] ^= bit
			// What fills up the blocks of the archive may be changed, and nothing else.
			if got, err := members(damaged); err == nil && (!maps.Equal(got, want) || whole[i] > ' ') {
				t.Fatalf("byte %d is changed by %#x, and the backup is found whole", i, bit)
			}
		}
	}
	for size := range len(bytes.TrimRight(whole, "\x00")) { // behind it only blocks are filled up
		if _, err := members(whole[:size]); err == nil {
			t.Errorf("cut off behind byte %d of %d it is found whole", size, len(whole))
		}
	}
	damaged := bytes.Replace(whole, []byte("what is local"), []byte("what is focal"), 1)
	if _, err := members(damaged); err == nil || !strings.Contains(err.Error(), `"local.db" of the backup is damaged`) {
		t.Errorf("%v does not name the member", err)
	}
	file, dir := filepath.Join(t.TempDir(), "south.tar"), filepath.Join(t.TempDir(), "south")
	must(t, os.WriteFile(file, damaged, 0o600))
	if code := run(t.Context(), &terminal{out: io.Discard, err: io.Discard}, []string{"restore", file, dir}); code != 1 {
		t.Errorf("restore ended with %d", code)
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) > 1 || len(left) == 1 && left[0].Name() != filepath.Base(dir) {
		t.Errorf("it left %v, %v", left, err)
	}
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		t.Errorf("it left %v in the folder", left)
	}
}

func TestAnOlderBackupWithoutHashesIsRead(t *testing.T) {
	var older bytes.Buffer
	w := tar.NewWriter(&older)
	a := &archive{tar: w}
	a.text(backupMember, backupOlder+"\noffice kaesong.example\nside south\nat 2026-11-30T00:00:00Z\nversion 1\n")
	a.text(localFile, "what is local")
	must(t, errors.Join(a.err, w.Close()))
	if got, err := members(older.Bytes()); err != nil || len(got) != 1 || got[localFile] != "what is local" {
		t.Errorf("%v, %v", got, err)
	}
	newer := bytes.Replace(smallBackup(t), []byte(backupHead), []byte(backupOlder), 1)
	if _, err := members(newer); err == nil {
		t.Error("a newer one whose head was changed is found whole")
	}
}

func TestRestoreSaysWhyALineIsDown(t *testing.T) {
	state := func(up bool, why string) (s node.LineState) {
		s.Up, s.Why = up, why
		return s
	}
	got := downLines(map[office.Side]node.LineState{"north": state(false, "not-admitted"), "west": state(true, ""), "east": state(false, "unreachable")})
	if want := " The line to east is down (no connection). The line to north is down (it does not know our key: has it admitted this side?)."; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
}
