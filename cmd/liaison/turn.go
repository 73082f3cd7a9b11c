package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"liaison.example/api"
	"liaison.example/node"
	"liaison.example/sqldb"
	"liaison.example/web"
)

// turn is the node that serves at present. A side that is admitted makes
// another of it: the node is closed and opened again with the new side, while
// the listeners stay, and requests wait that come in between. So one command
// after another finds the node as the one before has left it.
type turn struct {
	folder *folder
	log    *slog.Logger
	failed chan error // a link listener's end, or a node that could not be opened again

	mu      sync.Mutex
	idle    *sync.Cond
	closing bool // no new requests are let in
	ended   bool // for good
	inside  int  // requests under way
	ctx     context.Context
	cancel  context.CancelFunc // ends the requests under way
	node    *node.Node
	faces   [4]http.Handler
	meters  *meters      // outlives the turns
	address string       // of the link
	link    net.Listener // of the first turn; later ones listen anew
	seen    time.Time    // change of the folder of credences that the node was opened with
}

// The faces of a node.
type face int

const (
	faceWeb face = iota
	faceAPI
	faceTiles
	faceMetrics
)

// newTurn opens the node.
func newTurn(ctx context.Context, f *folder, log *slog.Logger, link net.Listener) (*turn, error) {
	t := &turn{folder: f, log: log, failed: make(chan error, 2), link: link, address: link.Addr().String(), meters: newMeters()}
	t.idle = sync.NewCond(&t.mu)
	t.mu.Lock()
	defer t.mu.Unlock()
	return t, t.open(ctx)
}

// open opens the node on the folder as it now is. t.mu is held.
func (t *turn) open(ctx context.Context) error {
	f := t.folder
	t.seen = f.admittedChanged()
	lost, err := f.guardLost()
	if err != nil {
		return err
	}
	if lost {
		t.log.Warn("the ledger is not there, though its keys have signed: nothing is signed until every other side has been heard")
	}
	config, err := f.nodeConfig(t.log, clock)
	if err != nil {
		return err
	}
	if t.link == nil {
		if t.link, err = listen(t.address, "the link"); err != nil {
			return err
		}
	}
	config.Connect, config.Wrote = t.meters.connect, t.meters.wrote
	n, err := node.Open(ctx, config)
	if err != nil {
		return fmt.Errorf("open the node: %w", err)
	}
	if err := f.markUsed(); err != nil {
		return errors.Join(err, n.Close())
	}
	pages, err := web.New(web.Config{
		Node: n, Now: clock, Log: t.log, Version: version, Secure: f.settings.secureWeb(),
		Address: f.settings.publicWeb(), Name: f.settings.Office + ", " + f.settings.Name,
		SignIn: t.signInURL, PasswordAlone: f.settings.SecondFactor == "optional",
	})
	if err != nil {
		return errors.Join(err, n.Close())
	}
	parties, err := f.parties()
	if err != nil {
		return errors.Join(err, n.Close())
	}
	t.node, t.closing = n, false
	t.ctx, t.cancel = context.WithCancel(context.WithoutCancel(ctx))
	t.faces = [...]http.Handler{
		faceWeb:   t.besidePages(n, pages),
		faceAPI:   api.New(t.apiConfig(n)),
		faceTiles: tilesHandler(n.Ledger(), parties, t.log),

		faceMetrics: t.meters.handler(n, t.log),
	}
	go func(l net.Listener) {
		if err := n.Link().Serve(l); !errors.Is(err, net.ErrClosed) {
			t.failed <- fmt.Errorf("the link stopped listening: %w", err)
		}
	}(&counted{t.link, t.meters})
	t.link = nil
	return nil
}

// besidePages serves the program interface, to who has a token, beside the pages.
func (t *turn) besidePages(n *node.Node, pages http.Handler) http.Handler {
	c := t.apiConfig(n)
	c.WithToken = true
	mux := http.NewServeMux()
	mux.Handle(api.Path+"/", api.New(c))
	mux.Handle("/", pages)
	return mux
}

func (t *turn) apiConfig(n *node.Node) api.Config {
	return api.Config{
		Node: n, Log: t.log, Now: clock,
		Say:     say,
		Alarmed: alarmSentence,
		SignIn:  t.signInURL,
		Feed:    func(token string) string { return web.FeedURL(t.folder.settings.publicWeb(), token) },
		Backup:  func(ctx context.Context, w io.Writer) error { return t.folder.backup(ctx, t.folder.copierOf(n), w) },
		Admit:   t.admit,
	}
}

// signInURL is the address with which a browser redeems a sign-in token.
func (t *turn) signInURL(token string) string {
	return t.folder.settings.publicWeb() + "/sign-in?t=" + url.QueryEscape(token)
}

// handler lets requests in to a face of the present node, each with a context
// that ends with the turn.
func (t *turn) handler(which face) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.mu.Lock()
		for t.closing && !t.ended {
			t.idle.Wait()
		}
		if t.ended {
			t.mu.Unlock()
			http.Error(w, "the node stops", http.StatusServiceUnavailable)
			return
		}
		t.inside++
		handler, end := t.faces[which], t.ctx
		t.mu.Unlock()
		defer func() {
			t.mu.Lock()
			defer t.mu.Unlock()
			t.inside--
			t.idle.Broadcast()
		}()
		ctx, cancel := context.WithCancelCause(r.Context())
		defer cancel(nil)
		defer context.AfterFunc(end, func() { cancel(api.ErrNextTurn) })()
		handler.ServeHTTP(w, r.WithContext(ctx))
	})
}

// present gives the node that serves at this moment, until done is called; nil if
// there is none.
func (t *turn) present() (n *node.Node, done func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closing || t.ended {
		return nil, nil
	}
	t.inside++
	return t.node, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.inside--
		t.idle.Broadcast()
	}
}

// admit keeps the credence of a side and begins another turn with it.
func (t *turn) admit(_ context.Context, credence string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, err := t.folder.checkCredence([]byte(credence))
	if err != nil {
		return err
	}
	if err := t.folder.saveCredence(c.Side, []byte(credence)); err != nil {
		return err
	}
	t.log.Info("a side is admitted", "side", c.Side, "fingerprint", c.Fingerprint())
	if !t.closing {
		t.closing = true
		go t.next()
	}
	return nil
}

// next closes the present node and opens the next.
func (t *turn) next() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cancel()
	for t.inside > 0 && !t.ended {
		t.idle.Wait()
	}
	if t.ended {
		return
	}
	err := t.node.Close()
	t.node = nil
	if err == nil {
		err = t.open(context.Background())
	}
	if err != nil {
		t.failed <- err
	}
	t.idle.Broadcast()
}

// watchAdmissions begins another turn when a credence was put into the folder
// by another process, until ctx ends.
func (t *turn) watchAdmissions(ctx context.Context) {
	const lookEvery = 2 * time.Second
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		t.mu.Lock()
		if !t.closing && !t.ended && !t.folder.admittedChanged().Equal(t.seen) {
			t.closing = true
			go t.next()
		}
		t.mu.Unlock()
	}
}

// end ends the requests under way and lets no more in.
func (t *turn) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	t.cancel()
	t.idle.Broadcast()
}

// close closes the node.
func (t *turn) close() {
	t.end()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.node == nil {
		return
	}
	if err := t.node.Close(); err != nil {
		t.log.Error("the node did not close well", "error", err)
	}
	t.node = nil
}

// admittedChanged is when a credence was last put into the folder.
func (f *folder) admittedChanged() time.Time {
	info, err := os.Stat(f.file(admittedName))
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

// nodeConfig is the configuration of the node on the folder.
func (f *folder) nodeConfig(log *slog.Logger, now func() time.Time) (node.Config, error) {
	keys, err := f.keys()
	if err != nil {
		return node.Config{}, err
	}
	own, _, err := f.credence(keys)
	if err != nil {
		return node.Config{}, err
	}
	admitted, err := f.admitted()
	if err != nil {
		return node.Config{}, err
	}
	if missing := f.settings.Sides - 1 - len(admitted); missing > 0 {
		// With some sides only, the office would be founded without the others.
		log.Warn("the office cannot be founded yet: not all sides are admitted", "missing", missing)
		admitted = nil
	}
	var free func() (int64, error) // a database server looks after its own disk
	if f.settings.Database == "" {
		free = func() (int64, error) {
			bytes, err := freeSpace(f.path)
			return int64(min(bytes, math.MaxInt64)), err
		}
	}
	return node.Config{
		Keys: keys, Own: own, Admitted: admitted, Dial: f.settings.Dial,
		Ledger: f.database(ledgerFile), Local: f.database(localFile), Records: f.database(recordsFile),
		Evidence: f.file(evidenceName), Restored: f.file(restoredFile), Free: free,
		Now: now, Log: log, Version: version, Demo: f.settings.Demo, Pages: f.settings.publicWeb(),
	}, nil
}

// database is where one of the three databases is.
func (f *folder) database(file string) sqldb.Config {
	if f.settings.Database == "" {
		return sqldb.Config{URL: "sqlite:" + f.file(file), Durable: true}
	}
	schema := f.settings.Schema + "_" + file[:len(file)-len(".db")]
	return sqldb.Config{URL: f.settings.Database, Schema: schema, Durable: true}
}
