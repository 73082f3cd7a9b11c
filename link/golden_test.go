package link_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/link"
)

var writeGolden = flag.Bool("write-golden", false, "write golden files that do not exist; those that exist are never overwritten")

// goldenFolder holds one conversation, message by message, as its bytes stand
// in the bodies of HTTP requests and answers. Other implementations are held
// against them, so they are never edited.
const goldenFolder = "../spec/testdata/link"

// goldenTime is when the conversation takes place.
var goldenTime = time.Date(2018, 9, 14, 1, 30, 0, 0, time.UTC)

// golden compares a message with its golden file.
func golden(t *testing.T, name string, made []byte) {
	t.Helper()
	path := filepath.Join(goldenFolder, name)
	kept, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && *writeGolden {
		if err := os.WriteFile(path, made, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, made) {
		t.Errorf("%s: the code says\n%s\nand the golden file\n%s", name, made, kept)
	}
}

// TestAConversationIsWordForWordTheGoldenOne lets south, which alone calls,
// greet north, push to it, fetch from it, hand over its receipt and search for
// where the records part; and then lets it go wrong. The recovery key of each
// side is the SHA-256 of its id.
func TestAConversationIsWordForWordTheGoldenOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(goldenTime))
		o := newOffice(t, "south", "north")
		var mu sync.Mutex
		var said []liaisontest.Passage
		o.heard = func(p liaisontest.Passage) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, p)
		}
		south, north := o.nodes["south"], o.nodes["north"]
		for _, n := range []*node{south, north} {
			if err := n.writeBodies(`{"text":"We open the line. 선을 엽니다."}`, `{"text":"`+n.side+`"}`); err != nil {
				t.Fatal(err)
			}
		}
		south.settled, north.settled, north.spoilt = 2, 2, 2
		south.start()
		time.Sleep(1100 * time.Millisecond)
		synctest.Wait()
		o.wire.Change("south", "north", func(y *liaisontest.Way) { y.Cut = true })

		mu.Lock()
		defer mu.Unlock()
		var doors []link.Door
		for i, p := range said {
			name := fmt.Sprintf("%02d-%s", i+1, p.Request.Door)
			doors = append(doors, p.Request.Door)
			if p.From != "south" || p.Answer.Status != 200 {
				t.Errorf("%s: %s", name, liaisontest.Words(p))
			}
			golden(t, name+".request", p.Request.Body)
			golden(t, name+".answer", p.Answer.Body)
		}
		if want := []link.Door{"hello", "extend", "digest", "digest", "fetch", "hello"}; !slices.Equal(doors, want) {
			t.Fatalf("south asked %v, want %v", doors, want)
		}
		for _, c := range []struct {
			name   string
			q      link.Request
			status int
		}{
			{"stale", said[1].Request, 409},
			{"malformed", link.Request{Door: link.DoorDigest, Body: []byte("{\"count\": 1}\n")}, 400},
			{"not-settled", link.Request{Door: link.DoorDigest, Body: []byte("{\"count\":3}\n")}, 404},
			{"unknown-ledger", link.Request{Door: link.DoorFetch, Body: []byte(`{"bytes":1048576,"from":0,"ledger":"east","max":4096}` + "\n")}, 404},
			{"other-office", link.Request{Door: link.DoorHello, Body: bytes.Replace(said[0].Request.Body, []byte(`"office":"kaesong.example"`), []byte(`"office":"panmunjom.example"`), 1)}, 403},
		} {
			a, err := north.link.Hear(context.Background(), "south", c.q)
			if err != nil || a.Status != c.status {
				t.Errorf("%s: status %d, %v, want %d", c.name, a.Status, err, c.status)
			}
			golden(t, "refused-"+c.name+".request", c.q.Body)
			golden(t, "refused-"+c.name+".answer", a.Body)
		}
	})
}
