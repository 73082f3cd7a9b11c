package web

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"

	"liaison.example/office"
)

// entryPage is one entry as it is signed, with all that proves it.
type entryPage struct {
	Frame
	Entry    recordLine
	By       string
	Clocks   []onClock // the writer's clock
	Arrival  template.HTML
	Place    string // in the joint order; empty while it waits for its place
	Time     template.HTML
	Leaf     string // the exact bytes
	Size     string // in bytes
	Hash     string // the leaf hash, grouped
	Digest   string // the running digest after this entry, grouped; empty while it is not settled
	Receipts []receiptLine
	Silences []silenceLine // what is waited for with it
	Subject  proofLink     // the page of what the entry did; no address if there is none
}

// receiptLine is one side's receipt for an entry.
type receiptLine struct {
	By   string
	At   template.HTML
	Held template.HTML // when we stored it
	Size string        // entries that the signed checkpoint covers
	Href string
	Note string
}

func (s *site) entry(v *visit) error {
	id, err := v.pathID()
	if err != nil {
		return err
	}
	placed, found, err := s.node.Records().PlacedEntry(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read entry %s: %w", id, err)
	}
	if !found {
		return errNothingHere
	}
	leaf, err := s.bytesOf(v, id)
	if err != nil {
		return err
	}
	receipts, err := s.node.Receipts(v.ctx, id)
	if err != nil {
		return fmt.Errorf("read the receipts of %s: %w", id, err)
	}
	frame, err := s.frame(v, "record", v.t("entry.title", "id", id))
	if err != nil {
		return err
	}
	page := entryPage{
		Frame: frame, Entry: v.recordLine(&placed), By: v.officer(id.Side, placed.By), Clocks: v.clocks(fromMillis(placed.At)),
		Time: v.when(fromMillis(placed.Time)), Leaf: string(leaf), Size: grouped(fmt.Sprint(len(leaf))), Hash: leafHash(leaf),
	}
	page.Place = page.Entry.Place
	if page.Arrival, err = s.arrival(v, id, placed.At); err != nil {
		return err
	}
	if placed.Settled {
		page.Digest = groupedHash(hex.EncodeToString(placed.Digest[:]))
	}
	if placed.Kind == office.KindDispatch && placed.Verdict.Done() {
		page.Subject = proofLink{"/dispatches/" + id.String(), v.t("entry.open-dispatch"), false}
	}
	if placed.Kind == office.KindTender && placed.Verdict.Done() {
		page.Subject = proofLink{tenderHref(id), v.t("tender.open"), false}
	}
	silences, err := s.node.SilencesAbout(v.ctx, id, v.now)
	if err != nil {
		return err
	}
	page.Silences = v.silenceLines(silences)
	for _, r := range receipts {
		one := receiptLine{
			By: v.sideName(r.By), At: v.when(r.At), Size: grouped(fmt.Sprint(r.Size)),
			Href: fmt.Sprintf("/receipts/%s/%s", id, r.By), Note: r.Note,
		}
		if !r.Held.IsZero() {
			one.Held = v.when(r.Held)
		}
		page.Receipts = append(page.Receipts, one)
	}
	return s.render(v, http.StatusOK, "entry", page)
}

// leafHash computes the hash of a leaf as RFC 6962 does, so that the page shows
// what follows from the bytes above it and not what a table says.
func leafHash(leaf []byte) string {
	sum := hashLeaf(leaf)
	return groupedHash(hex.EncodeToString(sum[:]))
}
