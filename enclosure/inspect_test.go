package enclosure_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"liaison.example/enclosure"
)

// zipOf packs members into an archive.
func zipOf(t testing.TB, members map[string][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range members {
		m, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is an archive of one member that says that it unpacks to so many bytes.
func bomb(t testing.TB, says uint32) []byte {
	b := zipOf(t, map[string][]byte{"zeros.bin": make([]byte, 8<<20)})
	list := bytes.Index(b, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(b[list+24:], says)
	return b
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWhatAFileIsShowsWhateverItIsCalled(t *testing.T) {
	wide := func(text string) string {
		out := "\xff\xfe"
		for _, c := range text {
			out += string([]byte{byte(c), 0})
		}
		return out
	}
	document := map[string][]byte{"[Content_Types].xml": []byte("<Types/>"), "word/document.xml": []byte("<w/>"), "word/media/image1.svg": []byte("<svg/>")}
	macros := map[string][]byte{"word/document.xml": []byte("<w/>"), "word/vbaProject.bin": []byte("x")}
	for _, c := range []struct {
		name, content string
		want          enclosure.Finding
	}{
		{"nothing.txt", "", enclosure.Empty},
		{"letter.txt", "가나다. The <script> of the play is enclosed.", ""},
		{"report.pdf", "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", ""},
		{"map.png", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", ""},
		{"photo.jpg", "\xff\xd8\xff\xe0\x00\x10JFIF\x00", ""},
		{"data.xml", `<?xml version="1.0"?><levels><level/></levels>`, ""},
		{"letter.html", "plain words", enclosure.Page},
		{"letter.HTML. ", "plain words", enclosure.Page},
		{"letter.txt", "<!DOCTYPE html><p>hello", enclosure.Page},
		{"letter.txt", " \r\n\t<script>alert(1)</script>", enclosure.Page},
		{"letter.txt", "\xef\xbb\xbf<html>", enclosure.Page},
		{"letter.txt", wide("<html><script>alert(1)</script>"), enclosure.Page},
		{"letter.xml", `<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"/>`, enclosure.Page},
		{"drawing.png", `<?xml version="1.0"?><!-- a drawing --><svg onload="alert(1)"/>`, enclosure.Drawing},
		{"drawing.svg", "anything", enclosure.Drawing},
		{"tool.txt", "#!/bin/sh\nrm -r /", enclosure.Script},
		{"tool.bat", "echo", enclosure.Script},
		{"tool.bin", "MZ\x90\x00\x03" + strings.Repeat("\x00", 100), enclosure.Program},
		{"tool.dat", "\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 100), enclosure.Program},
		{"plan.docx", string(zipOf(t, document)), ""},
		{"plan.docx", string(zipOf(t, macros)), enclosure.Macros},
		{"plan.docm", string(zipOf(t, document)), enclosure.Macros},
		{"all.zip", string(zipOf(t, map[string][]byte{"a/b.txt": []byte("hello"), "tool.exe": []byte("MZ")})), enclosure.Loaded},
		{"all.zip", string(zipOf(t, map[string][]byte{"inner.zip": []byte("PK")})), enclosure.Layered},
		{"all.zip", "PK\x03\x04 and nothing more", enclosure.Damaged},
		{"zeros.zip", string(bomb(t, 8<<20)), enclosure.Bomb},
		{"huge.zip", string(bomb(t, 3<<30)), enclosure.Bomb},
		{"liar.docx", string(bomb(t, 1000)), enclosure.Bomb},
		{"zeros.gz", string(gzipOf(t, make([]byte, 64<<20))), enclosure.Bomb},
		{"data.gz", string(gzipOf(t, bytesOf(1, 1<<20))), ""},
	} {
		if got := enclosure.Inspect(strings.NewReader(c.content), int64(len(c.content)), c.name); got != c.want {
			t.Errorf("%s (%.20q): got %q, want %q", c.name, c.content, got, c.want)
		}
	}
}

func FuzzInspect(f *testing.F) {
	f.Add([]byte("<html>"), "a.txt")
	f.Add(zipOf(f, map[string][]byte{"a": []byte("b")}), "a.zip")
	f.Add(bomb(f, 1000)[:4096], "a.zip")
	f.Add(gzipOf(f, []byte("hello")), "a.gz")
	f.Fuzz(func(t *testing.T, content []byte, name string) {
		enclosure.Inspect(onlyReaderAt{bytes.NewReader(content)}, int64(len(content)), name)
	})
}

type onlyReaderAt struct{ io.ReaderAt }

func TestTheTypeComesFromTheBytesFirst(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"map.png", "\x89PNG\r\n\x1a\n", "image/png"},
		{"map.docx", "\x89PNG\r\n\x1a\n", "image/png"},
		{"plan.docx", string(zipOf(t, map[string][]byte{"a": nil})), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"plan.bin", string(zipOf(t, map[string][]byte{"a": nil})), "application/zip"},
		{"levels.CSV", "a,b\n1,2\n", "text/csv"},
		{"letter", "안녕하십니까", "text/plain"},
		{"letter.hwp", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/vnd.hancom.hwp"},
		{"x", "\x00\x01\x02", "application/octet-stream"},
	} {
		if got := enclosure.MediaType(strings.NewReader(c.content), int64(len(c.content)), c.name); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestANameMayNotMislead(t *testing.T) {
	for name, want := range map[string]bool{
		"상류 지도 (2018).png": true, "a b.txt": true, "地圖.pdf": true, "": false, ".": false, "..": false, "a/b": false, `a\b`: false,
		"a\u202egnp.exe": false, "a\u200bb": false, "a\nb": false, "a\x00b": false, " a": false, "a\u3164b": false, "a\ufe0fb": false, "a\xff": false,
		"рlan.pdf": false, "plan α.pdf": true, "αlpha": false, "план.pdf": true, "план map.pdf": true, "지도map地圖.pdf": true, "é\u0301.txt": true,
		"сору.pdf": false, "Plan А.pdf": false, "ΜΑΡ.png": false, "сору план.pdf": true, "ΜΑΡΤΙΟΣ.png": true,
	} {
		if got := enclosure.GoodName(name); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
	if got, want := enclosure.Legible("a\u202egnp.exe\x00"+strings.Repeat("가", 200)), "a\ufffdgnp.exe\ufffd"+strings.Repeat("가", 90); got != want {
		t.Errorf("in a sentence: got %q, want %q", got, want)
	}
}
