package office

import "testing"

func TestReadbacksAreCountedByTheFirstOfEachSide(t *testing.T) {
	begin, settledTo := moment("2018-10-01 00:00"), moment("2018-10-01 12:00")
	schedules := NewSchedules([]Schedule{{Clocks: FoundingCharter(testOffice, 5, nil).Clocks, From: begin, ID: EntryID{"south", 0}, Rules: 5, Sides: testSides}})
	later := EntryID{"north", 99} // not settled
	yes := &ReadbackAnswer{Answer: ReadbackConfirm, ID: EntryID{"south", 5}}
	no := &ReadbackAnswer{Answer: ReadbackDispute, ID: EntryID{"south", 5}}
	of := func(at string, id EntryID, answer *ReadbackAnswer) Readback {
		return Readback{Answer: answer, At: moment(at), ID: id, Side: "north"}
	}
	withdrawn := &Handling{Relations: []Related{{ID: EntryID{"south", 9}, Kind: Cancellation}}}
	for _, test := range []struct {
		name string
		at   string
		h    *Handling
		list []Readback
		want Restating
	}{
		{"within twenty minutes", "2018-10-01 01:00", nil, []Readback{of("2018-10-01 01:20", EntryID{"north", 1}, nil)}, Restating{Asked: 1, InTime: 1}},
		{"after them", "2018-10-01 01:00", nil, []Readback{of("2018-10-01 01:21", EntryID{"north", 1}, yes)}, Restating{Asked: 1, Late: 1, Confirmed: 1}},
		{"twice", "2018-10-01 01:00", nil, []Readback{of("2018-10-01 01:10", EntryID{"north", 1}, no), of("2018-10-01 02:10", EntryID{"north", 2}, yes)}, Restating{Asked: 1, InTime: 1, Confirmed: 1, Disputed: 1}},
		{"not settled yet", "2018-10-01 11:50", nil, []Readback{of("2018-10-01 11:51", later, yes)}, Restating{Asked: 1, Open: 1}},
		{"its answer is not", "2018-10-01 01:00", nil, []Readback{of("2018-10-01 01:10", EntryID{"north", 1}, &ReadbackAnswer{Answer: ReadbackDispute, ID: later})}, Restating{Asked: 1, InTime: 1}},
		{"never", "2018-10-01 01:00", nil, nil, Restating{Asked: 1, Overdue: 1}},
		{"withdrawn", "2018-10-01 01:00", withdrawn, nil, Restating{Asked: 1, Withdrawn: 1}},
		{"in another month", "2018-11-01 01:00", nil, nil, Restating{}},
	} {
		tally := NewTally([]string{"2018-10"}, settledTo, func(id EntryID) bool { return id.Index < 50 }, testSides, nil, schedules, nil)
		tally.Readbacks("liaison", Flash, &Acknowledgements{Time: moment(test.at), Waiting: []Side{"north"}}, test.h, test.list)
		for _, f := range tally.Figures("liaison") {
			if want := (map[Side]Restating{"north": test.want})[f.Side]; f.Readbacks != want {
				t.Errorf("%s, %s: got %+v, want %+v", test.name, f.Side, f.Readbacks, want)
			}
		}
	}
}
