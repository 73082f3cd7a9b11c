// Package build_test checks how the program is built: `make build` gives the
// same bytes in whatever folder, by whomever, and one file that needs nothing
// of the machine. So anyone can build from the source and compare.
package build_test

import (
	"bytes"
	"context"
	"debug/elf"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// buildLimit is the time for one build from nothing on a slow machine.
const buildLimit = 10 * time.Minute

func TestTheProgramIsBuiltToTheSameBytesInTwoFoldersAndIsStatic(t *testing.T) {
	parent := t.TempDir()
	here := filepath.Join(parent, "a")
	copyProject(t, root(t), here)
	first := build(t, here)
	// The second folder has a longer name; the second builder has another
	// language, zone and home, and settings of his own. Each package of ours is
	// compiled anew for him; what comes from elsewhere lies in one place for both.
	there := filepath.Join(parent, "another builder's folder", "liaison")
	copyProject(t, here, there)
	addEmptyFiles(t, there)
	second := build(t, there,
		"GOFLAGS=-mod=mod", "GOAMD64=v2", "LANG=ko_KR.UTF-8", "TZ=Asia/Seoul", "USER=builder")

	if !bytes.Equal(first, second) {
		at := 0
		for at < min(len(first), len(second)) && first[at] == second[at] {
			at++
		}
		t.Errorf("the two builds have %d and %d bytes and part at byte %d", len(first), len(second), at)
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, trace := range []string{parent, root(t), strings.TrimSpace(string(goroot)) + "/src"} {
		if bytes.Contains(first, []byte(trace)) {
			t.Errorf("the program holds the path %s", trace)
		}
	}
	if runtime.GOOS == "linux" {
		checkStatic(t, first)
	}
}

// addEmptyFiles puts a file that says nothing into each package of the project. So
// the compiler's cache holds nothing of them, and the same program must come of it.
func addEmptyFiles(t *testing.T, folder string) {
	t.Helper()
	cmd := exec.Command("go", "list", "-f", "{{.Dir}}\t{{.Name}}", "./...")
	cmd.Dir = folder
	list, err := cmd.Output()
	if err != nil {
		t.Fatalf("list the packages: %v", err)
	}
	for line := range strings.Lines(string(list)) {
		dir, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if err := os.WriteFile(filepath.Join(dir, "nothing_new.go"), []byte("package "+name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkStatic fails the test if the program asks the system for a loader or a library.
func checkStatic(t *testing.T, program []byte) {
	t.Helper()
	file, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range file.Progs {
		if segment.Type == elf.PT_INTERP || segment.Type == elf.PT_DYNAMIC {
			t.Errorf("the program is not static: it has a segment %v", segment.Type)
		}
	}
	if libraries, _ := file.ImportedLibraries(); len(libraries) > 0 {
		t.Errorf("the program is not static: it needs %v", libraries)
	}
}

// build builds the project in the folder as a person would and returns the
// program.
func build(t *testing.T, folder string, env ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), buildLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", "build")
	cmd.Dir = folder
	// A test that `make` started must not hand on the flags of that make.
	cmd.Env = slices.DeleteFunc(cmd.Environ(), func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "MAKEFLAGS" || name == "MFLAGS" || name == "MAKELEVEL"
	})
	cmd.Env = append(cmd.Env, env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make build in %s: %v\n%s", folder, err, out)
	}
	program, err := os.ReadFile(filepath.Join(folder, "build", "liaison"))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// copyProject copies the source, and nothing that was built from it.
func copyProject(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch {
		case slices.Contains([]string{".git", "build", "liaison-demo", ".cache"}, relative):
			if !entry.IsDir() { // as .git is in a work tree
				return nil
			}
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, relative), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, relative), data, 0o644)
	})
	if err != nil {
		t.Fatalf("copy the project: %v", err)
	}
}

// root is the folder of the module.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
