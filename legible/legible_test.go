package legible_test

import (
	"testing"

	"liaison.example/legible"
)

func TestANameThatPassesForAnotherIsFound(t *testing.T) {
	for name, want := range map[string]legible.Flaw{
		"":                                 {},
		"김 련락관":                            {},
		"Kim Chol-su (김철수), 金哲洙":           {},
		"Lt. O’Neill–Žižek 2":              {},
		"Иван Петров":                      {},
		"Κώστας Παπαδόπουλος":              {},
		"Ahn\nЗоя\n이순신":                    {},
		"Рark":                             {Word: "Рark"}, // a Cyrillic letter first
		"Сосо":                             {Word: "Сосо"},
		"Сосо Kim":                         {Word: "Сосо Kim"},
		"Ahn\nКim":                         {Word: "Кim"},
		"김\u3164철수":                        {Rune: 0x3164, After: "김"},
		"Kim\u200b":                        {Rune: 0x200b, After: "Kim"},
		"Kim\u200dLee":                     {Rune: 0x200d, After: "Kim"},
		"Kim\u200e":                        {Rune: 0x200e, After: "Kim"},
		"\u2066Kim":                        {Rune: 0x2066},
		"first line\nthe second \u202eone": {Rune: 0x202e, After: "the second "},
	} {
		var got legible.Flaw
		if flaw := legible.Name(name); flaw != nil {
			got = *flaw
		}
		if got != want {
			t.Errorf("%q: got %+v, want %+v", name, got, want)
		}
	}
}

func TestATextMayHoldWhatANameMayNot(t *testing.T) {
	const turned, filled, alike = "a\u2067b", "a\u115fb", "Рark"
	if legible.Text(turned) == nil || legible.Text(filled) != nil || legible.Text(alike) != nil {
		t.Error("in a text only what turns it misleads")
	}
	if legible.Line(turned) == nil || legible.Line(filled) == nil || legible.Line(alike) != nil {
		t.Error("in a line what turns it or is not seen misleads")
	}
}

func FuzzName(f *testing.F) {
	f.Add("Рark\n\u202e")
	f.Fuzz(func(t *testing.T, name string) {
		if legible.Line(name) != nil && legible.Name(name) == nil {
			t.Errorf("%q is a name and no line", name)
		}
	})
}
