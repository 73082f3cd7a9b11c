package notify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"liaison.example/office"
)

// pushSender tells a browser through the push service of its maker, also while no
// page is open (RFC 8030, 8291, 8292). The service sees that something is told, and
// when; not what. The address of a subscription comes from a browser and is asked
// through the guard alone.
type pushSender struct{}

func (pushSender) Kind() string { return "push" }

func (pushSender) Office() []Field {
	return []Field{
		{Name: "contact", Type: FieldText, Required: true}, // an e-mail address or an https address: whom the push service asks
		{Name: "private", Type: FieldCheck},
		{Name: "public-key", Type: FieldMade},
		{Name: "private-key", Type: FieldMade},
	}
}

func (pushSender) Personal() []Field {
	return []Field{{Name: "subscription", Type: FieldHidden, Required: true}}
}

// Retracts says that what was told is taken back: another message takes its place.
func (pushSender) Retracts() {}

// make draws the keys by which push services know this side (VAPID).
func (pushSender) make(s Settings) (fresh bool, err error) {
	if s["private-key"] != "" {
		return false, nil
	}
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		return false, fmt.Errorf("draw the keys for web push: %w", err)
	}
	s["private-key"], s["public-key"] = private, public
	return true, nil
}

// PushKey is the public key that a browser subscribes with.
func (n *Notify) PushKey(ctx context.Context) (string, error) {
	s, err := n.office(ctx, pushSender{}.Kind())
	return s["public-key"], err
}

// pushed is what the service worker of the pages is told (script/push.js).
type pushed struct {
	Title     string `json:"title"`
	Body      string `json:"body"`
	Tag       string `json:"tag"` // a later message with the same takes its place
	Link      string `json:"link,omitempty"`
	Urgent    bool   `json:"urgent,omitempty"`
	Withdrawn bool   `json:"withdrawn,omitempty"`
	Quiet     bool   `json:"quiet,omitempty"`
}

// subscription is what a browser answers when a page subscribes.
func subscription(text string) (*webpush.Subscription, error) {
	s := &webpush.Subscription{}
	if json.Unmarshal([]byte(text), s) != nil || checkURL(s.Endpoint) != nil || s.Keys.Auth == "" || s.Keys.P256dh == "" {
		return nil, errors.New("what the browser has answered cannot be read: set it up again")
	}
	return s, nil
}

func (pushSender) Send(ctx context.Context, to To, n Notice) error {
	if to.Office["contact"] == "" {
		return errNotSet
	}
	s, err := subscription(to.Personal["subscription"])
	if err != nil {
		return err
	}
	tag := n.Key
	if n.Sort.waits() {
		tag = n.Subject // a later step takes the place of the one before
	}
	body, err := json.Marshal(pushed{
		Title: n.Title(to.Language), Body: n.body(to.Language), Tag: tag, Link: n.Link, Urgent: n.urgent(), Withdrawn: n.Withdrawn, Quiet: n.Quiet(),
	})
	if err != nil {
		return fmt.Errorf("write what is told: %w", err)
	}
	urgency := webpush.UrgencyNormal
	if n.urgent() || n.Precedence == office.Immediate {
		urgency = webpush.UrgencyHigh
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	answer, err := webpush.SendNotificationWithContext(ctx, body, s, &webpush.Options{
		HTTPClient: guard{private: to.Office["private"] != ""}.client(), Subscriber: to.Office["contact"], TTL: int((12 * time.Hour).Seconds()), Urgency: urgency,
		Topic: topic(tag), VAPIDPublicKey: to.Office["public-key"], VAPIDPrivateKey: to.Office["private-key"],
	})
	if err != nil {
		return without(err)
	}
	if answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone {
		answer.Body.Close()
		return errEnded
	}
	return answered(answer)
}

var errEnded = errors.New("the browser has ended it: remove it and set it up again in that browser")

// topic makes of a tag what push services take as one: at most 32 letters of
// base64url. They keep the last message of each topic while the browser is away.
func topic(tag string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte(tag))
	if len(text) > 32 {
		text = text[len(text)-32:]
	}
	return text
}
