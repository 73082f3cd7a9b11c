package people

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of drafts.
const (
	MaxContent       = 256 << 10            // bytes of a draft as JSON
	MaxComment       = 4000                 // bytes of a comment or a reason
	DraftsPerAccount = 200                  // open, begun by one account
	DraftsInAll      = 2000                 // open
	StepsPerDraft    = 300                  // comments, submissions, returns and approvals
	endedDraftsKept  = 365 * 24 * time.Hour // released and discarded ones
)

// DraftState says where a draft stands.
type DraftState string

// The states of a draft. Those before Releasing are open: the text may change.
const (
	Drafting  DraftState = "draft"
	InReview  DraftState = "in-review"
	Returned  DraftState = "returned"  // to who began it
	Releasing DraftState = "releasing" // somebody is writing it into the ledger, or was when the node stopped
	Released  DraftState = "released"
	Discarded DraftState = "discarded"
)

// DraftStates is all of them.
var DraftStates = []DraftState{Drafting, InReview, Returned, Releasing, Released, Discarded}

// Draft is a dispatch that is being written. It is our own affair until it is
// released, and what was said about it stays so for ever.
type Draft struct {
	ID       int64
	Version  int64 // one more with each change of the content
	State    DraftState
	Content  Content
	Drafted  Touch
	Changed  Touch          // last
	Approved Touch          // the content as it stands; zero if nobody has
	Ended    Touch          // discarded or released, or begun to be; else zero
	Hands    []string       // accounts that have written in it, in order
	Claimed  int64          // entries of our ledger when its release began
	Entry    office.EntryID // that it became; zero if it has not
}

// Open reports whether the text may still change.
func (d *Draft) Open() bool {
	return d.State == Drafting || d.State == InReview || d.State == Returned
}

// SecondPerson reports whether somebody other than the account has written in
// the draft, or has approved it as it stands.
func (d *Draft) SecondPerson(account string) bool {
	other := func(name string) bool { return name != "" && name != account }
	return other(d.Approved.Who) || slices.ContainsFunc(d.Hands, other)
}

// Precedence is that by which the draft is treated while none is chosen yet, or
// the one that is.
func (d *Draft) Precedence() office.Precedence { return d.Content.urgency() }

// Touch is what a person of ours has done to a draft, and when.
type Touch struct {
	Who    string // account
	Person string // whose account it is
	Post   office.Post
	At     time.Time
}

// Hand is who acts on a draft: an account, and the post for which it acts.
type Hand struct {
	By
	Post office.Post
	Role string // of the post
}

// NewDraft begins a draft. Key is that of the form in which it was typed: the
// same words sent again under it find the draft that they have begun; other words
// are refused with draft-changed while that draft is open, and begin another one
// when it has ended.
func (p *People) NewDraft(ctx context.Context, h Hand, key string, c Content) (d Draft, err error) {
	now := p.now()
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if err := mayWrite(ctx, tx, h, now, c); err != nil {
			return err
		}
		encoded, err := c.encode()
		if err != nil {
			return err
		}
		formKey := h.Who + " " + key
		begun, err := drafts(ctx, tx, "form_key = $1", 100, formKey)
		if err != nil {
			return err
		}
		for _, b := range begun {
			if reflect.DeepEqual(b.Content, c) {
				d, err = draft(ctx, tx, b.ID)
				return err
			}
		}
		if len(begun) > 0 && (begun[0].Open() || begun[0].State == Releasing) {
			d = begun[0]
			return refuse("draft-changed")
		}
		if err := makeRoom(ctx, tx, h.Who, now); err != nil {
			return err
		}
		var id int64
		if err := tx.QueryRow(ctx, `
			SELECT COALESCE(MAX(id), 0) + 1
			FROM draft`).Scan(&id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO draft (id, version, state, content, precedence, form, form_key, drafted_by, drafted_as, drafted_at,
				changed_by, changed_as, changed_at, approved_by, approved_as, approved_at, ended_by, ended_as, ended_at, was, claimed, entry)
			VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', '', 0, '', '', 0, '', 0, '')`,
			id, string(Drafting), encoded, string(c.urgency()), c.code(), formKey, h.Who, h.Post, now.UnixMilli(),
			h.Who, h.Post, now.UnixMilli()); err != nil {
			return err
		}
		if err := putHand(ctx, tx, id, h); err != nil {
			return err
		}
		d, err = draft(ctx, tx, id)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("begin a draft: %w", orDisk(err))
	}
	return d, nil
}

// SaveDraft changes the content of a draft whose version the person has seen. If
// it was changed meanwhile it refuses with draft-changed, and changes nothing.
// What was approved before is so no longer.
func (p *People) SaveDraft(ctx context.Context, h Hand, id, version int64, c Content) (Draft, error) {
	return p.onDraft(ctx, "save a draft", id, func(tx *sqldb.Tx, d *Draft, now time.Time) error {
		if reflect.DeepEqual(d.Content, c) && d.Open() {
			return nil
		}
		if err := d.mustBeOpen(version); err != nil {
			return err
		}
		if err := mayWrite(ctx, tx, h, now, d.Content, c); err != nil {
			return err
		}
		encoded, err := c.encode()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			UPDATE draft
			SET version = version + 1, content = $1, precedence = $2, form = $3, changed_by = $4, changed_as = $5, changed_at = $6,
				approved_by = '', approved_as = '', approved_at = 0
			WHERE id = $7 AND version = $8`,
			encoded, string(c.urgency()), c.code(), h.Who, h.Post, now.UnixMilli(), id, version); err != nil {
			return err
		}
		return putHand(ctx, tx, id, h)
	})
}

// Draft returns a draft, or refuses with draft-unknown.
func (p *People) Draft(ctx context.Context, id int64) (d Draft, err error) {
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		d, err = draft(ctx, tx, id)
		return err
	})
	if err != nil {
		return Draft{}, fmt.Errorf("read a draft: %w", err)
	}
	return d, nil
}

// Enclosed gives the hashes of all files that drafts name which have not ended.
func (p *People) Enclosed(ctx context.Context) (map[string]bool, error) {
	hashes := map[string]bool{}
	err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		list, err := drafts(ctx, tx, "state NOT IN ($1, $2)", DraftsInAll, string(Released), string(Discarded))
		for _, d := range list {
			for _, e := range d.Content.Enclosures {
				hashes[e.Hash] = true
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what drafts enclose: %w", err)
	}
	return hashes, nil
}

// onDraft runs f in a write transaction with the draft of this id, and returns
// the draft as it then stands, also beside a refusal.
func (p *People) onDraft(ctx context.Context, doing string, id int64, f func(tx *sqldb.Tx, d *Draft, now time.Time) error) (d Draft, err error) {
	now := p.now()
	err = p.db.Update(ctx, func(tx *sqldb.Tx) error {
		if d, err = draft(ctx, tx, id); err != nil {
			return err
		}
		if err := f(tx, &d, now); err != nil {
			return err
		}
		d, err = draft(ctx, tx, id)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("%s: %w", doing, orDisk(err))
	}
	return d, nil
}

// mustBeOpen refuses what comes too late: the draft has ended, or is another one
// by now.
func (d *Draft) mustBeOpen(version int64) error {
	switch {
	case !d.Open():
		return refuse(office.Reason("draft-" + d.State))
	case d.Version != version:
		return refuse("draft-changed")
	}
	return nil
}

// mayWrite asks whether a person may write drafts of the urgency of each of the
// contents.
func mayWrite(ctx context.Context, tx *sqldb.Tx, h Hand, now time.Time, contents ...Content) error {
	for _, c := range contents {
		if err := mayAct(ctx, tx, h, ActDraft, c, now); err != nil {
			return err
		}
	}
	return nil
}

// mayAct asks the table of who may do what.
func mayAct(ctx context.Context, tx *sqldb.Tx, h Hand, act string, c Content, now time.Time) error {
	rules, err := readRules(ctx, tx, now)
	if err == nil && !rules.May(h.Post, h.Role, act, c.urgency(), c.code()) {
		err = refuse("post-may-not", "post", h.Post)
	}
	return err
}

func putHand(ctx context.Context, tx *sqldb.Tx, id int64, h Hand) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO draft_hand (draft, account)
		VALUES ($1, $2)
		ON CONFLICT (draft, account) DO NOTHING`, id, h.Who)
	return err
}

// makeRoom forgets what ended long ago, all but the latest draft, whose id must
// not come again, and refuses a draft too many.
func makeRoom(ctx context.Context, tx *sqldb.Tx, account string, now time.Time) error {
	const old = `
		SELECT id
		FROM draft
		WHERE state IN ('released', 'discarded') AND ended_at < $1 AND id < (SELECT MAX(id) FROM draft)`
	for _, statement := range []string{
		`DELETE FROM draft_step WHERE draft IN (` + old + `)`,
		`DELETE FROM draft_hand WHERE draft IN (` + old + `)`,
		`DELETE FROM draft WHERE id IN (` + old + `)`,
	} {
		if _, err := tx.Exec(ctx, statement, now.Add(-endedDraftsKept).UnixMilli()); err != nil {
			return err
		}
	}
	var open, own int
	if err := tx.QueryRow(ctx, `
		SELECT
			COUNT(*),
			COUNT(CASE WHEN drafted_by = $1 THEN 1 END)
		FROM draft
		WHERE state NOT IN ('released', 'discarded')`, account).Scan(
		&open,
		&own); err != nil {
		return err
	}
	switch {
	case own >= DraftsPerAccount:
		return refuse("draft-many", "limit", fmt.Sprint(DraftsPerAccount))
	case open >= DraftsInAll:
		return refuse("draft-many", "limit", fmt.Sprint(DraftsInAll))
	}
	return nil
}

// orDisk turns the error of a disk that takes nothing into a refusal.
func orDisk(err error) error {
	switch {
	case sqldb.IsFull(err):
		return refuse("disk-full")
	case sqldb.IsReadOnly(err):
		return refuse("disk-read-only")
	case sqldb.IsBroken(err):
		return refuse("disk-broken")
	}
	return err
}

func draft(ctx context.Context, tx *sqldb.Tx, id int64) (Draft, error) {
	list, err := drafts(ctx, tx, "id = $1", 1, id)
	if err == nil && len(list) == 0 {
		err = refuse("draft-unknown")
	}
	if err != nil {
		return Draft{}, err
	}
	list[0].Hands, err = names(ctx, tx, `
		SELECT account
		FROM draft_hand
		WHERE draft = $1
		ORDER BY account`, id)
	return list[0], err
}

// drafts reads those of which the condition is true, the latest begun first,
// without the hands.
func drafts(ctx context.Context, tx *sqldb.Tx, which string, limit int, args ...any) (list []Draft, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			version,
			state,
			content,
			drafted_by, COALESCE(d.person, ''), drafted_as, drafted_at,
			changed_by, COALESCE(c.person, ''), changed_as, changed_at,
			approved_by, COALESCE(a.person, ''), approved_as, approved_at,
			ended_by, COALESCE(e.person, ''), ended_as, ended_at,
			claimed,
			entry
		FROM draft
		LEFT JOIN account d ON d.name = drafted_by
		LEFT JOIN account c ON c.name = changed_by
		LEFT JOIN account a ON a.name = approved_by
		LEFT JOIN account e ON e.name = ended_by
		WHERE `+which+fmt.Sprintf(`
		ORDER BY id DESC
		LIMIT %d`, limit), args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d Draft
		var content, entry string
		var at [4]int64
		if err := rows.Scan(
			&d.ID,
			&d.Version,
			&d.State,
			&content,
			&d.Drafted.Who, &d.Drafted.Person, &d.Drafted.Post, &at[0],
			&d.Changed.Who, &d.Changed.Person, &d.Changed.Post, &at[1],
			&d.Approved.Who, &d.Approved.Person, &d.Approved.Post, &at[2],
			&d.Ended.Who, &d.Ended.Person, &d.Ended.Post, &at[3],
			&d.Claimed,
			&entry); err != nil {
			return nil, err
		}
		for i, touch := range []*Touch{&d.Drafted, &d.Changed, &d.Approved, &d.Ended} {
			if touch.Who != "" {
				touch.At = milliseconds(at[i])
			}
		}
		if err := json.Unmarshal([]byte(content), &d.Content); err != nil {
			return nil, fmt.Errorf("read the content of draft %d: %w", d.ID, err)
		}
		if entry != "" {
			if d.Entry, err = office.ParseEntryID(entry); err != nil {
				return nil, err
			}
		}
		list = append(list, d)
	}
	return list, rows.Err()
}
