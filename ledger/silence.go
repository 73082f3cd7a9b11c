package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// Silence is a side's signed statement of what it waits for from another, with the
// proofs of who held what at which time (spec/entries.md §3.12). It is a note signed
// with the side's ledger key:
//
//	liaison silence v1
//	office kaesong.example
//	side south
//	about north
//	at 2018-09-14T02:10:00.000Z
//	line up 2018-09-14T01:00:00.000Z
//	heard 2018-09-14T02:09:45.000Z
//	hours north/3
//	watch north/7
//	awaits south/17 acknowledgement not-acknowledged 2018-09-14T02:00:00.000Z
//	receipt a2Flc29uZy5leGFtcGxlL3NvdXRo...
//	checkpoint a2Flc29uZy5leGFtcGxlL25vcnRo...
//	entry 17 YzJzcC5vcmcvdGxvZy1wcm9v...
//	from 4
//	peak lZFxRtvOWhNrWF6TyjsWXA1Qguyio4HgOwCiBkd49Zg=
//	leaf eyJhdCI6IjIwMTgtMDktMTRUMDE6...
//
//	— kaesong.example/south Az3grlgtz...
//
// The lines to "awaits" are the side's word. Those behind are other signed texts, in
// base64: the latest cosignature of the other side over this side's ledger; the
// latest checkpoint of the other's, with this side's cosignature; for each dispatch
// its disclosure; and, if they were asked for, all entries of the other side that
// can have seen the first of these dispatches.
type Silence struct {
	Office, Side string
	About        string    // the other side
	At           time.Time // when it was made, by the side's clock
	Up           bool      // the line, as the side saw it
	LineSince    time.Time
	Heard        time.Time // when anything was last heard of the other node; zero if nothing since a start
	Hours        string    // the entry that says the hours it kept then; empty if it has said none
	Watch        []string  // the entries by which somebody is on watch there
	Awaits       []SilentEntry
}

// SilentEntry is one dispatch of the side, and what it waits for.
type SilentEntry struct {
	Index  int64
	Awaits string    // such as "acknowledgement"
	Cause  string    // why nothing has come, in the side's view
	Due    time.Time // zero if no time is agreed on
}

const (
	silenceHeader = "liaison silence v1"
	silenceTime   = "2006-01-02T15:04:05.000Z"

	// MaxSilence is how many dispatches one statement is about.
	MaxSilence = 50
	// maxSilenceLeaves and maxSilenceBytes bound the entries of the other side that
	// go with it, so that the whole stays below maxSilence.
	maxSilenceLeaves = 2_000
	maxSilenceBytes  = 512 << 10
	// maxSilence bounds a statement from outside, in bytes.
	maxSilence = 8 << 20
)

// ErrTooLong says that a statement cannot hold all entries of the other side since
// the first of the dispatches.
var ErrTooLong = errors.New("there are too many entries to go with it")

// ErrNothingHeld says that there is nothing yet that a statement could prove: no
// cosignature of the other side is held, or none was given.
var ErrNothingHeld = errors.New("no cosignature of the other side is held yet")

// ProveSilence makes a statement and signs it. Its office and side are filled in.
// With leaves, the entries of the other side go with it from which it can be seen
// that there is no acknowledgement among them.
func (l *Ledger) ProveSilence(ctx context.Context, s Silence, leaves bool) ([]byte, error) {
	s.Office, s.Side = l.office, l.side
	if l.keys == nil || len(s.Awaits) == 0 || len(s.Awaits) > MaxSilence {
		return nil, fmt.Errorf("prove a silence: %d dispatches, from 1 to %d can be", len(s.Awaits), MaxSilence)
	}
	slip := l.view.Load().slip
	p := silenceProof{Silence: s}
	logs := l.verifiers()
	err := l.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err := readReceipt(ctx, tx, logs, `SELECT side, cosigner, size, note, held, own, seen FROM cosignature
			WHERE side = $1 AND cosigner = $2 ORDER BY size DESC LIMIT 1`, l.side, s.About)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil // it may be on the slip
		}
		for noted := true; err == nil && noted; {
			p.receipt = r.Note
			r, noted = onSlip(slip, l.side, s.About, r.Size)
		}
		return err
	})
	given, has, err2 := l.Given(ctx, s.About)
	if err == nil && err2 == nil && (!has || p.receipt == nil) {
		return nil, ErrNothingHeld
	}
	if err := errors.Join(err, err2); err != nil {
		return nil, fmt.Errorf("prove a silence of %s: %w", s.About, err)
	}
	p.checkpoint = given.Note
	for _, a := range s.Awaits {
		entry, err := l.Disclose(ctx, l.side, a.Index)
		if err != nil {
			return nil, fmt.Errorf("prove a silence of %s: %w", s.About, err)
		}
		p.entries = append(p.entries, entry)
	}
	if leaves {
		if err := l.addLeaves(ctx, &p, given.Size); err != nil {
			return nil, err
		}
	}
	return l.keys.signNote(p.text()), nil
}

// addLeaves adds the entries of the other side that can have seen the first of the
// dispatches, and the one before them, which shows that those before have not:
// no entry has seen less than the one before it.
func (l *Ledger) addLeaves(ctx context.Context, p *silenceProof, size int64) error {
	first := p.first()
	var err error
	from := sort.Search(int(size), func(i int) bool {
		if err != nil {
			return true
		}
		var e Entry
		e, err = l.Entry(ctx, p.About, int64(i))
		return err == nil && e.Frame.Seen[p.Side] > first
	})
	if err != nil {
		return fmt.Errorf("look for what %s wrote since %s: %w", p.About, entryID(p.Side, first), err)
	}
	p.from, p.leaves = max(0, int64(from)-1), [][]byte{}
	if size-p.from > maxSilenceLeaves {
		return ErrTooLong
	}
	for total := 0; p.from+int64(len(p.leaves)) < size; {
		next := p.from + int64(len(p.leaves))
		entries, err := l.Entries(ctx, p.About, next, min(size-next, 100))
		if err != nil {
			return fmt.Errorf("read what %s wrote: %w", p.About, err)
		}
		for _, e := range entries {
			if total += len(e.Leaf); total > maxSilenceBytes {
				return ErrTooLong
			}
			p.leaves = append(p.leaves, bytes.Clone(e.Leaf))
		}
	}
	return l.db.View(ctx, func(tx *sqldb.Tx) error {
		indexes := peakIndexes(p.from)
		if len(indexes) == 0 {
			return nil
		}
		p.peaks, err = tileReader{ctx, tx, p.About, nil}.ReadHashes(indexes)
		return err
	})
}

// silenceProof is a statement with what goes with it.
type silenceProof struct {
	Silence
	receipt    []byte
	checkpoint []byte
	entries    [][]byte // a disclosure of each dispatch
	from       int64    // index of the first leaf
	peaks      []tlog.Hash
	leaves     [][]byte // nil: none go with it
}

// first is the smallest index of its dispatches.
func (p *silenceProof) first() int64 {
	return slices.MinFunc(p.Awaits, func(a, b SilentEntry) int { return int(a.Index - b.Index) }).Index
}

// text writes what is signed.
func (p *silenceProof) text() string {
	var b strings.Builder
	line := func(words ...string) { b.WriteString(strings.Join(words, " ") + "\n") }
	raw := func(name string, text []byte) { line(name, base64.StdEncoding.EncodeToString(text)) }
	moment := func(t time.Time, none string) string {
		if t.IsZero() {
			return none
		}
		return t.UTC().Format(silenceTime)
	}
	line(silenceHeader)
	line("office", p.Office)
	line("side", p.Side)
	line("about", p.About)
	line("at", moment(p.At, ""))
	line("line", map[bool]string{true: "up", false: "down"}[p.Up], moment(p.LineSince, "unknown"))
	line("heard", moment(p.Heard, "never"))
	if p.Hours == "" {
		line("hours none")
	} else {
		line("hours", p.Hours)
	}
	if len(p.Watch) == 0 {
		line("watch nobody")
	} else {
		line(append([]string{"watch"}, p.Watch...)...)
	}
	for _, a := range p.Awaits {
		line("awaits", entryID(p.Side, a.Index), a.Awaits, a.Cause, moment(a.Due, "none"))
	}
	raw("receipt", p.receipt)
	raw("checkpoint", p.checkpoint)
	for i, a := range p.Awaits {
		raw("entry "+strconv.FormatInt(a.Index, 10), p.entries[i])
	}
	if p.leaves != nil {
		line("from", strconv.FormatInt(p.from, 10))
		for _, h := range p.peaks {
			raw("peak", h[:])
		}
		for _, leaf := range p.leaves {
			raw("leaf", leaf)
		}
	}
	return b.String()
}

// IsSilence reports whether a file says that it is such a statement.
func IsSilence(text []byte) bool { return bytes.HasPrefix(text, []byte(silenceHeader+"\n")) }

var errSilence = errors.New("not a statement of silence")

// silenceReader reads the lines of a statement, one after another.
type silenceReader struct {
	lines []string
	err   error
}

// is reports whether the next line begins with a name, without taking it.
func (r *silenceReader) is(name string) bool {
	return r.err == nil && len(r.lines) > 0 && (r.lines[0] == name || strings.HasPrefix(r.lines[0], name+" "))
}

// line takes the next line, which begins with a name, and gives the words behind.
func (r *silenceReader) line(name string) []string {
	if !r.is(name) {
		r.fail("a line " + name)
		return make([]string, 5)
	}
	words := strings.Split(r.lines[0], " ")[1:]
	r.lines = r.lines[1:]
	return append(words, "", "", "", "")
}

func (r *silenceReader) fail(missing string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s is not in its place, or malformed", errSilence, missing)
	}
}

func (r *silenceReader) raw(name, text string) []byte {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		r.fail(name)
	}
	return b
}

func (r *silenceReader) number(name, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > maxInteger {
		r.fail(name)
	}
	return n
}

func (r *silenceReader) moment(name, text, none string) time.Time {
	if text == none && none != "" {
		return time.Time{}
	}
	t, err := time.Parse(silenceTime, text)
	if err != nil {
		r.fail(name)
	}
	return t
}

var silenceWord = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// parseSilence reads what was signed. Nothing of it is checked yet but its form.
func parseSilence(text string) (p silenceProof, err error) {
	r := &silenceReader{lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}
	if len(r.lines) == 0 || r.lines[0] != silenceHeader {
		return p, errSilence
	}
	r.lines = r.lines[1:]
	p.Office, p.Side, p.About = r.line("office")[0], r.line("side")[0], r.line("about")[0]
	p.At = r.moment("at", r.line("at")[0], "")
	line := r.line("line")
	p.Up, p.LineSince = line[0] == "up", r.moment("line", line[1], "unknown")
	p.Heard = r.moment("heard", r.line("heard")[0], "never")
	if p.Hours = r.line("hours")[0]; p.Hours == "none" {
		p.Hours = ""
	}
	for _, id := range r.line("watch") {
		if id != "" && id != "nobody" {
			p.Watch = append(p.Watch, id)
		}
	}
	for r.is("awaits") && len(p.Awaits) < MaxSilence {
		words := r.line("awaits")
		index, ours := strings.CutPrefix(words[0], p.Side+"/")
		if !ours || !silenceWord.MatchString(words[1]) || !silenceWord.MatchString(words[2]) {
			r.fail("awaits")
		}
		p.Awaits = append(p.Awaits, SilentEntry{r.number("awaits", index), words[1], words[2], r.moment("awaits", words[3], "none")})
	}
	p.receipt = r.raw("receipt", r.line("receipt")[0])
	p.checkpoint = r.raw("checkpoint", r.line("checkpoint")[0])
	for range p.Awaits {
		p.entries = append(p.entries, r.raw("entry", r.line("entry")[1]))
	}
	if r.is("from") {
		p.from, p.leaves = r.number("from", r.line("from")[0]), [][]byte{}
		for r.is("peak") {
			h := r.raw("peak", r.line("peak")[0])
			if len(h) != tlog.HashSize {
				r.fail("peak")
				break
			}
			p.peaks = append(p.peaks, tlog.Hash(h))
		}
		for r.is("leaf") {
			p.leaves = append(p.leaves, r.raw("leaf", r.line("leaf")[0]))
		}
	}
	if len(r.lines) > 0 || len(p.Awaits) == 0 || !ValidOffice(p.Office) || !ValidName(p.Side) || !ValidName(p.About) || p.Side == p.About {
		r.fail("what is at its end")
	}
	if r.err == nil && p.text() != text {
		r.err = fmt.Errorf("%w: it is not in its one form", errSilence)
	}
	return p, r.err
}
