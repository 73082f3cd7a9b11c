package web

import (
	"encoding/json"
	"fmt"
	"strings"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/records"
)

// gists says of each of these entries what it is about: the number and subject
// of a dispatch, which dispatch is acknowledged, which post is accredited. It
// reads each side's entries in one go, as a page of the record holds those of
// one side nearly without a gap.
func (s *site) gists(v *visit, entries []records.PlacedEntry) (map[office.EntryID]string, error) {
	type stretch struct{ first, last int64 }
	stretches := map[office.Side]stretch{}
	for _, e := range entries {
		one, known := stretches[e.ID.Side]
		if !known {
			one = stretch{e.ID.Index, e.ID.Index}
		}
		stretches[e.ID.Side] = stretch{min(one.first, e.ID.Index), max(one.last, e.ID.Index)}
	}
	out := map[office.EntryID]string{}
	for _, side := range sortedKeys(stretches) {
		one := stretches[side]
		// Entries that came late stand far from their neighbours in the ledger;
		// beyond this they go without.
		count := min(one.last-one.first+1, 2*recordLength)
		found, err := s.node.Ledger().Entries(v.ctx, side, one.last-count+1, count)
		if err != nil {
			return nil, fmt.Errorf("read entries of %s from %d: %w", side, one.last-count+1, err)
		}
		for _, e := range found {
			out[office.EntryID{Side: side, Index: e.Index}] = v.gist(e.Frame.Kind, e.Frame.Body)
		}
	}
	return out, nil
}

// gist says what an entry is about. Another side may have written anything: what
// does not have the form of its kind has no gist.
func (v *visit) gist(kind string, body []byte) string {
	read := func(into any) bool { return json.Unmarshal(body, into) == nil }
	switch kind {
	case office.KindDispatch:
		if b := new(office.DispatchBody); read(b) {
			return v.t("list.number", "number", b.Number) + " · " + clipped(b.Subject)
		}
	case office.KindAcknowledge:
		if b := new(office.AcknowledgeBody); read(b) {
			return b.Dispatch.String()
		}
	case office.KindConsider:
		if b := new(office.ConsiderBody); read(b) {
			return b.Dispatch.String() + " · " + clipped(string(b.Until))
		}
	case office.KindClose:
		if b := new(office.CloseBody); read(b) {
			return b.Dispatch.String()
		}
	case office.KindNote:
		if b := new(office.NoteBody); read(b) {
			return clipped(b.Text)
		}
	case office.KindSuspension:
		if b := new(office.SuspensionBody); read(b) {
			return clipped(strings.Join(b.Channels, ", ") + " · " + b.Reason)
		}
	case office.KindResumption:
		if b := new(office.ResumptionBody); read(b) {
			return b.Suspension.String() + " · " + clipped(strings.Join(b.Channels, ", "))
		}
	case office.KindAttempt:
		if b := new(office.AttemptBody); read(b) {
			return clipped(string(b.Means) + " · " + string(b.Outcome))
		}
	case office.KindConfirm:
		if b := new(office.ConfirmBody); read(b) {
			return b.Attempt.String() + " · " + clipped(string(b.Confirms))
		}
	case office.KindTender:
		if b := new(office.TenderBody); read(b) {
			return clipped(b.Subject)
		}
	case office.KindTenderReply:
		if b := new(office.TenderAnswerBody); read(b) {
			return b.Tender.String() + " · " + clipped(strings.TrimSpace(string(b.Answer)+" "+string(b.Reason)))
		}
	case office.KindTenderEnd:
		if b := new(office.TenderWithdrawBody); read(b) {
			return b.Tender.String()
		}
	case office.KindReadback:
		if b := new(office.ReadbackBody); read(b) {
			return b.Dispatch.String() + " · " + clipped(b.Text)
		}
	case office.KindReadbackReply:
		if b := new(office.ReadbackAnswerBody); read(b) {
			return b.Readback.String() + " · " + clipped(strings.TrimSpace(string(b.Answer)+" "+b.Text))
		}
	case office.KindWatch:
		if b := new(office.WatchBody); read(b) {
			return clipped(strings.TrimSpace(b.Name + " " + strings.Join(b.Languages, " ")))
		}
	case office.KindWatchEnd:
		if b := new(office.WatchEndBody); read(b) {
			return b.Watch.String()
		}
	case office.KindCheck:
		if b := new(office.CheckBody); read(b) {
			return strings.TrimSuffix(clipped(v.channelName(b.Channel)+" · "+string(b.Due)), " · ")
		}
	case office.KindCheckAnswer:
		if b := new(office.CheckAnswerBody); read(b) {
			return b.Check.String()
		}
	case office.KindHours:
		if b := new(office.HoursBody); read(b) {
			return clipped(b.Zone) + " · " + clipped(string(b.From))
		}
	case office.KindCoverage:
		if b := new(office.CoverageBody); read(b) {
			return clipped(string(b.From))
		}
	case office.KindPersonnel:
		if b := new(office.PersonnelBody); read(b) {
			return clipped(b.Post + " · " + string(b.From))
		}
	case office.KindStored:
		if b := new(office.StoredBody); read(b) {
			return b.Dispatch.String()
		}
	case office.KindPost:
		if b := new(office.PostBody); read(b) {
			return clipped(lang.Pick(v.tag, b.Name))
		}
	case office.KindPostEnd:
		if b := new(office.PostEndBody); read(b) {
			return clipped(b.Post)
		}
	case office.KindAgree:
		if b := new(office.AgreeBody); read(b) && isHash(b.Hash) {
			return shortHash(b.Hash)
		}
	case office.KindProposeForm:
		if b := new(office.ProposeFormBody); read(b) && b.Form != nil {
			return clipped(v.formName(b.Form))
		}
	case office.KindAgreeForm:
		if b := new(office.AgreeFormBody); read(b) && isHash(b.Hash) {
			return shortHash(b.Hash)
		}
	}
	return ""
}

// isHash reports whether a text is a SHA-256 in hex.
func isHash(text string) bool { return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == "" }

// clipped cuts a text that the rules have not looked at to what a line can hold.
func clipped(text string) string {
	runes := []rune(text)
	if len(runes) <= office.MaxSubject {
		return text
	}
	return string(runes[:office.MaxSubject]) + "…"
}
