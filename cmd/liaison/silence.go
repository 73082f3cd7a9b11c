package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/ledger"
	"liaison.example/office"
)

type silenceCommand struct {
	List  silenceListCommand  `cmd:"" default:"withargs" help:"List what the sides wait for from each other, the most urgent first." usage:"[DIR]"`
	Proof silenceProofCommand `cmd:"" help:"Write a signed statement of what this side waits for, for a third party." usage:"[DIR] ID|all --output FILE"`
}

func (c *silenceCommand) Help() string {
	return "A side that is silent may be cut off, closed, without anybody on watch, slow, or unwilling; each is another matter. Of each dispatch that is not acknowledged, read back or answered, each read-back to which nothing was said, and each tender that is not accepted, the one cause is told that lies nearest to the wire, as this side's node sees it."
}

type silenceListCommand struct {
	latest
	From       string `placeholder:"SIDE" help:"Only what this side waits for."`
	To         string `placeholder:"SIDE" help:"Only what is waited for from this side; not what the other has to decide."`
	Channel    string `placeholder:"ID" help:"Only what is on this channel."`
	Precedence string `placeholder:"WORD" help:"Only what is of this precedence."`
	Cause      string `placeholder:"WORD" help:"Only what is silent for this cause: not-accepting, link-down, not-received, station-closed, nobody-on-watch, not-acknowledged or not-answered."`
	Overdue    bool   `help:"Only what is overdue."`
}

func (c *silenceListCommand) Run(ctx context.Context, t *terminal) error {
	var page api.SilencePage
	err := listLatest(&c.latest, t, "Nothing is waited for.", func(client *api.Client) (list []api.Silence, err error) {
		page, err = client.Silences(ctx, api.SilenceQuery{
			From: c.From, To: c.To, Channel: c.Channel, Precedence: office.Precedence(c.Precedence), Cause: office.Cause(c.Cause), Overdue: c.Overdue,
		}, "", c.Limit)
		return page.Silences, err
	}, func(s api.Silence) {
		line := []string{s.About.String(), string(s.Precedence), whoWaits(&s), string(s.Awaits)}
		if s.Due != nil {
			line = append(line, "due "+stamp(*s.Due))
		}
		if s.Overdue {
			line = append(line, "OVERDUE")
		}
		if s.Unreceived != nil {
			line = append(line, "NOT RECEIVED BY "+stamp(*s.Unreceived))
		}
		if s.Mark != "" {
			line = append(line, strings.ToUpper(string(s.Mark)))
		}
		t.print("%s", strings.Join(line, "  "))
		t.print("  %s: %s", printable(s.Subject), causeSentence(&s, page.View))
	})
	if err == nil && !c.JSON && page.All > len(page.Silences) {
		t.print("%d of %d are shown.", len(page.Silences), page.All)
	}
	if err == nil && page.More {
		t.say("Of some side and precedence there are so many that only the first hundred were looked at.\n")
	}
	return err
}

// causeSentence says why nothing has come.
func causeSentence(s *api.Silence, view office.Side) string {
	at := func(before string, at *time.Time) string {
		if at == nil {
			return ""
		}
		return before + stamp(*at)
	}
	switch s.Cause {
	case office.NotAccepting:
		if s.Declined != "" {
			return "declined (" + string(s.Declined) + ")" + at(" ", s.Since) + "; it is for " + s.From + " to withdraw it or to serve it instead"
		}
		return "offered, and not accepted" + at(" since ", s.Since)
	case office.LinkDown:
		return "the line is down" + at(" since ", s.Since) + ", as " + cmp.Or(view, "this node") + " sees it"
	case office.NotReceived:
		return "not received yet, with the line up"
	case office.StationClosed:
		if s.Until == nil {
			return s.To + " is closed by its own calendar" + ladderStep(s)
		}
		return s.To + " is closed by its own calendar until " + stamp(*s.Until) + ladderStep(s)
	case office.NobodyOnWatch:
		return "nobody is on watch at " + s.To + at(" since ", s.Since) + ladderStep(s)
	case office.NotAnswered:
		return "acknowledged" + at(" ", s.Since) + ", and not answered"
	}
	return s.To + " is on watch and has not acknowledged" + ladderStep(s)
}

// whoWaits says which side waits for which, or which has to decide.
func whoWaits(s *api.Silence) string {
	if s.Awaits == office.AwaitsDecision {
		return s.From + " has to decide"
	}
	return s.From + " waits for " + s.To
}

// printSilences prints what is waited for with one dispatch or tender.
func printSilences(t *terminal, silences []api.Silence) {
	for i := range silences {
		s := &silences[i]
		t.print("%s: %s: %s", whoWaits(s), s.Awaits, causeSentence(s, ""))
	}
}

func ladderStep(s *api.Silence) string {
	if s.Step == 0 || s.Stepped == nil {
		return ""
	}
	return fmt.Sprintf("; step %d of %d since %s", s.Step, s.Steps, stamp(*s.Stepped))
}

type silenceProofCommand struct {
	place
	Output  string `short:"o" required:"" placeholder:"FILE" help:"The file to write; \"-\" writes to standard output."`
	To      string `placeholder:"SIDE" help:"With \"all\": the side that is silent. Default: that of which the most urgent is waited for."`
	Entries bool   `help:"Also the entries of the other side since then, which show that no answer is among them. Whoever gets the file can read them all."`
	Force   bool   `help:"Overwrite the file if it exists."`
}

func (c *silenceProofCommand) Help() string {
	return `Writes a statement, signed with this side's ledger key, about one dispatch or tender or "all" that this side waits for from another side: the dispatches with the receipts of the other node, the other side's latest checkpoint that is here, its hours and its watch, and the cause of the silence. Whoever has the keys of both ledgers and of the other side's cosigner checks it with "liaison verify", which says what it shows and what is this side's word alone. The text of the dispatches stands in it.`
}

func (c *silenceProofCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the id of a dispatch or a tender, or \"all\"")
	if err != nil {
		return err
	}
	defer client.Close()
	var about *office.EntryID
	if args[0] != "all" {
		id, err := parseID(args[0])
		if err != nil {
			return err
		}
		about = &id
	}
	file, err := client.SilenceProof(ctx, about, c.To, c.Entries)
	if err != nil {
		return err
	}
	if c.Output == "-" {
		_, err := t.out.Write(file)
		return err
	}
	return writeNew(c.Output, file, c.Force)
}

// verifiedSilence is what a statement of silence was found to show.
type verifiedSilence struct {
	Side       string            `json:"side"`  // who states it
	About      string            `json:"about"` // who is silent
	At         string            `json:"at"`
	Received   int64             `json:"received"` // entries of the side that the other node had stored
	ReceivedAt string            `json:"received_at"`
	Written    int64             `json:"written"` // entries that the other side had signed by its checkpoint
	HeldAt     string            `json:"held_at,omitempty"`
	Entries    int               `json:"entries"` // of the other side that go with it
	From       int64             `json:"from"`    // index of the first of these
	Awaits     []verifiedAwaited `json:"awaits"`
	Said       map[string]string `json:"said"` // what is the side's word alone
}

// verifiedAwaited is one dispatch or tender of a statement.
type verifiedAwaited struct {
	Entry  string   `json:"entry"`
	Leaf   string   `json:"leaf"`
	Awaits string   `json:"awaits"`
	Cause  string   `json:"cause"`
	Due    string   `json:"due,omitempty"`
	Stored string   `json:"stored,omitempty"` // when the other node signed that it had stored it
	Absent bool     `json:"absent"`           // entries go with it, and none of them speaks to it
	Spoken []string `json:"spoken,omitempty"` // entries that speak to it
}

func verifySilence(ctx context.Context, text []byte, keys []string) (verified, error) {
	p, err := ledger.VerifySilence(ctx, text, keys)
	if err != nil {
		return verified{}, err
	}
	when := func(at time.Time, none string) string {
		if at.IsZero() {
			return none
		}
		return at.UTC().Format(time.RFC3339)
	}
	s := &verifiedSilence{
		Side: p.Side, About: p.About, At: when(p.At, ""), Received: p.Received, ReceivedAt: when(p.ReceivedAt, ""), Written: p.Written, HeldAt: when(p.HeldAt, ""),
		Entries: len(p.Leaves), From: p.From, Said: map[string]string{"line": "down", "heard": when(p.Heard, "never"), "hours": p.Hours, "watch": strings.Join(p.Watch, " ")},
	}
	if p.Up {
		s.Said["line"] = "up"
	}
	if !p.LineSince.IsZero() {
		s.Said["line"] += " since " + when(p.LineSince, "")
	}
	v := verified{Office: p.Office, Silence: s, Unknown: p.Unknown}
	for i, a := range p.Awaits {
		about := office.EntryID{Side: p.Side, Index: a.Index}
		one := verifiedAwaited{Entry: about.String(), Leaf: string(p.Entries[i].Entry.Leaf), Awaits: a.Awaits, Cause: a.Cause, Due: when(a.Due, ""), Stored: when(p.Entries[i].Cosigned[p.About], "")}
		for _, e := range p.Leaves {
			if !office.Speaks(e.Frame.Kind, e.Frame.Body, about) {
				continue
			}
			id := office.EntryID{Side: e.Side, Index: e.Index}.String()
			if e.Frame.Kind == office.KindAcknowledge && a.Awaits == string(office.AwaitsAcknowledgement) {
				return v, &ledger.Fault{Where: "statement of silence", Entry: id, Want: "no acknowledgement of " + about.String(), Got: "one"}
			}
			one.Spoken = append(one.Spoken, id+" ("+e.Frame.Kind+")")
		}
		one.Absent = p.Leaves != nil && len(one.Spoken) == 0
		s.Awaits = append(s.Awaits, one)
	}
	return v, nil
}

// printSilence says in plain words what a statement shows, and what it does not.
func (v *verified) printSilence(t *terminal) {
	s := v.Silence
	t.print("%s: sound. A statement of %s about %s, office %s, of %s.", v.Path, s.Side, s.About, v.Office, s.At)
	t.print("")
	t.print("Shown by signatures of %s:", s.About)
	for _, a := range s.Awaits {
		if a.Stored == "" {
			t.print("  nothing of %s: no signature of %s says that it was stored there", a.Entry, s.About)
		} else {
			t.print("  its node had stored %s by %s", a.Entry, a.Stored)
		}
	}
	t.print("  its node was at work at %s, when it had stored %d entries of %s", s.ReceivedAt, s.Received, s.Side)
	t.print("  it has written %d entries at least", s.Written)
	for _, a := range s.Awaits {
		switch {
		case a.Absent:
			t.print("  of these, none acknowledges or answers %s: all that can have seen it, up to %s/%d, are here and were looked at", a.Entry, s.About, s.Written-1)
		case len(a.Spoken) > 0:
			t.print("  to %s speak %s: whether that is the %s waited for is for the rules of the office", a.Entry, strings.Join(a.Spoken, ", "), a.Awaits)
		}
	}
	t.print("")
	t.print("Said by %s alone:", s.Side)
	for _, a := range s.Awaits {
		due := ""
		if a.Due != "" {
			due = ", due " + a.Due
		}
		t.print("  %s waits for %s%s: %s", a.Entry, a.Awaits, due, a.Cause)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Said)) {
		if s.Said[name] != "" {
			t.print("  %s %s", name, printable(s.Said[name]))
		}
	}
	if s.HeldAt != "" {
		t.print("  it held the %d entries of %s by %s", s.Written, s.About, s.HeldAt)
	}
	if s.Entries == 0 {
		t.print("  that none of the first %d entries of %s acknowledges or answers: whoever holds one of them that does can refute it by its disclosure", s.Written, s.About)
	}
	t.print("")
	t.print("Not shown: what %s wrote after its entry %s/%d, what was on its way, and why it is silent.", s.About, s.About, s.Written-1)
	for _, a := range s.Awaits {
		t.print("")
		t.print("%s", a.Entry)
		t.print("%s", printable(a.Leaf))
	}
	for _, name := range v.Unknown {
		t.print("not checked, since its key was not given: the signature of %s", printable(name))
	}
}
