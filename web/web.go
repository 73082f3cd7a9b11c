// Package web is the face of the office for people: its pages, rendered on the
// server, which work without script. It reads from the node's records and
// writes only through the node.
//
// What must stay true:
//
//   - A page shows what is known and nothing that is hoped for: "queued" until
//     the receipt is held, "received" from then on, with the proof to download.
//   - Nothing that a person typed is lost: a refusal, an ended session or a
//     fault answers with the form as it was sent.
//   - Every sentence comes from package lang, in the reader's language.
//   - No page asks any other host for anything, and none carries script or style
//     of its own: both come as files under the content security policy.
//
// The routes stand in routes.go. Each page is one file with the handler and one
// typed struct, beside a template of the same name.
package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"liaison.example/node"
	"liaison.example/people"
)

// Config is what the pages need.
type Config struct {
	Node *node.Node
	Now  func() time.Time // the clock by which ages and due times are shown
	Log  *slog.Logger
	// Version of the program, shown at the foot of each page.
	Version string
	// Secure says that the pages are reached over HTTPS only, so that cookies
	// are never sent in the clear. Leave it false for plain HTTP on loopback.
	Secure bool
	// PasswordAlone says that a password is enough to sign in with. Otherwise who has
	// nothing beside it sees the own account only, to set up codes or a passkey.
	PasswordAlone bool
	// Address is where browsers reach the pages, and Name how their devices show
	// them with a passkey.
	Address, Name string
	// SignIn gives the address with which a browser redeems a sign-in token.
	SignIn func(token string) string
}

// site is the pages of one node.
type site struct {
	node    *node.Node
	now     func() time.Time
	log     *slog.Logger
	version string
	secure  bool

	passwordAlone bool

	signInURL func(token string) string
	address   string // where browsers reach the pages
	feeds     *feeds

	passkeys   *people.Site // nil if browsers have no passkeys at the address
	noPasskeys error        // then says so

	assets  *assets
	pages   map[string]*pages // by language tag
	faces   *zones
	events  *streams
	rings   *rings
	exports chan struct{} // holds a token for each file that is being written
}

// New returns the pages of the node. It fails only if the program was built
// wrongly, by a template or a sheet that cannot be read.
func New(c Config) (http.Handler, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	return s.handler(), nil
}

func newSite(c Config) (*site, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, fmt.Errorf("load the files of the pages: %w", err)
	}
	s := &site{
		node: c.Node, now: c.Now, log: c.Log, version: c.Version, secure: c.Secure, passwordAlone: c.PasswordAlone, signInURL: c.SignIn,
		assets: files, faces: newZones(), address: c.Address, feeds: newFeeds(), events: &streams{}, rings: &rings{}, exports: make(chan struct{}, exportsOnce),
	}
	s.passkeys, s.noPasskeys = people.NewSite(c.Name, c.Address)
	s.pages = newPages(files)
	return s, nil
}

// The limits of the pages against what a browser, or something that claims to
// be one, may send or hold open.
const (
	maxForm       = 2 << 20          // bytes of a posted form; a Hangul syllable takes nine, and what is far too long is refused with all that was typed
	maxKept       = 16 << 20         // bytes of a posted form that are read only to give back what was typed, to who is signed in
	maxHeader     = 32 << 10         // bytes of a request's header
	headerTime    = 10 * time.Second // to send the header
	requestTime   = 60 * time.Second // to send the whole request
	answerTime    = 60 * time.Second // to take the answer; the event stream renews it
	idleTime      = 2 * time.Minute  // between requests of one connection
	handlingTime  = 20 * time.Second // of our own work for one page
	maxStreams    = 256              // event streams open at once
	maxStreamsOne = 16               // of one session
)

// Server returns an HTTP server for the handler with the limits in time and
// size that the pages need. The caller listens and closes.
func Server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       requestTime,
		WriteTimeout:      answerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
