package notify

import (
	"context"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// Another side can release without end, and more than are looked at one by one.
// What is asked of the record with each look stays bounded.
func TestManyThatAreTooManyToBeLookedAtAreAskedForInTurn(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p := openPeople(t, open(sqldb.Config{}))
		p.add(t, "kim", "kim")
		const many = 3000
		for i := range int64(many) {
			id := office.EntryID{Side: "north", Index: i}
			p.waiting = append(p.waiting, waiting(id.String(), office.Routine))
			p.waiting[i].At = p.now.UnixMilli()
		}
		all := p.waiting
		asked := 0
		p.Waits = func(_ context.Context, id office.EntryID) (bool, error) {
			asked++
			return id.Index%2 == 0, nil
		}
		p.mustTell(t)
		p.waiting = all[many-100:]
		for look := 0; ; look++ {
			asked = 0
			p.now = p.now.Add(time.Minute)
			p.mustTell(t)
			if asked > askedAtOnce {
				t.Fatalf("it asked for %d", asked)
			}
			l, err := p.readLocal(t.Context(), p.now.UnixMilli())
			if err != nil {
				t.Fatal(err)
			}
			left := 0
			for _, one := range l.told {
				if one.open {
					left++
				}
			}
			if left == many/2+50 {
				break // all that wait no more are found
			}
			if look > 2*many/askedAtOnce {
				t.Fatalf("%d are left", left)
			}
		}
	})
}
