package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"liaison.example/api"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh" help:"bash or zsh."`
}

func (c *completionCommand) Help() string {
	return `Prints a script with which the shell completes the commands, flags and file names of liaison. In bash: "source <(liaison completion bash)", or keep it as /usr/share/bash-completion/completions/liaison. In zsh: keep it as _liaison in a folder of $fpath.`
}

func (c *completionCommand) Run(t *terminal, parser *kong.Kong) error {
	if c.Shell == "zsh" {
		writeZsh(t.out, parser.Model.Node)
	} else {
		writeBash(t.out, parser.Model.Node)
	}
	return nil
}

// choices are the values of the flags that take one of a few.
var choices = map[string][]string{
	"--wait": api.Waits, "--precedence": wordsOf(office.Precedences), "--state": wordsOf(records.States), "--mark": wordsOf(records.Marks),
	"--scope": wordsOf(people.Scopes),
}

func wordsOf[T ~string](values []T) (list []string) {
	for _, value := range values {
		list = append(list, string(value))
	}
	return list
}

// followers are the words that may follow a command: its sub-commands, or its
// flags.
func followers(node *kong.Node) (words []string) {
	for _, c := range node.Children {
		if !c.Hidden {
			words = append(words, c.Name)
		}
	}
	if node.Type != kong.CommandNode || len(words) > 0 {
		return words
	}
	for _, f := range node.Flags {
		if f.Hidden {
			continue
		}
		words = append(words, "--"+f.Name)
		if f.Short != 0 {
			words = append(words, "-"+string(f.Short))
		}
	}
	slices.Sort(words)
	return words
}

// walk calls f for a command and all below it, each with the words by which it
// is called.
func walk(node *kong.Node, path string, f func(path string, node *kong.Node)) {
	f(path, node)
	for _, c := range node.Children {
		if !c.Hidden {
			walk(c, strings.TrimSpace(path+" "+c.Name), f)
		}
	}
}

// calls lists how each command is called, as patterns of the shells' case.
func calls(app *kong.Node) string {
	var list []string
	walk(app, "", func(path string, _ *kong.Node) {
		if path != "" {
			list = append(list, "' "+path+"'")
		}
	})
	return strings.Join(list, " | ")
}

const bashHead = `# Completion of liaison for bash. Written by "liaison completion bash".
_liaison() {
	local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' words='' i
	for ((i = 1; i < COMP_CWORD; i++)); do
		case "$command ${COMP_WORDS[i]}" in
`

const bashMiddle = `			command="$command ${COMP_WORDS[i]}" ;;
		esac
	done
	case "$command" in
`

const bashTail = `	esac
	COMPREPLY=()
	[[ $current == -* || $words != -* ]] && COMPREPLY=($(compgen -W "$words" -- "$current"))
	# Data folders and files stand where no sub-command does.
	[[ ${#COMPREPLY[@]} -gt 0 || $current == -* ]] || compopt -o default 2>/dev/null
}
complete -F _liaison liaison
`

func writeBash(w io.Writer, app *kong.Node) {
	fmt.Fprint(w, bashHead)
	fmt.Fprintf(w, "\t\t%s)\n", calls(app))
	fmt.Fprint(w, bashMiddle)
	walk(app, "", func(path string, node *kong.Node) {
		if path != "" {
			path = " " + path
		}
		fmt.Fprintf(w, "\t'%s') words='%s' ;;\n", path, strings.Join(followers(node), " "))
	})
	fmt.Fprint(w, "\tesac\n\tcase $before in\n")
	for _, flag := range slices.Sorted(maps.Keys(choices)) {
		fmt.Fprintf(w, "\t%s) words='%s' ;;\n", flag, strings.Join(choices[flag], " "))
	}
	fmt.Fprint(w, bashTail)
}

const zshHead = `#compdef liaison
# Completion of liaison for zsh. Written by "liaison completion zsh".
_liaison() {
	local command='' word
	local -a found
	for word in "${(@)words[2,CURRENT-1]}"; do
		case "$command $word" in
`

const zshMiddle = `			command="$command $word" ;;
		esac
	done
	case "$command" in
`

const zshTail = `	esac
	[[ ${#found} -gt 0 && ( $PREFIX == -* || $found[1] != -* ) ]] && _describe -t commands liaison found
	[[ $PREFIX == -* ]] || _files
}
if [[ $funcstack[1] == _liaison ]]; then
	_liaison "$@"
else
	compdef _liaison liaison
fi
`

func writeZsh(w io.Writer, app *kong.Node) {
	fmt.Fprint(w, zshHead)
	fmt.Fprintf(w, "\t\t%s)\n", calls(app))
	fmt.Fprint(w, zshMiddle)
	walk(app, "", func(path string, node *kong.Node) {
		if path != "" {
			path = " " + path
		}
		var words []string
		for _, word := range followers(node) {
			words = append(words, "'"+word+"'")
		}
		fmt.Fprintf(w, "\t'%s') found=(%s) ;;\n", path, strings.Join(words, " "))
	})
	fmt.Fprint(w, zshTail)
}
