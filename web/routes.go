package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"liaison.example/people"
)

// access says who may ask for a route.
type access int

const (
	anyone   access = iota // also without a session
	holder                 // an account with a running session, also without a post
	admin                  // an administrator, also without a post
	signedIn               // an account with a running session that acts for a post
)

// route is one line of the table of routes.
type route struct {
	pattern string
	access  access
	handle  func(s *site, v *visit) error
}

// routes is every page and act of the pages.
var routes = []route{
	{"GET /sign-in", anyone, (*site).signIn},
	{"POST /sign-in", anyone, (*site).postSignIn},
	{"POST /sign-in/passkey/begin", anyone, (*site).postBeginPasskeySignIn},
	{"POST /sign-in/passkey", anyone, (*site).postPasskeySignIn},
	{"POST /sign-out", anyone, (*site).postSignOut},
	{"POST /language", anyone, (*site).postLanguage},

	{"GET /account", holder, (*site).account},
	{"POST /account/post", holder, (*site).postAccountPost},
	{"POST /account/password", holder, (*site).postPassword},
	{"POST /account/codes", holder, (*site).postCodes},
	{"GET /account/codes.svg", holder, (*site).secretPicture},
	{"POST /account/codes/confirm", holder, (*site).postConfirmCodes},
	{"POST /account/codes/remove", holder, (*site).postRemoveCodes},
	{"POST /account/passkeys/begin", holder, (*site).postBeginPasskey},
	{"POST /account/passkeys", holder, (*site).postPasskey},
	{"POST /account/passkeys/{id}/remove", holder, (*site).postRemovePasskey},
	{"POST /account/proof/begin", holder, (*site).postBeginProof},
	{"POST /account/proof", holder, (*site).postProof},
	{"POST /account/sessions/{id}/revoke", holder, (*site).postRevokeSession},
	{"POST /account/tokens", holder, (*site).postToken},
	{"POST /account/tokens/{id}/revoke", holder, (*site).postRevokeToken},

	{"GET /ranks", holder, (*site).ranks},
	{"POST /ranks", holder, (*site).postRanks},
	{"GET /told", holder, (*site).told},
	{"POST /told/means", holder, (*site).postMeans},
	{"POST /told/means/{id}/remove", holder, (*site).postRemoveMeans},
	{"POST /told/means/{id}/test", holder, (*site).postTestMeans},
	{"POST /told/quiet", holder, (*site).postQuiet},
	{"POST /told/senders/{kind}", admin, (*site).postSender},
	{"POST /told/whom", admin, (*site).postWhom},
	{"GET /acknowledge", anyone, (*site).acknowledge},
	{"POST /acknowledge", anyone, (*site).postAcknowledgeByLink},
	{"GET /worker.js", anyone, (*site).pushWorker},

	{"GET /rules", holder, (*site).rules},
	{"POST /rules", holder, (*site).postRules},
	{"POST /rules/acting", holder, (*site).postActing},
	{"POST /rules/acting/{id}/end", holder, (*site).postEndActing},

	{"GET /accounts", admin, (*site).accounts},
	{"POST /accounts", admin, (*site).postAccounts},
	{"GET /accounts/name/{name}", admin, (*site).oneAccount},
	{"POST /accounts/name/{name}", admin, (*site).postChangeAccount},
	{"POST /accounts/name/{name}/suspend", admin, (*site).postSuspend},
	{"POST /accounts/name/{name}/resume", admin, (*site).postResume},
	{"POST /accounts/name/{name}/link", admin, (*site).postLink},
	{"POST /accounts/name/{name}/sessions/{id}/revoke", admin, (*site).postRevokeOf},
	{"GET /accounts/trail", admin, (*site).trail},

	{"GET /{$}", signedIn, (*site).list},
	{"POST /views", signedIn, (*site).postView},
	{"POST /views/raise", signedIn, (*site).postRaiseView},
	{"POST /views/drop", signedIn, (*site).postDropView},
	{"GET /export.csv", signedIn, (*site).exportCSV},
	{"GET /export.json", signedIn, (*site).exportJSON},
	{"GET /dispatches/new", signedIn, (*site).write},
	{"POST /dispatches", signedIn, (*site).postNew},
	{"POST " + enclosuresPath, signedIn, (*site).postEnclosures},
	{"POST " + uploadsPath, signedIn, (*site).postUploads},
	{"GET " + uploadsPath + "/{upload}", signedIn, (*site).upload},
	{"POST " + uploadsPath + "/{upload}", signedIn, (*site).postUpload},
	{"GET /dispatches/{side}/{index}/enclosures/{n}", signedIn, (*site).enclosure},
	{"GET /drafts/{id}/enclosures/{n}", signedIn, (*site).draftEnclosure},
	{"GET /dispatches/{side}/{index}", signedIn, (*site).dispatch},
	{"GET /dispatches/{side}/{index}/sheet", signedIn, (*site).sheet},
	{"POST /dispatches/{side}/{index}/acknowledge", signedIn, (*site).postAcknowledge},
	{"POST /dispatches/{side}/{index}/consider", signedIn, (*site).postConsider},
	{"POST /dispatches/{side}/{index}/close", signedIn, (*site).postClose},
	{"POST /dispatches/{side}/{index}/readback", signedIn, (*site).postReadback},
	{"POST /readbacks/{side}/{index}/answer", signedIn, (*site).postReadbackAnswer},

	{"GET /drafts", signedIn, (*site).drafts},
	{"GET /drafts/{id}", signedIn, (*site).draft},
	{"GET /drafts/{id}/edit", signedIn, (*site).editDraft},
	{"POST /drafts/{id}", signedIn, (*site).postDraft},
	{"POST /drafts/{id}/submit", signedIn, postSubmit},
	{"POST /drafts/{id}/withdraw", signedIn, postWithdraw},
	{"POST /drafts/{id}/approve", signedIn, postApprove},
	{"POST /drafts/{id}/return", signedIn, postReturn},
	{"POST /drafts/{id}/comment", signedIn, postComment},
	{"POST /drafts/{id}/discard", signedIn, postDiscard},
	{"POST /drafts/{id}/release", signedIn, (*site).postRelease},

	{"GET /record", signedIn, (*site).record},
	{"GET /record/{side}/{index}", signedIn, (*site).entry},
	{"GET /check", signedIn, (*site).check},
	{"GET /leaf/{side}/{index}", signedIn, (*site).leaf},
	{"GET /proof/{side}/{index}", signedIn, (*site).proof},
	{"GET /receipts/{side}/{index}/{by}", signedIn, (*site).receipt},

	{"GET /line", signedIn, (*site).line},
	{"POST /line/cut", signedIn, (*site).postCut},
	{"POST /alarms/{id}/clear", signedIn, (*site).postClearAlarm},

	{"GET /notes", signedIn, (*site).notes},
	{"POST /notes", signedIn, (*site).postNote},
	{"GET /relations", signedIn, (*site).relations},
	{"POST /relations/suspend", signedIn, (*site).postSuspendChannels},
	{"POST /relations/resume", signedIn, (*site).postResumeChannels},
	{"GET /attempts", signedIn, (*site).attempts},
	{"POST /attempts", signedIn, (*site).postAttempt},
	{"POST /attempts/confirm", signedIn, (*site).postConfirm},

	{"GET /tenders", signedIn, (*site).tenders},
	{"POST /tenders", signedIn, (*site).postTender},
	{"GET /tenders/{side}/{index}", signedIn, (*site).tender},
	{"POST /tenders/{side}/{index}/answer", signedIn, (*site).postTenderAnswer},
	{"POST /tenders/{side}/{index}/withdraw", signedIn, (*site).postTenderEnd},

	{"GET /silence", signedIn, (*site).silence},
	{"GET /silence/proof", signedIn, (*site).silenceProof},

	{"GET /help", signedIn, (*site).help},

	{"GET /watch", signedIn, (*site).watch},
	{"POST /watch", signedIn, (*site).postWatch},
	{"POST /watch/end", signedIn, (*site).postEndWatch},
	{"POST /watch/handover", signedIn, (*site).postHandover},

	{"GET /roster", signedIn, (*site).roster},
	{"POST /roster/rotations", signedIn, (*site).postRotation},
	{"POST /roster/rotations/{id}/end", signedIn, (*site).postEndRotation},
	{"POST /roster/give", signedIn, (*site).postGive},
	{"POST /roster/swaps", signedIn, (*site).postOffer},
	{"POST /roster/swaps/{id}/{act}", signedIn, (*site).postSwap},
	{"POST /roster/feeds", signedIn, (*site).postFeed},
	{"GET /coverage", signedIn, (*site).coverage},
	{"POST /coverage", signedIn, (*site).postCoverage},
	{"POST /personnel", signedIn, (*site).postPersonnel},

	{"GET /checks", signedIn, (*site).checks},
	{"GET /checks.csv", signedIn, (*site).checksCSV},
	{"GET /checks.json", signedIn, (*site).checksJSON},
	{"POST /checks", signedIn, (*site).postCheck},
	{"POST /checks/{side}/{index}/answer", signedIn, (*site).postCheckAnswer},

	{"GET /statistics", signedIn, (*site).statistics},
	{"GET /statistics.csv", signedIn, (*site).statisticsCSV},
	{"GET /statistics.json", signedIn, (*site).statisticsJSON},

	{"GET /hours", signedIn, (*site).hours},
	{"POST /hours", signedIn, (*site).postHours},

	{"GET /charter", signedIn, (*site).charter},
	{"GET /charter/propose", signedIn, (*site).propose},
	{"POST /charter/propose", signedIn, (*site).postPropose},
	{"POST /charter/agree", signedIn, (*site).postAgree},

	{"GET /codes", signedIn, (*site).codes},
	{"POST /codes", signedIn, (*site).postShortCode},

	{"GET /forms", signedIn, (*site).forms},
	{"POST /forms/propose", signedIn, (*site).postProposeForms},
	{"POST /forms/agree", signedIn, (*site).postAgreeForms},
	{"GET /forms/propose", signedIn, (*site).formText},
	{"POST /forms/propose-text", signedIn, (*site).postFormText},
	{"GET /forms/{hash}", signedIn, (*site).form},

	{"GET /events", signedIn, (*site).stream},
	{"POST /sound", signedIn, (*site).postSound},

	{"GET " + feedPath + "{token}", anyone, (*site).feed},

	{"/", anyone, (*site).nothingHere},
}

// whileHeld are the routes of who has signed in by a password alone where that is not
// enough, beside those for anyone: to see the own account, and to set up more.
var whileHeld = []string{
	"GET /account", "POST /account/password", "POST /account/codes", "GET /account/codes.svg", "POST /account/codes/confirm",
	"POST /account/passkeys/begin", "POST /account/passkeys", "POST /account/proof/begin", "POST /account/proof", "POST /account/sessions/{id}/revoke",
}

// handler joins the table, the files and what guards them.
func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.pattern, s.answer(route))
	}
	mux.Handle("GET /static/{hash}/{name}", s.assets)

	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.answer(route{"", anyone, func(*site, *visit) error { return errCrossOrigin }}))
	return guard(crossOrigin.Handler(mux))
}

// enclosuresPath is where files are read in.
const enclosuresPath = "/enclosures"

// policy is the content security policy: the pages load style, script, fonts, marks
// and sounds from this node alone, post forms to it alone, and stand in no frame.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; img-src 'self'; media-src 'self'; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers that protect every answer and limits what is read.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		// Not "no-referrer": with it browsers send "Origin: null" with our own
		// forms, and over plain HTTP that looks like a foreign page. No other
		// origin is told anything by "same-origin" either.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if r.URL.Path != enclosuresPath { // readFiles bounds itself
			r.Body = http.MaxBytesReader(w, r.Body, maxKept)
		}
		next.ServeHTTP(w, r)
	})
}

// answer wraps a handler: it finds out who asks, lets in who may, limits the
// time, and turns an error into a page.
func (s *site) answer(to route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), handlingTime)
		defer cancel()
		v, err := s.visit(ctx, w, r)
		if err == nil {
			err = s.admit(to, v)
		}
		if err == nil && v.admitted {
			err = s.run(to, v)
		}
		if errors.Is(err, people.ErrSessionEnded) { // since it was found out who asks
			err = s.ended(v)
		}
		if err != nil {
			s.fail(v, err)
		}
	})
}

// run runs a handler. A fault of ours that makes it panic becomes an error like
// any other: the person gets a page with a reference, the log the stack.
func (s *site) run(to route, v *visit) (err error) {
	defer func() {
		if fault := recover(); fault == http.ErrAbortHandler {
			panic(fault)
		} else if fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return to.handle(s, v)
}

// admit reads a posted form and looks whether the visitor may ask for the
// route; if not, it answers instead and leaves v.admitted false.
func (s *site) admit(to route, v *visit) error {
	if !readable(v.r) {
		return errMalformed
	}
	if v.r.Method == http.MethodPost {
		sent := &counted{ReadCloser: v.r.Body}
		if v.r.URL.Path != enclosuresPath {
			limit := int64(maxForm)
			if v.session != nil && strings.HasPrefix(v.r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
				limit = maxKept
			}
			v.r.Body = http.MaxBytesReader(v.w, sent, limit)
		}
		if err := v.r.ParseForm(); err != nil { // a form with files is read by readParts
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				return errTooLarge
			}
			return errMalformed
		}
		if sent.n > maxForm {
			return s.tooLarge(v, v.r.PostForm)
		}
	}
	switch {
	case to.access == anyone:
	case v.session == nil:
		return s.ended(v)
	case v.held && !slices.Contains(whileHeld, to.pattern):
		if v.r.Method == http.MethodGet && to.pattern != "GET /events" {
			return v.redirect("/account")
		}
		return errPasswordAlone
	case to.access == admin && !v.session.Admin:
		return errNotAdmin
	case to.access == signedIn && v.session.Post == "":
		return errNoPost
	}
	v.admitted = true
	return nil
}

// readable reports whether an address is text: nothing that is looked for bears bytes
// that are none, and PostgreSQL refuses to look for them.
func readable(r *http.Request) bool {
	is := func(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }
	query, err := url.QueryUnescape(r.URL.RawQuery)
	return is(r.URL.Path) && err == nil && is(query)
}

// counted counts the bytes that are read.
type counted struct {
	io.ReadCloser
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n += int64(n)
	return n, err
}

// reference returns a short reference by which an operator finds a fault in the log.
func reference() string { return strings.ToUpper(rand.Text()[:6]) }
