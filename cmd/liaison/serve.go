package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"syscall"
	"time"

	"liaison.example/api"
	"liaison.example/web"
)

type serveCommand struct {
	place
	Web     string `placeholder:"ADDR" help:"Where the pages listen, instead of the setting."`
	Link    string `placeholder:"ADDR" help:"Where the link listens, instead of the setting."`
	Tiles   string `placeholder:"ADDR" help:"Where auditors read the ledgers, instead of the setting."`
	Metrics string `placeholder:"ADDR" help:"Where measures for Prometheus are served, instead of the setting."`
	Socket  string `placeholder:"PATH" help:"Where commands are listened to, instead of liaison.sock in the data folder."`

	UntilInputEnds bool              `hidden:"" help:"Stop when standard input ends."`
	Dial           map[string]string `hidden:"" mapsep:"none" help:"Link address of a side, instead of the setting."`
}

func (c *serveCommand) Help() string {
	return `Runs the node until it is interrupted. When it serves, it prints a line that begins with "ready " and names the address of the pages. What happens is logged on standard error.

Several processes may serve one side from one PostgreSQL database: give all but the first their own --web, --link and --socket.`
}

func (c *serveCommand) Run(ctx context.Context, t *terminal) error {
	f, _, err := c.open()
	if err != nil {
		return err
	}
	if c.UntilInputEnds {
		var stop context.CancelFunc
		ctx, stop = context.WithCancel(ctx)
		go func() {
			defer stop()
			_, _ = io.Copy(io.Discard, t.in) // however it ends, the parent is gone
		}()
	}
	s := f.settings
	replace := func(setting *string, by string) {
		if by != "" {
			*setting = by
		}
	}
	replace(&s.Web, c.Web)
	replace(&s.Link, c.Link)
	replace(&s.Tiles, c.Tiles)
	replace(&s.Metrics, c.Metrics)
	for side, address := range c.Dial {
		s.Dial[side] = address
	}
	if err := s.check(); err != nil {
		return &usageError{err.Error()}
	}
	socket := f.file(socketFile)
	replace(&socket, c.Socket)
	return serve(ctx, t, f, socket)
}

// server is a node with its listeners.
type server struct {
	folder  *folder
	log     *slog.Logger
	turn    *turn
	servers []*http.Server
	failed  chan error // a listener's end, unless it was closed
}

// stopTime is how long requests under way may take when the node stops.
const stopTime = 5 * time.Second

// serve runs the node on the folder until ctx ends.
func serve(ctx context.Context, t *terminal, f *folder, socket string) error {
	setGarbage(garbageOfFold)
	go keepSmall(ctx)
	release, err := f.lock(ctx, f.settings.Database == "")
	if err != nil {
		return err
	}
	defer release()
	log, err := f.settings.logger(t.err)
	if err != nil {
		return err
	}
	if f.settings.openWeb() {
		log.Warn("the pages and the program interface can be reached from other machines without TLS: set web_certificate and web_key, or web_acme, or put a proxy with TLS in front and set web_url", "web", f.settings.Web)
	}
	proxies, err := f.settings.proxies()
	if err != nil {
		return err
	}
	s := &server{folder: f, log: log, failed: make(chan error, 8)}

	// All listeners are taken before the node opens: a taken port must not cost
	// the time of opening.
	webListener, err := listen(f.settings.Web, "the pages")
	if err != nil {
		return err
	}
	defer webListener.Close()
	linkListener, err := listen(f.settings.Link, "the link")
	if err != nil {
		return err
	}
	defer linkListener.Close()
	var tilesListener net.Listener
	if f.settings.Tiles != "" {
		if tilesListener, err = listen(f.settings.Tiles, "the ledgers for auditors"); err != nil {
			return err
		}
		defer tilesListener.Close()
	}
	var metricsListener net.Listener
	if f.settings.Metrics != "" {
		if metricsListener, err = listen(f.settings.Metrics, "the measures for Prometheus"); err != nil {
			return err
		}
		defer metricsListener.Close()
	}
	if f.settings.WebCertificate != "" || f.settings.WebACME != "" {
		if webListener, err = f.secure(webListener, log); err != nil {
			return err
		}
	}
	if s.turn, err = newTurn(ctx, f, log, linkListener); err != nil {
		return err
	}
	setGarbage(garbageOfNode)
	defer s.turn.close()
	socketListener, err := api.ListenSocket(socket)
	if err != nil {
		return err
	}
	defer socketListener.Close()

	s.run(web.Server(web.BehindProxies(proxies, f.settings.ProxyHeader, s.turn.withHealth(s.turn.handler(faceWeb))), log), webListener)
	s.run(api.Server(s.turn.handler(faceAPI), log), socketListener)
	if tilesListener != nil {
		s.run(readersServer(s.turn.handler(faceTiles), log), tilesListener)
	}
	if metricsListener != nil {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", s.turn.handler(faceMetrics))
		s.run(readersServer(mux, log), metricsListener)
	}
	log.Info("the node serves", "office", f.settings.Office, "side", f.settings.Side, "version", version,
		"web", f.settings.Web, "link", f.settings.Link, "socket", socket)
	t.print("ready %s", f.settings.publicWeb())
	debug.FreeOSMemory() // what only the start has needed
	go s.turn.watchAdmissions(ctx)

	select {
	case <-ctx.Done():
		log.Info("the node stops")
	case err = <-s.failed:
	case err = <-s.turn.failed:
	}
	s.stop(ctx)
	return err
}

// run serves HTTP on a listener until stop.
func (s *server) run(h *http.Server, l net.Listener) {
	s.servers = append(s.servers, h)
	go func() {
		if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("listen on %s: %w", l.Addr(), err)
		}
	}()
}

// stop ends the HTTP servers: no new requests, and those under way get a little
// time.
func (s *server) stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	s.turn.end() // long waits and streams end now
	for _, h := range s.servers {
		if err := h.Shutdown(ctx); err != nil {
			h.Close()
		}
	}
}

// listen listens on a TCP address; what listens there stands in the error.
func listen(address, what string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case err == nil:
		return l, nil
	case errors.Is(err, syscall.EADDRINUSE):
		_, port, _ := net.SplitHostPort(address)
		return nil, fmt.Errorf("%s cannot listen on %s: port %s is taken by another program", what, address, port)
	default:
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, fmt.Errorf("%s cannot listen on %s: %w", what, address, err)
	}
}

// webPair reads the certificate of the pages and its key.
func (f *folder) webPair() (tls.Certificate, error) {
	path := func(p string) string {
		if filepath.IsAbs(p) {
			return p
		}
		return f.file(p)
	}
	return tls.LoadX509KeyPair(path(f.settings.WebCertificate), path(f.settings.WebKey))
}

// secure puts TLS before the pages.
func (f *folder) secure(l net.Listener, log *slog.Logger) (net.Listener, error) {
	if f.settings.WebACME != "" {
		return tls.NewListener(l, f.acmeConfig(log)), nil
	}
	certificate, err := f.webPair()
	if err != nil {
		return nil, fmt.Errorf("the certificate of the pages: %w", err)
	}
	return tls.NewListener(l, &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}), nil
}

// logger writes the log as the settings say.
func (s *settings) logger(w io.Writer) (*slog.Logger, error) {
	level, err := s.level()
	if err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: level}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), nil
	}
	return slog.New(slog.NewTextHandler(w, options)), nil
}
