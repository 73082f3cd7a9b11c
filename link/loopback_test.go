package link_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/sqldb"
)

// real is a node on the machine's own network.
type real struct {
	side   string
	ledger *ledger.Ledger
	link   *link.Link
	stored chan struct{} // holds a token when a receipt was stored
}

// realOffice starts nodes that talk over TCP on this machine.
func realOffice(t testing.TB, durable bool, sides ...string) map[string]*real {
	t.Helper()
	listeners, addresses := map[string]net.Listener{}, map[string]string{}
	for _, side := range sides {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[side], addresses[side] = l, l.Addr().String()
	}
	nodes := map[string]*real{}
	for _, side := range sides {
		db, err := sqldb.Open(context.Background(), sqldb.Config{URL: "sqlite:" + filepath.Join(t.TempDir(), side+".db"), Durable: durable})
		if err != nil {
			t.Fatal(err)
		}
		c := ledger.Config{Office: officeName, Side: side, Keys: keysOf(t, side), Now: time.Now}
		var peers []link.Peer
		for _, other := range sides {
			if other != side {
				c.Parties = append(c.Parties, keysOf(t, other).Party())
				peers = append(peers, link.Peer{Side: other, Address: addresses[other], KeyHash: keysOf(t, other).LinkKeyHash()})
			}
		}
		l, err := ledger.Open(context.Background(), db, c)
		if err != nil {
			t.Fatal(err)
		}
		n := &real{side: side, ledger: l, stored: make(chan struct{}, 1)}
		n.link = link.New(link.Config{
			Ledger: l, Peers: peers, Key: certificateOf(t, side), Now: time.Now, Log: slog.New(slog.DiscardHandler),
			OnReceipt: func(string, int64) {
				select {
				case n.stored <- struct{}{}:
				default:
				}
			},
		})
		nodes[side] = n
		served := make(chan error, 1)
		go func() { served <- n.link.Serve(listeners[side]) }()
		t.Cleanup(func() {
			n.link.Close()
			if err := <-served; err != net.ErrClosed {
				t.Errorf("%s stopped serving: %v", side, err)
			}
			db.Close()
		})
	}
	for _, n := range nodes {
		n.link.Start(context.Background())
	}
	return nodes
}

// write appends one entry, however often something arrives meanwhile.
func (n *real) write(body string) error {
	for {
		s := n.ledger.Standing()
		e, err := n.ledger.Draft(s.Own, s.Seen, time.Now(), "duty-officer", "dispatch", []byte(body))
		if err != nil {
			return err
		}
		if err := n.ledger.Append(context.Background(), []ledger.Entry{e}); !errors.Is(err, ledger.ErrStale) {
			return err
		}
	}
}

// received waits until every other side's receipt for all entries is held.
func (n *real) received(ctx context.Context) error {
	wake, cancel := n.ledger.Subscribe()
	defer cancel()
	for {
		h := n.ledger.Head(n.side)
		held := 0
		for _, size := range h.Cosigned {
			if size == h.Size {
				held++
			}
		}
		if held == len(n.ledger.Sides())-1 {
			return nil
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return fmt.Errorf("%s holds the receipts %v for %d entries; its lines: %+v", n.side, h.Cosigned, h.Size, n.link.States())
		}
	}
}

// TestThreeSidesAtOnceOverTheirOwnNetwork writes on three sides at once, cuts
// and mends lines at their switches meanwhile, and waits until all is equal.
func TestThreeSidesAtOnceOverTheirOwnNetwork(t *testing.T) {
	sides := []string{"east", "north", "south"}
	nodes := realOffice(t, false, sides...)
	const each = 60
	var wg sync.WaitGroup
	for _, n := range nodes {
		wg.Go(func() {
			for i := range each {
				if err := n.write(fmt.Sprintf(`{"n":%d}`, i)); err != nil {
					t.Errorf("%s: %v", n.side, err)
					return
				}
				other := sides[(slices.Index(sides, n.side)+1)%len(sides)]
				n.link.Cut(other, i%20 == 7)
				n.link.States()
				n.link.Wake()
			}
			n.link.Cut(sides[(slices.Index(sides, n.side)+1)%len(sides)], false)
		})
	}
	wg.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, n := range nodes {
		if err := n.received(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		for _, side := range sides {
			if got, want := n.ledger.Head(side), nodes[side].ledger.Head(side); got.Size != each || got.Root != want.Root {
				t.Errorf("%s holds %d entries of %s with root %v, want %d with %v", n.side, got.Size, side, got.Root, each, want.Root)
			}
		}
	}
}

// BenchmarkOneEntryToItsReceipt measures one entry from before it is appended
// until its receipt is stored, with nothing else under way.
func BenchmarkOneEntryToItsReceipt(b *testing.B) {
	nodes := realOffice(b, false, "south", "north")
	south := nodes["south"]
	body := fmt.Sprintf(`{"text":%q}`, bytes.Repeat([]byte("x"), 1000))
	for b.Loop() {
		if err := south.write(body); err != nil {
			b.Fatal(err)
		}
		for h := south.ledger.Head("south"); h.Cosigned["north"] < h.Size; h = south.ledger.Head("south") {
			<-south.stored
		}
	}
}

// BenchmarkOnePush measures one push with one entry over TLS on this machine,
// through carrier, door and ledger, beside BenchmarkBarePost: the same bytes
// both ways over the same TLS with nothing of ours behind them.
func BenchmarkOnePush(b *testing.B) {
	nodes := realOffice(b, false, "south", "north")
	south, north := nodes["south"], nodes["north"]
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := south.write(`{"n":0}`); err != nil {
		b.Fatal(err)
	}
	if err := south.received(ctx); err != nil {
		b.Fatal(err)
	}
	south.link.Cut("north", true)
	size := north.ledger.Head("south").Size
	post := poster(b, certificateOf(b, "south"), north.link)
	body := fmt.Sprintf(`{"text":%q}`, bytes.Repeat([]byte("x"), 1000))
	for b.Loop() {
		b.StopTimer()
		if err := south.write(body); err != nil {
			b.Fatal(err)
		}
		x, err := south.ledger.Extension(ctx, "south", size, 1, 1<<20)
		if err != nil {
			b.Fatal(err)
		}
		request := link.EncodeExtension(x)
		size++
		b.StartTimer()
		if status, answer := post("extend", request); status != 200 {
			b.Fatalf("status %d: %s", status, answer)
		}
	}
}

// BenchmarkBarePost is the floor of BenchmarkOnePush.
func BenchmarkBarePost(b *testing.B) {
	request, answer := bytes.Repeat([]byte("x"), 1600), bytes.Repeat([]byte("y"), 500)
	post := poster(b, certificateOf(b, "south"), bare(answer))
	for b.Loop() {
		if status, _ := post("extend", string(request)); status != 200 {
			b.Fatal(status)
		}
	}
}

// bare is a node that reads what it is sent and answers always the same.
type bare []byte

func (a bare) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Length", fmt.Sprint(len(a)))
		w.Write(a)
	})
}

// poster serves a handler over TLS on this machine, and gives a function that
// posts to one of its doors on one connection.
func poster(b *testing.B, key tls.Certificate, to interface{ Handler() http.Handler }) func(door, body string) (int, []byte) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificateOf(b, "north")}, ClientAuth: tls.RequireAnyClientCert, NextProtos: []string{"http/1.1"}}
	server := &http.Server{Handler: to.Handler()}
	go server.Serve(tls.NewListener(l, config))
	b.Cleanup(func() { server.Close() })
	transport := &http.Transport{TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{key}, InsecureSkipVerify: true}, DisableCompression: true}
	b.Cleanup(transport.CloseIdleConnections)
	return func(door, body string) (int, []byte) {
		r, err := http.NewRequest(http.MethodPost, "https://"+l.Addr().String()+"/liaison/link/v1/"+door, bytes.NewReader([]byte(body)))
		if err != nil {
			b.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-liaison-link")
		response, err := transport.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		defer response.Body.Close()
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			b.Fatal(err)
		}
		return response.StatusCode, answer
	}
}
