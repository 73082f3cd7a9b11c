package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"liaison.example/enclosure"
	"liaison.example/ledger"
	"liaison.example/sqldb"
)

type exportCommand struct{ place }

func (c *exportCommand) Help() string {
	return `Writes, for each side, its ledger as a folder of static files OUT/tlog/SIDE in the layout of c2sp.org/tlog-tiles: the signed checkpoint with its cosignatures, the tiles, and the entries. Beside them stand, in OUT/enclosures, the files that entries name, each named after its hash, with a list for "sha256sum -c SHA256SUMS". In the folder of a ledger key.pub is the key of the ledger, and cosigner-OTHER.pub that with which another side cosigns it. An older export in OUT is brought up to date. Public tools can check the folders, and so can "liaison verify". The node may be running.`
}

func (c *exportCommand) Run(ctx context.Context, t *terminal) error {
	f, args, err := c.open("the folder to write")
	if err != nil {
		return err
	}
	db, err := f.readLedger(ctx)
	if err != nil {
		return err
	}
	err = ledger.ExportDatabase(ctx, db, args[0])
	var enclosed int
	if err == nil {
		enclosed, err = enclosure.Export(ctx, db, args[0])
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	t.print("The ledgers are in %s, and %d enclosures.", args[0], enclosed)
	return nil
}

// readLedger opens the ledgers for reading alone; the node may be running.
func (f *folder) readLedger(ctx context.Context) (*sqldb.DB, error) {
	config := f.database(ledgerFile)
	config.ReadOnly = true
	if _, err := os.Stat(f.file(ledgerFile)); f.settings.Database == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no ledger in %s yet: the node has not run", f.path)
	}
	return sqldb.Open(ctx, config)
}
