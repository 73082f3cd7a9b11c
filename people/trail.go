package people

import (
	"context"
	"fmt"
	"math"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// Deed is what a line of the trail tells.
type Deed string

// What the trail tells of.
const (
	AccountAdded     Deed = "account-added"
	AccountChanged   Deed = "account-changed"
	AccountSuspended Deed = "account-suspended"
	AccountResumed   Deed = "account-resumed"
	PostWithdrawn    Deed = "post-withdrawn" // with its accreditation
	LinkMade         Deed = "link-made"
	SignedIn         Deed = "signed-in"  // the detail says how, link, passkey or password, and for which post
	PostTaken        Deed = "post-taken" // the session acts for the post of the detail from then on
	SignInRefused    Deed = "sign-in-refused"
	SignedOut        Deed = "signed-out"
	SessionRevoked   Deed = "session-revoked"
	PasswordSet      Deed = "password-set"
	CodeSet          Deed = "code-set"
	CodeRemoved      Deed = "code-removed"
	TokenMade        Deed = "token-made" // the detail says for what
	TokenRevoked     Deed = "token-revoked"
	DraftApproved    Deed = "draft-approved"
	DraftReleased    Deed = "draft-released" // the detail says as which entry, and for which post
	EntryWritten     Deed = "entry-written"  // the detail says of which kind, as which entry, and for which post
	RanksChanged     Deed = "ranks-changed"  // the detail says how many lines the table has
	MayChanged       Deed = "may-changed"    // the detail says what of the table of who may do what
	ActingNamed      Deed = "acting-named"
	ActingEnded      Deed = "acting-ended"
	PasskeyAdded     Deed = "passkey-added" // the detail is its name
	PasskeyRemoved   Deed = "passkey-removed"
	PasskeyCopied    Deed = "passkey-copied" // refused: its device has counted less than before
	Proved           Deed = "proved"         // by a passkey, who is at the screen of a session
)

// Deeds is all of them.
var Deeds = []Deed{
	AccountAdded, AccountChanged, AccountSuspended, AccountResumed, PostWithdrawn, LinkMade, SignedIn, PostTaken, SignInRefused,
	SignedOut, SessionRevoked, PasswordSet, CodeSet, CodeRemoved, TokenMade, TokenRevoked,
	DraftApproved, DraftReleased, EntryWritten, MayChanged, RanksChanged, ActingNamed, ActingEnded,
	PasskeyAdded, PasskeyRemoved, PasskeyCopied, Proved,
}

// Line is one line of the trail: who did what, and to which account if to one.
type Line struct {
	ID     int64 // from 1
	At     time.Time
	By     By // Who is empty if nobody knows, as with a refused sign-in
	Deed   Deed
	Whom   string // account, or the post of a token; empty if it was done to none, or there is none of the name that was typed
	Detail string // such as the posts that it may act for
}

// MaxTrail is the most lines that Trail returns.
const MaxTrail = 500

// Trail returns lines of the trail, the latest first: at most limit, with ids
// below before, or the latest of all if before is 0.
func (p *People) Trail(ctx context.Context, before int64, limit int) (lines []Line, err error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	err = p.db.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT
				id,
				at,
				who,
				deed,
				whom,
				address,
				detail
			FROM trail
			WHERE id < $1
			ORDER BY id DESC
			LIMIT $2`, before, min(max(limit, 1), MaxTrail))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var l Line
			var at int64
			if err := rows.Scan(
				&l.ID,
				&at,
				&l.By.Who,
				&l.Deed,
				&l.Whom,
				&l.By.From,
				&l.Detail); err != nil {
				return err
			}
			l.At = milliseconds(at)
			lines = append(lines, l)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read the trail: %w", err)
	}
	return lines, nil
}

// NoteWritten notes who has had an entry written, for which post. The entry
// itself names the post alone: accounts never cross the line.
func (p *People) NoteWritten(ctx context.Context, by By, kind string, entry office.EntryID, post office.Post) error {
	return p.db.Update(ctx, func(tx *sqldb.Tx) error {
		return note(ctx, tx, Line{At: p.now(), By: by, Deed: EntryWritten, Detail: fmt.Sprintf("%s, entry %s, %s", kind, entry, post)})
	})
}

// note adds a line to the trail, in the transaction that does what it tells.
func note(ctx context.Context, tx *sqldb.Tx, l Line) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO trail (id, at, who, deed, whom, address, detail)
		SELECT COALESCE(MAX(id), 0) + 1, CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS TEXT)
		FROM trail`,
		l.At.UnixMilli(), l.By.Who, string(l.Deed), l.Whom, clip(l.By.From), l.Detail)
	if err != nil {
		return fmt.Errorf("note %s in the trail: %w", l.Deed, err)
	}
	return nil
}
