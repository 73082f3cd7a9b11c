package main

import (
	"testing"
)

func TestTheDoctorSaysWherePasskeysCanBeHad(t *testing.T) {
	for address, want := range map[string]finding{
		"":                             {State: isOK, Found: "browsers have passkeys at http://localhost:8410, and not at http://127.0.0.1:8410"},
		"https://office.example":       {State: isOK, Found: "browsers have passkeys at https://office.example"},
		"http://pages.kaesong.example": {State: isWarning, Found: "browsers have no passkeys at http://pages.kaesong.example: they want https and a name, or localhost"},
		"https://192.0.2.7:8410":       {State: isWarning, Found: "browsers have no passkeys at https://192.0.2.7:8410: they want https and a name, or localhost"},
	} {
		s := defaults()
		s.Office, s.Name, s.WebURL = "kaesong.example", "South", address
		found := lookAtPasskeys(t.Context(), &patient{folder: &folder{settings: &s}})
		if len(found) != 1 || found[0].State != want.State || found[0].Found != want.Found || (found[0].Do == "") != (want.State == isOK) {
			t.Errorf("%q: got %+v, want %+v", address, found, want)
		}
	}
}
