// Package outside holds Liaison against programs that others wrote: a witness,
// a checker of logs, a client. It fetches and builds each at one exact version,
// runs it on this machine, and says what it answered. It is for tests only.
//
// The programs are kept in the user's cache folder, under
// liaison-test-tools, so that they are built once for each version. A test that
// needs one and cannot have it fails with a sentence; it is never left out.
package outside

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// buildLimit is the time in which a program must be fetched and built.
const buildLimit = 5 * time.Minute

// programs are the tools, by name, with the package and the exact version.
var programs = map[string]string{
	"litewitness": "filippo.io/torchwood/cmd/litewitness@v0.9.0",
	"fsck":        "github.com/transparency-dev/tessera/cmd/fsck@v1.0.4",
}

// Tool returns the path of the program with that name, building it if this
// machine does not have it yet. The test fails if it cannot be had.
func Tool(t testing.TB, name string) string {
	t.Helper()
	pkg, known := programs[name]
	if !known {
		t.Fatalf("outside: no program %q is listed", name)
	}
	return kept(t, name, pkg, func(ctx context.Context, bin string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", "install", pkg)
		cmd.Env = append(cmd.Environ(), "GOBIN="+bin)
		cmd.Dir = bin // outside any module
		return cmd
	})
}

// reader returns the path of the program in the folder of this name beside this
// file, which reads what we write with a module that others wrote: a log with
// torchwood, a calendar with ical.
func reader(t testing.TB, name string) string {
	t.Helper()
	dir := filepath.Join(moduleRoot(t), "internal", "outside", name)
	sum := sha256.New()
	for _, part := range []string{"go.mod", "go.sum", "main.go"} {
		text, err := os.ReadFile(filepath.Join(dir, part))
		if err != nil {
			t.Fatalf("outside: read the reader %s: %v", name, err)
		}
		fmt.Fprintf(sum, "%s %d\n%s", part, len(text), text)
	}
	return kept(t, name, hex.EncodeToString(sum.Sum(nil)), func(ctx context.Context, bin string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "go", "build", "-mod=readonly", "-o", filepath.Join(bin, name), ".")
		cmd.Dir = dir
		return cmd
	})
}

// kept returns the program from the cache folder, building it with the command
// that build gives when it is not there. version is all that decides what the
// program is; another version, Go release or machine has another place.
func kept(t testing.TB, name, version string, build func(ctx context.Context, bin string) *exec.Cmd) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatalf("outside: no folder to keep %s in: %v", name, err)
	}
	key := sha256.Sum256([]byte(strings.Join([]string{name, version, runtime.Version(), runtime.GOOS, runtime.GOARCH}, "\n")))
	home := filepath.Join(cache, "liaison-test-tools")
	path := filepath.Join(home, name+"-"+hex.EncodeToString(key[:8]), name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatalf("outside: make the folder for %s: %v", name, err)
	}
	// Test programs run side by side: each builds in a folder of its own, and
	// the first to finish gives its folder the final name.
	bin, err := os.MkdirTemp(home, "building-")
	if err != nil {
		t.Fatalf("outside: make the folder for %s: %v", name, err)
	}
	defer os.RemoveAll(bin)
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	cmd := build(ctx, bin)
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("outside: %s is needed for this test and could not be built: %v\n"+
			"It is fetched from the Go module proxy; check that this machine reaches it.\n%s\n%s", name, err, cmd, out)
	}
	if err := os.Rename(bin, filepath.Dir(path)); err != nil {
		if _, statErr := os.Stat(path); statErr != nil {
			t.Fatalf("outside: keep %s: %v", name, err)
		}
	}
	return path
}

// moduleRoot is the folder of Liaison's go.mod, found upwards from the folder
// of the test.
func moduleRoot(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatalf("outside: %v", err)
	}
	for {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module liaison.example\n")) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("outside: the test does not run inside Liaison's module")
		}
		dir = parent
	}
}
