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
const shape = 11

// version names what the tables were made by. A program that knows other rules
// folds again as well.
var version = "shape " + strconv.Itoa(shape) + ", rules " + strconv.Itoa(office.Version)

// schema makes all tables. Those after "placed" hold the rows of the rules, one
// table for each type of row: its key, the columns that queries choose and sort
// by, and in "row" the whole row as canonical JSON.
//
// A commit costs about as much as it touches pages, so there are few indexes,
// and rows that belong to one entry are kept under its place in the joint
// order: that is their order in lists, and undo takes them away by it.
func schema(engine sqldb.Engine) sqldb.Migration {
	pos, doc := "pos BIGINT PRIMARY KEY", "doc BIGINT PRIMARY KEY"
	if engine == sqldb.SQLite {
		pos, doc = "pos INTEGER PRIMARY KEY", "doc INTEGER PRIMARY KEY" // the row's own number: no second tree
	}
	return sqldb.Migration{Name: version, SQL: `
		-- Whose records these are, and how far they are settled: one row.
		CREATE TABLE cursor (
			id BIGINT PRIMARY KEY,   -- 1
			office TEXT NOT NULL,
			side TEXT NOT NULL,
			version TEXT NOT NULL,   -- of the program that made the tables
			settled BIGINT NOT NULL, -- places of the joint order that are settled: 1 to this
			line BIGINT NOT NULL,    -- the settled line, milliseconds
			sides TEXT NOT NULL      -- JSON: how many entries of each side are settled
		);
		-- The joint order.
		CREATE TABLE placed (
			` + pos + `,             -- place, from 1
			time BIGINT NOT NULL,    -- in the joint order, milliseconds; never falls as pos rises
			side TEXT NOT NULL,
			idx BIGINT NOT NULL,     -- index in the ledger of its side
			at BIGINT NOT NULL,      -- the writer's clock, milliseconds
			post TEXT NOT NULL,      -- who acted
			kind TEXT NOT NULL,
			void TEXT NOT NULL,      -- code of the reason, empty if done
			detail TEXT NOT NULL,    -- JSON of the verdict's detail, empty if none
			effect BYTEA NOT NULL,   -- SHA-256 of the verdict and the rows put
			digest BYTEA NOT NULL,   -- running, over all entries to this one
			dispatches TEXT NOT NULL, -- of which it put rows: "north/3 south/17", empty if of none
			undo TEXT NOT NULL       -- JSON: what the rows were before, see desk.undoImages; empty once settled
		);
		CREATE UNIQUE INDEX placed_entry ON placed (side, idx);

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
		CREATE TABLE form (
			hash TEXT PRIMARY KEY,
			code TEXT NOT NULL,
			time BIGINT NOT NULL,    -- the proposer's clock, milliseconds
			state TEXT NOT NULL,
			row TEXT NOT NULL
		);
		CREATE INDEX form_state ON form (state, code);
		CREATE TABLE code (
			code TEXT PRIMARY KEY,   -- of forms
			row TEXT NOT NULL
		);
		CREATE TABLE note (
			` + pos + `,             -- of the entry
			channel TEXT NOT NULL,
			about TEXT NOT NULL,     -- the dispatch that it is about; empty if none
			row TEXT NOT NULL
		);
		CREATE INDEX note_channel ON note (channel, pos);
		CREATE INDEX note_about ON note (about, pos) WHERE about <> '';
		CREATE TABLE hours (
			` + pos + `,             -- of the entry
			side TEXT NOT NULL,
			begins BIGINT NOT NULL,  -- milliseconds
			row TEXT NOT NULL
		);
		CREATE TABLE suspension (
			` + pos + `,             -- of the entry
			row TEXT NOT NULL
		);
		CREATE TABLE channel (
			channel TEXT PRIMARY KEY,
			row TEXT NOT NULL
		);
		CREATE TABLE attempt (
			` + pos + `,             -- of the entry
			channel TEXT NOT NULL,
			side TEXT NOT NULL,      -- whose attempt it was
			dispatch TEXT NOT NULL,  -- that it was about; empty if none
			sides TEXT NOT NULL,     -- which have said nothing of it: "/north/south/"
			row TEXT NOT NULL
		);
		CREATE INDEX attempt_channel ON attempt (channel, pos);
		CREATE INDEX attempt_dispatch ON attempt (dispatch, pos) WHERE dispatch <> '';
		CREATE TABLE tender (
			` + pos + `,             -- of the entry
			channel TEXT NOT NULL,
			side TEXT NOT NULL,      -- that offers
			state TEXT NOT NULL,
			until BIGINT NOT NULL,   -- milliseconds: by when an answer is asked
			sides TEXT NOT NULL,     -- which may still answer: "/north/south/"
			row TEXT NOT NULL
		);
		CREATE INDEX tender_channel ON tender (channel, pos);
		CREATE INDEX tender_state ON tender (state, pos);
		CREATE INDEX tender_waits ON tender (pos) WHERE sides <> '//';
		CREATE TABLE watch (
			` + pos + `,             -- of the entry that began it
			side TEXT NOT NULL,
			began BIGINT NOT NULL,   -- milliseconds, in the joint order
			ended BIGINT NOT NULL,   -- the same; the greatest number there is while it goes on
			row TEXT NOT NULL
		);
		CREATE INDEX watch_side ON watch (side, pos);
		CREATE INDEX watch_ended ON watch (ended, began);
		CREATE TABLE schedule (
			` + pos + `,             -- of the entry that put its charter in force
			row TEXT NOT NULL
		);
		CREATE TABLE linecheck (
			` + pos + `,             -- of the entry that called
			channel TEXT NOT NULL,
			due BIGINT NOT NULL,     -- milliseconds; 0 if it was not scheduled
			called BIGINT NOT NULL,  -- the caller's clock, milliseconds
			row TEXT NOT NULL
		);
		CREATE INDEX linecheck_due ON linecheck (due) WHERE due > 0;
		CREATE INDEX linecheck_called ON linecheck (channel, called);
		CREATE INDEX linecheck_extra ON linecheck (called) WHERE due = 0;
		CREATE TABLE checkturn (
			channel TEXT NOT NULL,
			due TEXT NOT NULL,       -- milliseconds
			row TEXT NOT NULL,
			PRIMARY KEY (channel, due)
		);
		CREATE INDEX hours_side ON hours (side, begins, pos);
		CREATE TABLE coverage (
			` + pos + `,             -- of the entry that promises
			side TEXT NOT NULL,
			begins BIGINT NOT NULL,  -- milliseconds
			row TEXT NOT NULL
		);
		CREATE INDEX coverage_side ON coverage (side, begins, pos);
		CREATE TABLE personnel (
			` + pos + `,             -- of the entry that gives notice
			side TEXT NOT NULL,
			begins BIGINT NOT NULL,  -- milliseconds
			row TEXT NOT NULL
		);
		CREATE INDEX personnel_begins ON personnel (begins);
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
			` + pos + `,             -- of the entry that released it
			side TEXT NOT NULL,
			channel TEXT NOT NULL,
			precedence TEXT NOT NULL,
			thread TEXT NOT NULL,    -- the dispatch that its thread begins with; empty if none or itself
			enclosed BIGINT NOT NULL, -- how many enclosures it has
			mark TEXT NOT NULL,      -- "exercise", "test", "real"
			form TEXT NOT NULL,      -- code of its form, empty if none
			formhash TEXT NOT NULL,  -- of the form itself, the same
			readback BIGINT NOT NULL, -- 1 if it asks for a read-back, else 0
			row TEXT NOT NULL
		);
		CREATE INDEX dispatch_side ON dispatch (side, pos);
		CREATE INDEX dispatch_channel ON dispatch (channel, pos);
		CREATE INDEX dispatch_precedence ON dispatch (precedence, pos);
		CREATE INDEX dispatch_thread ON dispatch (thread, pos) WHERE thread <> '';
		CREATE INDEX dispatch_enclosed ON dispatch (pos) WHERE enclosed > 0;
		CREATE INDEX dispatch_mark ON dispatch (mark, pos) WHERE mark <> 'real';
		CREATE INDEX dispatch_form ON dispatch (form, pos) WHERE form <> '';
		CREATE INDEX dispatch_readback ON dispatch (pos) WHERE readback > 0;
		CREATE TABLE readback (
			` + pos + `,             -- of the entry
			dispatch TEXT NOT NULL,  -- that it restates
			row TEXT NOT NULL
		);
		CREATE INDEX readback_dispatch ON readback (dispatch, pos);
		CREATE TABLE acknowledgement (
			` + pos + `,             -- of the dispatch
			waiting BIGINT NOT NULL, -- how many sides have not acknowledged
			sides TEXT NOT NULL,     -- which: "/north/south/"
			row TEXT NOT NULL
		);
		CREATE INDEX acknowledgement_waiting ON acknowledgement (pos) WHERE waiting > 0;
		CREATE TABLE handling (
			dispatch TEXT PRIMARY KEY,  -- its entry: "south/17"
			side TEXT NOT NULL,         -- of that entry
			idx BIGINT NOT NULL,
			considered BIGINT NOT NULL, -- 1 if a side that it is addressed to is at this stage, else 0
			readback BIGINT NOT NULL,   -- the same of its last read-back: nothing was said to it
			disputed BIGINT NOT NULL,
			confirmed BIGINT NOT NULL,
			answered BIGINT NOT NULL,
			closed BIGINT NOT NULL,
			corrected BIGINT NOT NULL,  -- 1 if a later dispatch corrects it
			withdrawn BIGINT NOT NULL,  -- 1 if one cancels or supersedes it
			over BIGINT NOT NULL,       -- 1 if that is so, or its own side has closed it: nothing is waited for
			row TEXT NOT NULL
		);
		CREATE INDEX handling_considered ON handling (dispatch) WHERE considered > 0;
		CREATE INDEX handling_readback ON handling (dispatch) WHERE readback > 0;
		CREATE INDEX handling_disputed ON handling (dispatch) WHERE disputed > 0;
		CREATE INDEX handling_confirmed ON handling (dispatch) WHERE confirmed > 0;
		CREATE INDEX handling_answered ON handling (dispatch) WHERE answered > 0;
		CREATE INDEX handling_closed ON handling (dispatch) WHERE closed > 0;
		CREATE INDEX handling_corrected ON handling (dispatch) WHERE corrected > 0;
		CREATE INDEX handling_withdrawn ON handling (dispatch) WHERE withdrawn > 0;

		-- The search index (search.go), which follows the tables above.
		CREATE TABLE indexed (
			id BIGINT PRIMARY KEY,   -- 1
			pos BIGINT NOT NULL      -- dispatches up to this place are in it
		);
		INSERT INTO indexed (id, pos) VALUES (1, 0);
		CREATE TABLE document (
			` + doc + `,             -- of the index: see sameTime
			side TEXT NOT NULL,      -- of the entry that released the dispatch
			idx BIGINT NOT NULL
		);
	`,
		// The tokens are made in Go (word.go): what cuts them here only finds the
		// spaces between them. A single letter is looked for as the beginning of a
		// token.
		OnSQLite: `
		CREATE VIRTUAL TABLE search USING fts5(
			tokens, content = '', columnsize = 0, prefix = '1', tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
		)`,
		OnPostgreSQL: `
		CREATE TABLE segment (
			first BIGINT PRIMARY KEY, -- the lowest doc that may belong to it; it ends where the next begins
			token TEXT NOT NULL,      -- of its documents, in search
			size BIGINT NOT NULL,     -- how many documents it has
			long BOOLEAN NOT NULL     -- one of them has several passages
		);
		CREATE TABLE search (
			doc BIGINT NOT NULL,
			passage BIGINT NOT NULL,  -- from 0
			tokens tsvector NOT NULL,
			PRIMARY KEY (doc, passage)
		);
		CREATE INDEX search_tokens ON search USING gin (tokens)`,
	}
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
