package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/api"
	"liaison.example/ledger"
	"liaison.example/sqldb"
)

type exportCommand struct {
	place
	JSON bool `name:"json" help:"Print how many entries of each side were written, as JSON."`
}

func (c *exportCommand) Help() string {
	return `Writes, for each side, its ledger as a folder of static files OUT/tlog/SIDE in the layout of c2sp.org/tlog-tiles: the signed checkpoint with its cosignatures, the tiles, and the entries. Beside them key.pub is the key of the ledger, and cosigner.pub that with which the side cosigns the others. OUT must be empty or not there. Public tools can check the folders, and so can "liaison verify". The node may be running.`
}

// tileSource reads one file of a side's log.
type tileSource func(ctx context.Context, side, path string) ([]byte, error)

func (c *exportCommand) Run(ctx context.Context, t *terminal) error {
	f, args, err := c.open("the folder to write")
	if err != nil {
		return err
	}
	out := args[0]
	parties, err := f.parties()
	if err != nil {
		return err
	}
	source, done, err := f.tileSource(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := emptyFolder(out); err != nil {
		return err
	}
	written := map[string]int64{}
	for _, side := range slices.Sorted(maps.Keys(parties)) {
		p := parties[side]
		dir := filepath.Join(out, "tlog", side)
		if written[side], err = exportLog(ctx, source, side, dir); err != nil {
			return fmt.Errorf("export the ledger of %s: %w", side, err)
		}
		for name, key := range map[string]string{"key.pub": p.Key, "cosigner.pub": p.CosignerKey} {
			if err := writeFile(filepath.Join(dir, name), []byte(key+"\n"), 0o644); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		return t.printJSON(written)
	}
	for _, side := range slices.Sorted(maps.Keys(written)) {
		t.print("%s  %d entries", filepath.Join(out, "tlog", side), written[side])
	}
	return nil
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

// tileSource reads the logs from the running node, or else from the databases.
func (f *folder) tileSource(ctx context.Context) (source tileSource, done func(), err error) {
	client := f.client()
	_, err = client.Status(ctx)
	if err == nil {
		return func(ctx context.Context, side, path string) ([]byte, error) {
			data, err := client.Tile(ctx, side, path)
			if isProblem(err, api.CodeNotFound) {
				err = ledger.ErrNoTile
			}
			return data, err
		}, client.Close, nil
	}
	if !errors.Is(err, api.ErrNotRunning) {
		return nil, nil, err
	}
	release, err := f.lock(ctx, f.settings.Database == "")
	if err != nil {
		return nil, nil, err
	}
	keys, err := f.keys()
	if err != nil {
		release()
		return nil, nil, err
	}
	admitted, err := f.admitted()
	if err != nil {
		release()
		return nil, nil, err
	}
	db, err := sqldb.Open(ctx, f.database(ledgerFile))
	if err != nil {
		release()
		return nil, nil, err
	}
	done = func() { db.Close(); release() }
	config := ledger.Config{Office: f.settings.Office, Side: f.settings.Side, Keys: keys, Now: time.Now}
	for _, c := range admitted {
		config.Parties = append(config.Parties, c.Party)
	}
	l, err := ledger.Open(ctx, db, config)
	if err != nil {
		done()
		return nil, nil, err
	}
	return l.TileData, done, nil
}

// exportLog writes one log. Its checkpoint is read first: the tiles are those of
// that size, however the log grows meanwhile.
func exportLog(ctx context.Context, source tileSource, side, dir string) (size int64, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	checkpoint, err := source(ctx, side, "checkpoint")
	if errors.Is(err, ledger.ErrNoTile) {
		return 0, nil // it has no entry yet
	}
	if err != nil {
		return 0, err
	}
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) < 3 {
		return 0, errors.New("the checkpoint is malformed")
	}
	if size, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return 0, errors.New("the checkpoint is malformed")
	}
	paths := []string{}
	for _, tile := range tlog.NewTiles(8, 0, size) {
		paths = append(paths, "tile/"+strings.TrimPrefix(tile.Path(), "tile/8/"))
		if tile.L == 0 {
			tile.L = -1 // the entries under it
			paths = append(paths, "tile/entries/"+strings.TrimPrefix(tile.Path(), "tile/8/data/"))
		}
	}
	for _, path := range paths {
		data, err := source(ctx, side, path)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", path, err)
		}
		if err := writeExport(dir, path, data); err != nil {
			return 0, err
		}
	}
	return size, writeExport(dir, "checkpoint", checkpoint) // last: a folder with it is whole
}

// writeExport writes one file of an export. It need not survive a crash: what
// is not whole has no checkpoint.
func writeExport(dir, path string, data []byte) error {
	to := filepath.Join(dir, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
