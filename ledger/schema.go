package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// migrations are the tables of ledger.db. A number that has been released is
// never edited; what must change is added as another.
func migrations(engine sqldb.Engine) []sqldb.Migration {
	return []sqldb.Migration{
		{Name: "tables", SQL: schemaTables},
		{Name: "entries never change", SQL: schemaGuards[engine]},
	}
}

const schemaTables = `
-- The sides whose ledgers are kept here, with the keys that they were admitted with.
CREATE TABLE party (
	side         TEXT PRIMARY KEY,
	ledger_key   TEXT NOT NULL,  -- C2SP vkey
	cosigner_key TEXT NOT NULL   -- C2SP vkey
);

-- Every entry of every side, exactly as it was signed.
CREATE TABLE entry (
	side TEXT   NOT NULL,
	idx  BIGINT NOT NULL,        -- from 0, without gaps
	leaf BYTEA  NOT NULL,
	PRIMARY KEY (side, idx)
);

-- Hashes of the Merkle trees, as tiles of c2sp.org/tlog-tiles: full ones of
-- level 0, full and partial ones of the levels above.
CREATE TABLE tile (
	side  TEXT   NOT NULL,
	level BIGINT NOT NULL,
	n     BIGINT NOT NULL,
	data  BYTEA  NOT NULL,
	PRIMARY KEY (side, level, n)
);

-- How far each ledger reaches. The row is changed by compare-and-swap on size.
CREATE TABLE head (
	side       TEXT   PRIMARY KEY,
	size       BIGINT NOT NULL,
	placeable  BIGINT NOT NULL,  -- entries that have seen nothing that is not here
	root       BYTEA  NOT NULL,
	checkpoint BYTEA  NOT NULL   -- signed note; empty before the first entry
);

-- Cosignatures over checkpoints of these ledgers, with what the cosigner
-- promised at the same time.
CREATE TABLE cosignature (
	side     TEXT   NOT NULL,    -- whose ledger
	cosigner TEXT   NOT NULL,    -- whose cosignature
	size     BIGINT NOT NULL,    -- entries covered
	note     BYTEA  NOT NULL,    -- the checkpoint with both signatures
	held     BIGINT NOT NULL,    -- when it was stored, milliseconds
	own      BIGINT NOT NULL,    -- the cosigner's standing: its own size,
	seen     TEXT   NOT NULL,    -- and what it had then seen, as JSON
	PRIMARY KEY (side, cosigner, size)
);

-- Standings that came without a cosignature that was new to us.
CREATE TABLE standing (
	side TEXT   NOT NULL,
	own  BIGINT NOT NULL,
	seen TEXT   NOT NULL,
	PRIMARY KEY (side, own)
);
`

// schemaGuards make the database itself refuse to change what was stored.
var schemaGuards = map[sqldb.Engine]string{
	sqldb.SQLite: `
CREATE TRIGGER entry_is_not_updated BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries never change'); END;
CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER cosignature_is_not_updated BEFORE UPDATE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignatures never change'); END;
CREATE TRIGGER cosignature_is_not_deleted BEFORE DELETE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignatures are never deleted'); END;
`,
	sqldb.PostgreSQL: `
CREATE FUNCTION stored_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME;
END $$;
CREATE TRIGGER entry_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION stored_for_ever();
CREATE TRIGGER cosignature_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature FOR EACH STATEMENT EXECUTE FUNCTION stored_for_ever();
`,
}

// maxStandings bounds the standings of one side that are remembered. Forgetting
// the oldest is safe: the promise that remains is weaker, never false.
const maxStandings = 256

// load reads where a log stands. It is quick at any size: of the entries, only
// those after the last full tile are read.
func (l *Ledger) load(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	var size int64
	var root []byte
	err := tx.QueryRow(ctx, `SELECT size, placeable, root, checkpoint FROM head WHERE side = $1`, lg.side).
		Scan(&size, &lg.placeable, &root, &lg.checkpoint)
	if err != nil {
		return fmt.Errorf("read head: %w", err)
	}
	if lg.tree, err = l.loadTree(ctx, tx, lg.side, size); err != nil {
		return err
	}
	if got := lg.tree.root(); got != tlog.Hash(root) {
		return fmt.Errorf("the tiles stored for %s do not have the root of its head at %d entries", lg.side, size)
	}
	lg.signed = 0
	if len(lg.checkpoint) > 0 {
		c, err := openCheckpoint(lg.checkpoint, lg.verifier)
		if err != nil {
			return fmt.Errorf("stored checkpoint of %s: %w", lg.side, err)
		}
		lg.signed = c.size
		if c.size > size && lg.noted == nil {
			lg.noted = c
		}
	}
	if lg.noted != nil && lg.noted.size <= size {
		lg.noted = nil
	}
	lg.shown = max(lg.shown, lg.signed)
	if err := l.loadSeen(ctx, tx, lg); err != nil {
		return err
	}
	return l.loadCosignatures(ctx, tx, lg)
}

// loadTree rebuilds the right edge of a tree from its tiles and last entries.
func (l *Ledger) loadTree(ctx context.Context, tx *sqldb.Tx, side string, size int64) (tree, error) {
	t := tree{size: size}
	for level := 0; size>>(tileHeight*level) > 0; level++ {
		hashes, err := l.readTile(ctx, tx, side, level, size>>(tileHeight*(level+1)), int(size>>(tileHeight*level)%tileWidth))
		if err != nil {
			return tree{}, err
		}
		t.edge = append(t.edge, append(make([]tlog.Hash, 0, tileWidth), hashes...))
	}
	peaks, err := tileReader{l, ctx, tx, side, nil}.ReadHashes(peakIndexes(size))
	if err != nil {
		return tree{}, err
	}
	t.peaks = peaks
	return t, nil
}

// loadSeen reads what the last entries have seen, from the first that is not
// placeable on.
func (l *Ledger) loadSeen(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	lg.seen, lg.waiting = map[string]int64{}, nil
	if lg.tree.size == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT leaf FROM entry WHERE side = $1 AND idx >= $2 ORDER BY idx`,
		lg.side, min(lg.placeable, lg.tree.size-1))
	if err != nil {
		return fmt.Errorf("read last entries: %w", err)
	}
	defer rows.Close()
	first := lg.placeable == lg.tree.size
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return fmt.Errorf("read last entries: %w", err)
		}
		f, err := ParseLeaf(leaf)
		if err != nil {
			return fmt.Errorf("stored entry of %s: %w", lg.side, err)
		}
		lg.seen = f.Seen
		if !first {
			lg.waiting = append(lg.waiting, f.Seen)
		}
		first = false
	}
	return rows.Err()
}

// loadCosignatures reads the latest cosignature of each other side over a log,
// and what the log's own side has promised with its cosignatures over others.
func (l *Ledger) loadCosignatures(ctx context.Context, tx *sqldb.Tx, lg *log) error {
	lg.cosigned, lg.standings = map[string]int64{}, nil
	rows, err := tx.Query(ctx, `SELECT cosigner, max(size) FROM cosignature WHERE side = $1 GROUP BY cosigner ORDER BY cosigner`, lg.side)
	if err != nil {
		return fmt.Errorf("read cosignatures: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var cosigner string
		var size int64
		if err := rows.Scan(&cosigner, &size); err != nil {
			return fmt.Errorf("read cosignatures: %w", err)
		}
		lg.cosigned[cosigner] = size
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read cosignatures: %w", err)
	}
	for _, query := range []string{
		`SELECT own, seen FROM cosignature WHERE cosigner = $1 ORDER BY own DESC, size DESC LIMIT $2`,
		`SELECT own, seen FROM standing WHERE side = $1 ORDER BY own DESC LIMIT $2`,
	} {
		if err := l.loadStandings(ctx, tx, lg, query); err != nil {
			return err
		}
	}
	return nil
}

func (l *Ledger) loadStandings(ctx context.Context, tx *sqldb.Tx, lg *log, query string) error {
	rows, err := tx.Query(ctx, query, lg.side, maxStandings)
	if err != nil {
		return fmt.Errorf("read standings: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s Standing
		var seen string
		if err := rows.Scan(&s.Own, &seen); err != nil {
			return fmt.Errorf("read standings: %w", err)
		}
		if err := json.Unmarshal([]byte(seen), &s.Seen); err != nil {
			return fmt.Errorf("read standings: %w", err)
		}
		lg.stand(s)
	}
	return rows.Err()
}
