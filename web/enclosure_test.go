package web

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
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
	for _, bad := range [][2]string{{"letter.txt", webPage}, {"drawing.png", `<svg onload="alert(1)"/>`}, {"tool.exe", "MZ"}, {"evil\u202egnp.txt", "x"}} {
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

func TestOnlyThePartIsAnsweredToScript(t *testing.T) {
	_, south, _ := pair(t)
	a := south.upload(url.Values{"only": {"part"}}, [2]string{"a.txt", "hello"})
	a.want(t, 200, `id="enclosing"`, "a.txt")
	if strings.Contains(a.body, "<html") || len(enclosedFields(a.body)) != 1 {
		t.Errorf("got %s", a.body)
	}
	south.upload(url.Values{"only": {"part"}}, [2]string{"a.txt", webPage}).want(t, 422, `id="enclosing"`, "is a web page")
}
