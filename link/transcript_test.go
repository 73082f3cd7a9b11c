package link_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what the transcripts in testdata now say; read the difference before committing it")

// runTranscripts runs each file of a folder. A file is made of blocks: lines
// that say what happens, "----", lines that say what follows, and an empty
// line. Lines that begin with # are for the reader.
func runTranscripts(t *testing.T, folder string, play func(t *testing.T, text string) string) {
	files, err := filepath.Glob(filepath.Join("testdata", folder, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts in testdata/%s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := play(t, string(text))
			if got == string(text) {
				return
			}
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("%s: what follows is not what is written there (-rewrite writes it)\n%s", file, difference(string(text), got))
		})
	}
}

// quietly is a line after which only what follows from then on is written.
const quietly = "quietly"

// playTranscript returns the transcript with what follows as it follows now.
func playTranscript(t *testing.T, text string, do func(t *testing.T, line string) []string) string {
	var out strings.Builder
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var follows []string
	commands := 0
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case line == "----":
			out.WriteString("----\n")
			for _, f := range follows {
				out.WriteString(f + "\n")
			}
			for i+1 < len(lines) && lines[i+1] != "" {
				i++
			}
			follows, commands = nil, 0
		case line == "" || strings.HasPrefix(line, "#"):
			out.WriteString(line + "\n")
		default:
			out.WriteString(line + "\n")
			follows = append(follows, do(t, line)...)
			if line == quietly {
				follows = nil
			}
			commands++
		}
	}
	if commands > 0 {
		out.WriteString("----\n")
		for _, f := range follows {
			out.WriteString(f + "\n")
		}
	}
	return out.String()
}

// difference shows the first lines in which two texts part.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	from := max(0, i-8)
	return "... want:\n" + strings.Join(w[from:min(len(w), i+12)], "\n") + "\n... got:\n" + strings.Join(g[from:min(len(g), i+12)], "\n")
}
