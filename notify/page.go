package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// pageSender tells by the pages that a person has open: by their sound, and by
// notices on the desktop. FLASH and IMMEDIATE ring there as long as they wait, which
// the pages take from the record; they are asked to sound once for what does not
// ring, and to try themselves. What they answer is the proof: that the sound was
// played.
type pageSender struct{ n *Notify }

// PageKind is the kind of the open page. A person has one at most.
const PageKind = "page"

func (pageSender) Kind() string { return PageKind }

func (pageSender) Office() []Field { return nil }

func (pageSender) Personal() []Field {
	return []Field{
		{Name: "volume", Type: FieldChoice, Required: true, Choices: []string{"full", "half", "low"}, Default: "full"},
		{Name: "rings", Type: FieldChoice, Required: true, Choices: []string{"both", "flash"}, Default: "both"},
		{Name: "soft", Type: FieldCheck, Default: "1"},
		{Name: "desktop", Type: FieldCheck, Default: "1"},
	}
}

func (p pageSender) Send(ctx context.Context, to To, n Notice) error {
	ask := PageAsk{Key: n.Key, Sound: SoundSoft, Title: n.Title(to.Language), Desktop: to.Personal["desktop"] != ""}
	switch n.Sort {
	case SortTest:
		ask.Sound = SoundTest
	case SortProbe:
		ask.Sound, ask.Title, ask.Desktop = SoundProbe, "", false
	default:
		if to.Personal["soft"] == "" {
			ask.Sound = SoundNone
		}
	}
	return p.n.ask(ctx, to.Account, ask)
}

// PageSound says what an open page is asked to sound.
type PageSound string

// What an open page is asked to sound, once.
const (
	SoundNone  PageSound = ""      // only a notice is to be shown
	SoundSoft  PageSound = "soft"  // something that does not ring has come
	SoundTest  PageSound = "test"  // somebody has pressed the button
	SoundProbe PageSound = "probe" // without being heard: whether it could
)

// PageAsk is what the open pages of a person are asked. It holds nothing of the text
// of a dispatch.
type PageAsk struct {
	Key     string    `json:"key"`
	Sound   PageSound `json:"sound"`
	Title   string    `json:"title,omitempty"`
	Desktop bool      `json:"desktop,omitempty"` // also as a notice on the desktop
}

// PageAnswer is what an open page says to it.
type PageAnswer string

// The answers of an open page.
const (
	PagePlayed  PageAnswer = "played"  // what was asked for
	PageUnarmed PageAnswer = "unarmed" // nobody has armed the sound in it
	PageUnheard PageAnswer = "unheard" // the browser did not let it be heard
)

var (
	errAway    = errors.New("no page of this person is open, or it does not answer")
	errUnarmed = errors.New("the sound is not armed in the open page")
	errUnheard = errors.New("the browser does not let the page be heard")
)

// The pages that are open in one process, and the processes of a side.
const (
	pageAnswers = 5 * time.Second // in which a page answers
	pageOthers  = time.Second     // in which, after one that could not, another may have played
	pageAsks    = 8               // that wait in the stream of one page
	pageChannel = "liaison_pages" // wakes the other processes
	pageRead    = 100             // asks that are read at once
)

// pages is the pages that are open in this process.
type pages struct {
	mu    sync.Mutex
	open  map[string][]chan PageAsk // by account
	waits map[string]pageWait       // by the key of the ask
	given map[string]time.Time      // asks of other processes that the pages here were given
}

type pageWait struct {
	account string
	answers chan PageAnswer
}

// OpenPage says that a page of a person is open until leave is called, and gives
// what it is asked.
func (n *Notify) OpenPage(account string) (asks <-chan PageAsk, leave func()) {
	p := &n.pages
	page := make(chan PageAsk, pageAsks)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = map[string][]chan PageAsk{}
	}
	p.open[account] = append(p.open[account], page)
	return page, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.open[account] = slices.DeleteFunc(p.open[account], func(c chan PageAsk) bool { return c == page })
		if len(p.open[account]) == 0 {
			delete(p.open, account)
		}
	}
}

// give hands an ask to the pages of a person that are open here, and reports whether
// there are any.
func (p *pages) give(account string, ask PageAsk) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, page := range p.open[account] {
		select {
		case page <- ask:
		default: // its browser reads nothing
		}
	}
	return len(p.open[account]) > 0
}

// ask asks the open pages of a person, wherever they are open, and waits for their
// answer.
func (n *Notify) ask(ctx context.Context, account string, ask PageAsk) error {
	p := &n.pages
	answers := make(chan PageAnswer, pageAsks)
	p.mu.Lock()
	if p.waits == nil {
		p.waits = map[string]pageWait{}
	}
	p.waits[ask.Key] = pageWait{account, answers}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.waits, ask.Key)
	}()
	if here := p.give(account, ask); n.DB.Engine() == sqldb.PostgreSQL {
		if err := n.askOthers(ctx, account, ask); err != nil {
			return err
		}
	} else if !here {
		return errAway
	}
	failed := errAway
	last := time.NewTimer(pageAnswers)
	defer last.Stop()
	for {
		select {
		case <-ctx.Done():
			return failed
		case <-last.C:
			return failed
		case answer := <-answers:
			switch answer {
			case PagePlayed:
				return nil
			case PageUnarmed:
				failed = errUnarmed
			default:
				failed = errUnheard
			}
			last.Reset(pageOthers) // another page may be heard
		}
	}
}

// AnswerAsk takes what an open page of a person says to what it was asked. What
// nobody waits for is dropped.
func (n *Notify) AnswerAsk(ctx context.Context, account, key string, answer PageAnswer) error {
	if n.pages.answered(account, key, answer) || n.DB.Engine() != sqldb.PostgreSQL {
		return nil
	}
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		changed, err := tx.Exec(ctx, `UPDATE page_ask SET answer = $1 WHERE key = $2 AND account = $3 AND answer <> $4`,
			string(answer), key, account, string(PagePlayed))
		if err != nil || changed == 0 {
			return err
		}
		return tx.Notify(ctx, pageChannel)
	})
	if err != nil {
		return fmt.Errorf("pass on what a page has answered: %w", err)
	}
	return nil
}

// answered hands an answer to who waits for it in this process.
func (p *pages) answered(account, key string, answer PageAnswer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait, waits := p.waits[key]
	if !waits || wait.account != account {
		return false
	}
	select {
	case wait.answers <- answer:
	default:
	}
	return true
}

// askOthers leaves an ask for the pages that are open in other processes.
func (n *Notify) askOthers(ctx context.Context, account string, ask PageAsk) error {
	text, err := json.Marshal(ask)
	if err != nil {
		return fmt.Errorf("write what a page is asked: %w", err)
	}
	now := n.Now().UnixMilli()
	err = n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM page_ask WHERE asked < $1`, now-sendLongest.Milliseconds()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
			INSERT INTO page_ask (key, account, ask, asked, answer)
			VALUES ($1, $2, $3, $4, '')
			ON CONFLICT (key) DO UPDATE SET asked = excluded.asked, answer = ''`, ask.Key, account, string(text), now); err != nil {
			return err
		}
		return tx.Notify(ctx, pageChannel)
	})
	if err != nil {
		return fmt.Errorf("ask the pages of other processes: %w", err)
	}
	return nil
}

// HearPages takes in what other processes ask and answer, until ctx ends.
func (n *Notify) HearPages(ctx context.Context) {
	err := n.DB.Listen(ctx, pageChannel, func() {
		if err := n.readAsks(ctx); err != nil && ctx.Err() == nil {
			n.Log.Warn("the open pages are not asked what another process asks", "error", err)
		}
	})
	if err != nil && ctx.Err() == nil {
		n.Log.Error("other processes do not reach the open pages", "error", err)
	}
}

func (n *Notify) readAsks(ctx context.Context) error {
	type asked struct {
		account string
		ask     PageAsk
		at      int64
		answer  PageAnswer
	}
	var list []asked
	since := n.Now().Add(-2 * pageAnswers)
	err := n.DB.View(ctx, func(tx *sqldb.Tx) error {
		list = nil
		rows, err := tx.Query(ctx, `SELECT account, ask, asked, answer FROM page_ask WHERE asked > $1 ORDER BY asked DESC, key LIMIT $2`, since.UnixMilli(), pageRead)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var one asked
			var text string
			if err := rows.Scan(&one.account, &text, &one.at, &one.answer); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(text), &one.ask); err != nil {
				return err
			}
			list = append(list, one)
		}
		return rows.Err()
	})
	if err != nil {
		return fmt.Errorf("read what pages are asked: %w", err)
	}
	for _, one := range list {
		switch {
		case one.answer != "":
			n.pages.answered(one.account, one.ask.Key, one.answer)
		case n.pages.fresh(one.ask.Key, moment(one.at), since):
			n.pages.give(one.account, one.ask)
		}
	}
	return nil
}

// fresh reports whether an ask of that moment is new to this process, and forgets
// those that are long past.
func (p *pages) fresh(key string, at, since time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, own := p.waits[key]; own {
		return false
	}
	for old, when := range p.given {
		if when.Before(since) {
			delete(p.given, old)
		}
	}
	if p.given == nil {
		p.given = map[string]time.Time{}
	}
	if p.given[key].Equal(at) {
		return false
	}
	p.given[key] = at
	return true
}

var pageMigration = sqldb.Migration{Name: "open pages", SQL: `
-- What the pages are asked that may be open in another process.
CREATE TABLE page_ask (
	key     TEXT   PRIMARY KEY,
	account TEXT   NOT NULL,
	ask     TEXT   NOT NULL, -- JSON
	asked   BIGINT NOT NULL,
	answer  TEXT   NOT NULL  -- empty while there is none
);
-- Who has taken which watch last, by an account of our own.
CREATE TABLE page_watch (
	account TEXT PRIMARY KEY,
	watch   TEXT NOT NULL
);
`}

// TakesWatch says that a person has taken a watch. From then on their open page is a
// means of theirs, as they have set it, and is tested each day while they are on watch.
func (n *Notify) TakesWatch(ctx context.Context, account string, watch office.EntryID) error {
	settings := Settings{}
	for _, f := range (pageSender{}).Personal() {
		settings[f.Name] = f.Default
	}
	err := n.DB.Update(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `
			INSERT INTO page_watch (account, watch)
			VALUES ($1, $2)
			ON CONFLICT (account) DO UPDATE SET watch = excluded.watch`, account, watch.String()); err != nil {
			return err
		}
		if id, err := pageOf(ctx, tx, account); err != nil || id != 0 {
			return err
		}
		m := Means{ID: newID(), Account: account, Kind: PageKind, Label: PageKind, Made: n.Now().UTC().Truncate(time.Millisecond), settings: settings}
		return n.insertMeans(ctx, tx, &m)
	})
	if refused, is := errors.AsType[*Refusal](err); is {
		n.Log.Warn("the open page is not tested", "account", account, "error", refused)
		return nil
	}
	if err != nil {
		return fmt.Errorf("note who is on watch: %w", err)
	}
	return nil
}

// pageOf gives the id of the open page among the means of a person; 0 if it is none.
func pageOf(ctx context.Context, tx *sqldb.Tx, account string) (id int64, err error) {
	err = tx.QueryRow(ctx, `SELECT COALESCE(MAX(id), 0) FROM means WHERE account = $1 AND kind = $2`, account, PageKind).Scan(&id)
	return id, err
}

// readPageWatches gives the accounts by which a watch was taken, with the watch.
func readPageWatches(ctx context.Context, tx *sqldb.Tx) (map[string]string, error) {
	taken := map[string]string{}
	rows, err := tx.Query(ctx, `SELECT account, watch FROM page_watch ORDER BY account LIMIT $1`, maxMeans)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var account, watch string
		if err := rows.Scan(&account, &watch); err != nil {
			return nil, err
		}
		taken[account] = watch
	}
	return taken, rows.Err()
}

// PageSettings gives how a person has set their open page: as it comes, if they have
// not.
func (n *Notify) PageSettings(ctx context.Context, account string) (s Settings, err error) {
	list, err := n.Means(ctx, account)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(m Means) bool { return m.Kind == PageKind && m.settings != nil }); i >= 0 {
		return list[i].settings, nil
	}
	s = Settings{}
	for _, f := range (pageSender{}).Personal() {
		s[f.Name] = f.Default
	}
	return s, nil
}
