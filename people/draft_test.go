package people_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// The hands that act on drafts in the tests.
var (
	kim = people.Hand{By: people.By{Who: "kim", From: from}, Post: "desk-one", Role: "officer"}
	lee = people.Hand{By: people.By{Who: "lee", From: from}, Post: "desk-two", Role: "officer"}
	ahn = people.Hand{By: people.By{Who: "ahn", From: from}, Post: "the-head", Role: "head"}
	moe = people.Hand{By: people.By{Who: "moe", From: from}, Post: "the-observer", Role: "observer"}
)

var convoy = people.Content{Channel: "liaison", Precedence: office.Priority, To: []office.Side{"north"}, Subject: "Convoy", Text: "Ten persons.\n\nTwo cars."}

func withText(text string) people.Content {
	c := convoy
	c.Text = text
	return c
}

func newDraft(t *testing.T, p *people.People, h people.Hand, key string, c people.Content) people.Draft {
	t.Helper()
	d, err := p.NewDraft(t.Context(), h, key, c)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestADraftIsBegunSavedAndRead(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, people.Account{Name: "kim", Person: "김 련락관"})
		d := newDraft(t, p, kim, "form", convoy)
		if d.ID != 1 || d.Version != 1 || d.State != people.Drafting || d.Content.Text != convoy.Text || !slices.Equal(d.Hands, []string{"kim"}) {
			t.Errorf("a new draft is %+v", d)
		}
		c.turn(time.Minute)
		saved, err := p.SaveDraft(ctx, lee, d.ID, 1, withText("Eleven persons."))
		if err != nil {
			t.Fatal(err)
		}
		read, err := p.Draft(ctx, d.ID)
		if err != nil || fmt.Sprint(read) != fmt.Sprint(saved) {
			t.Errorf("read %+v, %v; saved %+v", read, err, saved)
		}
		want := people.Touch{Who: "lee", Post: "desk-two", At: opening.Add(time.Minute)}
		if read.Version != 2 || read.Changed != want || read.Drafted.Person != "김 련락관" || !slices.Equal(read.Hands, []string{"kim", "lee"}) {
			t.Errorf("after a change: %+v", read)
		}
		again, err := p.SaveDraft(ctx, kim, d.ID, 1, withText("Eleven persons."))
		if err != nil || again.Version != 2 || again.Changed != want {
			t.Errorf("the same words once more: %+v, %v, want no change", again, err)
		}
		_, err = p.Draft(ctx, 2)
		wantRefusal(t, "a draft that is not there", err, "draft-unknown")
		_, err = p.NewDraft(ctx, moe, "form", convoy)
		wantRefusal(t, "an observer", err, "post-may-not")
		_, err = p.SaveDraft(ctx, moe, d.ID, 2, convoy)
		wantRefusal(t, "an observer", err, "post-may-not")
	})
}

func TestWhoSavesWhatHasChangedMeanwhileOverwritesNothing(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		d := newDraft(t, p, kim, "form", convoy)
		if _, err := p.SaveDraft(ctx, lee, d.ID, 1, withText("theirs")); err != nil {
			t.Fatal(err)
		}
		now, err := p.SaveDraft(ctx, kim, d.ID, 1, withText("mine"))
		wantRefusal(t, "an old version", err, "draft-changed")
		if now.Content.Text != "theirs" || now.Version != 2 {
			t.Errorf("beside the refusal stands %+v, want what the draft holds", now)
		}
		if read, err := p.Draft(ctx, d.ID); err != nil || read.Content.Text != "theirs" {
			t.Errorf("the draft holds %q, %v", read.Content.Text, err)
		}
	})
}

func TestAFormBeginsOneDraftHoweverOftenItIsSent(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		ids := make([]int64, 6)
		var done sync.WaitGroup
		for i := range ids {
			done.Go(func() {
				if d, err := p.NewDraft(ctx, kim, "form", convoy); err == nil {
					ids[i] = d.ID
				}
			})
		}
		done.Wait()
		if !slices.Equal(ids, []int64{1, 1, 1, 1, 1, 1}) {
			t.Errorf("one form began the drafts %v", ids)
		}
		d, err := p.NewDraft(ctx, kim, "form", withText("other words"))
		wantRefusal(t, "other words in the form", err, "draft-changed")
		if d.ID != 1 || d.Content.Text != convoy.Text {
			t.Errorf("beside the refusal stands %+v", d)
		}
		if d := newDraft(t, p, lee, "form", convoy); d.ID != 2 {
			t.Errorf("another's form began draft %d", d.ID)
		}
		if _, err := p.Discard(ctx, kim, 1, 1); err != nil {
			t.Fatal(err)
		}
		if d := newDraft(t, p, kim, "form", withText("other words")); d.ID != 3 {
			t.Errorf("other words after the end of the first draft: draft %d, want a new one", d.ID)
		}
		if d := newDraft(t, p, kim, "form", convoy); d.ID != 1 {
			t.Errorf("the first words again: draft %d, want the first", d.ID)
		}
	})
}

func TestADraftIsReleasedByOneAndOnce(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		d := newDraft(t, p, kim, "form", convoy)
		errs := make([]error, 6)
		var done sync.WaitGroup
		for i := range errs {
			done.Go(func() { _, errs[i] = p.BeginRelease(ctx, ahn, d.ID, 1, 17) })
		}
		done.Wait()
		claimed := 0
		for _, err := range errs {
			if err == nil {
				claimed++
			} else {
				wantRefusal(t, "the others", err, "draft-releasing")
			}
		}
		if claimed != 1 {
			t.Errorf("%d have claimed it, want 1", claimed)
		}
		_, err := p.SaveDraft(ctx, kim, d.ID, 1, withText("too late"))
		wantRefusal(t, "a change meanwhile", err, "draft-releasing")
		if d, err = p.GiveUpRelease(ctx, d.ID); err != nil || d.State != people.Drafting || d.Claimed != 0 || d.Ended.Who != "" {
			t.Errorf("given up: %+v, %v", d, err)
		}
		if d, err = p.BeginRelease(ctx, ahn, d.ID, 1, 18); err != nil || d.Claimed != 18 || d.Ended.Who != "ahn" {
			t.Errorf("claimed again: %+v, %v", d, err)
		}
		entry := office.EntryID{Side: "south", Index: 18}
		if d, err = p.NoteReleased(ctx, from, d.ID, entry); err != nil || d.State != people.Released || d.Entry != entry {
			t.Errorf("released: %+v, %v", d, err)
		}
		if l := lastDeed(t, p); l.Deed != people.DraftReleased || l.By.Who != "ahn" || l.Detail != "draft 1, entry south/18, the-head" {
			t.Errorf("the trail says %+v", l)
		}
		if is, err := p.IsReleased(ctx, entry); err != nil || !is {
			t.Errorf("the entry is not known: %v", err)
		}
		_, err = p.BeginRelease(ctx, ahn, d.ID, 1, 19)
		wantRefusal(t, "a second release", err, "draft-released")
		if d, err = p.GiveUpRelease(ctx, d.ID); err != nil || d.State != people.Released {
			t.Errorf("what is released is opened again: %+v, %v", d, err)
		}
	})
}

func TestNobodyReleasesAloneWhoMayNot(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		alone := newDraft(t, p, kim, "alone", convoy)
		_, err := p.BeginRelease(ctx, kim, alone.ID, 1, 0)
		wantRefusal(t, "an officer's own words", err, "draft-alone")
		_, err = p.BeginRelease(ctx, moe, alone.ID, 1, 0)
		wantRefusal(t, "an observer", err, "post-may-not")
		if _, err := p.BeginRelease(ctx, lee, alone.ID, 1, 0); err != nil {
			t.Errorf("somebody else's words: %v", err)
		}

		approved := newDraft(t, p, kim, "approved", convoy)
		if _, err := p.Submit(ctx, kim, approved.ID, 1); err != nil {
			t.Fatal(err)
		}
		_, err = p.Approve(ctx, kim, approved.ID, 1)
		wantRefusal(t, "one's own approval", err, "draft-own")
		if _, err := p.Approve(ctx, lee, approved.ID, 1); err != nil {
			t.Fatal(err)
		}
		if d, err := p.SaveDraft(ctx, kim, approved.ID, 1, withText("other words")); err != nil || d.Approved.Who != "" || d.State != people.InReview {
			t.Errorf("a change after the approval: %+v, %v, want it void", d, err)
		}
		_, err = p.BeginRelease(ctx, kim, approved.ID, 2, 0)
		wantRefusal(t, "after the approval was void", err, "draft-alone")
		if _, err := p.Approve(ctx, lee, approved.ID, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := p.BeginRelease(ctx, kim, approved.ID, 2, 0); err != nil {
			t.Errorf("approved by another: %v", err)
		}
		flash := newDraft(t, p, kim, "flash", people.Content{Precedence: office.Flash})
		_, err = p.BeginRelease(ctx, kim, flash.ID, 1, 0)
		wantRefusal(t, "a precedence that the role may not release", err, "post-may-not")
		head := newDraft(t, p, ahn, "head", convoy)
		if _, err := p.BeginRelease(ctx, ahn, head.ID, 1, 0); err != nil {
			t.Errorf("a head alone: %v", err)
		}
	})
}

func TestAReviewGoesForthAndBack(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		add(t, p, people.Account{Name: "lee", Person: "Lee"})
		id := newDraft(t, p, kim, "form", convoy).ID
		_, err := p.Approve(ctx, lee, id, 1)
		wantRefusal(t, "an approval before the review", err, "draft-moved")
		if _, err := p.Submit(ctx, kim, id, 1); err != nil {
			t.Fatal(err)
		}
		_, err = p.Submit(ctx, kim, id, 1)
		wantRefusal(t, "sent twice", err, "draft-moved")
		if _, err := p.Comment(ctx, lee, id, "How many cars?\nTwo?"); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Approve(ctx, ahn, id, 1); err != nil {
			t.Fatal(err)
		}
		_, err = p.Return(ctx, lee, id, 1, " \n")
		wantRefusal(t, "a return without a reason", err, "draft-no-words")
		_, err = p.Return(ctx, lee, id, 1, "bell \a")
		wantRefusal(t, "a control character", err, "draft-words")
		_, err = p.Comment(ctx, lee, id, strings.Repeat("가", 1334))
		wantRefusal(t, "too long a comment", err, "draft-words")
		d, err := p.Return(ctx, lee, id, 1, "Name the cars.")
		if err != nil || d.State != people.Returned || d.Approved.Who != "" {
			t.Errorf("returned: %+v, %v, want no approval left", d, err)
		}
		if d, err = p.Submit(ctx, kim, id, 1); err != nil || d.State != people.InReview || d.Approved.Who != "" {
			t.Errorf("sent again: %+v, %v", d, err)
		}
		if d, err = p.Withdraw(ctx, kim, id, 1); err != nil || d.State != people.Drafting {
			t.Errorf("withdrawn: %+v, %v", d, err)
		}
		steps, err := p.Steps(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, s := range steps {
			got = append(got, fmt.Sprint(s.What, " ", s.Who, s.Person, " ", s.Version, " ", s.Words))
		}
		want := []string{"submitted kim 1 ", "comment leeLee 1 How many cars?\nTwo?", "approved ahn 1 ", "returned leeLee 1 Name the cars.", "submitted kim 1 ", "withdrawn kim 1 "}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if l := lastDeed(t, p); l.Deed != people.DraftApproved || l.By.Who != "ahn" {
			t.Errorf("the trail ends with %+v, want the approval", l)
		}
		if d, err = p.Discard(ctx, kim, id, 1); err != nil || d.State != people.Discarded || d.Ended.Who != "kim" {
			t.Errorf("discarded: %+v, %v", d, err)
		}
		_, err = p.Discard(ctx, kim, id, 1)
		wantRefusal(t, "discarded twice", err, "draft-discarded")
	})
}

func TestEachPersonSeesWhichDraftsWaitForThem(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		must := func(_ people.Draft, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		draft := func(name string, precedence office.Precedence) int64 {
			return newDraft(t, p, kim, name, people.Content{Precedence: precedence, Subject: name}).ID
		}
		draft("drafting", office.Routine)
		must(p.Submit(ctx, kim, draft("review", office.Priority), 1))
		approved := draft("approved", office.Priority)
		must(p.Submit(ctx, kim, approved, 1))
		must(p.Approve(ctx, lee, approved, 1))
		returned := draft("returned", office.Routine)
		must(p.Submit(ctx, kim, returned, 1))
		must(p.Return(ctx, lee, returned, 1, "no"))
		must(p.Submit(ctx, kim, draft("flash", office.Flash), 1))
		must(p.Discard(ctx, kim, draft("discarded", office.Routine), 1))
		sec := people.Hand{By: people.By{Who: "sec"}, Post: "the-secretary", Role: "secretary"}
		for _, row := range []struct {
			hand  people.Hand
			shelf people.Shelf
			want  string
		}{
			{kim, people.ShelfWaits, "returned approved"},
			{lee, people.ShelfWaits, "flash approved review"},
			{ahn, people.ShelfWaits, "flash approved review"},
			{sec, people.ShelfWaits, ""},
			{moe, people.ShelfWaits, ""},
			{kim, people.ShelfMine, "flash returned approved review drafting"},
			{lee, people.ShelfMine, ""},
			{lee, people.ShelfOpen, "flash returned approved review drafting"},
			{lee, people.ShelfFormer, "discarded"},
		} {
			var got []string
			for before := int64(0); ; {
				page, err := p.Drafts(ctx, row.hand, row.shelf, before, 2)
				if err != nil {
					t.Fatal(err)
				}
				if len(page) == 0 {
					break
				}
				for _, d := range page {
					got, before = append(got, d.Content.Subject), d.ID
				}
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%s of %s: got %q, want %q", row.shelf, row.hand.Who, got, row.want)
			}
			if count, err := p.CountDrafts(ctx, row.hand, row.shelf); err != nil || count != len(got) {
				t.Errorf("%s of %s: counted %d, %v, want %d", row.shelf, row.hand.Who, count, err, len(got))
			}
		}
	})
}

func TestThereAreSoManyDraftsAndNoMoreAndOldOnesAreForgotten(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		p, c := openPeople(t, open(sqldb.Config{}))
		ctx := t.Context()
		for i := range people.DraftsPerAccount {
			newDraft(t, p, kim, fmt.Sprint(i), convoy)
		}
		_, err := p.NewDraft(ctx, kim, "more", convoy)
		wantRefusal(t, "one more", err, "draft-many")
		_, err = p.NewDraft(ctx, lee, "long", withText(strings.Repeat("x", people.MaxContent)))
		wantRefusal(t, "too long", err, "draft-too-long")
		var errs []error
		for id := range int64(3) {
			_, err := p.Discard(ctx, kim, id+1, 1)
			errs = append(errs, err)
		}
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		c.turn(366 * 24 * time.Hour)
		newDraft(t, p, lee, "later", convoy)
		if list, err := p.Drafts(ctx, kim, people.ShelfFormer, 0, 10); len(list) != 0 || err != nil {
			t.Errorf("after a year: %v, %v, want none that ended", list, err)
		}
	})
}

func TestASideChangesWhoMayDoWhat(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		cell := people.Cell{Role: "officer", Act: people.ActAlone, Precedence: office.Priority}
		if err := p.SetMay(ctx, ahn.By, map[people.Cell]bool{cell: true, {Role: "head", Act: office.KindAgree}: false, {Role: "head", Act: office.KindPost}: true}); err != nil {
			t.Fatal(err)
		}
		rules, err := p.Rules(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !rules.Allows(cell) || rules.May("x", "head", office.KindAgree, "", "") || !rules.May("x", "head", office.KindPost, "", "") {
			t.Error("the table does not hold what was set")
		}
		lines, err := p.Trail(ctx, 0, 10)
		if err != nil || len(lines) != 2 || lines[1].Detail != "+officer dispatch.alone PRIORITY" || lines[0].Detail != "-head charter.agree" || lines[0].By != ahn.By {
			t.Errorf("the trail says %+v, %v", lines, err)
		}
		d := newDraft(t, p, kim, "form", convoy)
		if _, err := p.BeginRelease(ctx, kim, d.ID, 1, 0); err != nil {
			t.Errorf("an officer alone, after the change: %v", err)
		}
		for _, unknown := range []people.Cell{{}, {Role: "head", Act: "dance"}, {Role: "king", Act: office.KindPost}, {Role: "head", Act: office.KindDispatch}, {Role: "head", Act: office.KindPost, Precedence: office.Flash}} {
			wantRefusal(t, fmt.Sprint(unknown), p.SetMay(ctx, ahn.By, map[people.Cell]bool{unknown: true, {Role: "observer", Act: office.KindAgree}: true}), "may-unknown")
		}
		if rules, err = p.Rules(ctx); err != nil || rules.May("x", "observer", office.KindAgree, "", "") {
			t.Errorf("a refused change was made in part: %v", err)
		}
	})
}

func TestAnActingHeadHasTheHeadsPowersForATime(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		may := func() bool {
			t.Helper()
			rules, err := p.Rules(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if rules.May("other", "officer", office.KindAgree, "", "") {
				t.Error("another post has the powers of the head")
			}
			return rules.May("desk-one", "officer", office.KindAgree, "", "")
		}
		day := 24 * time.Hour
		acting := people.Acting{Head: "the-head", Post: "desk-one", Since: opening.Add(day), Until: opening.Add(3 * day)}
		if err := p.NameActing(ctx, ahn.By, acting); err != nil {
			t.Fatal(err)
		}
		if may() {
			t.Error("before the time the powers are handed over")
		}
		c.turn(day)
		if !may() {
			t.Error("in the time the powers are not handed over")
		}
		c.turn(2 * day)
		if may() {
			t.Error("after the time the powers are still handed over")
		}
		acting.Since, acting.Until = c.Now(), c.Now().Add(day)
		if err := p.NameActing(ctx, ahn.By, acting); err != nil || !may() {
			t.Errorf("named again: %v", err)
		}
		if err := p.EndActing(ctx, ahn.By, 2); err != nil || may() {
			t.Errorf("ended: %v", err)
		}
		wantRefusal(t, "ended twice", p.EndActing(ctx, ahn.By, 2), "acting-unknown")
		if err := p.NameActing(ctx, ahn.By, acting); err != nil || !may() {
			t.Errorf("named a third time: %v", err)
		}
		if err := p.RevokePost(ctx, "the-head"); err != nil || may() {
			t.Errorf("when the head's accreditation ends: %v, and the powers stay", err)
		}
		list, err := p.ActingPosts(ctx)
		if err != nil || len(list) != 3 || list[0].ID != 3 || list[2].Until != opening.Add(3*day) || list[0].Made.Who != "ahn" {
			t.Errorf("got %+v, %v", list, err)
		}
		for name, wrong := range map[string]struct {
			a    people.Acting
			want office.Reason
		}{
			"to itself":     {people.Acting{Head: "head", Post: "head", Since: c.Now(), Until: c.Now().Add(day)}, "account-post"},
			"to nobody":     {people.Acting{Head: "head", Since: c.Now(), Until: c.Now().Add(day)}, "account-post"},
			"backwards":     {people.Acting{Head: "head", Post: "a", Since: c.Now().Add(day), Until: c.Now()}, "acting-order"},
			"over already":  {people.Acting{Head: "head", Post: "a", Since: c.Now().Add(-day), Until: c.Now()}, "acting-order"},
			"for two years": {people.Acting{Head: "head", Post: "a", Since: c.Now(), Until: c.Now().Add(731 * day)}, "acting-long"},
		} {
			wantRefusal(t, name, p.NameActing(ctx, ahn.By, wrong.a), wrong.want)
		}
		for range 20 {
			if err := p.NameActing(ctx, ahn.By, acting); err != nil {
				t.Fatal(err)
			}
		}
		wantRefusal(t, "one more", p.NameActing(ctx, ahn.By, acting), "acting-many")
	})
}

func TestWhatOpenDraftsEncloseIsKnown(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		add(t, p, people.Account{Name: "kim", Person: "김 련락관"})
		enclosing := func(hash string) people.Content {
			content := convoy
			content.Enclosures = []office.Enclosure{{Hash: hash, Name: "map.png", Size: 10, Type: "image/png"}}
			return content
		}
		kept := newDraft(t, p, kim, "one", enclosing("aa"))
		gone := newDraft(t, p, kim, "two", enclosing("bb"))
		newDraft(t, p, kim, "three", convoy)
		if body, err := kept.Content.Body(); err != nil || len(body.Enclosures) != 1 || body.Enclosures[0].Hash != "aa" {
			t.Errorf("the draft would be released as %+v, %v", body, err)
		}
		if _, err := p.Discard(t.Context(), kim, gone.ID, gone.Version); err != nil {
			t.Fatal(err)
		}
		got, err := p.Enclosed(t.Context())
		if err != nil || len(got) != 1 || !got["aa"] {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
