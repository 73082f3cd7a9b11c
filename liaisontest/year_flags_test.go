package liaisontest_test

import (
	"context"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// lookAtFlag looks, at both sides, one tick before something is due, when it is due and
// one tick after, whether it stands there as overdue. If that is not to be raised, it
// was answered by then, or silence has become the answer.
func (y *year) lookAtFlag(about office.EntryID, awaits office.Awaits, due time.Time, raised bool) {
	for _, at := range []time.Time{due.Add(-tick), due, due.Add(tick)} {
		if at.Before(yearEnds) {
			y.at(at, func() { y.flag(about, awaits, due, raised) })
		}
	}
}

func (y *year) flag(about office.EntryID, awaits office.Awaits, due time.Time, raised bool) {
	y.t.Helper()
	y.flags++
	for _, side := range y.Sides {
		look := func(at time.Time) (silence node.Silence, found bool) {
			page, err := y.Nodes[side].Silences(context.Background(), node.SilenceFilter{}, at)
			if err != nil {
				y.t.Fatal(err)
			}
			for _, s := range page.List {
				if s.About == about && s.Awaits == awaits {
					return s, true
				}
			}
			return silence, false
		}
		now, found := look(y.now)
		if y.now.Equal(due) && found { // it falls within this minute: just then not, and right after that
			then, _ := look(time.UnixMilli(now.Due))
			after, open := look(time.UnixMilli(now.Due + 1))
			if then.Overdue || after.Overdue != raised && open {
				y.t.Errorf("%s: %s is %s overdue: %t when it is due, then %t", side, about, awaits, then.Overdue, after.Overdue)
			}
			if time.UnixMilli(now.Due).Sub(due).Abs() > tick {
				y.t.Errorf("%s: %s is due at %s and not at %s", side, about, time.UnixMilli(now.Due).UTC(), due)
			}
			continue
		}
		if want := raised && y.now.After(due); now.Overdue != want && !y.now.Equal(due) || raised && !found {
			y.t.Errorf("%s, %s: the %s of %s is overdue: %t, want %t since %s; waited for: %t", y.now, side, awaits, about, now.Overdue, want, due, found)
		}
	}
}

// lookAtCheck looks, at both sides, one tick before the time of a line check has run
// out, when it runs out and one tick after, what has become of it for a side.
func (y *year) lookAtCheck(due, ends time.Time, of office.Side, before, after office.CheckResult) {
	for _, at := range []time.Time{ends.Add(-tick), ends, ends.Add(tick)} {
		if !at.Before(yearEnds) {
			continue
		}
		y.at(at, func() {
			y.flags++
			want := before
			if at.After(ends) {
				want = after
			}
			for _, side := range y.Sides {
				checks, _, err := y.Nodes[side].Records().ChecksDue(context.Background(), at, time.Hour)
				if err != nil {
					y.t.Fatal(err)
				}
				got := office.CheckResult("")
				for _, c := range checks {
					if c.Due == due.UnixMilli() {
						got = c.Results[of]
					}
				}
				if got != want {
					y.t.Errorf("%s, %s: the line check of %s is %q for %s, want %q until %s", at, side, due, got, of, want, ends)
				}
			}
		})
	}
}
