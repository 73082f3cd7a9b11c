package people_test

import (
	"slices"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

// TestMayIsThisTable shows who may do what as long as the side changes nothing.
// Letters: F, I, P, R for the precedences; y for acts that have none.
func TestMayIsThisTable(t *testing.T) {
	const table = `
		                 head  deputy  officer  duty-officer  interpreter  secretary  observer
		draft            FIPR  FIPR    FIPR     FIPR          FIPR         FIPR       -
		draft.review     FIPR  FIPR    FIPR     FIPR          -            -          -
		dispatch         FIPR  FIPR    PR       FIPR          -            R          -
		dispatch.alone   FIPR  FIPR    -        FIPR          -            -          -
		acknowledge      FIPR  FIPR    FIPR     FIPR          -            -          -
		consider         y     y       y        y             -            -          -
		close            y     y       y        y             -            -          -
		readback         y     y       y        y             -            -          -
		readback.answer  y     y       y        y             -            -          -
		enclosure.stored -     -       -        -             -            -          -
		charter.propose  y     y       -        -             -            -          -
		charter.agree    y     y       -        -             -            -          -
		form.propose     y     y       -        -             -            -          -
		form.agree       y     y       -        -             -            -          -
		note             y     y       y        y             -            -          -
		tender           y     y       y        y             -            -          -
		tender.answer    y     y       y        y             -            -          -
		tender.withdraw  y     y       y        y             -            -          -
		watch            y     y       y        y             -            -          -
		watch.end        y     y       y        y             -            -          -
		check            y     y       y        y             -            -          -
		check.answer     y     y       y        y             -            -          -
		attempt          y     y       y        y             -            -          -
		attempt.confirm  y     y       y        y             -            -          -
		suspension       y     y       -        -             -            -          -
		resumption       y     y       -        -             -            -          -
		roster           y     y       -        -             -            y          -
		hours            y     y       -        -             -            -          -
		coverage         y     y       -        -             -            -          -
		personnel        y     y       -        -             -            -          -
		post             y     y       -        -             -            -          -
		post.end         y     y       -        -             -            -          -
		charter          -     -       -        -             -            -          -
		unknown          -     -       -        -             -            -          -`
	each(t, func(t *testing.T, p *people.People, c *clock) {
		rules, err := p.Rules(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(table), "\n")
		roles := strings.Fields(lines[0])
		if len(roles) != len(office.Roles) {
			t.Errorf("the table has %d roles, want all %d of %v", len(roles), len(office.Roles), office.Roles)
		}
		acts := map[string]bool{}
		for _, line := range lines[1:] {
			cells := strings.Fields(line)
			act := cells[0]
			acts[act] = true
			urgent := slices.Contains(people.Acts, people.Act{Name: act, Urgent: true})
			for i, role := range roles {
				got := ""
				if rules.May("post", role, act, "", "") {
					got = "y"
				}
				for _, precedence := range office.Precedences {
					if rules.May("post", role, act, precedence, "") {
						got += string(precedence[:1])
					}
				}
				if got == "" {
					got = "-"
				}
				if urgent && rules.May("post", role, act, "LOUD", "") {
					t.Errorf("%s may %s of no precedence", role, act)
				}
				if want := cells[i+1]; got != want {
					t.Errorf("%s, %s: got %s, want %s", role, act, got, want)
				}
			}
		}
		for _, k := range office.Kinds {
			if !acts[k.Name] {
				t.Errorf("the table says nothing of %s", k.Name)
			}
		}
		for _, act := range people.Acts {
			if !acts[act.Name] {
				t.Errorf("the table says nothing of %s", act.Name)
			}
		}
		if rules.May("post", "", office.KindDispatch, office.Routine, "") || rules.May("post", "minister", office.KindDispatch, office.Routine, "") {
			t.Error("a role that does not exist may release a dispatch")
		}
	})
}

func TestWhatIsSaidOfAFormIsGivenUpOnceItIsSaidOfAll(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		cell := people.Cell{Role: "officer", Act: people.ActAlone, Precedence: office.Priority, Form: "an"}
		base := cell
		base.Form = ""
		set := func(c people.Cell, allowed bool) *people.Rules {
			t.Helper()
			if err := p.SetMay(t.Context(), people.By{Who: "ahn"}, map[people.Cell]bool{c: allowed}); err != nil {
				t.Fatal(err)
			}
			rules, err := p.Rules(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return rules
		}
		if r := set(cell, true); !r.Allows(cell) || r.Allows(base) || !r.Own(cell) || !slices.Equal(r.Forms(), []string{"an"}) {
			t.Error("a form has no rule of its own")
		}
		if r := set(base, true); !r.Own(cell) {
			t.Error("it was given up by itself")
		}
		if r := set(cell, true); r.Own(cell) || !r.Allows(cell) || len(r.Forms()) > 0 {
			t.Error("it was not given up")
		}
		if r := set(base, false); r.Allows(cell) {
			t.Error("it does not follow")
		}
		for _, unknown := range []people.Cell{{Role: "officer", Act: office.KindConsider, Form: "an"}, {Role: "officer", Act: people.ActAlone, Precedence: office.Priority, Form: "A N"}} {
			wantRefusal(t, "a place that is none", p.SetMay(t.Context(), people.By{}, map[people.Cell]bool{unknown: true}), "may-unknown")
		}
	})
}
