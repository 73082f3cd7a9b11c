package node_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

func send(by office.Post, subject string, change func(*office.DispatchBody)) node.Act {
	body := &office.DispatchBody{Channel: "liaison", Precedence: office.Routine, Subject: subject, Text: "text"}
	if change != nil {
		change(body)
	}
	return node.Act{By: by, Kind: office.KindDispatch, Body: body}
}

func TestActsThatWaitTogetherAreEachAnsweredOnTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		south := o.Nodes["south"]
		var wg sync.WaitGroup
		written, refused := make([]node.Written, 60), make([]error, 60)
		for i := range 60 {
			wg.Go(func() {
				_, refused[i] = south.Write(context.Background(), send("duty-officer", "x", func(b *office.DispatchBody) { b.Channel = "none" }))
			})
			wg.Go(func() {
				var err error
				if written[i], err = south.Write(context.Background(), send("duty-officer", fmt.Sprint(i), nil)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var numbers []int64
		for i := range 60 {
			liaisontest.Refused(t, refused[i], office.ChannelUnknown)
			numbers = append(numbers, written[i].Number)
			line, found, err := south.Records().Dispatch(t.Context(), written[i].ID)
			if err != nil || !found || line.Subject != fmt.Sprint(i) || line.Number != written[i].Number {
				t.Fatalf("%+v is %+v in the records, %v", written[i], line, err)
			}
		}
		slices.Sort(numbers)
		for i, n := range numbers {
			if n != int64(i+1) {
				t.Fatalf("the numbers are %v", numbers)
			}
		}
		o.Equal()
	})
}

func TestRefusalsSayWhatIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		south := o.Nodes["south"]
		act := func(by office.Post, kind string, body any) node.Act { return node.Act{By: by, Kind: kind, Body: body} }
		row, err := south.Records().Office(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		propose := func(change func(c *office.Charter)) node.Act {
			charter := *row.Charter
			charter.Sides, charter.Channels = slices.Clone(charter.Sides), slices.Clone(charter.Channels)
			change(&charter)
			return act("head", office.KindPropose, &office.ProposeBody{Amends: row.Hash, Charter: &charter})
		}
		for _, c := range []struct {
			act    node.Act
			code   office.Reason
			detail map[string]string
		}{
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.To = []office.Side{"south"} }), office.WrongAddressee, map[string]string{"side": "south"}},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.To = []office.Side{"west"} }), office.WrongAddressee, map[string]string{"side": "west"}},
			{send("duty-officer", "", nil), office.Missing, nil},
			{send("nobody", "s", nil), office.PostUnknown, map[string]string{"post": "nobody"}},
			{send("operator", "s", nil), office.PostUnknown, nil},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.Text = string(make([]byte, 10)) }), office.BadText, nil},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.Text = "Go\non\u2066at once" }), "character-misleads",
				map[string]string{"field": "text", "after": "on", "code": "U+2066"}},
			{send("duty-officer", "a\u200bb", nil), "character-misleads", map[string]string{"field": "subject", "after": "a", "code": "U+200B"}},
			{send("duty-officer", "s", func(b *office.DispatchBody) {
				b.Enclosures = []office.Enclosure{{Hash: strings.Repeat("0", 64), Name: "рlan.pdf", Size: 1, Type: "application/pdf"}}
			}), "enclosure-name", nil},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.Name = "Kim, Мinister" }), "letters-mislead", map[string]string{"field": "name", "word": "Мinister"}},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.Attention = "Рark" }), "letters-mislead", map[string]string{"field": "attention"}},
			{send("duty-officer", "s", func(b *office.DispatchBody) { b.Releasable, b.Party = office.ReleasableToParty, "ІСАО" }), "letters-mislead", map[string]string{"field": "party"}},
			{act("duty-officer", office.KindTender, &office.TenderBody{Channel: "liaison", Precedence: office.Routine, To: []office.Side{"north"}, Subject: "s", Attention: "Kim", Name: "Lее", Until: "2030-01-01T00:00Z"}), "letters-mislead", map[string]string{"field": "name"}},
			{act("duty-officer", office.KindWatch, &office.WatchBody{Name: "Сhoi", Languages: []string{"en"}}), "letters-mislead", map[string]string{"field": "name"}},
			{act("nobody", office.KindWatch, &office.WatchBody{}), office.PostUnknown, map[string]string{"post": "nobody"}},
			{act("duty-officer", office.KindNote, &office.NoteBody{Channel: "liaison", To: []office.Side{"north"}, Text: "x", Mark: "joke"}), office.BadValue, map[string]string{"value": "joke", "allowed": "exercise, test"}},
			{act("head", office.KindCoverage, &office.CoverageBody{From: "2030-01-01T00:00Z", Week: make([][]office.Span, 7), Languages: []string{"ko"}, Who: []string{"Kim", "Сhoi"}}), "letters-mislead", map[string]string{"field": "who", "word": "Сhoi"}},
			{act("head", office.KindPersonnel, &office.PersonnelBody{Post: "duty-officer", From: "2030-01-01T00:00Z", Comes: "Сhoi"}), "letters-mislead", map[string]string{"field": "comes"}},
			{act("head", office.KindPost, &office.PostBody{Post: "x", Role: "head", Name: office.Words{"en": "Dеputy"}, Languages: []string{"en"}}), "letters-mislead", map[string]string{"field": "name.en"}},
			{act("head", office.KindPost, &office.PostBody{Post: "x", Role: "head", Name: office.Words{"en": "X", "ko": "당\u3164직"}, Languages: []string{"en"}}), "character-misleads", map[string]string{"field": "name.ko", "after": "당"}},
			{propose(func(c *office.Charter) { c.Side("south").Name = "Nоrth" }), "letters-mislead", map[string]string{"field": "charter.sides.name"}},
			{propose(func(c *office.Charter) { c.Side("south").Name = "South\u2069" }), "character-misleads", map[string]string{"code": "U+2069"}},
			{propose(func(c *office.Charter) { c.Channels[0].Name = office.Words{"en": "Liаison"} }), "letters-mislead", map[string]string{"field": "charter.channels.name.en"}},
			{send("duty-officer", "s", func(b *office.DispatchBody) {
				for len(b.Text) <= office.MaxText {
					b.Text += "가나다라마바사아자차"
				}
			}), office.TooLong, map[string]string{"limit": fmt.Sprint(office.MaxText)}},
			{node.Act{By: "duty-officer", Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: office.EntryID{Side: "north", Index: 99}}}, office.DispatchUnknown, nil},
			{node.Act{By: "duty-officer", Kind: office.KindPost, Body: &office.PostBody{Post: "x", Role: "head", Name: office.Words{"en": "X"}, Languages: []string{"en"}}}, "post-may-not", nil},
		} {
			_, err := south.Write(t.Context(), c.act)
			refusal := liaisontest.Refused(t, err, c.code)
			for key, want := range c.detail {
				if refusal.Detail[key] != want {
					t.Errorf("%s: detail %q is %q, want %q", c.code, key, refusal.Detail[key], want)
				}
			}
		}
		if size := o.Status("south").Sides["south"].Size; size != 3 {
			t.Errorf("after refusals the ledger has %d entries, want the first 3", size)
		}
	})
}

func TestAReaderThatIsTooSlowIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		events, cancel := o.Nodes["north"].Watch()
		defer cancel()
		for i := range 400 {
			o.Send("south", fmt.Sprint(i))
		}
		o.Equal()
		lost, seen := false, 0
		for len(events) > 0 {
			e := <-events
			lost = lost || e.Kind == "lost"
			seen++
		}
		o.Send("south", "after")
		o.Equal()
		for len(events) > 0 {
			lost = (<-events).Kind == "lost" || lost
		}
		if !lost || seen > 300 {
			t.Fatalf("a reader that took nothing got %d events and was told of a loss: %v", seen, lost)
		}
	})
}

func TestAnActOfAnEndedWaitIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_, err := o.Nodes["south"].Write(ctx, send("duty-officer", "late", nil))
		if err == nil {
			t.Fatal("an act whose person has gone was written")
		}
		if size := o.Status("south").Sides["south"].Size; size != 3 {
			t.Errorf("the ledger has %d entries, want the first 3", size)
		}
	})
}

func TestAStoppedNodeAnswersThoseWhoStillWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		south := o.Nodes["south"]
		var wg sync.WaitGroup
		answers := make([]error, 50)
		for i := range answers {
			wg.Go(func() { _, answers[i] = south.Write(context.Background(), send("duty-officer", fmt.Sprint(i), nil)) })
		}
		o.Stop("south")
		wg.Wait()
		done := int64(0)
		for _, err := range answers {
			if err == nil {
				done++
				continue
			}
			liaisontest.Refused(t, err, "node-stopping")
		}
		o.Start("south")
		if size := o.Status("south").Sides["south"].Size; size != 3+done {
			t.Errorf("%d acts were reported written, and the ledger has %d entries more", done, size-3)
		}
	})
}

func TestAFullDiskIsSaidAndGoneOnFrom(t *testing.T) {
	sqldbtest.SmallDisk(t, 2<<20, func(t *testing.T, disk *sqldbtest.Disk) {
		o := liaisontest.NewOffice(t, "north", "south")
		base := o.Base
		o.Base = func(side office.Side, name string) sqldb.Config {
			if side == "south" {
				return sqldb.Config{URL: "sqlite:" + filepath.Join(disk.Folder, name+".db")}
			}
			return base(side, name)
		}
		for _, side := range o.Sides {
			o.Start(side)
		}
		o.Equal()
		south := o.Nodes["south"]
		var done int
		var err error
		for done = 0; done < 5000 && err == nil; done++ {
			_, err = south.Write(t.Context(), send("duty-officer", fmt.Sprint(done), func(b *office.DispatchBody) {
				b.Text = fmt.Sprintf("%030000d", done)
			}))
		}
		liaisontest.Refused(t, err, "disk-full")
		if s := o.Status("south"); s.Mode != node.ReadOnly || s.Why != "disk-full" {
			t.Errorf("with a full disk the node is %s (%s)", s.Mode, s.Why)
		}
		disk.Grow(64 << 20)
		deadline := time.Now().Add(time.Minute)
		for o.Status("south").Mode != node.Ready && time.Now().Before(deadline) {
			if _, err := south.Write(t.Context(), send("duty-officer", "again", nil)); err == nil {
				break
			}
		}
		o.Equal()
	})
}

func TestEvidenceIsKeptOnceAndWithinLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		folder := filepath.Join(o.Dir("south"), "evidence")
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("an evidence folder without evidence: %v", err)
		}
		alarms, err := o.Nodes["south"].Alarms(t.Context())
		if err != nil || len(alarms) != 0 {
			t.Fatalf("a new office has alarms: %+v, %v", alarms, err)
		}
		if err := o.Nodes["south"].ClearAlarm(t.Context(), 1, "operator"); err == nil {
			t.Fatal("an alarm that is not there was cleared")
		}
	})
}
