package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io/fs"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/ledger"
	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// stop stops the node in good order.
func (n *realNode) stop() {
	n.t.Helper()
	if err := n.process.Process.Signal(syscall.SIGTERM); err != nil {
		n.t.Fatal(err)
	}
	if err := n.process.Wait(); err != nil {
		n.t.Fatal(err)
	}
	n.process = nil
	n.log.Close()
}

// equalOffice is an office of two nodes that run and are equal.
func equalOffice(t *testing.T) (south, north *realNode) {
	t.Helper()
	south, north = realOffice(t)
	for _, n := range []*realNode{south, north, south} {
		if _, err := n.client().WaitStatus(t.Context(), "equal", time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	return south, north
}

// look examines a folder.
func look(t *testing.T, dir, backup string) []finding {
	t.Helper()
	findings, err := examine(t.Context(), dir, backup)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// wantFinding fails the test unless a check has found what it must.
func wantFinding(t *testing.T, findings []finding, check, state, found string) {
	t.Helper()
	for _, f := range findings {
		if f.Check == check && f.State == state && strings.Contains(f.Found, found) {
			if (f.Do == "") != (state == isOK) {
				t.Errorf("%s: %s: it says to do %q", check, f.Found, f.Do)
			}
			return
		}
	}
	text, _ := json.MarshalIndent(findings, "", " ")
	t.Errorf("no %s of %s with %q in\n%s", state, check, found, text)
}

// wantNothingBad fails the test if anything is bad.
func wantNothingBad(t *testing.T, findings []finding) {
	t.Helper()
	for _, f := range findings {
		if f.State == isBad {
			t.Errorf("%s is bad: %s (%s)", f.Check, f.Found, f.Do)
		}
	}
}

// tree is every name below a folder, with its mode and content.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		all[path] = info.Mode().String()
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(path)
			all[path] += "\n" + string(content)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantSameTree(t *testing.T, before, after map[string]string) {
	t.Helper()
	for path := range after {
		if _, was := before[path]; !was {
			t.Errorf("the doctor made %s", path)
		}
	}
	for path, content := range before {
		if after[path] != content {
			t.Errorf("the doctor changed %s", path)
		}
	}
}

// change replaces a text in a file.
func change(t *testing.T, path, from, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(from)) {
		t.Fatalf("%s has no %q", path, from)
	}
	must(t, os.WriteFile(path, bytes.Replace(text, []byte(from), []byte(to), 1), 0o600))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// inDatabase runs a statement in a database of a folder.
func inDatabase(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, Durable: true})
	must(t, err)
	must(t, db.Update(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), statement)
		return err
	}))
	must(t, db.Close())
}

func TestTheDoctorFindsWhatIsWrongWithANodeThatStands(t *testing.T) {
	south, north := equalOffice(t)
	backup := filepath.Join(t.TempDir(), "south.tar")
	liaison(t, "backup", south.dir, backup)
	south.stop()
	north.stop()
	f, err := openFolder(south.dir)
	must(t, err)
	away := "north does not answer" // that line is down in every row

	before := tree(t, south.dir)
	findings := look(t, south.dir, backup)
	wantSameTree(t, before, tree(t, south.dir))
	wantFinding(t, findings, "lines", isBad, away)
	for _, found := range findings {
		if found.State == isBad && found.Check != "lines" {
			t.Errorf("%s is bad: %s", found.Check, found.Found)
		}
	}
	wantFinding(t, findings, "backup", isOK, "was made at")
	wantFinding(t, findings, "ledger", isOK, "sound, and of this version")
	wantFinding(t, findings, "fit", isOK, "belong together")
	wantFinding(t, findings, "certificates", isOK, "the one in the charter")
	wantFinding(t, findings, "ports", isOK, "the link can listen")

	otherKeys := t.TempDir()
	keys, err := ledger.DeriveKeys(ledger.NewSeed(), f.settings.Office, f.settings.Side)
	must(t, err)
	must(t, keys.Save(otherKeys))
	swap := func(t *testing.T, dir string, names ...string) {
		for _, name := range names {
			key, err := os.ReadFile(filepath.Join(otherKeys, name))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(dir, keysFolder, name), key, 0o600))
		}
	}
	toml := func(from, to string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { change(t, filepath.Join(dir, settingsFile), from, to) }
	}
	mode := func(name string, mode fs.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) { must(t, os.Chmod(filepath.Join(dir, name), mode)) }
	}
	execute := func(name, statement string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { inDatabase(t, filepath.Join(dir, name), statement) }
	}
	for _, row := range []struct {
		name                string
		harm                func(t *testing.T, dir string)
		check, state, found string
	}{
		{"an unknown setting", toml("side = ", "colour = \"red\"\nside = "), "settings", isBad, `"colour" is not known`},
		{"a setting without quotes", toml("[dial]", "[dial]\nnorth = 1"), "settings", isBad, `"dial" must be lines of a name and a text in quotes`},
		{"a setting with quotes too many", toml("sides = 2", "sides = \"2\""), "settings", isBad, `"sides" must be a whole number, without quotes`},
		{"a list of numbers", toml("trusted_proxies = []", "trusted_proxies = [1]"), "settings", isBad, `"trusted_proxies" must be a list of texts in quotes`},
		{"a word for true", toml("demo = false", "demo = \"no\""), "settings", isBad, `"demo" must be true or false`},
		{"settings that are no TOML", toml("side = ", "side == "), "settings", isBad, "line 9 cannot be read: expected value but found '=' instead"},
		{"a wrong zone", toml(`zone = "UTC"`, `zone = "Asia/Kaesong"`), "settings", isBad, "is not a time zone"},
		{"a wrong address", toml(`link = "127.0.0.1:`, `link = "127.0.0.1.`), "settings", isBad, "not an address"},
		{"an address for nobody", toml(`link = "127.0.0.1:`, `link = "0.0.0.0:`), "settings", isBad, "cannot reach the link"},
		{"a language that the pages do not know", toml(`languages = ["en"]`, `languages = ["en", "kr"]`), "settings", isWarning, `"kr"`},
		{"pages open to all without TLS", toml(`web = "127.0.0.1:`, `web = "0.0.0.0:`), "settings", isWarning, "without TLS"},
		{"a demonstration", toml("demo = false", "demo = true"), "settings", isWarning, "demo is set"},
		{"an address to dial for nobody", toml("[dial]", "[dial]\neast = \"127.0.0.1:1\""), "sides", isWarning, "east, which is not admitted"},
		{"a side that is not admitted", toml("sides = 2", "sides = 3"), "sides", isWarning, "1 of 2 other sides"},
		{"a spoilt credence", func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, admittedName, "north.credence"), "zone UTC", "zone GMT")
		}, "sides", isBad, "north"},
		{"a folder that others may change", mode(".", 0o777), "rights", isBad, "others may change"},
		{"a folder that others may look into", mode(".", 0o755), "rights", isWarning, "others may look into"},
		{"a key that others may read", mode("keys/ledger.key", 0o644), "rights", isBad, "others may read"},
		{"settings that others may read", mode(settingsFile, 0o644), "rights", isWarning, "others may look into"},
		{"a database without its owner's rights", mode(ledgerFile, 0o400), "rights", isBad, "its owner may not use"},
		{"a missing key", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "keys", "cosigner.key"))) }, "keys", isBad, "cosigner.key is missing"},
		{"a key that is none", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, "keys", "link.key"), []byte("?"), 0o600))
		}, "keys", isBad, "not a PEM file"},
		{"swapped keys", func(t *testing.T, dir string) { swap(t, dir, "ledger.key", "cosigner.key") }, "fit", isBad, "not those of the ledger"},
		{"a swapped link key", func(t *testing.T, dir string) { swap(t, dir, "link.key") }, "certificates", isBad, "not the one in the charter"},
		{"the folder of another side", toml(`side = "south"`, `side = "north"`), "fit", isBad, "the ledger is that of south"},
		{"the folder of another office", toml(`office = "kaesong.example"`, `office = "panmunjom.example"`), "fit", isBad, "the ledger is that of kaesong.example/south"},
		{"a damaged ledger", spoilPages(ledgerFile), "ledger", isBad, "ledger.db"},
		{"damaged records", spoilPages(recordsFile), "records", isBad, "records.db"},
		{"a ledger that is no database", func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, ledgerFile), bytes.Repeat([]byte("x"), 8192), 0o600))
		}, "ledger", isBad, "cannot be read"},
		{"a ledger that is gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, ledgerFile))) }, "ledger", isBad, "is gone"},
		{"records that are gone", func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, recordsFile))) }, "records", isOK, "not there yet"},
		{"a database of a newer program", execute(localFile, `INSERT INTO migration (family, number, name) VALUES ('people', 99, 'wings')`), "local", isBad, "newer program"},
		{"a database of an older program", execute(localFile, `DELETE FROM migration WHERE family = 'alarm'`), "local", isWarning, "older program"},
		{"an open alarm", execute(localFile, `INSERT INTO alarm (id, at, last, code, side, detail, evidence, count, cleared, cleared_by) VALUES (9, 1, 1, 'fork', 'north', '{}', '', 1, 0, '')`), "alarms", isBad, "north has signed two different histories"},
		{"a restored node", func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, restoredFile), nil, 0o600)) }, "node", isWarning, "restored"},
		{"a certificate that is not there", toml("web_certificate = \"\"\n", "web_certificate = \"a.pem\"\n"), "settings", isBad, "go together"},
		{"a certificate that has ended", certificate(-time.Hour), "certificates", isBad, "has ended"},
		{"a certificate that ends soon", certificate(24 * time.Hour), "certificates", isWarning, "ends on"},
		{"a certificate that is good", certificate(9000 * time.Hour), "certificates", isOK, "valid until"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "south")
			must(t, os.CopyFS(dir, os.DirFS(south.dir)))
			for path := range tree(t, dir) {
				info, err := os.Stat(path)
				must(t, err)
				must(t, os.Chmod(path, map[bool]fs.FileMode{true: 0o700, false: 0o600}[info.IsDir()]))
			}
			row.harm(t, dir)
			before := tree(t, dir)
			wantFinding(t, look(t, dir, ""), row.check, row.state, row.found)
			wantSameTree(t, before, tree(t, dir))
		})
	}

	t.Run("a taken port", func(t *testing.T) {
		l, err := net.Listen("tcp", f.settings.Link)
		must(t, err)
		defer l.Close()
		wantFinding(t, look(t, south.dir, ""), "ports", isBad, "is taken by another program")
	})
	t.Run("a file that is no backup", func(t *testing.T) {
		wantFinding(t, look(t, south.dir, filepath.Join(south.dir, settingsFile)), "backup", isBad, "not a backup")
	})
	t.Run("the backup of another side", func(t *testing.T) {
		wantFinding(t, look(t, north.dir, backup), "backup", isBad, "of south in")
	})
	t.Run("a folder that another process works on", func(t *testing.T) {
		release, err := f.lock(t.Context(), true)
		must(t, err)
		defer release()
		wantFinding(t, look(t, south.dir, ""), "node", isBad, "does not answer")
	})
}

// spoilPages writes over the middle of a database.
func spoilPages(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, name)
		content, err := os.ReadFile(path)
		must(t, err)
		for i := 4096; i < len(content); i++ {
			content[i] ^= 0x55
		}
		must(t, os.WriteFile(path, content, 0o600))
	}
}

// certificate gives the pages a certificate that is valid for so long from now.
func certificate(valid time.Duration) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(valid)}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		must(t, err)
		private, err := x509.MarshalPKCS8PrivateKey(key)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "web.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "web.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
		change(t, filepath.Join(dir, settingsFile), `web_certificate = ""`, `web_certificate = "web.pem"`)
		change(t, filepath.Join(dir, settingsFile), `web_key = ""`, `web_key = "web.key"`)
	}
}

func TestTheDoctorLooksAtANodeThatRunsAndAtOneThatWasKilled(t *testing.T) {
	south, north := equalOffice(t)
	findings := look(t, south.dir, "")
	wantNothingBad(t, findings)
	wantFinding(t, findings, "node", isOK, "it runs")
	wantFinding(t, findings, "lines", isOK, "north: up since")
	wantFinding(t, findings, "ports", isOK, "the server of pages answers")
	wantFinding(t, findings, "certificates", isOK, "the link shows the key")
	wantFinding(t, findings, "alarms", isOK, "none")
	liaison(t, "doctor", north.dir)

	north.kill()
	f, err := openFolder(north.dir)
	must(t, err)
	_, err = south.client().Send(t.Context(), api.NewDispatch{
		Channel: "liaison", Precedence: office.Routine, Subject: "Who is there?", Text: "test", By: "duty-officer",
	}, 0)
	must(t, err)
	again := time.NewTicker(50 * time.Millisecond) // what another process says
	defer again.Stop()
	for tries := 600; ; tries-- {
		s, err := south.client().Status(t.Context())
		must(t, err)
		if s.Link["north"].State == "down" {
			break
		}
		if tries == 0 {
			t.Fatal("the line does not go down")
		}
		<-again.C
	}
	wantFinding(t, look(t, south.dir, ""), "lines", isBad, "north: down since")
	before := tree(t, north.dir)
	killed := look(t, north.dir, "")
	wantSameTree(t, before, tree(t, north.dir))
	wantNothingBad(t, killed)
	wantFinding(t, killed, "ledger", isOK, "sound, and of this version")
	wantFinding(t, killed, "lines", isOK, "south answers")

	// The program says the same, and ends with 1.
	c := exec.Command("liaison", "doctor", south.dir, "--json")
	out, err := c.Output()
	if c.ProcessState.ExitCode() != exitFailed {
		t.Errorf("liaison doctor ended with %v, want 1", err)
	}
	var printed []finding
	must(t, json.Unmarshal(out, &printed))
	wantFinding(t, printed, "lines", isBad, "nobody answers")

	// Another program answers where the link should.
	south.kill()
	l, err := net.Listen("tcp", f.settings.Link)
	must(t, err)
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	if _, err := shownKey(t.Context(), f.settings.Link); err == nil {
		t.Error("a program without a certificate shows a key")
	}
}

func TestTheDoctorLooksAtANodeOnPostgreSQL(t *testing.T) {
	ports := fourPorts(t)
	dir := filepath.Join(t.TempDir(), "south")
	liaison(t, "init", dir, "--office", "kaesong.example", "--side", "south", "--web", portAddress(ports), "--link", portAddress(ports+1),
		"--database", sqldbtest.PostgreSQL(t))
	wantFinding(t, look(t, dir, ""), "ledger", isBad, "does not exist")
	n := &realNode{t: t, side: "south", dir: dir}
	n.start()
	for _, stands := range []bool{false, true} {
		if stands {
			n.stop()
		}
		before := tree(t, dir)
		findings := look(t, dir, "")
		if stands {
			wantSameTree(t, before, tree(t, dir))
		}
		wantNothingBad(t, findings)
		wantFinding(t, findings, "ledger", isOK, "liaison_ledger (UTF8) is sound, and of this version")
		wantFinding(t, findings, "local", isOK, "liaison_local (UTF8) is sound, and of this version")
		wantFinding(t, findings, "sides", isWarning, "1 of 1 other sides")
	}
	change(t, filepath.Join(dir, settingsFile), `database = "postgres://`, `database = "postgres://nobody@127.0.0.1:1/x?connect_timeout=1&x=`)
	findings := look(t, dir, "")
	wantFinding(t, findings, "ledger", isBad, "127.0.0.1")
	wantFinding(t, findings, "certificates", isBad, "not looked at") // the folder is well: nothing is to be restored
	for _, f := range findings {
		if strings.ContainsAny(f.Found, "\n\t") || strings.Contains(f.Do, "restore") {
			t.Errorf("%s: %q: %q", f.Check, f.Found, f.Do)
		}
	}
}

func TestTheDoctorSeesAFullAndAReadOnlyDisk(t *testing.T) {
	sqldbtest.SmallDisk(t, 1<<20, func(t *testing.T, disk *sqldbtest.Disk) {
		dir := filepath.Join(disk.Folder, "south")
		s := defaults()
		s.Office, s.Side, s.Name = "kaesong.example", "south", "South"
		_, _, err := makeFolder(dir, &s, ledger.NewSeed())
		must(t, err)
		wantFinding(t, look(t, dir, ""), "space", isBad, "the least is 256")
		disk.Grow(1 << 30)
		wantFinding(t, look(t, dir, ""), "space", isWarning, "MiB are free")
		disk.ReadOnly()
		wantFinding(t, look(t, dir, ""), "writing", isBad, "read-only")
	})
}

func TestTheDoctorComparesClocks(t *testing.T) {
	heard := time.Now()
	at := func(offset time.Duration) []finding {
		p := &patient{status: &api.Status{Link: map[string]api.Line{"north": {OffsetMS: offset.Milliseconds(), LastSeen: &heard}}}}
		findings := lookAtClock(context.Background(), p)
		for i := range findings {
			findings[i].Check = "clock"
		}
		return findings
	}
	wantFinding(t, at(-10*time.Second), "clock", isWarning, "north differs from ours by -10s")
	wantFinding(t, at(3*time.Minute), "clock", isBad, "north differs from ours by 3m0s")
	switch synced, known := clockSynced(); {
	case known && synced:
		wantFinding(t, at(0), "clock", isOK, "agrees")
	case known:
		wantFinding(t, at(0), "clock", isWarning, "no time service")
	default:
		wantFinding(t, at(0), "clock", isWarning, "cannot be seen")
	}
}

func TestTheDoctorSaysToWhomAFolderMustBelong(t *testing.T) {
	const kim, lee = 4242001, 4242002 // whom no machine knows
	for _, row := range []struct {
		name              string
		owner, folder, us int
		found, do         string
	}{
		{"our own", kim, kim, kim, "", ""},
		{"root looks", kim, kim, root, "", ""},
		{"somebody else's", kim, kim, lee, "belongs to 4242001, and this command runs as 4242002", "as 4242001, or give the folder to 4242002"},
		{"what root has left there", root, kim, kim, "belongs to root, and this command runs as 4242001", "as root"},
		{"what root has left there, root looks", root, kim, root, "belongs to root, and the folder to 4242001", "chown 4242001: ledger.db"},
	} {
		t.Run(row.name, func(t *testing.T) {
			found := belongs("ledger.db", row.owner, row.folder, row.us)
			if row.found == "" {
				if found != nil {
					t.Errorf("found %+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].State != isBad || !strings.Contains(found[0].Found, row.found) || !strings.Contains(found[0].Do, row.do) {
				t.Errorf("found %+v, want %q and %q", found, row.found, row.do)
			}
		})
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, settingsFile), nil, 0o600))
	if said := whoseFolder(dir); !strings.Contains(said, "this is ") {
		t.Errorf("of our own folder it says: %s", said)
	}
}
