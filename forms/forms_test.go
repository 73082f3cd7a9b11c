package forms

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"liaison.example/office"
)

func TestEachFileIsAFormOfTheListAndEachFormAFile(t *testing.T) {
	if _, err := read(); err != nil {
		t.Fatal(err)
	}
	var files, listed []string
	entries, err := fs.ReadDir(data, "data")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		files = append(files, strings.TrimSuffix(entry.Name(), ".json"))
	}
	for i, form := range Catalog() {
		if form.Code != codes[i] {
			t.Errorf("the file of form %s holds a form with the code %s", codes[i], form.Code)
		}
		listed = append(listed, form.Code)
	}
	if slices.Sort(listed); !slices.Equal(listed, files) {
		t.Errorf("the list has the forms\n%s, the folder has\n%s", listed, files)
	}
}

func TestEachFileIsPrettyPrintedInTheOrderOfItsMembers(t *testing.T) {
	for _, form := range Catalog() {
		got, err := data.ReadFile("data/" + form.Code + ".json")
		if err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(form, json.Deterministic(true), jsontext.WithIndent("  "))
		if err != nil {
			t.Fatal(err)
		}
		if want = append(want, '\n'); !bytes.Equal(got, want) {
			t.Errorf("data/%s.json is not what would be written again:\n%s", form.Code, want)
		}
	}
}

func TestEachFormMayBeProposed(t *testing.T) {
	for _, form := range Catalog() {
		body, err := office.Encode(&office.ProposeFormBody{Form: form})
		if err != nil {
			t.Fatal(err)
		}
		if verdict := office.Check(office.KindProposeForm, body); !verdict.Done() {
			t.Errorf("form %s: %v", form.Code, verdict)
		}
		encoded, err := office.Encode(form)
		if err != nil {
			t.Fatal(err)
		}
		if len(encoded) > office.MaxForm {
			t.Errorf("form %s has %d bytes, the limit is %d", form.Code, len(encoded), office.MaxForm)
		}
	}
}

func TestAllWordsStandInBothLanguages(t *testing.T) {
	for _, form := range Catalog() {
		for where, words := range phrases(form) {
			if tags := slices.Sorted(maps.Keys(words)); !slices.Equal(tags, []string{"en", "ko"}) {
				t.Errorf("form %s, %s: the languages are %v, not en and ko", form.Code, where, tags)
				continue
			}
			if words["en"] == words["ko"] {
				t.Errorf("form %s, %s: %q is said in both languages", form.Code, where, words["en"])
			}
			for tag, text := range words {
				if strings.TrimSpace(text) != text || strings.Contains(text, "  ") {
					t.Errorf("form %s, %s, %s: there are needless spaces in %q", form.Code, where, tag, text)
				}
				if !norm.NFC.IsNormalString(text) {
					t.Errorf("form %s, %s, %s: %q is not composed", form.Code, where, tag, text)
				}
				if korean := strings.ContainsFunc(text, hangul); korean != (tag == "ko") {
					t.Errorf("form %s, %s: %q does not look like %s", form.Code, where, text, tag)
				}
			}
		}
	}
}

// hangul reports whether r is a Korean syllable.
func hangul(r rune) bool { return r >= '가' && r <= '힣' }

// phrases are all phrases of a form, by where they stand in it.
func phrases(form *office.Form) map[string]office.Words {
	all := map[string]office.Words{"name": form.Name, "purpose": form.Purpose}
	if form.Says != nil {
		all["says"] = form.Says
	}
	for _, answer := range form.Answers {
		all["answer "+answer.ID] = answer.Name
	}
	for _, field := range form.Fields {
		all[field.ID] = field.Name
		if field.Help != nil {
			all["help to "+field.ID] = field.Help
		}
		for _, choice := range field.Choices {
			all[field.ID+" "+choice.ID] = choice.Name
		}
	}
	return all
}

func TestNoTwoFormsFieldsOrChoicesHaveOneName(t *testing.T) {
	for _, tag := range []string{"en", "ko"} {
		names := map[string]string{} // within what it must be one, and the name -> what has it
		once := func(within, id string, words office.Words) {
			key := within + ": " + words[tag]
			if other, there := names[key]; there {
				t.Errorf("in %s, %s and %s are both called %q", within, other, id, words[tag])
			}
			names[key] = id
		}
		for _, form := range Catalog() {
			once("the catalog", form.Code, form.Name)
			for _, answer := range form.Answers {
				once(form.Code+", answers", answer.ID, answer.Name)
			}
			for _, field := range form.Fields {
				once(form.Code, field.ID, field.Name)
				for _, choice := range field.Choices {
					once(form.Code+" "+field.ID, choice.ID, choice.Name)
				}
			}
		}
	}
}

func TestEachFormCanBeFilledIn(t *testing.T) {
	values := map[office.FieldType]string{
		office.FieldLine:     "M/V Morning Star, “아침별”호",
		office.FieldText:     "1. As talked over on Friday.\n2. 금요일에 이야기한 대로.",
		office.FieldNumber:   "12.5",
		office.FieldDate:     "2018-10-15",
		office.FieldMinute:   "2018-10-15T08:00Z",
		office.FieldPosition: "37.9321,126.5567",
	}
	for _, form := range Catalog() {
		all, least := map[string]string{}, map[string]string{}
		for _, field := range form.Fields {
			value := values[field.Type]
			if field.Type == office.FieldChoice {
				value = field.Choices[0].ID
			}
			all[field.ID] = value
			if field.Required {
				least[field.ID] = value
			}
		}
		if faults := form.Faults(all); len(faults) > 0 {
			t.Errorf("form %s, filled in as a whole: %v", form.Code, faults)
		}
		if faults := form.Faults(least); len(faults) > 0 {
			t.Errorf("form %s, filled in where it must be: %v", form.Code, faults)
		}
		if len(least) == 0 {
			t.Errorf("form %s asks for nothing that must be said", form.Code)
		}
		fewest, most := 4, 12
		if _, short := form.ShortCode(); short {
			fewest, most = 1, 3
		}
		if n := len(form.Fields); n < fewest || n > most {
			t.Errorf("form %s has %d fields, good are %d to %d", form.Code, n, fewest, most)
		}
	}
}

func TestWhatAsksForSomethingSaysWhatMayBeAnswered(t *testing.T) {
	for _, form := range Catalog() {
		if form.Asks != office.AsksNothing && len(form.Answers) == 0 {
			t.Errorf("form %s asks for something, and any reply would close it", form.Code)
		}
	}
}
