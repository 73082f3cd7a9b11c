package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"liaison.example/api"
	"liaison.example/office"
)

type checkCommand struct {
	Sheet  sheetCheckCommand      `cmd:"" default:"withargs" help:"Check the code of a printed sheet against the record." usage:"[DIR] CODE"`
	List   lineCheckListCommand   `cmd:"" help:"Show which line checks are due now and next, and the last calls." usage:"[DIR]"`
	Call   lineCheckCallCommand   `cmd:"" help:"Call the other sides for a line check." usage:"[DIR]"`
	Answer lineCheckAnswerCommand `cmd:"" help:"Answer a line check of another side." usage:"[DIR] ID"`
	Month  lineCheckMonthCommand  `cmd:"" help:"Show what became of the line checks of a month." usage:"[DIR] MONTH"`
}

type sheetCheckCommand struct {
	place
	JSON bool `name:"json" help:"Print what was found as JSON."`
}

func (c *sheetCheckCommand) Help() string {
	return `Checks the code of a printed sheet against the record of this side: it begins with LIAISON 1, then come the office, the entry and the hash. "-" reads it from standard input, as a scanner types it.

The exit code is 0 if the record has that entry with that hash, and 1 if not. The code says which entry the paper is about: compare the text on the paper with what "liaison show" prints.`
}

func (c *sheetCheckCommand) Run(ctx context.Context, t *terminal) error {
	client, args, err := c.client("the code of the sheet")
	if err != nil {
		return err
	}
	defer client.Close()
	text := args[0]
	if text == "-" {
		if text, err = readText(t, "-"); err != nil {
			return err
		}
	}
	code, ok := office.ParseSheetCode(text)
	if !ok {
		return usagef("this is not the code of a sheet: it begins with LIAISON 1, then come the office, the entry and 64 hex digits")
	}
	status, err := client.Status(ctx)
	if err != nil {
		return err
	}
	if status.Office != code.Office {
		return fmt.Errorf("this is a sheet of another office, %s", code.Office)
	}
	entry, err := client.Entry(ctx, code.ID)
	if isProblem(err, api.CodeNotFound) {
		return fmt.Errorf("there is no entry %s in the record here: either it has not come yet, or there is no such entry", code.ID)
	}
	if err != nil {
		return err
	}
	match := sha256.Sum256([]byte("\x00"+entry.Leaf)) == code.Hash
	if c.JSON {
		if err := t.printJSON(map[string]any{"id": code.ID, "kind": entry.Kind, "match": match}); err != nil {
			return err
		}
	}
	if !match {
		return errors.New("the record has another text as " + code.ID.String() + ": this paper does not come from it")
	}
	if !c.JSON {
		t.print("The code is that of %s (%s, written by %s %s). Compare the text on the paper with it.", code.ID, entry.Kind, entry.By, stamp(entry.At))
	}
	return nil
}
