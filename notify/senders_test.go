package notify

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"mime/quotedprintable"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// mailServer is a real SMTP server that keeps what it takes.
type mailServer struct {
	mu     sync.Mutex
	mails  []string
	to     []string
	refuse bool
}

func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return &mailSession{s}, nil }

type mailSession struct{ s *mailServer }

func (m *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (m *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	if m.s.refuse {
		return &smtp.SMTPError{Code: 550, Message: "nobody of that name"}
	}
	m.s.to = append(m.s.to, to)
	return nil
}
func (m *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	m.s.mails = append(m.s.mails, string(text))
	return err
}
func (m *mailSession) Reset()        {}
func (m *mailSession) Logout() error { return nil }

func startMail(t *testing.T) (s *mailServer, port string) {
	t.Helper()
	s = &mailServer{}
	server := smtp.NewServer(s)
	server.Domain = "mail.example"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return s, port
}

func realPeople(t *testing.T) *people {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return openPeople(t, db)
}

func TestEMailReachesARealServer(t *testing.T) {
	server, port := startMail(t)
	p := realPeople(t)
	m, _, err := p.AddMeans(t.Context(), "park", "mail", "Office mail", Settings{"address": "park@south.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.TestMeans(t.Context(), "park", m.ID); !errors.Is(err, errNotSet) {
		t.Errorf("before it is set up: %v", err)
	}
	var refused *Refusal
	if err := p.SetOffice(t.Context(), "mail", Settings{"host": "127.0.0.1"}); !errors.As(err, &refused) || refused.Code != "setting-missing" {
		t.Errorf("half of the settings: %v", err)
	}
	if err := p.SetOffice(t.Context(), "mail", Settings{"host": "127.0.0.1", "port": port, "security": "none", "from": "liaison@south.example", "password": "geheim"}); err != nil {
		t.Fatal(err)
	}
	if shown, ready, err := p.Office(t.Context(), "mail"); err != nil || !ready || shown["password"] != "" || shown["host"] != "127.0.0.1" {
		t.Errorf("shown: %v %v %v", shown, ready, err)
	}
	if err := p.TestMeans(t.Context(), "park", m.ID); err != nil {
		t.Fatal(err)
	}
	p.waiting = []Waiting{waiting("north/17", office.Flash)}
	p.persons[0].Language = "ko"
	p.now = release.Add(10 * time.Minute)
	p.mustTell(t)
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.mails) != 2 || server.to[1] != "park@south.example" {
		t.Fatalf("it took %d mails for %v", len(server.mails), server.to)
	}
	letter, err := mail.ReadMessage(strings.NewReader(server.mails[1]))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(letter.Body)
	if letter.Header.Get("Importance") != "high" || !strings.HasPrefix(letter.Header.Get("Message-Id"), "<msg_") || letter.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers: %v", letter.Header)
	}
	text := decodeBody(t, letter.Header.Get("Content-Transfer-Encoding"), body)
	for _, want := range []string{"https://south.example/dispatches/north/17", "https://south.example/acknowledge?t=", "3단계 중 2단계", "부소장"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail lacks %q:\n%s", want, text)
		}
	}
	server.refuse = true
	server.mu.Unlock()
	err = p.TestMeans(t.Context(), "park", m.ID)
	server.mu.Lock()
	if err == nil || !strings.Contains(err.Error(), "550") {
		t.Errorf("a refusal of the server: %v", err)
	}
}

func decodeBody(t *testing.T, encoding string, body []byte) string {
	t.Helper()
	switch strings.ToLower(encoding) {
	case "quoted-printable":
		text, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(body)))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	case "base64":
		text, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(body)), ""))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	return string(body)
}

func TestAPersonsWebhookIsSignedAndTakenBack(t *testing.T) {
	p, r := realPeople(t), newReceiver(t)
	m, made, err := p.AddMeans(t.Context(), "park", "webhook", "SMS", Settings{"url": r.URL})
	if err != nil || !strings.HasPrefix(made["secret"], "whsec_") {
		t.Fatal(err, made)
	}
	if r.secret, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(made["secret"], "whsec_")); err != nil {
		t.Fatal(err)
	}
	if err := p.TestMeans(t.Context(), "park", m.ID); !errors.Is(err, errPrivate) {
		t.Errorf("the node itself was asked on behalf of a person: %v", err)
	}
	if err := p.SetOffice(t.Context(), "webhook", Settings{"private": "1"}); err != nil {
		t.Fatal(err)
	}
	p.waiting = []Waiting{waiting("north/1", office.Flash)}
	p.mustTell(t)
	p.waiting = nil
	p.mustTell(t)
	got := r.all()
	if len(got) != 2 || !got[0].good || !got[1].good || got[0].id == got[1].id {
		t.Fatalf("heard %+v", got)
	}
	if !strings.Contains(got[0].body, `"type":"notice","timestamp":"2018-10-15T01:00:00Z"`) || !strings.Contains(got[0].body, `"dispatch":"north/1"`) ||
		!strings.Contains(got[1].body, `"type":"notice.withdrawn"`) {
		t.Errorf("heard %s, then %s", got[0].body, got[1].body)
	}
}

func TestNtfyIsToldOnItsServer(t *testing.T) {
	p := realPeople(t)
	var mu sync.Mutex
	var heard []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+" "+string(body))
	}))
	defer server.Close()
	if _, _, err := p.AddMeans(t.Context(), "park", "ntfy", "", Settings{"topic": "liaison-park"}); err != nil {
		t.Fatal(err)
	}
	if err := p.SetOffice(t.Context(), "ntfy", Settings{"server": server.URL, "token": "tk_1"}); err != nil {
		t.Fatal(err)
	}
	if err := p.SetOffice(t.Context(), "ntfy", Settings{"server": server.URL}); err != nil { // the secret stays
		t.Fatal(err)
	}
	p.waiting = []Waiting{waiting("north/1", office.Flash)}
	p.mustTell(t)
	p.waiting = nil
	p.now = time.Date(2018, 10, 16, 9, 0, 0, 0, time.UTC)
	p.mustTell(t)
	mu.Lock()
	defer mu.Unlock()
	if len(heard) != 2 || !strings.Contains(heard[0], "POST / Bearer tk_1 {") || !strings.Contains(heard[0], `"priority":5`) || !strings.Contains(heard[0], `"topic":"liaison-park"`) ||
		!strings.Contains(heard[0], `"click":"https://south.example/dispatches/north/1"`) || !strings.Contains(heard[0], `"url":"https://south.example/acknowledge?t=`) {
		t.Fatalf("heard %v", heard)
	}
	if heard[1] != "GET /v1/health Bearer tk_1 " {
		t.Errorf("the daily test: %s", heard[1])
	}
}

// browser is a browser with a push service.
type browser struct {
	*httptest.Server
	key  *ecdh.PrivateKey
	auth []byte

	mu     sync.Mutex
	status int
	pushes []push
}

type push struct {
	header http.Header
	body   []byte
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{status: 201, auth: make([]byte, 16)}
	var err error
	if b.key, err = ecdh.P256().GenerateKey(rand.Reader); err != nil {
		t.Fatal(err)
	}
	_, _ = rand.Read(b.auth)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		b.pushes = append(b.pushes, push{r.Header.Clone(), body})
		w.WriteHeader(b.status)
	}))
	t.Cleanup(b.Close)
	return b
}

func (b *browser) subscription() string {
	return fmt.Sprintf(`{"endpoint":%q,"keys":{"auth":%q,"p256dh":%q}}`, b.URL+"/push/abc",
		base64.RawURLEncoding.EncodeToString(b.auth), base64.RawURLEncoding.EncodeToString(b.key.PublicKey().Bytes()))
}

// open decrypts a message as RFC 8291 and RFC 8188 have it.
func (b *browser) open(t *testing.T, body []byte) (m pushed) {
	t.Helper()
	must := func(key []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	salt, size := body[:16], int(body[20])
	public, err := ecdh.P256().NewPublicKey(body[21 : 21+size])
	if err != nil {
		t.Fatal(err)
	}
	shared := must(b.key.ECDH(public))
	info := "WebPush: info\x00" + string(b.key.PublicKey().Bytes()) + string(public.Bytes())
	ikm := must(hkdf.Key(sha256.New, shared, b.auth, info, 32))
	block, err := aes.NewCipher(must(hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	clear := must(aead.Open(nil, must(hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)), body[21+size:], nil))
	clear = bytes.TrimRight(clear, "\x00")
	if err := json.Unmarshal(clear[:len(clear)-1], &m); err != nil || clear[len(clear)-1] != 2 {
		t.Fatalf("%v: %q", err, clear)
	}
	return m
}

// vapid checks the token with which the side shows a push service who it is.
func (b *browser) vapid(t *testing.T, header, key string) {
	t.Helper()
	token, k, _ := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if len(parts) != 3 || k != key {
		t.Fatalf("authorization: %s", header)
	}
	point, err := base64.RawURLEncoding.DecodeString(k)
	if err != nil || len(point) != 65 {
		t.Fatal("the public key: ", err)
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal("the public key: ", err)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		t.Fatal("the signature: ", err)
	}
	hash := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, hash[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("the signature is not that of the key")
	}
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var said struct {
		Aud, Sub string
		Exp      int64
	}
	if err := json.Unmarshal(claims, &said); err != nil || said.Aud != b.URL || said.Sub != "mailto:operator@south.example" || said.Exp < time.Now().Unix() {
		t.Errorf("it claims %s", claims)
	}
}

func TestWebPushIsEncryptedForTheBrowserAndSaysWhoSends(t *testing.T) {
	p, b := realPeople(t), newBrowser(t)
	m, _, err := p.AddMeans(t.Context(), "park", "push", "Telephone", Settings{"subscription": b.subscription()})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.TestMeans(t.Context(), "park", m.ID); !errors.Is(err, errNotSet) {
		t.Errorf("before it is set up: %v", err)
	}
	if err := p.SetOffice(t.Context(), "push", Settings{"contact": "operator@south.example"}); err != nil {
		t.Fatal(err)
	}
	if err := p.TestMeans(t.Context(), "park", m.ID); !errors.Is(err, errPrivate) {
		t.Errorf("a browser has led the node to its own machine: %v", err)
	}
	if err := p.SetOffice(t.Context(), "push", Settings{"contact": "operator@south.example", "private": "1"}); err != nil {
		t.Fatal(err)
	}
	key, err := p.PushKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p.waiting = []Waiting{waiting("north/1", office.Flash)}
	p.mustTell(t)
	p.waiting = nil
	p.mustTell(t)
	if len(b.pushes) != 2 {
		t.Fatalf("pushed %d times", len(b.pushes))
	}
	for i, one := range b.pushes {
		b.vapid(t, one.header.Get("Authorization"), key)
		if one.header.Get("Urgency") != "high" || one.header.Get("Topic") == "" || one.header.Get("TTL") != strconv.Itoa(12*3600) {
			t.Errorf("headers: %v", one.header)
		}
		got := b.open(t, one.body)
		if got.Withdrawn != (i == 1) || got.Tag != "north/1" || !got.Urgent || got.Link != "https://south.example/dispatches/north/1" {
			t.Errorf("told %+v", got)
		}
	}
	b.status = 410
	if err := p.TestMeans(t.Context(), "park", m.ID); err == nil || !strings.Contains(err.Error(), "ended") {
		t.Errorf("a subscription that has ended: %v", err)
	}
	for _, wrong := range []string{`{}`, `{"endpoint":"http://10.0.0.1/","keys":{"auth":"a","p256dh":"b"}}`, `{"endpoint":"file:///etc/passwd","keys":{"auth":"a","p256dh":"b"}}`, "x"} {
		if _, err := subscription(wrong); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
}

func TestNothingOfASecretStandsInTheDatabase(t *testing.T) {
	p := realPeople(t)
	if err := p.SetOffice(t.Context(), "mail", Settings{"host": "mail.example", "port": "25", "security": "tls", "from": "a@b.example", "password": "geheim-7731"}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := p.AddMeans(t.Context(), "park", "ntfy", "", Settings{"topic": "geheim-7732"}); err != nil {
		t.Fatal(err)
	}
	err := p.DB.View(t.Context(), func(tx *sqldb.Tx) error {
		for _, table := range []string{"sender", "means"} {
			var sealed string
			if err := tx.QueryRow(t.Context(), `SELECT sealed FROM `+table).Scan(&sealed); err != nil {
				return err
			}
			if strings.Contains(sealed, "geheim") || !strings.HasPrefix(sealed, "sealed:") {
				t.Errorf("%s holds %s", table, sealed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnErrorOfTheWebHoldsNoAddress(t *testing.T) {
	err := (&url.Error{Op: "Post", URL: "https://hook.example/secret", Err: context.DeadlineExceeded})
	if text := without(err).Error(); strings.Contains(text, "secret") {
		t.Error(text)
	}
}

func TestASettingThatAMeansDoesNotHaveIsRefused(t *testing.T) {
	fields := []Field{{Name: "url", Type: FieldAddress, Required: true}}
	_, err := checkSettings(fields, Settings{"url": "https://south.example/hook", "private": "1"}, nil)
	if refused, is := errors.AsType[*Refusal](err); !is || refused.Code != "setting-wrong" || refused.Detail["field"] != "private" {
		t.Errorf("got %v", err)
	}
}
