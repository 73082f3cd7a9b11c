package people

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"liaison.example/office"
)

// Content is what a person has typed of a dispatch, however unfinished. Ids are
// kept as text, since they may be typed wrongly.
type Content struct {
	Channel    string            `json:"channel,omitempty"`
	Precedence office.Precedence `json:"precedence,omitempty"`
	To         []office.Side     `json:"to,omitempty"`
	Subject    string            `json:"subject,omitempty"`
	Text       string            `json:"text,omitempty"`
	Form       *office.Filled    `json:"form,omitempty"`
	Answer     string            `json:"answer,omitempty"` // to the form of the dispatch that it replies to

	Name           string               `json:"name,omitempty"`
	Attention      string               `json:"attention,omitempty"`
	Info           []office.Side        `json:"info,omitempty"` // for information only
	InfoPrecedence office.Precedence    `json:"info_precedence,omitempty"`
	Mark           office.Mark          `json:"mark,omitempty"`
	Releasable     office.Releasability `json:"releasable,omitempty"`
	Party          string               `json:"party,omitempty"`
	References     string               `json:"references,omitempty"` // ids with spaces or commas between
	Reply          string               `json:"reply,omitempty"`      // id
	Relation       office.RelationKind  `json:"relation,omitempty"`
	Relates        string               `json:"relates,omitempty"`    // id of the dispatch to which it has the relation
	Tender         string               `json:"tender,omitempty"`     // id of the tender under which it is served, or instead of which
	Readback       bool                 `json:"readback,omitempty"`   // it asks to be read back
	Enclosures     []office.Enclosure   `json:"enclosures,omitempty"` // files that were read in before
}

// Body is the dispatch that the content would be. It refuses with bad-value what
// is no id of an entry.
func (c Content) Body() (*office.DispatchBody, error) {
	b := &office.DispatchBody{
		Channel: c.Channel, Precedence: c.Precedence, Subject: strings.TrimSpace(c.Subject), Text: c.Text,
		To:   slices.Clip(slices.Sorted(slices.Values(c.To))), // clipped, so that no one else writes into it
		Name: strings.TrimSpace(c.Name), Attention: strings.TrimSpace(c.Attention), Mark: c.Mark, Releasable: c.Releasable,
		Enclosures: slices.Clone(c.Enclosures), Answer: c.Answer, Readback: c.Readback,
	}
	if c.Form != nil {
		b.Form = &office.Filled{Code: c.Form.Code, Hash: c.Form.Hash, Values: map[string]string{}}
		for field, value := range c.Form.Values {
			if value = strings.TrimSpace(value); value != "" {
				b.Form.Values[field] = value
			}
		}
	}
	if c.Releasable == office.ReleasableToParty {
		b.Party = strings.TrimSpace(c.Party)
	}
	if len(c.Info) > 0 {
		b.Info = &office.Information{Precedence: c.InfoPrecedence, To: slices.Sorted(slices.Values(c.Info))}
	}
	for _, text := range strings.FieldsFunc(c.References, func(r rune) bool { return strings.ContainsRune(" ,;\t\n", r) }) {
		id, err := readID("references", text)
		if err != nil {
			return nil, err
		}
		b.References = append(b.References, id)
	}
	if c.Reply != "" {
		id, err := readID("reply", c.Reply)
		if err != nil {
			return nil, err
		}
		b.Reply = &id
	}
	if c.Tender != "" {
		id, err := readID("tender", c.Tender)
		if err != nil {
			return nil, err
		}
		b.Tender = &id
	}
	if c.Relation != "" {
		id, err := readID("relation", c.Relates)
		if err != nil {
			return nil, err
		}
		b.Relation = &office.Relation{Dispatch: id, Kind: c.Relation}
	}
	return b, nil
}

func readID(field, text string) (office.EntryID, error) {
	id, err := office.ParseEntryID(text)
	if err != nil {
		err = refuse(office.BadValue, "field", field, "value", clip(text))
	}
	return id, err
}

func (c Content) urgency() office.Precedence {
	if slices.Contains(office.Precedences, c.Precedence) {
		return c.Precedence
	}
	return office.Routine
}

// code is that of its form by which the draft is treated; empty if it has none, or
// none that could be one.
func (c Content) code() string {
	if code := c.Form.CodeOf(); office.ValidName(code) {
		return code
	}
	return ""
}

func (c Content) encode() (string, error) {
	encoded, err := json.Marshal(c)
	if err == nil && len(encoded) > MaxContent {
		err = refuse("draft-too-long", "limit", fmt.Sprint(MaxContent))
	}
	return string(encoded), err
}
