// Package api is the face of the office for programs: JSON over HTTP, on a
// local socket in the data folder that only the node's own user can open, and
// the Go client that the commands use. It reads from the node's records and
// writes only through the node.
//
// What must stay true:
//
//   - "queued" is answered only when the entry is signed and on disk; "received"
//     only when the receipts of all addressees are held.
//   - Whatever was not done is answered with a Problem: a code for programs and a
//     sentence for people.
//   - Every body, list and wait has a limit, below.
//
// The routes stand in one table, routes. Their shapes stand in types.go.
package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// The limits of a request.
const (
	MaxBody     = 1 << 20          // bytes of a request's body
	DefaultList = 50               // lines of a list, if nothing is asked
	MaxList     = 500              // lines of a list
	MaxWait     = time.Hour        // that a request may wait
	MaxWaiting  = 1024             // requests that wait at once
	headerTime  = 10 * time.Second // to send the header
	bodyTime    = time.Minute      // to send the whole request
	fileTime    = 30 * time.Minute // to send or take a file
	idleTime    = 5 * time.Minute  // between requests of one connection
	maxHeader   = 32 << 10         // bytes of the header

	DefaultLinkValid = 24 * time.Hour // of a sign-in link, if nothing is asked
	MaxLinkValid     = 30 * 24 * time.Hour
)

// Config is what the server needs.
type Config struct {
	Node *node.Node
	Log  *slog.Logger
	Now  func() time.Time
	// Refused gives the sentence for a refusal of the rules.
	Refused func(code office.Reason, detail map[string]string) string
	// Alarmed gives the sentence for an alarm.
	Alarmed func(a node.Alarm) string
	// SignIn gives the address with which a browser redeems a sign-in token.
	SignIn func(token string) string
	// Backup writes a tar archive of the data folder as it stands.
	Backup func(ctx context.Context, w io.Writer) error
	// Admit admits a side by its credence. An error is a sentence.
	Admit func(ctx context.Context, credence string) error
}

// ErrNextTurn is the cause with which a request's context ends when the node
// must be opened anew, for a side that was admitted.
var ErrNextTurn = errors.New("the node is opened anew")

// server answers requests for one node.
type server struct {
	Config
	waiting chan struct{} // a token for each request that waits
}

// New returns the handler of the routes. Who may reach it may act for every
// post of the side: the socket's mode is the guard.
func New(c Config) http.Handler {
	s := &server{Config: c, waiting: make(chan struct{}, MaxWaiting)}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.Handle(r.pattern, s.answer(r.handle))
	}
	mux.Handle("/", s.answer(func(*server, http.ResponseWriter, *http.Request) error {
		return problem(CodeNotFound, "There is no such route.", nil)
	}))
	return mux
}

// Server returns an HTTP server for the handler with the limits above. The
// caller listens and closes.
func Server(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTime,
		ReadTimeout:       bodyTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// route is one line of the table of routes.
type route struct {
	pattern string
	handle  handler
}

type handler func(s *server, w http.ResponseWriter, r *http.Request) error

// routes is everything that a program can ask for.
var routes = []route{
	{"GET /v1/status", (*server).status}, // ?wait=STATE&timeout=60s

	{"GET /v1/dispatches", (*server).dispatches}, // ?q=&from=&channel=&precedence=&state=&since=&until=&limit=&before=
	{"POST /v1/dispatches", (*server).send},      // ?wait=60s
	{"GET /v1/dispatches/{side}/{index}", (*server).dispatch},
	{"POST /v1/dispatches/{side}/{index}/acknowledgement", (*server).acknowledge},
	{"POST /v1/enclosures", (*server).enclose},                                     // ?name=; the bytes of a file
	{"GET /v1/dispatches/{side}/{index}/enclosures/{n}", (*server).fetchEnclosure}, // from 1; the bytes

	{"GET /v1/entries", (*server).record}, // ?before=PLACE&limit=
	{"GET /v1/entries/{side}/{index}", (*server).entry},
	{"GET /v1/entries/{side}/{index}/disclosure", (*server).disclosure},

	{"GET /v1/charter", (*server).charter},
	{"POST /v1/charter/proposals", (*server).propose},
	{"POST /v1/charter/agreements", (*server).agree},

	{"GET /v1/posts", (*server).posts},
	{"POST /v1/posts", (*server).accredit},
	{"POST /v1/posts/{post}/end", (*server).endPost},
	{"POST /v1/sign-in-links", (*server).signInLink},

	{"GET /v1/accounts", (*server).accounts},
	{"POST /v1/accounts", (*server).addAccount},
	{"PATCH /v1/accounts/{name}", (*server).changeAccount},
	{"POST /v1/accounts/{name}/suspend", (*server).suspendAccount},
	{"POST /v1/accounts/{name}/resume", (*server).resumeAccount},
	{"POST /v1/accounts/{name}/sign-in-links", (*server).accountLink},
	{"GET /v1/trail", (*server).trail}, // ?before=ID&limit=

	{"GET /v1/alarms", (*server).alarms}, // ?all=true
	{"POST /v1/alarms/{id}/clear", (*server).clearAlarm},
	{"POST /v1/lines/{side}/cut", (*server).cutLine},

	{"POST /v1/admissions", (*server).admit},
	{"POST /v1/backup", (*server).backup}, // a tar archive; whole if the trailer Liaison-Whole is "yes"
	{"GET /v1/events", (*server).events},  // server-sent events
}

// answer wraps a handler: it limits the body and turns an error into a Problem.
func (s *server) answer(handle handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/enclosures" { // that one bounds itself
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		}
		err := handle(s, w, r)
		switch cause := context.Cause(r.Context()); {
		case err == nil:
		case errors.Is(cause, ErrNextTurn):
			problem(CodeNextTurn, "The node is starting anew; ask again.", nil).write(w)
		case cause != nil: // the client is gone
		default:
			s.problem(r, err).write(w)
		}
	})
}

// problem turns any error into a Problem. What only the operator can mend is
// logged, and answered with a reference to the line in the log.
func (s *server) problem(r *http.Request, err error) *Problem {
	var p *Problem
	var refused *node.Refusal
	var ofAccount *people.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &refused):
		return refusal(refused.Code, s.Refused(refused.Code, refused.Detail), refused.Detail)
	case errors.As(err, &ofAccount):
		return refusal(ofAccount.Code, s.Refused(ofAccount.Code, ofAccount.Detail), ofAccount.Detail)
	case errors.As(err, &tooLarge):
		return problem(CodeTooLarge, fmt.Sprintf("The request is too large: at most %d bytes are allowed.", tooLarge.Limit), nil)
	}
	reference := rand.Text()[:6]
	s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "reference", reference, "error", err)
	return problem(CodeInternal, fmt.Sprintf("Something went wrong here; the log says more under the reference %s.", reference),
		map[string]string{"reference": reference})
}

// read reads the JSON body of a request. Members that are not known are
// refused, so that a misspelt one is not silently without effect.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return problem(CodeBadRequest, "The body cannot be read: "+err.Error()+".", nil)
	}
	if d.More() {
		return problem(CodeBadRequest, "The body has more after its end.", nil)
	}
	return nil
}

// write answers with JSON.
func write(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(b, '\n')) // a client that is gone hears nothing
	return nil
}

// pathID reads the id of an entry from the path.
func pathID(r *http.Request) (office.EntryID, error) {
	id, err := office.ParseEntryID(r.PathValue("side") + "/" + r.PathValue("index"))
	if err != nil {
		return id, problem(CodeBadRequest, "The id "+err.Error()+".", nil)
	}
	return id, nil
}

// wait takes a token for a request that waits, at most for the time given in
// the query under name, and returns a context that ends with that time.
func (s *server) wait(r *http.Request, name string) (ctx context.Context, done func(), err error) {
	text := r.URL.Query().Get(name)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > MaxWait {
		return nil, nil, problem(CodeBadRequest, fmt.Sprintf("%s=%q is not a time of at most %s, such as 60s.", name, text, MaxWait), nil)
	}
	select {
	case s.waiting <- struct{}{}:
	default:
		return nil, nil, problem(CodeTooBusy, "Too many requests wait already.", nil)
	}
	ctx, cancel := context.WithTimeout(r.Context(), d)
	return ctx, func() { cancel(); <-s.waiting }, nil
}
