package main

import (
	"context"
	"strings"

	"liaison.example/api"
	"liaison.example/office"
)

type officerMayCommand struct {
	place
	JSON bool `name:"json" help:"Print a JSON array."`
}

func (c *officerMayCommand) Help() string {
	return `One line for each act, and a column for each role: the precedences for which it is allowed, by their first letters (FLASH, IMMEDIATE, PRIORITY, ROUTINE), or "yes". Acts are kinds of entry, and "draft", "draft.review" (approve and return drafts of others) and "dispatch.alone" (release what nobody else has written in or approved). Acts with the code of a form behind them are for dispatches with that form.`
}

func (c *officerMayCommand) Run(ctx context.Context, t *terminal) error {
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	table, err := client.Rules(ctx)
	if err != nil {
		return err
	}
	return printRules(t, c.JSON, table)
}

// printRules prints a row for each act and a column for each role.
func printRules(t *terminal, asJSON bool, table api.Rules) error {
	if asJSON {
		return t.printJSON(table.Rules)
	}
	var acts []string
	cells := map[[2]string]string{} // act and role
	for _, rule := range table.Rules {
		act := rule.Act
		if rule.Form != "" {
			act += " (" + rule.Form + ")"
		}
		if len(acts) == 0 || acts[len(acts)-1] != act {
			acts = append(acts, act)
		}
		if at := [2]string{act, rule.Role}; rule.Allowed && rule.Precedence == "" {
			cells[at] = "yes"
		} else if rule.Allowed {
			cells[at] += string(rule.Precedence[:1])
		}
	}
	rows := [][]string{{"ACT"}}
	for _, role := range office.Roles {
		rows[0] = append(rows[0], strings.ToUpper(role))
	}
	for _, act := range acts {
		row := []string{act}
		for _, role := range office.Roles {
			row = append(row, dash(cells[[2]string{act, role}]))
		}
		rows = append(rows, row)
	}
	t.table(rows)
	return nil
}

type officerAllowCommand struct{ ruleChange }

func (c *officerAllowCommand) Run(ctx context.Context, t *terminal) error {
	return c.change(ctx, t, true)
}

type officerDenyCommand struct{ ruleChange }

func (c *officerDenyCommand) Run(ctx context.Context, t *terminal) error {
	return c.change(ctx, t, false)
}

// ruleChange is what allow and deny have in common.
type ruleChange struct {
	place
	Precedence []office.Precedence `placeholder:"PRECEDENCE" help:"Only for this precedence; may be given several times. Without it, for all that the act has."`
	Form       string              `placeholder:"CODE" help:"Only for dispatches with this form. What is then the same as for all others follows them from then on."`
	JSON       bool                `name:"json" help:"Print the table as a JSON array."`
}

func (c *ruleChange) change(ctx context.Context, t *terminal, allowed bool) error {
	client, args, err := c.client("a role", "an act")
	if err != nil {
		return err
	}
	defer client.Close()
	table, err := client.Rules(ctx)
	if err != nil {
		return err
	}
	wanted := map[office.Precedence]bool{}
	for _, precedence := range c.Precedence {
		wanted[office.Precedence(strings.ToUpper(string(precedence)))] = true
	}
	var change api.Rules
	for _, rule := range table.Rules {
		if rule.Form == "" && rule.Role == args[0] && rule.Act == args[1] && (len(wanted) == 0 || wanted[rule.Precedence]) {
			rule.Allowed, rule.Form = allowed, c.Form
			change.Rules = append(change.Rules, rule)
		}
	}
	if len(change.Rules) == 0 || len(wanted) > 0 && len(change.Rules) != len(wanted) {
		return usagef("there is no such place in the table: \"liaison officer may\" shows it")
	}
	if table, err = client.ChangeRules(ctx, change); err != nil {
		return err
	}
	return printRules(t, c.JSON, table)
}
