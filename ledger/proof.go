package ledger

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// proveTree proves that the tree of size n is a beginning of that of size t.
func proveTree(t, n int64, r tlog.HashReader) ([]tlog.Hash, error) {
	proof, err := tlog.ProveTree(t, n, r)
	return []tlog.Hash(proof), err
}

// proofHeader is the first line of a proof (c2sp.org/tlog-proof).
const proofHeader = "c2sp.org/tlog-proof@v1"

// maxProof bounds a disclosure from outside, in bytes: the longest entry in
// base64, 63 hashes and the checkpoint.
const maxProof = 2*MaxLeaf + 63*64 + maxNote

// Disclose makes the file by which one entry can be shown to a third party: a
// c2sp.org/tlog-proof whose extra data is the entry itself, with the smallest
// checkpoint by which every side that has cosigned it had, and all cosignatures
// over that checkpoint. Whoever has the public keys can check it without this
// software and without any other entry:
//
//	c2sp.org/tlog-proof@v1
//	extra eyJhdCI6IjIwMTgtMDktMTRUMDE6MzA6MDAuMDAwWiIs...
//	index 17
//	PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
//
//	kaesong.example/south
//	18
//	nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//
//	— kaesong.example/south Az3grlgtz...
//	— kaesong.example/north/mirror jWbPPwAAAABk...
func (l *Ledger) Disclose(ctx context.Context, side string, index int64) ([]byte, error) {
	slip := l.view.Load().slip
	receipts, err := l.Receipts(ctx, side, index)
	if err != nil {
		return nil, err
	}
	entry, err := l.Entry(ctx, side, index)
	if err != nil {
		return nil, err
	}
	var signed []byte
	if last := slices.MaxFunc(append(receipts, Receipt{}), func(a, b Receipt) int { return cmp.Compare(a.Size, b.Size) }); last.Size > 0 {
		c := checkpoint{size: last.Size, note: firstSignature(last.Note)}
		err = l.db.View(ctx, func(tx *sqldb.Tx) (err error) {
			signed, err = withCosignatures(ctx, tx, slip, side, c.size, &c)
			return err
		})
	} else {
		signed, err = l.Checkpoint(ctx, side)
	}
	if err != nil {
		return nil, err
	}
	c, err := parseCheckpoint(textOf(signed))
	if err != nil {
		return nil, err
	}
	if c.size <= index { // a catch-up is under way: no checkpoint reaches the entry yet
		return nil, ErrNoEntry
	}
	var path tlog.RecordProof
	err = l.db.View(ctx, func(tx *sqldb.Tx) (err error) {
		path, err = tlog.ProveRecord(c.size, index, tileReader{ctx, tx, side, nil})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prove %s/%d: %w", side, index, err)
	}
	return formatProof(entry.Leaf, index, path, signed), nil
}

func formatProof(leaf []byte, index int64, path tlog.RecordProof, signed []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nextra %s\nindex %d\n", proofHeader, base64.StdEncoding.EncodeToString(leaf), index)
	for _, h := range path {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]) + "\n")
	}
	b.WriteString("\n")
	b.Write(signed)
	return b.Bytes()
}

// disclosure is a parsed proof.
type disclosure struct {
	leaf   []byte
	index  int64
	path   tlog.RecordProof
	signed []byte
}

var errProof = errors.New("not a disclosure (c2sp.org/tlog-proof with the entry as extra data)")

// parseProof reads a disclosure. Nothing of it is checked yet.
func parseProof(text []byte) (disclosure, error) {
	if len(text) > maxProof {
		return disclosure{}, fmt.Errorf("%w: %d bytes is too long", errProof, len(text))
	}
	head, signed, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || lines[0] != proofHeader {
		return disclosure{}, errProof
	}
	extra, hasExtra := strings.CutPrefix(lines[1], "extra ")
	number, hasIndex := strings.CutPrefix(lines[2], "index ")
	leaf, err := base64.StdEncoding.Strict().DecodeString(extra)
	index, errIndex := strconv.ParseInt(number, 10, 64)
	if !hasExtra || !hasIndex || err != nil || errIndex != nil || index < 0 || len(lines)-3 > 63 {
		return disclosure{}, errProof
	}
	d := disclosure{leaf: leaf, index: index, signed: signed}
	for _, line := range lines[3:] {
		h, err := base64.StdEncoding.Strict().DecodeString(line)
		if err != nil || len(h) != tlog.HashSize {
			return disclosure{}, fmt.Errorf("%w: a hash is malformed", errProof)
		}
		d.path = append(d.path, tlog.Hash(h))
	}
	return d, nil
}

// textOf is the signed text of a note, without its signatures.
func textOf(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}

// lastLine is the last signature line of a note.
func lastLine(signed []byte) []byte {
	trimmed := bytes.TrimSuffix(signed, []byte("\n"))
	return signed[bytes.LastIndexByte(trimmed, '\n')+1:]
}

// firstSignature is a note with its first signature only.
func firstSignature(signed []byte) []byte {
	text, signatures, _ := bytes.Cut(signed, []byte("\n\n"))
	first, _, _ := bytes.Cut(signatures, []byte("\n"))
	return fmt.Appendf(nil, "%s\n\n%s\n", text, first)
}
