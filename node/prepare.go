package node

import (
	"context"
	"time"

	"liaison.example/enclosure"
	"liaison.example/ledger"
	"liaison.example/notify"
	"liaison.example/people"
	"liaison.example/sqldb"
)

// migrateLocal makes the tables in local.db that are the node's own, but those of
// alarms.
func migrateLocal(ctx context.Context, db *sqldb.DB) error {
	if err := db.Migrate(ctx, "line", lineMigrations); err != nil {
		return err
	}
	if err := notify.Migrate(ctx, db); err != nil {
		return err
	}
	if err := db.Migrate(ctx, "once", onceMigrations); err != nil {
		return err
	}
	if err := db.Migrate(ctx, "arrival", arrivalMigrations); err != nil {
		return err
	}
	return db.Migrate(ctx, "number", numberMigrations)
}

// Prepare makes the tables of the ledgers and of what is local in databases
// that have none, as Open does, so that a backup can be copied into them.
func Prepare(ctx context.Context, own ledger.Credence, ledgerBase, localBase *sqldb.DB, now func() time.Time) error {
	if _, err := ledger.Open(ctx, ledgerBase, ledger.Config{Office: own.Office, Side: own.Side, Now: now}); err != nil {
		return err
	}
	if _, err := enclosure.Open(ctx, ledgerBase, enclosure.Config{Side: own.Side, Now: now}); err != nil {
		return err
	}
	if err := people.Prepare(ctx, localBase); err != nil {
		return err
	}
	if err := migrateLocal(ctx, localBase); err != nil {
		return err
	}
	return new(alarms).open(ctx, localBase, "", now)
}
