package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// complete calls the completion in a real bash and returns what it offers.
func complete(t *testing.T, words ...string) []string {
	t.Helper()
	script := `
		source <(liaison completion bash)
		complete -p liaison >/dev/null || exit 1
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_liaison
		printf '%s\n' "${COMPREPLY[@]}"`
	c := exec.Command("bash", append([]string{"--norc", "-c", script, "bash", "liaison"}, words...)...)
	var errout strings.Builder
	c.Stderr = &errout
	out, err := c.Output()
	if err != nil || errout.Len() > 0 {
		t.Fatalf("bash: %v\n%s", err, errout.String())
	}
	return strings.Fields(string(out))
}

func TestBashCompletesWhatTheTableOfCommandsHolds(t *testing.T) {
	for _, row := range []struct {
		words []string
		want  []string
	}{
		{[]string{"ver"}, []string{"verify", "version"}},
		{[]string{"doc"}, []string{"doctor"}},
		{[]string{"charter", ""}, []string{"show", "propose", "agree"}},
		{[]string{"charter", "p"}, []string{"propose"}},
		{[]string{"doctor", "--"}, []string{"--backup", "--dir", "--json"}},
		{[]string{"charter", "propose", "--n"}, []string{"--note"}},
		{[]string{"status", "south", "--wait", "re"}, []string{"ready", "received"}},
		{[]string{"send", "--precedence", "F"}, []string{"FLASH"}},
		{[]string{"serve", ""}, nil},
		{[]string{"nonsense", "-"}, nil},
	} {
		if got := complete(t, row.words...); !slices.Equal(got, row.want) {
			t.Errorf("%q is completed with %q, want %q", row.words, got, row.want)
		}
	}
	all := complete(t, "")
	for _, line := range strings.Split(liaison(t, "help"), "\n") {
		if name, _, is := strings.Cut(strings.TrimPrefix(line, "  "), " "); strings.HasPrefix(line, "  ") && is && !slices.Contains(all, name) {
			if !strings.HasPrefix(name, " ") && name != "" {
				t.Errorf("the command %s is not completed", name)
			}
		}
	}
}

func TestTheScriptForZshIsOneThatZshReads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "_liaison")
	must(t, os.WriteFile(file, []byte(liaison(t, "completion", "zsh")), 0o600))
	script := `
		setopt no_unset
		compdef() { print -r -- "$@" }
		source "$1"
		_files() { print files }
		_describe() { print -r -- $found }
		words=(liaison charter ''); CURRENT=3; PREFIX=''
		_liaison
		words=(liaison doctor --); CURRENT=3; PREFIX=--
		_liaison`
	out, err := exec.Command("zsh", "-f", "-c", script, "zsh", file).CombinedOutput()
	if err != nil {
		t.Fatalf("zsh: %v\n%s", err, out)
	}
	if want := "_liaison liaison\nshow propose agree\nfiles\n--backup --dir --json -C\n"; string(out) != want {
		t.Errorf("zsh says %q, want %q", out, want)
	}
}

func TestTheManPageIsWhatTheProgramSaysAndGroffTakesItWithoutAWord(t *testing.T) {
	page := liaison(t, "man")
	file := filepath.Join(t.TempDir(), "liaison.1")
	must(t, os.WriteFile(file, []byte(page), 0o600))
	c := exec.Command("groff", "-man", "-Tutf8", "-ww", "-z", file)
	if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
	out, err := exec.Command("groff", "-man", "-Tascii", "-rLL=2000n", "-P-cbou", file).Output()
	must(t, err)
	shown := strings.Join(strings.Fields(string(out)), " ")
	manual := liaison(t, "help", "all")
	for line := range strings.Lines(manual) {
		if heading, is := strings.CutPrefix(line, "    liaison "); is && !strings.Contains(shown, "liaison "+strings.TrimSpace(heading)) {
			t.Errorf("the man page lacks %q", heading)
		}
	}
	for _, s := range settingTable {
		if !strings.Contains(shown, s.key) {
			t.Errorf("the man page lacks the setting %s", s.key)
		}
	}
}
