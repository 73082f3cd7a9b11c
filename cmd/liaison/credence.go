package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"liaison.example/api"
	"liaison.example/ledger"
	"liaison.example/node"
	"liaison.example/office"
)

type credenceCommand struct {
	place
	JSON bool `name:"json" help:"Print the credence and its fingerprint as JSON."`
}

func (c *credenceCommand) Help() string {
	return `Prints this side's credence: a short signed text with its name, its address and its public keys. It is no secret. Send it to the operators of the other sides as a file, by any means, and read them the fingerprint over the telephone, so that they know that it was not changed on the way.

The credence alone goes to standard output, so that "liaison credence DIR > south.credence" makes the file; the fingerprint goes to standard error.`
}

func (c *credenceCommand) Run(t *terminal) error {
	f, _, err := c.open()
	if err != nil {
		return err
	}
	keys, err := f.keys()
	if err != nil {
		return err
	}
	credence, text, err := f.credence(keys)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(map[string]string{"credence": string(text), "fingerprint": credence.Fingerprint()})
	}
	fmt.Fprint(t.out, string(text))
	t.sayFingerprint(credence.Fingerprint())
	return nil
}

// credence makes the side's credence from its settings.
func (f *folder) credence(keys *ledger.Keys) (ledger.Credence, []byte, error) {
	s := f.settings
	text, err := keys.SignCredence(ledger.Credence{Name: s.Name, Zone: s.Zone, Languages: s.Languages, Address: s.publicLink()})
	if err != nil {
		return ledger.Credence{}, nil, fmt.Errorf("write the credence: %w", err)
	}
	c, err := ledger.OpenCredence(text)
	if err != nil {
		return ledger.Credence{}, nil, fmt.Errorf("write the credence: %w", err)
	}
	return c, text, nil
}

// sayFingerprint shows a fingerprint in digits, and as it is read aloud.
func (t *terminal) sayFingerprint(fingerprint string) {
	t.say("")
	t.say("Fingerprint (지문): %s", fingerprint)
	for _, language := range []struct {
		name, between string
		digits        [10]string
	}{
		{"aloud", " ", [10]string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}},
		{"읽기", "", [10]string{"공", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구"}},
	} {
		for i, group := range strings.Fields(fingerprint) {
			var words []string
			for _, d := range group {
				if d >= '0' && d <= '9' {
					words = append(words, language.digits[d-'0'])
				}
			}
			head := strings.Repeat(" ", columns(language.name))
			if i == 0 {
				head = language.name
			}
			t.say("  %s  %d: %s", head, i+1, strings.Join(words, language.between))
		}
	}
}

type admitCommand struct {
	place
	Yes bool `short:"y" help:"Do not ask: the fingerprint was compared already."`
}

func (c *admitCommand) Help() string {
	return `Reads the credence of another side from FILE, shows its fingerprint, and asks whether it is the one that the other side has read out. Only then is the side admitted. When every side has admitted the others, the office opens by itself.

A running node admits the side at once.`
}

// maxCredence bounds what is read of a credence file, in bytes.
const maxCredence = 64 << 10

func (c *admitCommand) Run(ctx context.Context, t *terminal) error {
	f, args, err := c.open("the file with the credence")
	if err != nil {
		return err
	}
	text, err := readCredence(args[0])
	if err != nil {
		return err
	}
	credence, err := f.checkCredence(text)
	if err != nil {
		return err
	}
	t.say("Office       %s", credence.Office)
	t.say("Side         %s (%s)", credence.Side, printable(credence.Name))
	t.say("Zone         %s", printable(credence.Zone))
	t.say("Languages    %s", printable(strings.Join(credence.Languages, ", ")))
	t.say("Link         %s", printable(credence.Address))
	t.sayFingerprint(credence.Fingerprint())
	if !c.Yes {
		yes, err := t.ask("Is this the fingerprint that the other side has read to you?")
		if err != nil {
			return err
		}
		if !yes {
			return errors.New("the side was not admitted")
		}
	}
	client := f.client()
	defer client.Close()
	err = client.Admit(ctx, string(text))
	if errors.Is(err, api.ErrNotRunning) {
		err = f.saveCredence(credence.Side, text)
	}
	if err != nil {
		return err
	}
	t.print("%s is admitted.", credence.Side)
	return nil
}

func readCredence(path string) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the credence: %w", err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxCredence+1))
	if err != nil {
		return nil, fmt.Errorf("read the credence: %w", err)
	}
	if len(text) > maxCredence {
		return nil, fmt.Errorf("%s is no credence: it has more than %d bytes", path, maxCredence)
	}
	return text, nil
}

// checkCredence reads a credence and says whether its side may be admitted.
func (f *folder) checkCredence(text []byte) (ledger.Credence, error) {
	credence, err := ledger.OpenCredence(text)
	if err != nil {
		return credence, err
	}
	if credence.Office != f.settings.Office {
		return credence, fmt.Errorf("this is a credence for the office %s; this node belongs to %s", credence.Office, f.settings.Office)
	}
	if err := mayFound(credence); err != nil {
		return credence, fmt.Errorf("the office could not open with %s: %w. Let it change its settings and send its credence again", credence.Side, err)
	}
	if credence.Side == f.settings.Side {
		return credence, fmt.Errorf("this is the credence of %s, which is this side itself", credence.Side)
	}
	admitted, err := f.admitted()
	if err != nil {
		return credence, err
	}
	i := slices.IndexFunc(admitted, func(c ledger.Credence) bool { return c.Side == credence.Side })
	if i >= 0 && (admitted[i].Party != credence.Party || admitted[i].LinkKey != credence.LinkKey) {
		return credence, fmt.Errorf("%s was admitted before, with other keys. The keys of a side never change: somebody else may be using its name", credence.Side)
	}
	if i < 0 && len(admitted)+1 >= f.settings.Sides {
		return credence, fmt.Errorf("the office has %d sides, and all are admitted (\"sides\" in %s)", f.settings.Sides, settingsFile)
	}
	return credence, nil
}

// mayFound says what of a credence no charter could hold: the office would never
// open, and nobody would be told why.
func mayFound(c ledger.Credence) error {
	v := office.CheckSide(c.Office, node.CharterSide(c))
	if v.Done() {
		return nil
	}
	what, _ := strings.CutPrefix(v.Detail["field"], "side.")
	switch what {
	case "languages":
		return fmt.Errorf("%q cannot be its languages: use tags such as ko or en, each once", c.Languages)
	case "name":
		return fmt.Errorf("%q cannot be its name: it is one line of at most %d characters", c.Name, office.MaxSideName)
	}
	return fmt.Errorf("%q cannot be its %s", v.Detail["value"], what)
}

// admitted reads the credences of the admitted sides, in order of side.
func (f *folder) admitted() ([]ledger.Credence, error) {
	entries, err := os.ReadDir(f.file(admittedName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the admitted sides: %w", err)
	}
	var credences []ledger.Credence
	for _, e := range entries {
		side, ok := strings.CutSuffix(e.Name(), ".credence")
		if !ok || !ledger.ValidName(side) {
			continue
		}
		text, err := readCredence(filepath.Join(f.path, admittedName, e.Name()))
		if err != nil {
			return nil, err
		}
		c, err := ledger.OpenCredence(text)
		if err != nil {
			return nil, fmt.Errorf("admitted side %s: %w", side, err)
		}
		if c.Side != side || c.Office != f.settings.Office {
			return nil, fmt.Errorf("admitted side %s: the file holds the credence of %s in %s", side, c.Side, c.Office)
		}
		credences = append(credences, c)
	}
	return credences, nil
}

// saveCredence keeps the credence of an admitted side.
func (f *folder) saveCredence(side string, text []byte) error {
	if err := os.MkdirAll(f.file(admittedName), 0o700); err != nil {
		return fmt.Errorf("keep the credence: %w", err)
	}
	return writeFile(filepath.Join(f.path, admittedName, side+".credence"), text, 0o600)
}
