package liaisontest_test

import (
	"reflect"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

func TestBothNodesCountTheSameAlsoAfterACut(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.NewOffice(t, "north", "south")
		o.Start("north")
		o.Start("south")
		o.Equal()
		write := func(side office.Side, kind string, body any) office.EntryID {
			w, err := o.Nodes[side].Write(t.Context(), node.Act{By: "duty-officer", Kind: kind, Body: body})
			if err != nil {
				t.Fatal(err)
			}
			return w.ID
		}
		count := func(side office.Side) records.Statistics {
			s, err := o.Nodes[side].Records().Statistics(t.Context(), "", "", "")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		flash := func(subject string) *office.DispatchBody {
			return &office.DispatchBody{Channel: "liaison", Precedence: office.Flash, Subject: subject, Text: "Text."}
		}
		write("south", office.KindWatch, &office.WatchBody{Languages: []string{"ko"}})
		asked := flash("First")
		asked.Readback = true
		first := write("north", office.KindDispatch, asked)
		o.Equal()
		time.Sleep(4 * time.Minute) // of the story's clock
		write("south", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: first})
		o.Equal()
		readback := func(answer office.ReadbackAnswerBody) {
			answer.Readback = write("south", office.KindReadback, &office.ReadbackBody{Dispatch: first, Text: "Text, as understood."})
			o.Equal()
			write("north", office.KindReadbackReply, &answer)
			o.Equal()
		}
		readback(office.ReadbackAnswerBody{Answer: office.ReadbackDispute, Text: "Text."})
		readback(office.ReadbackAnswerBody{Answer: office.ReadbackConfirm})
		before := count("south")

		// During a cut the figures stand still on both sides.
		o.Wire.Cut("north", "south")
		write("north", office.KindDispatch, flash("Second"))
		if during := count("north"); during.NotCounted == 0 || !reflect.DeepEqual(during.Figures, before.Figures) {
			t.Errorf("during the cut the North counts %+v, with %d left out", during.Figures, during.NotCounted)
		}
		o.Wire.Mend("north", "south")
		o.Equal()
		write("south", office.KindDispatch, flash("Third"))
		o.Equal()
		north, south := count("north"), count("south")
		if !reflect.DeepEqual(north, south) {
			t.Errorf("the nodes count differently:\nnorth %+v\nsouth %+v", north, south)
		}
		released, acknowledged, restated := int64(0), office.Acknowledging{}, office.Restating{}
		for _, f := range north.Figures {
			if f.Channel == "" && f.Side == "north" {
				released += f.Released[office.Flash]
			}
			if f.Channel == "" && f.Side == "south" && f.Acknowledged.InTime > 0 {
				acknowledged, restated = f.Acknowledged, f.Readbacks
			}
		}
		if got := time.Duration(acknowledged.MedianMS) * time.Millisecond; released != 2 || acknowledged.InTime != 1 || got < 4*time.Minute || got > 5*time.Minute {
			t.Errorf("the North released %d; the South %+v", released, acknowledged)
		}
		if want := (office.Restating{Asked: 1, InTime: 1, Confirmed: 1, Disputed: 1}); restated != want {
			t.Errorf("the South has read back %+v, want %+v", restated, want)
		}
	})
}
