package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"liaison.example/forms"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/records"
)

const (
	maxChosen  = 100 // forms that are proposed or agreed to at once
	formsShown = 100 // of each part of the list
	formsRules = 3   // version of the rules from which on there are forms
)

// formsPage is the list of all forms.
type formsPage struct {
	Frame
	Known      bool // the rules in force know forms
	Rules      int64
	NeedsRules int64
	MayPropose bool
	MayAgree   bool // and at least one of those that are shown waits for us

	Proposed   []formLine
	InForce    []formLine
	Brought    []formLine
	Former     []formLine
	More       moreForms
	MayRaise   bool
	Shown, Max int
	Refused    string
}

// moreForms says which parts of the list hold more than is shown.
type moreForms struct{ Proposed, InForce, Former bool }

// formLine is one form of the list.
type formLine struct {
	Code      string // in capitals
	Hash      string
	Name      said
	Purpose   said
	Asks      string
	Sign      template.HTML // who proposed it, and when; since when it is in force
	Change    string        // what a proposed one does; what became of a former one
	Note      string
	NoteLang  string
	Consents  []founding
	Waits     bool // for the consent of our side
	Choosable bool
	Chosen    bool
}

// catalog is the forms that Liaison brings along, by their hashes: those of the newest
// rules, and what older rules know of them.
var catalog = sync.OnceValue(func() map[string]*office.Form {
	byHash := map[string]*office.Form{}
	for _, form := range forms.Catalog() {
		for _, form := range []*office.Form{form, form.Under(formsRules)} {
			byHash[office.HashForm(form)] = form
		}
	}
	return byHash
})

// knowsForms reports whether the rules in force do.
func (v *visit) knowsForms() bool {
	return v.office.Charter != nil && v.office.Charter.Rules >= formsRules
}

// mayForm reports whether what an act does with forms can be done now by the
// signed-in post.
func (v *visit) mayForm(act string) bool {
	return v.office.Open && v.knowsForms() && v.may(act, "")
}

func (s *site) forms(v *visit) error { return s.showForms(v, http.StatusOK, "", nil) }

// showForms shows the list, with what was chosen in it and was not done.
func (s *site) showForms(v *visit, status int, refused string, chosen []string) error {
	frame, err := s.frame(v, "charter", v.t("form.title"))
	if err != nil {
		return err
	}
	frame.Path = "/forms"
	page := formsPage{
		Frame: frame, Refused: refused, Known: v.knowsForms(), NeedsRules: formsRules, Shown: formsShown, Max: maxChosen,
		MayPropose: v.mayForm(office.KindProposeForm), MayRaise: v.office.Open && v.may(office.KindPropose, ""),
	}
	if v.office.Charter != nil {
		page.Rules = v.office.Charter.Rules
	}
	read := func(state string) ([]office.FormRow, bool) {
		var rows []office.FormRow
		var more bool
		if err == nil {
			rows, more, err = s.node.Records().Forms(v.ctx, records.FormFilter{State: state, Limit: formsShown})
		}
		return rows, more
	}
	open, moreOpen := read(office.FormOpen)
	inForce, moreInForce := read(office.FormInForce)
	succeeded, moreSucceeded := read(office.FormSucceeded)
	replaced, moreReplaced := read(office.FormReplaced)
	if err != nil {
		return err
	}
	since, err := s.node.Records().InForceSince(v.ctx, inForce)
	if err != nil {
		return err
	}
	page.More = moreForms{moreOpen, moreInForce, moreSucceeded || moreReplaced}

	standing := map[string]bool{} // codes of forms that are open or in force
	mayAgree := v.mayForm(office.KindAgreeForm)
	for i := range open {
		row := &open[i]
		standing[row.Form.Code] = true
		line := v.proposedLine(row)
		line.Choosable = line.Waits && mayAgree
		page.MayAgree = page.MayAgree || line.Choosable
		page.Proposed = append(page.Proposed, line)
	}
	slices.SortStableFunc(page.Proposed, func(a, b formLine) int { // what waits for us first
		return map[bool]int{true: 1}[b.Waits] - map[bool]int{true: 1}[a.Waits]
	})
	for i := range inForce {
		row := &inForce[i]
		line := v.formLine(row.Hash, row.Form)
		line.Sign = v.h("form.since", "time", v.briefly(fromMillis(since[row.Hash])))
		if row.Form.Ended {
			line.Change = v.t("form.ended")
			page.Former = append(page.Former, line)
			continue
		}
		standing[row.Form.Code] = true
		page.InForce = append(page.InForce, line)
	}
	for i := range succeeded {
		line := v.formLine(succeeded[i].Hash, succeeded[i].Form)
		line.Change = v.t("form.succeeded")
		page.Former = append(page.Former, line)
	}
	for i := range replaced {
		line := v.formLine(replaced[i].Hash, replaced[i].Form)
		line.Change = v.t("form.replaced")
		page.Former = append(page.Former, line)
	}
	for _, form := range forms.Catalog() {
		if !standing[form.Code] {
			if v.office.Charter != nil {
				form = form.Under(v.office.Charter.Rules)
			}
			line := v.formLine(office.HashForm(form), form)
			line.Choosable = page.MayPropose
			page.Brought = append(page.Brought, line)
		}
	}
	for _, part := range [][]formLine{page.Proposed, page.Brought} {
		for i := range part {
			part[i].Chosen = part[i].Choosable && slices.Contains(chosen, part[i].Hash)
		}
	}
	return s.render(v, status, "forms", page)
}

func (v *visit) formLine(hash string, form *office.Form) formLine {
	return formLine{
		Code: strings.ToUpper(form.Code), Hash: hash, Name: v.said(form.Name), Purpose: v.said(form.Purpose),
		Asks: strings.TrimSpace(v.asks(form) + " " + v.mode(form)),
	}
}

func (v *visit) proposedLine(row *office.FormRow) formLine {
	line := v.formLine(row.Hash, row.Form)
	line.Sign = v.h("charter.proposed", "officer", v.officer(row.ID.Side, row.By), "time", v.briefly(fromMillis(row.At)))
	line.Note, line.NoteLang = row.Note, textLanguage(row.Note)
	line.Consents, line.Waits = v.formConsents(row), !slices.Contains(row.Agreed, v.side)
	switch {
	case row.Form.Ended:
		line.Change = v.t("form.would-end")
	case row.Replaces != "":
		line.Change = v.t("form.would-replace")
	}
	return line
}

// formConsents says of each side whether it has agreed to a form.
func (v *visit) formConsents(row *office.FormRow) []founding {
	var out []founding
	for _, id := range v.sides() {
		out = append(out, founding{v.sideName(id), slices.Contains(row.Agreed, id)})
	}
	return out
}

// findForm finds a form by its hash: one that was ever proposed, with what became
// of it, or one that Liaison brings along. It is nil if there is neither.
func (s *site) findForm(v *visit, hash string) (form *office.Form, row *office.FormRow, err error) {
	if !isHash(hash) {
		return nil, nil, nil
	}
	found, is, err := s.node.Records().Form(v.ctx, hash)
	if err != nil {
		return nil, nil, err
	}
	if is {
		return found.Form, &found, nil
	}
	return catalog()[hash], nil, nil
}

// postProposeForms puts forward each of the chosen forms as it is, or one form
// once more with the end of its use.
func (s *site) postProposeForms(v *visit) error {
	note := strings.TrimSpace(typed(v.r.PostFormValue("note")))
	end := v.r.PostFormValue("end") != ""
	return s.eachForm(v, "propose", func(form *office.Form, _ *office.FormRow) (string, error) {
		if end {
			ended := *form
			ended.Ended, form = true, &ended
		}
		hash := office.HashForm(form)
		_, row, err := s.findForm(v, hash)
		if err != nil || row != nil && row.State == office.FormOpen && row.ID.Side == v.side {
			return hash, err // pressed twice
		}
		return hash, s.proposeForm(v, form, note)
	})
}

// proposeForm puts a form forward in the place of the one in force for its code.
func (s *site) proposeForm(v *visit, form *office.Form, note string) error {
	inForce, _, err := s.node.Records().InForceForm(v.ctx, form.Code)
	if err != nil {
		return err
	}
	_, err = s.node.Write(v.ctx, node.Act{
		By: v.session.Post, Person: v.by(), Kind: office.KindProposeForm,
		Body: &office.ProposeFormBody{Form: form, Note: note, Replaces: inForce.Hash},
		Once: v.once(office.HashForm(form), note),
	})
	return err
}

// postAgreeForms consents to each of the chosen forms.
func (s *site) postAgreeForms(v *visit) error {
	return s.eachForm(v, "agree", func(form *office.Form, row *office.FormRow) (string, error) {
		hash := office.HashForm(form)
		if row != nil && (row.State == office.FormOpen || row.State == office.FormInForce) && slices.Contains(row.Agreed, v.side) {
			return hash, nil // pressed twice
		}
		_, err := s.node.Write(v.ctx, node.Act{
			By: v.session.Post, Person: v.by(), Kind: office.KindAgreeForm, Body: &office.AgreeFormBody{Hash: hash},
		})
		return hash, err
	})
}

// eachForm does an act with each form that was chosen, one after the other, up to
// the first that is refused. The act gives the hash of the form that it was done
// with. What was not done stays chosen.
func (s *site) eachForm(v *visit, verb string, act func(*office.Form, *office.FormRow) (hash string, err error)) error {
	chosen := v.r.PostForm["hash"]
	switch {
	case len(chosen) == 0:
		return s.showForms(v, http.StatusUnprocessableEntity, v.t("form.none-chosen"), nil)
	case len(chosen) > maxChosen:
		return s.showForms(v, http.StatusUnprocessableEntity, v.t("form.too-many", "limit", maxChosen, "n", len(chosen)), chosen)
	}
	var done []string
	to := "/forms"
	for i, hash := range chosen {
		form, row, err := s.findForm(v, hash)
		name := shortHash(clipped(hash))
		switch {
		case err != nil:
		case form == nil:
			err = &node.Refusal{Code: office.FormUnknown}
		default:
			name = v.formName(form)
			if hash, err = act(form, row); err == nil && len(chosen) == 1 {
				to = "/forms/" + hash
			}
		}
		if err == nil {
			done = append(done, name)
			continue
		}
		status, reason := s.whyRefused(v, fmt.Errorf("%s form %.16q: %w", verb, hash, err))
		sentence := v.t("form.refused-"+verb, "form", name, "reason", reason)
		if len(done) > 0 {
			sentence += " " + v.t("form.before-"+verb, "n", len(done), "forms", strings.Join(done, v.t("common.list-comma")))
		}
		if left := len(chosen) - i - 1; left > 0 {
			sentence += " " + v.t("form.not-tried", "n", left)
		}
		if v.r.PostFormValue("page") == chosen[0] && form != nil { // it was posted from the form's own page
			return s.showForm(v, status, chosen[0], sentence, typed(v.r.PostFormValue("note")))
		}
		return s.showForms(v, status, sentence, chosen[i:])
	}
	return v.redirect(to)
}

// whyRefused says in a sentence why something was not written, and logs a fault
// of ours.
func (s *site) whyRefused(v *visit, err error) (status int, sentence string) {
	if refusal, is := errors.AsType[*node.Refusal](err); is {
		return http.StatusUnprocessableEntity, v.refused(refusal)
	}
	return http.StatusInternalServerError, v.t("form.fault", "reference", s.logFault(v, err))
}
