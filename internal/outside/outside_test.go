package outside

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "kaesong.example/south"

// smallLog is a log of numbered entries, made with the reference code alone, so
// that these tests say whether the outside programs are asked rightly.
type smallLog struct {
	t      *testing.T
	signer note.Signer
	vkey   string
	leaves [][]byte
	hashes []tlog.Hash // as stored by tlog.StoredHashes
}

func newSmallLog(t *testing.T, entries int64) *smallLog {
	private, vkey, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	l := &smallLog{t: t, signer: signer, vkey: vkey}
	for range entries {
		l.add(fmt.Sprintf(`{"entry":%d}`, len(l.leaves)))
	}
	return l
}

func (l *smallLog) add(text string) {
	hashes, err := tlog.StoredHashes(int64(len(l.leaves)), []byte(text), l)
	if err != nil {
		l.t.Fatal(err)
	}
	l.leaves = append(l.leaves, []byte(text))
	l.hashes = append(l.hashes, hashes...)
}

// ReadHashes makes the log a tlog.HashReader.
func (l *smallLog) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = l.hashes[index]
	}
	return hashes, nil
}

func (l *smallLog) checkpoint(size int64) []byte {
	root, err := tlog.TreeHash(size, l)
	if err != nil {
		l.t.Fatal(err)
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", origin, size, root)
	signed, err := note.Sign(&note.Note{Text: text}, l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return signed
}

func (l *smallLog) proof(from, to int64) []tlog.Hash {
	proof, err := tlog.ProveTree(to, from, l)
	if err != nil {
		l.t.Fatal(err)
	}
	return proof
}

// folder writes the log as c2sp.org/tlog-tiles lays it out.
func (l *smallLog) folder() string {
	dir := l.t.TempDir()
	size := int64(len(l.leaves))
	l.write(dir, "checkpoint", l.checkpoint(size))
	for _, tile := range tlog.NewTiles(8, 0, size) {
		data, err := tlog.ReadTileData(tile, l)
		if err != nil {
			l.t.Fatal(err)
		}
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		l.write(dir, path, data)
		if tile.L > 0 {
			continue
		}
		var bundle []byte
		for _, leaf := range l.leaves[tile.N*256:][:tile.W] {
			bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(leaf))), leaf...)
		}
		l.write(dir, strings.Replace(path, "tile/0/", "tile/entries/", 1), bundle)
	}
	return dir
}

func (l *smallLog) write(dir, path string, data []byte) {
	path = filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func TestReadersAcceptASoundLogInAFolderAndOverHTTP(t *testing.T) {
	log := newSmallLog(t, 700)
	dir := log.folder()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	defer server.Close()
	for _, where := range []string{dir, server.URL} {
		if err := Fsck(t, where, origin, log.vkey); err != nil {
			t.Errorf("fsck refused %s: %v", where, err)
		}
		if err := ReadLog(t, where, Policy{Log: log.vkey}); err != nil {
			t.Errorf("torchwood refused %s: %v", where, err)
		}
	}
}

func TestReadersRefuseALogWithOneChangedByte(t *testing.T) {
	for _, path := range []string{"checkpoint", "tile/entries/001", "tile/0/002.p/188", "tile/entries/002.p/188"} {
		t.Run(path, func(t *testing.T) {
			log := newSmallLog(t, 700)
			dir := log.folder()
			name := filepath.Join(dir, filepath.FromSlash(path))
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			// Not the last bytes: base64 has bits there that mean nothing.
			data[bytes.IndexByte(data, '\n')+1] ^= 1 // of the checkpoint: its size
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := Fsck(t, dir, origin, log.vkey); err == nil {
				t.Error("fsck accepted it")
			}
			if err := ReadLog(t, dir, Policy{Log: log.vkey}); err == nil {
				t.Error("torchwood accepted it")
			}
		})
	}
}

func TestReadersRefuseALogSignedWithAnotherKey(t *testing.T) {
	log, other := newSmallLog(t, 3), newSmallLog(t, 3)
	dir := log.folder()
	if err := Fsck(t, dir, origin, other.vkey); err == nil {
		t.Error("fsck accepted it")
	}
	if err := ReadLog(t, dir, Policy{Log: other.vkey}); err == nil {
		t.Error("torchwood accepted it")
	}
}

func TestWitnessCosignsWhatExtendsAndRefusesTheRest(t *testing.T) {
	log := newSmallLog(t, 300)
	witness := Witness(t, log.vkey)

	first := log.checkpoint(200)
	status, cosignature := witness.AddCheckpoint(0, nil, first)
	if status != http.StatusOK || !strings.HasPrefix(cosignature, "— "+witnessName+" ") {
		t.Fatalf("first checkpoint: got %d %q, want 200 and a cosignature", status, cosignature)
	}
	// A reader that demands the witness is content with it, and not without.
	demanding := Policy{Log: log.vkey, Cosigners: []string{witness.VKey}}
	leaf := log.leaves[17]
	inclusion, err := tlog.ProveRecord(200, 17, log)
	if err != nil {
		t.Fatal(err)
	}
	if err := ReadProof(t, tlogProof(17, inclusion, append(first[:len(first):len(first)], cosignature...)), leaf, demanding); err != nil {
		t.Errorf("torchwood refused the proof with the cosignature: %v", err)
	}
	if err := ReadProof(t, tlogProof(17, inclusion, first), leaf, demanding); err == nil {
		t.Error("torchwood accepted the proof without the cosignature")
	}

	if status, body := witness.AddCheckpoint(100, log.proof(100, 300), log.checkpoint(300)); status != http.StatusConflict || body != "200\n" {
		t.Errorf("stale size: got %d %q, want 409 and the size 200", status, body)
	}
	fork := newSmallLog(t, 0)
	fork.signer = log.signer
	for i := range 300 {
		fork.add(fmt.Sprintf(`{"other":%d}`, i))
	}
	if status, body := witness.AddCheckpoint(200, fork.proof(200, 300), fork.checkpoint(300)); status != http.StatusUnprocessableEntity {
		t.Errorf("fork: got %d %q, want 422", status, body)
	}
	if status, body := witness.AddCheckpoint(200, log.proof(200, 300), log.checkpoint(300)); status != http.StatusOK {
		t.Errorf("extension: got %d %q, want 200", status, body)
	}
}

// tlogProof writes a c2sp.org/tlog-proof.
func tlogProof(index int64, path tlog.RecordProof, checkpoint []byte) []byte {
	text := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, hash := range path {
		text += base64.StdEncoding.EncodeToString(hash[:]) + "\n"
	}
	return append([]byte(text+"\n"), checkpoint...)
}
