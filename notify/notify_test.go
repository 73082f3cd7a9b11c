package notify

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/seal"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// heard is one attempt as a receiver heard it.
type heard struct {
	id, body string
	good     bool // the signature is right
}

// receiver is a program that hears a webhook.
type receiver struct {
	*httptest.Server
	secret []byte

	mu     sync.Mutex
	status int
	heard  []heard
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{status: 204}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		r.mu.Lock()
		defer r.mu.Unlock()
		seconds, err := time.ParseDuration(q.Header.Get("webhook-timestamp") + "s")
		id := q.Header.Get("webhook-id")
		good := err == nil && sign(r.secret, id, time.Unix(int64(seconds/time.Second), 0), body) == q.Header.Get("webhook-signature")
		r.heard = append(r.heard, heard{id, string(body), good})
		if r.status/100 == 3 {
			w.Header().Set("Location", "/elsewhere")
		}
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *receiver) all() []heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]heard{}, r.heard...)
}

// desk is webhooks with a record that a test grows and a clock that it turns.
type desk struct {
	*Notify
	key    seal.Key
	now    time.Time
	placed map[office.Side]int64
}

func openDesk(t *testing.T, db *sqldb.DB) *desk {
	t.Helper()
	d := &desk{key: seal.Key{1, 2, 3}, now: time.Date(2018, 10, 15, 1, 30, 0, 0, time.UTC), placed: map[office.Side]int64{"south": 2, "north": 1}}
	d.reopen(t, db)
	return d
}

func (d *desk) reopen(t *testing.T, db *sqldb.DB) {
	t.Helper()
	var err error
	d.Notify, err = Open(t.Context(), Config{
		DB: db, Key: d.key, Now: func() time.Time { return d.now }, Log: slog.New(slog.DiscardHandler),
		Placed: func(context.Context) (map[office.Side]int64, error) { return d.placed, nil },
		Describe: func(_ context.Context, id office.EntryID) (Event, error) {
			return Event{Type: "entry.dispatch", At: d.now, Data: map[string]string{"id": id.String()}}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (d *desk) mustPass(t *testing.T) time.Time {
	t.Helper()
	next, err := d.pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func (d *desk) add(t *testing.T, r *receiver) Webhook {
	t.Helper()
	hook, secret, err := d.Add(t.Context(), r.URL, false)
	if err != nil || !strings.HasPrefix(secret, "whsec_") {
		t.Fatal(hook, secret, err)
	}
	r.secret = hook.secret
	return hook
}

func TestAWebhookIsToldOfEachEntryOnceAndInOrder(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		d, r := openDesk(t, db), newReceiver(t)
		d.add(t, r)
		d.mustPass(t)
		if got := r.all(); len(got) != 0 {
			t.Errorf("it was told of what was there before: %v", got)
		}
		d.placed = map[office.Side]int64{"south": 4, "north": 2}
		d.mustPass(t)
		d.mustPass(t)
		d.reopen(t, db) // as after a restart
		d.placed = map[office.Side]int64{"south": 5, "north": 2}
		d.mustPass(t)
		var ids []string
		seen := map[string]bool{}
		for _, h := range r.all() {
			_, rest, _ := strings.Cut(h.body, `"data":{"id":"`)
			id, _, _ := strings.Cut(rest, `"`)
			ids = append(ids, id)
			if !h.good || seen[h.id] || !strings.HasPrefix(h.body, `{"type":"entry.dispatch","timestamp":"2018-10-15T01:30:00Z","data":`) {
				t.Errorf("heard %+v", h)
			}
			seen[h.id] = true
		}
		if got := strings.Join(ids, " "); got != "north/1 south/2 south/3 south/4" {
			t.Errorf("told of %s", got)
		}
	})
}

func TestAWebhookThatFailsIsToldAgainUnderTheSameIDAfterGrowingPauses(t *testing.T) {
	sqldbtest.EachKept(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{Durable: true})
		d, r := openDesk(t, db), newReceiver(t)
		d.add(t, r)
		other := newReceiver(t)
		d.add(t, other)
		d.placed = map[office.Side]int64{"south": 4, "north": 1}
		r.answer(500)
		var pauses []time.Duration
		for range 12 {
			d.reopen(t, db)
			d.mustPass(t)
			hooks, err := d.Webhooks(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range hooks {
				if w.URL == r.URL {
					pauses = append(pauses, w.Next.Sub(d.now))
					if w.Failed != "it answered 500" {
						t.Errorf("why it failed: %q", w.Failed)
					}
				}
			}
			d.mustPass(t) // too early: it is left alone
			d.now = d.now.Add(pauses[len(pauses)-1])
		}
		if pauses[0] != pauseFirst || pauses[1] != 2*pauseFirst || pauses[11] != pauseLongest {
			t.Errorf("the pauses are %v", pauses)
		}
		got := r.all()
		if len(got) != 12 {
			t.Errorf("tried %d times", len(got))
		}
		for _, h := range got {
			if h.id != got[0].id || !h.good {
				t.Errorf("tried with %+v, first with %s", h, got[0].id)
			}
		}
		if n := len(other.all()); n != 2 {
			t.Errorf("one that answers well was told %d times meanwhile", n)
		}
		r.answer(200)
		d.mustPass(t)
		if got := r.all(); len(got) != 14 || got[12].id != got[0].id || got[13].id == got[0].id {
			t.Errorf("when it answers again: %+v", got)
		}
		if hooks, err := d.Webhooks(t.Context()); err != nil || hooks[0].Failures != 0 || hooks[1].Failures != 0 || !hooks[0].Next.IsZero() {
			t.Errorf("afterwards: %+v, %v", hooks, err)
		}
	})
}

func TestNoRedirectIsFollowedAndNoPrivateAddressAsked(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	d, r := openDesk(t, db), newReceiver(t)
	hook := d.add(t, r)
	r.answer(307)
	if err := d.Test(t.Context(), hook.ID); err == nil || err.Error() != "it answered 307" || len(r.all()) != 1 {
		t.Errorf("a redirect: %v, heard %v", err, r.all())
	}
	for _, address := range []string{"https://10.0.0.1/", "https://[fd00::1]/", "https://169.254.169.254/latest", "https://0.0.0.0/", "https://100.64.0.1/"} {
		hook, _, err := d.Add(t.Context(), address, false)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Test(t.Context(), hook.ID); !errors.Is(err, errPrivate) {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, row := range []struct {
		host, ip         string
		public, anywhere bool
	}{
		{"hook.example", "93.184.216.34", true, true},
		{"hook.example", "2606:2800:220:1::1", true, true},
		{"hook.example", "127.0.0.1", false, true},
		{"hook.example", "::1", false, true},
		{"hook.example", "::ffff:10.0.0.1", false, true},
		{"hook.example", "64:ff9b::a00:1", false, true},
		{"hook.example", "192.168.1.1", false, true},
		{"hook.example", "fe80::1", false, true},
		{"hook.example", "224.0.0.1", false, true},
		{"localhost", "127.0.0.1", true, true},
		{"localhost", "10.0.0.1", false, true},
	} {
		for private, want := range map[bool]bool{false: row.public, true: row.anywhere} {
			if got := (&Webhook{Private: private}).guard().allowed(row.host, netip.MustParseAddr(row.ip)); got != want {
				t.Errorf("%s at %s, private %v: %v, want %v", row.host, row.ip, private, got, want)
			}
		}
	}
	for _, address := range []string{"", "hook.example", "http://hook.example/", "ftp://127.0.0.1/", "https://", "https://me:pass@hook.example/", "https://hook.example/#x", "https://hook.example/" + strings.Repeat("x", maxURL)} {
		var refused *Refusal
		if _, _, err := d.Add(t.Context(), address, true); !errors.As(err, &refused) || refused.Code != "webhook-url" {
			t.Errorf("%.40q: %v", address, err)
		}
	}
	if err := d.Remove(t.Context(), hook.ID); err != nil {
		t.Error(err)
	}
	if err := d.Remove(t.Context(), hook.ID); !errors.Is(err, ErrNone) {
		t.Errorf("removed twice: %v", err)
	}
	for range MaxWebhooks - 5 {
		if _, _, err := d.Add(t.Context(), "https://hook.example/", false); err != nil {
			t.Fatal(err)
		}
	}
	var refused *Refusal
	if _, _, err := d.Add(t.Context(), "https://hook.example/", false); !errors.As(err, &refused) || refused.Code != "webhook-many" {
		t.Errorf("one too many: %v", err)
	}
}

// TestTheSignatureIsThatOfTheStandard holds the signature against the example of
// standardwebhooks.com.
func TestTheSignatureIsThatOfTheStandard(t *testing.T) {
	secret, err := base64.StdEncoding.DecodeString("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if got != "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("got %s", got)
	}
}
