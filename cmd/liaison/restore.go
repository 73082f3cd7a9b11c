package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

type restoreCommand struct {
	Args     []string `arg:"" optional:"" name:"args" hidden:""`
	FromPeer bool     `name:"from-peer" help:"Fetch the ledgers back from the other sides."`
	Database string   `placeholder:"URL" help:"Keep the record there instead of where it was: a PostgreSQL address, or \"files\"."`
}

func (c *restoreCommand) Help() string {
	return `With FILE and DIR it makes the data folder DIR, which must be empty or not there, from a backup; if the backup is damaged anywhere, it names the member and puts nothing in place. What this side has written since the backup is still at the other sides: when the node is started it fetches it back by itself, and until every other side has been heard it signs nothing and says so.

With --from-peer DIR the data folder is there, with its keys and the credences of the other sides (see "liaison init --recover" and "liaison admit"), but the ledgers are lost. They are fetched from the other sides, whose nodes must be running; every entry is checked with this side's own key. The command ends when nothing is missing.`
}

func (c *restoreCommand) Run(ctx context.Context, t *terminal) error {
	switch {
	case c.FromPeer && len(c.Args) == 1:
		return restoreFromPeer(ctx, t, c.Args[0])
	case !c.FromPeer && len(c.Args) == 2:
		return c.restoreFile(ctx, t, c.Args[0], c.Args[1])
	}
	return usagef("say what to restore: liaison restore FILE DIR, or liaison restore --from-peer DIR")
}

func (c *restoreCommand) restoreFile(ctx context.Context, t *terminal, file, dir string) (err error) {
	r, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer r.Close()
	if err := emptyFolder(dir); err != nil {
		return err
	}
	// The folder gets its name only when it is whole.
	dir = filepath.Clean(dir)
	scratch, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*")
	if err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	defer os.RemoveAll(scratch) // nothing is there any more if all went well
	if err := extract(r, scratch); err != nil {
		return err
	}
	f, err := openFolder(scratch)
	if err != nil {
		return fmt.Errorf("the backup is not whole: %w", err)
	}
	if _, err := f.keys(); err != nil {
		return fmt.Errorf("the backup is not whole: %w", err)
	}
	if err := f.markRestored(); err != nil {
		return err
	}
	if c.Database != "" {
		if err := f.moveDatabase(c.Database); err != nil {
			return err
		}
	}
	if f.settings.Database != "" {
		if err := f.copyIn(ctx); err != nil {
			return err
		}
	}
	if err := os.Remove(dir); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := os.Rename(scratch, dir); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := syncFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	t.print("%s of %s is restored to %s.", f.settings.Side, f.settings.Office, dir)
	t.print("Start it (liaison serve %s): it signs nothing until every other side has been heard.", dir)
	return nil
}

// moveDatabase changes the setting that says where the record is kept.
func (f *folder) moveDatabase(to string) error {
	if f.settings.Database = to; to == "files" {
		f.settings.Database = ""
	}
	if err := f.settings.check(); err != nil {
		return &usageError{err.Error()}
	}
	text, err := f.settings.text()
	if err != nil {
		return err
	}
	return writeFile(f.file(settingsFile), []byte(text), 0o600)
}

func restoreFromPeer(ctx context.Context, t *terminal, dir string) error {
	f, err := openFolder(dir)
	if err != nil {
		return err
	}
	admitted, err := f.admitted()
	if err != nil {
		return err
	}
	if len(admitted) < f.settings.Sides-1 {
		return fmt.Errorf("admit every other side first: %d of %d are admitted", len(admitted), f.settings.Sides-1)
	}
	release, err := f.lock(ctx, true)
	if err != nil {
		return err
	}
	defer release()
	if err := f.markRestored(); err != nil {
		return err
	}
	log, err := f.settings.logger(t.err)
	if err != nil {
		return err
	}
	config, err := f.nodeConfig(log, clock)
	if err != nil {
		return err
	}
	l, err := listen(f.settings.Link, "the link")
	if err != nil {
		return err
	}
	defer l.Close()
	n, err := node.Open(ctx, config)
	if err != nil {
		return fmt.Errorf("open the node: %w", err)
	}
	go func() { _ = n.Link().Serve(l) }() // it ends when the node closes
	t.say("Asking the other sides ...")
	if err = fetched(ctx, t, n); err == nil {
		err = fetchedFiles(ctx, t, n)
	}
	if err := errors.Join(err, n.Close()); err != nil {
		return err
	}
	if err := f.markUsed(); err != nil {
		return err
	}
	t.print("%s of %s is restored in %s: nothing is missing.", f.settings.Side, f.settings.Office, dir)
	return nil
}

// fetched waits until the node has every entry that any side has shown, and
// shows how far it is.
func fetched(ctx context.Context, t *terminal, n *node.Node) error {
	const lookEvery, sayEvery = 100 * time.Millisecond, 5 * time.Second
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var said time.Time
	for {
		status, err := n.Status(ctx)
		if err != nil {
			return err
		}
		have, missing := int64(0), false
		for _, head := range n.Ledger().Heads() {
			have += head.Size
			missing = missing || head.Noted > head.Size
		}
		linked := len(status.Lines) > 0
		for _, line := range status.Lines {
			linked = linked && line.Up
		}
		if status.Mode == node.Ready && linked && !missing {
			return nil
		}
		if now := time.Now(); now.Sub(said) >= sayEvery {
			said = now
			why := status.Why
			if why == "" {
				why = "not every side has been heard"
			}
			t.say("%d entries are here; %s%s", have, modeSentence(why), downLines(status.Lines))
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted: what was fetched stays; the same command goes on")
		case <-look.C:
		}
	}
}

// downLines says which lines are down, and why.
func downLines(lines map[office.Side]node.LineState) (text string) {
	for _, side := range slices.Sorted(maps.Keys(lines)) {
		line := lines[side]
		if line.Up {
			continue
		}
		reason, known := lineReasons[line.Why]
		if !known {
			reason = line.Why
		}
		text += fmt.Sprintf(" The line to %s is down (%s).", side, reason)
	}
	return text
}

// fetchedFiles waits until the node has all enclosures that are named, as long as
// they come.
func fetchedFiles(ctx context.Context, t *terminal, n *node.Node) error {
	const lookEvery, sayEvery, patience = 200 * time.Millisecond, 5 * time.Second, 30 * time.Second
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	var said time.Time
	last, lastHeld, moved := -1, int64(-1), time.Now()
	for {
		files, held, err := n.Lacks(ctx)
		if err != nil || files == 0 {
			return err
		}
		now := time.Now()
		if files != last || held != lastHeld {
			last, lastHeld, moved = files, held, now
		}
		if now.Sub(moved) > patience {
			t.say("%d enclosures have not come: no side gives them now. The node goes on asking when it serves.", files)
			return nil
		}
		if now.Sub(said) >= sayEvery {
			said = now
			t.say("%d enclosures are still to come", files)
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted: what was fetched stays; the same command goes on")
		case <-look.C:
		}
	}
}
