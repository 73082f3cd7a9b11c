//go:build linux

package chaos_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
)

// liar is a node of north's that has the right keys and is written from the
// specifications alone (spec/entries.md, spec/link.md): it can say and sign
// whatever it likes.
type liar struct {
	t      *testing.T
	north  *realNode // whose keys it has; dead meanwhile
	south  *realNode // whom it lies to
	keys   map[string]ed25519.PrivateKey
	leaves map[office.Side][][]byte // of both ledgers, as they truly are
	http   *http.Client
	said   *said
	stop   func() // ends what listens at north's address; may be nil
}

// takeOver lets an office work for a while, ends north and puts a liar in its
// place.
func takeOver(t *testing.T) *liar {
	t.Helper()
	south, north := openOffice(t)
	return takeOverFrom(t, south, north)
}

func takeOverFrom(t *testing.T, south, north *realNode) *liar {
	t.Helper()
	l := &liar{t: t, north: north, south: south, keys: map[string]ed25519.PrivateKey{}, leaves: map[office.Side][][]byte{}, said: newSaid()}
	for i := range 3 {
		for _, n := range []*realNode{north, south} {
			if _, err := l.said.send(t.Context(), n.client(), fmt.Sprint(n.side, " in truth ", i), patience); err != nil {
				t.Fatal(err)
			}
		}
	}
	equal(south, north)
	c := north.client()
	for side, of := range north.status().Sides {
		for i := range of.Size {
			e, err := c.Entry(t.Context(), office.EntryID{Side: side, Index: i})
			if err != nil {
				t.Fatal(err)
			}
			l.leaves[side] = append(l.leaves[side], []byte(e.Leaf))
		}
	}
	north.stop()
	for _, use := range []string{"ledger", "cosigner", "link"} {
		text, err := os.ReadFile(filepath.Join(north.dir, "keys", use+".key"))
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		l.keys[use] = key.(ed25519.PrivateKey)
	}
	l.http = caller(t, certificateOf(t, l.keys["link"]))
	return l
}

// certificateOf makes a certificate for a link key.
func certificateOf(t *testing.T, key ed25519.PrivateKey) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// caller is an HTTP client that proves a key and asks for none.
func caller(t *testing.T, certificate tls.Certificate) *http.Client {
	transport := &http.Transport{
		MaxIdleConnsPerHost: 8,
		TLSClientConfig:     &tls.Config{Certificates: []tls.Certificate{certificate}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

// doorOf is the address of a door of a node.
func doorOf(n *realNode, door string) string {
	return "https://" + n.address + linkPort + "/liaison/link/v1/" + door
}

const contentType = "application/x-liaison-link"

// ask asks south something and returns the status of its answer and the answer.
// A status of 0 says that there was none.
func (l *liar) ask(door string, body []byte) (status int, answer string) {
	l.t.Helper()
	r, err := l.http.Post(doorOf(l.south, door), contentType, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, err.Error()
	}
	return r.StatusCode, string(text)
}

// greet says hello, and must be answered.
func (l *liar) greet(change func(hello map[string]any)) {
	l.t.Helper()
	if status, answer := l.ask("hello", l.hello(change)); status != http.StatusOK {
		l.t.Fatalf("a hello was answered %d: %s", status, answer)
	}
}

// hello is what an honest north would say, with a change.
func (l *liar) hello(change func(hello map[string]any)) []byte {
	ledgers := map[string]any{}
	for side, leaves := range l.leaves {
		holds := map[string]any{"checkpoint": "", "cosigned": map[string]int64{}, "size": len(leaves)}
		if side == "north" {
			holds["checkpoint"] = l.checkpoint(leaves)
		}
		ledgers[side] = holds
	}
	hello := map[string]any{
		"beat": 15000, "ledgers": ledgers, "mode": "ready", "notes": []any{}, "office": officeName, "reaches": true, "rules": 1,
		"settled": map[string]any{"count": 0, "digest": ""}, "side": "north", "software": "liar",
		"time": time.Now().UnixMilli(), "want": []string{},
	}
	if change != nil {
		change(hello)
	}
	return header(hello)
}

// header is one line of canonical JSON: its names are in order.
func header(of map[string]any) []byte {
	var line bytes.Buffer
	e := json.NewEncoder(&line)
	e.SetEscapeHTML(false)
	if err := e.Encode(of); err != nil {
		panic(err)
	}
	return line.Bytes()
}

// extension is a push of north's ledger from an index on, under a checkpoint.
func extension(from int, checkpoint string, leaves ...[]byte) []byte {
	body := header(map[string]any{"checkpoint": checkpoint, "count": len(leaves), "from": from, "ledger": "north", "proof": []string{}})
	for _, leaf := range leaves {
		body = binary.BigEndian.AppendUint16(body, uint16(len(leaf)))
		body = append(body, leaf...)
	}
	return body
}

// next pushes entries that follow those that south holds, with a good
// checkpoint over all of them.
func (l *liar) next(leaves ...[]byte) []byte {
	all := l.leaves["north"]
	return extension(len(all), l.checkpoint(append(all[:len(all):len(all)], leaves...)), leaves...)
}

// leaf is an entry of north's that has seen so many of south's.
func leaf(at time.Time, seen int, kind string) []byte {
	return fmt.Appendf(nil, `{"at":"%s","body":{},"by":"duty-officer","kind":"%s","office":"%s","seen":{"south":%d},"side":"north"}`,
		at.UTC().Format("2006-01-02T15:04:05.000Z"), kind, officeName, seen)
}

// all is how many of south's entries there are, which north has promised that
// its next entry will have seen.
func (l *liar) all() int { return len(l.leaves["south"]) }

// seen is how many of south's entries the last entry of north's has seen.
func (l *liar) seen() int {
	var frame struct{ Seen map[string]int }
	north := l.leaves["north"]
	if err := json.Unmarshal(north[len(north)-1], &frame); err != nil {
		l.t.Fatal(err)
	}
	return frame.Seen["south"]
}

// checkpoint is a checkpoint of north's over leaves, signed by its ledger key.
func (l *liar) checkpoint(leaves [][]byte) string { return signed(l.keys["ledger"], leaves) }

func signed(key ed25519.PrivateKey, leaves [][]byte) string {
	const name, algorithm = officeName + "/north", 1
	root := merkle(leaves)
	text := fmt.Sprintf("%s\n%d\n%s\n", name, len(leaves), base64.StdEncoding.EncodeToString(root[:]))
	id := sha256.Sum256(append([]byte(name+"\n"+string(rune(algorithm))), key.Public().(ed25519.PublicKey)...))
	signature := append(id[:4:4], ed25519.Sign(key, []byte(text))...)
	return text + "\n— " + name + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
}

// cosigned is a checkpoint of south's as it came, with a cosignature by a key in
// north's name.
func (l *liar) cosigned(checkpoint string, key ed25519.PrivateKey) string {
	const name, algorithm = officeName + "/north/mirror", 4
	body, _, _ := strings.Cut(checkpoint, "\n\n")
	seconds := time.Now().Unix()
	text := fmt.Sprintf("cosignature/v1\ntime %d\n%s\n", seconds, body)
	id := sha256.Sum256(append([]byte(name+"\n"+string(rune(algorithm))), key.Public().(ed25519.PublicKey)...))
	signature := binary.BigEndian.AppendUint64(id[:4:4], uint64(seconds))
	signature = append(signature, ed25519.Sign(key, []byte(text))...)
	return checkpoint + "— " + name + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
}

// mirror answers at north's address as an honest node would, but that it keeps
// nothing: it says that it holds what it is given and gives a receipt, cosigned
// with a key, or takes nothing if there is none. Of the rest it is told, by door, what to say.
func (l *liar) mirror(key ed25519.PrivateKey, say map[string]func(body []byte) (status int, answer []byte)) {
	l.t.Helper()
	var mu sync.Mutex
	size, south := len(l.leaves["south"]), ""
	l.answers(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 4<<20))
		if err != nil {
			return
		}
		status, answer := http.StatusNotFound, header(map[string]any{"code": "not-settled", "size": 0})
		mu.Lock()
		switch which := door(r); {
		case say[which] != nil:
			status, answer = say[which](body)
		case which == "hello":
			status, answer = http.StatusOK, l.hello(func(hello map[string]any) {
				holds := hello["ledgers"].(map[string]any)["south"].(map[string]any)
				holds["size"], holds["checkpoint"] = size, south
			})
		case which == "extend" && key == nil:
			status, answer = http.StatusServiceUnavailable, header(map[string]any{"code": "busy", "size": 0})
		case which == "extend":
			var push struct {
				Checkpoint  string
				Count, From int
			}
			line, _, _ := bytes.Cut(body, []byte("\n"))
			if err := json.Unmarshal(line, &push); err != nil {
				l.t.Errorf("south pushes %q: %v", line, err)
			}
			size, south = push.From+push.Count, push.Checkpoint
			status, answer = http.StatusOK, header(map[string]any{"receipt": l.cosigned(south, key), "size": size})
		}
		mu.Unlock()
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", fmt.Sprint(len(answer)))
		w.WriteHeader(status)
		_, _ = w.Write(answer)
	})
	l.greet(nil) // south calls back at once
}

// merkle is the root of a tree as RFC 6962 has it.
func merkle(leaves [][]byte) [32]byte {
	switch len(leaves) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, leaves[0]...))
	}
	k := 1
	for 2*k < len(leaves) {
		k *= 2
	}
	left, right := merkle(leaves[:k]), merkle(leaves[k:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// answers lets the liar be called at north's address.
func (l *liar) answers(handle http.HandlerFunc) {
	l.t.Helper()
	listener, err := tls.Listen("tcp", l.north.address+linkPort, &tls.Config{
		Certificates: []tls.Certificate{certificateOf(l.t, l.keys["link"])}, ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	server := &http.Server{Handler: handle, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: patience}
	go func() { _ = server.Serve(listener) }()
	l.t.Cleanup(func() { server.Close() })
	l.stop = func() { server.Close() }
}

// accepts takes connections at north's address and never says anything.
func (l *liar) accepts() {
	l.t.Helper()
	listener, err := net.Listen("tcp", l.north.address+linkPort)
	if err != nil {
		l.t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { c.Close() })
		}
	}()
	l.stop = func() { listener.Close(); end() }
	l.t.Cleanup(l.stop)
}

// dial opens a connection to south that has proven north's key.
func (l *liar) dial() (net.Conn, error) {
	return tls.Dial("tcp", l.south.address+linkPort, l.http.Transport.(*http.Transport).TLSClientConfig)
}

// door is the last part of the path of a request.
func door(r *http.Request) string {
	return r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
}
