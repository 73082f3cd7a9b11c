package web

import (
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strconv"

	"liaison.example/office"
	"liaison.example/records"
)

const recordLength = 50 // entries on one page

// recordPage is all sides' entries in their joint order, the newest first.
type recordPage struct {
	Frame
	Entries []recordLine
	First   string
	Next    string
	Digest  string // grouped, at the settled line
	Settled int64
	Total   int64 // entries placed
	Equal   []stripLine
}

// recordLine is one entry in the joint order.
type recordLine struct {
	Place   string
	ID      office.EntryID
	Href    string
	At      template.HTML
	Kind    string
	Gist    string // what it is about, in its writer's words; empty if there is nothing to say
	Lang    string // of the gist
	By      string
	Side    string
	Silent  template.HTML // why nothing has come of it; empty if our side waits for nothing
	Void    string        // why it is void, as a sentence; empty if it is done
	Settled bool
	Digest  string // short
}

func (s *site) record(v *visit) error {
	var before int64
	if text := v.r.URL.Query().Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return errNothingHere
		}
	}
	entries, err := s.node.Records().Record(v.ctx, before, recordLength+1)
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	frame, err := s.frame(v, "record", v.t("record.title"))
	if err != nil {
		return err
	}
	page := recordPage{
		Frame: frame, Digest: groupedHash(v.status.Digest), Settled: v.status.Count, Equal: frame.Strip.Others,
	}
	for _, side := range v.status.Sides {
		page.Total += side.Placed
	}
	if before != 0 {
		page.First = "/record"
	}
	if len(entries) > recordLength {
		entries = entries[:recordLength]
		page.Next = fmt.Sprintf("/record?before=%d", entries[recordLength-1].Pos)
	}
	gists, err := s.gists(v, entries)
	if err != nil {
		return err
	}
	for i := range entries {
		line := v.recordLine(&entries[i])
		line.Gist = gists[line.ID]
		line.Lang = textLanguage(line.Gist)
		page.Entries = append(page.Entries, line)
	}
	return s.render(v, http.StatusOK, "record", page)
}

func (v *visit) recordLine(e *records.PlacedEntry) recordLine {
	line := recordLine{
		Place: grouped(strconv.FormatInt(e.Pos, 10)), ID: e.ID, Href: "/record/" + e.ID.String(),
		At: v.briefly(fromMillis(e.At)), Kind: v.kindName(e.Kind), By: v.postName(e.ID.Side, e.By),
		Side: v.sideName(e.ID.Side), Settled: e.Settled, Silent: v.silentLine(e.ID),
	}
	if !e.Verdict.Done() {
		line.Void = v.coded("void", string(e.Verdict.Void), e.Verdict.Detail)
	}
	if e.Settled {
		line.Digest = shortHash(hex.EncodeToString(e.Digest[:]))
	}
	return line
}

// groupedHash writes a whole hash in groups of four digits, as it is read aloud.
func groupedHash(digits string) string {
	var out []byte
	for i := range len(digits) {
		if i > 0 && i%4 == 0 {
			out = append(out, ' ')
		}
		out = append(out, digits[i])
	}
	return string(out)
}
