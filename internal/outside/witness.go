package outside

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	_ "modernc.org/sqlite" // litewitness keeps its list of logs in SQLite
)

// witnessName is the name under which the witness signs.
const witnessName = "witness.example/outside"

// startLimit is the time in which the witness must answer its first call, and
// answerLimit that for each later one.
const (
	startLimit  = 30 * time.Second
	answerLimit = 10 * time.Second
)

// WitnessServer is a litewitness that runs on this machine for one test.
type WitnessServer struct {
	URL  string
	VKey string // C2SP verifier key of its cosignatures

	t testing.TB
}

// Witness starts a litewitness that knows the logs with these verifier keys,
// each under the name of its key, and stops it at the end of the test.
func Witness(t testing.TB, logs ...string) *WitnessServer {
	t.Helper()
	// Sockets have short paths: the test's own folder may be too deep.
	dir, err := os.MkdirTemp("", "witness")
	if err != nil {
		t.Fatalf("outside: %v", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	database := filepath.Join(dir, "witness.db")
	addLogs(t, database, logs)
	agent := startAgent(t, filepath.Join(dir, "agent"))
	address := freeAddress(t)

	var words bytes.Buffer
	cmd := exec.Command(Tool(t, "litewitness"), "-name="+witnessName, "-db="+database,
		"-ssh-agent="+agent.socket, "-key="+agent.fingerprint(), "-listen="+address)
	cmd.Stdout, cmd.Stderr = &words, &words
	if err := cmd.Start(); err != nil {
		t.Fatalf("outside: start litewitness: %v", err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case <-ended:
		case <-time.After(answerLimit):
			cmd.Process.Kill()
			<-ended
		}
		if t.Failed() {
			t.Logf("litewitness said:\n%s", words.String())
		}
	})
	if err := answers(address, ended); err != nil {
		t.Fatalf("outside: litewitness does not answer: %v", err)
	}
	return &WitnessServer{URL: "http://" + address, VKey: agent.cosigner(witnessName), t: t}
}

// AddCheckpoint offers the witness a checkpoint, as c2sp.org/tlog-witness says:
// oldSize is the size that it is thought to hold, proof the consistency proof
// from there. It returns the HTTP status and the body: on 200 the cosignature
// lines, on 409 the size that the witness holds.
func (w *WitnessServer) AddCheckpoint(oldSize int64, proof []tlog.Hash, checkpoint []byte) (status int, body string) {
	w.t.Helper()
	var request bytes.Buffer
	fmt.Fprintf(&request, "old %d\n", oldSize)
	for _, hash := range proof {
		fmt.Fprintf(&request, "%s\n", base64.StdEncoding.EncodeToString(hash[:]))
	}
	request.WriteByte('\n')
	request.Write(checkpoint)
	client := http.Client{Timeout: answerLimit}
	answer, err := client.Post(w.URL+"/add-checkpoint", "text/plain", &request)
	if err != nil {
		w.t.Fatalf("outside: offer a checkpoint: %v", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		w.t.Fatalf("outside: read the witness's answer: %v", err)
	}
	return answer.StatusCode, string(text)
}

// addLogs writes the list of logs as litewitness's own witnessctl does, which
// cannot be built everywhere.
func addLogs(t testing.TB, database string, logs []string) {
	t.Helper()
	db, err := sql.Open("sqlite", database)
	if err != nil {
		t.Fatalf("outside: %v", err)
	}
	defer db.Close()
	const tables = `
		CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);
		CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin))`
	if _, err := db.Exec(tables); err != nil {
		t.Fatalf("outside: make the witness's database: %v", err)
	}
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		t.Fatalf("outside: %v", err)
	}
	for _, vkey := range logs {
		key, err := note.NewVerifier(vkey)
		if err != nil {
			t.Fatalf("outside: the log's key %q: %v", vkey, err)
		}
		_, err = db.Exec(`INSERT INTO log (origin, tree_size, tree_hash) VALUES ($1, 0, $2)`, key.Name(), empty.String())
		if err == nil {
			_, err = db.Exec(`INSERT INTO key (origin, key) VALUES ($1, $2)`, key.Name(), vkey)
		}
		if err != nil {
			t.Fatalf("outside: tell the witness of the log %s: %v", key.Name(), err)
		}
	}
}

// freeAddress is an address on this machine at which nothing listens now.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("outside: %v", err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// answers waits until the witness answers, or has ended.
func answers(address string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		if ready(ctx, address) {
			return nil
		}
		select {
		case <-again.C:
		case <-ended:
			return fmt.Errorf("it has ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func ready(ctx context.Context, address string) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(answerLimit))
	fmt.Fprintf(conn, "GET / HTTP/1.0\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	return err == nil && strings.HasPrefix(line, "HTTP/")
}
