package sqldb

import (
	"strings"
	"testing"
)

func TestASettingThatDoesNotHoldIsNoticed(t *testing.T) {
	for name, p := range map[string]pragma{
		"misspelt":        {"synchronus", "full", "2"},
		"refused":         {"journal_mode", "wall", "wal"},
		"out of range":    {"synchronous", "7", "2"},
		"another in fact": {"page_size", "1000", "1000"},
	} {
		db := &liteDB{closing: make(chan struct{})}
		pool, err := db.pool(t.TempDir()+"/x.db", "rwc", 1, "BEGIN", []pragma{p})
		if err == nil {
			err = pool.fill(t.Context(), 1)
		}
		if err == nil || !strings.Contains(err.Error(), p.name) {
			t.Errorf("%s: got %v, want an error that names %s", name, err, p.name)
		}
		if err := db.close(); err != nil {
			t.Errorf("%s: close: %v", name, err)
		}
	}
}

func TestTextOnPostgreSQLComparesByteByByte(t *testing.T) {
	for _, row := range []struct{ ddl, want string }{
		{"a TEXT, b TEXT NOT NULL", `a TEXT COLLATE "C", b TEXT COLLATE "C" NOT NULL`},
		{"a TEXT DEFAULT 'TEXT' -- TEXT\n", `a TEXT COLLATE "C" DEFAULT 'TEXT' -- TEXT` + "\n"},
		{`"TEXT" BIGINT, TEXTURE BIGINT`, `"TEXT" BIGINT, TEXTURE BIGINT`},
		{"CAST(a AS TEXT)", "CAST(a AS TEXT)"},
		{"a TEXT DEFAULT 'it''s TEXT'", `a TEXT COLLATE "C" DEFAULT 'it''s TEXT'`},
	} {
		if got := shape(PostgreSQL, row.ddl); got != row.want {
			t.Errorf("got  %s\nwant %s", got, row.want)
		}
		if got := shape(SQLite, row.ddl); got != row.ddl {
			t.Errorf("on SQLite: got %s, want it unchanged", got)
		}
	}
}
