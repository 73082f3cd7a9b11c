package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"liaison.example/ledger"
	"liaison.example/legible"
)

type initCommand struct {
	place
	Office      string   `required:"" placeholder:"NAME" help:"The name of the office, such as kaesong.example: the same on all sides."`
	Side        string   `required:"" placeholder:"ID" help:"The id of this side, such as south."`
	Name        string   `placeholder:"TEXT" help:"The name of this side as people read it. Default: the id."`
	Zone        string   `default:"UTC" placeholder:"ZONE" help:"The time zone of this side, such as Asia/Seoul. Default: UTC."`
	Language    []string `default:"en" placeholder:"TAG" help:"A language of this side, the preferred one first: ko, en. May be given several times. Default: en."`
	Web         string   `default:"127.0.0.1:8410" placeholder:"ADDR" help:"Where the pages listen, host:port. Default: 127.0.0.1:8410."`
	Link        string   `default:"127.0.0.1:8411" placeholder:"ADDR" help:"Where the link to the other sides listens, host:port. Default: 127.0.0.1:8411."`
	LinkAddress string   `placeholder:"ADDR" help:"How the other sides reach the link, where that differs from --link."`
	Sides       int      `default:"2" placeholder:"N" help:"How many sides found the office. Default: 2."`
	Database    string   `placeholder:"URL" help:"A PostgreSQL address, if the record is not to be kept in files."`
	Recover     bool     `help:"Make the keys again from a recovery key, which is asked for, instead of new ones."`
	JSON        bool     `name:"json" help:"Print the recovery key and the fingerprint as JSON."`
}

func (c *initCommand) Help() string {
	return `Makes the data folder DIR, which must be empty or not there, with liaison.toml, the keys, and nothing else. It prints the recovery key, which is shown only this once: print it, lock it away, and keep no copy on this machine. Whoever has it can act as this side; without it, a side whose machine is destroyed cannot prove that it is the same side.

With --recover the keys are made again from a recovery key. The node then signs nothing until it has fetched its own ledger back from every other side: admit them, and see "liaison restore --from-peer".`
}

func (c *initCommand) Run(t *terminal) error {
	dir, _, err := c.locateNew()
	if err != nil {
		return err
	}
	s := defaults()
	s.Office, s.Side, s.Name, s.Zone, s.Languages = c.Office, c.Side, c.Name, c.Zone, c.Language
	s.Web, s.Link, s.LinkAddress, s.Sides, s.Database = c.Web, c.Link, c.LinkAddress, c.Sides, c.Database
	if s.Name = norm.NFC.String(strings.TrimSpace(s.Name)); s.Name == "" {
		s.Name = s.Side
	}
	if err := s.legible(); err != nil {
		return err
	}
	if err := s.check(); err != nil {
		return &usageError{err.Error()}
	}
	if host, _, err := net.SplitHostPort(s.publicLink()); err == nil {
		if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
			return usagef("the other sides cannot reach the link at %s: say with --link-address how they do", s.publicLink())
		}
	}
	seed := ledger.NewSeed()
	if c.Recover {
		if err := emptyFolder(dir); err != nil { // before anything is typed
			return err
		}
		fmt.Fprint(t.err, "Recovery key: ")
		line, err := t.readLine()
		if err != nil {
			return err
		}
		if seed, err = ledger.ParseRecoveryKey(line); err != nil {
			return err
		}
	}
	f, keys, err := makeFolder(dir, &s, seed)
	if err != nil {
		return err
	}
	if c.Recover {
		if err := f.markRestored(); err != nil {
			return err
		}
	}
	credence, _, err := f.credence(keys)
	if err != nil {
		return err
	}
	return c.tell(t, dir, ledger.FormatRecoveryKey(seed), credence.Fingerprint())
}

// legible refuses names by which a side could pass for another, or that read
// otherwise than they are written. Whoever compares a credence by eye sees the name.
func (s *settings) legible() error {
	for _, one := range []struct{ what, name string }{{"name of the office", s.Office}, {"id of the side", s.Side}, {"name of the side", s.Name}} {
		flaw := legible.Name(one.name)
		switch {
		case flaw != nil && flaw.Word != "":
			return usagef("the %s has a word, “%s”, with letters that pass for those of another alphabet: write it in the letters of one", one.what, printable(flaw.Word))
		case flaw != nil:
			return usagef("the %s has a character (U+%04X) after “%s” that is not seen, or turns what is read: leave it out", one.what, flaw.Rune, printable(flaw.After))
		case strings.ContainsFunc(one.name, unicode.IsControl) || !utf8.ValidString(one.name):
			return usagef("the %s must be one line of letters, without control characters", one.what)
		}
	}
	return nil
}

// locateNew returns the folder to make.
func (c *initCommand) locateNew() (dir string, _ []string, err error) {
	switch {
	case len(c.Args) == 1:
		return c.Args[0], nil, nil
	case len(c.Args) == 0 && c.Dir != "":
		return c.Dir, nil, nil
	case len(c.Args) == 0:
		return "", nil, usagef("name the data folder to make: liaison init DIR --office NAME --side ID")
	}
	return "", nil, usagef("too many arguments: this command needs only the data folder")
}

func (c *initCommand) tell(t *terminal, dir, recoveryKey, fingerprint string) error {
	if c.JSON {
		answer := map[string]string{"folder": dir, "fingerprint": fingerprint}
		if !c.Recover {
			answer["recovery_key"] = recoveryKey
		}
		return t.printJSON(answer)
	}
	t.print("The data folder %s of side %s is made.", dir, c.Side)
	if !c.Recover {
		t.print("")
		t.print("Recovery key (복구 열쇠) of %s in %s:", c.Side, c.Office)
		t.print("")
		groups := strings.Split(recoveryKey, "-")
		for len(groups) > 0 {
			n := min(7, len(groups))
			t.print("    %s", strings.Join(groups[:n], "-"))
			groups = groups[n:]
		}
		t.print("")
		t.print("It is shown only this once. Print it, lock it away, and keep no copy on this machine.")
		t.print("이 열쇠는 지금 한 번만 보입니다. 인쇄하여 금고에 보관하고, 이 기기에는 남기지 마십시오.")
	}
	t.print("")
	t.print("Next: give the other sides your credence (liaison credence %s), admit theirs", dir)
	t.print("(liaison admit %s FILE), and start the node (liaison serve %s).", dir, dir)
	return nil
}

// makeFolder makes the data folder of a new node. The settings are written
// last: a folder without them is none.
func makeFolder(dir string, s *settings, seed [ledger.SeedSize]byte) (*folder, *ledger.Keys, error) {
	text, err := s.text()
	if err != nil {
		return nil, nil, err
	}
	keys, err := ledger.DeriveKeys(seed, s.Office, s.Side)
	if err != nil {
		return nil, nil, err
	}
	f := &folder{path: dir, settings: s}
	credence, _, err := f.credence(keys)
	if err == nil {
		err = mayFound(credence)
	}
	if err != nil {
		return nil, nil, &usageError{err.Error()}
	}
	if err := emptyFolder(dir); err != nil {
		return nil, nil, err
	}
	if err := keys.Save(f.file(keysFolder)); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(f.file(admittedName), 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the folder for credences: %w", err)
	}
	if err := writeFile(f.file(settingsFile), []byte(text), 0o600); err != nil {
		return nil, nil, err
	}
	return f, keys, errors.Join(syncFolder(f.file(keysFolder)), syncFolder(filepath.Dir(filepath.Clean(dir))))
}

// keys reads the private keys.
func (f *folder) keys() (*ledger.Keys, error) {
	return ledger.LoadKeys(f.file(keysFolder), f.settings.Office, f.settings.Side)
}
