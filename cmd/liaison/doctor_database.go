package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/ledger"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// integrityTime bounds the look through a database.
const integrityTime = 2 * time.Minute

// errNoDatabase says that a database is not there.
var errNoDatabase = errors.New("there is none yet")

// view opens one of the three databases for reading, so that nothing in the
// folder is changed by it. A file that its node did not close is read from a
// copy elsewhere.
func (p *patient) view(ctx context.Context, name string) (db *sqldb.DB, done func(), err error) {
	config := p.database(name)
	config.ReadOnly = true
	scratch := ""
	if p.settings.Database == "" {
		if _, err := os.Stat(p.file(name)); errors.Is(err, fs.ErrNotExist) {
			return nil, nil, errNoDatabase
		}
		config.Still = p.stands()
	}
	db, err = sqldb.Open(ctx, config)
	if errors.Is(err, sqldb.ErrNotClosed) {
		if scratch, err = os.MkdirTemp("", "liaison-doctor-*"); err != nil {
			return nil, nil, err
		}
		if err = errors.Join(copyFile(p.file(name), filepath.Join(scratch, name)), copyFile(p.file(name)+"-wal", filepath.Join(scratch, name+"-wal"))); err == nil {
			db, err = sqldb.Open(ctx, sqldb.Config{URL: "sqlite:" + filepath.Join(scratch, name), ReadOnly: true})
		}
	}
	done = func() {
		if db != nil {
			db.Close()
		}
		if scratch != "" {
			os.RemoveAll(scratch)
		}
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	return db, done, nil
}

func copyFile(from, to string) error {
	r, err := os.Open(from)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// remedies say what to do about a database that is not sound.
var remedies = map[string]string{
	ledgerFile:  `Stop the node, keep the folder, and restore from a backup; what is missing there is fetched back from the other side.`,
	localFile:   `Stop the node, keep the folder, and restore from a backup.`,
	recordsFile: `Stop the node, delete records.db with its -wal and -shm, and start it: it is folded again from the ledgers.`,
}

// seeToServer says what to do when a database on a server cannot be opened.
const seeToServer = `See that the server runs and that "database" in liaison.toml is right. A schema that does not exist is made when the node first starts.`

// oneLine gives what a server's client says of an error in several lines as one.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func lookAtDatabase(ctx context.Context, p *patient, name string) []finding {
	db, done, err := p.view(ctx, name)
	switch {
	case errors.Is(err, errNoDatabase):
		if _, e := os.Stat(filepath.Join(p.path, keysFolder, usedFile)); e == nil && name == ledgerFile {
			return []finding{bad("Restore from a backup. Without one, start the node: it fetches its own ledger back from the other sides before it signs.", "%s is gone, though its keys have signed", name)}
		}
		return []finding{ok("%s is not there yet: it is made when the node starts", name)}
	case err != nil && p.settings.Database != "":
		return []finding{bad(seeToServer, "%s", oneLine(err))}
	case err != nil:
		return []finding{bad(remedies[name], "%s cannot be read: %v", name, err)}
	}
	defer done()
	ctx, cancel := context.WithTimeout(ctx, integrityTime)
	defer cancel()
	if db.Engine() == sqldb.SQLite {
		wrong, err := integrity(ctx, db)
		switch {
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			return []finding{warning(`Run "liaison verify" when there is time.`, "%s is too large to be looked through in %s", name, integrityTime)}
		case err != nil:
			return []finding{bad(remedies[name], "%s cannot be read: %v", name, err)}
		case wrong != "":
			return []finding{bad(remedies[name], "%s is damaged: %s", name, wrong)}
		}
	}
	if name == recordsFile { // its shape has a version of its own, and it is folded again if that differs
		return []finding{ok("%s is sound", p.what(db, name))}
	}
	return []finding{p.shape(ctx, db, name)}
}

// what names a database for a person.
func (p *patient) what(db *sqldb.DB, name string) string {
	if db.Engine() == sqldb.PostgreSQL {
		return "the schema " + p.database(name).Schema + " (UTF8)"
	}
	return name
}

// integrity asks SQLite what is wrong with the file; "" if nothing is.
func integrity(ctx context.Context, db *sqldb.DB) (wrong string, err error) {
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		return tx.QueryRow(ctx, `PRAGMA quick_check(1)`).Scan(&wrong)
	})
	if wrong == "ok" {
		wrong = ""
	}
	return wrong, err
}

// shape compares which steps of migration a database has with those that this
// program makes in an empty one.
func (p *patient) shape(ctx context.Context, db *sqldb.DB, name string) finding {
	known, err := p.freshSteps(ctx, name)
	if err != nil {
		return bad("Report this.", "%v", err)
	}
	done, err := steps(ctx, db)
	if err != nil {
		return bad(remedies[name], "%s has no tables of a node: %v", p.what(db, name), err)
	}
	for step := range done {
		if !known[step] {
			return bad("Run the newer program that has run here before.", "%s was written by a newer program: the step %s is not known here", p.what(db, name), step)
		}
	}
	if missing := len(known) - len(done); missing > 0 {
		return warning("Make a backup, then start the node: it is brought up to date by itself.", "%s is of an older program: it lacks %d of %d steps", p.what(db, name), missing, len(known))
	}
	return ok("%s is sound, and of this version", p.what(db, name))
}

// freshSteps are the steps of a database that this program has just made.
func (p *patient) freshSteps(ctx context.Context, name string) (map[string]bool, error) {
	pair, err := p.openPair(ctx, sqldb.Config{URL: "sqlite::memory:"}, sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		return nil, err
	}
	defer pair.close()
	if name == ledgerFile {
		return steps(ctx, pair.ledger)
	}
	return steps(ctx, pair.local)
}

// steps lists the steps of migration that a database has.
func steps(ctx context.Context, db *sqldb.DB) (map[string]bool, error) {
	all := map[string]bool{}
	err := db.View(ctx, func(tx *sqldb.Tx) error {
		list, err := texts(ctx, tx, `SELECT family || ' ' || CAST(number AS TEXT) || ' (' || name || ')' FROM `+marks)
		for _, step := range list {
			all[step] = true
		}
		return err
	})
	return all, err
}

// lookAtFit holds the keys against the ledgers and the credences.
func lookAtFit(ctx context.Context, p *patient) []finding {
	db, done, err := p.view(ctx, ledgerFile)
	if err != nil || p.noKeys != nil {
		return []finding{ok("not looked at: there is no ledger or no key to be read")}
	}
	defer done()
	admitted, _ := p.admitted() // lookAtSides has told of the error
	stored := map[string]ledger.Party{}
	var own string
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `SELECT side, ledger_key, cosigner_key, own FROM party ORDER BY side`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var side, key, cosigner string
			var isOwn int64
			if err := rows.Scan(&side, &key, &cosigner, &isOwn); err != nil {
				return err
			}
			stored[side] = ledger.Party{Side: side, Key: key, CosignerKey: cosigner}
			if isOwn == 1 {
				own = side
			}
		}
		return rows.Err()
	})
	if err != nil {
		return []finding{bad(remedies[ledgerFile], "the sides in the ledger cannot be read: %v", err)}
	}
	if own != "" && own != p.settings.Side {
		return []finding{bad(`Is this the right folder, and is "side" in liaison.toml right?`, "the ledger is that of %s", own)}
	}
	held, there := stored[p.settings.Side]
	if of, _, _ := strings.Cut(held.Key, "+"); there && of != ledger.Origin(p.settings.Office, p.settings.Side) {
		return []finding{bad(`Is this the right folder, and is "office" in liaison.toml right?`, "the ledger is that of %s", of)}
	}
	if there && held != p.keys.Party() {
		return []finding{bad("Bring the right keys back from a backup. Do not start the node with these.", "the keys in %s are not those of the ledger", p.file(keysFolder))}
	}
	for _, c := range admitted {
		if held, there := stored[c.Side]; there && held != c.Party {
			return []finding{bad("Ask that side for its credence, compare the fingerprint over the telephone, and bring the right file back.", "the credence of %s has other keys than its ledger here", c.Side)}
		}
	}
	return []finding{ok("the keys, the credences and the ledgers belong together")}
}

// chartered reads the hash of this side's link key in the charter with which the
// office was founded; "" if there is none yet.
func (p *patient) chartered(ctx context.Context) (linkKey string, err error) {
	db, done, err := p.view(ctx, ledgerFile)
	if errors.Is(err, errNoDatabase) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer done()
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		// The first entry of each ledger is the founding charter.
		leaves, err := tx.Query(ctx, `SELECT leaf FROM entry WHERE side = $1 AND idx = 0`, p.settings.Side)
		if err != nil {
			return err
		}
		defer leaves.Close()
		for leaves.Next() {
			var leaf []byte
			if err := leaves.Scan(&leaf); err != nil {
				return err
			}
			var entry struct {
				Body struct {
					Charter *office.Charter `json:"charter"`
				} `json:"body"`
			}
			if err := json.Unmarshal(leaf, &entry); err != nil {
				return fmt.Errorf("read the first entry: %w", err)
			}
			if entry.Body.Charter == nil {
				continue
			}
			if side := entry.Body.Charter.Side(p.settings.Side); side != nil {
				linkKey = side.Link
			}
		}
		return leaves.Err()
	})
	return linkKey, err
}

func lookAtAlarms(ctx context.Context, p *patient) []finding {
	const do = `"liaison alarms" tells more; docs/operating.md says what each asks for. "liaison alarms clear" marks it as seen to.`
	var open []string
	if p.status != nil {
		alarms, err := p.client.Alarms(ctx, false)
		if err != nil {
			return []finding{bad("Look into the node's log.", "the alarms cannot be read: %v", err)}
		}
		for _, a := range alarms {
			open = append(open, a.Sentence)
		}
	} else {
		db, done, err := p.view(ctx, localFile)
		if err != nil {
			return []finding{ok("not looked at: there is no local database to be read")}
		}
		defer done()
		alarms, err := node.ReadAlarms(ctx, db)
		if err != nil {
			return []finding{bad(remedies[localFile], "the alarms cannot be read: %v", err)}
		}
		for _, a := range alarms {
			if !a.Cleared {
				open = append(open, alarmSentence(lang.English, a))
			}
		}
	}
	if len(open) == 0 {
		return []finding{ok("none is open")}
	}
	var findings []finding
	for _, sentence := range open {
		findings = append(findings, bad(do, "%s", sentence))
	}
	return findings
}
