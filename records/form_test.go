package records_test

import (
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
)

func TestFormsAreListedAndDispatchesFoundByThem(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		south := w.nodes["south"]
		write := func(side office.Side, kind string, body any) office.EntryID {
			w.now = w.now.Add(time.Second)
			id := w.mustWrite(side, "duty-officer", kind, body)
			w.exchange()
			return id
		}
		states := func(c records.FormFilter) string {
			forms, more, err := south.records.Forms(ctx, c)
			if err != nil {
				t.Fatal(err)
			}
			var said []string
			for _, f := range forms {
				said = append(said, f.Form.Code+" "+f.State)
			}
			if more {
				said = append(said, "more")
			}
			return strings.Join(said, ", ")
		}
		if got := states(records.FormFilter{}); got != "" {
			t.Errorf("at first: %s", got)
		}
		first, second, other := worldForms[0], worldForms[1], *worldForms[2]
		other.Code = "ve"
		hash := office.HashForm(first)
		write("south", office.KindProposeForm, &office.ProposeFormBody{Form: first})
		write("north", office.KindAgreeForm, &office.AgreeFormBody{Hash: hash})
		used := w.dispatch("south", 1, "")
		used.Form = &office.Filled{Code: "an", Hash: hash, Values: map[string]string{"what": "굴착 공사"}}
		filled := write("south", office.KindDispatch, used)
		write("south", office.KindDispatch, w.dispatch("south", 2, "Without a form: digging."))
		write("north", office.KindProposeForm, &office.ProposeFormBody{Form: second, Replaces: hash})
		write("south", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(second)})
		write("north", office.KindProposeForm, &office.ProposeFormBody{Form: &other})
		for _, test := range []struct {
			filter records.FormFilter
			want   string
		}{
			{records.FormFilter{}, "ve open, an in-force, an succeeded"},
			{records.FormFilter{Limit: 1}, "ve open, more"},
			{records.FormFilter{Limit: 1, After: office.HashForm(&other)}, "an in-force, more"},
			{records.FormFilter{Limit: 2, After: office.HashForm(&other)}, "an in-force, an succeeded"},
			{records.FormFilter{State: office.FormInForce}, "an in-force"},
			{records.FormFilter{Code: "an"}, "an in-force, an succeeded"},
			{records.FormFilter{Code: "none"}, ""},
		} {
			if got := states(test.filter); got != test.want {
				t.Errorf("%+v: got %q, want %q", test.filter, got, test.want)
			}
		}
		row, found, err := south.records.Form(ctx, hash)
		if err != nil || !found || row.State != office.FormSucceeded || office.HashForm(row.Form) != hash {
			t.Errorf("the first form: %v, %+v, %v", found, row, err)
		}
		all, _, err := south.records.Forms(ctx, records.FormFilter{})
		if err != nil {
			t.Fatal(err)
		}
		since, err := south.records.InForceSince(ctx, all)
		if err != nil || len(since) != 2 || since[hash] == 0 || since[hash] >= since[office.HashForm(second)] {
			t.Errorf("in force since %v, %v", since, err)
		}
		if since, err := south.records.InForceSince(ctx, nil); err != nil || len(since) != 0 {
			t.Errorf("no forms are in force since %v, %v", since, err)
		}
		if _, found, err := south.records.Form(ctx, planHash); err != nil || found {
			t.Errorf("a form that is not there: %v, %v", found, err)
		}
		if _, err := south.records.Index(ctx); err != nil {
			t.Fatal(err)
		}
		for _, filter := range []records.Filter{{Form: "an"}, {Form: "an", Text: "굴착"}, {Text: "공사"}, {Form: "an", From: "south", Precedence: office.Routine}} {
			lines, _, err := south.records.Dispatches(ctx, filter)
			if err != nil || ids(lines) != filled.String() {
				t.Errorf("%+v: got %q, %v", filter, ids(lines), err)
			}
		}
		for _, filter := range []records.Filter{{Form: "ve"}, {Form: "ve", Text: "공사"}, {Form: "an", From: "north"}} {
			if lines, _, err := south.records.Dispatches(ctx, filter); err != nil || len(lines) > 0 {
				t.Errorf("%+v: got %q, %v", filter, ids(lines), err)
			}
		}
	})
}
