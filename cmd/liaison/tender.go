package main

import (
	"context"
	"crypto/rand"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

type tenderCommand struct {
	List     tenderListCommand     `cmd:"" default:"withargs" help:"List tenders, the newest first." usage:"[DIR]"`
	Show     tenderShowCommand     `cmd:"" help:"Show one tender and what became of it." usage:"[DIR] ID"`
	Send     tenderSendCommand     `cmd:"" help:"Offer a dispatch before it goes." usage:"[DIR] --channel ID --subject TEXT --name TEXT --attention TEXT"`
	Accept   tenderAcceptCommand   `cmd:"" help:"Accept a tender of another side." usage:"[DIR] ID"`
	Decline  tenderDeclineCommand  `cmd:"" help:"Decline a tender of another side." usage:"[DIR] ID --reason WORD"`
	Withdraw tenderWithdrawCommand `cmd:"" help:"Take back a tender of this side." usage:"[DIR] ID"`
	Serve    tenderServeCommand    `cmd:"" help:"Release the dispatch that was offered." usage:"[DIR] ID --text-file FILE"`
}

func (c *tenderCommand) Help() string {
	return "A tender says in whose name a dispatch will come, for whose attention, about what and in which form, but not its text. The other side accepts it, declines it with a reason, or leaves it; then the dispatch is served, served instead, or the tender is withdrawn. FLASH and distress are never tendered: they are served."
}

type tenderListCommand struct {
	latest
	Channel string `placeholder:"ID" help:"Only those on this channel."`
	From    string `placeholder:"SIDE" help:"Only those of this side."`
	State   string `placeholder:"STATE" help:"Only those that are waiting, unanswered (after their time), accepted, declined, withdrawn, served or served-instead."`
	Waiting string `placeholder:"SIDE" help:"Only those that this side may still answer."`
}

func (c *tenderListCommand) Run(ctx context.Context, t *terminal) error {
	return listLatest(&c.latest, t, "There are no tenders.", func(client *api.Client) ([]api.Tender, error) {
		page, err := client.Tenders(ctx, api.TenderQuery{Channel: c.Channel, From: c.From, State: c.State, Waiting: c.Waiting}, "", c.Limit)
		return page.Tenders, err
	}, func(one api.Tender) {
		line := []string{one.ID.String(), one.From + " to " + strings.Join(one.To, ","), one.Channel, string(one.Precedence), tenderState(&one)}
		if one.Mark != "" {
			line = append(line, strings.ToUpper(string(one.Mark)))
		}
		t.print("%s", strings.Join(line, "  "))
		t.print("  %s", printable(one.Subject))
	})
}

// tenderState is how far a tender has come, in words.
func tenderState(t *api.Tender) string {
	if t.Unanswered {
		return "no answer by " + stamp(t.Until)
	}
	if t.State == office.TenderWaiting {
		return "answer asked by " + stamp(t.Until)
	}
	return strings.ReplaceAll(string(t.State), "-", " ")
}

type tenderShowCommand struct {
	place
	JSON bool `name:"json" help:"Print it as JSON."`
}

func (c *tenderShowCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.tender()
	if err != nil {
		return err
	}
	defer client.Close()
	one, err := client.Tender(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(one)
	}
	t.print("%s  %s  %s", one.ID, one.Precedence, tenderState(&one))
	if one.Mark != "" {
		t.print("%s: not meant in earnest", strings.ToUpper(string(one.Mark)))
	}
	t.print("From %s, %s, to %s, on channel %s", one.From, one.By, strings.Join(one.To, ", "), one.Channel)
	t.print("Offered %s", stamp(one.At))
	name := printable(one.Name)
	if one.Rank != "" {
		name += ", " + printable(one.Rank)
	}
	t.print("In the name of: %s", name)
	t.print("For the attention of: %s", printable(one.Attention))
	if one.Form != nil {
		t.print("Form: %s", one.Form.Code)
	}
	t.print("Subject: %s", printable(one.Subject))
	for _, a := range one.Answers {
		said := string(a.Answer)
		if a.Reason != "" {
			said += ": " + string(a.Reason)
		}
		t.print("%s by %s of %s %s (%s) %s", said, a.By, a.Side, stamp(a.At), a.ID, indented(a.Text))
	}
	if one.Served != nil {
		t.print("%s %s (%s)", strings.ReplaceAll(string(one.State), "-", " "), stamp(one.Served.At), one.Served.ID)
	}
	if one.Withdrawn != nil {
		t.print("withdrawn by %s %s (%s) %s", one.Withdrawn.By, stamp(one.Withdrawn.At), one.Withdrawn.ID, indented(one.Withdrawn.Text))
	}
	printSilences(t, one.Silences)
	return nil
}

// tender reads the id of a tender.
func (p *place) tender() (*api.Client, office.EntryID, error) {
	return p.clientOf("the id of a tender, such as north/4")
}

type tenderSendCommand struct {
	place
	Channel    string   `required:"" placeholder:"ID" help:"The channel, such as liaison."`
	Precedence string   `default:"ROUTINE" placeholder:"WORD" help:"IMMEDIATE, PRIORITY or ROUTINE. Default: ROUTINE."`
	Subject    string   `required:"" placeholder:"TEXT" help:"One line that says what it is about."`
	Name       string   `required:"" placeholder:"TEXT" help:"In whose name it will be sent."`
	Rank       string   `placeholder:"TEXT" help:"The post or rank of that person."`
	Attention  string   `required:"" placeholder:"TEXT" help:"For whose attention it will be."`
	Form       string   `placeholder:"CODE" help:"The form that it will fill in, such as mt."`
	Mark       string   `placeholder:"WORD" help:"exercise or test: it is not meant in earnest."`
	To         []string `placeholder:"SIDE" help:"The side that it goes to; may be given several times. Default: every other side."`
	Until      string   `placeholder:"TIME" help:"By when an answer is asked, such as 2018-10-15T01:30:00Z; to the minute. Default: when the dispatch itself would have to be acknowledged."`
	By         string   `default:"duty-officer" placeholder:"POST" help:"The post that offers it. Default: duty-officer."`
	JSON       bool     `name:"json" help:"Print the written entry as JSON."`
}

func (c *tenderSendCommand) Help() string {
	return "Offers a dispatch without its text. If your table of ranks (\"liaison rank\") has another rank beside that of the signatory, a warning is printed; it hinders nothing."
}

func (c *tenderSendCommand) Run(ctx context.Context, t *terminal) error {
	until, err := mayTime("--until", c.Until)
	if err != nil {
		return err
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	if err := warnOfRanks(ctx, t, client, c.To, c.Name+" "+c.Rank, c.Attention); err != nil {
		return err
	}
	w, err := client.OfferTender(ctx, api.NewTender{
		Channel: c.Channel, Precedence: office.Precedence(strings.ToUpper(c.Precedence)), Name: c.Name, Rank: c.Rank, Attention: c.Attention,
		Subject: c.Subject, Form: c.Form, Mark: office.Mark(c.Mark), To: c.To, Until: until, By: c.By,
	})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "offered")
}

type tenderAcceptCommand struct {
	place
	Text string `placeholder:"TEXT" help:"A few words with it."`
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that accepts. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *tenderAcceptCommand) Run(ctx context.Context, t *terminal) error {
	return answerTender(ctx, t, &c.place, c.JSON, api.NewTenderAnswer{Answer: office.TenderAccept, Text: c.Text, By: c.By})
}

type tenderDeclineCommand struct {
	place
	Reason string `required:"" placeholder:"WORD" help:"name-or-rank, subject, form, no-authority or other."`
	Text   string `placeholder:"TEXT" help:"A few words with it; needed if the reason is other."`
	By     string `default:"duty-officer" placeholder:"POST" help:"The post that declines. Default: duty-officer."`
	JSON   bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *tenderDeclineCommand) Run(ctx context.Context, t *terminal) error {
	return answerTender(ctx, t, &c.place, c.JSON, api.NewTenderAnswer{
		Answer: office.TenderDecline, Reason: office.DeclineReason(c.Reason), Text: c.Text, By: c.By,
	})
}

func answerTender(ctx context.Context, t *terminal, p *place, asJSON bool, answer api.NewTenderAnswer) error {
	client, id, err := p.tender()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.AnswerTender(ctx, id, answer)
	if err != nil {
		return err
	}
	return printWritten(t, asJSON, w, string(answer.Answer))
}

type tenderWithdrawCommand struct {
	place
	Text string `placeholder:"TEXT" help:"A few words with it."`
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that withdraws it. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *tenderWithdrawCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.tender()
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.WithdrawTender(ctx, id, api.NewTenderEnd{Text: c.Text, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "withdrawn")
}

type tenderServeCommand struct {
	place
	TextFile  string   `placeholder:"FILE" help:"The file with the text, UTF-8; \"-\" reads standard input. Needed unless a form says it all."`
	Enclosure []string `placeholder:"FILE" help:"A file to enclose, at most 100 MiB; may be given several times."`
	Value     []string `placeholder:"FIELD=TEXT" sep:"none" help:"What is filled in in a field of the form that was tendered; may be given several times."`
	By        string   `default:"duty-officer" placeholder:"POST" help:"The post that releases it. Default: duty-officer."`
	JSON      bool     `name:"json" help:"Print the dispatch as JSON."`
}

func (c *tenderServeCommand) Help() string {
	return "Releases the dispatch as it was offered, with its text. Under an accepted tender it is served; after one that was declined, or left without answer until its time, it is served instead, and the record says so."
}

func (c *tenderServeCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.tender()
	if err != nil {
		return err
	}
	defer client.Close()
	one, err := client.Tender(ctx, id)
	if err != nil {
		return err
	}
	d := api.NewDispatch{
		Channel: one.Channel, Precedence: one.Precedence, Subject: one.Subject, To: one.To, By: c.By, Key: rand.Text(),
		Particulars: api.Particulars{Name: one.Name, Attention: one.Attention, Mark: one.Mark, Tender: &one.ID},
	}
	code := ""
	if one.Form != nil {
		code = one.Form.Code
	}
	fill := particularsFlags{Value: c.Value}
	if d.Form, err = fill.filled(code); err != nil {
		return err
	}
	if c.TextFile != "" {
		if d.Text, err = readText(t, c.TextFile); err != nil {
			return err
		}
	}
	if d.Enclosures, err = enclose(ctx, t, client, c.Enclosure); err != nil {
		return err
	}
	sent, err := release(ctx, client, d, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(sent)
	}
	t.print("%s  number %d  %s", sent.ID, sent.Number, stateSentence(&sent))
	return nil
}
