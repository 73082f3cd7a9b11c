package people_test

import (
	"fmt"
	"strings"
	"testing"

	"liaison.example/people"
)

func TestAPersonKeepsViewsInAnOrderOfTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, _ *clock) {
		views := func(account string) string {
			t.Helper()
			list, err := p.Views(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, v := range list {
				names = append(names, v.Name+"?"+v.Query)
			}
			return strings.Join(names, " ")
		}
		ok := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		ok(p.KeepView(t.Context(), "park", people.View{Name: "북측", Query: "from=north"}))
		ok(p.KeepView(t.Context(), "park", people.View{Name: "open", Query: "state=open"}))
		ok(p.KeepView(t.Context(), "choi", people.View{Name: "open", Query: "state=ours"}))
		ok(p.KeepView(t.Context(), "park", people.View{Name: "북측", Query: "from=north&state=ours"}))
		if got := views("park"); got != "북측?from=north&state=ours open?state=open" {
			t.Errorf("kept are %s", got)
		}
		ok(p.RaiseView(t.Context(), "park", "open"))
		ok(p.RaiseView(t.Context(), "park", "open"))
		ok(p.RaiseView(t.Context(), "park", "nothing"))
		if got := views("park"); got != "open?state=open 북측?from=north&state=ours" {
			t.Errorf("raised are %s", got)
		}
		ok(p.DropView(t.Context(), "park", "open"))
		ok(p.DropView(t.Context(), "park", "open"))
		if got := views("park"); got != "북측?from=north&state=ours" {
			t.Errorf("left are %s", got)
		}
		if got := views("choi"); got != "open?state=ours" {
			t.Errorf("of another account there are %s", got)
		}
		for _, name := range []string{"", " ", ".", "..", " a", "a\nb", "a\u202eb", "a\u200bb", "oреn", strings.Repeat("가", people.MaxViewName+1), "a\xff"} {
			wantRefusal(t, name, p.KeepView(t.Context(), "park", people.View{Name: name}), "view-name")
		}
		for i := range people.MaxViews - 1 {
			ok(p.KeepView(t.Context(), "park", people.View{Name: fmt.Sprint(i)}))
		}
		wantRefusal(t, "one too many", p.KeepView(t.Context(), "park", people.View{Name: "more"}), "view-many")
		if p.KeepView(t.Context(), "choi", people.View{Name: "long", Query: strings.Repeat("x", 5000)}) == nil {
			t.Error("a very long address is kept")
		}
	})
}
