package web

import (
	"fmt"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"liaison.example/office"
)

// colours reads the purposes of colour.css with their colours, for light and dark.
func colours(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	sheet, err := os.ReadFile("style/colour.css")
	must(t, err)
	before, after, found := strings.Cut(string(sheet), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("colour.css has no dark colours")
	}
	read := func(into map[string]string, text string) {
		for _, m := range regexp.MustCompile(`--([a-z0-9-]+): ([^;]+);`).FindAllStringSubmatch(text, -1) {
			into[m[1]] = m[2]
		}
	}
	light, dark = map[string]string{}, map[string]string{}
	read(light, before)
	read(dark, before)
	read(dark, after)
	for _, scheme := range []map[string]string{light, dark} {
		for range 3 {
			for name, value := range scheme {
				if inner, ok := strings.CutPrefix(value, "var(--"); ok {
					scheme[name] = scheme[strings.TrimSuffix(inner, ")")]
				}
			}
		}
	}
	return light, dark
}

// luminance is that of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := strings.TrimPrefix(colour, "#")
	if len(digits) == 3 {
		digits = fmt.Sprintf("%c%c%c%c%c%c", digits[0], digits[0], digits[1], digits[1], digits[2], digits[2])
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || len(digits) != 6 {
		t.Fatalf("%q is not a colour", colour)
	}
	channel := func(shift int) float64 {
		c := float64(n>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}

func TestWordsStandOutFromTheirGround(t *testing.T) {
	light, dark := colours(t)
	pairs := map[string][]string{ // ground: words on it
		"page":        {"text", "faint", "link", "well", "wait", "late"},
		"sheet":       {"text", "faint", "link", "well", "wait", "late"},
		"hollow":      {"text", "link", "well", "wait", "late"},
		"well-ground": {"text", "faint", "well"},
		"wait-ground": {"text", "faint", "wait"},
		"late-ground": {"text", "faint", "late"},
		"act":         {"on-act"},
		"act-over":    {"on-act"},
		"wait":        {"sheet"},
		"late":        {"sheet"},
		"panel":       {"panel-text", "panel-faint", "panel-well", "panel-wait", "panel-late"},
	}
	for name, scheme := range map[string]map[string]string{"light": light, "dark": dark} {
		for ground, words := range pairs {
			for _, word := range words {
				a, b := luminance(t, scheme[ground]), luminance(t, scheme[word])
				if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4.5 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 4.5", name, word, ground, contrast)
				}
			}
		}
		for _, ground := range []string{"page", "sheet"} {
			for _, mark := range []string{"focus", "edge"} {
				a, b := luminance(t, scheme[ground]), luminance(t, scheme[mark])
				if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 3 {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want 3", name, mark, ground, contrast)
				}
			}
		}
	}
}

func TestRulesUseColoursByPurposeOnly(t *testing.T) {
	for _, name := range sheets {
		if name == "colour" || name == "print" {
			continue
		}
		sheet, err := os.ReadFile("style/" + name + ".css")
		must(t, err)
		if found := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b|rgba?\(|--(paper|ink|night|moon|celadon|ochre|seal)-`).FindString(string(sheet)); found != "" {
			t.Errorf("%s.css uses %s, a colour as it is", name, found)
		}
		if found := regexp.MustCompile(`\b(margin|padding|border)-(left|right|top|bottom)\b|[ ;{](min-|max-)?(width|height):`).FindString(regexp.MustCompile(`@media[^{]*`).ReplaceAllString(string(sheet), "")); found != "" {
			t.Errorf("%s.css uses %s, which is not logical", name, found)
		}
	}
}

func TestTheFirstPageIsLightWithAllThatComesWithIt(t *testing.T) {
	h, south := ours(t)
	for i := range listLength {
		h.send("north", office.Priority, "liaison", fmt.Sprintf("산림 협력 공동 조사단의 통행 일정 %d", i), "산림 협력을 위한 공동 조사단 10명이 통행하려 합니다.")
	}
	h.level()
	south.header = http.Header{"Accept-Encoding": {"gzip"}}
	page := south.get("/")
	weight, files := len(page.body), 0
	for _, m := range regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(page.body, -1) {
		if !strings.HasSuffix(m[1], ".woff2") {
			weight += len(south.get(m[1]).body)
			files++
		}
	}
	if t.Logf("%d bytes, %d of them the page", weight, len(page.body)); weight > 100<<10 || files < 4 {
		t.Errorf("the first page weighs %d bytes with %d files", weight, files)
	}
}

func TestTheFontDrawsEveryHangulSyllableInBothWeights(t *testing.T) {
	sheet, err := os.ReadFile("style/font.css")
	must(t, err)
	for _, weight := range []string{"400", "700"} {
		covered := map[rune]bool{}
		for _, face := range strings.Split(string(sheet), "@font-face") {
			if !strings.Contains(face, "font-weight: "+weight) {
				continue
			}
			for _, m := range regexp.MustCompile(`U\+([0-9a-fA-F]+)(?:-([0-9a-fA-F]+))?`).FindAllStringSubmatch(face, -1) {
				first, err := strconv.ParseInt(m[1], 16, 32)
				must(t, err)
				last := first
				if m[2] != "" {
					last, err = strconv.ParseInt(m[2], 16, 32)
					must(t, err)
				}
				for r := first; r <= last; r++ {
					covered[rune(r)] = true
				}
			}
		}
		missing := 0
		for r := '가'; r <= '힣'; r++ {
			if !covered[r] {
				missing++
			}
		}
		if missing > 0 {
			t.Errorf("weight %s: %d Hangul syllables are not drawn", weight, missing)
		}
		for _, r := range "AZaz09°′″·“”’…→−" + "漢字韓國" {
			if !covered[r] {
				t.Errorf("weight %s: %c is not drawn", weight, r)
			}
		}
	}
}
