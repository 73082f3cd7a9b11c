package liaison_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const modulePath = "liaison.example"

// longestFile is the most lines that a file of code may have. Past it, protocol,
// state and input meet in one place; cut there.
const longestFile = 600

// goFile is one Go file of the module.
type goFile struct {
	name   string // with slashes, from the module's root
	dir    string // the folder, "." for the root
	isTest bool
	text   []byte
	syntax *ast.File
}

// projectFiles lists every file of the project, with slashes, from the root:
// what git would hold, without asking git.
func projectFiles(t *testing.T) []string {
	t.Helper()
	notOurs := map[string]bool{".git": true, "build": true, "liaison-demo": true, ".cache": true}
	var files []string
	err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && notOurs[name]:
			return fs.SkipDir
		case entry.Type().IsRegular():
			files = append(files, filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// goFiles parses the module's Go files, leaving out testdata and the module
// within it.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	var files []goFile
	for _, name := range projectFiles(t) {
		if !strings.HasSuffix(name, ".go") || strings.Contains(name, "testdata/") || strings.HasPrefix(name, "internal/outside/torchwood/") || strings.HasPrefix(name, "internal/outside/ical/") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, goFile{name, path.Dir(name), strings.HasSuffix(name, "_test.go"), text, syntax})
	}
	if len(files) == 0 {
		t.Fatal("found no Go files: the test does not run at the root of the module")
	}
	return files
}

func TestEachPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, file := range goFiles(t) {
		if file.isTest && file.dir != "." {
			continue
		}
		said[file.dir] = said[file.dir] || file.syntax.Doc != nil
	}
	for dir, yes := range said {
		if !yes {
			t.Errorf("no file in %s has a comment on its package", dir)
		}
	}
}

func TestNoFileOfCodeIsTooLong(t *testing.T) {
	for _, file := range goFiles(t) {
		if lines := bytes.Count(file.text, []byte("\n")); !file.isTest && lines > longestFile {
			t.Errorf("%s has %d lines, the limit is %d", file.name, lines, longestFile)
		}
	}
}

// heading finds the number of a section in a heading of a specification, as in
// `## 3. Order` or `### 3.2 Late entries`.
var heading = regexp.MustCompile(`(?m)^#+ +(\d+(?:\.\d+)*)\.?\s`)

// citation finds the name of a specification and the sections after it: one, or
// several with commas between them.
var (
	citation = regexp.MustCompile(`spec/([\w-]+)\.md((?:[\s,]|//|and)*§\d+(?:\.\d+)*)+`)
	section  = regexp.MustCompile(`§(\d+(?:\.\d+)*)`)
)

func TestEachCitedSectionOfTheSpecificationExists(t *testing.T) {
	headings := map[string]map[string]bool{} // file -> sections
	for _, file := range goFiles(t) {
		for _, group := range file.syntax.Comments {
			// A citation may be broken over two lines of a comment.
			text := strings.Join(strings.Fields(group.Text()), " ")
			for _, cited := range citation.FindAllStringSubmatch(text, -1) {
				spec := "spec/" + cited[1] + ".md"
				if headings[spec] == nil {
					headings[spec] = sections(t, spec)
				}
				for _, number := range section.FindAllStringSubmatch(cited[0], -1) {
					if !headings[spec][number[1]] {
						t.Errorf("%s cites %s §%s, which is not there", file.name, spec, number[1])
					}
				}
			}
		}
	}
}

// sections are the numbers of the headings in a specification.
func sections(t *testing.T, spec string) map[string]bool {
	t.Helper()
	numbers := map[string]bool{}
	text, err := os.ReadFile(spec)
	if err != nil {
		t.Errorf("a specification that is cited cannot be read: %v", err)
	}
	for _, found := range heading.FindAllStringSubmatch(string(text), -1) {
		numbers[found[1]] = true
	}
	return numbers
}

// link finds `[text](target)` in a page.
var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestEachLinkBetweenPagesLeadsSomewhere(t *testing.T) {
	for _, name := range projectFiles(t) {
		if !strings.HasSuffix(name, ".md") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			target, _, _ := strings.Cut(found[1], "#")
			if target == "" || strings.Contains(target, "://") {
				continue
			}
			if _, err := os.Stat(path.Join(path.Dir(name), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", name, found[1])
			}
		}
	}
}

// unwanted are texts that must not stand in the project: traces of the machine
// on which a part was made, secrets, half-done merges. They are written here in
// two parts so that this file does not hold them.
var unwanted = []struct{ first, second, why string }{
	{"/ro", "ot/", "a folder of one machine"},
	{"/ho", "me/", "a folder of one machine"},
	{"/wo", "rk/", "a folder of one machine"},
	{"C:\\U", "sers", "a folder of one machine"},
	{"<<<<<", "<< ", "a merge that was not finished"},
	{">>>>>", ">> ", "a merge that was not finished"},
	{"BEGIN PRIVATE", " KEY", "a secret key"},
	{"BEGIN OPENSSH PRIVATE", " KEY", "a secret key"},
	{"PRIVATE+KE", "Y+", "a secret key"},
	{"contr", "act.md", "a paper that is not in the project"},
	{"desi", "gn.md", "a paper that is not in the project"},
	{"prod", "uct.md", "a paper that is not in the project"},
}

func TestNoFileHoldsWhatBelongsToOneMachineOrIsSecret(t *testing.T) {
	for _, name := range projectFiles(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(text, 0) >= 0 {
			continue // not text
		}
		for _, u := range unwanted {
			if at := bytes.Index(text, []byte(u.first+u.second)); at >= 0 {
				t.Errorf("%s:%d: holds %q: %s", name, 1+bytes.Count(text[:at], []byte("\n")), u.first+u.second, u.why)
			}
		}
	}
}

// evasions are calls that no test may make: each lets a test pass without
// having looked, or only when the machine is quick.
var evasions = map[string]string{
	"t.Skip":        "a test that cannot run fails",
	"b.Skip":        "a test that cannot run fails",
	"testing.Short": "which tests run is said in ./check, in the open",
	"time.Sleep":    "turn the clock, or wait for the event",
}

// TestNoTestEvades lets a sleep stand where testing/synctest stands for the
// clock, since it takes no time there, and in a loop that looks again whether
// another process has come so far.
func TestNoTestEvades(t *testing.T) {
	files := goFiles(t)
	turned := map[string]bool{} // folders whose tests turn the clock
	for _, file := range files {
		if bytes.Contains(file.text, []byte(`"testing/synctest"`)) {
			turned[file.dir] = true
		}
	}
	for _, file := range files {
		if !file.isTest {
			continue
		}
		var within []ast.Node // the nodes around the present one
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			if node == nil {
				within = within[:len(within)-1]
				return true
			}
			within = append(within, node)
			called := calledName(node)
			for evasion, why := range evasions {
				if !strings.HasPrefix(called, evasion) || evasion == "time.Sleep" && (turned[file.dir] || inLoop(within)) {
					continue
				}
				t.Errorf("%s calls %s: %s", file.name, called, why)
			}
			return true
		})
	}
}

// calledName is the name in a call such as t.Skip(), or empty.
func calledName(node ast.Node) string {
	call, isCall := node.(*ast.CallExpr)
	if !isCall {
		return ""
	}
	selector, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector {
		return ""
	}
	of, isName := selector.X.(*ast.Ident)
	if !isName {
		return ""
	}
	return of.Name + "." + selector.Sel.Name
}

func inLoop(within []ast.Node) bool {
	return slices.ContainsFunc(within, func(node ast.Node) bool {
		_, is := node.(*ast.ForStmt)
		return is
	})
}

// code finds the code of an alarm, or of the reason for a mode, in package lang.
var code = regexp.MustCompile(`"(?:alarm|mode)\.([a-z-]+)":`)

func TestTheOperatorIsToldWhatEachAlarmMeans(t *testing.T) {
	page, err := os.ReadFile("docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lang/alarm.go", "lang/mode.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found := code.FindAllSubmatch(text, -1)
		if len(found) == 0 {
			t.Errorf("%s has no codes: this test looks in the wrong place", name)
		}
		for _, match := range found {
			if c := string(match[1]); c != "other" && !bytes.Contains(page, []byte("`"+c+"`")) {
				t.Errorf("docs/operating.md does not explain %q of %s", c, name)
			}
		}
	}
}
