package api_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"liaison.example/api"
)

// A process may be killed when its socket has its own name, and before that.
func TestASocketThatAKilledProcessLeftIsReplaced(t *testing.T) {
	for _, left := range []string{"", ".new"} {
		path := filepath.Join(t.TempDir(), "liaison.sock")
		old, err := net.ListenUnix("unix", &net.UnixAddr{Name: path + left, Net: "unix"})
		if err != nil {
			t.Fatal(err)
		}
		old.SetUnlinkOnClose(false)
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		l, err := api.ListenSocket(path)
		if err != nil {
			t.Errorf("with %q left behind: %v", left, err)
			continue
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAFileThatIsNoSocketIsNotRemoved(t *testing.T) {
	for _, name := range []string{"liaison.sock", "liaison.sock.new"} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, name), []byte("kept"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := api.ListenSocket(filepath.Join(dir, "liaison.sock")); err == nil || !strings.Contains(err.Error(), "no socket stands in the way") {
			t.Errorf("%s: %v", name, err)
		}
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(text) != "kept" {
			t.Errorf("%s holds %q: %v", name, text, err)
		}
	}
}
