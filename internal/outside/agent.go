package outside

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"
)

// agent holds one Ed25519 key and signs with it for whoever asks at its socket,
// in the protocol of ssh-agent: litewitness takes its key from there only.
type agent struct {
	socket string
	key    ed25519.PrivateKey
}

// The messages of the protocol that are used here.
const (
	agentFailure         = 5
	agentListKeys        = 11
	agentKeys            = 12
	agentSign            = 13
	agentSignature       = 14
	agentLongestQuestion = 1 << 18
)

const sshEd25519 = "ssh-ed25519"

// startAgent serves a new key at the socket until the end of the test.
func startAgent(t testing.TB, socket string) *agent {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatalf("outside: make the witness's key: %v", err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatalf("outside: listen for the witness: %v", err)
	}
	a := &agent{socket, key}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go a.serve(conn)
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return a
}

// serve answers one caller until it hangs up.
func (a *agent) serve(conn net.Conn) {
	defer conn.Close()
	for {
		question, err := readString(conn)
		if err != nil || len(question) == 0 {
			return
		}
		if _, err := conn.Write(sshString(a.answer(question))); err != nil {
			return
		}
	}
}

func (a *agent) answer(question []byte) []byte {
	switch question[0] {
	case agentListKeys:
		answer := binary.BigEndian.AppendUint32([]byte{agentKeys}, 1)
		answer = append(answer, sshString(a.public())...)
		return append(answer, sshString([]byte("witness"))...)
	case agentSign:
		rest := question[1:]
		key, rest, ok := cutString(rest)
		message, _, ok2 := cutString(rest)
		if !ok || !ok2 || string(key) != string(a.public()) {
			break
		}
		signature := append(sshString([]byte(sshEd25519)), sshString(ed25519.Sign(a.key, message))...)
		return append([]byte{agentSignature}, sshString(signature)...)
	}
	return []byte{agentFailure}
}

// public is the public key in ssh's form.
func (a *agent) public() []byte {
	return append(sshString([]byte(sshEd25519)), sshString(a.key.Public().(ed25519.PublicKey))...)
}

// fingerprint names the key as ssh-keygen -l does.
func (a *agent) fingerprint() string {
	sum := sha256.Sum256(a.public())
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// cosigner is the key as a C2SP verifier key for timestamped cosignatures
// (algorithm 4 of c2sp.org/signed-note).
func (a *agent) cosigner(name string) string {
	key := append([]byte{4}, a.key.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(name+"\n"), key...))
	return fmt.Sprintf("%s+%08x+%s", name, binary.BigEndian.Uint32(id[:]), base64.StdEncoding.EncodeToString(key))
}

// sshString puts the length before the bytes.
func sshString(text []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...)
}

func readString(from io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(length[:])
	if size > agentLongestQuestion {
		return nil, fmt.Errorf("a message of %d bytes, over the limit of %d", size, agentLongestQuestion)
	}
	text := make([]byte, size)
	_, err := io.ReadFull(from, text)
	return text, err
}

func cutString(from []byte) (text, rest []byte, ok bool) {
	if len(from) < 4 {
		return nil, nil, false
	}
	size := binary.BigEndian.Uint32(from)
	if uint64(size) > uint64(len(from)-4) {
		return nil, nil, false
	}
	return from[4 : 4+size], from[4+size:], true
}
