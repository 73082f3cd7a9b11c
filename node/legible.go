package node

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"liaison.example/enclosure"
	"liaison.example/legible"
	"liaison.example/office"
)

// What the rules allow can still show something else than it says. Our own side
// writes nothing of the kind. What another side writes is shown as it is, with a
// warning beside its names.

// illegible says what of an act of ours would mislead who reads it: nil if nothing.
func (n *Node) illegible(ctx context.Context, body any) (*Refusal, error) {
	switch b := body.(type) {
	case *office.DispatchBody:
		return illegibleDispatch(b), nil
	case *office.NoteBody:
		return inText("text", b.Text), nil
	case *office.ReadbackBody:
		return inText("text", b.Text), nil
	case *office.ReadbackAnswerBody:
		return inText("text", b.Text), nil
	case *office.TenderBody:
		return first(inLine("subject", b.Subject), inName("name", b.Name), inName("rank", b.Rank), inName("attention", b.Attention)), nil
	case *office.TenderAnswerBody:
		return inText("text", b.Text), nil
	case *office.TenderWithdrawBody:
		return inText("text", b.Text), nil
	case *office.SuspensionBody:
		return first(inText("reason", b.Reason), inText("stays", b.Stays)), nil
	case *office.AttemptBody:
		return inText("text", b.Text), nil
	case *office.ConfirmBody:
		return inText("text", b.Text), nil
	case *office.WatchBody:
		return inName("name", b.Name), nil
	case *office.CheckAnswerBody:
		return inText("remark", b.Remark), nil
	case *office.HoursBody:
		return illegibleHours(b), nil
	case *office.CoverageBody:
		return inName("who", strings.Join(b.Who, "\n")), nil
	case *office.PersonnelBody:
		return first(inName("comes", b.Comes), inName("goes", b.Goes), inText("text", b.Text)), nil
	case *office.PostBody:
		return inWords("name", b.Name, inName), nil
	case *office.ProposeBody:
		return n.illegibleCharter(ctx, b)
	case *office.ProposeFormBody:
		return illegibleForm(b.Form), nil
	}
	return nil, nil
}

func illegibleDispatch(d *office.DispatchBody) *Refusal {
	if r := first(inLine("subject", d.Subject), inName("name", d.Name), inName("attention", d.Attention), inName("party", d.Party), inText("text", d.Text)); r != nil {
		return r
	}
	if d.Form != nil {
		if r := inWords("", d.Form.Values, inText); r != nil {
			return r
		}
	}
	for _, e := range d.Enclosures {
		if !enclosure.GoodName(e.Name) {
			return &Refusal{Code: "enclosure-name", Detail: map[string]string{"name": enclosure.Legible(e.Name)}}
		}
	}
	return nil
}

// illegibleForm is about the words of a form that is put forward.
func illegibleForm(f *office.Form) *Refusal {
	text, err := office.Encode(f)
	if err != nil {
		return nil // which the rules refuse
	}
	return inText("form", string(text))
}

// illegibleHours is about the names of holidays.
func illegibleHours(b *office.HoursBody) *Refusal {
	for _, h := range b.Holidays {
		if r := inWords("holidays.name", h.Name, inName); r != nil {
			return r
		}
	}
	return nil
}

// illegibleCharter is about what our side may change of a charter: its own name, the
// channels. What is in force already hinders no other change.
func (n *Node) illegibleCharter(ctx context.Context, b *office.ProposeBody) (*Refusal, error) {
	if b.Charter == nil {
		return nil, nil // which the rules refuse
	}
	row, err := n.records.OfficeAt(ctx, n.now())
	if err != nil {
		return nil, err
	}
	in := row.Charter
	if in == nil {
		in = &office.Charter{}
	}
	if r := inText("note", b.Note); r != nil {
		return r, nil
	}
	for _, side := range b.Charter.Sides {
		if was := in.Side(side.ID); was == nil || was.Name != side.Name {
			if r := inName("charter.sides.name", side.Name); r != nil {
				return r, nil
			}
		}
	}
	for _, channel := range b.Charter.Channels {
		was := in.Channel(channel.ID)
		if was == nil {
			was = &office.Channel{}
		}
		if !maps.Equal(was.Name, channel.Name) {
			if r := inWords("charter.channels.name", channel.Name, inName); r != nil {
				return r, nil
			}
		}
		if !maps.Equal(was.Purpose, channel.Purpose) {
			if r := inWords("charter.channels.purpose", channel.Purpose, inText); r != nil {
				return r, nil
			}
		}
	}
	return nil, nil
}

// first is the first refusal of several, nil if there is none.
func first(all ...*Refusal) *Refusal {
	for _, r := range all {
		if r != nil {
			return r
		}
	}
	return nil
}

func inText(field, text string) *Refusal { return misleads(field, legible.Text(text)) }
func inLine(field, text string) *Refusal { return misleads(field, legible.Line(text)) }
func inName(field, text string) *Refusal { return misleads(field, legible.Name(text)) }

// inWords looks through each of several words. The field of each is its key, behind
// the name of all if there is one.
func inWords(field string, words map[string]string, in func(field, text string) *Refusal) *Refusal {
	for _, key := range slices.Sorted(maps.Keys(words)) {
		name := key
		if field != "" {
			name = field + "." + key
		}
		if r := in(name, words[key]); r != nil {
			return r
		}
	}
	return nil
}

// misleads refuses what has a flaw.
func misleads(field string, flaw *legible.Flaw) *Refusal {
	switch {
	case flaw == nil:
		return nil
	case flaw.Word != "":
		return &Refusal{Code: "letters-mislead", Detail: map[string]string{"field": field, "word": flaw.Word}}
	}
	return &Refusal{Code: "character-misleads", Detail: map[string]string{
		"field": field, "after": flaw.After, "code": fmt.Sprintf("U+%04X", flaw.Rune),
	}}
}
