package office

import (
	"slices"
	"testing"
)

// A late entry that slots in before or after the from-when is judged by the charter of
// its own time; see records for the order itself.
func TestWhatIsInForceAtAMomentNeedsNoEntry(t *testing.T) {
	before, after := testCharters()["with-rules-5"], testCharters()["with-rules-5-maritime"]
	row := &OfficeRow{Charter: before, Founded: testSides, Hash: HashCharter(before), Open: true, Since: EntryID{"south", 0}, Time: 10}
	if last, hash := row.AgreedLast(); row.At(1<<50) != row || last != before || hash != row.Hash {
		t.Error("without one that waits it is not as it is")
	}
	row.Pending = &Pending{Agreed: EntryID{"north", 3}, Charter: after, From: 100, Hash: HashCharter(after)}
	if last, hash := row.AgreedLast(); last != after || hash != HashCharter(after) {
		t.Error("another charter does not amend the one that waits")
	}
	if row.At(99) != row {
		t.Error("it is in force a moment too early")
	}
	at := row.At(100)
	if at.Charter != after || at.Hash != HashCharter(after) || at.Pending != nil || !at.Open || at.Time != 100 || at.Since != (EntryID{"north", 3}) || !slices.Equal(at.Founded, testSides) {
		t.Errorf("at its time: %+v", at)
	}
	if row.Charter != before || row.Pending == nil {
		t.Error("asking has changed the row")
	}
	p := &Proposal{From: 100, State: ProposalPending}
	if p.StateAt(99) != ProposalPending || p.StateAt(100) != ProposalInForce {
		t.Error("the state of the proposal does not follow")
	}
}

func TestAScheduleThatWasTakenBackIsNone(t *testing.T) {
	of := func(index, agreed, from int64) Schedule {
		return Schedule{Agreed: agreed, From: from, ID: EntryID{"south", index}}
	}
	for _, test := range []struct {
		name string
		list []Schedule
		want []int64 // indexes
	}{
		{"each at once", []Schedule{of(1, 0, 10), of(2, 0, 20)}, []int64{1, 2}},
		{"one waits", []Schedule{of(1, 0, 10), of(2, 20, 50)}, []int64{1, 2}},
		{"it is taken back before its time", []Schedule{of(1, 0, 10), of(2, 20, 50), of(3, 0, 30)}, []int64{1, 3}},
		{"the next is agreed to in its time", []Schedule{of(1, 0, 10), of(2, 20, 50), of(3, 0, 50)}, []int64{1, 2, 3}},
		{"an earlier one takes its place", []Schedule{of(1, 0, 10), of(2, 20, 50), of(3, 30, 40)}, []int64{1, 3}},
		{"it is postponed twice", []Schedule{of(1, 0, 10), of(2, 20, 50), of(3, 30, 60), of(4, 59, 70)}, []int64{1, 4}},
	} {
		var got []int64
		for _, s := range NewSchedules(test.list) {
			got = append(got, s.ID.Index)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestTheTestTextOfACheckIsThatOfTheCharterOfItsMoment(t *testing.T) {
	before, after := testCharters()["with-rules-5"], *testCharters()["with-rules-5-checks"]
	checks := *after.Channels[0].Checks
	checks.Texts = []TestText{{ID: "other", Text: "Another text."}}
	after.Channels = slices.Clone(after.Channels)
	after.Channels[0].Checks = &checks
	desk := newDesk()
	desk.Put(&OfficeRow{
		Charter: before, Founded: testSides, Hash: HashCharter(before), Open: true, Since: EntryID{"south", 0},
		Pending: &Pending{Agreed: EntryID{"north", 3}, Charter: &after, From: moment("2018-09-14 09:00"), Hash: HashCharter(&after)},
	})
	for _, test := range []struct {
		at   string
		due  Minute
		want string
	}{
		{"2018-09-14 08:59", "", DefaultTexts[0].ID},
		{"2018-09-14 08:59", "2018-09-14T09:00Z", "other"},
		{"2018-09-14 09:00", "", "other"},
	} {
		body := Complete(desk, "south", moment(test.at), &CheckBody{Channel: "liaison", Due: test.due})
		if got := body.(*CheckBody).Text; got != test.want {
			t.Errorf("at %s, due %q: %s, want %s", test.at, test.due, got, test.want)
		}
	}
}
