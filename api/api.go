// Package api is the face of the office for programs: JSON over HTTP, and the Go
// client that the commands use. It reads from the node's records and writes only
// through the node. It is served on a local socket in the data folder that only
// the node's own user can open, and beside the pages to who has a token.
//
// What must stay true:
//
//   - "queued" is answered only when the entry is signed and on disk; "received"
//     only when the receipts of all addressees are held.
//   - Whatever was not done is answered with a Problem: a code for programs and a
//     sentence for people.
//   - A token does what its scopes name, and never more than the account or post
//     that it is for may do at that moment.
//   - Every body, list and wait has a limit, below.
//
// The operations stand in one table, operations, from which both the mux and the
// description (OpenAPI 3.1) are made. Their shapes stand in types.go.
package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"liaison.example/node"
	"liaison.example/notify"
	"liaison.example/office"
	"liaison.example/people"
)

// The limits of a request.
const (
	MaxBody     = 1 << 20          // bytes of a request's body
	DefaultList = 50               // lines of a list, if nothing is asked
	MaxList     = 500              // lines of a list
	MaxWait     = time.Hour        // that a request may wait
	MaxWaiting  = 1024             // requests that wait at once, streams among them
	maxWaitsOne = 32               // of one account or post, with its tokens
	headerTime  = 10 * time.Second // to send the header
	bodyTime    = time.Minute      // to send the whole request
	fileTime    = 30 * time.Minute // to send or take a file
	idleTime    = 5 * time.Minute  // between requests of one connection
	maxHeader   = 32 << 10         // bytes of the header
	maxIndex    = 1<<53 - 1        // of an entry: the largest integer in a request

	DefaultLinkValid = 24 * time.Hour // of a sign-in link, if nothing is asked
	MaxLinkValid     = 30 * 24 * time.Hour
)

// Config is what the server needs.
type Config struct {
	Node *node.Node
	Log  *slog.Logger
	Now  func() time.Time
	// WithToken says that each request needs a token. Without it, whoever
	// reaches the handler is taken for the operator of the machine.
	WithToken bool
	// Say gives the sentence for a code of a refusal, or for "problem." and a key,
	// in the language that fits a header Accept-Language best.
	Say func(languages, code string, detail map[string]string) string
	// Alarmed gives the sentence for an alarm.
	Alarmed func(languages string, a node.Alarm) string
	// SignIn gives the address with which a browser redeems a sign-in token.
	SignIn func(token string) string
	// Feed gives the address of the calendar feed with a token.
	Feed func(token string) string
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
	mux     *http.ServeMux
	waiting places
}

// New returns the handler of the operations. Without Config.WithToken whoever may
// reach it may act for every post of the side: the socket's mode is the guard.
func New(c Config) http.Handler {
	s := &server{Config: c, mux: http.NewServeMux()}
	for pattern, handle := range s.handlers() {
		s.mux.Handle(pattern, s.answer(handle))
	}
	return s.mux
}

// handlers is what answers each pattern of the mux: the operations, their
// description, and the one that says that there is nothing else.
func (s *server) handlers() map[string]answerer {
	all := map[string]answerer{
		"GET " + descriptionPath: s.describe,
		"/":                      s.elsewhere,
	}
	for i := range operations {
		o := &operations[i]
		all[o.method+" "+Path+o.path] = func(w http.ResponseWriter, r *http.Request) error { return s.admitted(o, w, r) }
	}
	return all
}

// elsewhere answers what no pattern fits: there is no such route, or not with
// this method.
func (s *server) elsewhere(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, pattern := s.mux.Handler(&http.Request{Method: method, Host: r.Host, URL: r.URL}); pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return problem(CodeNotFound, "route")
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return problem(CodeNoMethod, "method", "method", clip(r.Method), "allowed", strings.Join(allowed, ", "))
}

// asked refuses a query with what the operation does not know, so that a
// misspelt filter is not silently without effect.
func (o *operation) asked(r *http.Request) error {
	if !readable(r.URL.Path) {
		return problem(CodeBadRequest, "not-text")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return problem(CodeBadRequest, "query")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case !slices.ContainsFunc(o.query, func(p parameter) bool { return p.name == name }):
			return problem(CodeBadRequest, "query-unknown", "name", clip(name))
		case len(query[name]) > 1:
			return problem(CodeBadRequest, "query-twice", "name", clip(name))
		case !readable(query[name][0]):
			return problem(CodeBadRequest, "not-text")
		}
	}
	return nil
}

// readable reports whether what stands in an address is text: nothing that is looked
// for bears bytes that are none, and PostgreSQL refuses to look for them.
func readable(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// answerer answers a request, or says by an error why not.
type answerer func(w http.ResponseWriter, r *http.Request) error

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

// answer wraps what answers a request: it limits the body and turns an error into
// a Problem.
func (s *server) answer(handle answerer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if r.URL.Path != enclosePath { // that one bounds itself
			r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		}
		err := handle(w, r)
		switch cause := context.Cause(r.Context()); {
		case err == nil:
		case errors.Is(cause, ErrNextTurn):
			s.problem(r, problem(CodeNextTurn, "next-turn")).write(w)
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
	var ofWebhook *notify.Refusal
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &p):
	case errors.As(err, &refused):
		p = refusal(refused.Code, refused.Detail)
		if namedBy(r.URL.Path, refused.Code) {
			p.Status, p.Title = http.StatusNotFound, http.StatusText(http.StatusNotFound)
		}
	case errors.As(err, &ofAccount):
		p = refusal(ofAccount.Code, ofAccount.Detail)
	case errors.As(err, &ofWebhook):
		p = refusal(ofWebhook.Code, ofWebhook.Detail)
	case errors.As(err, &tooLarge):
		p = problem(CodeTooLarge, "too-large", "limit", strconv.FormatInt(tooLarge.Limit, 10))
	default:
		reference := rand.Text()[:6]
		s.Log.Error("request failed", "method", r.Method, "path", r.URL.Path, "reference", reference, "error", err)
		what := "internal"
		if node.DatabaseAway(err) {
			what = "database-away"
		}
		p = problem(CodeInternal, what, "reference", reference)
	}
	if p.Detail == "" {
		code := p.Code
		if p.key != "" {
			code = "problem." + p.key
		}
		p.Detail = s.Say(r.Header.Get("Accept-Language"), code, p.Fields)
	}
	if refused != nil {
		for _, v := range refused.More {
			fault := Fault{Code: string(v.Void), Detail: s.Say(r.Header.Get("Accept-Language"), string(v.Void), v.Detail), Fields: v.Detail}
			p.More, p.Detail = append(p.More, fault), p.Detail+" "+fault.Detail
		}
	}
	return p
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
	text := r.PathValue("side") + "/" + r.PathValue("index")
	id, err := office.ParseEntryID(text)
	if err != nil || id.Index > maxIndex {
		return id, problem(CodeBadRequest, "id", "id", clip(text))
	}
	return id, nil
}

// wait takes a place for a request that waits, at most for the time given in the
// query under name, and returns a context that ends with that time.
func (s *server) wait(w http.ResponseWriter, r *http.Request, name string) (ctx context.Context, done func(), err error) {
	text := r.URL.Query().Get(name)
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 || d > MaxWait {
		return nil, nil, problem(CodeBadRequest, "wait", "name", name, "value", text, "limit", MaxWait.String())
	}
	leave, err := s.enter(w, r)
	if err != nil {
		return nil, nil, err
	}
	// The body was read, and the answer may come later than that of others.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(d + bodyTime)) // where it can be set
	ctx, cancel := context.WithTimeout(r.Context(), d)
	return ctx, func() { cancel(); leave() }, nil
}

// places counts the requests that wait, so that forgotten ones cannot use up the
// node.
type places struct {
	mu    sync.Mutex
	all   int            // under mu
	byOne map[string]int // under mu; of each bearer
}

// enter takes a place for a request that waits or a stream. From then on nothing
// is read of it, so that the time for reading does not end it.
func (s *server) enter(w http.ResponseWriter, r *http.Request) (leave func(), err error) {
	c := callerOf(r)
	s.waiting.mu.Lock()
	defer s.waiting.mu.Unlock()
	if s.waiting.byOne == nil {
		s.waiting.byOne = map[string]int{}
	}
	name := c.name()
	if s.waiting.all >= MaxWaiting || c.bearer != nil && s.waiting.byOne[name] >= maxWaitsOne {
		return nil, problem(CodeTooBusy, "too-busy")
	}
	s.waiting.all++
	s.waiting.byOne[name]++
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // where it was set
	return func() {
		s.waiting.mu.Lock()
		defer s.waiting.mu.Unlock()
		s.waiting.all--
		if s.waiting.byOne[name]--; s.waiting.byOne[name] == 0 {
			delete(s.waiting.byOne, name)
		}
	}, nil
}
