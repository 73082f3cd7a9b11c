package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"liaison.example/api"
	"liaison.example/ledger"
	"liaison.example/office"
)

// The data folder of a node:
//
//	liaison.toml    the settings
//	keys/           the private keys, for their owner alone, and a mark once they have signed
//	admitted/       SIDE.credence of each admitted side
//	ledger.db       own ledger, replicas, receipts         (not with PostgreSQL)
//	local.db        accounts, sessions, drafts             (not with PostgreSQL)
//	records.db      what follows from the ledgers; may be deleted while the node stands
//	evidence/       what other sides sent that breaks a promise
//	restored        only after a restore, until every other side was heard
//	liaison.sock    where a running node listens to commands
//	lock            held by a running node
const (
	settingsFile = "liaison.toml"
	keysFolder   = "keys"
	admittedName = "admitted"
	ledgerFile   = "ledger.db"
	localFile    = "local.db"
	recordsFile  = "records.db"
	evidenceName = "evidence"
	restoredFile = "restored"
	socketFile   = "liaison.sock"
	lockFile     = "lock"
)

// folder is the data folder of a node.
type folder struct {
	path     string
	settings *settings
}

// openFolder reads the settings of the data folder at path.
func openFolder(path string) (*folder, error) {
	s, err := readSettings(filepath.Join(path, settingsFile))
	if err != nil {
		return nil, err
	}
	return &folder{path: path, settings: s}, nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// socketVariable names another socket than that in the data folder, where
// several processes serve one side.
const socketVariable = "LIAISON_SOCKET"

// client makes a client of the node that runs on the folder.
func (f *folder) client() *api.Client {
	if path := os.Getenv(socketVariable); path != "" {
		return api.Dial(path)
	}
	return api.Dial(f.file(socketFile))
}

// place is how commands are told the data folder: by --dir, by LIAISON_DIR, by
// a first argument beyond those that the command needs, or by being called in
// the folder itself.
type place struct {
	Args []string `arg:"" optional:"" name:"args" hidden:""`
	Dir  string   `name:"dir" short:"C" placeholder:"DIR" env:"LIAISON_DIR" help:"The data folder. Default: the first argument, else the current folder if it holds liaison.toml."`
}

// locate returns the data folder and the arguments that the command needs.
func (p *place) locate(needs ...string) (dir string, args []string, err error) {
	switch len(p.Args) {
	case len(needs):
		dir, args = p.Dir, p.Args
	case len(needs) + 1:
		dir, args = p.Args[0], p.Args[1:]
	default:
		return "", nil, usagef("%s", argumentSentence(len(p.Args), needs))
	}
	if dir == "" {
		if _, err := os.Stat(settingsFile); err != nil {
			return "", nil, usagef("which node? Name its data folder as the first argument or with --dir, set LIAISON_DIR, or work inside a folder that holds %s", settingsFile)
		}
		dir = "."
	}
	return dir, args, nil
}

func argumentSentence(got int, needs []string) string {
	wanted := "only the data folder"
	for i, need := range needs {
		if i == 0 {
			wanted = need
		} else {
			wanted += " and " + need
		}
	}
	if len(needs) > 0 {
		wanted += ", after the data folder if one is named"
	}
	if got < len(needs) {
		return "something is missing: this command needs " + wanted
	}
	return "too many arguments: this command needs " + wanted
}

// open locates the data folder and reads its settings.
func (p *place) open(needs ...string) (*folder, []string, error) {
	dir, args, err := p.locate(needs...)
	if err != nil {
		return nil, nil, err
	}
	f, err := openFolder(dir)
	return f, args, err
}

// client locates the data folder and makes a client of the node on it; or of the
// node whose pages stand at LIAISON_URL, if that is set.
func (p *place) client(needs ...string) (*api.Client, []string, error) {
	if address := os.Getenv("LIAISON_URL"); address != "" {
		return p.webClient(address, needs)
	}
	f, args, err := p.open(needs...)
	if err != nil {
		return nil, nil, err
	}
	return f.client(), args, nil
}

// upTo reads a list of a node, page by page, until there are most of it or it ends.
// page gets the cursor of the page before and how many are still wanted, and gives
// the cursor of the page after it, "" for the last.
func upTo[T any](most int, page func(next string, most int) ([]T, string, error)) ([]T, error) {
	if most < 1 {
		return nil, usagef("--limit must be 1 or more")
	}
	list := []T{}
	for next := ""; ; {
		some, after, err := page(next, min(most-len(list), api.MaxList))
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
		if next = after; next == "" || len(list) >= most {
			return list, nil
		}
	}
}

// clientOf is client for a command that needs the id of one entry.
func (p *place) clientOf(what string) (*api.Client, office.EntryID, error) {
	client, args, err := p.client(what)
	if err != nil {
		return nil, office.EntryID{}, err
	}
	id, err := parseID(args[0])
	if err != nil {
		client.Close()
		return nil, id, err
	}
	return client, id, nil
}

// webClient makes a client that asks with the token in LIAISON_TOKEN, which
// stands in no argument, where everybody on the machine could read it.
func (p *place) webClient(address string, needs []string) (*api.Client, []string, error) {
	token := os.Getenv("LIAISON_TOKEN")
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, nil, usagef("LIAISON_URL is not the address of the pages of a node, such as https://office.example")
	case token == "":
		return nil, nil, usagef("LIAISON_URL is set and LIAISON_TOKEN is not: a node is asked over the network with a token (\"liaison token add\")")
	case len(p.Args) != len(needs):
		return nil, nil, usagef("%s; LIAISON_URL is set, so that no data folder is named", argumentSentence(len(p.Args), needs))
	}
	return api.DialWeb(address, token), p.Args, nil
}

// errInUse says that another process works on the data folder.
var errInUse = errors.New("another process works on it")

// lockTime is how long a process waits for the one before it to let go of the
// data folder, so that a node can be stopped and started without a pause.
const lockTime = 3 * time.Second

// lock takes the data folder for this process: alone, or, where several
// processes may serve one side from a database server, together with others.
func (f *folder) lock(ctx context.Context, alone bool) (release func(), err error) {
	const againAfter = 50 * time.Millisecond
	l, err := os.OpenFile(f.file(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder %s: %w", f.path, err)
	}
	for tries := lockTime / againAfter; ; tries-- {
		err := lockHandle(l, alone)
		switch {
		case err == nil:
			return func() { l.Close() }, nil
		case !errors.Is(err, errInUse):
			l.Close()
			return nil, fmt.Errorf("lock the data folder %s: %w", f.path, err)
		case tries <= 0:
			l.Close()
			return nil, fmt.Errorf("the data folder %s is in use: another process works on it", f.path)
		}
		select {
		case <-ctx.Done():
			l.Close()
			return nil, fmt.Errorf("lock the data folder %s: %w", f.path, context.Cause(ctx))
		case <-time.After(againAfter):
		}
	}
}

// emptyFolder makes the folder at path if it is not there, and refuses one
// that holds anything.
func emptyFolder(path string) error {
	entries, err := os.ReadDir(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look into %s: %w", path, err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("the folder %s is not empty: nothing in it was changed", path)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	return nil
}

// writeFile writes a file whole or not at all, and so that it survives a
// crash. mode is that of the new file.
func writeFile(path string, content []byte, mode fs.FileMode) (err error) {
	return writeFileFrom(path, mode, func(w *os.File) error {
		_, err := w.Write(content)
		return err
	})
}

// writeFileFrom is writeFile for content that is made while it is written.
func writeFileFrom(path string, mode fs.FileMode, write func(*os.File) error) (err error) {
	w, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			w.Close()
			os.Remove(w.Name())
		}
	}()
	if err := w.Chmod(mode); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := write(w); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := errors.Join(w.Sync(), w.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(w.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder survive a crash.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync the folder %s: %w", path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("sync the folder %s: %w", path, err)
	}
	return nil
}

// markRestored leaves the mark by which the node knows that it may lack entries
// that it once signed: it signs nothing until every other side has been heard.
func (f *folder) markRestored() error { return writeFile(f.file(restoredFile), nil, 0o600) }

// usedFile stands beside the keys once they have signed. Keys that have signed
// and a ledger that is not there mean that the ledger was lost.
const usedFile = "used"

// markUsed says that the keys are in use.
func (f *folder) markUsed() error {
	path := filepath.Join(f.path, keysFolder, usedFile)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	return writeFile(path, []byte("These keys sign. A node that finds them without their ledger must not sign before it has it back.\n"), 0o600)
}

// guardLost marks the folder as restored if its keys have signed but the ledger
// is not there.
func (f *folder) guardLost() (lost bool, err error) {
	if f.settings.Database != "" {
		return false, nil // the database says by itself what it holds
	}
	if _, err := os.Stat(filepath.Join(f.path, keysFolder, usedFile)); err != nil {
		return false, nil
	}
	if _, err := os.Stat(f.file(ledgerFile)); !errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return true, f.markRestored()
}

// parties are the public keys of all sides, this one's included, by side.
func (f *folder) parties() (map[string]ledger.Party, error) {
	keys, err := f.keys()
	if err != nil {
		return nil, err
	}
	admitted, err := f.admitted()
	if err != nil {
		return nil, err
	}
	parties := map[string]ledger.Party{f.settings.Side: keys.Party()}
	for _, c := range admitted {
		parties[c.Side] = c.Party
	}
	return parties, nil
}
