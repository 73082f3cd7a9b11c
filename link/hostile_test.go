package link_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
)

// attack is an office of three in which south and north are honest, and east,
// whose key both know, does what the test says.
type attack struct {
	*office
	t    *testing.T
	net  *network
	east *caller // calls south with east's key
}

func underAttack(t *testing.T, f func(t *testing.T, a *attack)) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		o := newTLSOffice(t, n, []string{"south", "north", "east"}, "south", "north")
		a := &attack{o, t, n, &caller{t, n.dial(host("east")), certificateOf(t, "east"), addressOf("south")}}
		a.honest("before the attack")
		f(t, a)
		a.honest("after the attack")
	})
}

// honest lets north write an entry and south another, and checks that each gets
// its receipt, in no time by the clock of the bubble, whatever east does.
func (a *attack) honest(when string) {
	a.t.Helper()
	began := time.Now()
	for _, side := range []string{"north", "south"} {
		other := map[string]string{"north": "south", "south": "north"}[side]
		n := a.nodes[side]
		if err := n.write(1); err != nil {
			a.t.Fatalf("%s: %v", when, err)
		}
		a.await(when, func() bool { h := n.ledger.Head(side); return h.Cosigned[other] == h.Size })
	}
	if took := time.Since(began); took > 2*time.Second {
		a.t.Errorf("%s: an honest exchange took %v; what happened: %s", when, took, strings.Join(a.read(), "\n"))
	}
}

// await waits until something is so, and fails if it is not within ten seconds
// of the bubble's clock. Each look is an instant, taken when all else waits.
func (a *attack) await(when string, so func() bool) {
	a.t.Helper()
	for range 1000 {
		if synctest.Wait(); so() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	a.t.Fatalf("%s: it did not come about; what happened: %s", when, strings.Join(a.read(), "\n"))
}

// alarmed checks that a node has raised an alarm.
func (a *attack) alarmed(side, code, by string) link.Alarm {
	a.t.Helper()
	n := a.nodes[side]
	n.mu.Lock()
	defer n.mu.Unlock()
	var codes []string
	for _, alarm := range n.alarms {
		if alarm.Code == code && alarm.Side == by {
			return alarm
		}
		codes = append(codes, alarm.Code+" by "+alarm.Side)
	}
	a.t.Errorf("%s did not raise %s by %q, only %q", side, code, by, codes)
	return link.Alarm{}
}

// refused checks the status and code of an answer.
func refused(t *testing.T, what string, r *http.Response, body string, err error, status int, code string) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: no answer: %v", what, err)
		return
	}
	var said struct{ Code, Detail string }
	json.Unmarshal([]byte(body), &said)
	if r.StatusCode != status || said.Code != code {
		t.Errorf("%s: answered %d %s (%s), want %d %s", what, r.StatusCode, said.Code, said.Detail, status, code)
	}
}

// eastHello is a hello that east may say.
func eastHello(t *testing.T) string {
	return `{"beat":15000,"ledgers":{},"mode":"ready","notes":[],"office":"kaesong.example","reaches":true,"rules":1,` +
		`"settled":{"count":0,"digest":""},"side":"east","software":"x","time":` + fmt.Sprint(time.Now().UnixMilli()) + `,"want":[]}` + "\n"
}

func TestMalformedRequestsAreRefusedAndStopNothing(t *testing.T) {
	underAttack(t, func(t *testing.T, a *attack) {
		greeting := eastHello(t)
		extension := func(change func(*ledger.Extension)) string {
			// The extension is east's own, well signed, and then changed.
			if a.nodes["east"].ledger.Head("east").Size == 0 {
				if err := a.nodes["east"].write(2); err != nil {
					t.Fatal(err)
				}
			}
			x, err := a.nodes["east"].ledger.Extension(context.Background(), "east", 0, 100, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			change(&x)
			return link.EncodeExtension(x)
		}
		r, body, err := a.east.ask(post("extend", extension(func(*ledger.Extension) {})))
		refused(t, "entries before a hello", r, body, err, 428, "greet-first")
		if r, body, err = a.east.ask(post("hello", greeting)); err != nil || r.StatusCode != 200 {
			t.Fatalf("hello: %v, %v, %s", r, err, body)
		}
		for _, c := range []struct {
			what, raw string
			status    int
			code      string
		}{
			{"another method", "GET /liaison/link/v1/hello HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not-found"},
			{"another door", post("shout", ""), 404, "not-found"},
			{"a path with two slashes", "POST //liaison/link/v1/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404, "not-found"},
			{"a path that goes up", "POST /liaison/link/v1/../hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 404, "not-found"},
			{"no JSON", post("hello", "good morning\n"), 400, "malformed"},
			{"no header line", post("hello", "{}"), 400, "malformed"},
			{"nothing", post("hello", ""), 400, "malformed"},
			{"an empty object", post("hello", "{}\n"), 400, "malformed"},
			{"not canonical", post("hello", strings.Replace(greeting, ":", ": ", 1)), 400, "malformed"},
			{"a name twice", post("hello", strings.Replace(greeting, `"beat":15000`, `"beat":15000,"beat":15000`, 1)), 400, "malformed"},
			{"not UTF-8", post("hello", strings.Replace(greeting, `"x"`, "\"\xff\"", 1)), 400, "malformed"},
			{"a deep nest", post("hello", strings.Repeat("[", 100_000)+"\n"), 400, "malformed"},
			{"another office", post("hello", strings.Replace(greeting, "kaesong", "panmunjom", 1)), 403, "other-office"},
			{"another side", post("hello", strings.Replace(greeting, `"east"`, `"north"`, 1)), 403, "other-office"},
			{"a size below zero", post("hello", strings.Replace(greeting, `"ledgers":{}`, `"ledgers":{"east":{"checkpoint":"","cosigned":{},"size":-1}}`, 1)), 400, "malformed"},
			{"a digest of nothing", post("hello", strings.Replace(greeting, `"count":0`, `"count":7`, 1)), 400, "malformed"},
			{"something behind the header", post("hello", greeting+"x"), 400, "malformed"},
			{"another content type", post("hello", greeting, "Content-Type: application/json"), 400, "malformed"},
			{"gzip", post("hello", greeting, "Content-Encoding: gzip"), 400, "malformed"},
			{"no length", post("hello", "5\r\nhello\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), 411, "no-length"},
			{"a promise of gigabytes", post("extend", "", "Content-Length: 9000000000"), 413, "too-large"},
			{"a digest at nothing", post("digest", `{"count":0}`+"\n"), 400, "malformed"},
			{"a digest of what is not settled", post("digest", `{"count":9007199254740991}`+"\n"), 404, "not-settled"},
			{"a fetch of nothing", post("fetch", `{"bytes":0,"from":0,"ledger":"south","max":0}`+"\n"), 400, "malformed"},
			{"a fetch of an unknown ledger", post("fetch", `{"bytes":10,"from":0,"ledger":"west","max":1}`+"\n"), 404, "unknown-ledger"},
			{"a fetch beyond the end", post("fetch", `{"bytes":10,"from":9000,"ledger":"south","max":1}`+"\n"), 409, "stale"},
			{"entries of south's own ledger", post("extend", extension(func(x *ledger.Extension) { x.Side = "south" })), 404, "unknown-ledger"},
			{"entries of nobody's ledger", post("extend", extension(func(x *ledger.Extension) { x.Side = "west" })), 404, "unknown-ledger"},
			{"a bundle cut short", post("extend", extension(func(*ledger.Extension) {})[:500]), 400, "malformed"},
			{"a bundle too long", post("extend", extension(func(*ledger.Extension) {})+"x"), 400, "malformed"},
			{"an entry too few", post("extend", strings.Replace(extension(func(*ledger.Extension) {}), `"count":2`, `"count":3`, 1)), 400, "malformed"},
			{"more entries than the checkpoint covers", post("extend", extension(func(x *ledger.Extension) { x.Leaves = append(x.Leaves, x.Leaves[0]) })), 422, "refused"},
			{"a checkpoint of another's", post("extend", extension(func(x *ledger.Extension) { x.Checkpoint = a.nodes["south"].ledger.Head("south").Checkpoint })), 422, "refused"},
			{"entries from the middle", post("extend", extension(func(x *ledger.Extension) { x.From, x.Leaves = 1, x.Leaves[1:] })), 409, "stale"},
		} {
			r, body, err := a.east.ask(c.raw)
			refused(t, c.what, r, body, err, c.status, c.code)
		}
		a.alarmed("south", link.AlarmBadMessage, "east")
		a.honest("after malformed requests")
		if got := a.nodes["south"].ledger.Head("east").Size; got != 0 {
			t.Errorf("south holds %d of east's entries", got)
		}
		r, body, err = a.east.ask(post("extend", extension(func(*ledger.Extension) {})))
		if err != nil || r.StatusCode != 200 || !strings.Contains(body, "east/mirror") && !strings.Contains(body, "south/mirror") {
			t.Errorf("the same entries, as they should be: %v %v %s", r, err, body)
		}
		// An entry that is not canonical, though it is signed, convicts its writer.
		spaced := post("extend", extension(func(x *ledger.Extension) {
			x.From, x.Leaves = 2, [][]byte{[]byte(`{ "at": 1 }`)}
			x.Checkpoint = signedCheckpoint(t, "east", 3)
		}))
		r, body, err = a.east.ask(spaced)
		refused(t, "an entry that is not canonical", r, body, err, 422, "refused")
		if alarm := a.alarmed("south", ledger.RefusedLeaf, "east"); len(alarm.Evidence) == 0 {
			t.Errorf("the alarm for it has no evidence")
		}
		if !a.nodes["south"].link.States()["east"].Halted {
			t.Errorf("replication of east's ledger goes on")
		}
		// Seen to, and done again at once, it is an alarm again, with the same evidence.
		south := a.nodes["south"]
		south.mu.Lock()
		south.alarms = nil
		south.mu.Unlock()
		south.link.SeenTo(ledger.RefusedLeaf, "east")
		south.link.Resume("east")
		r, body, err = a.east.ask(spaced)
		refused(t, "the same once more", r, body, err, 422, "refused")
		if alarm := a.alarmed("south", ledger.RefusedLeaf, "east"); len(alarm.Evidence) == 0 {
			t.Errorf("the second alarm for it has no evidence")
		}
		// What is wrong is said also where the entry is no text.
		south.link.SeenTo(ledger.RefusedLeaf, "east")
		south.link.Resume("east")
		r, body, err = a.east.ask(post("extend", extension(func(x *ledger.Extension) {
			x.From, x.Leaves = 2, [][]byte{[]byte("{\"at\":\"\xff\"}")}
			x.Checkpoint = signedCheckpoint(t, "east", 3)
		})))
		refused(t, "an entry that is no text", r, body, err, 422, "refused")
		if !strings.Contains(body, "no UTF-8") {
			t.Errorf("why is not said: %s", body)
		}
	})
}

// TestARelayWithFalseEntriesEndsNobodysReplication: east hands south entries of
// north's that north never wrote, under a checkpoint that it did sign.
func TestARelayWithFalseEntriesEndsNobodysReplication(t *testing.T) {
	underAttack(t, func(t *testing.T, a *attack) {
		if r, body, err := a.east.ask(post("hello", eastHello(t))); err != nil || r.StatusCode != 200 {
			t.Fatalf("hello: %v, %v, %s", r, err, body)
		}
		south, north := a.nodes["south"], a.nodes["north"]
		south.link.Cut("north", true)
		if err := north.write(1); err != nil {
			t.Fatal(err)
		}
		x, err := north.ledger.Extension(context.Background(), "north", south.ledger.Head("north").Size, 100, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		x.Leaves = [][]byte{[]byte(strings.Replace(string(x.Leaves[0]), `"n":`, `"m":`, 1))}
		r, body, err := a.east.ask(post("extend", link.EncodeExtension(x)))
		refused(t, "false entries of another", r, body, err, 422, "refused")
		a.alarmed("south", ledger.RefusedProof, "east")
		south.link.Cut("north", false)
		a.await("north's own entry", func() bool { return south.ledger.Head("north").Root == north.ledger.Head("north").Root })
	})
}

func TestSlowAndSilentCallersAreCutOff(t *testing.T) {
	underAttack(t, func(t *testing.T, a *attack) {
		for range 4 {
			if err := a.nodes["south"].writeBodies(fmt.Sprintf(`{"text":%q}`, strings.Repeat("x", 50_000))); err != nil {
				t.Fatal(err)
			}
		}
		var wg sync.WaitGroup
		slow := func(what string, within time.Duration, do func(conn net.Conn) error) {
			wg.Go(func() {
				began := time.Now()
				conn, err := a.east.connect()
				if err != nil {
					t.Errorf("%s: %v", what, err)
					return
				}
				defer conn.Close()
				err = do(conn)
				if took := time.Since(began); err == nil || took > within {
					t.Errorf("%s: cut off after %v with %v, want within %v", what, took, err, within)
				}
			})
		}
		drip := func(conn net.Conn, text string) error {
			failed := make(chan error, 1)
			go func() {
				_, err := io.ReadAll(conn)
				if err == nil {
					err = io.EOF
				}
				failed <- err
			}()
			for i := range len(text) {
				if _, err := conn.Write([]byte{text[i]}); err != nil {
					return err
				}
				select {
				case err := <-failed:
					return err
				case <-time.After(time.Second):
				}
			}
			return nil
		}
		slow("a request line without end", 11*time.Second, func(c net.Conn) error {
			return drip(c, "POST /liaison/link/v1/hello HTTP/1.1\r\n"+strings.Repeat("x: y\r\n", 100))
		})
		slow("a body without end", 25*time.Second, func(c net.Conn) error {
			if _, err := io.WriteString(c, post("extend", "", "Content-Length: 1000000")); err != nil {
				return err
			}
			return drip(c, strings.Repeat("x", 100))
		})
		slow("an answer that is not read", 2*time.Minute, func(c net.Conn) error {
			if _, err := io.WriteString(c, post("fetch", `{"bytes":1000000,"from":0,"ledger":"south","max":1000}`+"\n")); err != nil {
				return err
			}
			time.Sleep(90 * time.Second)
			got, err := io.Copy(io.Discard, c)
			if err == nil && got < 150_000 {
				err = io.EOF
			}
			return err
		})
		for range 3 {
			a.honest("among slow callers")
			time.Sleep(4 * time.Second)
		}
		wg.Wait()
		// One connection that says nothing at all, and never has, is closed too.
		raw, err := a.net.dial("10.9.9.9")(context.Background(), addressOf("south"))
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		raw.Read(make([]byte, 1))
		if took := time.Since(began); took > 6*time.Second {
			t.Errorf("a caller without a handshake was cut off after %v", took)
		}
	})
}

func TestAFloodOfRequestsIsAnswered429AndStarvesNobody(t *testing.T) {
	underAttack(t, func(t *testing.T, a *attack) {
		const callers, each = 8, 1250 // 10,000 requests
		var mu sync.Mutex
		counts := map[int]int{}
		retry := 0
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				var conn *tls.Conn
				var in *bufio.Reader
				for range each {
					if conn == nil {
						var err error
						if conn, err = a.east.connect(); err != nil {
							t.Errorf("connect: %v", err)
							return
						}
						in = bufio.NewReader(conn)
					}
					io.WriteString(conn, post("hello", "{}\n"))
					r, err := http.ReadResponse(in, nil)
					if err != nil { // the oldest connection makes room for another
						mu.Lock()
						counts[0]++
						mu.Unlock()
						conn.Close()
						conn = nil
						continue
					}
					io.Copy(io.Discard, r.Body)
					mu.Lock()
					counts[r.StatusCode]++
					if r.StatusCode == 429 && r.Header.Get("Retry-After") != "" {
						retry++
					}
					mu.Unlock()
					if r.Close {
						conn.Close()
						conn = nil
					}
				}
			})
		}
		rounds := 0
		done := make(chan struct{})
		go func() { wg.Wait(); close(done) }()
		for flooding := true; flooding; rounds++ {
			a.honest("in the flood")
			select {
			case <-done:
				flooding = false
			case <-time.After(5 * time.Second):
			}
		}
		if counts[400]+counts[429]+counts[0] != callers*each || counts[429] < 100 || retry != counts[429] {
			t.Errorf("answers by status: %v, %d with Retry-After", counts, retry)
		}
		a.alarmed("south", link.AlarmFlood, "east")
		for _, side := range []string{"north"} {
			for _, alarm := range a.nodes["south"].alarms {
				if alarm.Code == link.AlarmFlood && alarm.Side == side {
					t.Errorf("honest %s was taken for a flood", side)
				}
			}
		}
	})
}

func TestStrangersCannotTakeThePlaceOfASide(t *testing.T) {
	underAttack(t, func(t *testing.T, a *attack) {
		stranger, err := ledger.DeriveKeys([32]byte{1}, "elsewhere.example", "stranger")
		if err != nil {
			t.Fatal(err)
		}
		key, err := stranger.LinkCertificate()
		if err != nil {
			t.Fatal(err)
		}
		unknown := &caller{t, a.net.dial("10.9.9.9"), key, addressOf("south")}
		for range 3 {
			r, body, err := unknown.ask(post("hello", eastHello(t)))
			if err == nil {
				t.Fatalf("a stranger was answered: %v %s", r, body)
			}
		}
		if alarm := a.alarmed("south", link.AlarmUnknownCaller, ""); !strings.HasPrefix(alarm.Detail["from"], "10.9.9.9:") {
			t.Errorf("the alarm does not say where the stranger called from: %v", alarm.Detail)
		}
		// A caller without any certificate is a stranger too.
		if _, _, err := (&caller{t, a.net.dial("10.9.9.9"), tls.Certificate{}, addressOf("south")}).ask(post("hello", eastHello(t))); err == nil {
			t.Errorf("a caller without a key was answered")
		}
		// Two hundred strangers sit in the door and say nothing. North, whose
		// connection was cut, still gets in.
		var held []net.Conn
		for i := range 200 {
			c, err := a.net.dial(fmt.Sprintf("10.9.%d.1", i))(context.Background(), addressOf("south"))
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, c)
		}
		a.nodes["north"].link.Cut("south", true)
		a.nodes["north"].link.Cut("south", false)
		a.honest("among strangers in the door")
		for _, c := range held {
			c.Close()
		}
		// From an address that fails again and again nobody is heard for a while.
		failed := 0
		for range 500 {
			if _, err := unknown.connect(); err != nil {
				failed++
			}
		}
		a.honest("after many failed handshakes")
	})
}

// signedCheckpoint is a checkpoint over a tree that nobody knows, signed with
// the key of a side's ledger.
func signedCheckpoint(t *testing.T, side string, size int64) []byte {
	t.Helper()
	seed := sha256.Sum256([]byte(side))
	secret, err := hkdf.Key(sha256.New, seed[:], nil, "liaison/v1/ledger/"+officeName+"/"+side, ed25519.SeedSize)
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(secret)
	name := ledger.Origin(officeName, side)
	sum := sha256.Sum256(append([]byte(name+"\n\x01"), key.Public().(ed25519.PublicKey)...))
	root := sha256.Sum256([]byte("a tree that nobody knows"))
	text := fmt.Sprintf("%s\n%d\n%s\n", name, size, base64.StdEncoding.EncodeToString(root[:]))
	signature := base64.StdEncoding.EncodeToString(append(sum[:4:4], ed25519.Sign(key, []byte(text))...))
	return []byte(text + "\n— " + name + " " + signature + "\n")
}

// TestAHostileNodeThatIsCalledStopsNothing: east answers south's calls with
// what no honest node would.
func TestAHostileNodeThatIsCalledStopsNothing(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nContent-Type: application/x-liaison-link\r\n"
	for _, c := range []struct {
		what   string
		key    string
		answer func(conn net.Conn)
		why    link.Why
		alarm  string
	}{
		{"another's key", "north", nil, link.WhyWrongKey, link.AlarmWrongKey},
		{"nothing", "east", func(conn net.Conn) {}, link.WhyTimeout, ""},
		{"no HTTP", "east", func(conn net.Conn) { io.WriteString(conn, "220 mail.example ESMTP\r\n") }, link.WhyUnreachable, ""},
		{"a redirect", "east", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 302 Found\r\nLocation: https://10.0.0.2:8411/\r\nContent-Length: 0\r\n\r\n")
		}, link.WhyBadAnswer, link.AlarmBadMessage},
		{"another content type", "east", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello")
		}, link.WhyBadAnswer, link.AlarmBadMessage},
		{"no length, without end", "east", func(conn net.Conn) {
			io.WriteString(conn, head+"Transfer-Encoding: chunked\r\n\r\n")
			for _, err := io.WriteString(conn, "5\r\nhello\r\n"); err == nil; {
				_, err = io.WriteString(conn, "5\r\nhello\r\n")
			}
		}, link.WhyBadAnswer, link.AlarmBadMessage},
		{"a promise of gigabytes", "east", func(conn net.Conn) {
			io.WriteString(conn, head+"Content-Length: 9000000000\r\n\r\n")
		}, link.WhyBadAnswer, link.AlarmBadMessage},
		{"header fields without end", "east", func(conn net.Conn) {
			io.WriteString(conn, head)
			for _, err := io.WriteString(conn, "x: y\r\n"); err == nil; {
				_, err = io.WriteString(conn, "x: y\r\n")
			}
		}, link.WhyUnreachable, ""},
		{"a drip", "east", func(conn net.Conn) {
			_, err := io.WriteString(conn, head+"Content-Length: 100000\r\n\r\n")
			for ; err == nil; _, err = io.WriteString(conn, "x") {
				time.Sleep(time.Second)
			}
		}, link.WhyTimeout, ""},
		{"no JSON", "east", func(conn net.Conn) { io.WriteString(conn, head+"Content-Length: 6\r\n\r\nhello\n") }, link.WhyBadAnswer, link.AlarmBadMessage},
		{"an empty hello", "east", func(conn net.Conn) { io.WriteString(conn, head+"Content-Length: 3\r\n\r\n{}\n") }, link.WhyBadAnswer, link.AlarmBadMessage},
		{"a refusal of another protocol", "east", func(conn net.Conn) {
			io.WriteString(conn, "HTTP/1.1 500 Oh\r\nContent-Type: application/x-liaison-link\r\nContent-Length: 2\r\n\r\nno")
		}, link.WhyBadAnswer, link.AlarmBadMessage},
	} {
		t.Run(c.what, func(t *testing.T) {
			underAttack(t, func(t *testing.T, a *attack) {
				l := a.net.listen(addressOf("east"))
				config := &tls.Config{Certificates: []tls.Certificate{certificateOf(t, c.key)}, ClientAuth: tls.RequireAnyClientCert}
				var wg sync.WaitGroup
				wg.Go(func() {
					for {
						conn, err := l.Accept()
						if err != nil {
							return
						}
						wg.Go(func() {
							defer conn.Close()
							secure := tls.Server(conn, config)
							r, err := http.ReadRequest(bufio.NewReader(secure))
							if err != nil || c.answer == nil {
								return
							}
							io.Copy(io.Discard, r.Body)
							c.answer(secure)
							io.Copy(io.Discard, conn) // until south hangs up
						})
					}
				})
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for range 5 {
					time.Sleep(4 * time.Second)
					a.honest("while east answers badly")
				}
				runtime.ReadMemStats(&after)
				if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 32<<20 {
					t.Errorf("the heap has grown by %d MiB", grown>>20)
				}
				if s := a.nodes["south"].link.States()["east"]; s.Up || s.Why != c.why {
					t.Errorf("the line to east: up %v, why %q, want %q; what happened: %s", s.Up, s.Why, c.why, strings.Join(a.read(), "\n"))
				}
				if c.alarm != "" {
					a.alarmed("south", c.alarm, "east")
				}
				l.Close()
				for _, side := range []string{"south", "north"} {
					a.nodes[side].link.Cut("east", true)
				}
				wg.Wait()
			})
		})
	}
}
