package people_test

import (
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// TestMayIsThisTable shows who may do what. Letters of a dispatch: F, I, P, R
// for the precedences; y for other kinds.
func TestMayIsThisTable(t *testing.T) {
	const table = `
		                 head  deputy  officer  duty-officer  interpreter  secretary  observer
		dispatch         FIPR  FIPR    PR       FIPR          -            R          -
		acknowledge      y     y       y        y             -            -          -
		consider         y     y       y        y             -            -          -
		close            y     y       y        y             -            -          -
		enclosure.stored -     -       -        -             -            -          -
		charter.propose  y     y       -        -             -            -          -
		charter.agree    y     y       -        -             -            -          -
		post             y     y       -        -             -            -          -
		post.end         y     y       -        -             -            -          -
		charter          -     -       -        -             -            -          -
		unknown          -     -       -        -             -            -          -`
	lines := strings.Split(strings.TrimSpace(table), "\n")
	roles := strings.Fields(lines[0])
	if len(roles) != len(office.Roles) {
		t.Errorf("the table has %d roles, want all %d of %v", len(roles), len(office.Roles), office.Roles)
	}
	kinds := map[string]bool{}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		kind := cells[0]
		kinds[kind] = true
		for i, role := range roles {
			got := "-"
			if kind == office.KindDispatch {
				letters := ""
				for _, p := range office.Precedences {
					if people.May(role, kind, p) {
						letters += string(p[:1])
					}
				}
				if letters != "" {
					got = letters
				}
				if people.May(role, kind, "") || people.May(role, kind, "LOUD") {
					t.Errorf("%s may release a dispatch of no precedence", role)
				}
			} else if people.May(role, kind, "") {
				got = "y"
			}
			if want := cells[i+1]; got != want {
				t.Errorf("%s, %s: got %s, want %s", role, kind, got, want)
			}
		}
	}
	for _, k := range office.Kinds {
		if !kinds[k.Name] {
			t.Errorf("the table says nothing of %s", k.Name)
		}
	}
	if people.May("", office.KindDispatch, office.Routine) || people.May("minister", office.KindDispatch, office.Routine) {
		t.Error("a role that does not exist may release a dispatch")
	}
}
