package office

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
)

// A mapDesk holds the records in a map, as canonical JSON, so that no rule can
// change a row without putting it.
type mapDesk struct {
	rows map[string][]byte // by table and key
	put  []string          // what has been put since the last look, in order
}

func newDesk() *mapDesk { return &mapDesk{rows: map[string][]byte{}} }

func place(row Row) string { return row.Table() + " " + row.Key() }

func (d *mapDesk) Get(row Row) bool {
	encoded, found := d.rows[place(row)]
	if found {
		if err := json.Unmarshal(encoded, row, json.RejectUnknownMembers(true)); err != nil {
			panic(err) // the test's own bytes
		}
	}
	return found
}

func (d *mapDesk) Put(row Row) {
	encoded, err := Encode(row)
	if err != nil {
		panic(fmt.Sprintf("a rule put a row that cannot be written: %v", err))
	}
	d.rows[place(row)] = encoded
	d.put = append(d.put, place(row))
}

// testOffice is the office of all tests here. It has three sides, because
// nothing may assume two.
const testOffice = "kaesong.example"

var testSides = []Side{"east", "north", "south"}

// testVkey makes something of the form of a public key, different for each name.
func testVkey(name string) string {
	key := make([]byte, 33)
	copy(key[1:], strings.Repeat(name, 33))
	key[0] = 1
	return name + "+01234567+" + base64.StdEncoding.EncodeToString(key)
}

func testSide(id Side) CharterSide {
	link := make([]byte, 32)
	copy(link, id)
	return CharterSide{
		Address:   id + ".example:7460",
		Cosigner:  testVkey(testOffice + "/" + id + "/mirror"),
		ID:        id,
		Languages: []string{"ko", "en"},
		Ledger:    testVkey(testOffice + "/" + id),
		Link:      base64.StdEncoding.EncodeToString(link),
		Name:      strings.ToUpper(id[:1]) + id[1:],
		Zone:      "Asia/Seoul",
	}
}

func testFounding() *Charter {
	var sides []CharterSide
	for _, id := range testSides {
		sides = append(sides, testSide(id))
	}
	return FoundingCharter(testOffice, 1, sides)
}

// testCharters are the charters that transcripts name with "@name" and whose
// hashes they name with "#name".
func testCharters() map[string]*Charter {
	changed := func(change func(c *Charter)) *Charter {
		c := testFounding()
		change(c)
		return c
	}
	return map[string]*Charter{
		"founding": testFounding(),
		"with-maritime": changed(func(c *Charter) {
			c.Channels = append(c.Channels, Channel{
				ID:      "maritime",
				Name:    Words{"en": "Maritime", "ko": "해상"},
				Purpose: Words{"en": "Ships in distress and adrift.", "ko": "조난 및 표류 선박."},
			})
		}),
		"with-quicker-clocks":   changed(func(c *Charter) { c.Clocks[0].Acknowledge = 300 }),
		"with-rules-2":          changed(func(c *Charter) { c.Rules = 2 }),
		"with-rules-2-and-more": changed(func(c *Charter) { c.Rules, c.Clocks[0].Acknowledge = 2, 300 }),
		"with-newer-rules":      changed(func(c *Charter) { c.Rules = Version + 1 }),
		"with-new-address":      changed(func(c *Charter) { c.Sides[2].Address = "[2001:db8::7]:7460" }),
		"with-other-key":        changed(func(c *Charter) { c.Sides[0].Ledger = strings.Replace(c.Sides[0].Ledger, "01234567", "76543210", 1) }),
		"without-east":          changed(func(c *Charter) { c.Sides = c.Sides[1:] }),
		"of-another-office": FoundingCharter("geneva.example", 1, []CharterSide{
			otherOffice(testSide("north")), otherOffice(testSide("south")),
		}),
		"without-channels": changed(func(c *Charter) { c.Channels = nil }),
		"without-a-clock":  changed(func(c *Charter) { c.Clocks = c.Clocks[:3] }),
		"out-of-order":     changed(func(c *Charter) { c.Sides[0], c.Sides[1] = c.Sides[1], c.Sides[0] }),
		"too-large": changed(func(c *Charter) {
			for i := range MaxChannels - 1 {
				c.Channels = append(c.Channels, Channel{
					ID:      fmt.Sprintf("channel-%d", i),
					Name:    Words{"en": "Channel"},
					Purpose: Words{"en": strings.Repeat("long ", 199)},
				})
			}
		}),
	}
}

func otherOffice(s CharterSide) CharterSide {
	s.Ledger = strings.Replace(s.Ledger, testOffice, "geneva.example", 1)
	s.Cosigner = strings.Replace(s.Cosigner, testOffice, "geneva.example", 1)
	return s
}
