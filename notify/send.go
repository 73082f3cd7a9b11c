package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The limits of one attempt.
const (
	sendTime  = 15 * time.Second
	maxAnswer = 64 << 10 // bytes of an answer that are read, and thrown away
)

// eventID is the id that a webhook is told of an event under, the same each time.
func eventID(hook int64, event string) string {
	hash := sha256.Sum256([]byte(strconv.FormatInt(hook, 10) + " " + event))
	return "msg_" + hex.EncodeToString(hash[:16])
}

// sign signs what is told as standardwebhooks.com has it: HMAC-SHA256 over the id,
// the time in seconds and the body.
//
//	webhook-id: msg_5b1f0e2a…
//	webhook-timestamp: 1539567000
//	webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
func sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// send tells a webhook of one event. It answered well if with 2xx. An error holds
// nothing of what was told.
func (n *Notify) send(ctx context.Context, hook Webhook, id string, e Event) error {
	if hook.secret == nil {
		return errSealed
	}
	return plainly(post(ctx, hook.guard(), hook.URL, hook.secret, id, n.Now(), e))
}

// post tells an address of one event, signed. It answered well if with 2xx. An
// error holds nothing of what was told.
func post(ctx context.Context, g guard, address string, secret []byte, id string, at time.Time, e Event) error {
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      any       `json:"data"`
	}{e.Type, e.At.UTC(), e.Data})
	if err != nil {
		return fmt.Errorf("write what is told: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("its address cannot be read")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "Liaison")
	request.Header.Set("webhook-id", id)
	request.Header.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
	request.Header.Set("webhook-signature", sign(secret, id, at, body))
	answer, err := g.client().Do(request)
	if err != nil {
		return without(err)
	}
	return answered(answer)
}

// answered reads an answer: it is good if it is 2xx.
func answered(answer *http.Response) error {
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer)) // what it says is of no matter
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}
