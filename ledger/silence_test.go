package ledger_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"liaison.example/ledger"
)

// silentOffice is an office in which north has written before it got the 300th entry
// of south, and so many entries after it.
func silentOffice(t *testing.T, c *clock, after int) (south, north *ledger.Ledger) {
	t.Helper()
	south, north = open(t, c, "south", "north"), open(t, c, "north", "south")
	write(t, north, c.now, bodies(5)...)
	push(t, north, south, "north")
	write(t, south, c.now, bodies(300)...)
	push(t, south, north, "south")
	c.now = c.now.Add(time.Minute)
	write(t, north, c.now, bodies(after)...)
	push(t, north, south, "north")
	write(t, south, c.now, bodies(2)...)
	c.now = c.now.Add(time.Minute)
	push(t, south, north, "south")
	return south, north
}

func silence(c *clock) ledger.Silence {
	return ledger.Silence{
		About: "north", At: c.now, Up: true, LineSince: c.now.Add(-time.Hour), Heard: c.now.Add(-time.Second), Hours: "north/3", Watch: []string{"north/1", "north/2"},
		Awaits: []ledger.SilentEntry{
			{Index: 299, Awaits: "acknowledgement", Cause: "not-acknowledged", Due: c.now.Add(time.Hour)}, {Index: 301, Awaits: "answer", Cause: "not-answered"},
		},
	}
}

func silenceKeys(t *testing.T) []string {
	south, north := keysOf(t, "south").Party(), keysOf(t, "north").Party()
	return []string{south.Key, north.Key, north.CosignerKey, south.CosignerKey}
}

func TestASilenceIsProvenWithNothingButKeys(t *testing.T) {
	c := newClock()
	south, _ := silentOffice(t, c, 20)
	keys := silenceKeys(t)
	for _, leaves := range []bool{false, true} {
		text, err := south.ProveSilence(t.Context(), silence(c), leaves)
		if err != nil {
			t.Fatal(err)
		}
		if !ledger.IsSilence(text) {
			t.Error("it is not known as what it is")
		}
		v, err := ledger.VerifySilence(t.Context(), text, keys)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if v.Side != "south" || v.About != "north" || !v.Up || !v.At.Equal(c.now) || v.Hours != "north/3" || len(v.Watch) != 2 || len(v.Awaits) != 2 ||
			v.Awaits[0] != silence(c).Awaits[0] || v.Awaits[1] != silence(c).Awaits[1] {
			t.Errorf("it says %+v", v.Silence)
		}
		if v.Received != 302 || !v.ReceivedAt.Equal(c.now) || v.Written != 25 || !v.HeldAt.Equal(c.now.Add(-time.Minute)) || len(v.Unknown) > 0 {
			t.Errorf("who holds what when: %d at %v, %d at %v, %v", v.Received, v.ReceivedAt, v.Written, v.HeldAt, v.Unknown)
		}
		if len(v.Entries) != 2 || v.Entries[0].Entry.Index != 299 || !v.Entries[0].Cosigned["north"].Equal(c.now.Add(-2*time.Minute)) {
			t.Errorf("the dispatches: %+v", v.Entries)
		}
		if leaves && (v.From != 4 || len(v.Leaves) != 21 || v.Leaves[20].Index != 24) || !leaves && v.Leaves != nil {
			t.Errorf("%d entries from %d", len(v.Leaves), v.From)
		}
		for i := 0; i < len(text); i += 7 {
			changed := bytes.Clone(text)
			changed[i] ^= 1
			if _, err := ledger.VerifySilence(t.Context(), changed, keys); err == nil {
				t.Fatalf("byte %d of %d changed, and it is found good", i, len(text))
			}
			if _, err := ledger.VerifySilence(t.Context(), text[:i], keys); err == nil {
				t.Fatalf("cut off at %d of %d, and it is found good", i, len(text))
			}
		}
		if _, err := ledger.VerifySilence(t.Context(), append(text, '\n'), keys); err == nil {
			t.Error("with a line more it is found good")
		}
		for i, name := range []string{"kaesong.example/south is", "kaesong.example/north is", "kaesong.example/north/mirror is"} {
			some := append(append([]string{}, keys[:i]...), keys[i+1:]...)
			if _, err := ledger.VerifySilence(t.Context(), text, some); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("without a key: %v", err)
			}
		}
		if v, err := ledger.VerifySilence(t.Context(), text, keys[:3]); err != nil || !v.HeldAt.IsZero() || len(v.Unknown) != 1 {
			t.Errorf("without the key of its own cosigner: %v, %v", v.Unknown, err)
		}
	}
}

// forged signs another text as a hostile side could, with its own key.
func forged(t *testing.T, signed []byte, change func(lines []string) []string) []byte {
	t.Helper()
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return []byte(signNoteBy(t, sha256.Sum256([]byte("south")), "south", strings.Join(change(strings.Split(text, "\n")), "\n")+"\n"))
}

func TestAnEntryLeftOutOfASilenceIsFound(t *testing.T) {
	c := newClock()
	south, north := silentOffice(t, c, 20)
	keys := silenceKeys(t)
	text, err := south.ProveSilence(t.Context(), silence(c), true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.VerifySilence(t.Context(), forged(t, text, func(lines []string) []string { return lines }), keys); err != nil {
		t.Fatal(err)
	}
	at := func(lines []string, name string) int {
		for i, line := range lines {
			if strings.HasPrefix(line, name+" ") {
				return i
			}
		}
		t.Fatal("no line ", name)
		return 0
	}
	for name, change := range map[string]func(lines []string) []string{
		"the last entry left out": func(lines []string) []string { return lines[:len(lines)-1] },
		"an entry left out":       func(lines []string) []string { return append(lines[:len(lines)-3], lines[len(lines)-2:]...) },
		"the first entry left out": func(lines []string) []string {
			i := at(lines, "leaf")
			lines[at(lines, "from")] = "from 5"
			return append(lines[:i], lines[i+1:]...)
		},
		"an entry twice": func(lines []string) []string { return append(lines, lines[len(lines)-1]) },
		"two exchanged": func(lines []string) []string {
			i := len(lines)
			lines[i-1], lines[i-2] = lines[i-2], lines[i-1]
			return lines
		},
		"without peaks": func(lines []string) []string { i := at(lines, "peak"); return append(lines[:i], lines[i+1:]...) },
		"another dispatch": func(lines []string) []string {
			lines[at(lines, "awaits")] = "awaits south/298 acknowledgement not-acknowledged none"
			return lines
		},
		"about itself": func(lines []string) []string { lines[at(lines, "about")] = "about south"; return lines },
		"a checkpoint that is none": func(lines []string) []string {
			lines[at(lines, "checkpoint")] = lines[at(lines, "receipt")]
			return lines
		},
		"a receipt that is none": func(lines []string) []string {
			lines[at(lines, "receipt")] = "receipt " + base64.StdEncoding.EncodeToString([]byte("x\n"))
			return lines
		},
		"a line more": func(lines []string) []string { return append(lines, "note") },
		"no dispatch": func(lines []string) []string { i := at(lines, "awaits"); return append(lines[:i], lines[i+2:]...) },
		"a cause in spaces": func(lines []string) []string {
			lines[at(lines, "awaits")] = "awaits south/299 acknowledgement  none"
			return lines
		},
	} {
		if _, err := ledger.VerifySilence(t.Context(), forged(t, text, change), keys); err == nil {
			t.Errorf("%s, and it is found good", name)
		}
	}

	// Without the entry before the first that has seen it, one could leave out the
	// first: the statement must begin with one that has not.
	late, err := south.ProveSilence(t.Context(), ledger.Silence{About: "north", At: c.now, Awaits: []ledger.SilentEntry{{Index: 301, Awaits: "answer", Cause: "not-answered"}}}, true)
	if err != nil {
		t.Fatal(err)
	}
	entry, err := south.Disclose(t.Context(), "south", 0)
	if err != nil {
		t.Fatal(err)
	}
	hidden := forged(t, late, func(lines []string) []string {
		lines[at(lines, "awaits")] = "awaits south/0 answer not-answered none"
		lines[at(lines, "entry")] = "entry 0 " + base64.StdEncoding.EncodeToString(entry)
		return lines
	})
	if _, err := ledger.VerifySilence(t.Context(), hidden, keys); err == nil || !strings.Contains(err.Error(), "one that has seen it") {
		t.Errorf("entries that could answer are hidden before the first: %v", err)
	}

	write(t, north, c.now, bodies(2000)...)
	push(t, north, south, "north")
	if _, err := south.ProveSilence(t.Context(), silence(c), true); !errors.Is(err, ledger.ErrTooLong) {
		t.Errorf("with 2,020 entries: %v", err)
	}
	if text, err := south.ProveSilence(t.Context(), silence(c), false); err != nil || len(text) > 10_000 {
		t.Errorf("without them: %d bytes, %v", len(text), err)
	}
}

func TestWithoutACosignatureThereIsNothingToProve(t *testing.T) {
	c := newClock()
	south := open(t, c, "south", "north")
	write(t, south, c.now, bodies(1)...)
	s := ledger.Silence{About: "north", At: c.now, Awaits: []ledger.SilentEntry{{Index: 0, Awaits: "acknowledgement", Cause: "not-received"}}}
	if _, err := south.ProveSilence(t.Context(), s, true); !errors.Is(err, ledger.ErrNothingHeld) {
		t.Errorf("got %v", err)
	}
	if _, err := south.ProveSilence(t.Context(), ledger.Silence{About: "north"}, false); err == nil {
		t.Error("a statement about nothing is made")
	}
}

func TestAStatementOfSilenceIsTheGoldenOne(t *testing.T) {
	south, north := goldenLedger(t, "south"), goldenLedger(t, "north")
	at := goldenClock().now
	write(t, north, at, bodies(3)...)
	push(t, north, south, "north")
	write(t, south, at, `{"text":"어느 쪽 둑입니까?","title":"Which bank?"}`, `{}`)
	push(t, south, north, "south")
	write(t, north, at.Add(time.Second), `{"n":3}`, `{"n":4}`)
	push(t, north, south, "north")
	text, err := south.ProveSilence(t.Context(), ledger.Silence{
		About: "north", At: at.Add(time.Hour), Up: true, LineSince: at, Heard: at.Add(time.Hour - time.Second), Hours: "north/1", Watch: []string{"north/2"},
		Awaits: []ledger.SilentEntry{{Index: 0, Awaits: "acknowledgement", Cause: "not-acknowledged", Due: at.Add(30 * time.Minute)}},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "silence.txt", text)
	southern, northern := goldenKeys(t, "south").Party(), goldenKeys(t, "north").Party()
	v, err := ledger.VerifySilence(t.Context(), text, []string{southern.Key, southern.CosignerKey, northern.Key, northern.CosignerKey})
	if err != nil || v.From != 2 || len(v.Leaves) != 3 || v.Written != 5 || v.Received != 2 {
		t.Errorf("%+v, %v", v, err)
	}
}
