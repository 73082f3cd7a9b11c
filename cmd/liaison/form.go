package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/forms"
	"liaison.example/office"
)

type formCommand struct {
	List    formListCommand    `cmd:"" default:"withargs" help:"List the forms: proposed ones, those in force, those of before." usage:"[DIR]"`
	Show    formShowCommand    `cmd:"" help:"Show what a form asks for." usage:"[DIR] CODE"`
	Send    formSendCommand    `cmd:"" help:"Release a dispatch that fills in a form." usage:"[DIR] CODE --channel ID --value FIELD=TEXT"`
	Propose formProposeCommand `cmd:"" help:"Put a form forward." usage:"[DIR] FILE"`
	Agree   formAgreeCommand   `cmd:"" help:"Consent to a proposed form, by its hash." usage:"[DIR] HASH"`
}

type formListCommand struct {
	place
	Bundled bool   `help:"List the forms that Liaison brings along, to be proposed."`
	State   string `placeholder:"STATE" help:"Only those that are open, in-force, succeeded (by another) or replaced (before they were in force)."`
	JSON    bool   `name:"json" help:"Print a JSON array."`
}

func (c *formListCommand) Run(ctx context.Context, t *terminal) error {
	if c.Bundled {
		return c.bundled(t)
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	found, err := client.Forms(ctx, c.State, "")
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(append([]api.FormStanding{}, found...))
	}
	if len(found) == 0 {
		t.print("There are no forms.")
		return nil
	}
	rows := [][]string{{"CODE", "NAME", "ASKS", "STATE", "AGREED", "HASH"}}
	for _, f := range found {
		state := f.State
		if f.Form.Ended {
			state += " (no longer used)"
		}
		rows = append(rows, []string{f.Form.Code, printable(english(f.Form.Name)), string(f.Form.Asks), state, strings.Join(f.Agreed, ","), f.Hash[:min(16, len(f.Hash))]})
	}
	t.table(rows)
	return nil
}

// bundled lists the forms that Liaison brings along, for which no node is asked.
func (c *formListCommand) bundled(t *terminal) error {
	if c.JSON {
		return t.printJSON(forms.Catalog())
	}
	rows := [][]string{{"CODE", "NAME", "ASKS", "PRECEDENCE"}}
	for _, f := range forms.Catalog() {
		rows = append(rows, []string{f.Code, english(f.Name), string(f.Asks), string(f.Precedence)})
	}
	t.table(rows)
	return nil
}

// english gives a phrase in English, or in the first language that it has.
func english(words office.Words) string {
	if text, has := words["en"]; has {
		return text
	}
	for _, tag := range slices.Sorted(maps.Keys(words)) {
		return words[tag]
	}
	return ""
}

type formShowCommand struct {
	place
	Bundled bool `help:"Show the form that Liaison brings along for this code."`
	Text    bool `help:"Print only the form itself, as a file to change and propose."`
	JSON    bool `name:"json" help:"Print the form with the consents to it as JSON."`
}

func (c *formShowCommand) Help() string {
	return "Shows the form in force for a code or, by a hash or its beginning (at least 8 characters), any form that was ever proposed."
}

func (c *formShowCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the code of a form, such as an")
	if err != nil {
		return err
	}
	defer client.Close()
	if c.Bundled {
		return c.bundled(ctx, t, client, args[0])
	}
	f, err := findForm(ctx, client, args[0])
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return t.printJSON(f)
	case c.Text:
		return t.printJSON(f.Form)
	}
	printForm(t, f.Form)
	t.print("")
	t.print("State     %s, agreed by %s", f.State, strings.Join(f.Agreed, ", "))
	t.print("Proposed  by %s of %s %s (%s)", f.By, f.ID.Side, stamp(f.At), f.ID)
	if f.Note != "" {
		t.print("Note      %s", strings.ReplaceAll(printableText(f.Note), "\n", "\n          "))
	}
	t.print("Hash      %s", f.Hash)
	return nil
}

func (c *formShowCommand) bundled(ctx context.Context, t *terminal, client *api.Client, code string) error {
	form := broughtAlong(code)
	if form == nil {
		return fmt.Errorf("no form %q is brought along: \"liaison form list --bundled\" lists those that are", printable(code))
	}
	standing, err := client.Charter(ctx)
	if err != nil {
		return err
	}
	if standing.Charter != nil {
		form = agreeable(t, form, standing.Charter.Rules)
	}
	if c.Text || c.JSON {
		return t.printJSON(form)
	}
	printForm(t, form)
	return nil
}

// findForm finds the form in force for a code, or a form by the beginning of its
// hash.
func findForm(ctx context.Context, client *api.Client, word string) (*api.FormStanding, error) {
	const shortest = 8
	all, err := client.Forms(ctx, "", "")
	if err != nil {
		return nil, err
	}
	var found []*api.FormStanding
	for i, f := range all {
		if f.Form.Code == word && f.State == office.FormInForce {
			return &all[i], nil
		}
		if len(word) >= shortest && strings.HasPrefix(f.Hash, strings.ToLower(word)) {
			found = append(found, &all[i])
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return nil, fmt.Errorf("no form is in force for %q, and none has a hash that begins so: \"liaison form list\" lists them", printable(word))
	}
	return nil, usagef("more than one form has a hash that begins with %s: give more of it", word)
}

// printForm prints what a form asks for.
func printForm(t *terminal, f *office.Form) {
	t.print("Form %s: %s", f.Code, printable(english(f.Name)))
	t.print("%s", printable(english(f.Purpose)))
	switch f.Asks {
	case office.AsksNothing:
		t.print("It informs; no answer is asked for.")
	case office.AsksAnswer:
		t.print("It asks for an answer.")
	case office.AsksConsent:
		t.print("It asks for consent; silence is not consent.")
	case office.AsksObjection:
		t.print("Whoever does not object within %d h has not objected.", f.Hours)
	}
	if f.Hours > 0 && f.Asks != office.AsksObjection {
		t.print("The answer is due within %d h.", f.Hours)
	}
	printAhead(t, f)
	switch f.Mode {
	case office.ModeTendered:
		t.print("It is tendered before it is served.")
	case office.ModeDistress:
		t.print("Lives are at risk: it is served at once, and never tendered.")
	}
	if f.Ended {
		t.print("By it the sides agree that this code is used no longer.")
	}
	printSays(t, f.Says)
	t.print("")
	rows := [][]string{{"FIELD", "NAME", "TYPE", "", "HELP"}}
	for _, field := range f.Fields {
		kind, need := string(field.Type), "may be left out"
		if field.Type == office.FieldChoice {
			kind = choiceIDs(field.Choices)
		}
		if field.Required {
			need = "required"
		}
		rows = append(rows, []string{field.ID, printable(english(field.Name)), kind, need, printable(english(field.Help))})
	}
	t.table(rows)
	if len(f.Answers) > 0 {
		t.print("")
		t.print("Answers: %s", choiceIDs(f.Answers))
	}
}

func choiceIDs(choices []office.Choice) string {
	var ids []string
	for _, c := range choices {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " | ")
}

type formProposeCommand struct {
	place
	Note string `placeholder:"TEXT" help:"Why it is proposed."`
	By   string `default:"head" placeholder:"POST" help:"The post that proposes it. Default: head."`
	JSON bool   `name:"json" help:"Print the written entry and the hash as JSON."`
}

func (c *formProposeCommand) Help() string {
	return `Puts a form forward, in the place of the one in force for its code if there is one. "liaison form show CODE --text > FILE" gives one to begin with, and with --bundled one that Liaison brings along. It takes effect when every side has agreed to it, by its hash; dispatches written before keep the form that they had. With "ended": true the sides agree to use the code no longer.`
}

func (c *formProposeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the file with the form")
	if err != nil {
		return err
	}
	defer client.Close()
	form := &office.Form{}
	if err := readData(t, args[0], "form", form); err != nil {
		return err
	}
	w, err := client.ProposeForm(ctx, api.NewForm{Form: form, Note: c.Note, By: c.By})
	if err != nil {
		return err
	}
	hash := office.HashForm(form)
	if c.JSON {
		return t.printJSON(map[string]any{"id": w.ID, "at": w.At, "hash": hash})
	}
	t.print("%s  proposed  %s", w.ID, hash)
	return nil
}

type formAgreeCommand struct {
	place
	By   string `default:"head" placeholder:"POST" help:"The post that consents. Default: head."`
	Yes  bool   `help:"Consent without being shown what is proposed, and without a question."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *formAgreeCommand) Help() string {
	return `Consents to the proposed form with this hash; its first 8 characters are enough if no other begins so. The command shows the form and what it changes in the one in force for its code, and asks; --yes leaves both out, for programs.`
}

func (c *formAgreeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the hash of a proposed form")
	if err != nil {
		return err
	}
	defer client.Close()
	f, err := findForm(ctx, client, args[0])
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := showFormProposal(ctx, t, client, f); err != nil {
			return err
		}
		if err := t.askToAgree("Consent to this form?"); err != nil {
			return err
		}
	}
	w, err := client.AgreeToForm(ctx, f.Hash, c.By)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "agreed to "+f.Hash)
}

// showFormProposal shows what somebody is about to consent to.
func showFormProposal(ctx context.Context, t *terminal, client *api.Client, f *api.FormStanding) error {
	shown := *t
	shown.out = t.err // it is no result
	printForm(&shown, f.Form)
	all, err := client.Forms(ctx, office.FormInForce, "")
	if err != nil {
		return err
	}
	lines := []string{"no form is in force for its code"}
	for i := range all {
		if all[i].Form.Code == f.Form.Code {
			if lines, err = differences(all[i].Form, f.Form); err != nil {
				return err
			}
		}
	}
	t.say("")
	t.sayProposal("Form", f.By, f.ID.Side, stamp(f.At), f.Note, lines)
	t.say("Hash: %s", f.Hash)
	return nil
}

type formSendCommand struct {
	place
	Channel    string `required:"" placeholder:"ID" help:"The channel, such as liaison."`
	Precedence string `placeholder:"WORD" help:"FLASH, IMMEDIATE, PRIORITY or ROUTINE. Default: that of the form."`
	Subject    string `placeholder:"TEXT" help:"One line that says what it is about. Default: the name of the form."`
	TextFile   string `placeholder:"FILE" help:"A file with what is said beside the form, UTF-8; \"-\" reads standard input."`
	sendFlags
}

func (c *formSendCommand) Help() string {
	return `Releases a dispatch that fills in a form, such as "liaison form send gw --channel liaison --value sort=greeting --value message=...". The form is named as for "liaison form show", by the code that is in force or by a hash; its precedence and its name are those of the dispatch, unless others are given. All else is as with "liaison send": what the form wants and does not get is refused, each by its name, and nothing is released.`
}

func (c *formSendCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the code of a form, such as an")
	if err != nil {
		return err
	}
	defer client.Close()
	f, err := findForm(ctx, client, args[0])
	if err != nil {
		return err
	}
	d := api.NewDispatch{Channel: c.Channel, Precedence: f.Form.Precedence, Subject: cmp.Or(c.Subject, english(f.Form.Name))}
	if c.Precedence != "" {
		d.Precedence = office.Precedence(strings.ToUpper(c.Precedence))
	}
	if d.Form, err = c.filled(f.Form.Code); err != nil {
		return err
	}
	d.Form.Hash = f.Hash
	warnLate(t, f.Form, d.Form, time.Now())
	return c.send(ctx, t, client, d, c.TextFile)
}

// filled reads the form of a dispatch, by its code, from the flags.
func (f *particularsFlags) filled(code string) (*office.Filled, error) {
	if code == "" && len(f.Value) == 0 {
		return nil, nil
	}
	filled := &office.Filled{Code: code, Values: map[string]string{}}
	for _, text := range f.Value {
		field, value, found := strings.Cut(text, "=")
		if !found {
			return nil, usagef("--value %q is not FIELD=TEXT", text)
		}
		filled.Values[field] = value
	}
	return filled, nil
}

// refilled is the form of a draft after a change: another form in its place, or
// other values of the same one. An empty value takes one away.
func refilled(before, change *office.Filled) *office.Filled {
	if change == nil {
		return before
	}
	after := &office.Filled{Code: change.Code, Values: map[string]string{}}
	if before != nil && (change.Code == "" || change.Code == before.Code) {
		after.Code, after.Hash = before.Code, before.Hash
		maps.Copy(after.Values, before.Values)
	}
	for field, value := range change.Values {
		if after.Values[field] = value; value == "" {
			delete(after.Values, field)
		}
	}
	return after
}

// printFilled prints the form of a dispatch.
func printFilled(t *terminal, f *office.Filled) {
	if f == nil {
		return
	}
	t.print("Form: %s", printable(f.Code))
	for _, field := range slices.Sorted(maps.Keys(f.Values)) {
		t.print("  %s: %s", printable(field), strings.ReplaceAll(printableText(f.Values[field]), "\n", "\n    "))
	}
}

// decodeStrictly reads JSON that has nothing which the value does not know, and
// nothing after its end.
func decodeStrictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return fmt.Errorf("there is more after its end")
	}
	return nil
}
