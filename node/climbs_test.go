package node

import (
	"sync"
	"testing"

	"liaison.example/office"
	"liaison.example/records"
)

// A page that shows who would be told, and the telling itself, reckon at the same
// time.
func TestLaddersAreReckonedByManyAtOnceAndKept(t *testing.T) {
	charter := &office.Charter{Rules: 3, Sides: []office.CharterSide{{ID: "north"}, {ID: "south"}}}
	var lines []*records.DispatchLine
	for i := range int64(2000) {
		line := &records.DispatchLine{}
		line.ID, line.At, line.Channel, line.Precedence = office.EntryID{Side: "north", Index: i}, 1_536_888_600_000+i*60_000, "liaison", office.Routine
		lines = append(lines, line)
	}
	var c climbs
	var under sync.WaitGroup
	for n := range 8 {
		under.Go(func() {
			for round := range 20 {
				some := lines[:len(lines)-100*((n+round)%10)]
				of := c.reckon(charter, "hash", nil, some, nil)
				last := some[len(some)-1]
				if len(of) != len(some) || of[last.ID].Due[0] != charter.Climb(last.Channel, last.Precedence, last.At, nil).Due[0] {
					t.Errorf("%d ladders of %d, the last %v", len(of), len(some), of[last.ID])
				}
			}
		})
	}
	under.Wait()
}
