package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

type charterCommand struct {
	Show    charterShowCommand    `cmd:"" default:"withargs" help:"Show the charter in force and the proposals to change it." usage:"[DIR]"`
	Propose charterProposeCommand `cmd:"" help:"Put a changed charter forward." usage:"[DIR] FILE"`
	Agree   charterAgreeCommand   `cmd:"" help:"Consent to a proposed charter, by its hash." usage:"[DIR] HASH"`
}

type charterShowCommand struct {
	place
	Text bool `help:"Print only the charter that was agreed to last, in force or not yet, as a file to change and propose."`
	JSON bool `name:"json" help:"Print the charter, its hash and the proposals as JSON."`
}

func (c *charterShowCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	ch, err := client.Charter(ctx)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		return t.printJSON(ch)
	case ch.Charter == nil:
		return errors.New("there is no charter yet: the office is founded when the sides have admitted each other")
	case c.Text && ch.Pending != nil:
		return t.printJSON(ch.Pending.Charter)
	case c.Text:
		return t.printJSON(ch.Charter)
	}
	t.print("Office    %s", ch.Charter.Office)
	t.print("Rules     version %d", ch.Charter.Rules)
	t.print("Hash      %s", ch.Hash)
	t.print("Founded   by %s", strings.Join(ch.Founded, ", "))
	if p := ch.Pending; p != nil {
		t.print("Agreed    another charter waits; it is in force from %s on: %s", stamp(p.From), p.Hash)
	}
	if !ch.Open {
		t.print("          the office is not open yet: not every side has founded it")
	}
	t.print("")
	rows := [][]string{{"SIDE", "NAME", "ZONE", "LANGUAGES", "LINK"}}
	for _, s := range ch.Charter.Sides {
		rows = append(rows, []string{s.ID, printable(s.Name), printable(s.Zone), strings.Join(s.Languages, ","), printable(s.Address)})
	}
	t.table(rows)
	t.print("")
	rows = [][]string{{"CHANNEL", "NAME", "이름", "PURPOSE"}}
	for _, channel := range ch.Charter.Channels {
		rows = append(rows, []string{channel.ID, printable(channel.Name["en"]), printable(channel.Name["ko"]), printable(channel.Purpose["en"])})
	}
	t.table(rows)
	for _, channel := range ch.Charter.Channels {
		for _, of := range channel.Posts {
			t.print("%s is served by these posts of %s: %s", channel.ID, of.Side, strings.Join(of.Posts, ", "))
		}
		printTimes(t, &channel)
	}
	t.print("")
	rows = [][]string{{"PRECEDENCE", "RECEIPT WITHIN", "ACKNOWLEDGED WITHIN", "READ BACK WITHIN", "ANSWERED WITHIN"}}
	for _, clock := range ch.Charter.Clocks {
		within := span(clock.Acknowledge)
		switch {
		case clock.Opening && ch.Charter.Rules >= 5:
			within += ", or the first hour of the next joint working day"
		case clock.Opening:
			within += ", or when the next joint working day begins"
		}
		rows = append(rows, []string{string(clock.Precedence), span(clock.Receipt), within, spanOrNone(clock.Readback), spanOrNone(clock.Answer)})
	}
	t.table(rows)
	if ch.Charter.Rules >= 3 {
		t.print("")
		t.print("If nobody acknowledges, after so many minutes:")
		for _, p := range office.Precedences {
			t.print("  %s", office.LaddersText([]office.Ladder{{Precedence: p, Steps: ch.Charter.Steps("", p)}}))
		}
		for _, channel := range ch.Charter.Channels {
			for _, l := range channel.Ladders {
				t.print("  %s: %s", channel.ID, office.LaddersText([]office.Ladder{l}))
			}
		}
	}
	if len(ch.Proposals) > 0 {
		t.print("")
		rows = [][]string{{"PROPOSAL", "BY", "AT", "STATE", "FROM", "AGREED", "NOTE"}}
		for _, p := range ch.Proposals {
			note, _, _ := strings.Cut(p.Note, "\n")
			state := p.State
			if state == office.ProposalInForce && p.Hash != ch.Hash {
				state = office.FormSucceeded // the word for it where forms are listed
			}
			rows = append(rows, []string{p.Hash[:min(16, len(p.Hash))], p.By + " of " + p.ID.Side, stamp(p.At), state, cmp.Or(string(p.From), "-"), strings.Join(p.Agreed, ","), printable(note)})
		}
		t.table(rows)
	}
	return nil
}

// spanOrNone writes a number of seconds; 0 is no time.
func spanOrNone(seconds int64) string {
	if seconds == 0 {
		return "-"
	}
	return span(seconds)
}

// span writes a number of seconds for a person.
func span(seconds int64) string {
	switch {
	case seconds%3600 == 0:
		return fmt.Sprintf("%d h", seconds/3600)
	case seconds%60 == 0:
		return fmt.Sprintf("%d min", seconds/60)
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

type charterProposeCommand struct {
	place
	Note     string `placeholder:"TEXT" help:"Why it is proposed."`
	FromTime string `name:"from" placeholder:"TIME" help:"From when it is to be in force, such as 2018-10-01T00:00Z: later than now, at most 366 days ahead. Default: from the last agreement on."`
	By       string `default:"head" placeholder:"POST" help:"The post that proposes it. Default: head."`
	JSON     bool   `name:"json" help:"Print the written entry and the hash as JSON."`
}

func (c *charterProposeCommand) Help() string {
	return `Puts another charter forward in the place of the one in force. Begin with "liaison charter show --text > charter.json", change the file, and propose it. It takes effect when every side has agreed to it, by its hash; with --from once that time has come, too. While one waits for its time, another takes its place: the same from another time postpones it, the one in force takes it back. Sides and keys cannot be changed.`
}

// maxDataFile bounds what is read of the file of a charter or a form, in bytes.
const maxDataFile = 1 << 20

func (c *charterProposeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the file with the charter")
	if err != nil {
		return err
	}
	defer client.Close()
	charter := &office.Charter{}
	if err := readData(t, args[0], "charter", charter); err != nil {
		return err
	}
	from, err := minuteFlag("--from", c.FromTime)
	if err != nil {
		return err
	}
	w, err := client.Propose(ctx, api.NewProposal{Charter: charter, From: from, Note: c.Note, By: c.By})
	if err != nil {
		return err
	}
	hash := office.HashCharter(charter)
	if c.JSON {
		return t.printJSON(map[string]any{"id": w.ID, "at": w.At, "hash": hash})
	}
	t.print("%s  proposed  %s", w.ID, hash)
	return nil
}

// readData reads a file of JSON, such as a charter; "-" reads standard input.
func readData(t *terminal, path, what string, into any) error {
	r := t.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("read the %s: %w", what, err)
		}
		defer f.Close()
		r = f
	}
	b, err := io.ReadAll(io.LimitReader(r, maxDataFile+1))
	if err != nil {
		return fmt.Errorf("read the %s: %w", what, err)
	}
	if len(b) > maxDataFile {
		return fmt.Errorf("%s is no %s: it has more than %d bytes", path, what, maxDataFile)
	}
	if err := decodeStrictly(b, into); err != nil {
		return fmt.Errorf("%s is no %s: %w", path, what, err)
	}
	return nil
}

type charterAgreeCommand struct {
	place
	FromTime string `name:"from" placeholder:"TIME" help:"From when it is proposed, if it is from a time. Without --yes it need not be given: it is shown."`
	By       string `default:"head" placeholder:"POST" help:"The post that consents. Default: head."`
	Yes      bool   `help:"Consent without being shown what is proposed, and without a question."`
	JSON     bool   `name:"json" help:"Print the written entry as JSON."`
}

func (c *charterAgreeCommand) Help() string {
	return `Consents to the proposed charter with this hash; its first 8 characters are enough if no other begins so. The command shows who proposes it, from when it is to be in force, and all that it changes in the charter that was agreed to last, and asks; what was shown is what is agreed to, or nothing is. A program gives --yes and, for what is proposed from a time on, that time with --from; "liaison charter show --json" tells it.`
}

func (c *charterAgreeCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the hash of a proposed charter")
	if err != nil {
		return err
	}
	defer client.Close()
	from, err := minuteFlag("--from", c.FromTime)
	if err != nil {
		return err
	}
	standing, err := client.Charter(ctx)
	if err != nil {
		return err
	}
	agreement := api.Agreement{Hash: strings.ToLower(args[0]), From: from, By: c.By}
	proposal, err := proposalOf(&standing, agreement.Hash)
	switch {
	case err == nil:
		agreement.Hash = proposal.Hash
	case !c.Yes || len(agreement.Hash) != wholeHash:
		return err
	}
	if !c.Yes {
		if agreement.From = proposal.From; from != "" && from != proposal.From {
			return fmt.Errorf("it is proposed from another time on: %s", cmp.Or(string(proposal.From), "from the last consent on"))
		}
		if err := showCharterProposal(t, &standing, proposal); err != nil {
			return err
		}
		if err := t.askToAgree("Consent to all of it?"); err != nil {
			return err
		}
	}
	w, err := client.Agree(ctx, agreement)
	if err != nil {
		return err
	}
	return printWritten(t, c.JSON, w, "agreed to "+agreement.Hash)
}

// showCharterProposal shows what somebody is about to consent to.
func showCharterProposal(t *terminal, standing *api.CharterStanding, p *api.Proposal) error {
	before := standing.Charter
	if standing.Pending != nil {
		before = standing.Pending.Charter
	}
	lines, err := differences(before, p.Charter)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		lines = []string{"its text is that of the charter agreed to last"}
	}
	t.sayProposal("Charter", p.By, p.ID.Side, stamp(p.At), p.Note, lines)
	t.say("Hash: %s", p.Hash)
	switch {
	case p.From != "":
		t.say("In force from %s, or from the last consent if that is later", p.From)
	default:
		t.say("In force from the last consent on")
	}
	if standing.Pending != nil {
		t.say("It takes the place of the charter that waits until %s", stamp(standing.Pending.From))
	}
	return nil
}

const shortestHash, wholeHash = 8, 64

// proposalOf finds the open proposal whose hash begins so.
func proposalOf(standing *api.CharterStanding, begin string) (found *api.Proposal, err error) {
	if len(begin) < shortestHash {
		return nil, usagef("give at least %d characters of the hash", shortestHash)
	}
	for i := range standing.Proposals {
		p := &standing.Proposals[i]
		if p.State != "open" || !strings.HasPrefix(p.Hash, begin) {
			continue
		}
		if found != nil {
			return nil, usagef("more than one open proposal begins with %s: give more of the hash", begin)
		}
		found = p
	}
	if found == nil {
		return nil, fmt.Errorf("no open proposal has a hash that begins with %s", begin)
	}
	return found, nil
}
