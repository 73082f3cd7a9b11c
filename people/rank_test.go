package people_test

import (
	"slices"
	"strings"
	"testing"

	"liaison.example/office"
	"liaison.example/people"
)

func TestTheTableOfRanksIsKept(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		by := people.By{Who: people.Operator}
		head, deputy := people.Rank{Here: "소장", Side: "north", There: "소장"}, people.Rank{Here: "Deputy", Side: "north", There: "Vice head"}
		if err := p.SetRanks(t.Context(), by, []people.Rank{head, deputy, head}, nil); err != nil {
			t.Fatal(err)
		}
		list, err := p.Ranks(t.Context())
		if err != nil || !slices.Equal(list, people.Ranks{deputy, head}) {
			t.Errorf("got %v, %v", list, err)
		}
		for name, add := range map[string][]people.Rank{
			"bad-name": {{Here: "a", Side: "North", There: "b"}},
			"missing":  {{Here: " ", Side: "north", There: "b"}},
			"too-long": {{Here: strings.Repeat("가", 101), Side: "north", There: "b"}},
			"too-many": func() (many []people.Rank) {
				for i := range people.MaxRanks + 1 {
					many = append(many, people.Rank{Here: strings.Repeat("a", i/20+1), Side: "north", There: strings.Repeat("b", i%20+1)})
				}
				return many
			}(),
		} {
			wantRefusal(t, name, p.SetRanks(t.Context(), by, add, nil), office.Reason(name))
		}
		if err := p.SetRanks(t.Context(), by, nil, []people.Rank{deputy}); err != nil {
			t.Fatal(err)
		}
		if list, err = p.Ranks(t.Context()); err != nil || !slices.Equal(list, people.Ranks{head}) {
			t.Errorf("got %v, %v", list, err)
		}
		if trail, err := p.Trail(t.Context(), 0, 9); err != nil || len(trail) != 2 || trail[0].Deed != people.RanksChanged {
			t.Errorf("the trail has %+v, %v", trail, err)
		}
	})
}

func TestAMismatchIsFoundByTheLongestWordsInTheNames(t *testing.T) {
	table := people.Ranks{
		{Here: "Minister", Side: "north", There: "Chairman"},
		{Here: "Vice Minister", Side: "north", There: "Vice Chairman"},
		{Here: "소장", Side: "east", There: "Head"},
	}
	for _, test := range []struct {
		side, name, attention string
		equal                 []string
		fits                  bool
	}{
		{"north", "Cho M., minister of unification", "Ri S., Chairman", nil, true},
		{"north", "Chun H., Vice Minister", "Ri S., Vice Chairman", nil, true},
		{"north", "Chun H., Vice Minister", "Ri S., Chairman", []string{"Vice Chairman"}, false},
		{"north", "Chun H.", "Ri S., Chairman", []string{"Minister"}, false},
		{"north", "Minister", "Ri S.", []string{"Chairman"}, false},
		{"north", "Chun H.", "Ri S.", nil, true},
		{"north", "", "Chairman", nil, true},
		{"north", "Minister", " ", nil, true},
		{"east", "남측 소장", "Head of the office", nil, true},
		{"west", "Minister", "Head", nil, true},
	} {
		m := table.Mismatch(test.side, test.name, test.attention)
		if (m == nil) != test.fits || m != nil && (m.Side != test.side || !slices.Equal(m.Equal, test.equal)) {
			t.Errorf("%s, %q to %q: got %+v", test.side, test.name, test.attention, m)
		}
	}
}
