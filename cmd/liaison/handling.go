package main

import (
	"context"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// particularsFlags are what a dispatch may say of itself beyond what all have.
type particularsFlags struct {
	Name           string   `placeholder:"TEXT" help:"In whose name it is sent."`
	Attention      string   `placeholder:"TEXT" help:"For whose attention it is."`
	Info           []string `placeholder:"SIDE" help:"A side that gets it for information; may be given several times."`
	InfoPrecedence string   `placeholder:"WORD" help:"How urgent it is to these: not more than to those who must act. Default: as --precedence."`
	Mark           string   `placeholder:"WORD" help:"exercise or test: it is not meant in earnest. It cannot be changed."`
	Reply          string   `placeholder:"ID" help:"The dispatch that it answers."`
	Reference      []string `placeholder:"ID" help:"A dispatch that it refers to; may be given several times."`
	Corrects       string   `placeholder:"ID" xor:"relation" help:"The dispatch of our side that it corrects."`
	Cancels        string   `placeholder:"ID" xor:"relation" help:"The dispatch of our side that it cancels."`
	Supersedes     string   `placeholder:"ID" xor:"relation" help:"The dispatch of our side that it takes the place of."`
	Protests       string   `placeholder:"ID" xor:"relation" help:"The dispatch of another side that it protests against."`
	Reserves       string   `placeholder:"ID" xor:"relation" help:"The dispatch of another side on which it states a reservation."`
	Releasable     string   `placeholder:"WORD" help:"Who may show it to others: sender, all (with the consent of all sides) or party (to the one named by --party). Default: it is confidential to the sides."`
	Party          string   `placeholder:"TEXT" help:"The third party that it may be shown to."`
	Value          []string `placeholder:"FIELD=TEXT" sep:"none" help:"What is filled in in a field of the form; may be given several times."`
	Answer         string   `placeholder:"ID" help:"With --reply: which of the answers that the other dispatch's form allows."`
	Tender         string   `placeholder:"ID" help:"The tender of our side under which it is served, or instead of which; the dispatch must be as it was tendered."`
	Readback       bool     `help:"It is to be read back: each side that it goes to restates what it has understood, and we confirm or dispute that."`
}

// particulars reads the flags. What may stand in them, the rules of the office
// say.
func (f *particularsFlags) particulars(precedence string) (p api.Particulars, err error) {
	p = api.Particulars{
		Name: f.Name, Attention: f.Attention, Mark: office.Mark(f.Mark), Releasable: office.Releasability(f.Releasable), Party: f.Party,
		Answer: f.Answer, Readback: f.Readback,
	}
	if len(f.Info) > 0 {
		if f.InfoPrecedence != "" {
			precedence = f.InfoPrecedence
		}
		p.Info = &api.Information{Precedence: office.Precedence(strings.ToUpper(precedence)), To: f.Info}
	} else if f.InfoPrecedence != "" {
		return p, usagef("--info-precedence is for those named by --info")
	}
	if f.Reply != "" {
		id, err := parseID(f.Reply)
		if err != nil {
			return p, err
		}
		p.Reply = &id
	}
	if f.Tender != "" {
		id, err := parseID(f.Tender)
		if err != nil {
			return p, err
		}
		p.Tender = &id
	}
	for _, text := range f.Reference {
		id, err := parseID(text)
		if err != nil {
			return p, err
		}
		p.References = append(p.References, id)
	}
	for kind, text := range map[office.RelationKind]string{
		office.Correction: f.Corrects, office.Cancellation: f.Cancels, office.Supersession: f.Supersedes,
		office.Protest: f.Protests, office.Reservation: f.Reserves,
	} {
		if text == "" {
			continue
		}
		id, err := parseID(text)
		if err != nil {
			return p, err
		}
		p.Relation = &api.Relation{Dispatch: id, Kind: kind}
	}
	return p, nil
}

// printParticulars prints what a dispatch says of itself beyond what all have.
func printParticulars(t *terminal, p *api.Particulars) {
	if p.Info != nil {
		t.print("For information: %s (%s)", strings.Join(p.Info.To, ", "), p.Info.Precedence)
	}
	if p.Name != "" {
		t.print("In the name of: %s", printable(p.Name))
	}
	if p.Attention != "" {
		t.print("For the attention of: %s", printable(p.Attention))
	}
	if p.Relation != nil {
		t.print("It is a %s, of %s", p.Relation.Kind, p.Relation.Dispatch)
	}
	if p.Reply != nil {
		t.print("It replies to %s", *p.Reply)
	}
	if p.Tender != nil {
		t.print("It was tendered by %s", *p.Tender)
	}
	if p.Readback {
		t.print("It is to be read back")
	}
	for _, id := range p.References {
		t.print("It refers to %s", id)
	}
	if p.Answer != "" {
		t.print("Answer: %s", p.Answer)
	}
	printFilled(t, p.Form)
	switch p.Releasable {
	case office.ReleasableBySender:
		t.print("It may be shown to others as its sender decides")
	case office.ReleasableByAll:
		t.print("It may be shown to others with the consent of all sides")
	case office.ReleasableToParty:
		t.print("It may be shown to %s", printable(p.Party))
	}
}

// printHandling prints what the sides have written of a dispatch.
func printHandling(t *terminal, h *api.Handling) {
	if h == nil {
		return
	}
	for _, c := range h.Considers {
		t.print("Under consideration by %s of %s until %s (%s)", c.By, c.Side, stamp(c.Until), c.ID)
	}
	for _, a := range h.Answered {
		if a.Answer != "" {
			t.print("Answered by %s %s (%s): %s", a.Side, stamp(a.At), a.ID, a.Answer)
			continue
		}
		t.print("Answered by %s %s (%s)", a.Side, stamp(a.At), a.ID)
	}
	for _, r := range h.Relations {
		t.print("There is a %s of it %s (%s)", r.Kind, stamp(r.At), r.ID)
	}
	for _, c := range h.Closed {
		t.print("Closed by %s of %s %s (%s)", c.By, c.Side, stamp(c.At), c.ID)
		if len(c.Unobjected) > 0 {
			t.print("Not objected within the time by %s", strings.Join(c.Unobjected, ", "))
		}
	}
}

type considerCommand struct {
	place
	Until string `required:"" placeholder:"TIME" help:"Until when, such as 2018-10-15T01:30:00Z; to the minute."`
	By    string `default:"duty-officer" placeholder:"POST" help:"The post that says so. Default: duty-officer."`
	JSON  bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *considerCommand) Help() string {
	return "The holding reply: it says to the other side that a dispatch is under consideration, and by when an answer is meant to come. It is not an answer, and a later one takes its place."
}

func (c *considerCommand) Run(ctx context.Context, t *terminal) error {
	until, err := time.Parse(time.RFC3339, c.Until)
	if err != nil {
		return usagef("--until %q is not a time such as 2018-10-15T01:30:00Z", c.Until)
	}
	client, id, err := c.clientOf("the id of a dispatch, such as north/4")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.Consider(ctx, id, c.By, until)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "considers "+id.String())
}

type closeCommand struct {
	place
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that closes it. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *closeCommand) Help() string {
	return "Says that our side regards a dispatch as done with. It is closed when its sender has closed it, and each addressed side has closed or answered it."
}

func (c *closeCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of a dispatch, such as north/4")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.CloseDispatch(ctx, id, c.By)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "closed "+id.String())
}
