package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"liaison.example/sqldb"
)

// migrations are the tables of ledger.db. A step that has been released is
// never edited; what must change is added as another.
var migrations = []sqldb.Migration{
	{Name: "tables", SQL: schemaTables, OnPostgreSQL: schemaTurn},
	{Name: "entries never change", OnSQLite: guardsSQLite, OnPostgreSQL: guardsPostgreSQL},
}

// The column sum of a table is rowSum over its other columns. It covers what no
// hash and no signature does, so that a verifier can tell a flipped bit.
const schemaTables = `
-- The sides whose ledgers are kept here, with the keys that they were admitted with.
CREATE TABLE party (
	side         TEXT PRIMARY KEY,
	ledger_key   TEXT NOT NULL,  -- C2SP vkey
	cosigner_key TEXT NOT NULL,  -- C2SP vkey
	own          BIGINT NOT NULL -- 1 for the side whose database this is, else 0
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
	placeable  BIGINT NOT NULL,  -- entries that have seen nothing that is not here; it may lag behind
	recovered  BIGINT NOT NULL,  -- of this side's own ledger, entries that were fetched back from others
	root       BYTEA  NOT NULL,
	checkpoint BYTEA  NOT NULL,  -- note signed by the ledger's key alone; empty before the first entry
	sum        BIGINT NOT NULL
) WITHOUT ROWID;

-- Cosignatures over checkpoints of these ledgers, with what the cosigner
-- promised with them or before.
CREATE TABLE cosignature (
	side     TEXT   NOT NULL,    -- whose ledger
	cosigner TEXT   NOT NULL,    -- whose cosignature
	size     BIGINT NOT NULL,    -- entries covered
	note     BYTEA  NOT NULL,    -- the checkpoint with the ledger's signature, then the cosignature
	held     BIGINT NOT NULL,    -- when it was stored, milliseconds
	own      BIGINT NOT NULL,    -- the cosigner's standing: from which of its entries on,
	seen     TEXT   NOT NULL,    -- and what they will have seen, as JSON
	sum      BIGINT NOT NULL,
	PRIMARY KEY (side, cosigner, size)
) WITHOUT ROWID;

-- What each side has promised without a cosignature that was new to us.
CREATE TABLE standing (
	side TEXT   NOT NULL,
	own  BIGINT NOT NULL,
	seen TEXT   NOT NULL,
	sum  BIGINT NOT NULL,
	PRIMARY KEY (side, own)
);

-- Checkpoints that this side has signed or cosigned, and whose entries it lacks:
-- until they are back, it signs nothing.
CREATE TABLE missing (
	side TEXT PRIMARY KEY,
	note BYTEA NOT NULL
);
`

// schemaTurn is how several processes on one PostgreSQL database see whether
// another has written since they last looked: each write raises n by one.
const schemaTurn = `
CREATE TABLE turn (
	n BIGINT NOT NULL
);
INSERT INTO turn (n) VALUES (0);
`

// The guards make the database itself refuse to change what was stored.
const guardsSQLite = `
CREATE TRIGGER entry_is_not_updated BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'entries never change'); END;
CREATE TRIGGER entry_is_not_deleted BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END;
CREATE TRIGGER cosignature_is_not_updated BEFORE UPDATE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignatures never change'); END;
CREATE TRIGGER cosignature_is_not_deleted BEFORE DELETE ON cosignature BEGIN SELECT RAISE(ABORT, 'cosignatures are never deleted'); END;
`

const guardsPostgreSQL = `
CREATE FUNCTION stored_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'rows of % never change', TG_TABLE_NAME;
END $$;
CREATE TRIGGER entry_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON entry FOR EACH STATEMENT EXECUTE FUNCTION stored_for_ever();
CREATE TRIGGER cosignature_never_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON cosignature FOR EACH STATEMENT EXECUTE FUNCTION stored_for_ever();
`

// rowSum is the first 63 bits of the SHA-256 of a row's columns: numbers in
// eight bytes, texts after their length in eight bytes, big-endian.
func rowSum(columns ...any) int64 {
	b := make([]byte, 0, 1024)
	for _, c := range columns {
		switch c := c.(type) {
		case int64:
			b = binary.BigEndian.AppendUint64(b, uint64(c))
		case string:
			b = append(binary.BigEndian.AppendUint64(b, uint64(len(c))), c...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(b, uint64(len(c))), c...)
		default:
			panic("ledger: a column of a type without a sum")
		}
	}
	sum := sha256.Sum256(b)
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}
