package enclosure

import "liaison.example/sqldb"

// migrations are the tables of enclosures in ledger.db. A step that has been
// released is never edited; what must change is added as another.
var migrations = []sqldb.Migration{
	{Name: "tables", SQL: schemaTables},
	{Name: "what entries name is kept", OnSQLite: guardsSQLite, OnPostgreSQL: guardsPostgreSQL},
	{Name: "uploads", SQL: schemaUploads},
}

const schemaTables = `
-- Files that entries point to, and those that are on the way.
CREATE TABLE enclosure (
	id      BIGINT PRIMARY KEY,
	hash    TEXT   NOT NULL,  -- hex SHA-256 of the whole; empty while a file of our own is read in
	size    BIGINT NOT NULL,  -- bytes of the whole; of a file of our own that is read in, those read
	side    TEXT   NOT NULL,  -- on whose account it stands: who named it first, or read it in
	held    BIGINT NOT NULL,  -- bytes stored, from the beginning: 0 <= held <= size
	whole   BIGINT NOT NULL,  -- 1 once all bytes are stored and their hash was found right
	kept    BIGINT NOT NULL,  -- 1 once it is whole and an entry names it: from then on it never changes
	finding TEXT   NOT NULL,  -- what was found in it when it became whole, such as "program"; empty if nothing
	touched BIGINT NOT NULL   -- when it last grew or was asked for, milliseconds
);
CREATE UNIQUE INDEX enclosure_by_hash ON enclosure (hash, size) WHERE hash <> '';

-- Their bytes, in chunks of ChunkSize.
CREATE TABLE enclosure_chunk (
	id   BIGINT NOT NULL,
	n    BIGINT NOT NULL,     -- from 0, without gaps
	data BYTEA  NOT NULL,
	PRIMARY KEY (id, n)
);
`

const schemaUploads = `
-- Files of our own that are read in part by part.
CREATE TABLE enclosure_upload (
	id      TEXT   PRIMARY KEY, -- random
	owner   TEXT   NOT NULL,    -- who has begun it, and nobody else goes on with it
	name    TEXT   NOT NULL,    -- of the file
	size    BIGINT NOT NULL,    -- bytes of the whole
	file    BIGINT NOT NULL,    -- enclosure.id, which grows; 0 once it is finished
	hash    TEXT   NOT NULL,    -- of the whole; empty until it is finished
	touched BIGINT NOT NULL     -- when the last part began, milliseconds
);
CREATE INDEX enclosure_upload_by_owner ON enclosure_upload (owner, hash);
`

// The guards make the database itself refuse to change or to remove what an
// entry names.
const guardsSQLite = `
CREATE TRIGGER enclosure_is_not_updated BEFORE UPDATE ON enclosure WHEN OLD.kept = 1
BEGIN SELECT RAISE(ABORT, 'enclosures that entries name never change'); END;
CREATE TRIGGER enclosure_is_not_deleted BEFORE DELETE ON enclosure WHEN OLD.kept = 1
BEGIN SELECT RAISE(ABORT, 'enclosures that entries name are never deleted'); END;
CREATE TRIGGER enclosure_chunk_is_not_updated BEFORE UPDATE ON enclosure_chunk
BEGIN SELECT RAISE(ABORT, 'chunks never change'); END;
CREATE TRIGGER enclosure_chunk_is_not_deleted BEFORE DELETE ON enclosure_chunk WHEN EXISTS (SELECT 1 FROM enclosure WHERE id = OLD.id AND kept = 1)
BEGIN SELECT RAISE(ABORT, 'enclosures that entries name are never deleted'); END;
`

const guardsPostgreSQL = `
CREATE FUNCTION enclosure_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'enclosures that entries name never change';
END $$;
CREATE FUNCTION enclosure_chunk_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF TG_OP = 'UPDATE' THEN
		RAISE EXCEPTION 'chunks never change';
	ELSIF EXISTS (SELECT 1 FROM enclosure WHERE id = OLD.id AND kept = 1) THEN
		RAISE EXCEPTION 'enclosures that entries name are never deleted';
	END IF;
	RETURN OLD;
END $$;
CREATE TRIGGER enclosure_never_changes BEFORE UPDATE OR DELETE ON enclosure FOR EACH ROW WHEN (OLD.kept = 1) EXECUTE FUNCTION enclosure_stays();
CREATE TRIGGER enclosure_is_not_emptied BEFORE TRUNCATE ON enclosure FOR EACH STATEMENT EXECUTE FUNCTION enclosure_stays();
CREATE TRIGGER enclosure_chunk_never_changes BEFORE UPDATE OR DELETE ON enclosure_chunk FOR EACH ROW EXECUTE FUNCTION enclosure_chunk_stays();
CREATE TRIGGER enclosure_chunk_is_not_emptied BEFORE TRUNCATE ON enclosure_chunk FOR EACH STATEMENT EXECUTE FUNCTION enclosure_stays();
`
