package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"liaison.example/office"
)

// hookSender tells a program of the person's choice by a signed request, as the
// webhooks of the side are signed: gateways to SMS and telephones are reached so.
type hookSender struct{ n *Notify }

func (hookSender) Kind() string { return "webhook" }

func (hookSender) Office() []Field { return []Field{{Name: "private", Type: FieldCheck}} }

func (hookSender) Personal() []Field {
	return []Field{{Name: "url", Type: FieldAddress, Required: true}, {Name: "secret", Type: FieldMade}}
}

// Retracts says that what was told is taken back, by "notice.withdrawn".
func (hookSender) Retracts() {}

// ToldPerson is what a webhook of a person is told.
type ToldPerson struct {
	Title      string            `json:"title"` // in the person's language, as Text
	Text       string            `json:"text"`
	Dispatch   *office.EntryID   `json:"dispatch,omitempty"`
	Number     int64             `json:"number,omitempty"`
	From       office.Side       `json:"from,omitempty"`
	Channel    string            `json:"channel,omitempty"`
	Precedence office.Precedence `json:"precedence,omitempty"`
	Mark       office.Mark       `json:"mark,omitempty"`
	Check      *Check            `json:"check,omitempty"`
	Matter     *Matter           `json:"matter,omitempty"`
	Step       int               `json:"step"` // 0: its release, or when a line check is due or called
	Steps      int               `json:"steps"`
	Since      *time.Time        `json:"since,omitempty"` // of the step
	Count      int               `json:"count"`           // of dispatches, or line checks, that it tells of
	Link       string            `json:"link,omitempty"`
	Ack        string            `json:"acknowledge,omitempty"`
}

func (h hookSender) Send(ctx context.Context, to To, n Notice) error {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(to.Personal["secret"], "whsec_"))
	if err != nil || len(secret) == 0 {
		return errSealedMeans
	}
	if checkURL(to.Personal["url"]) != nil {
		return errors.New("its address cannot be read")
	}
	told := ToldPerson{Title: n.Title(to.Language), Text: n.Body(to.Language), Count: n.Count, Link: n.Link, Ack: n.Ack}
	typ := "notice." + string(n.Sort)
	if n.Sort == SortCheck {
		told.From, told.Channel, told.Step, told.Steps, told.Since, told.Check = n.From, n.Channel, n.Step, n.Of, &n.Since, n.Check
	}
	if n.Sort == SortMatter {
		told.From, told.Channel, told.Precedence, told.Mark, told.Since, told.Matter = n.From, n.Channel, n.Precedence, n.Mark, &n.Since, n.Matter
	}
	if n.Sort == SortDispatch {
		typ = "notice"
		told.Dispatch, told.Number, told.From, told.Channel, told.Precedence, told.Mark = &n.Dispatch, n.Number, n.From, n.Channel, n.Precedence, n.Mark
		told.Step, told.Steps, told.Since = n.Step, n.Of, &n.Since
	}
	key := n.Key
	if n.Withdrawn {
		typ, key = "notice.withdrawn", n.Key+"_withdrawn"
	}
	private := to.Office["private"] != ""
	return post(ctx, guard{private: private}, to.Personal["url"], secret, key, h.n.Now(), Event{Type: typ, At: n.At, Data: told})
}
