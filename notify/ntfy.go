package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"liaison.example/lang"
	"liaison.example/office"
)

// ntfySender tells by a server of ntfy (ntfy.sh), one of the side's own or another.
// The server sees what is told, which holds no text of a dispatch. What was sent
// cannot be taken back.
type ntfySender struct{}

func (ntfySender) Kind() string { return "ntfy" }

func (ntfySender) Office() []Field {
	return []Field{{Name: "server", Type: FieldAddress, Required: true}, {Name: "token", Type: FieldSecret}}
}

func (ntfySender) Personal() []Field {
	return []Field{{Name: "topic", Type: FieldText, Required: true}}
}

var ntfyTopic = regexp.MustCompile(`^[-_A-Za-z0-9]{1,64}$`)

func (ntfySender) Send(ctx context.Context, to To, n Notice) error {
	server := strings.TrimSuffix(to.Office["server"], "/")
	if server == "" {
		return errNotSet
	}
	if !ntfyTopic.MatchString(to.Personal["topic"]) {
		return errors.New("a topic has letters, digits, - and _ alone")
	}
	priority := 3
	switch {
	case n.urgent():
		priority = 5
	case n.Precedence == office.Immediate:
		priority = 4
	}
	message := map[string]any{"topic": to.Personal["topic"], "title": n.Title(to.Language), "message": n.body(to.Language), "priority": priority}
	if n.Link != "" {
		message["click"] = n.Link
	}
	if n.Ack != "" {
		message["actions"] = []map[string]any{{"action": "view", "label": lang.T(to.Language, "told.acknowledge"), "url": n.Ack}}
	}
	body, err := json.Marshal(message)
	if err != nil {
		return fmt.Errorf("write what is told: %w", err)
	}
	method, address := http.MethodPost, server
	if n.Quiet() {
		method, address, body = http.MethodGet, server+"/v1/health", nil
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the server cannot be read")
	}
	if to.Office["token"] != "" {
		request.Header.Set("Authorization", "Bearer "+to.Office["token"])
	}
	// An administrator has named the server: it may be within the side's own network.
	answer, err := guard{private: true}.client().Do(request)
	if err != nil {
		return without(err)
	}
	return answered(answer)
}
