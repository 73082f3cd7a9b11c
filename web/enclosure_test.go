package web

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"liaison.example/enclosure"
	"liaison.example/ledger"
	"liaison.example/office"
)

// upload posts a form with files, as a browser does.
func (c client) upload(form url.Values, files ...[2]string) answered {
	c.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, values := range form {
		for _, value := range values {
			if err := w.WriteField(name, value); err != nil {
				c.t.Fatal(err)
			}
		}
	}
	for _, file := range files {
		part, err := w.CreateFormFile("file", file[0])
		if err != nil {
			c.t.Fatal(err)
		}
		if _, err := io.WriteString(part, file[1]); err != nil {
			c.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		c.t.Fatal(err)
	}
	return c.send("POST", "/enclosures", w.FormDataContentType(), &body)
}

var enclosedField = regexp.MustCompile(`name="enclosed" value="([^"]+)" checked`)

// enclosedFields are the files that a writing page holds.
func enclosedFields(page string) (values []string) {
	for _, found := range enclosedField.FindAllStringSubmatch(page, -1) {
		values = append(values, strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&amp;", "&").Replace(found[1]))
	}
	return values
}

const webPage = "<!doctype html><script>alert(1)</script>"

func TestFilesAreEnclosedWithoutScriptAndWhatWasTypedIsKept(t *testing.T) {
	h, south, north := pair(t)
	form := dispatchForm("A subject that is kept", "A text that is kept")
	first := south.upload(form, [2]string{"상류 지도.txt", "가나다\n"}, [2]string{"levels.csv", "a,b\n1,2\n"})
	first.want(t, 200, "A subject that is kept", "A text that is kept", "상류 지도.txt", "levels.csv", "table (CSV)", "SHA-256")
	form["enclosed"] = enclosedFields(first.body)
	if len(form["enclosed"]) != 2 {
		t.Fatalf("the page holds %q", form["enclosed"])
	}
	for _, bad := range [][2]string{{"letter.txt", webPage}, {"drawing.png", `<svg onload="alert(1)"/>`}, {"tool.exe", "MZ"}, {"evil\u202egnp.txt", "x"}, {"рlan.txt", "x"}} {
		refused := south.upload(form, bad)
		refused.want(t, 422, "A subject that is kept", "A text that is kept", "상류 지도.txt", "levels.csv", `role="alert"`)
		if len(enclosedFields(refused.body)) != 2 {
			t.Errorf("%s: the page holds %q", bad[0], enclosedFields(refused.body))
		}
	}
	form.Set("file", "forgotten.pdf")
	south.post("/dispatches", form).want(t, 422, "“forgotten.pdf” was chosen and is not enclosed yet", "A text that is kept", "levels.csv")
	form.Del("file")
	form.Set("subject", " ")
	south.post("/dispatches", form).want(t, 422, "A text that is kept", "상류 지도.txt", "levels.csv")
	form.Set("subject", "A subject that is kept")
	form.Set("once", newKey()) // a draft was begun under the other
	sent := south.post("/dispatches", form)
	at := sent.header.Get("Location")
	if sent.status != http.StatusSeeOther || at == "" {
		t.Fatalf("released with %d to %q: %s", sent.status, at, sent.body)
	}
	h.eventually("the files at north", func() bool {
		return strings.Count(north.get(at).body, "here, whole and checked") == 2
	})
	h.eventually("the word of north at south", func() bool {
		return strings.Count(south.get(at).body, "stored by the node of North") == 2
	})
	got := north.get(at + "/enclosures/1")
	got.want(t, 200)
	if got.body != "가나다\n" {
		t.Errorf("got %q", got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
		"Content-Disposition": `attachment; filename="__ __.txt"; filename*=UTF-8''%EC%83%81%EB%A5%98%20%EC%A7%80%EB%8F%84.txt`,
	} {
		if got := got.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	north.get(at+"/enclosures/3").want(t, 404)
}

func TestAFileThatIsTooLargeOrSwellsIsRefusedAndNothingTypedIsLost(t *testing.T) {
	_, south := ours(t)
	form := dispatchForm("A subject that is kept", "A text that is kept")
	form["enclosed"] = enclosedFields(south.upload(form, [2]string{"levels.csv", "a,b\n1,2\n"}).body)
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	_, err := io.CopyN(packed, zeros{}, 32<<20)
	must(t, errors.Join(err, packed.Close()))
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"a", "b"} {
		w, err := z.Create(name)
		must(t, err)
		_, err = io.CopyN(w, zeros{}, 16<<20)
		must(t, err)
	}
	must(t, z.Close())
	for _, file := range []struct {
		name, says string
		content    io.Reader
	}{
		{"map.tif", "“map.tif” has more than 100 MiB. Split it", io.LimitReader(zeros{}, 101<<20)},
		{"map.tar.gz", "“map.tar.gz” unpacks to far more", &bomb},
		{"map.zip", "“map.zip” unpacks to far more", &archive},
	} {
		refused := south.uploadFrom(form, file.name, file.content)
		refused.want(t, 422, "A subject that is kept", "A text that is kept", "levels.csv", file.says)
		if n := len(enclosedFields(refused.body)); n != 1 {
			t.Errorf("%s: the page holds %d files", file.name, n)
		}
	}
}

// zeros is a text without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

// uploadFrom is upload with one file that is not held in memory.
func (c client) uploadFrom(form url.Values, name string, content io.Reader) answered {
	c.t.Helper()
	var head bytes.Buffer
	w := multipart.NewWriter(&head)
	for field, values := range form {
		for _, value := range values {
			must(c.t, w.WriteField(field, value))
		}
	}
	_, err := w.CreateFormFile("file", name)
	must(c.t, err)
	begin := head.Len()
	must(c.t, w.Close())
	return c.send("POST", "/enclosures", w.FormDataContentType(), io.MultiReader(bytes.NewReader(head.Bytes()[:begin]), content, bytes.NewReader(head.Bytes()[begin:])))
}

// What another side's program would sign, whatever ours refuses.
func TestANameThatMisleadsIsShownWithAWarning(t *testing.T) {
	h, south := ours(t)
	h.level()
	body, err := office.Encode(&office.DispatchBody{
		Channel: "liaison", Number: 1, Precedence: office.Routine, Subject: "The plan", Text: "Enclosed.", To: []office.Side{"south"},
		Name: "Мinister\u2067", Attention: "Рark", Releasable: office.ReleasableToParty, Party: "ІСАО",
		Enclosures: []office.Enclosure{
			{Hash: strings.Repeat("0", 64), Name: "рlan.pdf", Size: 3, Type: "application/pdf"},
			{Hash: strings.Repeat("1", 64), Name: "plan.pdf", Size: 3, Type: "application/pdf"},
		},
	})
	must(t, err)
	l := h.nodes["north"].Ledger()
	size := l.Head("north").Size
	e, err := l.Draft(size, map[string]int64{"south": l.Head("south").Placeable}, h.now(), "duty-officer", office.KindDispatch, body)
	must(t, err)
	must(t, l.Append(t.Context(), []ledger.Entry{e}))
	h.eventually("the warning", func() bool {
		return strings.Count(south.get(fmt.Sprintf("/dispatches/north/%d", size)).body, "may not be what it looks like") == 1
	})
	const warning = " (careful: this may not be the name it looks like)"
	for _, page := range []string{"", "/sheet"} {
		south.get(fmt.Sprintf("/dispatches/north/%d%s", size, page)).want(t, 200, "Мinister\ufffd"+warning, "Рark"+warning, "ІСАО"+warning)
	}
}

func TestOnlyThePartIsAnsweredToScript(t *testing.T) {
	_, south := ours(t)
	a := south.upload(url.Values{"only": {"part"}}, [2]string{"a.txt", "hello"})
	a.want(t, 200, `id="enclosing"`, "a.txt")
	if strings.Contains(a.body, "<html") || len(enclosedFields(a.body)) != 1 {
		t.Errorf("got %s", a.body)
	}
	south.upload(url.Values{"only": {"part"}}, [2]string{"a.txt", webPage}).want(t, 422, `id="enclosing"`, "is a web page")
}

// enclose releases a dispatch of a side with two files, and waits until both
// sides have them.
func (h *house) enclose(side office.Side) office.EntryID {
	h.t.Helper()
	body := &office.DispatchBody{Channel: "liaison", Precedence: office.Priority, Subject: "Levels at the upper gauge, September",
		Text: "Enclosed are the levels of September, and the map with the gauges. 상류 수위와 관측소 지도를 첨부합니다."}
	for name, content := range map[string]string{
		"상류 수위 관측소 지도 (2018년 9월).png": "\x89PNG\r\n\x1a\n" + strings.Repeat("\x00\x01\x02\xff", 400_000), "levels-2018-09.csv": "day,level\n1,4.2\n",
	} {
		e, err := h.nodes[side].AddEnclosure(context.Background(), []office.Post{"duty-officer"}, office.KindDispatch, name, strings.NewReader(content))
		must(h.t, err)
		body.Enclosures = append(body.Enclosures, e)
	}
	id := h.act(side, "duty-officer", office.KindDispatch, body)
	h.eventually("the word of the other side", func() bool {
		line, _, err := h.nodes[side].Records().Dispatch(context.Background(), id)
		must(h.t, err)
		return len(line.Handling.Stored) == 2
	})
	h.level()
	return id
}

func TestAnUploadIsItsOwnersAndGoesOnInOrder(t *testing.T) {
	h, south := ours(t)
	other := south
	other.cookie = h.cookie("south", "head")
	part := func(c client, id, offset string, size int) answered {
		return c.send("POST", uploadsPath+"/"+id+"?offset="+offset, "application/octet-stream", bytes.NewReader(make([]byte, size)))
	}
	for _, refused := range []url.Values{{"name": {"a.bin"}, "size": {"0"}}, {"name": {"a.bin"}, "size": {strconv.Itoa(office.MaxEnclosure + 1)}}} {
		south.post(uploadsPath, refused).want(t, 422, "sentence")
	}
	south.post(uploadsPath, url.Values{"name": {"a.bin"}, "size": {"many"}}).want(t, 400)
	begun := south.post(uploadsPath, url.Values{"name": {"a.bin"}, "size": {strconv.Itoa(4 << 20)}})
	begun.want(t, 200)
	var u uploadAnswer
	must(t, json.Unmarshal([]byte(begun.body), &u))
	part(south, u.ID, "0", 512<<10).want(t, 200, `"offset":524288`)
	part(south, u.ID, "0", 512<<10).want(t, 409, `"offset":524288`)
	part(south, u.ID, "-1", 1).want(t, 400)
	part(south, u.ID, "524288", 3<<20).want(t, 413)
	part(other, u.ID, "524288", 1).want(t, 404)
	other.get(uploadsPath+"/"+u.ID).want(t, 404)
	south.upload(url.Values{"only": {"part"}, "upload": {u.ID}}).want(t, 422, "The next part begins")
	other.upload(url.Values{"only": {"part"}, "upload": {u.ID}}).want(t, 422, "not here")
}

// TestScriptGoesOnWithAFileAfterACut has a browser send a file on a line that fails at
// every other part, before the node has heard of it or after.
func TestScriptGoesOnWithAFileAfterACut(t *testing.T) {
	ctx, _ := browser(t)
	h, _ := ours(t)
	server := h.serve("south")
	whole := server.Config.Handler
	var parts atomic.Int64
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, uploadsPath+"/") {
			whole.ServeHTTP(w, r)
			return
		}
		switch parts.Add(1) {
		case 2: // it comes half
			r.Body = io.NopCloser(io.LimitReader(r.Body, 3*enclosure.ChunkSize+17))
			whole.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case 4: // its answer is lost
			whole.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		whole.ServeHTTP(w, r)
	})
	setCookies(t, ctx, server.URL, h.cookie("south", "duty-officer"))
	path := filepath.Join(t.TempDir(), "levels.csv")
	must(t, os.WriteFile(path, []byte(strings.Repeat("1,2\n", 500_000)), 0o600))
	must(t, chromedp.Do(ctx, chromedp.Navigate(server.URL+"/dispatches/new"), chromedp.SetUploadFiles("#file", []string{path})))
	files := func() string {
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#enclosing .files")?.innerText ?? ""`))
		must(t, err)
		return text
	}
	h.eventually("the file", func() bool { return strings.Contains(files(), "levels.csv") })
	sum := sha256.Sum256([]byte(strings.Repeat("1,2\n", 500_000)))
	if want := groupedHash(hex.EncodeToString(sum[:])); !strings.Contains(files(), want) {
		t.Errorf("the page shows %q, want the hash %s", files(), want)
	}
	if n := parts.Load(); n < 6 {
		t.Errorf("it went in %d parts, so none was sent again", n)
	}
}

func TestScriptReadsFilesInAsTheyAreChosen(t *testing.T) {
	ctx, complaints := browser(t)
	h, _ := ours(t)
	server := h.serve("south")
	setCookies(t, ctx, server.URL, h.cookie("south", "duty-officer"))
	dir := t.TempDir()
	choose := func(name, content, selector, until string) {
		t.Helper()
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, []byte(content), 0o600))
		must(t, chromedp.Do(ctx, chromedp.SetUploadFiles("#file", []string{path})))
		h.eventually(until, func() bool {
			text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#enclosing `+selector+`")?.innerText ?? ""`))
			must(t, err)
			return strings.Contains(text, until)
		})
	}
	must(t, chromedp.Do(ctx, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(server.URL+"/dispatches/new"),
		chromedp.Evaluate[chromedp.Void](`document.getElementById("text").value = "typed before"`)))
	choose("levels.csv", strings.Repeat("1,2\n", 300_000), ".files", "levels.csv")
	choose("page.txt", webPage, ".error", "is a web page")
	choose("letter.txt", "hello", ".files", "letter.txt")
	fields, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelectorAll("[name=enclosed]:checked").length + " " + document.getElementById("text").value`))
	must(t, err)
	if fields != "2 typed before" {
		t.Errorf("the form holds %q", fields)
	}
	for _, complaint := range complaints.take() {
		if !strings.Contains(complaint, "422") { // the answer about the page
			t.Errorf("the browser says: %s", complaint)
		}
	}
	if folder := os.Getenv("LIAISON_PICTURES"); folder != "" {
		for _, v := range slices.Concat(views, pictureViews) {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: v.scheme}}})
			must(t, err)
			must(t, chromedp.Do(ctx, chromedp.EmulateViewport(v.width, v.height)))
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(folder, "enclosing-"+v.name+".png"), picture, 0o644))
		}
	}
}
