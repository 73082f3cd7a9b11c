package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/api"
	"liaison.example/forms"
	"liaison.example/office"
)

type codeCommand struct {
	List codeListCommand `cmd:"" default:"withargs" help:"List the short codes that all sides have agreed to." usage:"[DIR]"`
	Show codeShowCommand `cmd:"" help:"Show what a short code says, with the values that are given." usage:"[DIR] NUMBER [SLOT=VALUE...]"`
	Send codeSendCommand `cmd:"" help:"Release a dispatch by a short code." usage:"[DIR] NUMBER SLOT=VALUE..."`
}

type codeListCommand struct {
	place
	Bundled bool `help:"List the short codes that Liaison brings along, to be proposed with \"liaison form propose\"."`
	JSON    bool `name:"json" help:"Print a JSON array."`
}

func (c *codeListCommand) Run(ctx context.Context, t *terminal) error {
	list := []*office.Form{}
	if c.Bundled {
		list = append(list, forms.Catalog()...)
	} else {
		client, _, err := c.client()
		if err != nil {
			return err
		}
		defer client.Close()
		inForce, err := client.Forms(ctx, office.FormInForce, "")
		if err != nil {
			return err
		}
		for _, f := range inForce {
			list = append(list, f.Form)
		}
	}
	list = slices.DeleteFunc(list, func(f *office.Form) bool { _, is := f.ShortCode(); return !is || f.Ended })
	slices.SortFunc(list, func(a, b *office.Form) int { return cmp.Compare(a.Code, b.Code) })
	if c.JSON {
		return t.printJSON(list)
	}
	if len(list) == 0 {
		t.print("No short codes are agreed on. \"liaison code list --bundled\" lists those that can be proposed.")
		return nil
	}
	rows := [][]string{{"NUMBER", "PRECEDENCE", "SLOTS", "SAYS"}}
	for _, f := range list {
		number, _ := f.ShortCode()
		var slots []string
		for _, field := range f.Fields {
			slots = append(slots, field.ID)
		}
		rows = append(rows, []string{number, string(f.Precedence), strings.Join(slots, " "), printable(english(f.Says))})
	}
	t.table(rows)
	return nil
}

// slots are the arguments of a command that have the form SLOT=VALUE.
func (p *place) slots() map[string]string {
	values := map[string]string{}
	p.Args = slices.DeleteFunc(p.Args, func(arg string) bool {
		id, value, is := strings.Cut(arg, "=")
		if is {
			values[id] = value
		}
		return is
	})
	return values
}

// findCode finds the short code in force for a number, such as "3" or "03".
func findCode(ctx context.Context, client *api.Client, word string) (*api.FormStanding, error) {
	number, err := strconv.Atoi(word)
	code := office.CodeOfNumber(number)
	if err != nil || code == "" {
		return nil, usagef("%q is not the number of a short code, from 1 to 99", printable(word))
	}
	found, err := client.Forms(ctx, office.FormInForce, code)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if _, is := found[i].Form.ShortCode(); is && !found[i].Form.Ended {
			return &found[i], nil
		}
	}
	return nil, fmt.Errorf("no short code with the number %02d is agreed on: \"liaison code list\" lists those that are", number)
}

type codeShowCommand struct {
	place
	JSON bool `name:"json" help:"Print what it says in each language as JSON."`
}

func (c *codeShowCommand) Run(ctx context.Context, t *terminal) error {
	values := c.slots()
	client, args, err := c.client("the number of a short code, such as 03")
	if err != nil {
		return err
	}
	defer client.Close()
	f, err := findCode(ctx, client, args[0])
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(f.Form.Say(values))
	}
	printForm(t, f.Form)
	t.print("")
	printSays(t, f.Form.Say(values))
	return nil
}

// printSays prints what a short code says, in each language.
func printSays(t *terminal, says office.Words) {
	for _, tag := range slices.Sorted(maps.Keys(says)) {
		t.print("Says (%s): %s", tag, printable(says[tag]))
	}
}

type codeSendCommand struct {
	place
	Channel string   `placeholder:"ID" help:"The channel. Default: the first of the charter."`
	To      []string `placeholder:"SIDE" help:"The addressed side; may be given several times. Default: every other side."`
	By      string   `default:"duty-officer" placeholder:"POST" help:"The post that releases it. Default: duty-officer."`
	Mark    string   `placeholder:"WORD" help:"exercise or test: it is not meant in earnest. It cannot be changed."`
	Yes     bool     `help:"Release it without a question."`
	Key     string   `placeholder:"KEY" help:"A key of your choice: under the same key it is released once, however often it is sent within a day. Default: a new one."`
	JSON    bool     `name:"json" help:"Print the dispatch as JSON."`
}

func (c *codeSendCommand) Help() string {
	return `Releases a dispatch by a short code, such as "liaison code send 04 means=telephone": all that it says is the text that the sides have agreed on for that number, with the values in its slots. The command shows what it says in every language, and asks, before it is released; --yes leaves the question out. Precedence, rights and the second person are those of any dispatch.`
}

func (c *codeSendCommand) Run(ctx context.Context, t *terminal) error {
	values := c.slots()
	client, args, err := c.client("the number of a short code, such as 03")
	if err != nil {
		return err
	}
	defer client.Close()
	f, err := findCode(ctx, client, args[0])
	if err != nil {
		return err
	}
	if c.Channel == "" {
		standing, err := client.Charter(ctx)
		if err != nil {
			return err
		}
		if standing.Charter == nil {
			return errors.New("the office is not open yet")
		}
		c.Channel = standing.Charter.Channels[0].ID
	}
	warnLate(t, f.Form, &office.Filled{Values: values}, time.Now())
	if !c.Yes {
		for _, says := range f.Form.Say(values) {
			t.say("%s", printable(says))
		}
		yes, err := t.ask(fmt.Sprintf("Release this as %s on channel %s?", f.Form.Precedence, c.Channel))
		if err != nil {
			return err
		}
		if !yes {
			return errors.New("nothing was released")
		}
	}
	number, _ := f.Form.ShortCode()
	sent, err := release(ctx, client, api.NewDispatch{
		Channel: c.Channel, Precedence: f.Form.Precedence, Subject: number + " " + english(f.Form.Name), To: c.To, By: c.By, Key: cmp.Or(c.Key, rand.Text()),
		Particulars: api.Particulars{Mark: office.Mark(c.Mark), Form: &office.Filled{Code: f.Form.Code, Hash: f.Hash, Values: values}},
	}, 0)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(sent)
	}
	t.print("%s  number %d  %s", sent.ID, sent.Number, stateSentence(&sent))
	return nil
}
