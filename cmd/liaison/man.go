package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// The man page liaison(1) is made from the table of commands, as the manual is.

type manCommand struct{}

func (c *manCommand) Help() string {
	return `Prints liaison(1) in the form that man reads: "liaison man > liaison.1", then "man -l liaison.1".`
}

func (c *manCommand) Run(t *terminal, parser *kong.Kong) error {
	writeMan(t.out, parser.Model.Node)
	return nil
}

const manBegin = `.TH LIAISON 1 "" "liaison %s" "User Commands"
.SH NAME
liaison \- a joint liaison office of two or more sides, as software
.SH SYNOPSIS
.B liaison
.I COMMAND
\&...
`

func writeMan(w io.Writer, app *kong.Node) {
	fmt.Fprintf(w, manBegin, version)
	head := fmt.Sprintf(manualHead, app.Help)
	_, head, _ = strings.Cut(head, "-->\n") // the heading, and who writes it
	fmt.Fprintln(w, ".SH DESCRIPTION")
	writeManText(w, head)
	for _, g := range groups {
		fmt.Fprintf(w, ".SH %s\n", roff(strings.ToUpper(g.Title)))
		for _, c := range app.Children {
			if c.Group != nil && c.Group.Key == g.Key && !c.Hidden {
				writeManEntry(w, c)
			}
		}
	}
	fmt.Fprintln(w, ".SH SETTINGS\nThese stand in\n.IR liaison.toml .")
	for _, s := range settingTable {
		meaning := s.meaning
		if meaning == "" {
			meaning = "See the one above."
		}
		fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(s.key), roff(strings.ReplaceAll(meaning, "\n", " ")))
	}
}

// writeManEntry writes what a command says of itself, and those below it.
func writeManEntry(w io.Writer, node *kong.Node) {
	if len(node.Children) > 0 {
		for _, c := range node.Children {
			writeManEntry(w, c)
		}
		return
	}
	fmt.Fprintf(w, ".SS %s\n", roff(usage(node)))
	writeManText(w, node.Help)
	writeManText(w, detail(node))
	for _, row := range flagsOf(node) {
		fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(row[0]), roff(row[1]))
	}
}

// writeManText writes paragraphs; the marks of the manual's headings and code
// are left out.
func writeManText(w io.Writer, text string) {
	plain := strings.NewReplacer("`", "", "**", "")
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		if paragraph = strings.Join(strings.Fields(plain.Replace(paragraph)), " "); paragraph != "" {
			fmt.Fprintf(w, ".PP\n%s\n", roff(paragraph))
		}
	}
}

// roff writes one line of text so that nothing in it is taken for a command.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}
