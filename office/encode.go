package office

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
)

// Encode gives the canonical JSON (RFC 8785) of one of the bodies or rows of
// this package: no space between tokens, members in the order of their names,
// text in its shortest form. It is an error to pass text that is not UTF-8.
//
// The types do half of it: their fields stand in the order of their names, and
// all their numbers are integers (spec/entries.md §1).
func Encode(value any) ([]byte, error) {
	encoded, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", value, err)
	}
	return encoded, nil
}

// decode reads canonical JSON, and nothing else, into body, which points to
// the zero value of one of the bodies. Unknown, missing and doubled members,
// other spellings of the same value and bytes after its end all fail, because
// what was read would then not be written again in the same bytes.
func decode(encoded []byte, body any) bool {
	if json.Unmarshal(encoded, body, json.RejectUnknownMembers(true)) != nil {
		return false
	}
	same := &comparison{rest: encoded}
	return json.MarshalWrite(same, body, json.Deterministic(true)) == nil && len(same.rest) == 0
}

// A comparison is a writer that fails at the first byte that differs.
type comparison struct {
	rest []byte // what has still to be written
}

var errDiffers = errors.New("written again it differs")

func (c *comparison) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(c.rest, p) {
		return 0, errDiffers
	}
	c.rest = c.rest[len(p):]
	return len(p), nil
}

// HashCharter gives the hex SHA-256 of the charter's canonical bytes: what an
// agreement names. A charter that cannot be written has the hash "".
func HashCharter(c *Charter) string {
	encoded, err := Encode(c)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}
