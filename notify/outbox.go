package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"liaison.example/sqldb"
)

// The outbox: what is to be told to people stands in local.db before anybody is
// told, once under its Key, and stays until it was sent, was withdrawn or was given
// up. Who is killed between sending and noting it sends once more, under the same
// Notice.Key: nothing is lost, and what can tell the same message again drops it.

// State is what became of a notice.
type State string

// The states of a notice.
const (
	StateWaiting   State = "waiting"   // it is to be sent, or to be tried again
	StateSent      State = "sent"      // the means has taken it; whether somebody has seen it is not known
	StateRetract   State = "retract"   // it was sent, and is to be taken back
	StateWithdrawn State = "withdrawn" // it was taken back, or needed no sending any more
	StateGathered  State = "gathered"  // another notice has told of it, with a number
	StateFailed    State = "failed"    // it was tried to the end
)

// After a failure a notice is tried again: first retryFirst later, then twice as
// long each time, at most retryLongest; so often, or until retryEnd has passed.
const (
	retryFirst   = 10 * time.Second
	retryLongest = 10 * time.Minute
	retryEnd     = 6 * time.Hour

	sendAtOnce  = 8   // messages that are under way at once
	sendPass    = 256 // messages of one pass
	sendLongest = 30 * time.Second
	passLongest = 20 * time.Second // in which messages of a pass begin to be sent: what comes meanwhile may be more urgent

	noticesKept = 90 * 24 * time.Hour
	maxNotices  = 50_000
)

var outboxMigration = sqldb.Migration{Name: "means and outbox", SQL: `
CREATE TABLE means (
	id       BIGINT PRIMARY KEY, -- random
	account  TEXT   NOT NULL,
	kind     TEXT   NOT NULL,    -- of its sender
	label    TEXT   NOT NULL,
	sealed   TEXT   NOT NULL,    -- settings
	made     BIGINT NOT NULL,
	worked   BIGINT NOT NULL,    -- when it last did; 0 if it never did
	tested   BIGINT NOT NULL,    -- when it last was; 0 if it never was
	failures BIGINT NOT NULL,    -- since it last worked
	failed   TEXT   NOT NULL     -- why it failed last; empty if it did not
);
CREATE INDEX means_account ON means (account, made);
CREATE TABLE sender (
	kind   TEXT PRIMARY KEY,
	sealed TEXT NOT NULL         -- settings of the side
);
CREATE TABLE quiet (
	account      TEXT   PRIMARY KEY,
	from_minute  BIGINT NOT NULL,
	until_minute BIGINT NOT NULL
);
CREATE TABLE whom (
	precedence TEXT NOT NULL,
	act        TEXT NOT NULL,
	who        TEXT NOT NULL,    -- words with spaces between; empty: nobody
	PRIMARY KEY (precedence, act)
);
CREATE TABLE notice (
	id         BIGINT PRIMARY KEY, -- random
	subject    TEXT   NOT NULL,    -- a dispatch, or what else it is about
	step       BIGINT NOT NULL,
	account    TEXT   NOT NULL,
	means      BIGINT NOT NULL,
	sort       TEXT   NOT NULL,
	channel    TEXT   NOT NULL,
	precedence TEXT   NOT NULL,
	distress   BIGINT NOT NULL,
	many       BIGINT NOT NULL,    -- 1 if it is the one notice of a flood
	may        BIGINT NOT NULL,    -- 1 if it comes with a link to acknowledge
	data       TEXT   NOT NULL,    -- JSON of the notice
	planned    BIGINT NOT NULL,
	state      TEXT   NOT NULL,
	open       BIGINT NOT NULL,    -- 1 while its dispatch waits
	attempts   BIGINT NOT NULL,
	next       BIGINT NOT NULL,    -- not to be tried before
	ended      BIGINT NOT NULL,    -- when it was sent, withdrawn or given up; 0 if it was not
	failed     TEXT   NOT NULL,    -- why it failed last
	UNIQUE (subject, step, account, means)
);
CREATE INDEX notice_open ON notice (open, planned);
CREATE INDEX notice_state ON notice (state, next);
CREATE INDEX notice_account ON notice (account, planned);
CREATE INDEX notice_planned ON notice (planned);
CREATE TABLE ack_link (
	hash     BYTEA PRIMARY KEY,  -- SHA-256 of the token
	account  TEXT   NOT NULL,    -- who may acknowledge with it
	dispatch TEXT   NOT NULL,    -- what
	made     BIGINT NOT NULL,
	expires  BIGINT NOT NULL,
	used     BIGINT NOT NULL     -- when; 0 if it was not
);
CREATE INDEX ack_link_expires ON ack_link (expires);
`}

// Line is a notice as it is listed.
type Line struct {
	ID int64
	Key
	Notice   Notice
	Planned  time.Time
	State    State
	Open     bool // what it is about waits
	Attempts int64
	Next     time.Time // zero if it is not to be tried
	Ended    time.Time
	Failed   string

	may bool
}

// notices reads notices: those that a condition chooses.
func notices(ctx context.Context, tx *sqldb.Tx, condition string, args ...any) (list []Line, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			subject,
			step,
			account,
			means,
			may,
			data,
			planned,
			state,
			open,
			attempts,
			next,
			ended,
			failed
		FROM notice
		`+condition, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l Line
		var data string
		var may, planned, open, next, ended int64
		if err := rows.Scan(
			&l.ID,
			&l.Subject,
			&l.Step,
			&l.Account,
			&l.Means,
			&may,
			&data,
			&planned,
			&l.State,
			&open,
			&l.Attempts,
			&next,
			&ended,
			&l.Failed); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(data), &l.Notice); err != nil {
			return nil, err
		}
		l.may, l.Open, l.Planned, l.Next, l.Ended = may != 0, open != 0, moment(planned), moment(next), moment(ended)
		list = append(list, l)
	}
	return list, rows.Err()
}

// Notices lists what an account was told, or all ("") were, the last first.
func (n *Notify) Notices(ctx context.Context, account string, limit int) (list []Line, err error) {
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err = notices(ctx, tx, `WHERE (account = $1 OR $1 = '') AND sort <> $2 ORDER BY planned DESC, id LIMIT $3`, account, string(SortProbe), limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list what was told: %w", err)
	}
	return list, nil
}

// readTold reads what planning needs to know of what was told: of dispatches that
// wait, and of the last while.
func readTold(ctx context.Context, tx *sqldb.Tx, now int64) (told []Told, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			subject,
			step,
			account,
			means,
			channel,
			precedence,
			distress,
			many,
			planned,
			state,
			open
		FROM notice
		WHERE (open = 1 OR planned > $1) AND sort IN ($2, $3, $4)`, now-floodSpan, string(SortDispatch), string(SortCheck), string(SortMatter))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var t Told
		var distress, many, open int64
		var state State
		if err := rows.Scan(
			&t.Subject,
			&t.Step,
			&t.Account,
			&t.Means,
			&t.class.channel,
			&t.class.precedence,
			&distress,
			&many,
			&t.At,
			&state,
			&open); err != nil {
			return nil, err
		}
		t.class.distress, t.Many, t.Count = distress != 0, many != 0, state != StateGathered
		t.open = open != 0
		told = append(told, t)
	}
	return told, rows.Err()
}

// put writes planned notices into the outbox. Those that are to be sent at once
// come back; what is there already is left as it is.
func put(ctx context.Context, tx *sqldb.Tx, planned []Planned, now int64) (fresh []Line, err error) {
	for i := range planned {
		p := &planned[i]
		for i := range p.Others {
			if _, err := insert(ctx, tx, &p.Others[i], StateGathered, now); err != nil {
				return nil, err
			}
		}
		id, err := insert(ctx, tx, p, StateWaiting, now)
		if err != nil {
			return nil, err
		}
		if id != 0 {
			// What was not sent yet of a step before is not sent any more.
			if _, err := tx.Exec(ctx, `
				UPDATE notice
				SET state = $1, ended = $2
				WHERE subject = $3 AND account = $4 AND means = $5 AND step < $6 AND state = 'waiting'`,
				string(StateWithdrawn), now, p.Subject, p.Account, p.Means, p.Step); err != nil {
				return nil, err
			}
			fresh = append(fresh, Line{ID: id, Key: p.Key, Notice: p.Notice, Planned: moment(now), State: StateWaiting, Attempts: 1, may: p.May})
		}
	}
	return fresh, nil
}

// insert writes one notice, as one whose first attempt begins; 0 if it is there.
func insert(ctx context.Context, tx *sqldb.Tx, p *Planned, state State, now int64) (id int64, err error) {
	data, err := json.Marshal(p.Notice)
	if err != nil {
		return 0, err
	}
	id = newID()
	next, ended, open := now+retryFirst.Milliseconds(), int64(0), bit(p.Notice.Sort.waits())
	if state == StateGathered {
		next, ended = 0, now
	}
	written, err := tx.Exec(ctx, `
		INSERT INTO notice (id, subject, step, account, means, sort, channel, precedence, distress, many, may, data, planned, state, open, attempts, next, ended, failed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1, $16, $17, '')
		ON CONFLICT (subject, step, account, means) DO NOTHING`,
		id, p.Subject, p.Step, p.Account, p.Means, string(p.Notice.Sort), p.Notice.class(), string(p.Notice.Precedence), bit(p.Notice.Distress), bit(p.Many), bit(p.May),
		string(data), now, string(state), open, next, ended)
	if err != nil || written == 0 {
		return 0, err
	}
	return id, nil
}

// key is what a notice is known by to the means: the same with each attempt.
func (l *Line) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %s %d", l.Subject, l.Step, l.Account, l.Means))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// claim takes what is due to be tried again: the next attempt has begun.
func claim(ctx context.Context, tx *sqldb.Tx, now int64) (list []Line, err error) {
	list, err = notices(ctx, tx, `WHERE state IN ('waiting', 'retract') AND next <= $1 ORDER BY next, id LIMIT $2`, now, sendPass)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Attempts++
		wait := min(retryLongest, retryFirst<<min(max(list[i].Attempts-1, 0), 16))
		if _, err := tx.Exec(ctx, `
			UPDATE notice
			SET attempts = $1, next = $2
			WHERE id = $3`, list[i].Attempts, now+wait.Milliseconds(), list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// sent is how an attempt ended.
type sent struct {
	line *Line
	err  error
}

// sendAll sends notices, several at once, and returns how each ended. What has not
// begun after passLongest is left for the next pass, so that means which do not
// answer hold up no other.
func (n *Notify) sendAll(ctx context.Context, lines []Line, means map[int64]*Means, offices map[string]Settings, tokens map[int64]string, g *Gathered) []sent {
	results := make([]sent, len(lines))
	var under sync.WaitGroup
	turns := make(chan struct{}, sendAtOnce)
	over := time.NewTimer(passLongest)
	defer over.Stop()
	for i := range lines {
		select {
		case turns <- struct{}{}:
		case <-over.C:
			under.Wait()
			return results[:i]
		}
		under.Go(func() {
			defer func() { <-turns }()
			results[i] = sent{&lines[i], n.sendLine(ctx, &lines[i], means[lines[i].Means], offices, tokens[lines[i].ID], g.language(lines[i].Account))}
		})
	}
	under.Wait()
	return results
}

func (n *Notify) sendLine(ctx context.Context, l *Line, m *Means, offices map[string]Settings, token, language string) error {
	if m == nil {
		return ErrNoMeans
	}
	sender := n.Sender(m.Kind)
	if sender == nil {
		return fmt.Errorf("this program has no means of the kind %q", m.Kind)
	}
	if m.settings == nil {
		return errSealedMeans
	}
	notice := l.Notice
	notice.Key, notice.Subject, notice.Withdrawn = l.key(), l.Subject, l.State == StateRetract
	if n.Pages != "" && notice.Sort == SortDispatch {
		notice.Link = n.Pages + "/dispatches/" + notice.Dispatch.String()
		if token != "" {
			notice.Ack = n.Pages + "/acknowledge?t=" + token
		}
	} else if n.Pages != "" && notice.Sort == SortCheck {
		notice.Link = n.Pages + "/checks?channel=" + url.QueryEscape(notice.Channel)
	} else if n.Pages != "" && notice.Sort == SortMatter {
		notice.Link = n.Pages + notice.Matter.Page
	} else if n.Pages != "" {
		notice.Link = n.Pages + "/told"
	}
	ctx, cancel := context.WithTimeout(ctx, sendLongest)
	defer cancel()
	return plainly(sender.Send(ctx, To{Account: m.Account, Office: offices[m.Kind], Personal: m.settings, Language: language}, notice))
}

var errSealedMeans = fmt.Errorf("its settings were sealed with other keys of this side: remove the means and add it again")

// noteResults writes down how attempts ended, of notices and of their means, and
// plans what is told of a means that has just failed.
func (n *Notify) noteResults(ctx context.Context, tx *sqldb.Tx, results []sent, means map[int64]*Means, now int64) error {
	for _, r := range results {
		l := r.line
		m := means[l.Means]
		aside := m != nil && m.Kind == PageKind && l.Notice.Sort.waits() // a page that is closed just now is not broken
		if r.err != nil && ctx.Err() != nil {
			continue // it was not the fault of the means; the attempt is made again
		}
		state, ended, failed := l.State, int64(0), ""
		switch {
		case r.err == nil && l.State == StateRetract:
			state, ended = StateWithdrawn, now
		case r.err == nil:
			state, ended = StateSent, now
		case (aside || !l.Notice.Sort.waits()) && l.Attempts >= 3, now-l.Planned.UnixMilli() > retryEnd.Milliseconds(), l.State == StateRetract && l.Attempts > 8:
			state, ended, failed = StateFailed, now, r.err.Error()
		default:
			failed = r.err.Error()
		}
		if _, err := tx.Exec(ctx, `
			UPDATE notice
			SET state = $1, ended = $2, failed = $3
			WHERE id = $4 AND state = $5`, string(state), ended, clip(failed), l.ID, string(l.State)); err != nil {
			return err
		}
		if m != nil && l.State != StateRetract && (!aside || r.err == nil) {
			if err := noteMeans(ctx, tx, m, r.err, now, !l.Notice.Sort.waits() && l.Notice.Sort != SortFault); err != nil {
				return err
			}
		}
	}
	return nil
}

// clip makes of what another machine has answered a short line of text that each
// database takes.
func clip(text string) string {
	const most = 300
	line := strings.Builder{}
	for _, r := range strings.Join(strings.Fields(text), " ") {
		if !unicode.IsGraphic(r) {
			continue
		}
		if line.Len()+utf8.RuneLen(r) > most {
			break
		}
		line.WriteRune(r)
	}
	return line.String()
}

// plainly is an error as clip has it: it may be shown on a terminal.
func plainly(err error) error {
	if err != nil && clip(err.Error()) != err.Error() {
		return errors.New(clip(err.Error()))
	}
	return err
}

// noteMeans writes down whether a means works.
func noteMeans(ctx context.Context, tx *sqldb.Tx, m *Means, failed error, now int64, test bool) error {
	if failed == nil {
		m.Failures, m.Failed, m.Worked = 0, "", moment(now)
	} else {
		m.Failures++
		m.Failed = clip(failed.Error())
	}
	if test {
		m.Tested = moment(now)
	}
	_, err := tx.Exec(ctx, `
		UPDATE means
		SET worked = $1, tested = $2, failures = $3, failed = $4
		WHERE id = $5`, millis(m.Worked), millis(m.Tested), m.Failures, m.Failed, m.ID)
	return err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// withdraw ends all notices of what no longer waits. What was sent is
// taken back where the means can do that.
func (n *Notify) withdraw(ctx context.Context, tx *sqldb.Tx, subjects []string, means map[int64]*Means, now int64) error {
	if len(subjects) == 0 {
		return nil
	}
	for _, subject := range subjects {
		open, err := notices(ctx, tx, `WHERE subject = $1 AND open = 1`, subject)
		if err != nil {
			return err
		}
		for _, l := range open {
			state, next, ended, attempts := l.State, int64(0), millis(l.Ended), l.Attempts
			retracts := false
			if m := means[l.Means]; m != nil {
				_, retracts = n.Sender(m.Kind).(Retractor)
			}
			switch {
			case l.State == StateSent && retracts:
				state, next, ended, attempts = StateRetract, now, 0, 0
			case l.State == StateWaiting:
				state, ended = StateWithdrawn, now
			}
			if _, err := tx.Exec(ctx, `
				UPDATE notice
				SET state = $1, next = $2, ended = $3, attempts = $4, open = 0
				WHERE id = $5`, string(state), next, ended, attempts, l.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// sweep forgets what is long past.
func sweep(ctx context.Context, tx *sqldb.Tx, now int64) error {
	if _, err := tx.Exec(ctx, `DELETE FROM notice WHERE open = 0 AND planned < $1 AND state NOT IN ('waiting', 'retract')`, now-noticesKept.Milliseconds()); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM notice
		WHERE open = 0 AND state NOT IN ('waiting', 'retract') AND planned < (
			SELECT planned
			FROM notice
			ORDER BY planned DESC
			LIMIT 1 OFFSET $1)`, maxNotices); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM ack_link WHERE expires < $1`, now-ackKept.Milliseconds())
	return err
}

// byUrgency orders lines so that the most urgent are sent first.
func byUrgency(a, b Line) int {
	return cmp.Or(cmp.Compare(rank(&a.Notice), rank(&b.Notice)), a.Planned.Compare(b.Planned), cmp.Compare(a.ID, b.ID))
}
