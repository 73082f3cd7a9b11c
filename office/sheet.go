package office

import (
	"encoding/hex"
	"strings"
)

// SheetCode is what a printed sheet bears, in writing and as a QR code, so that
// the paper can be checked against the record (spec/entries.md §3.11).
type SheetCode struct {
	Office string
	ID     EntryID
	Hash   [32]byte // the RFC 6962 leaf hash of the entry
}

// sheetMark begins every code; the number is that of its form.
const sheetMark = "LIAISON 1"

// String writes the code: "LIAISON 1 kaesong.example south/17 9f86d0…".
func (c SheetCode) String() string {
	return strings.Join([]string{sheetMark, c.Office, c.ID.String(), hex.EncodeToString(c.Hash[:])}, " ")
}

// IsSheetCode reports whether a text is meant to be a code: it begins like one.
func IsSheetCode(text string) bool {
	return strings.HasPrefix(strings.ToUpper(strings.Join(strings.Fields(text), " ")), sheetMark+" ")
}

// ParseSheetCode reads a code as it was scanned or typed: in either case, with
// any spacing, also within the hash. It reports false if it is none.
func ParseSheetCode(text string) (c SheetCode, ok bool) {
	const most = 1000 // bytes; a code has some 220 at the most
	if len(text) > most {
		return c, false
	}
	fields := strings.Fields(strings.ToLower(text))
	if len(fields) < 5 || strings.Join(fields[:2], " ") != strings.ToLower(sheetMark) || !ValidOffice(fields[2]) {
		return c, false
	}
	id, err := ParseEntryID(fields[3])
	hash, badHash := hex.DecodeString(strings.Join(fields[4:], ""))
	if err != nil || badHash != nil || len(hash) != len(c.Hash) {
		return c, false
	}
	c.Office, c.ID = fields[2], id
	copy(c.Hash[:], hash)
	return c, true
}
