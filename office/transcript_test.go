package office

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var rewrite = flag.Bool("rewrite", false, "write the transcripts in testdata anew; read the difference")

// TestTheRulesAnswerAsInTheTranscripts plays each testdata/*.txt from an empty
// desk. A line that is not indented is an act:
//
//	09:00 south/duty-officer dispatch number=1 to=north,east text="We are ready."
//
// Below it, indented, stand the verdict and what changed in the records. Words
// after the kind are members of the body: plain words are texts, "a,b" after
// to=, channels= or languages= is a list, what begins with a digit, { or [ is JSON, "x*9"
// repeats, @name is a charter or form of the test, #name its hash, &name the form named by
// code and hash, and form=#name{} the form filled in. A line that
// begins with "#" is for the reader; one in brackets opens the office silently.
// Writers have seen all entries before, but for acts that end "(not seen)".
func TestTheRulesAnswerAsInTheTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(want))
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got, "\n")
			for i := range max(len(wantLines), len(gotLines)) {
				if i >= len(wantLines) || i >= len(gotLines) || wantLines[i] != gotLines[i] {
					t.Fatalf("line %d\ngot  %s\nwant %s", i+1, at(gotLines, i), at(wantLines, i))
				}
			}
		})
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(end)"
}

// play runs the acts of a transcript and writes it again with the answers.
func play(t *testing.T, transcript string) string {
	var out strings.Builder
	desk := newDesk()
	next := map[Side]int64{}
	for line := range strings.Lines(transcript) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "  ") {
			continue
		}
		fmt.Fprintln(&out, line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			continue
		case line == "(All three sides have founded the office.)":
			found(t, desk, next, "@founding")
			continue
		case line == "(All three sides have founded the office by rules 2.)":
			found(t, desk, next, "@with-rules-2")
			continue
		case line == "(All three sides have founded the office by rules 3.)":
			found(t, desk, next, "@with-rules-3")
			continue
		case line == "(All three sides have founded the office by rules 4.)":
			found(t, desk, next, "@with-rules-4")
			continue
		case line == "(All three sides have founded the office by rules 5.)":
			found(t, desk, next, "@with-rules-5")
			continue
		case line == "(All three sides have founded the office by rules 6.)":
			found(t, desk, next, "@with-rules-6")
			continue
		case line == "(All three sides have founded the office with checks.)":
			found(t, desk, next, "@with-checks")
			continue
		}
		e := parseAct(t, strings.TrimSuffix(line, " (not seen)"))
		e.ID.Index = next[e.ID.Side]
		if line == strings.TrimSuffix(line, " (not seen)") {
			e.Seen = seenAll(next, e.ID.Side)
		}
		next[e.ID.Side]++
		before := maps.Clone(desk.rows)
		desk.put = nil
		verdict := Apply(desk, e)
		fmt.Fprintf(&out, "  %s is %s\n", e.ID, sayVerdict(verdict))
		for _, key := range desk.put {
			fmt.Fprintf(&out, "  %s\n", sayChange(t, key, before[key], desk.rows[key]))
			before[key] = desk.rows[key]
		}
		enacted := func(key string) bool { return key == "office office" || strings.HasPrefix(key, "proposal ") }
		if !verdict.Done() && !slices.ContainsFunc(desk.put, enacted) && len(desk.put) > 0 {
			t.Fatalf("%s\na void entry put rows", line)
		}
	}
	return out.String()
}

// found opens the office at 08:00, before a transcript that is about later things.
func found(t testing.TB, desk *mapDesk, next map[Side]int64, charter string) {
	for _, side := range testSides {
		e := parseAct(t, "08:00 "+side+"/operator charter charter="+charter)
		if v := Apply(desk, e); !v.Done() {
			t.Fatalf("%s cannot found: %s", side, sayVerdict(v))
		}
		next[side]++
	}
}

// seenAll is what a writer has seen who has all entries of the others so far.
func seenAll(next map[Side]int64, writer Side) map[Side]int64 {
	seen := maps.Clone(next)
	delete(seen, writer)
	return seen
}

var morning = time.Date(2018, 9, 14, 0, 0, 0, 0, time.UTC)

func parseAct(t testing.TB, line string) *Entry {
	words := splitWords(line)
	if len(words) < 3 {
		t.Fatalf("%s\nwant a time, a post and a kind", line)
	}
	clock, err := time.Parse("15:04", words[0])
	side, post, found := strings.Cut(words[1], "/")
	if err != nil || !found {
		t.Fatalf("%s\nwant 09:00 side/post kind", line)
	}
	when := morning.Add(time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute).UnixMilli()
	e := &Entry{ID: EntryID{Side: side}, At: when, Time: when, By: post, Kind: words[2], Office: testOffice}
	body := map[string]any{}
	for _, word := range words[3:] {
		name, value, found := strings.Cut(word, "=")
		if !found {
			t.Fatalf("%s\nwant name=value, got %s", line, word)
		}
		if name == "body" {
			e.Body = []byte(value)
			return e
		}
		body[name] = parseValue(t, name, value)
	}
	if e.Body, err = Encode(body); err != nil {
		t.Fatal(err)
	}
	return e
}

func parseValue(t testing.TB, name, value string) any {
	text, times, repeated := strings.Cut(value, "*")
	if n, err := strconv.Atoi(times); repeated && err == nil {
		return strings.Repeat(text, n)
	}
	switch {
	case strings.HasPrefix(value, "@"):
		if f := testForms()[value[1:]]; f != nil {
			return f
		}
		c := testCharters()[value[1:]]
		if c == nil {
			t.Fatalf("no charter or form %s", value)
		}
		return c
	case strings.HasPrefix(value, "&"):
		f := testForms()[value[1:]]
		return &FormName{Code: f.Code, Hash: HashForm(f)}
	case strings.HasPrefix(value, "#"):
		name, values, filled := strings.Cut(value[1:], "{")
		hash := strings.Repeat("0", 64)
		if f := testForms()[name]; f != nil {
			hash = HashForm(f)
		} else if c := testCharters()[name]; c != nil {
			hash = HashCharter(c)
		}
		if filled {
			var given map[string]string
			if err := json.Unmarshal([]byte("{"+values), &given); err != nil {
				t.Fatal(err)
			}
			code := "an"
			if f := testForms()[name]; f != nil {
				code = f.Code
			}
			return &Filled{Code: code, Hash: hash, Values: given}
		}
		return hash
	case name == "to" || name == "channels" || name == "languages" || name == "references" || name == "who":
		return slices.DeleteFunc(strings.Split(value, ","), func(s string) bool { return s == "" })
	case name != "until" && name != "from" && name != "moment" && name != "due" && value != "" && strings.ContainsRune("0123456789{[", rune(value[0])):
		return jsontext.Value(value)
	}
	return value
}

// splitWords splits at spaces outside of double quotes, and takes the quotes
// off; within { } quotes stay.
func splitWords(line string) (words []string) {
	var word strings.Builder
	quoted, depth := false, 0
	for _, r := range line {
		switch {
		case r == '"' && depth == 0:
			quoted = !quoted
			continue
		case r == '{' && !quoted:
			depth++
		case r == '}' && !quoted:
			depth--
		case r == ' ' && !quoted && depth == 0:
			words = append(words, word.String())
			word.Reset()
			continue
		}
		word.WriteRune(r)
	}
	return append(words, word.String())
}

func sayVerdict(v Verdict) string {
	if v.Done() {
		return "done"
	}
	said := "void: " + string(v.Void)
	for _, name := range sortedKeys(v.Detail) {
		said += fmt.Sprintf(", %s %s", name, shorten(v.Detail[name]))
	}
	return said
}

func sayChange(t *testing.T, key string, before, after []byte) string {
	fields := members(t, after)
	table, of, _ := strings.Cut(key, " ")
	key = table + " " + shorten(of)
	if before == nil {
		said := "new " + key + ":"
		for i, name := range sortedKeys(fields) {
			if i > 0 {
				said += ","
			}
			said += " " + name + " " + sayValue(t, name, fields[name])
		}
		return said
	}
	said := "changed " + key + ":"
	was := members(t, before)
	count := 0
	for _, name := range sortedKeys(fields) {
		if !bytes.Equal(was[name], fields[name]) {
			if count++; count > 1 {
				said += ","
			}
			said += fmt.Sprintf(" %s %s -> %s", name, sayValue(t, name, was[name]), sayValue(t, name, fields[name]))
		}
	}
	if count == 0 {
		return "put " + key + " as it was"
	}
	return said
}

func members(t *testing.T, row []byte) (fields map[string]jsontext.Value) {
	if err := json.Unmarshal(row, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// sayValue writes a value as a person would: times as clock times, charters by
// the beginning of their hash.
func sayValue(t *testing.T, name string, value jsontext.Value) string {
	switch {
	case name == "charter" && value.Kind() == '{':
		var c Charter
		if err := json.Unmarshal(value, &c); err != nil {
			t.Fatal(err)
		}
		for _, known := range sortedKeys(testCharters()) {
			if HashCharter(testCharters()[known]) == HashCharter(&c) {
				return "@" + known
			}
		}
		return "another"
	case name == "form" && value.Kind() == '{':
		for _, known := range sortedKeys(testForms()) {
			if encoded, err := Encode(testForms()[known]); err == nil && bytes.Equal(encoded, value) {
				return "@" + known
			}
		}
		return shorten(string(value))
	case (name == "at" || name == "time") && value.Kind() == '0':
		ms, err := strconv.ParseInt(string(value), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return time.UnixMilli(ms).UTC().Format("15:04")
	case name == "given":
		var list []Acknowledgement
		if err := json.Unmarshal(value, &list); err != nil {
			t.Fatal(err)
		}
		said := "none"
		for i, a := range list {
			if said += " and "; i == 0 {
				said = ""
			}
			said += fmt.Sprintf("%s/%s at %s by %s", a.Side, a.By, time.UnixMilli(a.At).UTC().Format("15:04"), a.ID)
		}
		return said
	case value.Kind() == '"':
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			t.Fatal(err)
		}
		if text == "" || strings.Contains(text, " ") {
			text = strconv.Quote(text)
		}
		return shorten(text)
	}
	return shorten(string(value))
}

func shorten(text string) string {
	for name, c := range testCharters() {
		if HashCharter(c) == text {
			return "#" + name
		}
	}
	for name, f := range testForms() {
		text = strings.ReplaceAll(text, HashForm(f), "#"+name)
	}
	if runes := []rune(text); len(runes) > 100 {
		return string(runes[:30]) + "... (" + strconv.Itoa(len(runes)) + " characters)"
	}
	return text
}
