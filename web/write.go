package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
)

// writePage is the form for a new dispatch.
type writePage struct {
	Frame
	Channels    []choice
	Precedences []precedenceChoice
	To          []choice // empty if there is one other side only
	Receiver    string   // that one other side
	Subject     string
	Text        string
	MaxSubject  int // characters
	MaxText     int // bytes
	Once        string
	MayWrite    bool
	Enclosing   enclosing

	// Errors holds the sentence for each field that was refused, by its name;
	// under "" what concerns no single field.
	Errors map[string]string
}

type precedenceChoice struct {
	choice
	Precedence office.Precedence
	Within     string // to be acknowledged within this time; empty if no clock is agreed
}

// draft is a dispatch as it was typed.
type draft struct {
	channel, precedence, subject, text, once string
	to                                       []office.Side
	enclosed                                 []office.Enclosure
}

func (s *site) write(v *visit) error {
	query := v.r.URL.Query()
	return s.showWrite(v, http.StatusOK, draft{
		channel: query.Get("channel"), precedence: query.Get("precedence"), to: query["to"], once: newKey(),
	}, nil)
}

func (s *site) showWrite(v *visit, status int, d draft, refused map[string]string) error {
	frame, err := s.frame(v, "write", v.t("write.title"))
	if err != nil {
		return err
	}
	frame.Path = "/dispatches/new"
	page := writePage{
		Frame: frame, Subject: d.subject, Text: d.text, Once: d.once, Errors: refused,
		MaxSubject: office.MaxSubject, MaxText: office.MaxText,
		MayWrite: v.status.Open && v.may(office.KindDispatch, office.Routine),
	}
	page.Enclosing = v.enclosingOf(d.enclosed, refused["enclosures"])
	if v.office.Charter != nil {
		for i, c := range v.office.Charter.Channels {
			chosen := c.ID == d.channel || d.channel == "" && i == 0
			page.Channels = append(page.Channels, choice{c.ID, v.channelName(c.ID), lang.Pick(v.tag, c.Purpose), chosen})
		}
	}
	for _, p := range office.Precedences {
		one := precedenceChoice{Precedence: p, choice: choice{
			Value: string(p), Name: v.t("precedence." + lowerPrecedence(p)),
			Note:   v.t("precedence." + lowerPrecedence(p) + ".for"),
			Chosen: string(p) == cmp.Or(d.precedence, string(office.Routine)),
		}}
		if clock, ok := v.clock(p); ok && clock.Acknowledge > 0 {
			one.Within = v.t("write.within", "span", v.span(clock.Acknowledge))
		}
		if refused != nil || v.may(office.KindDispatch, p) {
			page.Precedences = append(page.Precedences, one)
		}
	}
	others := v.others()
	if len(others) == 1 {
		page.Receiver = v.sideName(others[0])
	} else {
		for _, id := range others {
			page.To = append(page.To, choice{id, v.sideName(id), "", slices.Contains(d.to, id)})
		}
	}
	return s.render(v, status, "write", page)
}

// postDispatch releases a dispatch. What is refused comes back with the form as
// it was typed and the sentence beside its field.
func (s *site) postDispatch(v *visit) error {
	d := draftOf(v.r.PostForm)
	if chosen := v.r.PostForm.Get("file"); chosen != "" {
		// Without script the browser sends its name alone: it would go missing.
		return s.showWrite(v, http.StatusUnprocessableEntity, d, map[string]string{"enclosures": v.t("enclosure.not-enclosed", "name", chosen)})
	}
	to := slices.Sorted(slices.Values(d.to))
	if others := v.others(); len(to) == 0 && len(others) == 1 {
		to = others
	} else if len(to) == 0 {
		// The node would take it to mean all; a person must say so.
		return s.showWrite(v, http.StatusUnprocessableEntity, d, map[string]string{"to": v.t("void.missing", "field", v.t("field.to"))})
	}
	body := &office.DispatchBody{
		Channel: d.channel, Precedence: office.Precedence(d.precedence), Subject: strings.TrimSpace(d.subject),
		Text: d.text, To: slices.Clip(slices.Compact(to)), // clipped, so that no one else writes into it
		Enclosures: d.enclosed,
	}
	key := keyOf(v.session.ID, d.once, append(slices.Concat(body.To, v.r.PostForm["enclosed"]), body.Channel, d.precedence, body.Subject, body.Text)...)
	written, err := s.once.do(v.ctx, key, func() (node.Written, error) {
		return s.node.Write(v.ctx, node.Act{By: v.session.Post, Kind: office.KindDispatch, Body: body})
	})
	var refusal *node.Refusal
	if errors.As(err, &refusal) {
		return s.showWrite(v, http.StatusUnprocessableEntity, d, map[string]string{fieldOf(refusal): v.refused(refusal)})
	}
	if err != nil {
		// The form comes back; whether the entry was written is not known, and the
		// key of the form keeps a second press from writing it twice.
		reference := s.logFault(v, fmt.Errorf("release a dispatch: %w", err))
		return s.showWrite(v, http.StatusInternalServerError, d, map[string]string{"": v.t("failure.kept", "reference", reference)})
	}
	return v.redirect("/dispatches/" + written.ID.String())
}

// draftOf reads a dispatch as it was typed from a form.
func draftOf(form url.Values) draft {
	return draft{
		channel: form.Get("channel"), precedence: form.Get("precedence"), to: form["to"],
		subject: typed(form.Get("subject")), text: typed(form.Get("text")), once: form.Get("once"), enclosed: enclosedIn(form),
	}
}

// typed takes a text as browsers send it and makes it a text as entries hold it:
// line feeds, and composed characters, since a Hangul syllable can also be
// typed as separate letters that look the same.
func typed(text string) string {
	return norm.NFC.String(strings.ReplaceAll(text, "\r\n", "\n"))
}

// fieldOf names the field of the form that a refusal is about.
func fieldOf(r *node.Refusal) string {
	switch r.Code {
	case office.ChannelUnknown:
		return "channel"
	case office.WrongAddressee:
		return "to"
	case "enclosure-not-held":
		return "enclosures"
	}
	if strings.HasPrefix(r.Detail["field"], "enclosures") {
		return "enclosures"
	}
	switch field := r.Detail["field"]; field {
	case "channel", "precedence", "subject", "text", "to":
		return field
	}
	return ""
}

// refused puts a refusal into a sentence.
func (v *visit) refused(r *node.Refusal) string {
	code := string(r.Code)
	if _, ok := lang.Lookup("void." + code); ok {
		return v.coded("void", code, r.Detail)
	}
	return v.coded("refused", code, r.Detail)
}
