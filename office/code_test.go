package office

import (
	"bytes"
	"maps"
	"os"
	"testing"
)

// testCode is a short code with a slot of two types, changed if need be.
func testCode(change func(*Form)) *Form {
	f := &Form{
		Asks: AsksAnswer,
		Code: "sc02",
		Fields: []FormField{
			{ID: "name", Name: Words{"en": "Name", "ko": "선명"}, Required: true, Type: FieldLine},
			{ID: "place", Name: Words{"en": "Position", "ko": "위치"}, Required: true, Type: FieldPosition},
		},
		Name:       Words{"en": "Our vessel is in distress", "ko": "우리 선박 조난"},
		Precedence: Flash,
		Purpose:    Words{"en": "When there is no time for the form DS.", "ko": "서식 DS를 쓸 겨를이 없을 때."},
		Says:       Words{"en": "Our vessel {name} is in distress at {place}.", "ko": "우리 선박 {name}, {place}에서 조난."},
	}
	if change != nil {
		change(f)
	}
	return f
}

func TestAShortCodeSaysTheSameInEachLanguage(t *testing.T) {
	sorts := testCode(func(f *Form) {
		f.Fields = append(f.Fields[:1], testForm().Fields[1], testForm().Fields[3], FormField{ID: "day", Name: Words{"en": "Day"}, Required: true, Type: FieldDate})
		f.Says = Words{"en": "{name}{sort}, {from}, {day}: {name}!", "ko": "{sort} {day} {from} {name}"}
	})
	for _, c := range []struct {
		form   *Form
		values map[string]string
		want   Words
	}{
		{testCode(nil), map[string]string{"name": "아침별", "place": "37.9,126.5"}, Words{"en": "Our vessel 아침별 is in distress at 37.9,126.5.", "ko": "우리 선박 아침별, 37.9,126.5에서 조난."}},
		{testCode(nil), map[string]string{"name": "{place}", "place": "}{"}, Words{"en": "Our vessel {place} is in distress at }{.", "ko": "우리 선박 {place}, }{에서 조난."}},
		{testCode(nil), nil, Words{"en": "Our vessel [Name] is in distress at [Position].", "ko": "우리 선박 [선명], [위치]에서 조난."}},
		{sorts, map[string]string{"name": "A", "sort": "works", "from": "2018-09-17T00:30Z", "day": "2018-09-18"}, Words{
			"en": "AWorks, 2018-09-17 00:30 UTC, 2018-09-18: A!", "ko": "Works 2018-09-18 2018-09-17 00:30 UTC A"}},
		{sorts, map[string]string{"name": "A", "sort": "other", "from": "soon"}, Words{"en": "Aother, soon, [Day]: A!", "ko": "other [Day] soon A"}},
		{testForm(), nil, nil},
		{nil, nil, nil},
	} {
		if got := c.form.Say(c.values); !maps.Equal(got, c.want) {
			t.Errorf("got\n%q, want\n%q", got, c.want)
		}
	}
	// What no rule has checked does not make the reader fall over either.
	broken := &Form{Code: "sc01", Says: Words{"en": "} {x} { {}"}}
	if got := broken.Say(nil)["en"]; got != "} [] { {}" && got != "} [] []" {
		t.Errorf("of a broken text: %q", got)
	}
}

func TestNumbersOfShortCodes(t *testing.T) {
	for number, want := range map[int]string{1: "sc01", 10: "sc10", 99: "sc99", 0: "", 100: "", -1: ""} {
		if got := CodeOfNumber(number); got != want {
			t.Errorf("%d: %q, want %q", number, got, want)
		}
	}
	if number, is := testCode(nil).ShortCode(); number != "02" || !is {
		t.Errorf("%q, %v", number, is)
	}
	if number, is := testForm().ShortCode(); number != "" || is {
		t.Errorf("a form is the short code %q", number)
	}
}

func TestAShortCodeHasItsGoldenBytes(t *testing.T) {
	golden, err := os.ReadFile("../spec/testdata/kinds/form.propose-code.json")
	if err != nil {
		t.Fatal(err)
	}
	body := &ProposeFormBody{Form: testCode(nil), Note: "For the worst cases."}
	encoded, err := Encode(body)
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s", err, encoded, golden)
	}
	if v := Check(KindProposeForm, golden); !v.Done() {
		t.Errorf("refused: %s", sayVerdict(v))
	}
}
