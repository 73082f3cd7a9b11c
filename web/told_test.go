package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// hears is a program that a person's webhook tells; each message that it hears
// comes out of the channel.
func hears(t testing.TB) (address string, heard <-chan map[string]any) {
	t.Helper()
	messages := make(chan map[string]any, 16)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var message map[string]any
		if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
			t.Error(err)
		}
		messages <- message
	}))
	t.Cleanup(server.Close)
	return server.URL, messages
}

func TestAPersonSetsUpMeansAndAcknowledgesByALink(t *testing.T) {
	h, south := ours(t)
	address, heard := hears(t)
	boss := client{t: t, url: south.url, cookie: h.account(people.Account{Name: "boss", Person: "Boss", Admin: true})}
	park := client{t: t, url: south.url, cookie: h.account(people.Account{Name: "park", Person: "Park M.", Posts: []office.Post{"duty-officer"}})}
	next := func(typ string) map[string]any {
		t.Helper()
		_, err := h.nodes["south"].Tell(t.Context())
		must(t, err)
		message := <-heard
		if message["type"] != typ {
			t.Fatalf("heard %v, want %s", message, typ)
		}
		return message["data"].(map[string]any)
	}

	park.get("/told").want(t, 200, "Being told", "You have set up no other means", "After 5 min", "nobody who has means", "E-mail", "Web push", "ntfy")
	park.post("/told/senders/webhook", url.Values{"set-private": {"1"}}).want(t, 403)
	boss.get("/told").want(t, 200, "Set up for the side", `name="whom-FLASH-deputy" value="deputies"`)
	boss.post("/told/senders/webhook", url.Values{"set-private": {"1"}}).want(t, 303)
	boss.post("/told/senders/mail", url.Values{"set-host": {"mail.example"}}).want(t, 422, "Something is missing: port")
	boss.post("/told/senders/mail", url.Values{"set-host": {"mail.example"}, "set-port": {"587"}, "set-security": {"tls"}, "set-from": {"a@south.example"}, "set-password": {"geheim"}}).want(t, 303)
	if page := boss.get("/told"); strings.Contains(page.body, "geheim") || !strings.Contains(page.body, `value="mail.example"`) {
		t.Error("the page of the senders shows a secret, or not what is set")
	}
	boss.post("/told/whom", url.Values{"whom-FLASH-head": {"heads @park"}, "whom-FLASH-alarm": {"everybody"}}).want(t, 422, "This cannot be read: everybody")
	boss.post("/told/whom", url.Values{"whom-FLASH-head": {"heads @park"}}).want(t, 303)

	park.post("/told/means", url.Values{"kind": {"webhook"}, "label": {"SMS"}, "set-url": {"http://10.0.0.1/"}}).want(t, 422, "This cannot be read: url")
	park.post("/told/means", url.Values{"kind": {"webhook"}, "label": {"SMS"}, "set-url": {address}}).want(t, 200, "is set up. With this secret", "whsec_")
	page := park.get("/told")
	page.want(t, 200, "SMS", address, "Not tried yet", "<bdi>park</bdi>")
	id := regexp.MustCompile(`/told/means/(\d+)/test`).FindStringSubmatch(page.body)[1]
	park.post("/told/means/"+id+"/test", nil).want(t, 200, "has taken the test")
	<-heard
	boss.post("/told/means/"+id+"/test", nil).want(t, 404)
	boss.post("/told/means/"+id+"/remove", nil).want(t, 404)
	park.post("/told/quiet", url.Values{"from": {"25:00"}, "until": {"06:00"}}).want(t, 422, "This cannot be read: quiet")
	park.post("/told/quiet", url.Values{"from": {"22:00"}, "until": {"06:00"}}).want(t, 303)
	park.get("/told").want(t, 200, `value="22:00"`, `value="06:00"`, "Test: Liaison can tell you by this means", "sent")

	h.send("north", office.Flash, "liaison", "Fire near the line", "A fire.")
	h.level()
	told := next("notice")
	link, err := url.Parse(told["acknowledge"].(string))
	must(t, err)
	if strings.Contains(told["text"].(string)+told["title"].(string), "ire") || link.Host != "south.example" {
		t.Errorf("told %v", told)
	}
	token := link.Query().Get("t")
	nobody := client{t: t, url: south.url}
	nobody.get("/acknowledge?t="+token).want(t, 200, "Acknowledge a dispatch", "FLASH", told["dispatch"].(string), "Park M. · Duty officer")
	nobody.get("/acknowledge?t=x").want(t, 403, "There is no such link")
	nobody.post("/acknowledge", url.Values{"t": {token}}).want(t, 200, "Acknowledged. It stands in the record")
	nobody.post("/acknowledge", url.Values{"t": {token}}).want(t, 403, "This link has been used")
	nobody.get("/acknowledge?t="+token).want(t, 403, "This link has been used")
	next("notice.withdrawn")
	park.get("/told").want(t, 200, "withdrawn", "FLASH: "+told["dispatch"].(string))
	park.post("/told/means/"+id+"/remove", nil).want(t, 303)
	south.get("/worker.js").want(t, 200, "notificationclick")
}
