package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

type statsCommand struct {
	place
	From    string `placeholder:"MONTH" help:"The first month, such as 2018-09. Default: eleven before the last, as far as the record goes."`
	To      string `placeholder:"MONTH" help:"The last month, at most 24 with it. Default: the last in which something is settled."`
	Channel string `placeholder:"ID" help:"Only this channel. Default: all together; with --csv and --json then each."`
	CSV     bool   `name:"csv" xor:"form" help:"Print every figure as a table: one row for each month, channel and side."`
	JSON    bool   `name:"json" xor:"form" help:"Print every figure as JSON."`
}

func (c *statsCommand) Help() string {
	return "Shows what each side did, by months of UTC. The figures are counted from the settled record alone: with the same digest, the other side's node gives the same. Times to acknowledge are in milliseconds with --csv and --json."
}

func (c *statsCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	s, err := client.Statistics(ctx, c.From, c.To, c.Channel)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(s)
	}
	if c.CSV {
		return printFigures(t, &s)
	}
	if s.Until == nil {
		t.print("Nothing is settled yet.")
		return nil
	}
	t.print("Settled up to %s: %d entries, digest %s. Not counted yet: %d.", stamp(*s.Until), s.Settled.Count, s.Settled.Digest, s.NotCounted)
	if s.Cut {
		t.print("There was more than is counted: the first months lack something.")
	}
	rows := [][]string{{"MONTH", "SIDE", "RELEASED", "CHECKS MET", "MISSED", "ACKNOWLEDGED", "LATE", "NOT YET", "MEDIAN", "P90", "LONGEST", "ANSWERED", "OPEN", "ON WATCH", "OF HOURS"}}
	n := func(n int64) string { return strconv.FormatInt(n, 10) }
	long := func(ms int64) string { return (time.Duration(ms) * time.Millisecond).Round(time.Second).String() }
	for i := range s.Figures {
		f := &s.Figures[i]
		if f.Channel != c.Channel {
			continue
		}
		a, released := f.Acknowledged, int64(0)
		for _, p := range office.Precedences {
			released += f.Released[p]
		}
		row := []string{
			f.Month, f.Side, n(released), n(f.Checks[office.CheckCalled] + f.Checks[office.CheckInTime]),
			n(f.Checks[office.CheckLate] + f.Checks[office.CheckUnanswered] + f.Checks[office.CheckNotCalled]),
			n(a.InTime), n(a.Late), n(a.Waiting + a.Overdue), long(a.MedianMS), long(a.P90MS), long(a.LongestMS),
			n(f.Answers.InTime + f.Answers.Late), n(f.Answers.Open + f.Answers.Overdue), "", "",
		}
		if f.Watch != nil {
			row[len(row)-2], row[len(row)-1] = long(f.Watch.HeldMS), long(f.Watch.CoveredMS)+" of "+long(f.Watch.OpenMS)
		}
		rows = append(rows, row)
	}
	t.table(rows)
	printRestated(t, &s, c.Channel)
	printOffers(t, &s, c.Channel)
	return nil
}

// printRestated prints the months with dispatches that were to be read back.
func printRestated(t *terminal, s *api.Statistics, channel string) {
	head := []string{"TO BE READ BACK", "IN TIME", "LATE", "NOT YET", "OVERDUE", "CONFIRMED", "DISPUTED"}
	printMonths(t, s, channel, head, func(f *office.Figures) []int64 {
		r := &f.Readbacks
		return []int64{r.Asked, r.InTime, r.Late, r.Open, r.Overdue, r.Confirmed, r.Disputed}
	})
}

// printOffers prints the months in which meetings or tenders were offered.
func printOffers(t *terminal, s *api.Statistics, channel string) {
	head := []string{"MEETINGS PROPOSED", "CONFIRMED", "REGRETTED", "TENDERS OFFERED", "ACCEPTED", "DECLINED", "LEFT"}
	printMonths(t, s, channel, head, func(f *office.Figures) []int64 {
		return []int64{f.Meetings.Proposed, f.Meetings.Confirmed, f.Meetings.Regretted, f.Tenders.Offered, f.Tenders.Accepted, f.Tenders.Declined, f.Tenders.Left}
	})
}

// printMonths prints counts of a channel for each month and side that has any.
func printMonths(t *terminal, s *api.Statistics, channel string, head []string, counts func(*office.Figures) []int64) {
	rows := [][]string{append([]string{"MONTH", "SIDE"}, head...)}
	for i := range s.Figures {
		f := &s.Figures[i]
		row, any := []string{f.Month, f.Side}, false
		for _, n := range counts(f) {
			row, any = append(row, strconv.FormatInt(n, 10)), any || n != 0
		}
		if any && f.Channel == channel {
			rows = append(rows, row)
		}
	}
	if len(rows) > 1 {
		t.print("")
		t.table(rows)
	}
}

// printFigures writes a row for each month, channel and side; the channel of all
// together is empty. The last row says what they were made from.
func printFigures(t *terminal, s *api.Statistics) error {
	w := csv.NewWriter(t.out)
	w.UseCRLF = true
	rows := [][]string{{"row", "month", "channel", "side"}}
	for _, f := range office.AllFigures {
		rows[0] = append(rows[0], f.Name)
	}
	for i := range s.Figures {
		one := &s.Figures[i]
		row := []string{"figures", one.Month, one.Channel, one.Side}
		for _, f := range office.AllFigures {
			row = append(row, strconv.FormatInt(f.Of(one), 10))
		}
		rows = append(rows, row)
	}
	about := "Nothing is settled yet."
	if s.Until != nil {
		about = fmt.Sprintf("Settled up to %s: %d entries. Digest: %s.", stamp(*s.Until), s.Settled.Count, s.Settled.Digest)
	}
	rows = append(rows, append([]string{"about", "", "", about}, make([]string, len(office.AllFigures))...))
	return w.WriteAll(rows)
}
