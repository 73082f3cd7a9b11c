package node

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of alarms. A hostile peer may give cause for many.
const (
	maxEvidence      = 200     // files in the evidence folder
	maxEvidenceBytes = 1 << 20 // of one file
	maxAlarmRows     = 500     // cleared alarms that are remembered
)

var alarmMigrations = []sqldb.Migration{{Name: "alarms", SQL: `
-- What an operator must know. One row is open for each code and side at a time.
CREATE TABLE alarm (
	id         BIGINT PRIMARY KEY,
	at         BIGINT NOT NULL,   -- first raised, milliseconds
	last       BIGINT NOT NULL,   -- last raised
	code       TEXT   NOT NULL,
	side       TEXT   NOT NULL,   -- whom it concerns
	detail     TEXT   NOT NULL,   -- JSON, what the sentence needs
	evidence   TEXT   NOT NULL,   -- file in the evidence folder, or empty
	count      BIGINT NOT NULL,
	cleared    BIGINT NOT NULL,   -- when, or 0
	cleared_by TEXT   NOT NULL
);
-- One row that is written to find out whether the disk takes anything.
CREATE TABLE probe (
	id BIGINT PRIMARY KEY,
	at BIGINT NOT NULL
);
CREATE INDEX alarm_by_state ON alarm (cleared, code, side);
`}}

// alarms keeps what an operator must know in local.db, and the proof of it in a
// folder.
type alarms struct {
	db       *sqldb.DB
	evidence string
	now      func() time.Time

	mu     sync.Mutex
	raised map[alarmKey]bool // open alarms
	// kept are alarms that could not be stored, as on a full disk. They are
	// listed, without a number, and stored once that is possible.
	kept map[alarmKey]*Alarm
}

type alarmKey struct {
	code string
	side office.Side
}

func (a *alarms) open(ctx context.Context, db *sqldb.DB, evidence string, now func() time.Time) error {
	a.db, a.evidence, a.now = db, evidence, now
	a.raised, a.kept = map[alarmKey]bool{}, map[alarmKey]*Alarm{}
	if err := db.Migrate(ctx, "alarm", alarmMigrations); err != nil {
		return err
	}
	list, err := a.list(ctx)
	if err != nil {
		return err
	}
	for _, alarm := range list {
		if !alarm.Cleared {
			a.raised[alarmKey{alarm.Code, alarm.Side}] = true
		}
	}
	return nil
}

func (a *alarms) isOpen(code string, side office.Side) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.raised[alarmKey{code, side}]
}

// raise opens an alarm, or counts it if one for the same code and side is open.
// It reports whether it is new. If there is an error the alarm is kept in memory
// until store.
func (a *alarms) raise(ctx context.Context, code string, side office.Side, detail map[string]string, proof []byte) (isNew bool, err error) {
	alarm := a.alarm(code, side, detail)
	alarm.Evidence, err = a.keep(code, side, proof)
	if e := a.put(ctx, alarm); e != nil {
		return a.remember(alarm), errors.Join(err, e)
	}
	return a.stored(alarm), err
}

func (a *alarms) alarm(code string, side office.Side, detail map[string]string) Alarm {
	now := a.now().UTC()
	return Alarm{At: now, Last: now, Code: code, Side: side, Detail: detail, Count: 1}
}

// stored notes that an alarm is stored, and reports whether it is new.
func (a *alarms) stored(alarm Alarm) (isNew bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := alarmKey{alarm.Code, alarm.Side}
	isNew, a.raised[key] = !a.raised[key], true
	return isNew
}

// remember keeps an alarm in memory, or counts it there, and reports whether it
// is new.
func (a *alarms) remember(alarm Alarm) (isNew bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := alarmKey{alarm.Code, alarm.Side}
	if kept := a.kept[key]; kept != nil {
		kept.Count, kept.Last = kept.Count+1, alarm.Last
	} else {
		a.kept[key] = &alarm
	}
	isNew, a.raised[key] = !a.raised[key], true
	return isNew
}

// store stores the alarms that could not be stored when they were raised.
func (a *alarms) store(ctx context.Context) error {
	for {
		var next *Alarm
		a.mu.Lock()
		for key, alarm := range a.kept {
			next = alarm
			delete(a.kept, key)
			break
		}
		a.mu.Unlock()
		if next == nil {
			return nil
		}
		if err := a.put(ctx, *next); err != nil {
			a.remember(*next)
			return err
		}
	}
}

// put writes an alarm, or adds its count to the open one of its code and side.
func (a *alarms) put(ctx context.Context, alarm Alarm) error {
	err := a.db.Update(ctx, func(tx *sqldb.Tx) error { return putAlarm(ctx, tx, alarm) })
	if err != nil {
		return fmt.Errorf("store an alarm: %w", err)
	}
	return nil
}

func putAlarm(ctx context.Context, tx *sqldb.Tx, alarm Alarm) error {
	text, err := json.Marshal(alarm.Detail)
	if err != nil {
		return err
	}
	counted, err := tx.Exec(ctx, `UPDATE alarm SET count = count + $1, last = $2 WHERE cleared = 0 AND code = $3 AND side = $4`,
		alarm.Count, alarm.Last.UnixMilli(), alarm.Code, alarm.Side)
	if err != nil || counted > 0 {
		return err
	}
	if err := tx.Notify(ctx, processChannel); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO alarm (id, at, last, code, side, detail, evidence, count, cleared, cleared_by)
		VALUES ((SELECT COALESCE(MAX(id), 0) + 1 FROM alarm), $1, $2, $3, $4, $5, $6, $7, 0, '')`,
		alarm.At.UnixMilli(), alarm.Last.UnixMilli(), alarm.Code, alarm.Side, string(text), alarm.Evidence, alarm.Count)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM alarm WHERE cleared > 0 AND id <= (SELECT MAX(id) FROM alarm) - $1`, maxAlarmRows)
	return err
}

// keep writes evidence to a file that is named after its time and content, and
// returns the name. The same evidence is kept once.
func (a *alarms) keep(code string, side office.Side, proof []byte) (string, error) {
	if len(proof) == 0 || a.evidence == "" {
		return "", nil
	}
	if err := os.MkdirAll(a.evidence, 0o700); err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	sum := sha256.Sum256(proof)
	same, err := filepath.Glob(filepath.Join(a.evidence, "*-"+hex.EncodeToString(sum[:8])+".txt"))
	if err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	if len(same) > 0 {
		return filepath.Base(same[0]), nil
	}
	if all, err := os.ReadDir(a.evidence); err != nil || len(all) >= maxEvidence {
		return "", err // the first proofs are the ones that matter
	}
	name := fmt.Sprintf("%s-%s-%s-%s.txt", a.now().UTC().Format("20060102T150405Z"), side, code, hex.EncodeToString(sum[:8]))
	path := filepath.Join(a.evidence, name)
	if err := os.WriteFile(path+".part", proof[:min(len(proof), maxEvidenceBytes)], 0o600); err != nil {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	if err := os.Rename(path+".part", path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("keep evidence: %w", err)
	}
	return name, nil
}

// list reads the alarms, open ones first, newest first. Those that are not
// stored yet come before all others.
func (a *alarms) list(ctx context.Context) ([]Alarm, error) {
	var list []Alarm
	err := a.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id, at, last, code, side, detail, evidence, count, cleared FROM alarm
			ORDER BY CASE WHEN cleared = 0 THEN 0 ELSE 1 END, id DESC LIMIT $1`, maxAlarmRows)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var alarm Alarm
			var at, last, cleared int64
			var detail string
			if err := rows.Scan(&alarm.ID, &at, &last, &alarm.Code, &alarm.Side, &detail, &alarm.Evidence, &alarm.Count, &cleared); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(detail), &alarm.Detail); err != nil {
				return err
			}
			alarm.At, alarm.Last, alarm.Cleared = time.UnixMilli(at).UTC(), time.UnixMilli(last).UTC(), cleared > 0
			list = append(list, alarm)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the alarms: %w", err)
	}
	return append(a.unstored(), list...), nil
}

// reread looks which alarms are open now, and tells which of them were not known
// here, and which that were known are cleared.
func (a *alarms) reread(ctx context.Context) (raised, cleared []alarmKey, err error) {
	list, err := a.list(ctx)
	if err != nil {
		return nil, nil, err
	}
	open := map[alarmKey]bool{}
	for _, alarm := range list {
		if !alarm.Cleared {
			open[alarmKey{alarm.Code, alarm.Side}] = true
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for key := range open {
		if !a.raised[key] {
			raised = append(raised, key)
		}
	}
	for key := range a.raised {
		if !open[key] {
			cleared = append(cleared, key)
		}
	}
	a.raised = open
	return raised, cleared, nil
}

// unstored lists the alarms that could not be stored, in order of code and side.
func (a *alarms) unstored() []Alarm {
	a.mu.Lock()
	defer a.mu.Unlock()
	list := make([]Alarm, 0, len(a.kept))
	for _, alarm := range a.kept {
		list = append(list, *alarm)
	}
	slices.SortFunc(list, func(a, b Alarm) int {
		return cmp.Or(cmp.Compare(a.Code, b.Code), cmp.Compare(a.Side, b.Side))
	})
	return list
}

// ErrNoAlarm says that no alarm with a number is open: there never was one, or it
// has been seen to.
var ErrNoAlarm = errors.New("there is no such open alarm")

// clear closes an alarm and returns it. It answers ErrNoAlarm if no such alarm is
// open.
func (a *alarms) clear(ctx context.Context, id int64, by office.Post) (alarmKey, error) {
	var key alarmKey
	err := a.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := tx.Notify(ctx, processChannel); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `UPDATE alarm SET cleared = $1, cleared_by = $2 WHERE id = $3 AND cleared = 0 RETURNING code, side`,
			a.now().UnixMilli(), by, id).Scan(&key.code, &key.side)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return key, ErrNoAlarm
	}
	if err != nil {
		return key, fmt.Errorf("clear alarm %d: %w", id, err)
	}
	a.mu.Lock()
	delete(a.raised, key)
	a.mu.Unlock()
	return key, nil
}

// raise raises an alarm and tells the pages. That it cannot be stored yet is
// logged, the first time, and stops nothing.
func (n *Node) raise(ctx context.Context, code string, side office.Side, detail map[string]string, proof []byte) {
	isNew, err := n.alarms.raise(context.WithoutCancel(ctx), code, side, detail, proof)
	if isNew {
		n.tellOfAlarm(code, side, detail)
		if err != nil {
			n.log.Error("the alarm cannot be stored yet", "code", code, "side", side, "error", err)
		}
	}
}

func (n *Node) tellOfAlarm(code string, side office.Side, detail map[string]string) {
	n.log.Warn("alarm", "code", code, "side", side, "detail", detail)
	n.watches.send(Event{Kind: "alarm", Side: side})
}

// storeAlarms stores the alarms that could not be stored when they were raised,
// if there are any.
func (n *Node) storeAlarms(ctx context.Context) {
	if err := n.alarms.store(ctx); err != nil && ctx.Err() == nil {
		n.log.Warn("alarms cannot be stored yet", "error", err)
	}
}

// ReadAlarms lists the alarms in the local database of a node that does not run,
// open ones first.
func ReadAlarms(ctx context.Context, local *sqldb.DB) ([]Alarm, error) {
	return (&alarms{db: local}).list(ctx)
}

// Alarms lists the alarms, open ones first.
func (n *Node) Alarms(ctx context.Context) ([]Alarm, error) { return n.alarms.list(ctx) }

// ClearAlarm says that an alarm has been seen to. If replication of a ledger
// had ended with it, and with no other that is open, that is tried again. It
// answers ErrNoAlarm if no such alarm is open.
func (n *Node) ClearAlarm(ctx context.Context, id int64, by office.Post) error {
	key, err := n.alarms.clear(ctx, id, by)
	if err != nil {
		return err
	}
	n.log.Info("alarm cleared", "code", key.code, "side", key.side, "by", by)
	n.link.SeenTo(key.code, key.side)
	if n.haltedBy(key.side) == "" {
		n.link.Resume(key.side)
	}
	n.watches.send(Event{Kind: "alarm", Side: key.side})
	return nil
}
