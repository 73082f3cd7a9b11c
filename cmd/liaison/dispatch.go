package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"liaison.example/api"
	"liaison.example/office"
	"liaison.example/records"
)

// maxTextFile bounds what is read of a text file, in bytes. What a dispatch may
// hold is far less, and the refusal names it.
const maxTextFile = 16 << 20

type sendCommand struct {
	place
	Channel    string `required:"" placeholder:"ID" help:"The channel, such as liaison."`
	Precedence string `default:"ROUTINE" placeholder:"WORD" help:"FLASH, IMMEDIATE, PRIORITY or ROUTINE. Default: ROUTINE."`
	Subject    string `required:"" placeholder:"TEXT" help:"One line that says what it is about."`
	TextFile   string `required:"" placeholder:"FILE" help:"The file with the text, UTF-8; \"-\" reads standard input."`
	Form       string `placeholder:"CODE" help:"The form that it fills in, such as an; \"liaison form show CODE\" says what it asks for."`
	sendFlags
}

// sendFlags are what else is said to release a dispatch, with a form or without.
type sendFlags struct {
	Enclosure []string `placeholder:"FILE" help:"A file to enclose, at most 100 MiB; may be given several times."`
	To        []string `placeholder:"SIDE" help:"The addressed side; may be given several times. Default: every other side."`
	By        string   `default:"duty-officer" placeholder:"POST" help:"The post that releases it. Default: duty-officer."`
	particularsFlags
	Wait    bool          `help:"Wait for the receipts of all addressees."`
	Timeout time.Duration `default:"60s" placeholder:"TIME" help:"How long to wait at most. Default: 60s."`
	Key     string        `placeholder:"KEY" help:"A key of your choice: the same dispatch under the same key is released once, however often it is sent within a day. Default: a new one."`
	JSON    bool          `name:"json" help:"Print the dispatch as JSON."`
}

func (c *sendCommand) Help() string {
	return `Releases a dispatch: when the command ends well, it is in the ledger of this side, signed and safely on disk, and goes out by itself as soon as the line is up.

Enclosures are read in first, hashed and looked into; web pages, SVG drawings, scripts, programs and archives that unpack beyond measure are refused. Their bytes follow the dispatch beside it: its receipt does not wait for them.

With --wait the command ends with exit code 0 when the receipts of all addressees are held, and with 3 when the time ran out; the dispatch is then safely queued and must not be sent again.

If the node stops or is killed meanwhile, or its database server is away, the command sends it again for a while, under the same key, so that it is released once. Should it end without knowing, it names the key with which it may be sent again.`
}

func (c *sendCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	d := api.NewDispatch{Channel: c.Channel, Precedence: office.Precedence(strings.ToUpper(c.Precedence)), Subject: c.Subject}
	if d.Form, err = c.filled(c.Form); err != nil {
		return err
	}
	if d.Form != nil {
		if f, err := findForm(ctx, client, d.Form.Code); err == nil { // else the node refuses the dispatch, with the reason
			warnLate(t, f.Form, d.Form, time.Now())
		}
	}
	return c.send(ctx, t, client, d, c.TextFile)
}

// send releases a dispatch that has these flags beside what it has already, and
// the text of a file if one is named.
func (c *sendFlags) send(ctx context.Context, t *terminal, client *api.Client, d api.NewDispatch, file string) (err error) {
	form := d.Form
	if d.Particulars, err = c.particulars(string(d.Precedence)); err != nil {
		return err
	}
	d.Form, d.To, d.By, d.Key = form, c.To, c.By, cmp.Or(c.Key, rand.Text())
	if file != "" {
		if d.Text, err = readText(t, file); err != nil {
			return err
		}
	}
	var wait time.Duration
	if c.Wait {
		if wait = c.Timeout; wait < 0 {
			return usagef("--timeout must not be less than nothing")
		}
	}
	if d.Enclosures, err = enclose(ctx, t, client, c.Enclosure); err != nil {
		return err
	}
	if err := warnOfRanks(ctx, t, client, c.To, c.Name, c.Attention); err != nil {
		return err
	}
	sent, err := release(ctx, client, d, wait)
	if err != nil {
		return err
	}
	if c.JSON {
		err = t.printJSON(sent)
	} else {
		t.print("%s  number %d  %s", sent.ID, sent.Number, stateSentence(&sent))
	}
	if err == nil && c.Wait && sent.State == api.Queued {
		return &timeoutError{fmt.Sprintf("the time ran out after %s: dispatch %s is safely queued and goes out when the line is up; do not send it again", c.Timeout, sent.ID)}
	}
	return err
}

// A dispatch whose answer was lost is sent again every sendAgain, for sendLongest.
const (
	sendAgain   = 200 * time.Millisecond
	sendLongest = 20 * time.Second
)

// release sends a dispatch, and again under the same key while it is not known
// whether it was released: the node was stopped or killed, and comes back.
func release(ctx context.Context, client *api.Client, d api.NewDispatch, wait time.Duration) (api.Dispatch, error) {
	asked := false // the node may have heard of it
	for started := time.Now(); ; {
		sent, err := client.Send(ctx, d, wait)
		var p *api.Problem
		if err == nil || errors.As(err, &p) && p.Code != api.CodeNextTurn && p.Code != api.CodeInternal || !asked && errors.Is(err, api.ErrNotRunning) {
			return sent, err
		}
		asked = true
		if time.Since(started) > sendLongest || ctx.Err() != nil {
			return sent, fmt.Errorf("it is not known whether the dispatch was released (%w): send it again with --key %s, and it is released once", err, d.Key)
		}
		select {
		case <-ctx.Done():
		case <-time.After(sendAgain):
		}
	}
}

// readText reads the text of a dispatch. Line ends become single, and the one
// at the end of the file is not part of the text.
func readText(t *terminal, path string) (string, error) {
	r := t.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("read the text: %w", err)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxTextFile+1))
	if err != nil {
		return "", fmt.Errorf("read the text: %w", err)
	}
	if len(b) > maxTextFile {
		return "", fmt.Errorf("the text has more than %d bytes; a dispatch takes at most %d", maxTextFile, office.MaxText)
	}
	if at := firstNotUTF8(b); at >= 0 {
		return "", fmt.Errorf("the text is not UTF-8: its byte %d is part of no character; save it as UTF-8", at+1)
	}
	text := strings.TrimPrefix(string(b), "\uFEFF")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSuffix(text, "\n"), nil
}

// firstNotUTF8 is where bytes cease to be UTF-8, or -1.
func firstNotUTF8(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}

// stateSentence says how far a dispatch is known to have come.
func stateSentence(d *api.Dispatch) string {
	if d.State == api.Queued {
		return "queued at our node, not yet received"
	}
	if len(d.Acknowledged) == 0 {
		return "received"
	}
	var acts []string
	for _, a := range d.Acknowledged {
		acts = append(acts, fmt.Sprintf("%s of %s %s", a.By, a.Side, stamp(a.At)))
	}
	return string(d.State) + " by " + strings.Join(acts, ", ")
}

type listCommand struct {
	place
	Account    string `placeholder:"NAME" help:"Whose kept choice: needed with --view on the machine of the node."`
	View       string `placeholder:"NAME" help:"Only those of this kept choice (\"liaison view\"); other filters given beside it take the place of the same in it."`
	Limit      int    `default:"20" placeholder:"N" help:"How many at most. Default: 20."`
	From       string `placeholder:"SIDE" help:"Only those of this side."`
	Channel    string `placeholder:"ID" help:"Only those on this channel."`
	Precedence string `placeholder:"WORD" help:"Only those of this precedence."`
	Search     string `placeholder:"WORDS" help:"Only those whose number, subject, text and names have all these words. A Korean word is found within a longer one."`
	State      string `placeholder:"STATE" help:"Only those that wait: open (not acknowledged by all addressees), ours (not by our side), theirs (not by another side); acknowledged (by all); or that are read-back (and nothing was said to that), disputed, confirmed, under-consideration, answered, closed, corrected (by a later one) or withdrawn (cancelled or superseded)."`
	Mark       string `placeholder:"MARK" help:"Only those meant so: real, exercise or test."`
	Form       string `placeholder:"CODE" help:"Only those with this form."`
	Open       bool   `help:"The same as --state open."`
	Since      string `placeholder:"TIME" help:"Only those released then or later: a day in UTC, such as 2018-10-15, or a time, such as 2018-10-15T01:30:00Z."`
	Until      string `placeholder:"TIME" help:"Only those released until then: the whole of a day in UTC, or before a time."`
	JSON       bool   `name:"json" xor:"form" help:"Print a JSON array."`
	CSV        bool   `name:"csv" xor:"form" help:"Print a table (RFC 4180), without the texts; its last row says what it was made from. The pages give the same with the texts."`
}

func (c *listCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	q := api.Query{
		Text: c.Search, From: c.From, Channel: c.Channel, Precedence: office.Precedence(strings.ToUpper(c.Precedence)), State: api.Reached(c.State), Mark: office.Mark(c.Mark), Form: c.Form,
	}
	if c.Open {
		if c.State != "" {
			return usagef("--open says the same as --state open: give one of them")
		}
		q.State = api.WaitsForAny
	}
	if c.View != "" {
		if q.View, err = keptChoice(ctx, client, c.Account, c.View); err != nil {
			return err
		}
	}
	if q.Since, err = moment("--since", c.Since, 0); err != nil {
		return err
	}
	if q.Until, err = moment("--until", c.Until, 24*time.Hour); err != nil {
		return err
	}
	partial := false
	dispatches, err := upTo(c.Limit, func(next string, most int) ([]api.Dispatch, string, error) {
		q.Cursor, q.Limit = next, most
		page, err := client.Dispatches(ctx, q)
		partial, q.Cursor = partial || page.Partial, page.Next
		return page.Dispatches, page.Next, err
	})
	if err != nil {
		return err
	}
	if partial {
		t.say("The newest dispatches are still being made ready for the search: it is not yet whole.")
	}
	if c.JSON {
		return t.printJSON(dispatches)
	}
	if c.CSV {
		return c.sheet(ctx, t, client, dispatches, q.Cursor == "")
	}
	rows := [][]string{{"ID", "NUMBER", "PRECEDENCE", "CHANNEL", "RELEASED", "STATE", "SUBJECT"}}
	for _, d := range dispatches {
		state := string(d.State)
		if d.Late != nil {
			state += ", released late"
		}
		rows = append(rows, []string{
			d.ID.String(), strconv.FormatInt(d.Number, 10), string(d.Precedence), d.Channel, stamp(d.At), state, printable(d.Subject),
		})
	}
	t.table(rows)
	return nil
}

// sheet writes dispatches as a table for other programs, and in its last row
// what it was made from.
func (c *listCommand) sheet(ctx context.Context, t *terminal, client *api.Client, dispatches []api.Dispatch, whole bool) error {
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	w := csv.NewWriter(t.out)
	w.UseCRLF = true
	rows := [][]string{{"row", "id", "number", "from", "to", "channel", "precedence", "subject", "by", "released (UTC)", "state", "acknowledged by", "acknowledged (UTC)", "settled"}}
	for _, d := range dispatches {
		var by, at []string
		for _, a := range d.Acknowledged {
			by, at = append(by, a.Side+" "+a.By), append(at, records.UTC(a.At.UnixMilli()))
		}
		settled := "no"
		if d.Settled {
			settled = "yes"
		}
		rows = append(rows, []string{
			"dispatch", d.ID.String(), strconv.FormatInt(d.Number, 10), d.From, strings.Join(d.To, "; "), d.Channel, string(d.Precedence),
			records.ExportCell(d.Subject), d.By, records.UTC(d.At.UnixMilli()), string(d.State), strings.Join(by, "; "), strings.Join(at, "; "), settled,
		})
	}
	about := make([]string, len(rows[0]))
	about[0], about[1], about[2], about[3] = "about", status.Office, strconv.Itoa(len(dispatches)), status.Side
	about[7] = fmt.Sprintf("Settled: %d entries. Digest: %s. Filter: %s. ", status.Count, status.Digest, c.filter())
	if whole {
		about[7] += "Whole."
	} else {
		about[7] += "Not whole: --limit is reached."
	}
	about[9] = records.UTC(status.Now.UnixMilli())
	if err := w.WriteAll(append(rows, about)); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// keptChoice gives what a person's kept choice of a name asks the list for.
func keptChoice(ctx context.Context, client *api.Client, account, name string) (query string, err error) {
	views, err := client.Views(ctx, account)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(views, func(v api.View) bool { return v.Name == name })
	if i < 0 {
		return "", fmt.Errorf("no choice is kept under the name %q: \"liaison view list\" shows all", printable(name))
	}
	return views[i].Query, nil
}

// filter writes what was asked for.
func (c *listCommand) filter() string {
	var list []string
	for _, part := range [][2]string{
		{"view", c.View}, {"search", c.Search}, {"from", c.From}, {"channel", c.Channel}, {"precedence", c.Precedence}, {"state", c.State}, {"mark", c.Mark}, {"form", c.Form},
		{"since", c.Since}, {"until", c.Until},
	} {
		if part[1] != "" {
			list = append(list, part[0]+"="+part[1])
		}
	}
	if c.Open {
		list = append(list, "state=open")
	}
	if list == nil {
		return "none"
	}
	return strings.Join(list, ", ")
}

// moment reads a time, or a day in UTC and as much behind its beginning.
func moment(flag, text string, behind time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.Add(behind), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("%s %q is neither a day such as 2018-10-15 nor a time such as 2018-10-15T01:30:00Z", flag, text)
	}
	return at, nil
}

type showCommand struct {
	place
	JSON bool `name:"json" help:"Print it as JSON."`
}

func (c *showCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of an entry, such as south/17")
	if err != nil {
		return err
	}
	defer client.Close()
	d, err := client.Dispatch(ctx, id)
	if isProblem(err, api.CodeNotFound) {
		return c.showEntry(ctx, t, client, id)
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(d)
	}
	t.print("%s  number %d  %s  %s", d.ID, d.Number, d.Precedence, d.Group)
	if d.Mark != "" {
		t.print("%s: not meant in earnest", strings.ToUpper(string(d.Mark)))
	}
	t.print("From %s, %s, to %s, on channel %s", d.From, d.By, strings.Join(d.To, ", "), d.Channel)
	t.print("Released %s", stamp(d.At))
	if d.Late != nil {
		t.print("Late: released %s, %d h agreed", beforeMoment(d.Late.BeforeMS, d.Late.Field), d.Late.Agreed)
	}
	printParticulars(t, &d.Particulars)
	printSays(t, d.Says)
	t.print("Subject: %s", printable(d.Subject))
	t.print("")
	t.print("%s", printableText(d.Text))
	t.print("")
	printEnclosures(t, d.Enclosures)
	printReceipts(t, d.Receipts)
	for _, a := range d.Acknowledged {
		t.print("Acknowledged by %s of %s %s (%s)", a.By, a.Side, stamp(a.At), a.ID)
		printArrival(t, "  ", a.Arrival)
	}
	printReadbacks(t, d.Readbacks)
	printHandling(t, d.Handling)
	t.print("State: %s; %s", d.State, settledWords(d.Settled))
	printSilences(t, d.Silences)
	return nil
}

// showEntry shows an entry that is no dispatch, or one that is void.
func (c *showCommand) showEntry(ctx context.Context, t *terminal, client *api.Client, id office.EntryID) error {
	e, err := client.Entry(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(e)
	}
	t.print("%s  %s", e.ID, e.Kind)
	t.print("Written by %s %s", e.By, stamp(e.At))
	printArrival(t, "", e.Arrival)
	if e.Void != "" {
		t.print("Void: %s", sentence(e.Void, e.Detail))
	}
	t.print("")
	t.print("%s", printable(e.Leaf))
	t.print("")
	printReceipts(t, e.Receipts)
	t.print("%s", settledWords(e.Settled))
	printSilences(t, e.Silences)
	return nil
}

// printArrival says what this node alone has seen of when an entry came.
func printArrival(t *terminal, indent string, a *api.Arrival) {
	if a == nil {
		return
	}
	by := time.Duration(a.LateMS) * time.Millisecond
	if a.Since == nil {
		t.print("%sSeen here: it came %s, %s before the time that it bears", indent, stamp(a.At), (-by).Round(time.Second))
		return
	}
	t.print("%sSeen here: it came %s, %s later than its writer's clock explains; the line had been up since %s", indent, stamp(a.At), by.Round(time.Second), stamp(*a.Since))
}

func printReceipts(t *terminal, receipts []api.Receipt) {
	for _, r := range receipts {
		t.print("Received by the node of %s %s by its clock (checkpoint %d); its receipt was here %s by ours", r.By, stamp(r.At), r.Size, stamp(r.Held))
	}
}

func settledWords(settled bool) string {
	if settled {
		return "its place in the record is settled"
	}
	return "its place in the record is not yet settled"
}

func parseID(text string) (office.EntryID, error) {
	id, err := office.ParseEntryID(text)
	if err != nil {
		return id, &usageError{err.Error()}
	}
	return id, nil
}

type ackCommand struct {
	place
	By   string `default:"duty-officer" placeholder:"POST" help:"The post that acknowledges. Default: duty-officer."`
	JSON bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *ackCommand) Help() string {
	return "Acknowledges a dispatch as a post of this side. It says that the post has read it. It is not agreement."
}

func (c *ackCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of a dispatch, such as north/4")
	if err != nil {
		return err
	}
	defer client.Close()
	w, err := client.Acknowledge(ctx, id, c.By)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "acknowledged "+id.String())
}

// printWritten says that an act is done and which entry it became.
func printWritten(t *terminal, asJSON bool, w api.Written, what string) error {
	if asJSON {
		return t.printJSON(w)
	}
	t.print("%s  %s  %s", w.ID, what, stamp(w.At))
	return nil
}

type recordCommand struct {
	place
	Limit int  `default:"20" placeholder:"N" help:"How many at most. Default: 20."`
	JSON  bool `name:"json" help:"Print a JSON array."`
}

func (c *recordCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	entries, err := upTo(c.Limit, func(next string, most int) ([]api.Entry, string, error) {
		page, err := client.Record(ctx, next, most)
		return page.Entries, page.Next, err
	})
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(entries)
	}
	rows := [][]string{{"PLACE", "ID", "WRITTEN", "BY", "SETTLED", "KIND", "VERDICT"}}
	for _, e := range entries {
		settled, verdict := "no", "done"
		if e.Settled {
			settled = "yes"
		}
		if e.Void != "" {
			verdict = "void: " + sentence(e.Void, e.Detail)
		}
		rows = append(rows, []string{strconv.FormatInt(e.Place, 10), e.ID.String(), stamp(e.At), e.By, settled, printable(e.Kind), printable(verdict)})
	}
	t.table(rows)
	return nil
}

type discloseCommand struct {
	place
	Output string `short:"o" required:"" placeholder:"FILE" help:"The file to write; \"-\" writes to standard output."`
	Force  bool   `help:"Overwrite the file if it exists."`
}

func (c *discloseCommand) Help() string {
	return `Writes one entry with the proof that it stands in its side's ledger and that the other sides hold it. A third party checks the file with "liaison verify" and the keys of the ledger and the cosigners, and learns nothing about other entries.`
}

func (c *discloseCommand) Run(ctx context.Context, t *terminal) error {
	client, id, err := c.clientOf("the id of an entry, such as south/17")
	if err != nil {
		return err
	}
	defer client.Close()
	file, err := client.Disclosure(ctx, id)
	if err != nil {
		return err
	}
	if c.Output == "-" {
		_, err := t.out.Write(file)
		return err
	}
	return writeNew(c.Output, file, c.Force)
}

// writeNew writes a file that must not be there yet, unless force.
func writeNew(path string, content []byte, force bool) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return fmt.Errorf("the file %s is there already (--force overwrites it)", path)
	}
	return writeFile(path, content, 0o644)
}
