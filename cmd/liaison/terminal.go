package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"time"

	"golang.org/x/text/width"
)

// What the program says to a person, its rules: results go to stdout, and
// nothing else does, so that they can be piped; questions, progress and errors
// go to stderr. An error is a sentence that says what was refused or failed,
// and what to do where that is known. Times are UTC, to the second.

// printJSON prints v as indented JSON. A list without anything in it is [] and
// never null.
func (t *terminal) printJSON(v any) error {
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice && list.IsNil() {
		v = []struct{}{}
	}
	e := json.NewEncoder(t.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// print prints lines.
func (t *terminal) print(format string, args ...any) {
	fmt.Fprintf(t.out, format+"\n", args...)
}

// say prints a line for the person, not the result.
func (t *terminal) say(format string, args ...any) {
	fmt.Fprintf(t.err, format+"\n", args...)
}

// ask puts a question and reports whether the answer is yes.
func (t *terminal) ask(question string) (bool, error) {
	fmt.Fprint(t.err, question+" [yes/no] ")
	line, err := t.readLine()
	if err != nil {
		return false, err
	}
	switch strings.ToLower(line) {
	case "yes", "y", "예", "네":
		return true, nil
	}
	return false, nil
}

// readLine reads one line from the person.
func (t *terminal) readLine() (string, error) {
	line, err := bufio.NewReader(io.LimitReader(t.in, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("read the answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// watched reports whether a person sees stderr as it is written, so that
// progress is worth showing.
func (t *terminal) watched() bool {
	f, ok := t.err.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// table prints rows in columns. The first row is the heading; the last column
// is not padded.
func (t *terminal) table(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		fmt.Fprintln(t.out, strings.TrimRight(line.String(), " "))
	}
}

// columns is how many columns of a terminal the text takes: Hangul and Hanja
// take two each.
func columns(text string) (n int) {
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// stamp writes a time for a person.
func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05Z") }

// printable makes one line of text safe for a terminal: text from other sides
// must not move the cursor, change colours or turn the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, text)
}

// printableText is printable for text of several lines.
func printableText(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable(strings.ReplaceAll(line, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}
