package link_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"liaison.example/link"
)

// TestWhatASessionSaysAndWhen plays testdata/session. The node is south's, and
// the session the one with north.
func TestWhatASessionSaysAndWhen(t *testing.T) {
	runTranscripts(t, "session", func(t *testing.T, text string) string {
		desk := &sessionDesk{s: link.NewSession(link.SessionConfig{
			Own: "south", Peer: "north", Beat: 15 * time.Second, Limits: link.Defaults(),
			Jitter: func() float64 { return 1 },
		})}
		return playTranscript(t, text, desk.do)
	})
}

// sessionDesk reads what happens to a session, and writes what it does.
type sessionDesk struct {
	s    *link.Session
	now  time.Duration
	wake time.Duration
}

func (d *sessionDesk) do(t *testing.T, line string) []string {
	words := strings.Fields(line)
	var e link.Event
	switch words[0] {
	case "at":
		d.now = duration(t, words[1])
		e = link.Tick{}
	case "wait":
		d.now = d.wake
		return append([]string{"-- at " + d.now.String()}, d.step(link.Tick{})...)
	case "active":
		e = link.Active{Yes: true}
	case "cut", "mend":
		e = link.Switched{Cut: words[0] == "cut"}
	case "hold":
		g := link.Grew{Ours: holdings(t, words[1:]), Placeable: map[string]int64{}, Behind: slices.Contains(words, "behind")}
		for side, h := range g.Ours {
			if side != "south" {
				g.Placeable[side] = h.Size
			}
		}
		e = g
	case "news":
		e = link.News{}
	case "down":
		e = link.Lines{Down: words[1:]}
	case "halted":
		e = link.Halted{Ledger: words[1]}
	case "they-ask":
		e = link.Asked{}
	case "they-say-hello":
		e = link.AskedHello{Told: told(t, words[1:])}
	case "they-begin-a-push":
		e = link.Storing{}
	case "they-push":
		e = link.AskedToStore{Ledger: words[1], Size: number(t, words[2]), Receipt: slices.Contains(words, "receipt")}
	case "hello-answered":
		e = link.Greeted{Told: told(t, words[1:])}
	case "stored":
		e = link.Pushed{Size: number(t, words[1]), Receipt: slices.Contains(words, "receipt")}
	case "fetched":
		e = link.Pulled{Got: int(number(t, words[1]))}
	case "refused":
		r := link.Refused{Code: link.Code(words[1])}
		for _, w := range words[2:] {
			if name, value, _ := strings.Cut(w, "="); name == "size" {
				r.Size = number(t, value)
			} else if name == "after" {
				r.After = duration(t, value)
			}
		}
		e = r
	case "no-answer":
		e = link.Failed{Why: link.Why(words[1])}
	case "stuck":
		e = link.Stuck{}
	case "compared":
		count, digest := point(t, words[1])
		e = link.Compared{Point: link.Point{Count: count, Digest: digest}, Known: words[2] != "unknown", Same: words[2] == "same"}
	case "digest":
		a := link.ToldDigest{Count: number(t, words[1]), Known: true, Ours: link.Mark{Digest: "a", Entry: "south/7"}, Theirs: link.Mark{Digest: "a", Entry: "south/7"}}
		if words[2] == "differs" {
			a.Theirs = link.Mark{Digest: "b", Entry: "north/4"}
		}
		e = a
	default:
		t.Fatalf("a session cannot be told %q", line)
	}
	return d.step(e)
}

func (d *sessionDesk) step(e link.Event) []string {
	var out []string
	for _, do := range d.s.Step(d.now, e) {
		switch do := do.(type) {
		case link.SayHello:
			text := "say hello"
			for _, l := range d.s.Offer() {
				text += fmt.Sprintf(", with %s's cosignature over %s:%d", l.By, l.Ledger, l.Size)
			}
			out = append(out, text)
		case link.Push:
			out = append(out, fmt.Sprintf("push %s from %d (at most %d KiB)", do.Ledger, do.From, do.Bytes>>10))
		case link.Pull:
			out = append(out, fmt.Sprintf("fetch %s from %d (at most %d KiB)", do.Ledger, do.From, do.Bytes>>10))
		case link.AskDigest:
			out = append(out, fmt.Sprintf("ask for the digest at %d", do.Count))
		case link.Compare:
			out = append(out, fmt.Sprintf("compare the digest at %d", do.Point.Count))
		case link.Show:
			out = append(out, "the line is "+lineText(do.Line))
		case link.Raise:
			out = append(out, "ALARM "+do.Code+detailText(do.Ledger, do.Detail))
		case link.WakeAt:
			d.wake = do.At
		}
	}
	return out
}

func lineText(l link.Line) string {
	text := "down: " + string(l.Why)
	if l.Up {
		text = "up"
		if !l.Outward {
			text += ", inward only"
		}
	}
	if l.Refusing != "" {
		text += ", it refuses: " + l.Refusing
	}
	if l.Compared > 0 {
		text += fmt.Sprintf(", records %s at %d", map[bool]string{true: "equal", false: "differ"}[l.Equal], l.Compared)
	}
	if l.Parted > 0 {
		text += fmt.Sprintf(", part at %d", l.Parted)
	}
	return text
}

func detailText(ledger string, detail map[string]string) string {
	text := ""
	if ledger != "" {
		text = " " + ledger
	}
	for _, key := range slices.Sorted(maps.Keys(detail)) {
		text += " " + key + "=" + detail[key]
	}
	return text
}

// holdings reads "south=3(north:2) north=0".
func holdings(t *testing.T, words []string) map[string]link.Holding {
	held := map[string]link.Holding{}
	for _, w := range words {
		side, rest, ok := strings.Cut(w, "=")
		if !ok || strings.ContainsAny(side, "()") || side == "beat" || side == "want" || side == "settled" {
			continue
		}
		h := link.Holding{Cosigned: map[string]int64{}}
		size, by, _ := strings.Cut(strings.TrimSuffix(rest, ")"), "(")
		h.Size = number(t, size)
		for _, c := range strings.FieldsFunc(by, func(r rune) bool { return r == ',' }) {
			cosigner, n, _ := strings.Cut(c, ":")
			h.Cosigned[cosigner] = number(t, n)
		}
		held[side] = h
	}
	return held
}

func told(t *testing.T, words []string) link.Told {
	told := link.Told{Beat: 15 * time.Second, Ledgers: holdings(t, words), Behind: slices.Contains(words, "behind"), Reaches: !slices.Contains(words, "reaches-not")}
	for _, w := range words {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "beat":
			told.Beat = duration(t, value)
		case "want":
			told.Want = strings.Split(value, ",")
		case "settled":
			told.Settled.Count, told.Settled.Digest = point(t, value)
		}
	}
	return told
}

func point(t *testing.T, text string) (int64, string) {
	count, digest, _ := strings.Cut(text, ":")
	return number(t, count), digest
}

func number(t *testing.T, text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func duration(t *testing.T, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
