package link

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/ledger"
)

// A Door is one of the questions that a node answers to another
// (spec/link.md §2).
type Door string

// The doors of a node.
const (
	DoorHello     Door = "hello"     // greeting and heartbeat
	DoorExtend    Door = "extend"    // "here are entries"
	DoorFetch     Door = "fetch"     // "give me entries"
	DoorDigest    Door = "digest"    // "what is your digest at this count?"
	DoorEnclosure Door = "enclosure" // "give me a part of an enclosure"
	DoorPart      Door = "part"      // "here is a part of an enclosure that you wait for"
)

// Doors lists all doors.
var Doors = []Door{DoorHello, DoorExtend, DoorFetch, DoorDigest, DoorEnclosure, DoorPart}

// Request is one question on its way: a message for a door.
type Request struct {
	Door Door
	Body []byte
}

// Answer is what came back. Status is 200, or the status of a refusal
// (spec/link.md §7).
type Answer struct {
	Status int
	Body   []byte
}

// A message is one line of canonical JSON (RFC 8785), its header, that ends in
// a line feed; behind it may stand an entry bundle, or the bytes of a part of an
// enclosure (spec/link.md §3):
//
//	{"checkpoint":"kaesong.example/south\n18\n...","count":1,"from":17,"ledger":"south","proof":[]}
//	<2 bytes: length, big endian><the leaf> ...
//
// The members of each header below stand in the order of their names, which is
// their canonical order. Members may be added, and a hearer passes over those
// that it does not know; none may change its meaning.

// hello is the header of both a greeting and its answer (spec/link.md §4).
type hello struct {
	Awaits   []helloAwaits         `json:"awaits,omitzero"`   // enclosures that the speaker waits for, the most urgent first
	Beat     int64                 `json:"beat"`              // milliseconds until the next hello, at most
	Founding string                `json:"founding,omitzero"` // hex SHA-256 of the charter that the speaker would found the office with
	Ledgers  map[string]helloHolds `json:"ledgers"`           // by side
	Mode     string                `json:"mode"`              // "ready", "behind", "read-only"
	Notes    []helloNote           `json:"notes"`             // cosignatures that the hearer lacks
	Office   string                `json:"office"`
	Reaches  bool                  `json:"reaches"` // the speaker's calls to the hearer get through
	Rules    int64                 `json:"rules"`   // the highest rules version that the speaker knows
	Settled  helloSettled          `json:"settled"`
	Side     string                `json:"side"`
	Software string                `json:"software"`
	Standing *ledger.Standing      `json:"standing,omitzero"` // absent while the speaker cannot promise, being behind
	Time     int64                 `json:"time"`              // the speaker's clock, milliseconds since 1970 UTC
	Want     []string              `json:"want"`              // sides to which the speaker's line is down
}

// helloHolds is how far the speaker holds one ledger.
type helloHolds struct {
	Checkpoint string           `json:"checkpoint"` // signed note; empty before the first entry
	Cosigned   map[string]int64 `json:"cosigned"`   // by cosigner, the size of the latest cosignature held
	Size       int64            `json:"size"`       // entries held
}

// helloNote is one cosignature: a checkpoint with the signature of its ledger and
// one of a cosigner.
type helloNote struct {
	By     string `json:"by"`
	Ledger string `json:"ledger"`
	Note   string `json:"note"`
	Size   int64  `json:"size"`
}

// helloSettled is the speaker's digest at its settled line.
type helloSettled struct {
	Count  int64  `json:"count"`
	Digest string `json:"digest"` // hex; empty if nothing is settled
}

// extension is the header of a push, and of the answer to a fetch. The entry
// bundle follows (spec/link.md §5).
type extension struct {
	Checkpoint string   `json:"checkpoint"`
	Count      int      `json:"count"`
	From       int64    `json:"from"`
	Ledger     string   `json:"ledger"`
	Proof      []string `json:"proof"` // base64
}

// stored answers a push: what the hearer holds now, and its receipt.
type stored struct {
	Receipt  string           `json:"receipt,omitzero"` // signed note; absent if the hearer could cosign nothing yet
	Size     int64            `json:"size"`             // entries held now
	Standing *ledger.Standing `json:"standing,omitzero"`
}

// fetch asks for entries (spec/link.md §5).
type fetch struct {
	Bytes  int    `json:"bytes"` // at most so many, but at least one entry
	From   int64  `json:"from"`
	Ledger string `json:"ledger"`
	Max    int    `json:"max"` // at most so many entries
}

// askDigest asks for the digest of the joint record at a count of entries
// (spec/link.md §6).
type askDigest struct {
	Count int64 `json:"count"`
}

// tellDigest answers it: the digest, and the entry at that place.
type tellDigest struct {
	Count  int64  `json:"count"`
	Digest string `json:"digest"` // hex
	Entry  string `json:"entry"`  // "south/17"
}

// refusal is the header of every answer that is not 200 (spec/link.md §7).
type refusal struct {
	After    int64  `json:"after,omitzero"` // milliseconds to wait before asking again
	Code     string `json:"code"`
	Detail   string `json:"detail,omitzero"`   // in plain words
	Evidence string `json:"evidence,omitzero"` // the signed statements that prove it
	Receipt  string `json:"receipt,omitzero"`  // with code "stale": the receipt for what is held, if there is one
	Size     int64  `json:"size"`              // with code "stale": entries held
}

// errMessage says that a message is malformed.
var errMessage = errors.New("malformed message")

// encode writes a header line. It is canonical because the members of the
// headers stand in order and all numbers are integers.
func encode(header any) ([]byte, error) {
	line, err := json.Marshal(header, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode message: %w", err)
	}
	return append(line, '\n'), nil
}

// decode reads the header line of a message and returns what stands behind it.
func (l *Limits) decode(body []byte, header any) (rest []byte, err error) {
	if len(body) > l.Body {
		return nil, fmt.Errorf("%w: %d bytes, and at most %d are taken", errMessage, len(body), l.Body)
	}
	end := bytes.IndexByte(body[:min(len(body), l.Header)], '\n')
	if end < 0 {
		return nil, fmt.Errorf("%w: no header line within the first %d bytes", errMessage, l.Header)
	}
	if ledger.CheckCanonical(body[:end]) != nil {
		return nil, fmt.Errorf("%w: the header is not in canonical form (RFC 8785)", errMessage)
	}
	if err := json.Unmarshal(body[:end], header); err != nil {
		return nil, fmt.Errorf("%w: %w", errMessage, err)
	}
	return body[end+1:], nil
}

// decodeAlone reads a message that has no bundle.
func (l *Limits) decodeAlone(body []byte, header any) error {
	rest, err := l.decode(body, header)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%w: %d bytes behind the header", errMessage, len(rest))
	}
	return err
}

// check holds a hello to the limits and to the forms of its members.
func (h *hello) check(l *Limits) error {
	switch {
	case !ledger.ValidOffice(h.Office), !ledger.ValidName(h.Side):
		return fmt.Errorf("%w: no office or side", errMessage)
	case len(h.Ledgers) > l.Ledgers || len(h.Want) > l.Ledgers || len(h.Notes) > l.Notes || len(h.Awaits) > l.Awaits:
		return fmt.Errorf("%w: more ledgers, cosignatures or enclosures than are taken", errMessage)
	case len(h.Software) > 64 || len(h.Mode) > 32:
		return fmt.Errorf("%w: a name is too long", errMessage)
	case h.Founding != "" && !isHash(h.Founding), h.Settled.Digest != "" && !isHash(h.Settled.Digest):
		return fmt.Errorf("%w: not a hash", errMessage)
	case h.Settled.Count < 0, (h.Settled.Count == 0) != (h.Settled.Digest == ""):
		return fmt.Errorf("%w: a settled count without its digest", errMessage)
	case h.Standing != nil && (h.Standing.Own < 0 || len(h.Standing.Seen) > l.Ledgers):
		return fmt.Errorf("%w: a standing that nobody can hold", errMessage)
	}
	for side, holds := range h.Ledgers {
		if !ledger.ValidName(side) || holds.Size < 0 || len(holds.Checkpoint) > l.Note || len(holds.Cosigned) > l.Ledgers {
			return fmt.Errorf("%w: ledger %q", errMessage, side)
		}
	}
	for _, w := range h.Awaits {
		if err := checkPart(w.Hash, w.Size, w.Held); err != nil {
			return err
		}
	}
	for _, n := range h.Notes {
		if !ledger.ValidName(n.By) || !ledger.ValidName(n.Ledger) || n.Size < 1 || len(n.Note) > l.Note {
			return fmt.Errorf("%w: cosignature by %q", errMessage, n.By)
		}
	}
	return nil
}

func isHash(text string) bool {
	sum, err := hex.DecodeString(text)
	return err == nil && len(sum) == 32
}

// encodeExtension writes an extension with its bundle.
func encodeExtension(x ledger.Extension) ([]byte, error) {
	header := extension{
		Checkpoint: string(x.Checkpoint), Count: len(x.Leaves), From: x.From, Ledger: x.Side,
		Proof: make([]string, len(x.Proof)),
	}
	for i, h := range x.Proof {
		header.Proof[i] = base64.StdEncoding.EncodeToString(h[:])
	}
	body, err := encode(header)
	if err != nil {
		return nil, err
	}
	size := len(body)
	for _, leaf := range x.Leaves {
		size += 2 + len(leaf)
	}
	body = append(make([]byte, 0, size), body...)
	for _, leaf := range x.Leaves {
		body = binary.BigEndian.AppendUint16(body, uint16(len(leaf)))
		body = append(body, leaf...)
	}
	return body, nil
}

// decodeExtension reads an extension. Its leaves are parts of body.
func (l *Limits) decodeExtension(body []byte) (ledger.Extension, error) {
	var header extension
	rest, err := l.decode(body, &header)
	if err != nil {
		return ledger.Extension{}, err
	}
	switch {
	case !ledger.ValidName(header.Ledger), header.From < 0, header.Count < 0:
		return ledger.Extension{}, fmt.Errorf("%w: no ledger, place or count", errMessage)
	case header.Count > l.Entries, len(header.Proof) > l.Proof, len(header.Checkpoint) > l.Note:
		return ledger.Extension{}, fmt.Errorf("%w: more entries or hashes than are taken", errMessage)
	}
	x := ledger.Extension{
		Side: header.Ledger, From: header.From, Checkpoint: []byte(header.Checkpoint),
		Proof:  make([]tlog.Hash, len(header.Proof)),
		Leaves: make([][]byte, 0, min(header.Count, len(rest)/2)),
	}
	for i, text := range header.Proof {
		h, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(h) != tlog.HashSize {
			return ledger.Extension{}, fmt.Errorf("%w: hash %d of the proof", errMessage, i)
		}
		x.Proof[i] = tlog.Hash(h)
	}
	for i := range header.Count {
		if len(rest) < 2 {
			return ledger.Extension{}, fmt.Errorf("%w: the bundle ends before entry %d of %d", errMessage, i, header.Count)
		}
		size := int(binary.BigEndian.Uint16(rest))
		if size == 0 || len(rest) < 2+size {
			return ledger.Extension{}, fmt.Errorf("%w: entry %d of the bundle has no bytes or too few", errMessage, i)
		}
		x.Leaves = append(x.Leaves, rest[2:2+size:2+size])
		rest = rest[2+size:]
	}
	if len(rest) > 0 {
		return ledger.Extension{}, fmt.Errorf("%w: %d bytes behind the bundle", errMessage, len(rest))
	}
	return x, nil
}
