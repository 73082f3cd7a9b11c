package records_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/records"
	"liaison.example/records/recordstest"
)

// TestAMonthOfLineChecksHasTheSameFiguresOnBothSides turns the clock by hand
// through August 2015, in which the North's clock was put back by half an hour.
func TestAMonthOfLineChecksHasTheSameFiguresOnBothSides(t *testing.T) {
	w := newWorld(t, "north", "south")
	w.charter.Channels[0].Checks, w.charter.Channels[0].Offset = office.DefaultChecks(), 540
	w.now = time.Date(2015, 7, 30, 0, 0, 0, 0, time.UTC)
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	w.found()
	weekdays := make([][]office.Span, 7)
	for i := range weekdays {
		if weekdays[i] = []office.Span{}; i < 5 {
			weekdays[i] = append(weekdays[i], office.Span{From: "09:00", Until: "17:00"})
		}
	}
	// The North gives notice of its zone, and of a holiday, Liberation Day being kept on the 17th.
	w.mustWrite("north", "duty-officer", office.KindHours, &office.HoursBody{
		From: "2015-07-31T00:00Z", Week: weekdays, Zone: "Asia/Pyongyang",
		Holidays: []office.Holiday{{Date: "2015-08-17", Hours: []office.Span{}, Name: office.Words{"en": "Liberation Day"}}},
		Offsets:  []office.Offset{{From: "2015-07-31T00:00Z", Minutes: 540}, {From: "2015-08-14T15:00Z", Minutes: 510}},
	})
	w.exchange()

	turn := func(text string) {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		w.now = at
	}
	call := func(from office.Side, due string) office.EntryID {
		turn(due)
		return w.mustWrite(from, "duty-officer", office.KindCheck, &office.CheckBody{
			Channel: "liaison", Due: office.MinuteOf(w.now.UnixMilli()), Text: "neutral"})
	}
	answer := func(by office.Side, id office.EntryID, at string) {
		turn(at)
		w.mustWrite(by, "duty-officer", office.KindCheckAnswer, &office.CheckAnswerBody{Check: id, Heard: office.LoudAndClear})
		w.exchange()
	}
	first := call("north", "2015-08-03 00:00") // odd: the North calls
	w.exchange()
	answer("south", first, "2015-08-03 00:04")
	late := call("north", "2015-08-03 08:00")
	w.exchange()
	answer("south", late, "2015-08-03 08:30")
	call("south", "2015-08-04 00:00") // nobody answers
	w.exchange()

	// The line is cut: the South calls, and the North learns of it two hours later.
	cut := call("south", "2015-08-06 08:00")
	turn("2015-08-06 10:00")
	before := month(t, w, "north", "2015-08")
	w.exchange()
	answer("north", cut, "2015-08-06 10:05")
	if after := month(t, w, "north", "2015-08"); reflect.DeepEqual(before, after) || !reflect.DeepEqual(after, month(t, w, "south", "2015-08")) {
		t.Errorf("the sides differ after the cut: %v", after)
	}

	// The clock of the channel is put back with the North's, by consent.
	turn("2015-08-14 15:00")
	charter := *w.charter
	charter.Channels = []office.Channel{charter.Channels[0]}
	charter.Channels[0].Offset = 510
	w.mustWrite("north", "duty-officer", office.KindPropose, &office.ProposeBody{Amends: office.HashCharter(w.charter), Charter: &charter})
	w.exchange()
	w.mustWrite("south", "duty-officer", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&charter)})
	w.exchange()
	if _, v := w.nodes["south"].write("duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison", Due: "2015-08-18T00:00Z", Text: "neutral"}); v.Void != office.CheckNotDue {
		t.Errorf("a call four days before its time: %v", v)
	}
	turn("2015-08-18 00:25")
	if _, v := w.nodes["south"].write("duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison", Due: "2015-08-18T00:00Z", Text: "neutral"}); v.Void != office.CheckNotDue {
		t.Errorf("a call at the hour of before: %v", v)
	}
	shifted := call("south", "2015-08-18 00:30")
	w.exchange()
	answer("north", shifted, "2015-08-18 00:33")
	turn("2015-08-19 03:00")
	extra := w.mustWrite("north", "duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison", Text: "neutral"})
	w.exchange()
	boards, err := w.nodes["south"].records.CheckBoards(ctx, w.now, true)
	if err != nil || len(boards) != 1 || len(boards[0].Extra) != 1 || boards[0].Extra[0].ID != extra || len(boards[0].Open) != 0 ||
		boards[0].Next == nil || boards[0].Next.Date != "2015-08-19" || boards[0].Next.At != "17:00" || boards[0].Next.Caller != "north" {
		t.Errorf("the board of the South: %+v, %v", boards, err)
	}

	turn("2015-09-02 00:00")
	north, south := month(t, w, "north", "2015-08"), month(t, w, "south", "2015-08")
	if !reflect.DeepEqual(north, south) {
		t.Errorf("the figures differ:\nnorth %v\nsouth %v", north.Figures, south.Figures)
	}
	// 21 working days, one of them the North's holiday.
	if got, want := fmt.Sprint(north.Figures), "map[north:map[answered:1 called:2 no-call:17 not-called:18 not-due:2 unanswered:2] south:map[answered:1 called:3 late:1 no-call:18 not-called:17 not-due:2]]"; got != want {
		t.Errorf("figures\n%s, want\n%s", got, want)
	}
	if north.Extras != 1 || len(north.Extra) != 1 {
		t.Errorf("%d calls outside of the times", north.Extras)
	}
	dues := map[string]string{}
	for _, j := range north.Due {
		dues[j.Date+" "+j.At] = time.UnixMilli(j.Due).UTC().Format("15:04Z") + " " + string(j.Result)
	}
	for key, want := range map[string]string{
		"2015-08-03 09:00": "00:00Z answered", "2015-08-03 17:00": "08:00Z late", "2015-08-04 09:00": "00:00Z unanswered", "2015-08-06 17:00": "08:00Z unanswered",
		"2015-08-14 17:00": "08:00Z not-called", "2015-08-17 09:00": "00:30Z not-due", "2015-08-18 09:00": "00:30Z answered", "2015-08-31 17:00": "08:30Z not-called",
	} {
		if dues[key] != want {
			t.Errorf("%s: %s, want %s", key, dues[key], want)
		}
	}
	if _, ok, err := w.nodes["north"].records.CheckMonth(ctx, "liaison", "August", w.now); ok || err != nil {
		t.Errorf("August is no month: %v, %v", ok, err)
	}
	recordstest.Same(t, w.nodes["north"].records, w.nodes["south"].records)
	w.close()
}

func month(t *testing.T, w *world, side office.Side, name string) records.CheckMonth {
	m, ok, err := w.nodes[side].records.CheckMonth(ctx, "liaison", name, w.now)
	if err != nil || !ok {
		t.Fatalf("%s, month %s: %v, %v", side, name, ok, err)
	}
	return m
}

func TestLineChecksAreListed(t *testing.T) {
	w := newWorld(t, "north", "south")
	for _, side := range w.sides {
		w.open(side, "sqlite::memory:")
	}
	w.found()
	var last office.EntryID
	for range 3 {
		last = w.mustWrite("south", "duty-officer", office.KindCheck, &office.CheckBody{Channel: "liaison", Text: "neutral"})
	}
	w.exchange()
	page, next, err := w.nodes["north"].records.LineChecks(ctx, records.CheckFilter{Channel: "liaison", Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != last || !page[0].Settled || page[0].Words != office.DefaultTexts[0].Text {
		t.Fatalf("%+v, %v", page, err)
	}
	if rest, end, err := w.nodes["north"].records.LineChecks(ctx, records.CheckFilter{Before: next}); err != nil || len(rest) != 1 || end != "" {
		t.Errorf("the rest: %+v, %q, %v", rest, end, err)
	}
	if none, _, err := w.nodes["north"].records.LineChecks(ctx, records.CheckFilter{Channel: "river"}); err != nil || len(none) != 0 {
		t.Errorf("on another channel: %+v, %v", none, err)
	}
	w.close()
}
