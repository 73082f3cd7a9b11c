package records_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"liaison.example/office"
)

func TestTheDispatchesWithEnclosuresAreListedFromAPlaceOn(t *testing.T) {
	onEach(t, []office.Side{"north", "south"}, func(t *testing.T, w *world) {
		w.found()
		north := w.nodes["north"].records
		var want []office.EntryID
		for i := range 5 {
			d := w.dispatch("south", int64(i+1), fmt.Sprint(i))
			if i%2 == 0 {
				d.Enclosures = []office.Enclosure{{Hash: fmt.Sprintf("%064d", i), Name: "map.png", Size: 100, Type: "image/png"}}
			}
			w.now = w.now.Add(time.Second)
			if id := w.mustWrite("south", "duty-officer", office.KindDispatch, d); i%2 == 0 {
				want = append(want, id)
			}
		}
		w.exchange()
		w.mustWrite("north", office.Operator, office.KindStored, &office.StoredBody{Dispatch: want[1], Hash: fmt.Sprintf("%064d", 2)})
		var got []office.EntryID
		for after := int64(0); ; {
			list, err := north.Enclosing(ctx, after, 2)
			if err != nil {
				t.Fatal(err)
			}
			if len(list) == 0 {
				break
			}
			for _, d := range list {
				if got = append(got, d.ID); len(d.Enclosures) != 1 || d.Pos <= after || d.Text != "" || len(d.Handling.Stored) != map[bool]int{true: 1}[d.ID == want[1]] {
					t.Errorf("got %+v", d)
				}
				after = d.Pos
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
