package sqldb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// soonAfter is how long after an UpdateSoon what it wrote is on disk at the
// latest, unless the disk is slow.
const soonAfter = 20 * time.Millisecond

// sooner syncs what UpdateSoon has written. Its zero value has nothing to sync.
type sooner struct {
	mu     sync.Mutex
	timer  *time.Timer // of the sync that is to come; nil if there is none
	failed error       // of a sync that nobody has been told of
	under  sync.WaitGroup
}

// UpdateSoon is Update for what can be had again if it is lost. It returns once
// the transaction is written, which a crash of the process does not undo. Unlike
// after Update it may not be on disk yet: a crash of the machine may lose it,
// whole, until the next durable commit or until some hundredths of a second have
// passed. If it cannot be synced then, the next write transaction is refused, with
// an error that is ErrUnsure.
func (db *DB) UpdateSoon(ctx context.Context, f func(tx *Tx) error) error {
	if !db.durable {
		return db.Update(ctx, f)
	}
	tx, err := db.begin(ctx, writesSoon)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	err = tx.Commit()
	if err == nil || errors.Is(err, ErrUnsure) {
		db.syncSoon()
	}
	return err
}

// syncSoon has a sync begin after soonAfter, if none is to come already.
func (db *DB) syncSoon() {
	db.soon.mu.Lock()
	defer db.soon.mu.Unlock()
	if db.soon.timer == nil {
		db.soon.under.Add(1)
		db.soon.timer = time.AfterFunc(soonAfter, db.sync)
	}
}

// sync syncs what has been written until now.
func (db *DB) sync() {
	defer db.soon.under.Done()
	db.soon.mu.Lock()
	db.soon.timer = nil // what is written from here on is for the next
	db.soon.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), soonLimit)
	defer cancel()
	err := db.fault(BeforeSync)
	if err == nil {
		err = db.driver.sync(ctx)
	}
	if err != nil {
		db.soon.mu.Lock()
		db.soon.failed = fmt.Errorf("sync what was written before: %w", unsure{err})
		db.soon.mu.Unlock()
	}
}

// soonLimit is how long a sync may take before it counts as failed.
const soonLimit = time.Minute

// unsynced is the error of a sync that has failed, told once.
func (db *DB) unsynced() error {
	db.soon.mu.Lock()
	defer db.soon.mu.Unlock()
	err := db.soon.failed
	db.soon.failed = nil
	return err
}

// syncNow syncs what waits to be synced, and says what could not be.
func (db *DB) syncNow() error {
	db.soon.mu.Lock()
	waits := db.soon.timer != nil && db.soon.timer.Stop()
	db.soon.mu.Unlock()
	if waits {
		db.sync()
	}
	db.soon.under.Wait()
	return db.unsynced()
}
