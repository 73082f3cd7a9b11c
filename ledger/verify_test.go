package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"liaison.example/ledger"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// sound expects a database to be found sound.
func sound(t testing.TB, db *sqldb.DB) ledger.Summary {
	t.Helper()
	s, err := ledger.VerifyDatabase(context.Background(), db, ledger.VerifyOptions{})
	if err != nil {
		t.Fatalf("the database is not sound: %v", err)
	}
	return s
}

// fault expects an error to be a fault, and gives it.
func fault(t testing.TB, err error) *ledger.Fault {
	t.Helper()
	var f *ledger.Fault
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault", err)
	}
	return f
}

// talk lets three sides write to each other, so that the database of south gets
// rows in every table: several levels of tiles, cosignatures by both others,
// promises with and without one, entries that wait, and entries that are
// missing. It gives south's ledger.
func talk(t testing.TB, db *sqldb.DB) *ledger.Ledger {
	t.Helper()
	c := newClock()
	sides := []string{"east", "north", "south"}
	south, north, east := openOn(t, db, c, "south", sides...), open(t, c, "north", sides...), open(t, c, "east", sides...)
	for i, n := range []int{1, 2, 255, 300, 1} {
		write(t, north, c.now, bodies(i+1)...)
		write(t, south, c.now, bodies(n)...)
		push(t, south, north, "south")
		if i%2 == 0 {
			push(t, south, east, "south")
			push(t, north, south, "north")
		}
		write(t, east, c.now, bodies(1)...)
		push(t, east, south, "east")
	}
	write(t, east, c.now, bodies(2)...)
	push(t, east, north, "east")
	write(t, north, c.now, bodies(1)...) // has seen more of east than south holds
	push(t, north, south, "north")
	for _, s := range []ledger.Standing{{Own: 30, Seen: map[string]int64{"south": 40}}, {Own: 31, Seen: map[string]int64{"south": 41, "east": 1}}} {
		if err := south.Stand(t.Context(), "north", s); err != nil {
			t.Fatal(err)
		}
	}
	// A cosignature that south gave and forgot.
	other := open(t, c, "south", sides...)
	for other.Head("south").Size < south.Head("south").Size {
		x, err := north.Extension(t.Context(), "south", other.Head("south").Size, 1000, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Recover(t.Context(), x); err != nil {
			t.Fatal(err)
		}
	}
	write(t, north, c.now, bodies(1)...)
	push(t, north, other, "north")
	given, _, err := other.Given(t.Context(), "north")
	if err != nil {
		t.Fatal(err)
	}
	if err := south.NoteCosigned(t.Context(), "north", given.Note); err != nil {
		t.Fatal(err)
	}
	if err := south.EmptySlip(t.Context()); err != nil {
		t.Fatal(err)
	}
	return south
}

func TestASoundDatabaseIsFoundSoundAndCounted(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open func(sqldb.Config) *sqldb.DB) {
		db := open(sqldb.Config{})
		south := talk(t, db)
		var told []int64
		s, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Progress: func(done, total int64) { told = append(told, done, total) }})
		if err != nil {
			t.Fatal(err)
		}
		if s.Office != office || len(s.Ledgers) != 3 || len(s.Assumed) != 6 {
			t.Fatalf("%+v", s)
		}
		total := int64(0)
		for _, l := range s.Ledgers {
			h := south.Head(l.Side)
			if l.Entries != h.Size || l.Root != h.Root || l.Placeable != h.Placeable || !maps.Equal(l.Cosigned, h.Cosigned) {
				t.Errorf("verified %+v, the ledger says %+v", l, h)
			}
			total += h.Size
		}
		if last := s.Ledgers[2]; last.Side != "south" || last.Entries != 559 || last.Tiles != 3 || last.Cosignatures != 8 {
			t.Errorf("%+v", last)
		}
		if n := s.Ledgers[1]; n.Entries != n.Placeable+1 || n.Standings == 0 {
			t.Errorf("%+v", n)
		}
		if n := len(told); n < 2 || told[n-1] != total || told[n-2] != total {
			t.Errorf("progress was told as %v", told)
		}
	})
}

func TestGivenKeysMustBeThoseOfTheDatabase(t *testing.T) {
	db := openFile(t, t.TempDir()+"/ledger.db", nil)
	talk(t, db)
	var keys []string
	for _, side := range []string{"east", "north", "south"} {
		p := keysOf(t, side).Party()
		keys = append(keys, p.Key, p.CosignerKey)
	}
	s, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Keys: keys})
	if err != nil || len(s.Assumed) > 0 {
		t.Fatal(s.Assumed, err)
	}
	s, err = ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Keys: keys[1:]})
	if err != nil || !slices.Equal(s.Assumed, []string{"kaesong.example/east"}) {
		t.Fatal(s.Assumed, err)
	}
	stranger, err := ledger.DeriveKeys(ledger.NewSeed(), office, "north")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{stranger.Party().Key, stranger.Party().CosignerKey} {
		_, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Keys: []string{key}})
		if f := fault(t, err); !strings.Contains(f.Error(), key) {
			t.Errorf("%v does not name the key %s", f, key)
		}
	}
	west := keysOf(t, "west").Party()
	for _, key := range []string{west.Key, west.CosignerKey} {
		_, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Keys: []string{key}})
		if f := fault(t, err); !strings.Contains(f.Want, "kaesong.example/west") {
			t.Errorf("%v does not name the key that vouches for nothing", f)
		}
		if _, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Known: []string{key}}); err != nil {
			t.Error(err)
		}
	}
	if _, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{Keys: []string{"kaesong.example/north+00000000+AAAA"}}); err == nil || errors.As(err, new(*ledger.Fault)) {
		t.Errorf("a key that is none: %v, want an error that is no fault", err)
	}
}

// unguard takes away what keeps the database from being changed.
func unguard(t testing.TB, db *sqldb.DB) {
	t.Helper()
	do(t, db, `DROP TRIGGER entry_is_not_updated`)
	do(t, db, `DROP TRIGGER entry_is_not_deleted`)
	do(t, db, `DROP TRIGGER cosignature_is_not_updated`)
	do(t, db, `DROP TRIGGER cosignature_is_not_deleted`)
}

func do(t testing.TB, db *sqldb.DB, query string, args ...any) (changed int64) {
	t.Helper()
	err := db.Update(t.Context(), func(tx *sqldb.Tx) (err error) {
		changed, err = tx.Exec(t.Context(), query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return changed
}

func TestTheFirstThingWrongInADatabaseIsNamed(t *testing.T) {
	type row struct{ change, want string }
	whole := openFile(t, t.TempDir()+"/ledger.db", nil)
	talk(t, whole)
	unguard(t, whole)
	for _, r := range []row{
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"n":17', '"n": 17') AS BLOB) WHERE side = 'south' AND idx = 20`, "table entry, row (south, 20), entry south/20: expected an entry of this ledger as spec/entries.md describes it, found not in canonical form"},
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"side":"north"', '"side":"east"') AS BLOB) WHERE side = 'north' AND idx = 0`, `entry north/0: expected an entry of this ledger as spec/entries.md describes it, found it is written by "east"`},
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"office":"kaesong', '"office":"panmun') AS BLOB) WHERE side = 'south' AND idx = 20`, `found it belongs to the office "panmun.example"`},
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"n":17', '"n":18') AS BLOB) WHERE side = 'south' AND idx = 20`, "table tile, row (south, 0, 0), hash 20, entry south/20: expected"},
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"n":272', '"n":273') AS BLOB) WHERE side = 'south' AND idx = 530`, "cosignature, row (south, north, 558): expected the root of the first 558 entries"},
		{`UPDATE entry SET leaf = CAST(replace(CAST(leaf AS TEXT), '"north":1', '"north":9') AS BLOB) WHERE side = 'south' AND idx = 100`, "entry south/101: expected 9 or more entries of north seen, as in the entry before it, found 1"},
		{`DELETE FROM entry WHERE side = 'south' AND idx = 300`, "table entry, entry south/300: expected entries without a gap up to 558, found no row for 300"},
		{`UPDATE entry SET idx = 559 WHERE side = 'south' AND idx = 558`, "found no row for 558"},
		{`INSERT INTO entry SELECT side, 559, leaf FROM entry WHERE side = 'south' AND idx = 558`, "ledger of south: expected no entry beyond its last, for it has 559 entries, found 559"},
		{`INSERT INTO entry SELECT side, -1, leaf FROM entry WHERE side = 'south' AND idx = 558`, "expected no entry before its first"},
		{`INSERT INTO entry SELECT 'west', idx, leaf FROM entry WHERE side = 'south' AND idx = 558`, `table entry: expected rows of the sides that are admitted, found one of "west"`},
		{`UPDATE tile SET data = substr(data, 1, 320) || zeroblob(32) || substr(data, 353) WHERE side = 'south' AND level = 0 AND n = 1`, "table tile, row (south, 0, 1), hash 10, entry south/266: expected"},
		{`UPDATE tile SET data = substr(data, 1, 32) WHERE side = 'south' AND level = 1`, "table tile, row (south, 1, 0): expected 64 bytes, found 32 bytes"},
		{`DELETE FROM tile WHERE side = 'south' AND level = 0 AND n = 1`, "table tile, row (south, 0, 1): expected a tile, found no row"},
		{`DELETE FROM tile WHERE side = 'south' AND level = 1`, "table tile: expected a row (south, 1, 0), found none"},
		{`INSERT INTO tile VALUES ('south', 2, 0, x'00')`, "table tile, row (south, 2, 0): expected no such tile in a log of 559 entries"},
		{`INSERT INTO tile VALUES ('south', 0, 2, x'00')`, "expected no tile beyond its last full one"},
		{`UPDATE head SET size = 558 WHERE side = 'south'`, "table head, row south: expected 0 <= placeable, recovered <= size, found placeable 559, recovered 0, size 558"},
		{`UPDATE head SET size = 560 WHERE side = 'south'`, "table head, row south: expected a checkpoint over all 560 entries, found one over 559"},
		{`UPDATE head SET root = zeroblob(32) WHERE side = 'south'`, "table head, row south: expected the root"},
		{`UPDATE head SET placeable = size WHERE side = 'north'`, "table head, row north: expected at most 15 entries that can be placed, found 16"},
		{`UPDATE head SET placeable = placeable - 1 WHERE side = 'south'`, "table head, row south: expected columns whose sum is"},
		{`UPDATE head SET checkpoint = (SELECT note FROM cosignature WHERE side = 'south' AND size = 559 LIMIT 1) WHERE side = 'south'`, "expected the checkpoint in its one form"},
		{`UPDATE head SET checkpoint = x'' WHERE side = 'south'`, "table head, row south: expected a checkpoint, for there are 559 entries, found none"},
		{`DELETE FROM head WHERE side = 'east'`, "table head: expected a row for east, found none"},
		{`UPDATE cosignature SET note = (SELECT note FROM cosignature WHERE side = 'south' AND cosigner = 'north' AND size = 3) WHERE side = 'south' AND cosigner = 'north' AND size = 258`, "table cosignature, row (south, north, 258): expected a checkpoint of 258 entries, found one of 3"},
		{`UPDATE cosignature SET note = (SELECT note FROM cosignature WHERE side = 'south' AND cosigner = 'east' AND size = 258) WHERE side = 'south' AND cosigner = 'north' AND size = 258`, "expected a note signed by the ledger and by kaesong.example/north/mirror"},
		{`UPDATE cosignature SET held = held + 1 WHERE side = 'south' AND cosigner = 'north' AND size = 258`, "table cosignature, row (south, north, 258): expected columns whose sum is"},
		{`UPDATE cosignature SET cosigner = 'west' WHERE side = 'south' AND size = 3`, `table cosignature, rows of south: expected rows of the sides that are admitted, found one of "west"`},
		{`UPDATE cosignature SET cosigner = 'south' WHERE side = 'south' AND size = 3`, `found one of "south"`},
		{`UPDATE standing SET seen = '{"south":99}' WHERE side = 'north'`, "table standing, row (north, 1): expected columns whose sum is"},
		{`UPDATE missing SET note = (SELECT checkpoint FROM head WHERE side = 'north')`, "table missing, row north: expected a checkpoint over more than the 16 entries held, found one over 16"},
		{`UPDATE party SET own = 0`, "table party: expected one side whose database this is, found 0"},
		{`UPDATE party SET ledger_key = replace(ledger_key, '/north', '/nort') WHERE side = 'north'`, `table party, row "north": expected a key named <office>/<side>`},
	} {
		path := filepath.Join(t.TempDir(), "copy.db")
		if err := whole.VacuumInto(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		db := openFile(t, path, nil)
		if changed := do(t, db, r.change); changed == 0 {
			t.Errorf("nothing was changed by %s", r.change)
			continue
		}
		_, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{})
		if !errors.As(err, new(*ledger.Fault)) || !strings.Contains(err.Error(), r.want) {
			t.Errorf("after %s:\n got %v\nwant %s", r.change, err, r.want)
		}
	}
}

// cell is one column of one row.
type cell struct {
	table, column string
	value         any
	keys          []string // columns of the key
	key           []any    // their values
}

// change is the statement that changes the cell from a value to another.
func (c cell) change(from, to any) (statement string, args []any) {
	args = []any{to}
	for i, name := range c.keys {
		key := c.key[i]
		if name == c.column {
			key = from
		}
		args = append(args, key)
		statement += fmt.Sprintf(" AND %s = $%d", name, i+2)
	}
	return fmt.Sprintf("UPDATE %s SET %s = $1 WHERE %s", c.table, c.column, statement[len(" AND "):]), args
}

func cells(t *testing.T, db *sqldb.DB) (all []cell) {
	t.Helper()
	columns := map[string]string{ // the key, |, the others
		"party": "side | ledger_key cosigner_key own", "entry": "side idx | leaf", "tile": "side level n | data",
		"head":        "side | size placeable recovered root checkpoint sum",
		"cosignature": "side cosigner size | note held own seen sum", "standing": "side own | seen sum", "missing": "side | note",
	}
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		for _, table := range slices.Sorted(maps.Keys(columns)) {
			key, others, _ := strings.Cut(columns[table], "|")
			keys := strings.Fields(key)
			names := slices.Concat(keys, strings.Fields(others))
			rows, err := tx.Query(t.Context(), "SELECT "+strings.Join(names, ", ")+" FROM "+table+" ORDER BY "+strings.Join(keys, ", "))
			if err != nil {
				return err
			}
			for n := 0; rows.Next(); n++ {
				values := make([]any, len(names))
				into := make([]any, len(values))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return err
				}
				for i, name := range names {
					all = append(all, cell{table, name, values[i], keys, values[:len(keys)]})
				}
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// flipped is a value with one bit changed.
func flipped(r *rand.Rand, value any) any {
	switch v := value.(type) {
	case int64:
		return v ^ 1<<r.IntN(40)
	case string:
		b := []byte(v)
		b[r.IntN(len(b))] ^= 1 << r.IntN(7)
		return string(b)
	case []byte:
		b := slices.Clone(v)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return b
	}
	panic(fmt.Sprintf("a column of type %T", value))
}

func TestAnyBitFlippedInAnyRowIsFound(t *testing.T) {
	r := rand.New(rand.NewPCG(2018, 9))
	db := openFile(t, t.TempDir()+"/ledger.db", nil)
	talk(t, db)
	unguard(t, db)
	byColumn := map[string][]cell{}
	for _, c := range cells(t, db) {
		byColumn[c.table+"."+c.column] = append(byColumn[c.table+"."+c.column], c)
	}
	for _, column := range slices.Sorted(maps.Keys(byColumn)) {
		list := byColumn[column]
		for range 12 {
			c := list[r.IntN(len(list))]
			if b, is := c.value.([]byte); is && len(b) == 0 {
				continue
			}
			bad := flipped(r, c.value)
			err := db.Update(t.Context(), func(tx *sqldb.Tx) error {
				set, args := c.change(c.value, bad)
				_, err := tx.Exec(t.Context(), set, args...)
				return err
			})
			if err != nil && strings.Contains(err.Error(), "UNIQUE") {
				continue // it would have become the key of another row
			}
			if err != nil {
				t.Fatal(err)
			}
			_, err = ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{})
			if !errors.As(err, new(*ledger.Fault)) {
				t.Errorf("%s of the row %v changed from %v to %v: got %v, want a fault", column, c.key, c.value, bad, err)
			}
			set, args := c.change(bad, c.value)
			do(t, db, set, args...)
		}
	}
	sound(t, db)
}

func TestNoCosignatureIsPassedOverWhereAPageIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	db := openFile(t, path, nil)
	talk(t, db)
	want := sound(t, db)
	var root, size int64
	err := db.View(t.Context(), func(tx *sqldb.Tx) error {
		return errors.Join(
			tx.QueryRow(t.Context(), `SELECT rootpage FROM sqlite_master WHERE name = 'cosignature'`).Scan(&root),
			tx.QueryRow(t.Context(), `PRAGMA page_size`).Scan(&size))
	})
	if err := errors.Join(err, db.EmptyWAL(t.Context()), db.Close()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	for bit := range 8 * 20 { // the head of the page, and where its first cells lie
		bytes := slices.Clone(whole)
		bytes[(root-1)*size+int64(bit/8)] ^= 1 << (bit % 8)
		if err := os.WriteFile(damaged, bytes, 0o600); err != nil {
			t.Fatal(err)
		}
		db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + damaged, ReadOnly: true})
		if err != nil {
			continue
		}
		got, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{})
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("bit %d of page %d: found sound with %+v, want %+v or a fault", bit, root, got.Ledgers, want.Ledgers)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestADatabaseIsVerifiedWhileAnotherProcessWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ledger.db")
	c := newClock()
	south, north := openOn(t, openFile(t, path, nil), c, "south", "north"), open(t, c, "north", "south")
	reader, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite:" + path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	done := make(chan error, 1)
	go func() {
		var err error
		for range 60 {
			if err = tryWrite(south, c.now, bodies(20)...); err == nil {
				err = tryPush(south, north, "south")
			}
			if err != nil {
				break
			}
		}
		done <- err
	}()
	for verified, writing := 0, true; writing; verified++ {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			writing = false
		default:
		}
		sound(t, reader)
	}
	if s := sound(t, reader); s.Ledgers[1].Entries != 1200 {
		t.Errorf("in the end %d entries were verified, want 1200", s.Ledgers[1].Entries)
	}
}

func TestVerifyingStopsWhenItsContextEnds(t *testing.T) {
	db := openFile(t, t.TempDir()+"/ledger.db", nil)
	south := talk(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := ledger.VerifyDatabase(ctx, db, ledger.VerifyOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("of a database: %v", err)
	}
	dir := t.TempDir()
	if err := south.Export(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	_, err = ledger.VerifyExport(ctx, dir, ledger.VerifyOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("of an exported folder: %v", err)
	}
}

func TestWhatIsNoLedgerIsNoFault(t *testing.T) {
	db := openFile(t, t.TempDir()+"/ledger.db", nil)
	if _, err := ledger.VerifyDatabase(t.Context(), db, ledger.VerifyOptions{}); err == nil || errors.As(err, new(*ledger.Fault)) {
		t.Errorf("an empty database: %v", err)
	}
	if _, err := ledger.VerifyExport(t.Context(), t.TempDir(), ledger.VerifyOptions{}); err == nil || errors.As(err, new(*ledger.Fault)) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := ledger.VerifyExport(t.Context(), filepath.Join(t.TempDir(), "none"), ledger.VerifyOptions{}); err == nil || errors.As(err, new(*ledger.Fault)) {
		t.Errorf("no folder: %v", err)
	}
	openOn(t, db, newClock(), "south", "north")
	if s := sound(t, db); len(s.Ledgers) != 2 || s.Ledgers[0].Entries != 0 {
		t.Errorf("a ledger without entries: %+v", s)
	}
}
