package records

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// shape is the number of the schema below and of what is folded into it. Raise
// it whenever either changes: the tables are then thrown away and folded again.
const shape = 1

// version names what the tables were made by. A program that knows other rules
// folds again as well.
var version = "shape " + strconv.Itoa(shape) + ", rules " + strconv.Itoa(office.Version)

// schema makes all tables. The tables after "undo" hold the rows of the rules,
// one table for each type of row: its key, the columns that queries choose and
// sort by, and in "row" the whole row as canonical JSON.
func schema(engine sqldb.Engine) sqldb.Migration {
	// On SQLite a table whose rows are short is kept in the order of its key
	// alone, and a number is cheapest as the row's own id.
	number, keyed := "BIGINT", ""
	if engine == sqldb.SQLite {
		number, keyed = "INTEGER", "WITHOUT ROWID"
	}
	return sqldb.Migration{Name: version, SQL: `
		-- How far the fold has come: one row.
		CREATE TABLE cursor (
			id BIGINT PRIMARY KEY,   -- 1
			office TEXT NOT NULL,
			side TEXT NOT NULL,      -- whose records these are
			version TEXT NOT NULL,   -- of the program that made the tables
			stamp BIGINT NOT NULL,   -- one more with each commit of a fold
			placed BIGINT NOT NULL,  -- entries in the joint order
			digest BYTEA NOT NULL,   -- after the last of them
			settled BIGINT NOT NULL, -- of these, settled; 0 <= settled <= placed
			line BIGINT NOT NULL,    -- the settled line, milliseconds
			sides TEXT NOT NULL      -- JSON: for each side its part of placed and settled, the time of its last entry
		);
		-- The joint order.
		CREATE TABLE placed (
			pos ` + number + ` PRIMARY KEY, -- place, from 1
			time BIGINT NOT NULL,    -- in the joint order, milliseconds; never falls as pos rises
			side TEXT NOT NULL,
			idx BIGINT NOT NULL,     -- index in the ledger of its side
			at BIGINT NOT NULL,      -- the writer's clock, milliseconds
			post TEXT NOT NULL,      -- who acted
			kind TEXT NOT NULL,
			void TEXT NOT NULL,      -- code of the reason, empty if done
			detail TEXT NOT NULL,    -- JSON of the verdict's detail, empty if none
			effect BYTEA NOT NULL,   -- SHA-256 of the verdict and the rows put
			digest BYTEA NOT NULL    -- running, over all entries to this one
		);
		CREATE UNIQUE INDEX placed_entry ON placed (side, idx);
		-- What the rows were before an entry that is not settled yet.
		CREATE TABLE undo (
			pos ` + number + ` PRIMARY KEY, -- as in placed
			images TEXT NOT NULL     -- JSON: [table, key, row or null], in the order in which they were first put
		);

		CREATE TABLE office (
			name TEXT PRIMARY KEY,   -- "office"
			row TEXT NOT NULL
		);
		CREATE TABLE proposal (
			hash TEXT PRIMARY KEY,
			time BIGINT NOT NULL,    -- the proposer's clock, milliseconds
			state TEXT NOT NULL,
			row TEXT NOT NULL
		);
		CREATE TABLE post (
			side TEXT NOT NULL,
			post TEXT NOT NULL,
			row TEXT NOT NULL,
			PRIMARY KEY (side, post)
		);
		CREATE TABLE side (
			side TEXT PRIMARY KEY,
			row TEXT NOT NULL
		);
		CREATE TABLE dispatch (
			side TEXT NOT NULL,      -- whose ledger it stands in
			idx BIGINT NOT NULL,
			time BIGINT NOT NULL,    -- in the joint order, milliseconds
			channel TEXT NOT NULL,
			precedence TEXT NOT NULL,
			row TEXT NOT NULL,
			PRIMARY KEY (side, idx)
		);
		CREATE INDEX dispatch_order ON dispatch (time, side, idx);
		CREATE INDEX dispatch_channel ON dispatch (channel, time, side, idx);
		CREATE INDEX dispatch_precedence ON dispatch (precedence, time, side, idx);
		CREATE TABLE acknowledgement (
			side TEXT NOT NULL,      -- of the dispatch
			idx BIGINT NOT NULL,
			time BIGINT NOT NULL,    -- of the dispatch
			waiting BIGINT NOT NULL, -- how many sides have not acknowledged
			row TEXT NOT NULL,
			PRIMARY KEY (side, idx)
		) ` + keyed + `;
		CREATE INDEX acknowledgement_waiting ON acknowledgement (time, side, idx) WHERE waiting > 0;
	`}
}

// errVersion is the answer to a fold on tables that another version of the
// program, running beside this one, has made anew.
var errVersion = errors.New("the records have been made anew by another version of the program")

// migrate makes the tables. Tables of another version are thrown away.
func (r *Records) migrate(ctx context.Context) error {
	steps := []sqldb.Migration{schema(r.db.Engine())}
	first := r.db.Migrate(ctx, "records", steps)
	if first == nil {
		return nil
	}
	r.config.Log.Info("the records have another shape: folding again from nothing", "shape", version, "reason", first)
	if err := r.db.Reset(ctx); err != nil {
		return fmt.Errorf("throw away the records of another version: %w", err)
	}
	return r.db.Migrate(ctx, "records", steps)
}
