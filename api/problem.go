package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"liaison.example/office"
)

// Problem is the answer to a request that was not done, in the form of RFC 9457
// ("application/problem+json").
//
//	{"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"text-too-long",
//	 "detail":"The text has 70,000 bytes; at most 48,000 are allowed.","fields":{"limit":"48000","size":"70000"}}
type Problem struct {
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Code   string            `json:"code"`             // for programs; it does not change
	Detail string            `json:"detail"`           // a sentence for a person
	Fields map[string]string `json:"fields,omitempty"` // what the sentence names
	More   []Fault           `json:"more,omitempty"`   // what else is missing or wrong in the form of a dispatch; detail says it too

	key string // of the sentence, while it has none
}

// Fault is one thing more for which something was not done.
type Fault struct {
	Code   string            `json:"code"`
	Detail string            `json:"detail"`
	Fields map[string]string `json:"fields,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }

// The codes of problems that are not a refusal of the rules. A refusal bears
// the code of its office.Reason and the status 422.
const (
	CodeBadRequest   = "bad-request"   // the request cannot be read; the sentence says why
	CodeNoToken      = "no-token"      // a token is needed, and none came with the request
	CodeOperatorOnly = "operator-only" // only the operator of the machine may do this
	CodeAccountOnly  = "account-only"  // a token of a post is no person's
	CodeNotFound     = "not-found"     // there is no such thing here
	CodeNoMethod     = "no-method"     // what is there is not asked with this method
	CodeTooLarge     = "too-large"     // the request is over MaxBody
	CodeNotYet       = "not-yet"       // an enclosure is not whole here
	CodeTimeout      = "timeout"       // what was waited for did not come in time
	CodeNotDemo      = "not-demo"      // only a demonstration may do this
	CodeWebhookFails = "webhook-fails" // a webhook does not answer well
	CodeMeansFails   = "means-fails"   // a means by which a person is told does not work
	CodeTooBusy      = "too-busy"      // more than MaxWaiting requests wait already
	CodeNextTurn     = "next-turn"     // the node is starting anew; nothing was done
	CodeInternal     = "internal"      // ours; the log has more under the reference
)

// statusOf is the one table from codes to HTTP status. What is not in it is a
// refusal of the rules or of our own house, with 422.
var statusOf = map[string]int{
	CodeBadRequest:   http.StatusBadRequest,
	CodeNoToken:      http.StatusUnauthorized,
	CodeOperatorOnly: http.StatusForbidden,
	CodeAccountOnly:  http.StatusForbidden,
	CodeNotFound:     http.StatusNotFound,
	CodeNoMethod:     http.StatusMethodNotAllowed,
	CodeTooLarge:     http.StatusRequestEntityTooLarge,
	CodeNotYet:       http.StatusConflict,
	CodeTimeout:      http.StatusGatewayTimeout,
	CodeNotDemo:      http.StatusForbidden,
	CodeWebhookFails: http.StatusBadGateway,
	CodeMeansFails:   http.StatusBadGateway,
	CodeTooBusy:      http.StatusServiceUnavailable,
	CodeNextTurn:     http.StatusServiceUnavailable,
	CodeInternal:     http.StatusInternalServerError,

	"token-unknown":    http.StatusUnauthorized,
	"token-ended":      http.StatusUnauthorized,
	"token-revoked":    http.StatusUnauthorized,
	"token-scope":      http.StatusForbidden,
	"token-not-admin":  http.StatusForbidden,
	"token-no-post":    http.StatusForbidden,
	"token-post":       http.StatusForbidden,
	"account-self":     http.StatusForbidden,
	"post-may-not":     http.StatusForbidden,
	"draft-alone":      http.StatusForbidden,
	"draft-own":        http.StatusForbidden,
	"draft-unknown":    http.StatusNotFound,
	"roster-unknown":   http.StatusNotFound,
	"roster-changed":   http.StatusConflict,
	"swap-unknown":     http.StatusNotFound,
	"swap-ended":       http.StatusConflict,
	"swap-changed":     http.StatusConflict,
	"upload-unknown":   http.StatusNotFound,
	"upload-offset":    http.StatusConflict,
	"draft-changed":    http.StatusConflict,
	"handover-changed": http.StatusConflict,
	"handover-signed":  http.StatusConflict,
	"draft-moved":      http.StatusConflict,
	"draft-releasing":  http.StatusConflict,
	"account-unknown":  http.StatusNotFound,
	"acting-unknown":   http.StatusNotFound,
	"once-unknown":     http.StatusConflict,
	"once-secret":      http.StatusConflict,
	"node-busy":        http.StatusServiceUnavailable,
	"node-stopping":    http.StatusServiceUnavailable,
}

// unknownIn is with which code the rules refuse what the paths that begin so name,
// if it is not there. It is answered as what is not found; where such a code is
// about something that a body names, the path is right and the request is not.
var unknownIn = map[string]office.Reason{
	"attempts":    "attempt-unknown",
	"checks":      "check-unknown",
	"dispatches":  "dispatch-unknown",
	"handovers":   "watch-unknown",
	"posts":       "post-unknown",
	"readbacks":   "readback-unknown",
	"suspensions": "suspension-unknown",
	"tenders":     "tender-unknown",
}

// namedBy reports whether a refusal says that what the path names is not there.
func namedBy(path string, code office.Reason) bool {
	list, _, names := strings.Cut(strings.TrimPrefix(path, Path+"/"), "/")
	return names && unknownIn[list] == code
}

// problem makes a Problem whose sentence is the phrase "problem." and the key in
// package lang. The pairs of detail are what it names.
func problem(code, key string, detail ...string) *Problem {
	var fields map[string]string
	for i := 0; i+1 < len(detail); i += 2 {
		if fields == nil {
			fields = map[string]string{}
		}
		fields[detail[i]] = detail[i+1]
	}
	p := refusal(office.Reason(code), fields)
	p.key = key
	return p
}

// refusal makes a Problem from a refusal of the rules or of our own house.
func refusal(code office.Reason, fields map[string]string) *Problem {
	status, known := statusOf[string(code)]
	if !known {
		status = http.StatusUnprocessableEntity
	}
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: string(code), Fields: fields}
}

// IsTimeout reports whether err says that what was waited for did not come in
// time.
func IsTimeout(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == CodeTimeout
}

// write answers w with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", challenge(p.Code))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone hears nothing
}

// challenge says, as RFC 6750 §3 has it, that a token is needed.
func challenge(code string) string {
	if code == CodeNoToken {
		return `Bearer realm="liaison"`
	}
	return `Bearer realm="liaison", error="invalid_token"`
}
