package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/sqldb"
)

func aMatter(what What, about string) Waiting {
	return Waiting{Channel: "liaison", From: "north", Precedence: office.Priority, At: release.UnixMilli(), Matter: &Matter{What: what, About: about, Page: "/notes", Side: "north"}}
}

func TestMattersAreToldOnceUntilTheyAreSettled(t *testing.T) {
	ours := aMatter(WhatUnacknowledged, "south/1")
	ours.Precedence = office.Flash
	swap := aMatter(WhatSwap, "7")
	swap.Who, swap.Alone = []Who{"@nobody"}, true
	lee := aMatter(WhatSwap, "8")
	lee.Who, lee.Alone = []Who{"@lee"}, true
	tomorrow := aMatter(WhatAnswer, "north/9")
	tomorrow.At += 24 * time.Hour.Milliseconds()
	persons := staff()
	persons[0].Quiet = Quiet{From: 60, Until: 120} // it is 01:00
	d := &Desk{Waiting: []Waiting{ours, swap, lee, aMatter(WhatTender, "north/2"), tomorrow}, Persons: persons, Zone: time.UTC}
	wantTold(t, turn(t, d, 26*time.Hour), `
0s park matter unacknowledged south/1 north  step 0
0s lee matter swap 8 north  step 0
1h0m0s park matter tender north/2 north  step 0
25h0m0s park matter answer north/9 north  step 0`)
}

// TestTheSendersWatchIsToldToTryOtherMeans has the table of whom say who else is.
func TestTheSendersWatchIsToldToTryOtherMeans(t *testing.T) {
	ours := aMatter(WhatUnreceived, "south/1")
	ours.Precedence = office.Immediate
	d := &Desk{Waiting: []Waiting{ours}, Persons: staff(), Zone: time.UTC, Whom: Whom{{office.Immediate, office.StepBearer}: {WhoWatch, WhoDeputies}, {office.Immediate, ActRelease}: {}}}
	wantTold(t, turn(t, d, time.Hour), "0s lee matter unreceived south/1 north  step 0\n0s park matter unreceived south/1 north  step 0")
}

func TestAFloodOfMattersIsToldAtOnceAndHidesNoOther(t *testing.T) {
	d := &Desk{Persons: staff()[:1], Zone: time.UTC, Waiting: []Waiting{aMatter(WhatTender, "north/900")}}
	for i := range 40 {
		d.Waiting = append(d.Waiting, aMatter(WhatNote, fmt.Sprintf("north/%d", i+100)))
	}
	d.Waiting = append(d.Waiting, waiting("north/950", office.Priority))
	if told := turn(t, d, time.Minute); len(told) != floodAfter+3 || !strings.HasSuffix(strings.Join(told, "\n"), "of 35\n0s park matter tender north/900 north  step 0\n0s park north/950 step 0") {
		t.Errorf("told %s", strings.Join(told, "\n"))
	}
}

func TestWhatIsSettledIsTakenBackAndMayBeToldAgain(t *testing.T) {
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	p := openPeople(t, db)
	p.add(t, "park", "park")
	holding := aMatter(WhatHolding, "north/2")
	holding.Matter.Of = "1"
	p.waiting = []Waiting{holding}
	p.mustTell(t)
	p.mustTell(t)
	p.told(t, "park: matter /0 step 0")
	if n := p.sender.last[0]; n.Link != "https://south.example/notes" || n.Ack != "" || !strings.Contains(n.Title("en"), "north/2") {
		t.Errorf("told %+v", n)
	}
	p.waiting = nil
	p.mustTell(t)
	p.told(t, "park: matter /0 step 0 withdrawn")
	holding = aMatter(WhatHolding, "north/2")
	holding.Matter.Of = "2" // another day was named, and has passed
	p.waiting = []Waiting{holding}
	p.mustTell(t)
	p.told(t, "park: matter /0 step 0")
}

// TestEachMatterHasWords looks at both languages.
func TestEachMatterHasWords(t *testing.T) {
	for _, what := range Whats {
		n := Notice{Sort: SortMatter, Precedence: office.Flash, Channel: "liaison", Count: 1, Matter: &Matter{What: what, About: "north/7", Side: "north"}}
		for _, tag := range lang.Tags {
			for _, withdrawn := range []bool{false, true} {
				n.Withdrawn = withdrawn
				if text := n.Title(tag) + n.Body(tag); strings.Contains(text, "notice.") || strings.ContainsAny(text, "{}") {
					t.Errorf("%s in %s: %s", what, tag, text)
				}
			}
		}
	}
}
