package ledger_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"liaison.example/ledger"
)

func TestADisclosureProvesAnEntryWithNothingButKeys(t *testing.T) {
	c := newClock()
	sides := []string{"east", "north", "south"}
	south, north, east := open(t, c, "south", sides...), open(t, c, "north", sides...), open(t, c, "east", sides...)
	write(t, south, c.now, bodies(300)...)
	push(t, south, north, "south")
	push(t, south, east, "south")
	write(t, south, c.now, bodies(1)...)

	text, err := south.Disclose(t.Context(), "south", 270)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{keysOf(t, "south").Party().Key, keysOf(t, "north").Party().CosignerKey, keysOf(t, "east").Party().CosignerKey}
	d, err := ledger.VerifyDisclosure(t.Context(), text, keys)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	entry, err := north.Entry(t.Context(), "south", 270)
	if err != nil {
		t.Fatal(err)
	}
	if d.Entry.Side != "south" || d.Entry.Index != 270 || !bytes.Equal(d.Entry.Leaf, entry.Leaf) || d.Entry.Hash != entry.Hash ||
		d.Size != 300 || len(d.Cosigned) != 2 || !d.Cosigned["north"].Equal(c.now) || len(d.Unknown) > 0 {
		t.Errorf("%+v", d)
	}
	for i := range text {
		changed := bytes.Clone(text)
		changed[i] ^= 1
		if _, err := ledger.VerifyDisclosure(t.Context(), changed, keys); err == nil {
			t.Errorf("byte %d of %d changed, and it is found good", i, len(text))
		}
	}
	for name, extra := range map[string][]byte{"a line more": append(bytes.Clone(text), '\n'), "a signature twice": append(bytes.Clone(text), text[bytes.LastIndexByte(text[:len(text)-1], '\n')+1:]...), "": nil} {
		if _, err := ledger.VerifyDisclosure(t.Context(), extra, keys); err == nil {
			t.Errorf("with %s it is found good", name)
		}
	}

	d, err = ledger.VerifyDisclosure(t.Context(), text, keys[:2])
	if err != nil || !slices.Equal(d.Unknown, []string{"kaesong.example/east/mirror"}) || len(d.Cosigned) != 1 {
		t.Errorf("without east's key: %+v, %v", d, err)
	}
	if _, err := ledger.VerifyDisclosure(t.Context(), text, keys[1:]); err == nil || !strings.Contains(err.Error(), "kaesong.example/south, is not given") {
		t.Errorf("without the ledger's key: %v", err)
	}
	stranger, err := ledger.DeriveKeys(ledger.NewSeed(), office, "north")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.VerifyDisclosure(t.Context(), text, []string{keys[0], stranger.Party().CosignerKey}); err == nil {
		t.Error("a cosignature by another key of that name is found good")
	}

	// An entry without any cosignature yet.
	text, err = south.Disclose(t.Context(), "south", 300)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := ledger.VerifyDisclosure(t.Context(), text, keys[:1]); err != nil || d.Size != 301 || len(d.Cosigned) != 0 {
		t.Errorf("an entry that nobody has cosigned: %+v, %v", d, err)
	}
	_, err = ledger.VerifyDisclosure(t.Context(), text, keys[:2])
	if f := fault(t, err); !strings.Contains(f.Want, "kaesong.example/north/mirror") {
		t.Errorf("%v does not name the key that was given and has not signed", f)
	}
}

func TestADisclosureBearsAllCosignaturesOfItsCheckpoint(t *testing.T) {
	c := newClock()
	sides := []string{"east", "north", "south"}
	south, north, east := open(t, c, "south", sides...), open(t, c, "north", sides...), open(t, c, "east", sides...)
	write(t, south, c.now, bodies(3)...)
	push(t, south, north, "south") // north first cosigns 3
	write(t, south, c.now, bodies(2)...)
	push(t, south, east, "south")  // east first cosigns 5,
	push(t, south, north, "south") // and north that too
	text, err := south.Disclose(t.Context(), "south", 1)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{keysOf(t, "south").Party().Key, keysOf(t, "north").Party().CosignerKey, keysOf(t, "east").Party().CosignerKey}
	if d, err := ledger.VerifyDisclosure(t.Context(), text, keys); err != nil || d.Size != 5 || len(d.Cosigned) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}
