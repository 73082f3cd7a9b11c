package office

import (
	"bytes"
	"os"
	"testing"
)

// An answer is due before the moment that the form tells of. It is never due before
// the release, and after the moment only if that was past already.
func TestAnAnswerIsDueBeforeTheMomentThatTheFormTellsOf(t *testing.T) {
	release := moment("2018-09-14 00:00")
	form := testForms()["ahead"] // 48 h and 24 h ahead of works, 24 h and 0 h of an exercise
	unhurried := *form
	unhurried.Precedence, unhurried.Hours = Immediate, 72
	objection := *testForms()["ahead-objection"]
	objection.Ahead = &Ahead{Field: "from", Release: 24}
	for _, test := range []struct {
		name, sort, from string
		form             *Form
		answer           string // empty: no time
		late             bool
	}{
		{"long before, by the form's hours", "works", "2018-09-20T00:00Z", &unhurried, "2018-09-17 00:00", false},
		{"just in time", "works", "2018-09-16T00:00Z", &unhurried, "2018-09-15 00:00", false},
		{"a minute too late", "works", "2018-09-15T23:59Z", &unhurried, "2018-09-14 23:59", true},
		{"less than what the answer has: by the moment", "works", "2018-09-14T20:00Z", &unhurried, "2018-09-14 20:00", true},
		{"exactly what the answer has: by the moment", "works", "2018-09-15T00:00Z", &unhurried, "2018-09-15 00:00", true},
		{"after the moment: the form's hours", "works", "2018-09-13T20:00Z", &unhurried, "2018-09-17 00:00", true},
		{"another choice", "exercise", "2018-09-15T00:00Z", &unhurried, "2018-09-15 00:00", false},
		{"no usual time", "works", "2018-09-20T00:00Z", form, "2018-09-19 00:00", false},
		{"no usual time, and late", "works", "2018-09-14T20:00Z", form, "2018-09-14 20:00", true},
		{"no usual time, after the moment", "works", "2018-09-14T00:00Z", form, "", true},
		{"an objection has its hours", "works", "2018-09-14T01:00Z", &objection, "2018-09-14 02:00", true},
	} {
		filled := &Filled{Code: "an", Values: map[string]string{"from": test.from, "sort": test.sort, "what": "A bridge"}}
		want := int64(0)
		if test.answer != "" {
			want = moment(test.answer)
		}
		charter := testFounding()
		charter.Rules = 6
		d := &Dispatch{At: release, Form: filled, From: "south", ID: EntryID{"south", 1}, Precedence: Flash, To: []Side{"north"}}
		if w := charter.Wait(d, test.form, NewJointClock(nil, release)); w.Answer != want {
			t.Errorf("%s: due %s, want %s", test.name, MinuteOf(w.Answer), test.answer)
		}
		lead, ok := test.form.Lead(filled)
		if before, late := lead.Before(release); !ok || late != test.late || before != lead.Moment-release {
			t.Errorf("%s: %d ms before, late %v, %v", test.name, before, late, ok)
		}
		if of, ok := test.form.Lead(test.form.LeadValues(filled)); !ok || of != lead {
			t.Errorf("%s: by fewer values %+v, want %+v", test.name, of, lead)
		}
		for at, figures := range map[int64]Answering{want: {Asked: 1, InTime: 1}, want + 1: {Asked: 1, Late: 1}} {
			tally := NewTally([]string{"2018-09"}, release+100*dayLength, func(EntryID) bool { return true }, []Side{"north", "south"}, nil,
				Schedules{{Clocks: charter.Clocks, From: release - 1, Rules: 6}}, nil)
			tally.Answers("liaison", Flash, test.form, filled, &Acknowledgements{Time: release, Waiting: []Side{"north"}}, &Handling{Answered: []Answer{{At: at, Side: "north"}}})
			if got := tally.cell(0, "", "north").Answers; want > 0 && got != figures {
				t.Errorf("%s, answered at %s: %+v", test.name, MinuteOf(at), got)
			}
		}
	}
	if _, ok := testForm().Lead(&Filled{Values: map[string]string{"from": "2018-09-20T00:00Z"}}); ok {
		t.Error("a form that agrees on nothing has a lead")
	}
}

func TestAFormThatIsReleasedAheadHasItsGoldenBytes(t *testing.T) {
	const file = "../spec/testdata/kinds/form.propose-6.json"
	golden, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := Encode(&ProposeFormBody{Form: testForms()["ahead"], Note: "In time."})
	if err != nil || !bytes.Equal(encoded, golden) {
		t.Errorf("%v\ngot  %s\nwant %s (%s)", err, encoded, golden, file)
	}
	if v := Check(KindProposeForm, golden); !v.Done() {
		t.Errorf("it is refused: %s", sayVerdict(v))
	}
	for _, rules := range []int64{3, 4, 5} {
		if _, v := inForce(Kinds, rules, KindProposeForm).read(golden); v.Void != Malformed {
			t.Errorf("rules version %d say of it: %s", rules, sayVerdict(v))
		}
	}
}

func TestAFormUnderOlderRulesIsWhatTheseKnow(t *testing.T) {
	form := testForms()["ahead"]
	if form.Under(6) != form || testForm().Under(3).Ahead != nil {
		t.Error("a form that the rules know whole is another")
	}
	body, err := Encode(&ProposeFormBody{Form: form.Under(5)})
	if err != nil || form.Ahead == nil {
		t.Fatalf("the form itself changed: %v", err)
	}
	if _, v := inForce(Kinds, 5, KindProposeForm).read(body); !v.Done() {
		t.Errorf("rules version 5 refuse it: %s", sayVerdict(v))
	}
}
