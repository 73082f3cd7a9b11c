package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

// draftCommand is for those who write, review and release from a terminal.
type draftCommand struct {
	List     draftListCommand     `cmd:"" default:"withargs" help:"List the drafts of this side, the latest begun first." usage:"[DIR]"`
	Show     draftShowCommand     `cmd:"" help:"Show one draft with its text and the steps on its way." usage:"[DIR] N"`
	Begin    draftBeginCommand    `cmd:"" help:"Begin a draft." usage:"[DIR] --subject TEXT --text-file FILE"`
	Save     draftSaveCommand     `cmd:"" help:"Change a draft: what is not named stays." usage:"[DIR] N --version N"`
	Submit   draftSubmitCommand   `cmd:"" help:"Send a draft to review." usage:"[DIR] N"`
	Withdraw draftWithdrawCommand `cmd:"" help:"Take a draft back from review." usage:"[DIR] N"`
	Comment  draftCommentCommand  `cmd:"" help:"Say something about a draft, to this side alone." usage:"[DIR] N TEXT"`
	Return   draftReturnCommand   `cmd:"" help:"Send a draft back to who began it, with a reason." usage:"[DIR] N REASON --version N"`
	Approve  draftApproveCommand  `cmd:"" help:"Say yes to a draft as it stands." usage:"[DIR] N --version N"`
	Release  draftReleaseCommand  `cmd:"" help:"Release a draft as a dispatch, once." usage:"[DIR] N --version N"`
	Discard  draftDiscardCommand  `cmd:"" help:"End a draft without a release." usage:"[DIR] N"`
}

func (c *draftCommand) Help() string {
	return `A draft stays with this side until it is released: its text, its comments and who has reviewed it never cross the line. Who may write, review and release what, and what needs a second person, is the side's own table ("liaison officer may").

Drafts are the work of persons. Through the socket in the data folder all is done by the operator, who is one person; for the work of several, each sets LIAISON_URL to the address of the pages and LIAISON_TOKEN to a token of their account.`
}

// draftPlace is what all of these commands share.
type draftPlace struct {
	place
	By   string `placeholder:"POST" help:"The post for which it is done. Default: the usual one of the token; the operator must name one."`
	JSON bool   `name:"json" help:"Print what became of it as JSON."`
}

// draft makes a client and reads the number of a draft, and what else is needed.
func (p *draftPlace) draft(needs ...string) (*api.Client, int64, []string, error) {
	client, args, err := p.client(append([]string{"the number of a draft, from the list"}, needs...)...)
	if err != nil {
		return nil, 0, nil, err
	}
	id, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil || id < 1 {
		client.Close()
		return nil, 0, nil, usagef("%q is not the number of a draft", args[0])
	}
	return client, id, args[1:], nil
}

// done prints a draft after what was done with it.
func (p *draftPlace) done(t *terminal, d api.Draft, err error) error {
	if err != nil {
		return err
	}
	if p.JSON {
		return t.printJSON(d)
	}
	t.print("draft %d  version %d  %s", d.ID, d.Version, d.State)
	return nil
}

type draftListCommand struct {
	draftPlace
	Shelf string `default:"open" placeholder:"WORD" help:"Which: waits (for the reader), mine, open or former. Default: open."`
	Limit int    `default:"50" placeholder:"N" help:"At most so many, up to 500. Default: 50."`
}

func (c *draftListCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	page, err := client.Drafts(ctx, c.Shelf, c.By, "", c.Limit)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(page.Drafts)
	}
	rows := [][]string{{"DRAFT", "VERSION", "STATE", "PRECEDENCE", "CHANGED BY", "CHANGED", "SUBJECT"}}
	for _, d := range page.Drafts {
		rows = append(rows, []string{
			strconv.FormatInt(d.ID, 10), strconv.FormatInt(d.Version, 10), string(d.State), dash(string(d.Content.Precedence)),
			printable(d.Changed.Who), stamp(d.Changed.At), printable(d.Content.Subject),
		})
	}
	t.table(rows)
	return nil
}

type draftShowCommand struct{ draftPlace }

func (c *draftShowCommand) Run(ctx context.Context, t *terminal) error {
	client, id, _, err := c.draft()
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.Draft(ctx, id, c.By)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(d)
	}
	printDraft(t, &d)
	return nil
}

func printDraft(t *terminal, d *api.Draft) {
	content := &d.Content
	t.print("Draft %d, version %d: %s", d.ID, d.Version, d.State)
	readback := ""
	if content.Readback {
		readback = "asked for"
	}
	for _, line := range []struct{ name, value string }{
		{"Begun by", touched(&d.Drafted)}, {"Last changed by", touched(&d.Changed)}, {"Approved as it stands by", touched(d.Approved)}, {"Ended by", touched(d.Ended)},
		{"Channel", content.Channel}, {"Precedence", string(content.Precedence)}, {"To", strings.Join(content.To, ", ")},
		{"For information", strings.Join(content.Info, ", ")}, {"In the name of", content.Name}, {"For the attention of", content.Attention},
		{"Meant as", string(content.Mark)}, {"It replies to", content.Reply}, {"It refers to", content.References}, {"It was tendered by", content.Tender},
		{"It is a " + string(content.Relation) + " of", content.Relates}, {"Releasable", string(content.Releasable)}, {"Party", content.Party},
		{"Answer", content.Answer}, {"Read-back", readback}, {"Subject", content.Subject},
	} {
		if line.value != "" {
			t.print("%s: %s", line.name, printable(line.value))
		}
	}
	printFilled(t, content.Form)
	if d.Entry != nil {
		t.print("It became dispatch %s", d.Entry)
	}
	for i, e := range content.Enclosures {
		t.print("Enclosure %d: %s  %s  %d bytes", i+1, printable(e.Name), e.Type, e.Size)
	}
	t.print("\n%s", printableText(content.Text))
	for _, s := range d.Steps {
		t.print("\n%s by %s, version %d", s.What, touched(&s.Touch), s.Version)
		if s.Words != "" {
			t.print("  %s", strings.ReplaceAll(printableText(s.Words), "\n", "\n  "))
		}
	}
}

// touched says who has done something to a draft, and when; empty if nobody has.
func touched(by *api.Touch) string {
	if by == nil {
		return ""
	}
	return fmt.Sprintf("%s (%s) %s", by.Who, by.Post, stamp(by.At))
}

// draftFlags are what can be said of a dispatch that is being written.
type draftFlags struct {
	Channel    string   `placeholder:"ID" help:"The channel, such as liaison."`
	Precedence string   `placeholder:"WORD" help:"FLASH, IMMEDIATE, PRIORITY or ROUTINE."`
	Subject    string   `placeholder:"TEXT" help:"One line that says what it is about."`
	TextFile   string   `placeholder:"FILE" help:"The file with the text, UTF-8; \"-\" reads standard input."`
	Enclosure  []string `placeholder:"FILE" help:"A file to enclose, at most 100 MiB; may be given several times."`
	To         []string `placeholder:"SIDE" help:"The addressed side; may be given several times."`
	Form       string   `placeholder:"CODE" help:"The form that it fills in, such as an; \"liaison form show CODE\" says what it asks for."`
	particularsFlags
}

// change puts what the flags say into the content of a draft.
func (f *draftFlags) change(ctx context.Context, t *terminal, client *api.Client, content *api.DraftContent) error {
	p, err := f.particulars(f.Precedence)
	if err != nil {
		return err
	}
	if p.Form, err = f.filled(f.Form); err != nil {
		return err
	}
	if f.TextFile != "" {
		if content.Text, err = readText(t, f.TextFile); err != nil {
			return err
		}
	}
	enclosed, err := enclose(ctx, t, client, f.Enclosure)
	if err != nil {
		return err
	}
	content.Enclosures = append(content.Enclosures, enclosed...)
	put(&content.Channel, f.Channel)
	put(&content.Precedence, office.Precedence(strings.ToUpper(f.Precedence)))
	put(&content.Subject, f.Subject)
	put(&content.Name, p.Name)
	put(&content.Answer, p.Answer)
	content.Form = refilled(content.Form, p.Form)
	put(&content.Attention, p.Attention)
	put(&content.Mark, p.Mark)
	put(&content.Releasable, p.Releasable)
	put(&content.Party, p.Party)
	put(&content.Reply, f.Reply)
	put(&content.Tender, f.Tender)
	content.Readback = content.Readback || f.Readback
	put(&content.References, strings.Join(f.Reference, " "))
	if len(f.To) > 0 {
		content.To = f.To
	}
	if p.Info != nil {
		content.Info, content.InfoPrecedence = p.Info.To, p.Info.Precedence
	}
	if p.Relation != nil {
		content.Relation, content.Relates = p.Relation.Kind, p.Relation.Dispatch.String()
	}
	return nil
}

// put replaces a text by another that is not empty.
func put[T ~string](old *T, text T) {
	if text != "" {
		*old = text
	}
}

type draftBeginCommand struct {
	draftPlace
	draftFlags
}

func (c *draftBeginCommand) Help() string {
	return "What is missing may be added later; whether it can be released, the rules of the office say then."
}

func (c *draftBeginCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	content := api.DraftContent{Channel: "liaison", Precedence: office.Routine}
	if err := c.change(ctx, t, client, &content); err != nil {
		return err
	}
	d, err := client.BeginDraft(ctx, api.NewDraft{Content: content, By: c.By})
	return c.done(t, d, err)
}

type draftSaveCommand struct {
	draftPlace
	draftFlags
	Version int64 `required:"" placeholder:"N" help:"The version that was seen: if somebody has changed the draft since, nothing is overwritten."`
}

func (c *draftSaveCommand) Run(ctx context.Context, t *terminal) error {
	client, id, _, err := c.draft()
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.Draft(ctx, id, c.By)
	if err != nil {
		return err
	}
	if err := c.change(ctx, t, client, &d.Content); err != nil {
		return err
	}
	d, err = client.SaveDraft(ctx, id, api.DraftChange{Version: c.Version, Content: d.Content, By: c.By})
	return c.done(t, d, err)
}

// draftSeen is an act on a draft as somebody has seen it.
type draftSeen struct {
	draftPlace
	Version int64 `required:"" placeholder:"N" help:"The version that was seen: if somebody has changed the draft since, nothing is done."`
}

// draftWritten is an act on a draft as somebody has seen it. Who has written it as
// it stands need not say so.
type draftWritten struct {
	draftPlace
	Version int64 `placeholder:"N" help:"The version that was seen: if somebody has changed the draft since, nothing is done. Who has changed it last may leave this out: then it is done with the draft as it stands."`
}

func (c *draftWritten) act(ctx context.Context, t *terminal, act string) error {
	client, id, _, err := c.draft()
	if err != nil {
		return err
	}
	defer client.Close()
	version := c.Version
	if version == 0 {
		d, err := client.Draft(ctx, id, c.By)
		if err != nil {
			return err
		}
		if !d.Yours {
			return usagef("draft %d was changed last by %s: say with --version which version you have seen", id, printable(d.Changed.Who))
		}
		version = d.Version
	}
	d, err := client.ActOnDraft(ctx, id, act, api.DraftAct{Version: version, By: c.By})
	return c.done(t, d, err)
}

type (
	draftSubmitCommand   struct{ draftWritten }
	draftWithdrawCommand struct{ draftWritten }
	draftDiscardCommand  struct{ draftWritten }
	draftApproveCommand  struct{ draftSeen }
	draftReleaseCommand  struct{ draftSeen }
	draftCommentCommand  struct{ draftPlace }
	draftReturnCommand   struct{ draftSeen }
)

func (c *draftSubmitCommand) Run(ctx context.Context, t *terminal) error {
	return c.act(ctx, t, "submit")
}
func (c *draftWithdrawCommand) Run(ctx context.Context, t *terminal) error {
	return c.act(ctx, t, "withdraw")
}
func (c *draftDiscardCommand) Run(ctx context.Context, t *terminal) error {
	return c.act(ctx, t, "discard")
}

func (c *draftApproveCommand) Run(ctx context.Context, t *terminal) error {
	client, id, _, err := c.draft()
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.ActOnDraft(ctx, id, "approve", api.DraftAct{Version: c.Version, By: c.By})
	return c.done(t, d, err)
}

func (c *draftReleaseCommand) Run(ctx context.Context, t *terminal) error {
	client, id, _, err := c.draft()
	if err != nil {
		return err
	}
	defer client.Close()
	released, err := client.ReleaseDraft(ctx, id, api.DraftAct{Version: c.Version, By: c.By})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(released)
	}
	t.print("%s  number %d  released", released.ID, released.Number)
	return nil
}

func (c *draftCommentCommand) Run(ctx context.Context, t *terminal) error {
	client, id, args, err := c.draft("what is to be said")
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.CommentOnDraft(ctx, id, api.DraftWords{Words: args[0], By: c.By})
	return c.done(t, d, err)
}

func (c *draftReturnCommand) Run(ctx context.Context, t *terminal) error {
	client, id, args, err := c.draft("the reason")
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.ReturnDraft(ctx, id, api.DraftWords{Version: c.Version, Words: args[0], By: c.By})
	return c.done(t, d, err)
}
