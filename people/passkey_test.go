package people_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"liaison.example/people"
	"liaison.example/sqldb"
)

var site = siteAt("https://office.example")

func siteAt(address string) *people.Site {
	s, err := people.NewSite("kaesong.example, South", address)
	if err != nil {
		panic(err)
	}
	return s
}

// addPasskey adds a passkey to the account whose session the cookie opens.
func addPasskey(t *testing.T, p *people.People, cookie, name string) *device {
	t.Helper()
	d := newDevice()
	options, err := p.BeginPasskey(t.Context(), site, cookie, from, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AddPasskey(t.Context(), site, cookie, from, name, d.create(t, options)); err != nil {
		t.Fatal(err)
	}
	return d
}

// begin begins a sign-in by passkey.
func begin(t *testing.T, p *people.People) (attempt string, options []byte) {
	t.Helper()
	attempt, options, err := p.BeginSignIn(t.Context(), site, from)
	if err != nil {
		t.Fatal(err)
	}
	return attempt, options
}

// byPasskey signs in with a device.
func byPasskey(t *testing.T, p *people.People, d *device) (people.Session, string, error) {
	t.Helper()
	attempt, options := begin(t, p)
	return p.SignInByPasskey(t.Context(), site, attempt, from, d.sign(t, options))
}

func TestAPersonAddsAPasskeyAndSignsInWithItAlone(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		s, cookie := redeem(t, p, "park")
		if s.Passkeys || !s.Fresh(c.Now()) {
			t.Errorf("got %+v, want no passkey yet, and a fresh proof", s)
		}
		options, err := p.BeginPasskey(ctx, site, cookie, from, "")
		if err != nil {
			t.Fatal(err)
		}
		a := read(t, options).PublicKey
		if a.Selection.ResidentKey != "required" || a.Selection.Verification != "required" || strings.Contains(a.User.ID, b64([]byte("park"))) {
			t.Errorf("the browser is asked for %s", options)
		}
		d := newDevice()
		d.flags |= keepable | kept
		if err := p.AddPasskey(ctx, site, cookie, from, " Telephone ", d.create(t, options)); err != nil {
			t.Fatal(err)
		}
		if l := lastDeed(t, p); l.Deed != people.PasskeyAdded || l.Detail != "Telephone" || l.Whom != "park" || l.By != (people.By{Who: "park", From: from}) {
			t.Errorf("the trail says %+v", l)
		}
		c.turn(time.Hour)
		_, options = begin(t, p)
		if a := read(t, options).PublicKey; len(a.Allow) != 0 || a.Verification != "required" {
			t.Errorf("at sign-in the browser is asked for %s: it tells of passkeys", options)
		}
		s, cookie, err = byPasskey(t, p, d)
		if err != nil || s.Account != "park" || s.Post != "officer" || !s.ByPasskey || s.ByLink || !s.Fresh(c.Now()) {
			t.Fatalf("got %+v, %v", s, err)
		}
		if l := lastDeed(t, p); l.Deed != people.SignedIn || l.Detail != "passkey officer" {
			t.Errorf("the trail says %+v", l)
		}
		if s, err := p.Session(ctx, cookie); err != nil || !s.ByPasskey || !s.Passkeys || !s.Proved.Equal(s.Since) {
			t.Errorf("got %+v, %v", s, err)
		}
		list, err := p.Passkeys(ctx, "park")
		if err != nil || len(list) != 1 || list[0].Name != "Telephone" || !list[0].Kept || !list[0].Made.Equal(opening) || !list[0].LastUsed.Equal(c.Now()) {
			t.Errorf("got %+v, %v", list, err)
		}
		if a, err := p.Account(ctx, "park"); err != nil || a.Passkeys != 1 || a.Password {
			t.Errorf("got %+v, %v", a, err)
		}
	})
}

func TestAnAnswerOfAPasskeyThatDoesNotHoldIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		_, cookie := redeem(t, p, "park")
		d := addPasskey(t, p, cookie, "Telephone")
		_, cookie = redeem(t, p, "choi")
		other := addPasskey(t, p, cookie, "Key")
		attempt, options := begin(t, p)
		_, another := begin(t, p)
		used := d.sign(t, options)
		if _, _, err := p.SignInByPasskey(ctx, site, attempt, from, used); err != nil {
			t.Fatal(err)
		}
		_, _, err := p.SignInByPasskey(ctx, site, attempt, from, used)
		wantRefusal(t, "the same answer again", err, "passkey-late")
		for name, row := range map[string]struct {
			change func(d *device)
			answer func(d *device, options []byte) string
		}{
			"the answer of another attempt": {answer: func(*device, []byte) string { return used }},
			"to another challenge":          {answer: func(d *device, _ []byte) string { return d.sign(t, another) }},
			"another origin":                {change: func(d *device) { d.origin = "https://office.example.evil.example" }},
			"another port":                  {change: func(d *device) { d.origin = "https://office.example:8443" }},
			"plain http":                    {change: func(d *device) { d.origin = "http://office.example" }},
			"another party":                 {change: func(d *device) { d.party = "evil.example" }},
			"nobody was verified":           {change: func(d *device) { d.flags = present }},
			"another account's handle":      {change: func(d *device) { d.handle = other.handle }},
			"no handle":                     {change: func(d *device) { d.handle = nil }},
			"another account's passkey":     {change: func(d *device) { d.id = other.id }},
			"another key":                   {change: func(d *device) { d.key = other.key }},
			"an unknown passkey":            {change: func(d *device) { d.id = []byte("unknown") }},
			"the backup flag has changed":   {change: func(d *device) { d.flags |= keepable }},
			"an answer to make one":         {answer: func(d *device, options []byte) string { return d.create(t, options) }},
			"nothing":                       {answer: func(*device, []byte) string { return "" }},
			"not JSON":                      {answer: func(*device, []byte) string { return "{" }},
			"null":                          {answer: func(*device, []byte) string { return "null" }},
			"too long":                      {answer: func(*device, []byte) string { return strings.Repeat("x", 65<<10) }},
			"two of them":                   {answer: func(d *device, options []byte) string { return d.sign(t, options) + "{}" }},
		} {
			changed := *d
			if row.change != nil {
				row.change(&changed)
			}
			attempt, options := begin(t, p)
			answer := ""
			if row.answer != nil {
				answer = row.answer(&changed, options)
			} else {
				answer = changed.sign(t, options)
			}
			_, cookie, err := p.SignInByPasskey(ctx, site, attempt, from, answer)
			if r := wantRefusal(t, name, err, "passkey-wrong"); len(r.Detail) > 0 || cookie != "" {
				t.Errorf("%s: got %v and the cookie %q", name, r.Detail, cookie)
			}
			_, _, err = p.SignInByPasskey(ctx, site, attempt, from, d.sign(t, options))
			wantRefusal(t, name+": the right answer after that", err, "passkey-late")
		}
		d.count += 100 // whatever was signed above
		attempt, options = begin(t, p)
		c.turn(5 * time.Minute)
		_, _, err = p.SignInByPasskey(ctx, site, attempt, from, d.sign(t, options))
		wantRefusal(t, "too late", err, "passkey-late")
		for _, attempt := range []string{"", "nonsense", cookie} {
			_, _, err = p.SignInByPasskey(ctx, site, attempt, from, used)
			wantRefusal(t, "no attempt", err, "passkey-late")
		}
		if err := p.Suspend(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		c.turn(2 * time.Minute)
		_, _, err = byPasskey(t, p, d)
		wantRefusal(t, "a suspended account", err, "passkey-wrong")
		if l := lastDeed(t, p); l.Deed != people.SignInRefused || l.Whom != "park" {
			t.Errorf("the trail says %+v", l)
		}
		if err := p.Resume(ctx, byOperator, "park"); err != nil {
			t.Fatal(err)
		}
		if _, _, err = byPasskey(t, p, d); err != nil {
			t.Errorf("resumed: %v", err)
		}
	})
}

func TestADeviceThatCountsBackwardsIsRefused(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, park)
		_, cookie := redeem(t, p, "park")
		d := addPasskey(t, p, cookie, "Key")
		twin := *d // with the same key and count
		if _, _, err := byPasskey(t, p, d); err != nil {
			t.Fatal(err)
		}
		_, _, err := byPasskey(t, p, &twin)
		wantRefusal(t, "the twin", err, "passkey-copied")
		if l := lastDeed(t, p); l.Deed != people.PasskeyCopied || l.Whom != "park" || l.By.Who != "" {
			t.Errorf("the trail says %+v", l)
		}
		if _, _, err := byPasskey(t, p, d); err != nil {
			t.Errorf("the true one: %v", err)
		}

		// Many devices do not count at all.
		still := newDevice()
		still.count = 0
		options, err := p.BeginPasskey(t.Context(), site, cookie, from, "")
		if err == nil {
			err = p.AddPasskey(t.Context(), site, cookie, from, "Telephone", still.create(t, options))
		}
		for range 2 {
			if err == nil {
				_, _, err = byPasskey(t, p, still)
			}
		}
		if err != nil {
			t.Errorf("a device that does not count: %v", err)
		}
	})
}

func TestAPasskeyIsAddedByWhoeverBeganItAndWithProof(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		_, cookie := redeem(t, p, "park")
		_, second := redeem(t, p, "park")
		_, others := redeem(t, p, "choi")
		d := newDevice()
		options, err := p.BeginPasskey(ctx, site, cookie, from, "")
		if err != nil {
			t.Fatal(err)
		}
		for name, other := range map[string]string{"another account": others, "another session": second} {
			wantRefusal(t, name, p.AddPasskey(ctx, site, other, from, "x", d.create(t, options)), "passkey-late")
		}
		for _, name := range []string{"", "  ", "two\nlines", "a\u202eb", "\xff", "Рark", strings.Repeat("가", 41)} {
			wantRefusal(t, fmt.Sprintf("%q", name), p.AddPasskey(ctx, site, cookie, from, name, d.create(t, options)), "passkey-name")
		}
		if err := p.AddPasskey(ctx, site, cookie, from, strings.Repeat("가", 40), d.create(t, options)); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, "the same answer again", p.AddPasskey(ctx, site, cookie, from, "x", d.create(t, options)), "passkey-late")
		for name, change := range map[string]func(d *device){
			"another origin":      func(d *device) { d.origin = "https://evil.example" },
			"another party":       func(d *device) { d.party = "evil.example" },
			"nobody was verified": func(d *device) { d.flags = present },
			"one that is there":   func(other *device) { other.id = d.id },
		} {
			changed := newDevice()
			change(changed)
			options, err := p.BeginPasskey(ctx, site, cookie, from, "")
			if err != nil {
				t.Fatal(err)
			}
			wantRefusal(t, name, p.AddPasskey(ctx, site, cookie, from, "x", changed.create(t, options)), "passkey-not-made")
		}
		if options, err = p.BeginPasskey(ctx, site, cookie, from, ""); err != nil || len(read(t, options).PublicKey.Exclude) != 1 {
			t.Errorf("got %s, %v, want the passkey that is there to be left out", options, err)
		}
		c.turn(5 * time.Minute)
		wantRefusal(t, "too late", p.AddPasskey(ctx, site, cookie, from, "x", newDevice().create(t, options)), "passkey-late")

		c.turn(people.ProofFresh)
		_, err = p.BeginPasskey(ctx, site, cookie, from, "")
		wantRefusal(t, "without proof", err, "proof-needed")
		// What was begun to prove who is at the screen adds nothing.
		if options, err = p.BeginProof(ctx, site, cookie); err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, "with the challenge of a proof", p.AddPasskey(ctx, site, cookie, from, "x", newDevice().create(t, options)), "passkey-late")
		_, err = p.BeginPasskey(ctx, site, "nonsense", from, "")
		if !errors.Is(err, people.ErrSessionEnded) {
			t.Errorf("without a session: got %v", err)
		}
	})
}

func TestWithoutAPasswordOnlyAFreshLinkOrAPasskeyProvesWhoIsAtTheScreen(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		_, cookie := redeem(t, p, "choi")
		others := addPasskey(t, p, cookie, "Key")
		_, err := p.BeginProof(ctx, site, func() string { _, c := redeem(t, p, "park"); return c }())
		wantRefusal(t, "a proof without a passkey", err, "passkey-unknown")
		_, cookie = redeem(t, p, "park")
		d := addPasskey(t, p, cookie, "Telephone")
		c.turn(people.ProofFresh)
		all := func() []error {
			_, drawn := p.NewSecret(ctx, cookie, from, "")
			return []error{p.SetPassword(ctx, cookie, from, "", secret), drawn, p.RemoveSecret(ctx, cookie, from, ""), p.RemovePasskey(ctx, cookie, from, "", 1)}
		}
		for _, err := range all() {
			wantRefusal(t, "half an hour later", err, "proof-needed")
		}
		prove := func(d *device) error {
			options, err := p.BeginProof(ctx, site, cookie)
			if err != nil {
				return err
			}
			return p.Prove(ctx, site, cookie, from, d.sign(t, options))
		}
		twin := *d
		wantRefusal(t, "another account's passkey", prove(others), "passkey-wrong")
		if err := prove(d); err != nil {
			t.Fatal(err)
		}
		if l := lastDeed(t, p); l.Deed != people.Proved || l.Whom != "park" {
			t.Errorf("the trail says %+v", l)
		}
		wantRefusal(t, "a twin of the device", prove(&twin), "passkey-copied")
		wantRefusal(t, "an answer to nothing", p.Prove(ctx, site, cookie, from, "{}"), "passkey-late")
		if err := p.SetPassword(ctx, cookie, from, "", secret); err != nil {
			t.Errorf("after the proof: %v", err)
		}
		c.turn(people.ProofFresh)
		wantRefusal(t, "half an hour after the proof", p.SetPassword(ctx, cookie, from, "", secret), "password-wrong")
		c.turn(time.Hour)
		if _, cookie, err = byPasskey(t, p, d); err != nil {
			t.Fatal(err)
		}
		if err := p.SetPassword(ctx, cookie, from, "", secret+"!"); err != nil {
			t.Errorf("just signed in by passkey: %v", err)
		}
	})
}

func TestTheLastMeansOfSignInIsNotRemoved(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		add(t, p, people.Account{Name: "choi", Person: "Choi"})
		_, others := redeem(t, p, "choi")
		_, cookie := redeem(t, p, "park")
		d := addPasskey(t, p, cookie, "Telephone")
		list, err := p.Passkeys(ctx, "park")
		if err != nil || len(list) != 1 {
			t.Fatalf("got %v, %v", list, err)
		}
		id := list[0].ID
		wantRefusal(t, "the only means", p.RemovePasskey(ctx, cookie, from, "", id), "passkey-last")
		wantRefusal(t, "by another account", p.RemovePasskey(ctx, others, from, "", id), "passkey-unknown")
		if err := p.SetPassword(ctx, cookie, from, "", secret); err != nil {
			t.Fatal(err)
		}
		_, opened, err := byPasskey(t, p, d)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.RemovePasskey(ctx, cookie, from, "", id); err != nil {
			t.Fatal(err)
		}
		if l := lastDeed(t, p); l.Deed != people.PasskeyRemoved || l.Detail != "Telephone" {
			t.Errorf("the trail says %+v", l)
		}
		wantEnded(t, p, "the session that it opened", opened)
		wantOpen(t, p, "the session that removed it", cookie)
		_, _, err = byPasskey(t, p, d)
		wantRefusal(t, "the removed passkey", err, "passkey-wrong")
		wantRefusal(t, "to remove it again", p.RemovePasskey(ctx, cookie, from, "", id), "passkey-unknown")
	})
}

func TestPasskeysAndAttemptsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, park)
		_, cookie := redeem(t, p, "park")
		for i := range people.PasskeysPerAccount {
			addPasskey(t, p, cookie, fmt.Sprint("Key ", i))
		}
		_, err := p.BeginPasskey(ctx, site, cookie, from, "")
		wantRefusal(t, "one too many", err, "passkey-many")

		list, _ := p.Passkeys(ctx, "park")
		if got := len(list); got != people.PasskeysPerAccount || !slices.IsSortedFunc(list, func(a, b people.Passkey) int { return a.Made.Compare(b.Made) }) {
			t.Errorf("got %d passkeys", got)
		}
		first, options := begin(t, p)
		d := newDevice()
		for range 64 {
			c.turn(time.Millisecond)
			begin(t, p)
		}
		_, _, err = p.SignInByPasskey(ctx, site, first, from, d.sign(t, options))
		wantRefusal(t, "the first of 65 attempts from one address", err, "passkey-late")
		last, options := begin(t, p)
		for range 64 {
			c.turn(time.Millisecond)
			if _, _, err := p.BeginSignIn(ctx, site, "203.0.113.5"); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err = p.SignInByPasskey(ctx, site, last, from, d.sign(t, options))
		wantRefusal(t, "an attempt from another address than 64 others", err, "passkey-wrong")
	})
}

func TestPasskeysAreForHTTPSAndALocalhostOnly(t *testing.T) {
	for address, want := range map[string]string{
		"https://office.example":          "https://office.example",
		"https://Office.example:443":      "https://office.example",
		"https://office.example:8410/":    "https://office.example:8410",
		"http://localhost:8410":           "http://localhost:8410",
		"http://south.localhost:8410":     "http://south.localhost:8410",
		"http://127.0.0.1:8410":           "http://localhost:8410",
		"http://[::1]:80":                 "http://localhost",
		"http://office.example":           "",
		"https://192.0.2.1":               "",
		"https://127.0.0.1:8410":          "",
		"http://192.0.2.1:8410":           "",
		"http://localhost.example":        "",
		"https://office":                  "",
		"ftp://localhost":                 "",
		"":                                "",
		"https://":                        "",
		"https://연락사무소.example":           "",
		"https://office.example\x00/":     "",
		"http://notlocalhost:8410":        "",
		"https://[2001:db8::1]:8410/path": "",
	} {
		s, err := people.NewSite("x", address)
		if want == "" {
			wantRefusal(t, address, err, "passkey-address")
		} else if err != nil || s.Origin != want {
			t.Errorf("%s: got %v, %v, want %s", address, s, err, want)
		}
	}
}

func TestWhoReadsTheDatabaseCannotSignInByPasskey(t *testing.T) {
	path := t.TempDir() + "/local.db"
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := openPeople(t, db)
	add(t, p, park)
	_, cookie := redeem(t, p, "park")
	d := addPasskey(t, p, cookie, "Telephone")
	attempt, _ := begin(t, p)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil || !bytes.Contains(file, d.id) {
		t.Fatalf("the database holds no passkey: %v", err)
	}
	private, err := d.key.Bytes()
	if err != nil || bytes.Contains(file, private) || bytes.Contains(file, []byte(attempt)) {
		t.Errorf("the database holds a secret: %v", err)
	}
}
