package build_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// command runs a command and returns all that it says.
func command(t *testing.T, folder, name string, args ...string) string {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir = folder
	c.Env = append(c.Environ(), "SOURCE_DATE_EPOCH=1792540800", "MAKEFLAGS=", "MAKELEVEL=")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

func TestThePackageForDebianIsWholeAndTheSameEachTime(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "liaison")
	copyProject(t, root(t), folder)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Chmod(filepath.Join(folder, "packaging", "deb"), 0o755))
	var made [2][]byte
	var file string
	for i := range made {
		command(t, folder, "make", "deb")
		found, err := filepath.Glob(filepath.Join(folder, "build", "liaison_*.deb"))
		must(err)
		if len(found) != 1 {
			t.Fatalf("make deb has made %v", found)
		}
		file = found[0]
		made[i], err = os.ReadFile(file)
		must(err)
	}
	if !bytes.Equal(made[0], made[1]) {
		t.Error("two runs give different bytes")
	}
	list := command(t, folder, "dpkg-deb", "-c", file)
	for _, name := range []string{"usr/bin/liaison", "lib/systemd/system/liaison@.service", "usr/lib/sysusers.d/liaison.conf",
		"usr/share/man/man1/liaison.1.gz", "usr/share/bash-completion/completions/liaison", "usr/share/zsh/vendor-completions/_liaison", "usr/share/doc/liaison/copyright"} {
		if !strings.Contains(list, "./"+name+"\n") {
			t.Errorf("the package lacks %s", name)
		}
	}
	for line := range strings.Lines(list) {
		if !strings.Contains(line, " root/root ") {
			t.Errorf("not owned by root: %s", line)
		}
	}
	about := command(t, folder, "dpkg-deb", "-I", file)
	scripts := filepath.Join(folder, "scripts")
	command(t, folder, "dpkg-deb", "-e", file, scripts)
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		command(t, scripts, "sh", "-n", name)
		command(t, scripts, "./"+name, "upgrade") // nothing is done, on whatever machine: the nodes run on
	}
	unpacked := filepath.Join(folder, "unpacked")
	command(t, folder, "dpkg-deb", "-x", file, unpacked)
	version := strings.Fields(command(t, folder, filepath.Join(unpacked, "usr/bin/liaison"), "version"))[1]
	if !strings.Contains(about, " Version: "+version+"\n") {
		t.Errorf("the program is version %s, the package says\n%s", version, about)
	}

	// The unit as it will stand, with the program where it was unpacked.
	unit, err := os.ReadFile(filepath.Join(unpacked, "lib/systemd/system/liaison@.service"))
	must(err)
	here := filepath.Join(folder, "liaison@.service")
	must(os.WriteFile(here, bytes.ReplaceAll(unit, []byte("/usr/bin/"), []byte(filepath.Join(unpacked, "usr/bin")+"/")), 0o644))
	if said := command(t, folder, "systemd-analyze", "verify", "--man=no", "--recursive-errors=no", filepath.Join(folder, "liaison@.service")); strings.Contains(said, "liaison@") {
		t.Errorf("systemd-analyze says of the unit: %s", said)
	}
}
