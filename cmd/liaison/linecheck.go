package main

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type lineCheckListCommand struct {
	place
	Channel string `placeholder:"ID" help:"Only those on this channel."`
	Limit   int    `default:"20" placeholder:"N" help:"How many calls at most. Default: 20."`
	JSON    bool   `name:"json" help:"Print what is due and the calls as JSON."`
}

func (c *lineCheckListCommand) Run(ctx context.Context, t *terminal) error {
	if c.Limit < 1 || c.Limit > api.MaxList {
		return usagef("--limit must be from 1 to %d", api.MaxList)
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	schedule, err := client.CheckSchedule(ctx)
	if err != nil {
		return err
	}
	page, err := client.Checks(ctx, c.Channel, "", c.Limit)
	if err != nil {
		return err
	}
	schedule.Channels = slices.DeleteFunc(schedule.Channels, func(ch api.ChannelChecks) bool { return c.Channel != "" && ch.Channel != c.Channel })
	if c.JSON {
		return t.printJSON(map[string]any{"channels": schedule.Channels, "checks": page.Checks})
	}
	for _, ch := range schedule.Channels {
		for _, due := range ch.Now {
			said := "is to be called by " + due.Caller
			if due.Check != nil {
				said = "was called by " + due.Caller + ", " + due.Check.String()
			}
			t.print("%s  now: %s %s, %s, until %s", ch.Channel, due.Date, due.Time, said, stamp(due.Until))
		}
		if ch.Next != nil {
			t.print("%s  next: %s %s (%s), %s calls", ch.Channel, ch.Next.Date, ch.Next.Time, stamp(ch.Next.Due), ch.Next.Caller)
		} else {
			t.print("%s  nothing is due", ch.Channel)
		}
	}
	if len(page.Checks) == 0 {
		t.print("There were no calls.")
		return nil
	}
	for _, call := range page.Checks {
		due := "outside of the times"
		if call.Due != nil {
			due = "due " + stamp(*call.Due)
		}
		t.print("%s  %s of %s  %s  %s  %s", call.ID, call.By, call.From, call.Channel, stamp(call.At), due)
		for _, a := range call.Answers {
			said := string(a.Heard) + ", records " + a.Records
			if a.OffsetMS != nil {
				said += ", clock " + (time.Duration(*a.OffsetMS) * time.Millisecond).String()
			}
			if a.Remark != "" {
				said += ": " + strings.ReplaceAll(printableText(a.Remark), "\n", " ")
			}
			t.print("  %s of %s  %s  %s", a.By, a.Side, stamp(a.At), said)
			printArrival(t, "    ", a.Arrival)
		}
		if len(call.Answers) == 0 {
			t.print("  not answered")
		}
	}
	return nil
}

type lineCheckCallCommand struct {
	place
	Channel string `required:"" placeholder:"ID" help:"The channel, such as liaison."`
	Extra   bool   `help:"Call at any time, not for one of the times that the charter has."`
	Text    string `placeholder:"ID" help:"Which of the channel's test texts. Default: the first."`
	By      string `default:"duty-officer" placeholder:"POST" help:"The post that calls. Default: duty-officer."`
	JSON    bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *lineCheckCallCommand) Help() string {
	return "Calls for the line check that is due now, if it is this side's turn. With --extra it calls at any time."
}

func (c *lineCheckCallCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	call := api.NewCheck{Channel: c.Channel, Text: c.Text, By: c.By}
	if !c.Extra {
		if call.Due, err = c.due(ctx, client); err != nil {
			return err
		}
	}
	w, err := client.CallCheck(ctx, call)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "called")
}

// due finds the check that is to be called.
func (c *lineCheckCallCommand) due(ctx context.Context, client *api.Client) (*time.Time, error) {
	schedule, err := client.CheckSchedule(ctx)
	if err != nil {
		return nil, err
	}
	known := false
	for _, ch := range schedule.Channels {
		if ch.Channel != c.Channel {
			continue
		}
		known = true
		for _, due := range ch.Now {
			if due.Check == nil {
				return &due.Due, nil // the rules say whose turn it is
			}
		}
	}
	if !known && len(schedule.Channels) > 0 { // of an office that is open, every channel is listed
		return nil, errors.New(sentence(office.ChannelUnknown, map[string]string{"channel": printable(c.Channel)}))
	}
	return nil, errors.New("no line check of this channel is to be called now: --extra calls all the same")
}

type lineCheckAnswerCommand struct {
	place
	Heard  string `required:"" placeholder:"WORD" help:"How the test text arrived: loud-and-clear, readable, weak or unreadable."`
	Remark string `placeholder:"TEXT" help:"A remark."`
	By     string `default:"duty-officer" placeholder:"POST" help:"The post that answers. Default: duty-officer."`
	JSON   bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *lineCheckAnswerCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of the call")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.AnswerCheck(ctx, id, api.NewCheckAnswer{Heard: office.Readability(c.Heard), Remark: c.Remark, By: c.By})
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "answered")
}

type lineCheckMonthCommand struct {
	place
	Channel string `placeholder:"ID" help:"The channel. Default: the first of the charter."`
	JSON    bool   `name:"json" help:"Print the figures and every check as JSON."`
}

func (c *lineCheckMonthCommand) Help() string {
	return "Shows how many line checks of a month, such as 2018-10, came to which result. The figures follow from the record: the other side's node gives the same."
}

func (c *lineCheckMonthCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the month, such as 2018-10")
	if err != nil {
		return err
	}
	defer client.Close()
	m, err := client.CheckMonth(ctx, args[0], c.Channel)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(m)
	}
	t.print("%s  %s  judged %s", m.Channel, m.Month, stamp(m.Judged))
	rows := [][]string{{"SIDE"}}
	for _, r := range office.CheckResults {
		rows[0] = append(rows[0], strings.ToUpper(string(r)))
	}
	sides := make([]office.Side, 0, len(m.Figures))
	for side := range m.Figures {
		sides = append(sides, side)
	}
	slices.Sort(sides)
	for _, side := range sides {
		row := []string{side}
		for _, r := range office.CheckResults {
			row = append(row, strconv.FormatInt(m.Figures[side][r], 10))
		}
		rows = append(rows, row)
	}
	t.table(rows)
	t.print("")
	for _, due := range m.Due {
		check := ""
		if due.Check != nil {
			check = "  " + due.Check.String()
		}
		t.print("%s %s  %s calls  %s%s", due.Date, due.Time, due.Caller, due.Result, check)
	}
	t.print("Calls outside of the times: %d", m.Extra)
	return nil
}

// printTimes writes the hours and the line checks of a channel, if it has any.
func printTimes(t *terminal, ch *office.Channel) {
	if len(ch.Hours) == 0 && ch.Checks == nil {
		return
	}
	t.print("")
	t.print("%s, on a clock %d min ahead of UTC", ch.ID, ch.Offset)
	for day, spans := range ch.Hours {
		said := "closed"
		if len(spans) > 0 {
			said = ""
			for _, s := range spans {
				said += " " + s.From + "-" + s.Until
			}
		}
		t.print("  day %d   %s", day+1, strings.TrimSpace(said))
	}
	if ch.Checks == nil {
		return
	}
	for _, at := range ch.Checks.Times {
		days := ""
		for _, day := range at.Days {
			days += strconv.FormatInt(day, 10)
		}
		t.print("  checked  %s on %s (1 is Monday)", at.At, days)
	}
	t.print("  answered in time within %d min, unanswered after %d min", ch.Checks.Grace, ch.Checks.Until)
	for _, text := range ch.Checks.Texts {
		t.print("  text     %s: %s", text.ID, strings.ReplaceAll(printableText(text.Text), "\n", " "))
	}
}
