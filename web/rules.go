package web

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/office"
	"liaison.example/people"
)

// rulesPage is our own side's table of who may do what, and who acts for a head;
// or the table for dispatches with one form.
type rulesPage struct {
	Frame
	Form      string   // code of the form; empty for the table of which nothing else is said
	FormTitle string   // the code and the name
	Forms     []choice // whose table can be looked at; that of all dispatches first
	Own       []choice // forms of which something is said by itself
	Error     string
	MayChange bool
	Urgent    []ruleTable // of acts that are asked for each precedence
	Others    []ruleTable
	Acting    []actingLine
	MayName   bool // an acting head, for the reader's own post
	Posts     []choice
	Example   string
	Zone      string
	Typed     actingTyped
}

// ruleTable is one act and who may do it.
type ruleTable struct {
	Name, Note string
	Columns    []precedenceChoice
	Rows       []ruleRow
}

type ruleRow struct {
	Role  string
	Cells []ruleCell
}

type ruleCell struct {
	Value   string // as the form names the place
	Label   string
	Allowed bool
	Own     bool // it is said of the form by itself
}

// actingLine is one time for which a head has handed the powers over.
type actingLine struct {
	ID           int64
	Post, Head   string
	Since, Until template.HTML
	By           string
	State        string // "now", "later" or "over"
	MayEnd       bool
}

// actingTyped is the form for a new one.
type actingTyped struct{ Post, Since, Until string }

// isHead reports whether the reader acts for a post with the role of a head.
func (v *visit) isHead() bool {
	row, ok := v.post(v.side, v.session.Post)
	return ok && !row.Ended && row.Role == "head"
}

// mayChangeRules reports whether the reader may change who may do what. It is no
// place in the table, so that nobody can shut everybody out.
func (v *visit) mayChangeRules() bool { return v.session.Admin || v.isHead() }

func (s *site) rules(v *visit) error {
	return s.showRules(v, http.StatusOK, v.r.URL.Query().Get("form"), "", actingTyped{})
}

func (s *site) showRules(v *visit, status int, form, problem string, typed actingTyped) error {
	page := rulesPage{Form: form, Error: problem, MayChange: v.mayChangeRules(), MayName: v.isHead(), Typed: typed}
	var err error
	if page.Forms, err = v.ruleForms(form); err != nil {
		return err
	}
	title := v.t("rules.title")
	if form != "" {
		page.FormTitle = v.codeTitle(form)
		title = v.t("rules.title-form", "form", page.FormTitle)
	}
	if page.Frame, err = s.personFrame(v, "", title); err != nil {
		return err
	}
	page.Path = rulesAddress(form)
	for _, code := range v.rules.Forms() {
		page.Own = append(page.Own, choice{Value: code, Name: v.codeTitle(code)})
	}
	for _, act := range people.Acts {
		if form != "" && !act.Urgent {
			continue
		}
		table := ruleTable{Name: v.t("may." + act.Name)}
		if phrase, ok := lang.Lookup("may." + act.Name + ".note"); ok {
			table.Note = phrase.In(v.tag)
		}
		precedences := []office.Precedence{""}
		if act.Urgent {
			precedences = office.Precedences
			for _, p := range precedences {
				table.Columns = append(table.Columns, precedenceChoice{choice: choice{Name: v.t("precedence." + lowerPrecedence(p))}, Precedence: p})
			}
		}
		for _, role := range office.Roles {
			row := ruleRow{Role: v.t("role." + role)}
			for _, p := range precedences {
				cell := people.Cell{Role: role, Act: act.Name, Precedence: p, Form: form}
				one := ruleCell{Value: cellText(cell), Label: row.Role, Allowed: v.rules.Allows(cell), Own: v.rules.Own(cell)}
				if p != "" {
					one.Label = v.t("rules.cell", "role", row.Role, "precedence", v.t("precedence."+lowerPrecedence(p)))
				}
				row.Cells = append(row.Cells, one)
			}
			table.Rows = append(table.Rows, row)
		}
		if act.Urgent {
			page.Urgent = append(page.Urgent, table)
		} else {
			page.Others = append(page.Others, table)
		}
	}
	if form == "" {
		if err := s.fillActing(v, &page); err != nil {
			return err
		}
	}
	return s.render(v, status, "rules", page)
}

// ruleForms offers the tables that can be looked at: that for all dispatches, and
// those for forms that are in force or of which something is said by itself. The
// form that was chosen must be among them.
func (v *visit) ruleForms(chosen string) ([]choice, error) {
	forms, err := v.codeChoices(v.t("rules.all"), chosen, v.rules.Forms()...)
	if err == nil && !slices.ContainsFunc(forms, func(c choice) bool { return c.Chosen }) {
		err = errNothingHere
	}
	return forms, err
}

// rulesAddress is that of the table for a form, or for all dispatches.
func rulesAddress(form string) string {
	if form == "" {
		return "/rules"
	}
	return "/rules?form=" + url.QueryEscape(form)
}

func (s *site) fillActing(v *visit, page *rulesPage) error {
	list, err := s.node.People().ActingPosts(v.ctx)
	if err != nil {
		return err
	}
	for _, a := range list {
		line := actingLine{
			ID: a.ID, Post: v.postName(v.side, a.Post), Head: v.postName(v.side, a.Head), Since: v.briefly(a.Since), Until: v.briefly(a.Until),
			By: v.touched(a.Made), State: "later", MayEnd: page.MayChange,
		}
		if a.Over(v.now) {
			line.State, line.MayEnd = "over", false
		} else if !v.now.Before(a.Since) {
			line.State = "now"
		}
		page.Acting = append(page.Acting, line)
	}
	zone := v.zone(v.side)
	page.Example, page.Zone = v.now.Add(24*time.Hour).Truncate(time.Hour).In(zone).Format(untilForm), zone.String()
	v.post(v.side, "") // reads the posts
	for _, row := range v.posts[v.side] {
		if !row.Ended && row.Role != "head" {
			page.Posts = append(page.Posts, choice{row.Post, v.postName(v.side, row.Post), "", row.Post == page.Typed.Post})
		}
	}
	return nil
}

// cellText names a place of the table as the page does: "officer dispatch PRIORITY",
// or "officer dispatch PRIORITY an" for a form.
func cellText(c people.Cell) string {
	return strings.TrimSpace(c.Role + " " + c.Act + " " + string(c.Precedence) + " " + c.Form)
}

// readCell reads what cellText wrote.
func readCell(text string) (c people.Cell, ok bool) {
	words := strings.Split(text, " ")
	if len(words) < 2 || len(words) > 4 {
		return c, false
	}
	words = append(words, "", "")
	return people.Cell{Role: words[0], Act: words[1], Precedence: office.Precedence(words[2]), Form: words[3]}, true
}

// postRules changes what the reader has changed on the page, and nothing that
// another has changed meanwhile.
func (s *site) postRules(v *visit) error {
	if !v.mayChangeRules() {
		return errNotYours
	}
	form := v.r.PostFormValue("form")
	if _, err := v.ruleForms(form); err != nil {
		return err
	}
	set := map[people.Cell]bool{}
	was, now := v.r.PostForm["was"], v.r.PostForm["may"]
	for _, text := range slices.Concat(was, now) {
		before, after := slices.Contains(was, text), slices.Contains(now, text)
		if before == after {
			continue
		}
		cell, ok := readCell(text)
		if !ok {
			return errMalformed
		}
		set[cell] = after
	}
	return s.rulesDone(v, form, s.node.People().SetMay(v.ctx, v.by(), set), actingTyped{})
}

// rulesDone shows the table again after a change; a refusal with its sentence.
func (s *site) rulesDone(v *visit, form string, err error, typed actingTyped) error {
	refusal, ok := refusalOf(err)
	switch {
	case ok:
		return s.showRules(v, http.StatusUnprocessableEntity, form, v.refused(refusal), typed)
	case err != nil:
		return err
	}
	s.node.TellDraft() // what waits for whom follows from the table
	if v.rules, err = s.node.People().Rules(v.ctx); err != nil {
		return err
	}
	if _, err := v.ruleForms(form); errors.Is(err, errNothingHere) {
		form = "" // it is not in force, and nothing is said of it any more
	} else if err != nil {
		return err
	}
	return v.redirect(rulesAddress(form))
}

// postActing names a post that acts for the reader's post for a time.
func (s *site) postActing(v *visit) error {
	if !v.isHead() {
		return errNotYours
	}
	typed := actingTyped{Post: v.r.PostFormValue("post"), Since: strings.TrimSpace(v.r.PostFormValue("since")), Until: strings.TrimSpace(v.r.PostFormValue("until"))}
	a := people.Acting{Head: v.session.Post, Post: typed.Post, Since: v.now}
	if row, ok := v.post(v.side, typed.Post); !ok || row.Ended {
		return s.showRules(v, http.StatusUnprocessableEntity, "", v.t("void.post-unknown", "post", shorten(typed.Post, 40)), typed)
	}
	for _, one := range []struct {
		text string
		into *time.Time
	}{{typed.Since, &a.Since}, {typed.Until, &a.Until}} {
		if one.text == "" && one.into == &a.Since {
			continue // from now on
		}
		at, err := time.ParseInLocation(untilForm, one.text, v.zone(v.side))
		if err != nil {
			return s.showRules(v, http.StatusUnprocessableEntity, "", v.t("handling.not-a-time", "text", shorten(one.text, 40)), typed)
		}
		*one.into = at
	}
	return s.rulesDone(v, "", s.node.People().NameActing(v.ctx, v.by(), a), typed)
}

func (s *site) postEndActing(v *visit) error {
	if !v.mayChangeRules() {
		return errNotYours
	}
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	return s.rulesDone(v, "", s.node.People().EndActing(v.ctx, v.by(), id), actingTyped{})
}
