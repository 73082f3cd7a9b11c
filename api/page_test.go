package api_test

import (
	"fmt"
	"slices"
	"testing"

	"liaison.example/api"
	"liaison.example/liaisontest"
)

func TestPagesStayRightWhileEntriesArrive(t *testing.T) {
	o := liaisontest.Open(t, "north", "south")
	south := client(t, serve(t, o.Nodes["south"], nil))
	ctx := t.Context()
	for i := range 10 {
		o.Send([]string{"south", "north"}[i%2], fmt.Sprint(i))
	}
	o.Equal()
	want := int(o.Status("south").Count)
	meanwhile := func() {
		o.Send("south", "meanwhile")
		o.Send("north", "meanwhile")
		o.Equal()
	}
	var entries, dispatches []string
	for cursor, more := "", true; more; more = cursor != "" {
		page, err := south.Record(ctx, cursor, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Entries {
			entries = append(entries, e.ID.String())
		}
		cursor = page.Next
		meanwhile()
	}
	for q, more := (api.Query{Limit: 3, Cursor: ""}), true; more; more = q.Cursor != "" {
		page, err := south.Dispatches(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page.Dispatches {
			dispatches = append(dispatches, d.ID.String())
		}
		q.Cursor = page.Next
		meanwhile()
	}
	for what, got := range map[string][]string{"entries": entries, "dispatches": dispatches} {
		all := len(got)
		slices.Sort(got)
		if len(slices.Compact(got)) != all {
			t.Errorf("%s come twice in pages: %v", what, got)
		}
	}
	if len(entries) != want || len(dispatches) != 10+2*((want+2)/3) {
		t.Errorf("in pages: %d entries of %d, %d dispatches", len(entries), want, len(dispatches))
	}

	page, err := south.Record(ctx, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := south.Dispatches(ctx, api.Query{Cursor: page.Next}); err == nil {
		t.Error("the cursor of one list goes on with another")
	}
}
