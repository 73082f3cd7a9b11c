package ledger

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Origin is the name of a side's log, in the first line of its checkpoints and
// as the name of the key that signs them: "kaesong.example/south".
func Origin(office, side string) string { return office + "/" + side }

// CosignerName is the name of the key with which a side cosigns the
// checkpoints of other sides: "kaesong.example/south/mirror".
func CosignerName(office, side string) string { return office + "/" + side + "/mirror" }

// The signature types of c2sp.org/signed-note and c2sp.org/tlog-cosignature
// that stand in the first byte of a public key.
const (
	algEd25519     = 1
	algCosignature = 4
)

// maxNote bounds the size of a signed checkpoint from outside, in bytes.
const maxNote = 8192

// checkpoint is a tree head (c2sp.org/tlog-checkpoint) as it was signed:
//
//	kaesong.example/south
//	17
//	nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//
//	— kaesong.example/south Az3grlgtz...
type checkpoint struct {
	origin string
	size   int64
	root   tlog.Hash
	note   []byte // with its signatures
}

// body is the text that is signed.
func (c *checkpoint) body() string {
	return c.origin + "\n" + strconv.FormatInt(c.size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.root[:]) + "\n"
}

var errCheckpoint = errors.New("not a checkpoint of this log signed by its key")

// openCheckpoint checks a signed checkpoint against the key of its log. Its note
// is what is left without signatures by other keys: those are passed over, as
// c2sp.org/signed-note says.
func openCheckpoint(signed []byte, log *noteVerifier) (*checkpoint, error) {
	if len(signed) > maxNote {
		return nil, fmt.Errorf("%d bytes is too long for a checkpoint", len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(log))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return nil, err
	}
	if c.origin != log.origin() {
		return nil, fmt.Errorf("%w: its origin is %q", errCheckpoint, c.origin)
	}
	c.note = []byte(c.body() + "\n" + lineOf(n.Sigs[0]))
	return c, nil
}

// parseCheckpoint reads the signed text. Extension lines are refused: this
// office does not use them.
func parseCheckpoint(text string) (*checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return nil, fmt.Errorf("%w: it does not have three lines", errCheckpoint)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, errRoot := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || size < 0 || errRoot != nil || len(root) != tlog.HashSize {
		return nil, fmt.Errorf("%w: malformed size or root", errCheckpoint)
	}
	c := &checkpoint{origin: lines[0], size: size, root: tlog.Hash(root)}
	if c.body() != text {
		return nil, fmt.Errorf("%w: not in canonical form", errCheckpoint)
	}
	return c, nil
}

// signatureLine is one line of a signed note, with its end.
func signatureLine(name string, keyHash uint32, signature []byte) string {
	raw := binary.BigEndian.AppendUint32(nil, keyHash)
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(raw, signature...)) + "\n"
}

// lineOf is the line of a signature that was read, written as it must be.
func lineOf(s note.Signature) string {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) < 4 {
		return ""
	}
	return signatureLine(s.Name, s.Hash, raw[4:])
}

// cosignatureText is what a cosignature signs (c2sp.org/tlog-cosignature,
// cosignature/v1).
func cosignatureText(seconds uint64, body string) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", seconds, body)
}

// noteVerifier verifies signatures of one key, of the log's kind or the
// cosigner's. It is a note.Verifier.
type noteVerifier struct {
	name string
	alg  byte
	hash uint32
	key  ed25519.PublicKey
	// made is the signature of this key that this process made last, and what
	// it signs: it comes back with each receipt and need not be checked again.
	made atomic.Pointer[signedText]
}

type signedText struct{ text, signature string }

// parseVerifier reads a C2SP vkey of the given name and signature type.
func parseVerifier(vkey, name string, alg byte) (*noteVerifier, error) {
	rest, ok := strings.CutPrefix(vkey, name+"+")
	if !ok {
		return nil, fmt.Errorf("%q is not a key named %q", vkey, name)
	}
	_, key64, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != alg {
		return nil, fmt.Errorf("%q is not an Ed25519 key of signature type %d", vkey, alg)
	}
	v := newVerifier(name, alg, key[1:])
	if v.vkey() != vkey {
		return nil, fmt.Errorf("%q has a wrong key hash", vkey)
	}
	return v, nil
}

func newVerifier(name string, alg byte, key ed25519.PublicKey) *noteVerifier {
	sum := sha256.Sum256(append([]byte(name+"\n"+string(alg)), key...))
	return &noteVerifier{name: name, alg: alg, hash: binary.BigEndian.Uint32(sum[:]), key: key}
}

func (v *noteVerifier) vkey() string {
	return fmt.Sprintf("%s+%08x+%s", v.name, v.hash, base64.StdEncoding.EncodeToString(append([]byte{v.alg}, v.key...)))
}

func (v *noteVerifier) origin() string  { return v.name }
func (v *noteVerifier) Name() string    { return v.name }
func (v *noteVerifier) KeyHash() uint32 { return v.hash }

func (v *noteVerifier) Verify(text, signature []byte) bool {
	if made := v.made.Load(); made != nil && made.text == string(text) && made.signature == string(signature) {
		return true
	}
	if v.alg == algEd25519 {
		return len(signature) == ed25519.SignatureSize && ed25519.Verify(v.key, text, signature)
	}
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	return ed25519.Verify(v.key, cosignatureText(seconds, string(text)), signature[8:])
}

// latestCosignature is the last second of the year 9999, since 1970.
const latestCosignature = 253402300799

// openCosigned checks a checkpoint that carries the signature of its log and a
// cosignature by the given key. It returns the checkpoint, with those two
// signatures in this order, and the time in the cosignature.
func openCosigned(signed []byte, log, cosigner *noteVerifier) (*checkpoint, time.Time, error) {
	if len(signed) > maxNote {
		return nil, time.Time{}, fmt.Errorf("%d bytes is too long for a checkpoint", len(signed))
	}
	n, err := note.Open(signed, note.VerifierList(log, cosigner))
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("%w: %w", errCheckpoint, err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil {
		return nil, time.Time{}, err
	}
	if c.origin != log.origin() {
		return nil, time.Time{}, fmt.Errorf("%w: its origin is %q", errCheckpoint, c.origin)
	}
	var signature, cosignature string
	var at time.Time
	for _, sig := range n.Sigs {
		if sig.Name == log.name && sig.Hash == log.hash {
			signature = lineOf(sig)
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(sig.Base64)
		if err != nil || len(raw) < 12 {
			return nil, time.Time{}, errCheckpoint
		}
		cosignature, at = lineOf(sig), time.Unix(int64(binary.BigEndian.Uint64(raw[4:])), 0).UTC()
	}
	if signature == "" || cosignature == "" {
		return nil, time.Time{}, fmt.Errorf("%w: the log's signature or the cosignature is missing", errCheckpoint)
	}
	if at.Unix() < 0 || at.Unix() > latestCosignature {
		return nil, time.Time{}, fmt.Errorf("%w: the time of the cosignature cannot be", errCheckpoint)
	}
	c.note = []byte(n.Text + "\n" + signature + cosignature)
	return c, at, nil
}
