package ledger

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/text/unicode/norm"
)

// Credence is a side's public introduction: what another side needs in order
// to admit it to an office. It is a signed note (c2sp.org/signed-note), signed
// with the ledger key that it names:
//
//	liaison credence v1
//	office kaesong.example
//	side south
//	name South
//	zone Asia/Seoul
//	languages ko en
//	address 192.0.2.1:7443
//	ledger kaesong.example/south+8b9c1d2e+AW9k...
//	cosigner kaesong.example/south/mirror+1a2b3c4d+BG9k...
//	link nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=
//
//	— kaesong.example/south Az3grlgtz...
//
// The signature shows that the side holds the key, not that the side is who it
// says: for that, the fingerprint is read over the telephone.
type Credence struct {
	Office    string
	Side      string
	Name      string   // what the side is called, at most 100 bytes
	Zone      string   // IANA time zone, such as "Asia/Seoul"
	Languages []string // tags, such as "ko", the first preferred
	Address   string   // host:port of its node's link
	Party     Party    // its public keys
	LinkKey   string   // see HashLinkKey
}

const (
	credenceHeader = "liaison credence v1"
	maxCredence    = 4096 // bytes of a credence from outside
	maxLanguages   = 8
)

func (c *Credence) text() string {
	var b strings.Builder
	fmt.Fprintln(&b, credenceHeader)
	for _, line := range c.lines() {
		fmt.Fprintln(&b, line[0], line[1])
	}
	return b.String()
}

// lines are the members of a credence in their order.
func (c *Credence) lines() [][2]string {
	return [][2]string{
		{"office", c.Office}, {"side", c.Side}, {"name", c.Name}, {"zone", c.Zone},
		{"languages", strings.Join(c.Languages, " ")}, {"address", c.Address},
		{"ledger", c.Party.Key}, {"cosigner", c.Party.CosignerKey}, {"link", c.LinkKey},
	}
}

// SignCredence makes the text to hand to other sides. The members that follow
// from the keys are filled in.
func (k *Keys) SignCredence(c Credence) ([]byte, error) {
	c.Office, c.Side, c.Party, c.LinkKey = k.office, k.side, k.Party(), k.LinkKeyHash()
	if err := c.check(); err != nil {
		return nil, err
	}
	return k.signNote(c.text()), nil
}

var errCredence = errors.New("this is not a credence")

// OpenCredence reads a credence and checks its form and its signature by the
// key in it.
func OpenCredence(signed []byte) (Credence, error) {
	if len(signed) > maxCredence {
		return Credence{}, fmt.Errorf("%w: %d bytes is too long", errCredence, len(signed))
	}
	signed = []byte(strings.ReplaceAll(string(signed), "\r\n", "\n")) // as mail programs send it
	text := textOf(signed)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != credenceHeader {
		return Credence{}, fmt.Errorf("%w: its first line is not %q", errCredence, credenceHeader)
	}
	var c Credence
	want := c.lines()
	if len(lines) != 1+len(want) {
		return Credence{}, fmt.Errorf("%w: it does not have %d lines", errCredence, 1+len(want))
	}
	values := make([]string, len(want))
	for i, line := range lines[1:] {
		name, value, _ := strings.Cut(line, " ")
		if name != want[i][0] {
			return Credence{}, fmt.Errorf("%w: line %d is not %q", errCredence, i+2, want[i][0])
		}
		values[i] = value
	}
	c = Credence{
		Office: values[0], Side: values[1], Name: values[2], Zone: values[3], Languages: strings.Fields(values[4]),
		Address: values[5], Party: Party{Side: values[1], Key: values[6], CosignerKey: values[7]}, LinkKey: values[8],
	}
	if err := c.check(); err != nil {
		return Credence{}, err
	}
	v, err := parseVerifier(c.Party.Key, Origin(c.Office, c.Side), algEd25519)
	if err != nil {
		return Credence{}, fmt.Errorf("%w: %w", errCredence, err)
	}
	if _, err := note.Open(signed, note.VerifierList(v)); err != nil || c.text() != text {
		return Credence{}, fmt.Errorf("%w: its signature does not fit its text; somebody or something has changed it on the way", errCredence)
	}
	return c, nil
}

// check checks the form of every member.
func (c *Credence) check() error {
	bad := func(what, value string) error { return fmt.Errorf("%w: %q cannot be %s", errCredence, value, what) }
	switch {
	case !ValidOffice(c.Office):
		return bad("the name of an office", c.Office)
	case !ValidName(c.Side):
		return bad("the id of a side", c.Side)
	case !validLine(c.Name, 100):
		return bad("the name of a side", c.Name)
	case !validLine(c.Zone, 64) || strings.Contains(c.Zone, " "):
		return bad("a time zone", c.Zone)
	case len(c.Languages) == 0 || len(c.Languages) > maxLanguages || slices.ContainsFunc(c.Languages, func(tag string) bool { return !ValidName(strings.ToLower(tag)) }):
		return bad("a list of languages", strings.Join(c.Languages, " "))
	case !validLine(c.Address, 200) || strings.Contains(c.Address, " "):
		return bad("the address of a node", c.Address)
	}
	if _, err := parseVerifier(c.Party.Key, Origin(c.Office, c.Side), algEd25519); err != nil {
		return fmt.Errorf("%w: %w", errCredence, err)
	}
	if _, err := parseVerifier(c.Party.CosignerKey, CosignerName(c.Office, c.Side), algCosignature); err != nil {
		return fmt.Errorf("%w: %w", errCredence, err)
	}
	if key, err := base64.StdEncoding.DecodeString(c.LinkKey); err != nil || len(key) != sha256.Size {
		return bad("the hash of a link key", c.LinkKey)
	}
	return nil
}

// validLine reports whether text is one line of NFC text without control
// characters that is not empty and not padded.
func validLine(text string, maxBytes int) bool {
	return text != "" && len(text) <= maxBytes && utf8.ValidString(text) && norm.NFC.IsNormalString(text) &&
		strings.TrimSpace(text) == text && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' })
}

// fingerprintGroups is the number of groups of five digits in a fingerprint: 40
// digits say as much as 132 bits.
const fingerprintGroups = 8

// Fingerprint is a number that only this credence has, for reading over the
// telephone: eight groups of five digits. It is the SHA-256 of the signed text,
// as a number, modulo 10^40.
func (c *Credence) Fingerprint() string {
	sum := sha256.Sum256([]byte(c.text()))
	n := new(big.Int).SetBytes(sum[:])
	n.Mod(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(5*fingerprintGroups), nil))
	digits := fmt.Sprintf("%0*d", 5*fingerprintGroups, n)
	groups := make([]string, fingerprintGroups)
	for i := range groups {
		groups[i] = digits[5*i : 5*i+5]
	}
	return strings.Join(groups, " ")
}
