package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// pair is an office of two nodes, run as operators run them: each a process of
// its own that was set up with the program's own commands, joined by the real
// link on loopback.
type pair struct {
	b            *run
	near, far    *host
	dispatchText string
	filled       float64 // resident memory of the larger node, in MiB, when the ledger had been filled
}

// host is one side's node.
type host struct {
	side   string
	dir    string
	web    string // host:port of its pages
	node   *child // nil while it is stopped
	calls  *api.Client
	sock   string
	schema string // first part of the names of its schemas, with PostgreSQL
}

const (
	openLimit = time.Minute // for an office to open, or a state to be reached
	poster    = "duty-officer"
)

// startPair sets up an office and returns when it is open.
func (b *run) startPair(ctx context.Context, name string) (_ *pair, err error) {
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	p := &pair{b: b, dispatchText: string(filler(dispatchText))}
	defer func() {
		if err != nil {
			err = errors.Join(err, p.stop())
		}
	}()
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	var hosts []*host
	for i, side := range []string{"south", "north"} {
		h := &host{side: side, dir: filepath.Join(dir, side), web: ports[2*i], sock: filepath.Join(b.sockets, b.name+name+"-"+side)}
		args := []string{"init", h.dir, "--office", benchOffice, "--side", side, "--web", h.web, "--link", ports[2*i+1]}
		changes := []string{"demo = false", "demo = true"} // so that its line can be cut
		if b.engine.cluster != nil {
			h.schema = b.engine.schema(dir, side)
			args = append(args, "--database", b.engine.cluster.URL("postgres"))
			changes = append(changes, `schema = "liaison"`, fmt.Sprintf("schema = %q", h.schema))
		}
		if _, err := b.once(ctx, args...); err != nil {
			return nil, err
		}
		if err := changeSettings(h.dir, changes...); err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	p.near, p.far = hosts[0], hosts[1]
	for i, h := range hosts {
		credence, err := b.once(ctx, "credence", hosts[1-i].dir)
		if err != nil {
			return nil, err
		}
		file := filepath.Join(dir, hosts[1-i].side+".credence")
		if err := os.WriteFile(file, credence, 0o600); err != nil {
			return nil, fmt.Errorf("write a credence: %w", err)
		}
		if _, err := b.once(ctx, "admit", h.dir, file, "--yes"); err != nil {
			return nil, err
		}
	}
	for _, h := range hosts {
		if err := p.serve(ctx, h); err != nil {
			return nil, err
		}
	}
	for _, h := range hosts {
		if _, err := h.calls.WaitStatus(ctx, "equal", openLimit); err != nil {
			return nil, fmt.Errorf("wait for the office to open at %s: %w", h.side, err)
		}
	}
	return p, p.awaitPosts(ctx)
}

// awaitPosts waits until the near side's first posts are accredited, which the
// node does by itself.
func (p *pair) awaitPosts(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	for {
		posts, err := p.near.calls.Posts(ctx)
		if err != nil {
			return fmt.Errorf("wait for the first posts: %w", err)
		}
		for _, post := range posts {
			if post.Side == p.near.side && post.Post == poster {
				return nil
			}
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the first posts: %w", err)
		}
	}
}

// changeSettings replaces texts in the settings of a node, given in pairs.
func changeSettings(dir string, changes ...string) error {
	path := filepath.Join(dir, "liaison.toml")
	settings, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the settings: %w", err)
	}
	changed := strings.NewReplacer(changes...).Replace(string(settings))
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return nil
}

// serve starts a node and returns when it says that it is ready.
func (p *pair) serve(ctx context.Context, h *host) error {
	node, err := p.b.program("serve", h.dir, "--until-input-ends", "--socket", h.sock)
	if err != nil {
		return err
	}
	h.node = node
	if _, err := node.await(ctx, "ready"); err != nil {
		return fmt.Errorf("start the node of %s: %w", h.side, err)
	}
	if h.calls == nil {
		h.calls = api.Dial(h.sock)
	}
	return nil
}

// halt stops a node.
func (h *host) halt() error {
	if h == nil || h.node == nil {
		return nil
	}
	if h.calls != nil {
		h.calls.Close()
	}
	err := h.node.stop()
	h.node = nil
	return err
}

func (p *pair) stop() error { return errors.Join(p.near.halt(), p.far.halt()) }

// send releases a dispatch and waits for its receipt.
func (p *pair) send(ctx context.Context, _ int) error {
	sent, err := p.near.calls.Send(ctx, p.dispatch(), openLimit)
	if err != nil {
		return err
	}
	if sent.State != api.Received {
		return fmt.Errorf("the dispatch %s is %s, want received", sent.ID, sent.State)
	}
	return nil
}

// queue releases a dispatch without waiting for its receipt.
func (p *pair) queue(ctx context.Context, _ int) error {
	_, err := p.near.calls.Send(ctx, p.dispatch(), 0)
	return err
}

func (p *pair) dispatch() api.NewDispatch {
	return api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: "Measurement", Text: p.dispatchText, By: poster}
}

// equal waits until both sides hold the same and have shown it to each other,
// and checks that their digests are the same.
func (p *pair) equal(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openLimit)
	defer cancel()
	for {
		near, err := p.near.calls.WaitStatus(ctx, "equal", openLimit)
		if err != nil {
			return fmt.Errorf("wait for both sides to be equal: %w", err)
		}
		far, err := p.far.calls.WaitStatus(ctx, "equal", openLimit)
		if err != nil {
			return fmt.Errorf("wait for both sides to be equal: %w", err)
		}
		switch {
		case near.Count != far.Count: // one of them was looked at too early
		case near.Digest != far.Digest:
			return fmt.Errorf("the records differ: at %d entries %s has the digest %s and %s has %s",
				near.Count, p.near.side, near.Digest, p.far.side, far.Digest)
		default:
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("wait for both sides to be equal: %w", err)
		}
	}
}

// pause waits for a while, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// freePorts finds local addresses on which nobody listens now.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
