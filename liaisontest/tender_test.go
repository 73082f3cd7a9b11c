package liaisontest_test

import (
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

func TestATenderIsAnsweredDuringACutAndBothSidesSeeWhatBecameOfIt(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		write := func(side office.Side, kind string, body any) (office.EntryID, error) {
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: "duty-officer", Kind: kind, Body: body})
			return w.ID, err
		}
		must := func(id office.EntryID, err error) office.EntryID {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		until, err := o.Nodes["south"].AnswerBy(t.Context(), office.Routine)
		if err != nil {
			t.Fatal(err)
		}
		offer := func(subject string) office.EntryID {
			return must(write("south", office.KindTender, &office.TenderBody{
				Attention: "Ri S.", Channel: "liaison", Name: "Cho M.", Precedence: office.Routine, Subject: subject, Until: until,
			}))
		}
		serve := func(id office.EntryID, subject string) (office.EntryID, error) {
			return write("south", office.KindDispatch, &office.DispatchBody{
				Attention: "Ri S.", Channel: "liaison", Name: "Cho M.", Precedence: office.Routine, Subject: subject, Tender: &id, Text: "We propose talks.",
			})
		}
		first, second := offer("Talks"), offer("Works")
		o.Equal()
		_, err = serve(first, "Talks")
		liaisontest.Refused(t, err, office.TenderWaits)

		// The line is cut. North accepts, and south, which cannot know, serves instead
		// once the time has passed: north's word stands first in the joint order.
		o.Wire.Cut("north", "south")
		must(write("north", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: first}))
		o.TurnClock("south", 8*time.Hour)
		if lines, _, err := o.Nodes["south"].Records().Tenders(t.Context(), records.TenderFilter{Unanswered: o.Status("south").Now.UnixMilli()}); err != nil || len(lines) != 2 {
			t.Errorf("%d are unanswered, %v", len(lines), err)
		}
		served := must(serve(first, "Talks"))
		o.Wire.Mend("north", "south")
		o.Equal()
		for _, side := range []office.Side{"north", "south"} {
			one, found, err := o.Nodes[side].Records().Tender(t.Context(), first)
			if err != nil || !found || one.State() != office.TenderServed || one.Served.ID != served {
				t.Errorf("%s has %+v, %v", side, one, err)
			}
		}
		must(write("south", office.KindTenderEnd, &office.TenderWithdrawBody{Tender: second}))
		o.Equal()
		_, err = write("north", office.KindTenderReply, &office.TenderAnswerBody{Answer: office.TenderAccept, Tender: second})
		liaisontest.Refused(t, err, office.TenderOver)
		if n, s := o.Dump("north"), o.Dump("south"); n != s {
			t.Errorf("the records differ:\n%s\n%s", n, s)
		}
	})
}
