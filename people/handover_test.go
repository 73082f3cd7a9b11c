package people_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"liaison.example/office"
	"liaison.example/people"
)

func TestAHandoverIsWrittenReadAndSigned(t *testing.T) {
	each(t, func(t *testing.T, p *people.People, c *clock) {
		ctx := t.Context()
		watch, other := office.EntryID{Side: "south", Index: 7}, office.EntryID{Side: "south", Index: 8}
		kim := people.Hand{By: people.By{Who: "kim"}, Post: "duty-officer", Role: "duty-officer"}
		park := people.Hand{By: people.By{Who: "park"}, Post: "head", Role: "head"}
		want := func(err error, code office.Reason) {
			t.Helper()
			var refusal *people.Refusal
			if code == "" && err != nil || code != "" && (!errors.As(err, &refusal) || refusal.Code != code) {
				t.Errorf("got %v, want %q", err, code)
			}
		}
		want(p.WriteHandover(ctx, people.Hand{Post: "observer", Role: "observer"}, watch, 0, "All calm."), "post-may-not")
		want(p.WriteHandover(ctx, kim, watch, 0, " \n"), office.Missing)
		want(p.WriteHandover(ctx, kim, watch, 0, strings.Repeat("x", people.MaxHandover+1)), office.TooLong)
		want(p.WriteHandover(ctx, kim, watch, 0, "All calm."), "")
		want(p.WriteHandover(ctx, kim, watch, 0, "In another tab."), "handover-changed")
		want(p.WriteHandover(ctx, kim, watch, 1, "All calm. The lift is out."), "")
		want(p.SignHandover(ctx, park, watch, 1), "handover-changed")
		want(p.SignHandover(ctx, park, other, 1), "handover-changed")
		want(p.SignHandover(ctx, park, other, 0), "")
		want(p.SignHandover(ctx, park, watch, 2), "")
		want(p.WriteHandover(ctx, kim, watch, 2, "Too late."), "handover-signed")
		want(p.SignHandover(ctx, kim, watch, 2), "handover-signed")
		found, err := p.Handovers(ctx, []office.EntryID{watch, other})
		if h := found[watch]; err != nil || len(found) != 1 || h.Words != "All calm. The lift is out." || h.Written.Who != "kim" || h.Signed.Who != "park" || h.Signed.At.IsZero() {
			t.Fatalf("found %+v, %v", found, err)
		}

		// Nothing came of the signature: the watch still goes on.
		c.turn(2 * time.Minute)
		want(p.WriteHandover(ctx, kim, watch, 2, "Still here."), "")
		want(p.SignHandover(ctx, park, watch, 3), "")
		want(p.UnsignHandover(ctx, watch), "")
		if found, err = p.Handovers(ctx, []office.EntryID{watch}); err != nil || !found[watch].Signed.At.IsZero() {
			t.Errorf("found %+v, %v", found, err)
		}
	})
}
