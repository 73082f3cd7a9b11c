package api

import (
	"encoding/json"
	"errors"
	"net/http"

	"liaison.example/office"
)

// Problem is the answer to a request that was not done, in the form of RFC 9457
// ("application/problem+json"). Detail is a sentence for a person.
//
//	{"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"text-too-long",
//	 "detail":"The text has 70,000 bytes; at most 48,000 are allowed.","fields":{"limit":"48000","size":"70000"}}
type Problem struct {
	Type   string            `json:"type"`
	Title  string            `json:"title"`
	Status int               `json:"status"`
	Code   string            `json:"code"`
	Detail string            `json:"detail"`
	Fields map[string]string `json:"fields,omitempty"`
}

func (p *Problem) Error() string { return p.Detail }

// The codes of problems that are not a refusal of the rules. A refusal bears
// the code of its office.Reason and the status 422.
const (
	CodeBadRequest = "bad-request" // the request cannot be read; the sentence says why
	CodeNotFound   = "not-found"   // there is no such thing here
	CodeTooLarge   = "too-large"   // the request is over MaxBody
	CodeNotYet     = "not-yet"     // an enclosure is not whole here
	CodeTimeout    = "timeout"     // what was waited for did not come in time
	CodeNotDemo    = "not-demo"    // only a demonstration may do this
	CodeTooBusy    = "too-busy"    // more than MaxWaiting requests wait already
	CodeNextTurn   = "next-turn"   // the node is starting anew; nothing was done
	CodeInternal   = "internal"    // ours; the log has more under the reference
)

// statusOf is the one table from codes to HTTP status.
var statusOf = map[string]int{
	CodeBadRequest: http.StatusBadRequest,
	CodeNotFound:   http.StatusNotFound,
	CodeTooLarge:   http.StatusRequestEntityTooLarge,
	CodeNotYet:     http.StatusConflict,
	CodeTimeout:    http.StatusGatewayTimeout,
	CodeNotDemo:    http.StatusForbidden,
	CodeTooBusy:    http.StatusServiceUnavailable,
	CodeNextTurn:   http.StatusServiceUnavailable,
	CodeInternal:   http.StatusInternalServerError,
}

// problem makes a Problem from one of the codes above.
func problem(code, detail string, fields map[string]string) *Problem {
	status := statusOf[code]
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: code, Detail: detail, Fields: fields}
}

// refusal makes a Problem from a refusal of the rules.
func refusal(code office.Reason, sentence string, fields map[string]string) *Problem {
	const status = http.StatusUnprocessableEntity
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: string(code), Detail: sentence, Fields: fields}
}

// IsTimeout reports whether err says that what was waited for did not come in
// time.
func IsTimeout(err error) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == CodeTimeout
}

// write answers w with the problem.
func (p *Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that is gone hears nothing
}
