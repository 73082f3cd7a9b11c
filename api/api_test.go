package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"liaison.example/api"
	"liaison.example/lang"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

var discard = slog.New(slog.DiscardHandler)

// serve puts the routes of a node on a socket and returns the socket's path.
func serve(t *testing.T, n *node.Node, change func(*api.Config)) string {
	t.Helper()
	c := api.Config{
		Node: n, Log: discard, Now: time.Now,
		Say:     say,
		Alarmed: func(_ string, a node.Alarm) string { return a.Code },
		SignIn:  func(token string) string { return "http://pages/sign-in?t=" + token },
		Feed:    func(token string) string { return "http://pages/feed/" + token + ".ics" },
		Backup:  func(context.Context, io.Writer) error { return errors.New("no backup here") },
		Admit:   func(context.Context, string) error { return errors.New("this is not a credence") },
	}
	if change != nil {
		change(&c)
	}
	path := filepath.Join(t.TempDir(), "liaison.sock")
	l, err := api.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	s := api.Server(api.New(c), c.Log)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	return path
}

// say gives the words of package lang, as the program does.
func say(languages, code string, detail map[string]string) string {
	var args []any
	for name, value := range detail {
		args = append(args, name, value)
	}
	if key, ok := lang.RefusalKey(code, detail); ok {
		return lang.T(lang.Match(languages), key, args...)
	}
	return "no words for " + code
}

// two opens an office of two sides and a client of each node.
func two(t *testing.T) (o *liaisontest.Office, south, north *api.Client) {
	t.Helper()
	o = liaisontest.Open(t, "north", "south")
	return o, client(t, serve(t, o.Nodes["south"], nil)), client(t, serve(t, o.Nodes["north"], nil))
}

func client(t *testing.T, path string) *api.Client {
	c := api.Dial(path)
	t.Cleanup(c.Close)
	return c
}

var test = api.NewDispatch{Channel: "liaison", Precedence: office.Routine, Subject: "Test 시험", Text: "가나다 ABC 123", By: "duty-officer"}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

func TestADispatchIsSentReceivedAndAcknowledged(t *testing.T) {
	_, south, north := two(t)
	ctx := t.Context()

	sent, err := south.Send(ctx, test, patience)
	if err != nil {
		t.Fatal(err)
	}
	if sent.State != api.Received || sent.Number != 1 || sent.ID.Side != "south" || len(sent.To) != 1 || sent.To[0] != "north" {
		t.Errorf("sent: %+v", sent)
	}
	shown, err := south.Dispatch(ctx, sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	if shown.Text != test.Text || len(shown.Receipts) != 1 || shown.Receipts[0].By != "north" || !strings.Contains(shown.Receipts[0].Note, "kaesong.example/north/mirror") {
		t.Errorf("shown: %+v", shown)
	}

	if _, err := north.WaitStatus(ctx, "equal", patience); err != nil { // the receipt goes out before north folds
		t.Fatal(err)
	}
	waiting, err := south.Entry(ctx, sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	for where, silences := range map[string][]api.Silence{"the dispatch": shown.Silences, "the entry": waiting.Silences} {
		if len(silences) != 1 || silences[0].About != sent.ID || silences[0].To != "north" || silences[0].Awaits != office.AwaitsAcknowledgement || silences[0].Cause == "" {
			t.Errorf("%s says of the silence of north: %+v", where, silences)
		}
	}
	page, err := north.Dispatches(ctx, api.Query{State: api.WaitsForAny})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Dispatches) != 1 || page.Dispatches[0].ID != sent.ID || page.Dispatches[0].State != api.Received || page.Dispatches[0].Text != "" || page.Dispatches[0].Silences != nil {
		t.Errorf("north's list: %+v", page)
	}
	if _, err := north.Acknowledge(ctx, sent.ID, "duty-officer"); err != nil {
		t.Fatal(err)
	}
	if _, err := north.WaitStatus(ctx, "equal", patience); err != nil {
		t.Fatal(err)
	}
	if _, err := south.WaitStatus(ctx, "equal", patience); err != nil {
		t.Fatal(err)
	}
	for side, c := range map[string]*api.Client{"south": south, "north": north} {
		d, err := c.Dispatch(ctx, sent.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d.State != api.Acknowledged || len(d.Acknowledged) != 1 || d.Acknowledged[0].Side != "north" || !d.Settled || d.Silences != nil {
			t.Errorf("%s shows %+v", side, d)
		}
	}
	entry, err := north.Entry(ctx, sent.ID)
	if err != nil {
		t.Fatal(err)
	}
	if entry.Kind != office.KindDispatch || entry.Place == 0 || entry.Silences != nil || !strings.Contains(entry.Leaf, `"subject":"Test 시험"`) {
		t.Errorf("entry: %+v", entry)
	}
	last, err := north.Record(ctx, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	record := last.Entries
	if len(record) != 2 || record[0].Place != record[1].Place+1 || record[1].ID != sent.ID {
		t.Errorf("record: %+v", record)
	}
}

func TestADispatchThatIsNotReceivedInTimeIsQueued(t *testing.T) {
	o, south, _ := two(t)
	o.Wire.Cut("south", "north")
	sent, err := south.Send(t.Context(), test, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if sent.State != api.Queued {
		t.Errorf("state %q, want queued", sent.State)
	}
	_, err = south.WaitStatus(t.Context(), "received", 50*time.Millisecond)
	if !api.IsTimeout(err) {
		t.Errorf("waiting for what cannot come: %v", err)
	}
	o.Wire.Mend("south", "north")
	if _, err := south.WaitStatus(t.Context(), "equal", patience); err != nil {
		t.Fatal(err)
	}
	if d, err := south.Dispatch(t.Context(), sent.ID); err != nil || d.State != api.Received {
		t.Errorf("after the line was mended: %+v, %v", d, err)
	}
}

func TestRefusalsBearACodeAndASentence(t *testing.T) {
	_, south, _ := two(t)
	with := func(change func(*api.NewDispatch)) func() error {
		d := test
		change(&d)
		return func() error { _, err := south.Send(t.Context(), d, 0); return err }
	}
	id := office.EntryID{Side: "south", Index: 99}
	for _, row := range []struct {
		name   string
		do     func() error
		status int
		code   string
		says   string
	}{
		{"an unknown channel", with(func(d *api.NewDispatch) { d.Channel = "nowhere" }), 422, string(office.ChannelUnknown), "nowhere"},
		{"itself as addressee", with(func(d *api.NewDispatch) { d.To = []office.Side{"south"} }), 422, string(office.WrongAddressee), "south"},
		{"a text that is too long", with(func(d *api.NewDispatch) { d.Text = strings.Repeat("x", office.MaxText+1) }), 422, string(office.TooLong), "40001"},
		{"a post that is not there", with(func(d *api.NewDispatch) { d.By = "gardener" }), 422, string(office.PostUnknown), "gardener"},
		{"a request over the limit", with(func(d *api.NewDispatch) { d.Text = strings.Repeat("x", api.MaxBody) }), 413, api.CodeTooLarge, "at most 1048576 bytes"},
		{"an acknowledgement of nothing", func() error { _, err := south.Acknowledge(t.Context(), id, "duty-officer"); return err }, 404, string(office.DispatchUnknown), "south/99"},
		{"a dispatch that is not there", func() error { _, err := south.Dispatch(t.Context(), id); return err }, 404, api.CodeNotFound, "south/99"},
		{"an entry that is not there", func() error { _, err := south.Entry(t.Context(), id); return err }, 404, api.CodeNotFound, "south/99"},
		{"a disclosure of nothing", func() error { _, err := south.Disclosure(t.Context(), id); return err }, 404, api.CodeNotFound, "south/99"},
		{"a link for a post that is not there", func() error { _, err := south.SignInLink(t.Context(), "gardener", 0); return err }, 404, api.CodeNotFound, "gardener"},
		{"a link for ever", func() error { _, err := south.SignInLink(t.Context(), "head", 1000*24*time.Hour); return err }, 400, api.CodeBadRequest, "30 days"},
		{"an alarm that is not there", func() error { return south.ClearAlarm(t.Context(), 7, "head") }, 404, api.CodeNotFound, "7"},
		{"a line to nobody", func() error { return south.CutLine(t.Context(), "west", true) }, 404, api.CodeNotFound, "west"},
		{"a list that is too long", func() error { _, err := south.Dispatches(t.Context(), api.Query{Limit: 501}); return err }, 400, api.CodeBadRequest, "1 to 500"},
		{"a place that no list gave", func() error { _, err := south.Dispatches(t.Context(), api.Query{Cursor: "x"}); return err }, 400, api.CodeBadRequest, "cursor"},
		{"a precedence that there is not", func() error { _, err := south.Dispatches(t.Context(), api.Query{Precedence: "URGENT"}); return err }, 400, api.CodeBadRequest, "URGENT"},
		{"a wait that is too long", func() error { _, err := south.Send(t.Context(), test, 2*time.Hour); return err }, 400, api.CodeBadRequest, "at most 1h"},
		{"a state that there is not", func() error { _, err := south.WaitStatus(t.Context(), "happy", time.Second); return err }, 400, api.CodeBadRequest, "happy"},
		{"no credence", func() error { return south.Admit(t.Context(), "hello") }, 400, api.CodeBadRequest, "not a credence"},
		{"no charter", func() error { _, err := south.Propose(t.Context(), api.NewProposal{By: "head"}); return err }, 400, api.CodeBadRequest, "charter"},
		{"a fault of ours", func() error { return south.Backup(t.Context(), io.Discard) }, 500, api.CodeInternal, "reference"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p *api.Problem
			if err := row.do(); !errors.As(err, &p) {
				t.Fatalf("got %v, want a problem", err)
			}
			if p.Status != row.status || p.Code != row.code || !strings.Contains(p.Detail, row.says) {
				t.Errorf("got %d %s %q, want %d %s and %q in the sentence", p.Status, p.Code, p.Detail, row.status, row.code, row.says)
			}
		})
	}
}

// ask sends a raw request to a socket.
func ask(t *testing.T, path, method, target, body string) (status int, answer string) {
	t.Helper()
	h := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	r, err := http.NewRequestWithContext(t.Context(), method, "http://node"+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.Header.Get("Content-Type"); a.StatusCode >= 400 && a.StatusCode != 405 && got != "application/problem+json" {
		t.Errorf("%s %s is answered with %d as %s", method, target, a.StatusCode, got)
	}
	return a.StatusCode, string(text)
}

func TestRequestsThatCannotBeReadAreRefused(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	path := serve(t, o.Nodes["south"], nil)
	for _, row := range []struct {
		method, target, body string
		status               int
		says                 string
	}{
		{"GET", "/v1/status", "", 404, "no such route"},
		{"GET", "/", "", 404, "no such route"},
		{"POST", "/api/v1/dispatches", "", 400, "The body is empty"},
		{"POST", "/api/v1/dispatches", `{"chanel":"liaison"}`, 400, "has “chanel”, which this request does not know"},
		{"POST", "/api/v1/dispatches", "{\"a\\u202eb\":1}", 400, "has “a\ufffdb”, which"},
		{"POST", "/api/v1/dispatches", `{"enclosures":[{"weight":1}]}`, 400, "has “enclosures/0/weight”, which"},
		{"POST", "/api/v1/dispatches", `{} {}`, 400, "after its end"},
		{"POST", "/api/v1/dispatches", `{"to":"south"}`, 400, "“to” in the body must be a list"},
		{"POST", "/api/v1/dispatches", `{"to":["south",7]}`, 400, "“to/1” in the body must be a text"},
		{"POST", "/api/v1/dispatches", `{"subject":7}`, 400, "“subject” in the body must be a text"},
		{"POST", "/api/v1/dispatches", `{"subject":["a"]}`, 400, "“subject” in the body must be a text"},
		{"POST", "/api/v1/dispatches/north/1/consideration", `{"until":"soon"}`, 400, "“until” in the body must be a text with a time"},
		{"POST", "/api/v1/watch", `{"until":7}`, 400, "“until” in the body must be a text with a time"},
		{"POST", "/api/v1/dispatches", `{"references":["first"]}`, 400, "“references/0” in the body does not have the form"},
		{"POST", "/api/v1/dispatches", `{"subject":"a",}`, 400, "at byte 15 it is not sound JSON"},
		{"POST", "/api/v1/dispatches", `{"subject":"\ud800"}`, 400, "at byte 13 it is not sound JSON"},
		{"POST", "/api/v1/dispatches", `{"subject":"a"`, 400, "ends before its JSON is whole"},
		{"POST", "/api/v1/dispatches", `{"subject":"a","subject":"b"}`, 400, "“subject” stands twice"},
		{"POST", "/api/v1/dispatches", `[]`, 400, "must be a JSON object"},
		{"POST", "/api/v1/dispatches", `null`, 400, "must be a JSON object"},
		{"POST", "/api/v1/dispatches", strings.Repeat("[", 20_000), 400, "must be a JSON object"},
		{"POST", "/api/v1/dispatches", `{"to":` + strings.Repeat("[", 20_000), 400, "“to/0” in the body must be a text"},
		{"POST", "/api/v1/dispatches", `{"chanel":` + strings.Repeat("[", 20_000), 400, "has “chanel”"},
		{"GET", "/api/v1/dispatches/South/1", "", 400, "not an entry id"},
		{"GET", "/api/v1/dispatches/south/01", "", 400, "not an entry id"},
		{"GET", "/api/v1/entries?cursor=-1", "", 400, "cursor"},
		{"GET", "/api/v1/entries?limit=many", "", 400, "limit"},
		{"GET", "/api/v1/status?wait=ready", "", 400, "timeout"},
		{"POST", "/api/v1/alarms/first/clear", "{}", 400, "not the number"},
		{"DELETE", "/api/v1/status", "", 405, "but with GET"},
		{"PUT", "/api/v1/dispatches", "{}", 405, "but with GET, POST"},
		{"GET", "/api/v1/dispatches?presedence=FLASH", "", 400, "knows no presedence"},
		{"GET", "/api/v1/dispatches?from=north&from=south", "", 400, "from stands twice"},
		{"GET", "/api/v1/dispatches?from=%zz", "", 400, "cannot be read"},
		{"POST", "/api/v1/dispatches/north/1/acknowledgement", "{}", 400, "Name the post"},
	} {
		status, answer := ask(t, path, row.method, row.target, row.body)
		if status != row.status || !strings.Contains(answer, row.says) || strings.Contains(answer, "json: ") || strings.Contains(answer, "Go ") {
			t.Errorf("%s %s %.80s: got %d %s, want %d with %q", row.method, row.target, row.body, status, answer, row.status, row.says)
		}
	}
}

func TestTheCharterIsAmendedByConsent(t *testing.T) {
	_, south, north := two(t)
	ctx := t.Context()
	now, err := south.Charter(ctx)
	if err != nil {
		t.Fatal(err)
	}
	changed := *now.Charter
	changed.Channels = append(changed.Channels, office.Channel{ID: "maritime", Name: office.Words{"en": "Maritime"}, Purpose: office.Words{"en": "Ships."}})
	if _, err := south.Propose(ctx, api.NewProposal{Charter: &changed, Note: "Ships.", By: "head"}); err != nil {
		t.Fatal(err)
	}
	if _, err := south.WaitStatus(ctx, "equal", patience); err != nil {
		t.Fatal(err)
	}
	proposed, err := north.Charter(ctx)
	if err != nil || len(proposed.Proposals) != 1 || proposed.Proposals[0].Hash != office.HashCharter(&changed) {
		t.Fatalf("north sees %+v, %v", proposed.Proposals, err)
	}
	if _, err := north.Agree(ctx, api.Agreement{Hash: proposed.Proposals[0].Hash, By: "head"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*api.Client{north, south} {
		if _, err := c.WaitStatus(ctx, "equal", patience); err != nil {
			t.Fatal(err)
		}
	}
	if now, err = south.Charter(ctx); err != nil || now.Hash != office.HashCharter(&changed) || now.Proposals[0].State != "in-force" {
		t.Errorf("in force at south: %+v, %v", now, err)
	}
}

func TestPostsAreAccreditedAndEnded(t *testing.T) {
	_, south, _ := two(t)
	ctx := t.Context()
	_, err := south.Accredit(ctx, api.NewPost{Post: "interpreter", Name: office.Words{"en": "Interpreter"}, Role: "interpreter", Languages: []string{"ko", "en"}, By: "head"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := south.SignInLink(ctx, "interpreter", time.Hour)
	if err != nil || !strings.HasPrefix(link.URL, "http://pages/sign-in?t=") || time.Until(link.Expires) > time.Hour {
		t.Errorf("link: %+v, %v", link, err)
	}
	if _, err := south.EndPost(ctx, "interpreter", "head"); err != nil {
		t.Fatal(err)
	}
	posts, err := south.Posts(ctx)
	if err != nil {
		t.Fatal(err)
	}
	ended := map[string]bool{}
	for _, p := range posts {
		ended[p.Side+"/"+p.Post] = p.Ended
	}
	if len(posts) != 5 || !ended["south/interpreter"] || ended["south/head"] || ended["north/duty-officer"] {
		t.Errorf("posts: %+v", posts)
	}
	if _, err := south.SignInLink(ctx, "interpreter", time.Hour); err == nil {
		t.Error("a post that has ended gets a sign-in link")
	}
}

func TestAccountsAreAddedChangedAndSuspended(t *testing.T) {
	_, south, _ := two(t)
	ctx := t.Context()
	a, err := south.AddAccount(ctx, api.NewAccount{Name: "park", Person: "Park", Posts: []office.Post{"head"}})
	if err != nil || a.Name != "park" || a.Admin || a.Suspended != nil || a.Made.IsZero() {
		t.Errorf("added: %+v, %v", a, err)
	}
	var p *api.Problem
	for want, act := range map[string]func() error{
		"account-exists":  func() error { _, err := south.AddAccount(ctx, api.NewAccount{Name: "park", Person: "x"}); return err },
		"account-unknown": func() error { _, err := south.SuspendAccount(ctx, "nobody"); return err },
		api.CodeNotFound: func() error {
			_, err := south.ChangeAccount(ctx, "park", api.AccountChange{Posts: &[]office.Post{"gardener"}})
			return err
		},
		api.CodeBadRequest: func() error { _, err := south.AccountLink(ctx, "park", 31*24*time.Hour); return err },
	} {
		if err := act(); !errors.As(err, &p) || p.Code != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	admin := true
	if a, err = south.ChangeAccount(ctx, "park", api.AccountChange{Admin: &admin}); err != nil || !a.Admin || len(a.Posts) != 1 || a.Person != "Park" {
		t.Errorf("changed: %+v, %v", a, err)
	}
	if link, err := south.AccountLink(ctx, "park", time.Hour); err != nil || link.Account != "park" || !strings.HasPrefix(link.URL, "http://pages/sign-in?t=") {
		t.Errorf("link: %+v, %v", link, err)
	}
	if a, err = south.SuspendAccount(ctx, "park"); err != nil || a.Suspended == nil {
		t.Errorf("suspended: %+v, %v", a, err)
	}
	if a, err = south.ResumeAccount(ctx, "park"); err != nil || a.Suspended != nil {
		t.Errorf("resumed: %+v, %v", a, err)
	}
	if accounts, err := south.Accounts(ctx); err != nil || len(accounts) != 1 {
		t.Errorf("accounts: %+v, %v", accounts, err)
	}
	trail, err := south.Trail(ctx, "", 2)
	if lines := trail.Lines; err != nil || len(lines) != 2 || lines[0].What != "account-resumed" || lines[0].Who != "operator" || lines[0].Whom != "park" {
		t.Errorf("trail: %+v, %v", trail, err)
	}
	if trail, err = south.Trail(ctx, trail.Next, 50); err != nil || len(trail.Lines) != 3 || trail.Next != "" {
		t.Errorf("the rest of the trail: %+v, %v", trail, err)
	}
}

func TestABackupThatBreaksOffIsNoticed(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	half := func(_ context.Context, w io.Writer) error {
		if _, err := w.Write([]byte("the first half")); err != nil {
			return err
		}
		return errors.New("the disk is gone")
	}
	whole := func(_ context.Context, w io.Writer) error {
		_, err := w.Write([]byte("the whole"))
		return err
	}
	var got bytes.Buffer
	c := client(t, serve(t, o.Nodes["south"], func(c *api.Config) { c.Backup = half }))
	if err := c.Backup(t.Context(), &got); err == nil {
		t.Error("half a backup is taken for a whole one")
	}
	got.Reset()
	c = client(t, serve(t, o.Nodes["south"], func(c *api.Config) { c.Backup = whole }))
	if err := c.Backup(t.Context(), &got); err != nil || got.String() != "the whole" {
		t.Errorf("got %q, %v", got.String(), err)
	}
}

func TestTheSocketIsForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "liaison.sock")
	l, err := api.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if _, err := api.ListenSocket(path); err == nil || !strings.Contains(err.Error(), "another process already listens") {
		t.Errorf("a second listener: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after closing the socket is still there: %v", err)
	}

	// A file in the way is left alone; a socket that a killed process left is not.
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := api.ListenSocket(path); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("over a file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false)
	dead.Close()
	if l, err = api.ListenSocket(path); err != nil {
		t.Fatalf("over a dead socket: %v", err)
	}
	l.Close()
}

func TestASocketMayLieDeepInTheFolders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("deep/", 30))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "liaison.sock")
	l, err := api.ListenSocket(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = s.Serve(l) }()
	defer s.Close()
	_, err = client(t, path).Status(t.Context())
	if err == nil || errors.Is(err, api.ErrNotRunning) {
		t.Errorf("asked a socket with a path of %d bytes: %v", len(path), err)
	}
}

func TestANodeThatDoesNotRunIsNamedAsSuch(t *testing.T) {
	c := client(t, filepath.Join(t.TempDir(), "liaison.sock"))
	if _, err := c.Status(t.Context()); !errors.Is(err, api.ErrNotRunning) {
		t.Errorf("got %v", err)
	}
	if _, err := c.WaitStatus(t.Context(), api.Running, 80*time.Millisecond); !api.IsTimeout(err) {
		t.Errorf("waiting for it: %v", err)
	}
}
