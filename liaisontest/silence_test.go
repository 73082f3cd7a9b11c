package liaisontest_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
)

func TestASilenceIsExplainedInTheSameWayAtBothNodes(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		write := func(side office.Side, by office.Post, kind string, body any) office.EntryID {
			t.Helper()
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: by, Kind: kind, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			return w.ID
		}
		say := func(side office.Side) string {
			t.Helper()
			page, err := o.Nodes[side].Silences(t.Context(), node.SilenceFilter{}, time.Now())
			if err != nil || page.More || page.Next != "" || page.All != len(page.List) {
				t.Fatal(page, err)
			}
			var said []string
			for _, s := range page.List {
				one := fmt.Sprintf("%s %s of %s: %s", s.About, s.Awaits, s.To, s.Cause)
				if s.Steps > 0 {
					one += fmt.Sprintf(", step %d of %d", s.Step, s.Steps)
				}
				if s.Declined != "" {
					one += ", " + string(s.Declined)
				}
				if s.Overdue {
					one += ", overdue"
				}
				said = append(said, one)
			}
			return strings.Join(said, "; ")
		}
		want := func(format string, args ...any) {
			t.Helper()
			for _, side := range o.Sides {
				if got, want := say(side), fmt.Sprintf(format, args...); got != want {
					t.Errorf("%s says %q, want %q", side, got, want)
				}
			}
		}
		want("")
		d := o.Send("south", "Which bank?").ID
		o.Equal()
		want("%s acknowledgement of north: nobody-on-watch, step 0 of 1", d)
		watch := write("north", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
		o.Equal()
		want("%s acknowledgement of north: not-acknowledged, step 0 of 1", d)
		time.Sleep(7 * time.Hour)
		want("%s acknowledgement of north: not-acknowledged, step 1 of 1, overdue", d)

		o.Wire.Cut("north", "south")
		time.Sleep(2 * time.Minute)
		want("%s acknowledgement of north: link-down, overdue", d)
		later := o.Send("south", "A second one").ID
		if got := say("south"); got != fmt.Sprintf("%s acknowledgement of north: link-down, overdue; %s acknowledgement of north: link-down", d, later) {
			t.Errorf("south says %q", got)
		}
		o.Wire.Mend("north", "south")
		o.Equal()
		write("north", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: later})
		o.Equal()
		want("%s acknowledgement of north: not-acknowledged, step 1 of 1, overdue", d)

		// A station that closes now: it keeps the minute that has passed alone.
		now := time.Now().UTC()
		body := &office.HoursBody{From: office.MinuteOf(now.Add(time.Minute).UnixMilli()), Holidays: []office.Holiday{}, Offsets: []office.Offset{{From: "2000-01-01T00:00Z"}}, Zone: "UTC", Week: [][]office.Span{{}, {}, {}, {}, {}, {}, {}}}
		write("north", "head", office.KindHours, body)
		time.Sleep(2 * time.Minute)
		o.Equal()
		want("%s acknowledgement of north: station-closed, overdue", d)
		body = &office.HoursBody{From: office.MinuteOf(time.Now().Add(time.Minute).UnixMilli()), Holidays: []office.Holiday{}, Offsets: []office.Offset{{From: "2000-01-01T00:00Z"}}, Zone: "UTC", Week: [][]office.Span{}}
		for range 7 {
			body.Week = append(body.Week, []office.Span{{From: "00:00", Until: "24:00"}})
		}
		write("north", "head", office.KindHours, body)
		time.Sleep(2 * time.Minute)
		o.Equal()
		want("%s acknowledgement of north: not-acknowledged, step 1 of 1, overdue", d)

		write("north", "duty-officer", office.KindConsider, &office.ConsiderBody{Dispatch: d, Until: office.MinuteOf(time.Now().Add(time.Hour).UnixMilli())})
		o.Equal()
		want("%s answer of north: not-answered", d)
		write("north", "duty-officer", office.KindWatchEnd, &office.WatchEndBody{Watch: watch})
		o.Equal()
		want("%s answer of north: not-answered", d)
		reply := write("north", "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: office.Routine, Subject: "The left", Text: "왼쪽", Reply: &d})
		o.Equal()
		want("%s acknowledgement of south: nobody-on-watch, step 0 of 1", reply)
		write("south", "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: reply})
		o.Equal()
		want("")

		tender := write("south", "head", office.KindTender, &office.TenderBody{
			Attention: "the head", Channel: "liaison", Name: "the minister", Precedence: office.Routine, Subject: "A meeting", To: []office.Side{"north"},
			Until: office.MinuteOf(time.Now().Add(time.Hour).UnixMilli()),
		})
		write("north", "duty-officer", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
		o.Equal()
		want("%s acceptance of north: not-accepting", tender)
		time.Sleep(2 * time.Hour)
		want("%s acceptance of north: not-accepting, overdue", tender)
		write("north", "head", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderDecline, Reason: office.DeclineRank, Tender: tender})
		o.Equal()
		want("%s decision of north: not-accepting, name-or-rank", tender)
		for _, side := range o.Sides { // north owes nothing
			if page, err := o.Nodes[side].Silences(t.Context(), node.SilenceFilter{To: "north"}, time.Now()); err != nil || page.All != 0 {
				t.Errorf("%s says that north owes %+v, %v", side, page.List, err)
			}
		}
		_, err := o.Nodes["south"].SilenceProof(t.Context(), []office.EntryID{tender}, "", false, time.Now())
		liaisontest.Refused(t, err, "silence-none")
		write("south", "head", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: tender})
		o.Equal()
		want("")
	})
}

func TestASilenceCanBeProvenToAThirdParty(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		prove := func(side office.Side, leaves bool, about ...office.EntryID) ([]byte, error) {
			return o.Nodes[side].SilenceProof(t.Context(), about, "", leaves, time.Now())
		}
		_, err := prove("south", true)
		liaisontest.Refused(t, err, "silence-none")
		first, second := o.Send("south", "first").ID, o.Send("south", "second").ID
		theirs := o.Send("north", "theirs").ID
		o.Equal()
		_, err = prove("south", true, theirs)
		liaisontest.Refused(t, err, "silence-none")
		if _, err := o.Nodes["north"].Write(t.Context(), node.Act{By: "duty-officer", Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: first}}); err != nil {
			t.Fatal(err)
		}
		o.Equal()
		var keys []string
		for _, side := range o.Sides {
			party := o.Credence(side).Party
			keys = append(keys, party.Key, party.CosignerKey)
		}
		verify := func(text []byte) ledger.ProvenSilence {
			t.Helper()
			v, err := ledger.VerifySilence(t.Context(), text, keys)
			if err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			return v
		}
		text, err := prove("south", true)
		if err != nil {
			t.Fatal(err)
		}
		v := verify(text)
		if len(v.Awaits) != 1 || v.Awaits[0].Index != second.Index || v.Awaits[0].Awaits != string(office.AwaitsAcknowledgement) || v.Awaits[0].Cause != string(office.NobodyOnWatch) ||
			v.Awaits[0].Due.IsZero() || !v.Up || v.Heard.IsZero() || v.Hours != "" || len(v.Watch) != 0 {
			t.Errorf("it says %+v", v.Silence)
		}
		spoke := 0
		for _, e := range v.Leaves {
			if office.Speaks(e.Frame.Kind, e.Frame.Body, second) {
				t.Errorf("%d speaks to it", e.Index)
			}
			if office.Speaks(e.Frame.Kind, e.Frame.Body, first) {
				spoke++
			}
		}
		if spoke != 1 || v.Entries[0].Cosigned["north"].IsZero() {
			t.Errorf("%d entries that answer another are with it; %v", spoke, v.Entries[0].Cosigned)
		}
		bare, err := prove("south", false, second)
		if err != nil || len(bare) >= len(text) || verify(bare).Leaves != nil || bytes.Contains(bare, []byte("\nfrom ")) {
			t.Errorf("without the entries it has %d bytes, with them %d; %v", len(bare), len(text), err)
		}
		if theirs, err := prove("north", true); err != nil || verify(theirs).About != "south" {
			t.Errorf("north's statement: %v", err)
		}
	})
}
