// Ical reads a calendar with Simon Ser's go-ical module and says what it found.
// Liaison's tests run it, to hear from a reader that we did not write. It stands in
// a module of its own so that the module of Liaison does not need go-ical.
//
//	ical < FILE     read the calendar, check it, and print each event: UID, sequence, beginning, end, status
//
// It exits 0, or 1 with the reason on standard error.
package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/emersion/go-ical"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ical:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	calendar, err := ical.NewDecoder(in).Decode()
	if err != nil {
		return err
	}
	// The encoder checks what the decoder lets pass: which properties there must be.
	if err := ical.NewEncoder(io.Discard).Encode(calendar); err != nil {
		return err
	}
	for _, event := range calendar.Events() {
		uid, err := event.Props.Text(ical.PropUID)
		if err != nil {
			return err
		}
		begins, err := event.DateTimeStart(time.UTC)
		if err != nil {
			return fmt.Errorf("%s: %w", uid, err)
		}
		ends, err := event.DateTimeEnd(time.UTC)
		if err != nil {
			return fmt.Errorf("%s: %w", uid, err)
		}
		sequence, err := event.Props.Get(ical.PropSequence).Int()
		if err != nil {
			return fmt.Errorf("%s: %w", uid, err)
		}
		status, err := event.Status()
		if err != nil {
			return fmt.Errorf("%s: %w", uid, err)
		}
		summary, err := event.Props.Text(ical.PropSummary)
		if err != nil {
			return fmt.Errorf("%s: %w", uid, err)
		}
		fmt.Fprintf(out, "%s %d %s %s %s %s\n", uid, sequence, begins.Format(time.RFC3339), ends.Format(time.RFC3339), status, summary)
	}
	return nil
}
