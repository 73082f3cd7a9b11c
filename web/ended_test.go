package web

import (
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"liaison.example/people"
)

var (
	formAgain    = regexp.MustCompile(`(?s)<form method="post" action="([^"]+)"( enctype="multipart/form-data")?>(.*?)</form>`)
	againInput   = regexp.MustCompile(`<input [^>]*?name="([^"]*)" value="([^"]*)"`)
	againArea    = regexp.MustCompile(`(?s)<textarea name="([^"]*)"[^>]*>\n(.*?)</textarea>`)
	ruleOfAPage  = regexp.MustCompile(`name="(was|may)" value="([^"]+)"`)
	textOfFields = html.UnescapeString
)

// again is the form of a page that keeps what was sent, and whether it goes as a
// form with files.
func (a answered) again(t *testing.T, action string) (form url.Values, files bool) {
	t.Helper()
	for _, found := range formAgain.FindAllStringSubmatch(a.body, -1) {
		if textOfFields(found[1]) != action {
			continue
		}
		form = url.Values{}
		for _, fields := range []*regexp.Regexp{againInput, againArea} {
			for _, field := range fields.FindAllStringSubmatch(found[3], -1) {
				form.Add(textOfFields(field[1]), textOfFields(field[2]))
			}
		}
		return form, found[2] != ""
	}
	t.Fatalf("the page has no form for %s: %s", action, a.body)
	return nil, false
}

// without is the client in a browser whose session has ended.
func (c client) without() client {
	c.cookie = &http.Cookie{Name: "liaison-south", Value: "ended"}
	return c
}

func TestTheLargestFormsAreKeptWholeWhenTheSessionHasEnded(t *testing.T) {
	_, _, _, head := desk(t)
	rules := url.Values{}
	for _, field := range ruleOfAPage.FindAllStringSubmatch(head.get("/rules").body, -1) {
		rules.Add(field[1], textOfFields(field[2]))
	}
	if n := len(rules["was"]) + len(rules["may"]); n < 200 {
		t.Fatalf("the table has %d fields", n)
	}
	charter := url.Values{"note": {"Before the season of drift."}, "amends": {"x"}, "ladders": {"FLASH 5 alarm\nIMMEDIATE 9 head"}}
	for channel := range 40 {
		for _, name := range []string{"channel", "name-en", "name-ko", "purpose-en", "purpose-ko", "hours-1", "checks-1", "texts"} {
			charter.Set(fmt.Sprintf("%s-%d", name, channel), fmt.Sprintf("%s “%d” & 선박", name, channel))
		}
	}
	for path, form := range map[string]url.Values{"/rules": rules, "/charter/propose": charter} {
		ended := head.without().post(path, form)
		ended.want(t, 403, "Your session has ended; nothing is lost")
		if kept, _ := ended.again(t, path); !reflect.DeepEqual(kept, form) {
			t.Errorf("%s: kept %v, want %v", path, kept, form)
		}
	}
	// Nobody makes the node keep fields without number.
	head.without().post("/rules", url.Values{"may": make([]string, 60_000)}).want(t, 400)
	head.without().upload(url.Values{"may": make([]string, 60_000)}).want(t, 413)
	head.post("/rules", rules).want(t, 303)
}

func TestWhatWasTypedIsKeptWhenTheSessionEndsWhileFilesAreEnclosed(t *testing.T) {
	h, south := ours(t)
	form := dispatchForm("조사단 <명단>", "First.\n\nSecond & last.")
	ended := south.without().upload(form, [2]string{"map.txt", strings.Repeat("river\n", 100_000)})
	ended.want(t, 403, "nothing is lost", "choose them again")
	kept, files := ended.again(t, "/enclosures")
	if !files || !reflect.DeepEqual(kept, form) {
		t.Fatalf("kept %v (with files: %v), want %v", kept, files, form)
	}
	south.upload(kept).want(t, 200, "조사단 &lt;명단&gt;", "Second &amp; last.")
	south.without().send("POST", "/enclosures", "multipart/form-data; boundary=x", strings.NewReader("no parts")).want(t, 403)

	nobody := south
	nobody.cookie = h.account(people.Account{Name: "no-post", Person: "No post"})
	nobody.upload(form).want(t, 403, "Your account has no post")
}

// What a page reads of a session it may read when that has just been ended: by
// another window, or by an administrator.
func TestAPageWhoseSessionEndsWhileItIsMadeSaysSo(t *testing.T) {
	h, south := ours(t)
	s, err := newSite(Config{Node: h.nodes["south"], Now: h.now, Log: slog.New(slog.DiscardHandler), Version: "0.1", Address: south.url, Name: "kaesong.example, south"})
	must(t, err)
	server := httptest.NewServer(s.answer(route{pattern: "GET /account", access: signedIn, handle: func(s *site, v *visit) error {
		must(t, h.nodes["south"].People().RevokePost(t.Context(), "duty-officer"))
		return s.account(v)
	}}))
	t.Cleanup(server.Close)
	south.url = server.URL
	south.get("/account").want(t, 403, "Your session has ended")
}
