package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"liaison.example/api"
	"liaison.example/ledger"
)

type doctorCommand struct {
	place
	Backup string `placeholder:"FILE" help:"Also look at this backup: whose it is, and how old."`
	JSON   bool   `name:"json" help:"Print a JSON array."`
}

func (c *doctorCommand) Help() string {
	return `Looks at all that a node rests on and prints one line for each check: ok, warning or bad, what was found, and below the latter two what to do. It ends with exit code 0 if nothing is bad, and with 1 otherwise.

The node may run or stand. Nothing is changed. To see whether the disk takes a synced write, a small file is written and removed again. While it looks at a node that stands, the node cannot be started: that takes seconds, longer if the ledger is large.`
}

// finding is what one check has found.
type finding struct {
	Check string `json:"check"`
	State string `json:"state"` // ok, warning or bad
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

// The states of a finding.
const (
	isOK      = "ok"
	isWarning = "warning"
	isBad     = "bad"
)

func ok(format string, args ...any) finding {
	return finding{State: isOK, Found: fmt.Sprintf(format, args...)}
}

func warning(do, format string, args ...any) finding {
	return finding{State: isWarning, Found: fmt.Sprintf(format, args...), Do: do}
}

func bad(do, format string, args ...any) finding {
	return finding{State: isBad, Found: fmt.Sprintf(format, args...), Do: do}
}

// checkup is the table of checks, in the order in which they are printed. A
// check may find several things, as one for each side.
var checkup = []struct {
	name string
	look func(ctx context.Context, p *patient) []finding
}{
	{"node", lookAtNode},
	{"settings", lookAtSettings},
	{"rights", lookAtRights},
	{"keys", lookAtKeys},
	{"sides", lookAtSides},
	{"ledger", func(ctx context.Context, p *patient) []finding { return lookAtDatabase(ctx, p, ledgerFile) }},
	{"local", func(ctx context.Context, p *patient) []finding { return lookAtDatabase(ctx, p, localFile) }},
	{"records", func(ctx context.Context, p *patient) []finding { return lookAtDatabase(ctx, p, recordsFile) }},
	{"fit", lookAtFit},
	{"space", lookAtSpace},
	{"writing", lookAtWriting},
	{"clock", lookAtClock},
	{"ports", lookAtPorts},
	{"certificates", lookAtCertificates},
	{"passkeys", lookAtPasskeys},
	{"backup", lookAtBackup},
	{"lines", lookAtLines},
	{"alarms", lookAtAlarms},
}

// patient is the node that is looked at.
type patient struct {
	*folder
	backup string // the file that was named
	client *api.Client
	status *api.Status // of a node that runs and answers; else nil
	silent error       // why a node that runs did not answer
	inUse  bool        // a process works on the folder
	keys   *ledger.Keys
	noKeys error
}

// stands reports whether no process works on the folder.
func (p *patient) stands() bool { return p.status == nil && !p.inUse }

// answerTime is how long the doctor waits for an answer of any one node.
const answerTime = 10 * time.Second

func (c *doctorCommand) Run(ctx context.Context, t *terminal) error {
	dir, _, err := c.locate()
	if err != nil {
		return err
	}
	findings, err := examine(ctx, dir, c.Backup)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := t.printJSON(findings); err != nil {
			return err
		}
	} else {
		printFindings(t, findings)
	}
	found := 0
	for _, f := range findings {
		if f.State == isBad {
			found++
		}
	}
	if found > 0 {
		return fmt.Errorf("%d of %d findings are bad", found, len(findings))
	}
	return nil
}

func printFindings(t *terminal, findings []finding) {
	for _, f := range findings {
		t.print("%-7s  %-12s  %s", f.State, f.Check, printable(f.Found))
		if f.Do != "" {
			t.print("%-7s  %-12s  -> %s", "", "", printable(f.Do))
		}
	}
}

// examine makes all checks. If the settings cannot be understood it goes no
// further than to say so.
func examine(ctx context.Context, dir, backup string) ([]finding, error) {
	f, err := openFolder(dir)
	if err != nil {
		if _, e := os.Stat((&folder{path: dir}).file(settingsFile)); errors.Is(e, fs.ErrNotExist) {
			return nil, err
		}
		if errors.Is(err, fs.ErrPermission) {
			return []finding{{"rights", isBad, err.Error(), whoseFolder(dir) + " Nothing else can be checked before."}}, nil
		}
		return []finding{{"settings", isBad, err.Error(), "Mend this line of liaison.toml; the manual lists every setting. Nothing else can be checked before."}}, nil
	}
	p := &patient{folder: f, backup: backup, client: f.client()}
	defer p.client.Close()
	asked, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if status, err := p.client.Status(asked); err == nil {
		p.status = &status
	} else if !errors.Is(err, api.ErrNotRunning) {
		p.silent, p.inUse = err, true
	}
	if p.stands() {
		release, err := f.hold()
		if err != nil {
			p.inUse, p.silent = true, err
		}
		defer release()
	}
	p.keys, p.noKeys = f.keys()
	var all []finding
	for _, check := range checkup {
		for _, found := range check.look(ctx, p) {
			found.Check = check.name
			all = append(all, found)
		}
	}
	return all, ctx.Err()
}

// hold keeps others from starting a node on the folder, without a trace: where
// no node has ever run there is no lock, and nothing to keep them from.
func (f *folder) hold() (release func(), err error) {
	l, err := os.OpenFile(f.file(lockFile), os.O_RDWR, 0)
	if err != nil {
		return func() {}, nil
	}
	// Several processes may serve one side from a database server: that none of
	// them does is known only by having the lock alone.
	if err := lockHandle(l, true); err != nil {
		l.Close()
		return func() {}, err
	}
	return func() { l.Close() }, nil
}

func lookAtNode(_ context.Context, p *patient) []finding {
	switch {
	case p.status == nil && p.inUse:
		return []finding{bad("Look into its log. If it does not come to itself, stop it and start it again. If it was started with --socket, set LIAISON_SOCKET.",
			"a process works on the folder, but does not answer: %v", p.silent)}
	case p.status == nil:
		if _, err := os.Stat(p.file(restoredFile)); err == nil {
			return []finding{warning("Start it, and see that every line comes up.", "it stands. It was restored, and signs nothing until every other side was heard")}
		}
		return []finding{ok("it stands")}
	case p.status.Mode != "ready":
		return []finding{bad("See \"Modes in which it does not sign\" in docs/operating.md.", "it runs, and is %s: %s", p.status.Mode, modeSentence(p.status.Why))}
	case p.status.Version != version:
		return []finding{warning("Start the node again, so that it runs the new program.", "it runs as version %s, and this program is %s", p.status.Version, version)}
	}
	return []finding{ok("it runs, version %s, ready", p.status.Version)}
}
