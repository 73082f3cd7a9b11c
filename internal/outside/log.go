package outside

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// checkLimit is the time in which a program must have read a whole log.
const checkLimit = 2 * time.Minute

// Fsck has tessera's fsck read a whole log, which lies in a folder or is served
// at an http URL, and returns nil if it found it sound. origin is the log's
// origin line; vkey its key as a C2SP verifier key.
func Fsck(t testing.TB, where, origin, vkey string) error {
	t.Helper()
	url := where
	if !strings.HasPrefix(where, "http") {
		path, err := filepath.Abs(where)
		if err != nil {
			t.Fatalf("outside: %v", err)
		}
		url = "file://" + path
	}
	if !strings.HasSuffix(url, "/") {
		url += "/"
	}
	// fsck exits 0 whatever it found: only its words count. With few workers it
	// waits for ever on a log that differs in more places than it has workers,
	// and with many only on a log that is broken all over; hence the limit.
	out, err := run(t, Tool(t, "fsck"), "--storage_url="+url, "--origin="+origin,
		"--public_key="+file(t, "key.pub", vkey), "--ui=false", "-N=64")
	if err == nil && bytes.Contains(out, []byte("Successfully fsck'd")) {
		return nil
	}
	if err == nil {
		err = errors.New("fsck did not say that the log is sound")
	}
	return fmt.Errorf("%w: %s", err, brief(out))
}

// Policy is what a reader demands of a checkpoint.
type Policy struct {
	Log       string   // C2SP verifier key of the log
	Cosigners []string // C2SP verifier keys of those whose cosignatures must be there
}

// String gives the policy in the format of torchwood and tessera.
func (p Policy) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "log %s\n", p.Log)
	if len(p.Cosigners) == 0 {
		return text.String() + "quorum none\n"
	}
	all := "group cosigners all"
	for i, vkey := range p.Cosigners {
		fmt.Fprintf(&text, "witness w%d %s\n", i, vkey)
		all += fmt.Sprintf(" w%d", i)
	}
	return text.String() + all + "\nquorum cosigners\n"
}

// ReadLog has torchwood's client read every entry of a log, which lies in a
// folder or is served at an http URL, and returns nil if the checkpoint meets
// the policy and every entry stands under it.
func ReadLog(t testing.TB, where string, policy Policy) error {
	t.Helper()
	return read(t, "log", file(t, "policy", policy.String()), where)
}

// ReadProof has torchwood check a c2sp.org/tlog-proof for a leaf and returns
// nil if its checkpoint meets the policy and the leaf stands under it.
func ReadProof(t testing.TB, proof, leaf []byte, policy Policy) error {
	t.Helper()
	return read(t, "proof", file(t, "policy", policy.String()), file(t, "proof", string(proof)), file(t, "leaf", string(leaf)))
}

func read(t testing.TB, args ...string) error {
	t.Helper()
	out, err := run(t, reader(t, "torchwood"), args...)
	if err != nil {
		return fmt.Errorf("%w: %s", err, brief(out))
	}
	return nil
}

// run runs a program to its end, within the limit, and gives what it printed.
func run(t testing.TB, path string, args ...string) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if ctx.Err() != nil {
		err = fmt.Errorf("%s had no answer within %v", filepath.Base(path), checkLimit)
	}
	return out, err
}

// file writes text to a file of the test's own and returns its path.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatalf("outside: %v", err)
	}
	return path
}

// brief cuts what a program printed to a length that a person reads.
func brief(out []byte) string {
	const limit = 1000
	text := strings.TrimSpace(string(out))
	if len(text) > limit {
		text = text[:limit] + " ..."
	}
	return text
}
