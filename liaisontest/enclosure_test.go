package liaisontest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"liaison.example/enclosure"
	"liaison.example/liaisontest"
	"liaison.example/link"
	"liaison.example/node"
	"liaison.example/office"
)

// picture is a file of so many bytes, another for each seed.
func picture(seed uint64, size int) []byte {
	b := make([]byte, size)
	r := rand.New(rand.NewPCG(seed, 2))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	copy(b, "\x89PNG\r\n\x1a\n")
	return b
}

// enclose reads a file in at a side.
func enclose(t *testing.T, o *liaisontest.Office, side office.Side, name string, b []byte) office.Enclosure {
	t.Helper()
	e, err := o.Nodes[side].AddEnclosure(context.Background(), []office.Post{"duty-officer"}, office.KindDispatch, name, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != name || e.Size != int64(len(b)) || e.Type != "image/png" {
		t.Fatalf("read in as %+v", e)
	}
	return e
}

// sendWith releases a dispatch with enclosures.
func sendWith(o *liaisontest.Office, side office.Side, precedence office.Precedence, list ...office.Enclosure) (node.Written, error) {
	return o.Nodes[side].Write(context.Background(), node.Act{By: "duty-officer", Kind: office.KindDispatch, Body: &office.DispatchBody{
		Channel: "liaison", Precedence: precedence, Subject: "map", Text: "The map is enclosed.", Enclosures: list,
	}})
}

func mustSendWith(t *testing.T, o *liaisontest.Office, side office.Side, precedence office.Precedence, list ...office.Enclosure) node.Written {
	t.Helper()
	w, err := sendWith(o, side, precedence, list...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// enclosed tells how far the enclosures of a dispatch have come at a side.
func enclosed(t *testing.T, o *liaisontest.Office, side office.Side, id office.EntryID) []node.Enclosed {
	t.Helper()
	line, found, err := o.Nodes[side].Records().Dispatch(context.Background(), id)
	if err != nil || !found {
		t.Fatalf("%s has no dispatch %s: %v", side, id, err)
	}
	list, err := o.Nodes[side].Enclosed(context.Background(), &line)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// until waits, by the clock that is turned by hand, until something is so.
func until(t *testing.T, what string, within time.Duration, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > within {
			t.Fatalf("%s: not within %v", what, within)
		}
	}
}

// has expects a side to hold a file and to give its bytes.
func has(t *testing.T, o *liaisontest.Office, side office.Side, e office.Enclosure, b []byte) {
	t.Helper()
	in, err := o.Nodes[side].OpenEnclosure(context.Background(), e.Hash, e.Size)
	if err != nil {
		t.Fatalf("%s: %v", side, err)
	}
	got, err := io.ReadAll(in)
	if err != nil || !bytes.Equal(got, b) {
		t.Fatalf("%s has other bytes: %d of %d, %v", side, len(got), len(b), err)
	}
}

// proven reports whether a side has the word of so many others that they have
// all enclosures of a dispatch.
func proven(t *testing.T, o *liaisontest.Office, side office.Side, id office.EntryID, others int) bool {
	for _, e := range enclosed(t, o, side, id) {
		if len(e.Stored) < others {
			return false
		}
	}
	return true
}

func TestAnEnclosureCrossesAndTheSenderHasASignedProof(t *testing.T) {
	for _, sides := range [][]office.Side{{"north", "south"}, {"east", "north", "south"}} {
		t.Run(fmt.Sprint(len(sides), " sides"), func(t *testing.T) {
			story(t, func(t *testing.T) {
				o := liaisontest.Open(t, sides...)
				big, small := picture(1, 1<<20), picture(2, 1000)
				a, b := enclose(t, o, "south", "상류 지도.png", big), enclose(t, o, "south", "b.png", small)
				w := mustSendWith(t, o, "south", office.Flash, a, b)
				if err := received(o, w, time.Second); err != nil {
					t.Fatal(err) // the receipt does not wait for the files
				}
				until(t, "the proofs of all sides", time.Minute, func() bool { return proven(t, o, "south", w.ID, len(sides)-1) })
				for _, side := range sides {
					has(t, o, side, a, big)
					has(t, o, side, b, small)
				}
				o.Equal()
			})
		})
	}
}

func TestADispatchNamesOnlyWhatIsHere(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		_, err := sendWith(o, "south", office.Routine, office.Enclosure{Hash: fmt.Sprintf("%064d", 1), Name: "a.png", Size: 10, Type: "image/png"})
		liaisontest.Refused(t, err, "enclosure-not-held")
		for name, c := range map[string]struct {
			file string
			b    []byte
			code office.Reason
		}{
			"a page":         {"a.txt", []byte("<html><script>alert(1)</script>"), "enclosure-page"},
			"a turning name": {"a\u202egnp.exe", picture(1, 10), "enclosure-name"},
			"a long name":    {strings.Repeat("가", office.MaxNamed-3) + ".png", picture(1, 10), "enclosure-name"},
			"101 MiB":        {"a.png", make([]byte, 101<<20), "enclosure-too-large"},
			"nothing":        {"a.png", nil, "enclosure-empty"},
		} {
			_, err := o.Nodes["south"].AddEnclosure(t.Context(), []office.Post{"duty-officer"}, office.KindDispatch, c.file, bytes.NewReader(c.b))
			if r := liaisontest.Refused(t, err, c.code); r.Detail["name"] != enclosure.Legible(c.file) {
				t.Errorf("%s: %+v", name, r)
			}
		}
	})
}

func TestAnEnclosureSurvivesCutsAndRestarts(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		r := rand.New(rand.NewPCG(3, 3))
		b := picture(3, 6<<20)
		e := enclose(t, o, "south", "a.png", b)
		var parts, least int // how many parts have come, and must have to bring all once
		var bytesOf int64
		for _, way := range [][2]string{{"north", "south"}, {"south", "north"}} {
			o.Wire.Change(way[0], way[1], func(y *liaisontest.Way) {
				y.Delay = 20 * time.Millisecond
				y.BendAnswer = func(q link.Request, a link.Answer) link.Answer {
					if q.Door == link.DoorEnclosure && a.Status == 200 {
						parts++
						bytesOf += int64(len(a.Body))
					}
					return a
				}
			})
		}
		w := mustSendWith(t, o, "south", office.Routine, e)
		least = len(b) / (4 * enclosure.ChunkSize)
		for i := range 20 {
			time.Sleep(time.Duration(r.IntN(300)) * time.Millisecond)
			switch i % 4 {
			case 0, 1, 2:
				o.Wire.Cut("north", "south")
				time.Sleep(time.Duration(r.IntN(10)) * time.Second)
				o.Wire.Mend("north", "south")
			case 3:
				side := o.Sides[r.IntN(2)]
				o.Stop(side)
				time.Sleep(time.Duration(r.IntN(3)) * time.Second)
				o.Start(side)
			}
		}
		until(t, "the proof", 10*time.Minute, func() bool { return proven(t, o, "south", w.ID, 1) })
		has(t, o, "north", e, b)
		if parts < least || bytesOf > int64(len(b))+25<<20 {
			t.Errorf("%d bytes came in %d parts, of a file of %d", bytesOf, parts, len(b))
		}
		o.Equal()
	})
}

func TestWhoCannotCallIsGivenWhatItWaitsFor(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		o.Wire.Change("north", "south", func(y *liaisontest.Way) { y.Cut = true })
		there, back := picture(4, 700_000), picture(5, 300_000)
		a, b := enclose(t, o, "south", "a.png", there), enclose(t, o, "north", "b.png", back)
		toNorth := mustSendWith(t, o, "south", office.Routine, a)
		toSouth := mustSendWith(t, o, "north", office.Routine, b)
		until(t, "the proof of north", time.Minute, func() bool { return proven(t, o, "south", toNorth.ID, 1) })
		until(t, "the proof of south", time.Minute, func() bool { return proven(t, o, "north", toSouth.ID, 1) })
		has(t, o, "north", a, there)
		has(t, o, "south", b, back)
	})
}

func TestANodeThatComesBackFromNothingFetchesItsEnclosuresToo(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		ours, theirs := picture(6, 500_000), picture(7, 200_000)
		a, b := enclose(t, o, "south", "a.png", ours), enclose(t, o, "north", "b.png", theirs)
		first, second := mustSendWith(t, o, "south", office.Routine, a), mustSendWith(t, o, "north", office.Routine, b)
		until(t, "the proofs", time.Minute, func() bool { return proven(t, o, "south", first.ID, 1) && proven(t, o, "north", second.ID, 1) })
		o.Equal()
		for _, canCall := range []bool{true, false} {
			o.Stop("south")
			o.NewDir("south")
			o.Wire.Change("south", "north", func(y *liaisontest.Way) { y.Cut = !canCall })
			o.Start("south")
			o.Equal()
			until(t, "all files", time.Minute, func() bool {
				return enclosed(t, o, "south", first.ID)[0].Whole && enclosed(t, o, "south", second.ID)[0].Whole
			})
			has(t, o, "south", a, ours)
			has(t, o, "south", b, theirs)
		}
	})
}

func TestWrongBytesAreThrownAwaySaidAndStopNothing(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		b := picture(8, 300_000)
		e := enclose(t, o, "south", "a.png", b)
		o.Wire.Change("north", "south", func(y *liaisontest.Way) {
			y.BendAnswer = func(q link.Request, a link.Answer) link.Answer {
				if q.Door == link.DoorEnclosure && len(a.Body) > 1000 {
					a.Body = bytes.Clone(a.Body)
					a.Body[1000] ^= 1
				}
				return a
			}
		})
		w := mustSendWith(t, o, "south", office.Routine, e)
		until(t, "the alarm", time.Minute, func() bool { _, is := alarm(t, o.Nodes["north"], "enclosure-wrong"); return is })
		if got := enclosed(t, o, "north", w.ID)[0]; got.Held != 0 || got.Whole {
			t.Errorf("north keeps %+v of wrong bytes", got)
		}
		if err := received(o, o.Send("south", "beside it"), time.Second); err != nil {
			t.Error(err)
		}
		other := picture(9, 1000)
		small := enclose(t, o, "south", "b.png", other)
		o.Wire.Change("north", "south", func(y *liaisontest.Way) { y.BendAnswer = nil })
		next := mustSendWith(t, o, "south", office.Routine, small)
		until(t, "another file", time.Minute, func() bool { return proven(t, o, "south", next.ID, 1) })
		if proven(t, o, "south", w.ID, 1) {
			t.Error("north has fetched the wrong one again at once")
		}
		until(t, "the right bytes", time.Hour, func() bool { return proven(t, o, "south", w.ID, 1) })
		has(t, o, "north", e, b)
	})
}

func TestASideMayNotNameMoreThanItsAccountHolds(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		b := picture(10, 300_000)
		e := enclose(t, o, "south", "a.png", b)
		o.Stop("north")
		o.Free["north"] = 1000 // bytes on its disk
		o.Start("north")
		w := mustSendWith(t, o, "south", office.Routine, e)
		until(t, "the alarm", time.Minute, func() bool { _, is := alarm(t, o.Nodes["north"], "enclosure-room-disk"); return is })
		if err := received(o, o.Send("south", "beside it"), time.Second); err != nil {
			t.Error(err)
		}
		if _, err := o.Nodes["north"].OpenEnclosure(t.Context(), e.Hash, e.Size); !errors.Is(err, enclosure.ErrNotHeld) {
			t.Errorf("got %v", err)
		}
		o.Free["north"] = 1 << 40
		until(t, "the proof, when there is room", time.Hour, func() bool { return proven(t, o, "south", w.ID, 1) })
	})
}

func TestWhatIsUrgentIsFetchedFirst(t *testing.T) {
	story(t, func(t *testing.T) {
		o := liaisontest.Open(t, "north", "south")
		for _, way := range [][2]string{{"north", "south"}, {"south", "north"}} {
			o.Wire.Change(way[0], way[1], func(y *liaisontest.Way) { y.Delay = 100 * time.Millisecond })
		}
		routine := enclose(t, o, "south", "routine.png", picture(11, 8<<20))
		flash := enclose(t, o, "south", "flash.png", picture(12, 1<<20))
		slow := mustSendWith(t, o, "south", office.Routine, routine)
		time.Sleep(1500 * time.Millisecond)
		quick := mustSendWith(t, o, "south", office.Flash, flash)
		until(t, "the file of the FLASH", time.Minute, func() bool { return proven(t, o, "south", quick.ID, 1) })
		if got := enclosed(t, o, "north", slow.ID)[0]; got.Whole || got.Held == 0 {
			t.Errorf("of the ROUTINE, north had %d bytes by then", got.Held)
		}
		until(t, "the file of the ROUTINE", time.Minute, func() bool { return proven(t, o, "south", slow.ID, 1) })
	})
}
