package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// axeSource is axe-core 4.14.1 by Deque Systems (MPL-2.0), which finds what the
// Web Content Accessibility Guidelines forbid, as far as a program can.
var axeSource = sync.OnceValue(func() string {
	source, err := os.ReadFile("testdata/axe/axe.min.js")
	if err != nil {
		panic(err.Error()) // it is part of the tests
	}
	return string(source)
})

// axeRun asks for rules and lists what breaks them. The style sheets and sounds are
// not loaded once more for it: the two rules that need them, of screens that must
// be turned and of sounds that play by themselves, are kept in
// TestNoPageTurnsTheScreenOrPlaysByItself.
const axeRun = `axe.run(document, {
	runOnly: %s, resultTypes: ["violations"], preload: false, selectors: false,
}).then((found) => found.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html.slice(0, 160) + " (" + n.failureSummary.replace(/\s+/g, " ").slice(0, 300) + ")")))`

// The rules of WCAG 2.2 A and AA, and those of them that a page keeps in one
// language, colour scheme and width, and may break in another.
const (
	allRules  = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]`
	viewRules = `{type: "rule", values: ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable", "html-has-lang", "html-lang-valid", "valid-lang", "document-title"]}`
)

// breaches lists what on the page that the browser shows breaks the rules.
func breaches(t *testing.T, ctx context.Context, rules string) []string {
	t.Helper()
	must(t, chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`window.axe || (() => {`+axeSource()+`})(); 1`)))
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](fmt.Sprintf(axeRun, rules), chromedp.EvalAwaitPromise))
	must(t, err)
	return found
}

func TestAPageThatBreaksTheGuidelinesIsFound(t *testing.T) {
	ctx, _ := browser(t)
	must(t, chromedp.Do(ctx, chromedp.Navigate(`data:text/html,<html><title>x</title><input><p style="color:%23999;background:%23aaa">grey</p>`)))
	found := strings.Join(breaches(t, ctx, allRules), "\n")
	for _, rule := range []string{"html-has-lang", "label", "color-contrast"} {
		if !strings.Contains(found, rule+":") {
			t.Errorf("%s is not among what was found:\n%s", rule, found)
		}
	}
}

// accessible holds the page that the browser shows against the guidelines.
func accessible(t *testing.T, ctx context.Context, name, rules string) {
	t.Helper()
	if found := breaches(t, ctx, rules); len(found) > 0 {
		t.Errorf("%s breaks the guidelines:\n%s", name, strings.Join(found, "\n"))
	}
}

// axe is not asked for the two rules that read each sheet and sound again.
func TestNoPageTurnsTheScreenOrPlaysByItself(t *testing.T) {
	for pattern, forbidden := range map[string]string{"style/*.css": "orientation", "*.html": "autoplay", "script/*.js": "autoplay"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			if strings.Contains(string(text), forbidden) {
				t.Errorf("%s says %q", file, forbidden)
			}
		}
	}
}
