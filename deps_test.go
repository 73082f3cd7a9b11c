// Package liaison_test checks the house itself: who may import whom, that what
// the code cites exists, that the papers name what is used. It reads the source
// and runs nothing.
package liaison_test

import (
	"maps"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// floors says which package may import which. In a line `a b < c`, c may import
// a and b; whatever no line allows is forbidden. Packages of ours stand by their
// folder, modules of others by their path, `*` for every package of ours. A
// package in a folder below another belongs to it. docs/architecture.md draws
// the house.
const floors = `
	# 1  words and rules; keepers of one thing each
	github.com/go-json-experiment/json                            < office
	github.com/jackc/pgx/v5 modernc.org/sqlite                    < sqldb
	sqldb                                                         < ledger enclosure
	legible                                                       < enclosure
	github.com/go-json-experiment/json golang.org/x/mod golang.org/x/text < ledger

	# 2  four workers; none knows another; and a book of forms
	office github.com/go-json-experiment/json                     < forms
	office sqldb github.com/go-json-experiment/json golang.org/x/text < records
	ledger enclosure sqldb                                        < link
	github.com/go-json-experiment/json golang.org/x/mod           < link
	office sqldb lang seal                                        < notify
	github.com/wneessen/go-mail github.com/SherClockHolmes/webpush-go < notify
	office sqldb seal legible                                     < people
	golang.org/x/crypto golang.org/x/text github.com/pquerna/otp  < people
	github.com/go-webauthn/webauthn                               < people

	# 3  the only door for writing
	office lang sqldb ledger enclosure records notify people link < node
	legible                                                       < node web
	forms                                                         < node
	golang.org/x/sync                                             < node

	# 4  two faces
	node records people notify office enclosure lang forms        < web
	golang.org/x/text github.com/piglig/go-qr znkr.io/diff        < web
	github.com/arran4/golang-ical                                 < web
	node records people notify office forms                       < api
	github.com/go-json-experiment/json golang.org/x/text          < api

	# 5  the program
	*                                                             < cmd/liaison
	github.com/BurntSushi/toml github.com/alecthomas/kong         < cmd/liaison
	golang.org/x/sys golang.org/x/text golang.org/x/crypto        < cmd/liaison
	github.com/VictoriaMetrics/metrics                            < cmd/liaison
	*                                                             < internal/bench
	github.com/go-json-experiment/json golang.org/x/mod           < internal/bench
`

// testFloors says what only tests may import, or only what serves them. Tests
// of a package may also import every package of ours that stands below it.
const testFloors = `
	liaisontest internal/outside internal/pgcluster               < *
	pgregory.net/rapid github.com/rogpeppe/go-internal            < *
	github.com/chromedp/chromedp github.com/chromedp/cdproto      < *
	golang.org/x/mod golang.org/x/text golang.org/x/sync          < *
	golang.org/x/sys                                              < *
	github.com/go-json-experiment/json                            < *
	github.com/pquerna/otp                                        < *
	github.com/emersion/go-smtp                                   < *
	github.com/santhosh-tekuri/jsonschema/v6                      < api
	*                                                             < liaisontest internal/chaos
	golang.org/x/mod modernc.org/sqlite                           < internal/outside
	github.com/jackc/pgx/v5                                       < internal/pgcluster
`

// servesTests are packages that only test files may import, and internal/bench.
var servesTests = []string{"liaisontest", "internal/outside", "internal/pgcluster"}

// pure is the part of the standard library that package office may import: what
// sees no clock, disk, network, chance, zone data or map order of its own.
var pure = strings.Fields(`
	bytes cmp crypto/sha256 encoding/base64 encoding/binary encoding/hex errors
	fmt iter maps math math/bits slices strconv strings unicode/utf8
`)

// allowed turns a text of floors into: package -> what it may import.
func allowed(t *testing.T, text string) map[string]map[string]bool {
	t.Helper()
	may := map[string]map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		left, right, found := strings.Cut(line, " < ")
		if !found {
			t.Fatalf("floors: no < in the line %q", line)
		}
		for _, importer := range strings.Fields(right) {
			if may[importer] == nil {
				may[importer] = map[string]bool{}
			}
			for _, imported := range strings.Fields(left) {
				may[importer][imported] = true
			}
		}
	}
	return may
}

// below is every package of ours that pkg may reach through the floors.
func below(may map[string]map[string]bool, pkg string) map[string]bool {
	reached := map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		for next := range may[pkg] {
			if !reached[next] {
				reached[next] = true
				visit(next)
			}
		}
	}
	visit(pkg)
	return reached
}

// isStandard reports whether an import path is the standard library's.
func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// ours cuts an import path of this module to the package that answers for it:
// its first folder, or two below internal and cmd.
func ours(imported string) (pkg string, is bool) {
	rest, is := strings.CutPrefix(imported, modulePath+"/")
	if !is {
		return "", imported == modulePath
	}
	parts := strings.Split(rest, "/")
	if parts[0] == "internal" || parts[0] == "cmd" {
		return path.Join(parts[:min(2, len(parts))]...), true
	}
	return parts[0], true
}

// module is the module of others that an import path belongs to.
func module(t *testing.T, imported string) string {
	t.Helper()
	for _, require := range goMod(t).Require {
		if p := require.Mod.Path; imported == p || strings.HasPrefix(imported, p+"/") {
			return p
		}
	}
	t.Fatalf("go.mod has no module for %s", imported)
	return ""
}

func TestEachPackageImportsOnlyWhatItsFloorAllows(t *testing.T) {
	may := allowed(t, floors)
	mayInTests := allowed(t, testFloors)
	for _, file := range goFiles(t) {
		importer, _ := ours(modulePath + "/" + file.dir)
		for _, spec := range file.syntax.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if isStandard(imported) {
				if importer == "office" && !file.isTest && !slices.Contains(pure, imported) {
					t.Errorf("%s imports %s: office is pure and may import only %s", file.name, imported, strings.Join(pure, " "))
				}
				continue
			}
			pkg, isOurs := ours(imported)
			if !isOurs {
				pkg = module(t, imported)
			}
			inTests := file.isTest || slices.Contains(servesTests, importer) || strings.HasSuffix(file.dir, "test")
			switch {
			case isOurs && strings.HasSuffix(imported, "test") && !inTests:
				t.Errorf("%s imports %s, which serves tests only", file.name, imported)
			case isOurs && pkg == importer:
			case may[importer][pkg]:
			case isOurs && may[importer]["*"] && (inTests || importer == "internal/bench" || !slices.Contains(servesTests, pkg)):
			case inTests && (mayInTests[importer][pkg] || mayInTests["*"][pkg]):
			case inTests && isOurs && (mayInTests[importer]["*"] || below(may, importer)[pkg]):
			default:
				t.Errorf("%s imports %s, which no line of floors allows", file.name, imported)
			}
		}
	}
}

func TestTheClientOfTheProgramInterfaceNeedsOnlyOffice(t *testing.T) {
	for _, file := range goFiles(t) {
		if file.dir != "api" || file.isTest || !strings.HasPrefix(path.Base(file.name), "client") {
			continue
		}
		for _, spec := range file.syntax.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if pkg, isOurs := ours(imported); isOurs && pkg != "office" {
				t.Errorf("%s imports %s: the client may import only office", file.name, imported)
			}
		}
	}
}

func TestEachDirectDependencyIsExplained(t *testing.T) {
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{} // module -> version
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.Contains(cells[1], "`") {
			continue
		}
		listed[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[2])
	}
	for _, require := range goMod(t).Require {
		p, version := require.Mod.Path, require.Mod.Version
		if listed[p] != version {
			t.Errorf("docs/dependencies.md has %q for %s, go.mod has %s", listed[p], p, version)
		}
		delete(listed, p)
	}
	for _, p := range slices.Sorted(maps.Keys(listed)) {
		t.Errorf("docs/dependencies.md lists %s, which go.mod does not require", p)
	}
}

func goMod(t *testing.T) *modfile.File {
	t.Helper()
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
