package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"liaison.example/api"
)

// The help of each command and the whole manual (docs/manual.md) are made from
// the table of commands, so that they cannot differ from it.

type helpCommand struct {
	Command []string `arg:"" optional:"" help:"The command to explain; \"all\" for the manual, \"openapi\" for the description of the program interface (OpenAPI 3.1)."`
}

func (c *helpCommand) Run(t *terminal, parser *kong.Kong) error {
	app := parser.Model.Node
	switch {
	case len(c.Command) == 0:
		writeOverview(t.out, app)
	case len(c.Command) == 1 && c.Command[0] == "all":
		writeManual(t.out, app)
	case len(c.Command) == 1 && c.Command[0] == "openapi":
		_, err := t.out.Write(api.OpenAPI())
		return err
	default:
		node := app
		for _, name := range c.Command {
			if node = child(node, name); node == nil {
				return usagef("there is no command %q: \"liaison help\" lists them", strings.Join(c.Command, " "))
			}
		}
		writeCommand(t.out, node)
	}
	return nil
}

// printHelp answers --help.
func printHelp(_ kong.HelpOptions, ctx *kong.Context) error {
	if node := ctx.Selected(); node != nil {
		writeCommand(ctx.Stdout, node)
	} else {
		writeOverview(ctx.Stdout, ctx.Model.Node)
	}
	return nil
}

func child(node *kong.Node, name string) *kong.Node {
	for _, c := range node.Children {
		if c.Type == kong.CommandNode && c.Name == name {
			return c
		}
	}
	return nil
}

// fullName is the command as it is typed, such as "liaison charter show".
func fullName(node *kong.Node) string {
	name := node.Name
	for p := node.Parent; p != nil; p = p.Parent {
		name = p.Name + " " + name
	}
	return name
}

func usage(node *kong.Node) string {
	line := fullName(node)
	if node.Tag != nil {
		if u := node.Tag.Get("usage"); u != "" {
			line += " " + u
		}
	}
	if len(node.Children) > 0 {
		var names []string
		for _, c := range node.Children {
			names = append(names, c.Name)
		}
		line += " " + strings.Join(names, "|") + " ..."
	}
	return line
}

// detail is what a command says about itself beyond its one line.
func detail(node *kong.Node) string {
	if p, ok := node.Target.Addr().Interface().(interface{ Help() string }); ok {
		return p.Help()
	}
	return ""
}

// flagsOf lists the flags of a command with their placeholders and meanings.
func flagsOf(node *kong.Node) (rows [][2]string) {
	for _, f := range node.Flags {
		if f.Hidden || f.Name == "help" {
			continue
		}
		name := "--" + f.Name
		if f.Short != 0 {
			name = "-" + string(f.Short) + ", " + name
		}
		if !f.IsBool() {
			name += "=" + f.FormatPlaceHolder()
		}
		help := f.Help
		if f.Required {
			help += " Needed."
		}
		for _, env := range f.Envs {
			help += " (Or the environment's " + env + ".)"
		}
		rows = append(rows, [2]string{name, help})
	}
	return rows
}

func writeOverview(w io.Writer, app *kong.Node) {
	fmt.Fprintf(w, "%s\n\nUsage: liaison COMMAND ...\n", app.Help)
	for _, g := range groups {
		fmt.Fprintf(w, "\n%s\n", g.Title)
		var rows [][2]string
		for _, c := range app.Children {
			if c.Group != nil && c.Group.Key == g.Key && !c.Hidden {
				rows = append(rows, [2]string{c.Name, c.Help})
			}
		}
		writeRows(w, rows)
	}
	fmt.Fprintf(w, "\n\"liaison help COMMAND\" explains one of them; \"liaison help all\" prints the whole manual.\n")
}

func writeCommand(w io.Writer, node *kong.Node) {
	fmt.Fprintf(w, "Usage: %s\n\n", usage(node))
	writeWrapped(w, "", node.Help)
	for paragraph := range strings.SplitSeq(detail(node), "\n\n") {
		if paragraph != "" {
			fmt.Fprintln(w)
			writeWrapped(w, "", paragraph)
		}
	}
	if len(node.Children) > 0 {
		fmt.Fprintln(w)
		var rows [][2]string
		for _, c := range node.Children {
			rows = append(rows, [2]string{c.Name, c.Help})
		}
		writeRows(w, rows)
	}
	if rows := flagsOf(node); len(rows) > 0 {
		fmt.Fprintln(w)
		writeRows(w, rows)
	}
}

// lineWidth is where help is broken, in columns.
const lineWidth = 100

func writeRows(w io.Writer, rows [][2]string) {
	wide := 0
	for _, r := range rows {
		wide = max(wide, len(r[0]))
	}
	for _, r := range rows {
		indent := "  " + strings.Repeat(" ", wide) + "  "
		var b strings.Builder
		writeWrapped(&b, indent, r[1])
		text := b.String()
		fmt.Fprintf(w, "  %-*s  %s", wide, r[0], text[len(indent):])
	}
}

func writeWrapped(w io.Writer, indent, text string) {
	line := indent
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > lineWidth && line != indent {
			fmt.Fprintln(w, line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	fmt.Fprintln(w, line)
}

const manualHead = `# The manual of liaison

<!-- Written by "liaison help all". Change the program, not this file. -->

%s

` + "`liaison serve`" + ` and ` + "`liaison demo`" + ` run nodes. The other commands speak to a running node over a local socket in
its data folder, or work on files.

**Which node.** A command takes the data folder as its first argument, beyond those that it needs; or from ` + "`--dir`" + `;
or from the environment's ` + "`LIAISON_DIR`" + `; or it is the current folder, if that holds ` + "`liaison.toml`" + `. Where
several processes serve one side, ` + "`LIAISON_SOCKET`" + ` names the socket of the one to speak to.
Commands that speak to a node do so over the network if ` + "`LIAISON_URL`" + ` is the address of its pages: with the token in
` + "`LIAISON_TOKEN`" + `, as the person or post that the token is for, and without a data folder.

**Output.** Results go to standard output, all else to standard error. With ` + "`--json`" + ` the result is JSON. Times are UTC.

**Exit codes.** 0: done. 1: refused or failed; a sentence on standard error says why. 2: the command line or the settings
cannot be understood. 3: the time ran out; what was sent is safely queued.
`

const manualFolder = `
## The data folder

| name | holds |
| --- | --- |
| ` + "`liaison.toml`" + ` | the settings, below |
| ` + "`keys/`" + ` | the private keys of the side; only their owner can read them |
| ` + "`admitted/`" + ` | the credence of each admitted side |
| ` + "`ledger.db`" + ` | the side's own ledger, its replicas of the others, the receipts |
| ` + "`ledger.db-receipts`" + ` | receipts of the last moment, on their way into it |
| ` + "`local.db`" + ` | accounts, sessions, drafts, the trail of who did what with them |
| ` + "`records.db`" + ` | what follows from the ledgers; it may be deleted while the node stands, and is made again |
| ` + "`evidence/`" + ` | what another side sent that breaks its promises |
| ` + "`liaison.sock`" + `, ` + "`lock`" + ` | of the running node |

With PostgreSQL the three databases are schemas there instead.

## The settings

`

func writeManual(w io.Writer, app *kong.Node) {
	fmt.Fprintf(w, manualHead, app.Help)
	for _, g := range groups {
		fmt.Fprintf(w, "\n## %s\n", g.Title)
		for _, c := range app.Children {
			if c.Group != nil && c.Group.Key == g.Key && !c.Hidden {
				writeManualCommand(w, c)
			}
		}
	}
	fmt.Fprint(w, manualFolder)
	fmt.Fprintf(w, "| setting | meaning |\n| --- | --- |\n")
	for _, s := range settingTable {
		meaning := s.meaning
		if meaning == "" {
			meaning = "See the one above."
		}
		fmt.Fprintf(w, "| `%s` | %s |\n", s.key, strings.ReplaceAll(meaning, "\n", " "))
	}
}

func writeManualCommand(w io.Writer, node *kong.Node) {
	if len(node.Children) > 0 {
		for _, c := range node.Children {
			writeManualCommand(w, c)
		}
		return
	}
	fmt.Fprintf(w, "\n### %s\n\n    %s\n\n%s\n", fullName(node), usage(node), node.Help)
	if d := detail(node); d != "" {
		fmt.Fprintf(w, "\n%s\n", d)
	}
	if rows := flagsOf(node); len(rows) > 0 {
		fmt.Fprintln(w)
		for _, r := range rows {
			fmt.Fprintf(w, "- `%s`: %s\n", r[0], r[1])
		}
	}
}
