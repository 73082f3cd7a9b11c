package sqldb

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// Migration is one step of the shape of a database. A step that has been
// released is never edited: a mistake in it is mended by a later step.
type Migration struct {
	Name string // a few words, such as "accounts"
	// SQL is one or more statements for both engines, with the types TEXT,
	// BIGINT and BYTEA. On PostgreSQL the columns of type TEXT compare byte by
	// byte (COLLATE "C"), as they do on SQLite. A table of small rows may end in
	// WITHOUT ROWID, which on SQLite keeps the rows in the tree of their key.
	SQL string
	// OnSQLite and OnPostgreSQL follow SQL on that engine alone, for what the
	// two say differently, such as triggers.
	OnSQLite, OnPostgreSQL string
}

// Migrate brings the tables of one set up to date: of the steps, numbered from
// 1 in the order given, it runs those that have not been run, all in one
// transaction. Several sets, each with tables of its own, may share a
// database. Several processes may call it at once. It refuses a database that
// has steps unknown here (ErrNewer) or others under the same number.
func (db *DB) Migrate(ctx context.Context, set string, steps []Migration) error {
	if db.readOnly {
		return fmt.Errorf("migrate %s: %w", set, errReadOnly)
	}
	err := db.Update(ctx, func(tx *Tx) error { return migrate(ctx, tx, set, steps) })
	if err != nil {
		return fmt.Errorf("migrate %s: %w", set, err)
	}
	return nil
}

func migrate(ctx context.Context, tx *Tx, set string, steps []Migration) error {
	if _, err := tx.Exec(ctx, shape(tx.engine, `
		CREATE TABLE IF NOT EXISTS migration (
			family TEXT NOT NULL,   -- the set of migrations
			number BIGINT NOT NULL, -- from 1
			name TEXT NOT NULL,
			PRIMARY KEY (family, number)
		)`)); err != nil {
		return err
	}
	done, err := migrated(ctx, tx, set)
	if err != nil {
		return err
	}
	if len(done) > len(steps) {
		return fmt.Errorf("step %d (%s) is unknown here: %w", len(steps)+1, done[len(steps)], ErrNewer)
	}
	for i, step := range steps {
		if i < len(done) {
			if done[i] != step.Name {
				return fmt.Errorf("step %d is %q here, but %q in the database", i+1, step.Name, done[i])
			}
			continue
		}
		for _, script := range scripts(tx.engine, step) {
			if _, err := tx.Exec(ctx, script); err != nil {
				return fmt.Errorf("step %d (%s): %w", i+1, step.Name, err)
			}
		}
		if _, err := tx.Exec(ctx, "INSERT INTO migration (family, number, name) VALUES ($1, $2, $3)", set, i+1, step.Name); err != nil {
			return err
		}
	}
	return nil
}

// migrated returns the names of the steps that have been run.
func migrated(ctx context.Context, tx *Tx, set string) (names []string, err error) {
	rows, err := tx.Query(ctx, "SELECT name FROM migration WHERE family = $1 ORDER BY number", set)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func scripts(engine Engine, step Migration) []string {
	list := []string{shape(engine, step.SQL), step.OnSQLite}
	if engine == PostgreSQL {
		list[1] = step.OnPostgreSQL
	}
	if strings.TrimSpace(list[1]) == "" {
		list = list[:1]
	}
	if strings.TrimSpace(list[0]) == "" {
		list = list[1:]
	}
	return list
}

// differs finds what PostgreSQL says differently, and what must be passed over:
// quoted text, comments, and casts.
var differs = regexp.MustCompile(`'[^']*'|"[^"]*"|--[^\n]*|\bAS TEXT\b|\bTEXT\b| WITHOUT ROWID\b`)

// shape turns DDL written for both engines into that of one.
func shape(engine Engine, ddl string) string {
	if engine == SQLite {
		return ddl
	}
	return differs.ReplaceAllStringFunc(ddl, func(found string) string {
		switch found {
		case "TEXT":
			return `TEXT COLLATE "C"`
		case " WITHOUT ROWID":
			return ""
		}
		return found
	})
}
