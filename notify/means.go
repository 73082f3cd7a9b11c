package notify

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// The limits of means.
const (
	MaxMeans    = 8    // of one account
	maxMeans    = 2000 // in all
	maxLabel    = 60   // characters
	maxWhoPlace = 16   // who is named in one place of the table of whom
)

// Means is a way in which a person is told.
type Means struct {
	ID       int64
	Account  string
	Kind     string // of its sender
	Label    string // as the person calls it
	Made     time.Time
	Worked   time.Time // when it last worked; zero if it never did
	Tested   time.Time // when it was last tested; zero if it never was
	Failures int64     // since it last worked
	Failed   string    // why it failed last; empty if it works

	settings Settings // nil if they do not open
}

// Shown gives the settings of a means that may be shown: no secrets.
func (m *Means) Shown(fields []Field) Settings {
	shown := Settings{}
	for _, f := range fields {
		if f.Type != FieldSecret && f.Type != FieldMade && f.Type != FieldHidden {
			shown[f.Name] = m.settings[f.Name]
		}
	}
	return shown
}

// ErrNoMeans says that there is no such means.
var ErrNoMeans = errors.New("there is no such means")

// SenderKinds lists all kinds of means, in the order in which they are offered.
func (n *Notify) SenderKinds() []Sender { return n.senders }

// Sender gives the sender of a kind; nil if there is none.
func (n *Notify) Sender(kind string) Sender {
	for _, s := range n.senders {
		if s.Kind() == kind {
			return s
		}
	}
	return nil
}

// AddMeans adds a means of a person. Secrets that the node draws itself are shown
// once, by the names of their fields.
func (n *Notify) AddMeans(ctx context.Context, account, kind, label string, typed Settings) (m Means, made Settings, err error) {
	sender := n.Sender(kind)
	if sender == nil {
		return Means{}, nil, &Refusal{Code: "setting-missing", Detail: map[string]string{"field": "kind"}}
	}
	settings, err := checkSettings(sender.Personal(), typed, nil)
	if err != nil {
		return Means{}, nil, err
	}
	made = Settings{}
	for _, f := range sender.Personal() {
		if f.Type == FieldMade {
			secret := make([]byte, secretSize)
			_, _ = rand.Read(secret) // never fails
			made[f.Name] = "whsec_" + base64.StdEncoding.EncodeToString(secret)
			settings[f.Name] = made[f.Name]
		}
	}
	if label = strings.Join(strings.Fields(label), " "); label == "" {
		label = kind
	}
	if len([]rune(label)) > maxLabel || clip(label) != label {
		return Means{}, nil, &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": "label"}}
	}
	m = Means{ID: newID(), Account: account, Kind: kind, Label: label, Made: n.Now().UTC().Truncate(time.Millisecond), settings: settings}
	err = n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if kind == PageKind { // of which a person has one: it is set otherwise
			id, err := pageOf(ctx, tx, account)
			if err != nil {
				return err
			}
			if id != 0 {
				m.ID = id
				_, err := tx.Exec(ctx, `UPDATE means SET sealed = $1 WHERE id = $2`, n.closeSettings(id, settings), id)
				return err
			}
		}
		return n.insertMeans(ctx, tx, &m)
	})
	if err != nil {
		return Means{}, nil, fmt.Errorf("add a means: %w", err)
	}
	n.Wake()
	return m, made, nil
}

// insertMeans writes a new means, if there are not too many.
func (n *Notify) insertMeans(ctx context.Context, tx *sqldb.Tx, m *Means) error {
	var own, all int64
	if err := tx.QueryRow(ctx, `
		SELECT
			COUNT(CASE WHEN account = $1 THEN 1 END),
			COUNT(*)
		FROM means`, m.Account).Scan(
		&own,
		&all); err != nil {
		return err
	}
	if own >= MaxMeans || all >= maxMeans {
		return &Refusal{"means-many", map[string]string{"limit": fmt.Sprint(MaxMeans)}}
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO means (id, account, kind, label, sealed, made, worked, tested, failures, failed)
		VALUES ($1, $2, $3, $4, $5, $6, 0, 0, 0, '')`, m.ID, m.Account, m.Kind, m.Label, n.closeSettings(m.ID, m.settings), m.Made.UnixMilli())
	return err
}

// RemoveMeans forgets a means of a person, and what waits to be told by it.
func (n *Notify) RemoveMeans(ctx context.Context, account string, id int64) error {
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		removed, err := tx.Exec(ctx, `DELETE FROM means WHERE id = $1 AND account = $2`, id, account)
		if err != nil {
			return err
		}
		if removed == 0 {
			return ErrNoMeans
		}
		_, err = tx.Exec(ctx, `
			UPDATE notice
			SET state = $1, open = 0, ended = $2
			WHERE means = $3 AND (state = $4 OR open = 1)`, StateWithdrawn, n.Now().UnixMilli(), id, StateWaiting)
		return err
	})
	if err != nil {
		return fmt.Errorf("remove a means: %w", err)
	}
	return nil
}

// Means lists the means of an account, or of all ("").
func (n *Notify) Means(ctx context.Context, account string) (list []Means, err error) {
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		list, err = n.readMeans(ctx, tx, account)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the means: %w", err)
	}
	return list, nil
}

func (n *Notify) readMeans(ctx context.Context, tx *sqldb.Tx, account string) (list []Means, err error) {
	rows, err := tx.Query(ctx, `
		SELECT
			id,
			account,
			kind,
			label,
			sealed,
			made,
			worked,
			tested,
			failures,
			failed
		FROM means
		WHERE account = $1 OR $1 = ''
		ORDER BY account, made, id
		LIMIT $2`, account, maxMeans)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m Means
		var sealed string
		var made, worked, tested int64
		if err := rows.Scan(
			&m.ID,
			&m.Account,
			&m.Kind,
			&m.Label,
			&sealed,
			&made,
			&worked,
			&tested,
			&m.Failures,
			&m.Failed); err != nil {
			return nil, err
		}
		m.Made, m.Worked, m.Tested = moment(made), moment(worked), moment(tested)
		m.settings = n.openSettings("means/"+strconv.FormatInt(m.ID, 10), sealed)
		list = append(list, m)
	}
	return list, rows.Err()
}

// closeSettings seals the settings of a means.
func (n *Notify) closeSettings(id int64, s Settings) string {
	return n.closeOf("means/"+strconv.FormatInt(id, 10), s)
}

func (n *Notify) closeOf(owner string, s Settings) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic("settings are text: " + err.Error())
	}
	return n.seal.Close(owner, string(text))
}

// openSettings opens settings; it gives nil if they do not open.
func (n *Notify) openSettings(owner, sealed string) (s Settings) {
	text, opens := n.seal.Open(owner, sealed)
	if !opens || text == "" || json.Unmarshal([]byte(text), &s) != nil {
		return nil
	}
	return s
}

// SetOffice sets what an administrator sets for a kind of means, once for the side.
func (n *Notify) SetOffice(ctx context.Context, kind string, typed Settings) error {
	sender := n.Sender(kind)
	if sender == nil || len(sender.Office()) == 0 {
		return ErrNoMeans
	}
	was, err := n.office(ctx, kind)
	if err != nil {
		return err
	}
	settings, err := checkSettings(sender.Office(), typed, was)
	if err != nil {
		return err
	}
	return n.putOffice(ctx, kind, settings)
}

func (n *Notify) putOffice(ctx context.Context, kind string, settings Settings) error {
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO sender (kind, sealed)
			VALUES ($1, $2)
			ON CONFLICT (kind) DO UPDATE SET sealed = excluded.sealed`, kind, n.closeOf("sender/"+kind, settings))
		return err
	})
	if err != nil {
		return fmt.Errorf("set up %s: %w", kind, err)
	}
	return nil
}

// Office gives what is set for a kind of means, without its secrets, and whether
// it may be used: all that it needs is set.
func (n *Notify) Office(ctx context.Context, kind string) (shown Settings, ready bool, err error) {
	all, err := n.office(ctx, kind)
	if err != nil {
		return nil, false, err
	}
	shown, ready = Settings{}, true
	if sender := n.Sender(kind); sender != nil {
		for _, f := range sender.Office() {
			if f.Type != FieldSecret && f.Type != FieldMade {
				shown[f.Name] = all[f.Name]
			}
			ready = ready && (!f.Required || all[f.Name] != "")
		}
	}
	return shown, ready, nil
}

// office reads the settings of the side for a kind of means. What the node draws
// itself for them is drawn when it is first needed.
func (n *Notify) office(ctx context.Context, kind string) (s Settings, err error) {
	err = n.DB.View(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT sealed
			FROM sender
			WHERE kind = $1`, kind)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var sealed string
			if err := rows.Scan(&sealed); err != nil {
				return err
			}
			s = n.openSettings("sender/"+kind, sealed)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read how %s is set up: %w", kind, err)
	}
	if s == nil {
		s = Settings{}
	}
	if maker, is := n.Sender(kind).(interface{ make(Settings) (bool, error) }); is {
		fresh, err := maker.make(s)
		if err == nil && fresh {
			err = n.putOffice(ctx, kind, s)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// SetQuiet sets the quiet hours of an account, in minutes of the day by the side's
// clock. There are none if both are the same.
func (n *Notify) SetQuiet(ctx context.Context, account string, q Quiet) error {
	const day = 24 * 60
	if q.From < 0 || q.From >= day || q.Until < 0 || q.Until >= day {
		return &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": "quiet"}}
	}
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO quiet (account, from_minute, until_minute)
			VALUES ($1, $2, $3)
			ON CONFLICT (account) DO UPDATE SET from_minute = excluded.from_minute, until_minute = excluded.until_minute`, account, q.From, q.Until)
		return err
	})
	if err != nil {
		return fmt.Errorf("set quiet hours: %w", err)
	}
	n.Wake()
	return nil
}

// QuietHours gives the quiet hours of all accounts that have set any.
func (n *Notify) QuietHours(ctx context.Context) (map[string]Quiet, error) {
	all := map[string]Quiet{}
	err := n.DB.View(ctx, func(tx *sqldb.Tx) error { return readQuiet(ctx, tx, all) })
	if err != nil {
		return nil, fmt.Errorf("read the quiet hours: %w", err)
	}
	return all, nil
}

func readQuiet(ctx context.Context, tx *sqldb.Tx, all map[string]Quiet) error {
	rows, err := tx.Query(ctx, `
		SELECT
			account,
			from_minute,
			until_minute
		FROM quiet
		ORDER BY account`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var account string
		var q Quiet
		if err := rows.Scan(
			&account,
			&q.From,
			&q.Until); err != nil {
			return err
		}
		all[account] = q
	}
	return rows.Err()
}

// SetWhom says who is told in a place; nil: as usual, an empty list: nobody.
func (n *Notify) SetWhom(ctx context.Context, place Place, who []Who) error {
	if !slices.Contains(office.Precedences, place.Precedence) || !slices.Contains(Acts, place.Act) || len(who) > maxWhoPlace {
		return &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": "whom"}}
	}
	for _, one := range who {
		name, account := strings.CutPrefix(string(one), "@")
		if account && !office.ValidName(name) || !account && !slices.Contains([]Who{WhoWatch, WhoDuty, WhoDeputies, WhoHeads}, one) {
			return &Refusal{Code: "setting-wrong", Detail: map[string]string{"field": string(one)}}
		}
	}
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if who == nil {
			_, err := tx.Exec(ctx, `DELETE FROM whom WHERE precedence = $1 AND act = $2`, string(place.Precedence), string(place.Act))
			return err
		}
		words := make([]string, len(who))
		for i, one := range who {
			words[i] = string(one)
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO whom (precedence, act, who)
			VALUES ($1, $2, $3)
			ON CONFLICT (precedence, act) DO UPDATE SET who = excluded.who`, string(place.Precedence), string(place.Act), strings.Join(words, " "))
		return err
	})
	if err != nil {
		return fmt.Errorf("say who is told: %w", err)
	}
	n.Wake()
	return nil
}

// Whom gives the table of whom, as far as the side says something else than usual.
func (n *Notify) Whom(ctx context.Context) (Whom, error) {
	all := Whom{}
	err := n.DB.View(ctx, func(tx *sqldb.Tx) error { return readWhom(ctx, tx, all) })
	if err != nil {
		return nil, fmt.Errorf("read who is told: %w", err)
	}
	return all, nil
}

func readWhom(ctx context.Context, tx *sqldb.Tx, all Whom) error {
	rows, err := tx.Query(ctx, `
		SELECT
			precedence,
			act,
			who
		FROM whom
		ORDER BY precedence, act`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var place Place
		var who string
		if err := rows.Scan(
			&place.Precedence,
			&place.Act,
			&who); err != nil {
			return err
		}
		list := []Who{}
		for _, one := range strings.Fields(who) {
			list = append(list, Who(one))
		}
		all[place] = list
	}
	return rows.Err()
}
