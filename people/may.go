package people

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// What a role may be allowed to do beside writing the kinds of entry.
const (
	ActDraft  = "draft"          // write drafts
	ActReview = "draft.review"   // approve drafts of others, and return them
	ActAlone  = "dispatch.alone" // release what nobody else has written in or approved
)

// Act is one thing that the table of who may do what speaks of.
type Act struct {
	Name   string // a kind of entry, or one of the above
	Urgent bool   // it is asked for each precedence by itself
}

// Acts is all of them, in the order in which they are shown.
var Acts = []Act{
	{ActDraft, true},
	{ActReview, true},
	{office.KindDispatch, true},
	{ActAlone, true},
	{office.KindAcknowledge, true},
	{office.KindConsider, false},
	{office.KindClose, false},
	{office.KindReadback, false},
	{office.KindReadbackReply, false},
	{office.KindPropose, false},
	{office.KindAgree, false},
	{office.KindProposeForm, false},
	{office.KindAgreeForm, false},
	{office.KindNote, false},
	{office.KindTender, false},
	{office.KindTenderReply, false},
	{office.KindTenderEnd, false},
	{office.KindAttempt, false},
	{office.KindConfirm, false},
	{office.KindSuspension, false},
	{office.KindResumption, false},
	{office.KindWatch, false},
	{office.KindWatchEnd, false},
	{office.KindCheck, false},
	{office.KindCheckAnswer, false},
	{ActRoster, false},
	{office.KindHours, false},
	{office.KindCoverage, false},
	{office.KindPersonnel, false},
	{office.KindPost, false},
	{office.KindPostEnd, false},
}

// grant says which of one act a role may do.
type grant struct {
	act         string
	precedences []office.Precedence // nil if the act has none
}

var (
	atAnyHour     = office.Precedences
	inOfficeHours = []office.Precedence{office.Priority, office.Routine}
	noHurry       = []office.Precedence{office.Routine}
)

// grants is the table of who may do what that a side begins with. The other
// sides have their own; the joint rules (package office) ask only that a post is
// accredited.
//
// A head or a deputy speaks for the side, binds it and names its people. What
// cannot wait for them is the duty officer's, so that a dispatch about lives at
// risk is never held up for want of a rank or of a second person. An officer
// does the day's business and a secretary that of the house, both with a second
// person. An interpreter writes drafts and releases nothing; an observer only
// reads what was released.
var grants = map[string][]grant{
	"head":   leader,
	"deputy": leader,
	"duty-officer": {
		{ActDraft, atAnyHour}, {ActReview, atAnyHour}, {office.KindDispatch, atAnyHour}, {ActAlone, atAnyHour},
		{office.KindAcknowledge, atAnyHour}, {office.KindConsider, nil}, {office.KindClose, nil}, {office.KindNote, nil},
		{office.KindReadback, nil}, {office.KindReadbackReply, nil},
		{office.KindTender, nil}, {office.KindTenderReply, nil}, {office.KindTenderEnd, nil},
		{office.KindAttempt, nil}, {office.KindConfirm, nil},
		{office.KindWatch, nil}, {office.KindWatchEnd, nil},
		{office.KindCheck, nil}, {office.KindCheckAnswer, nil},
	},
	"officer": {
		{ActDraft, atAnyHour}, {ActReview, atAnyHour}, {office.KindDispatch, inOfficeHours},
		{office.KindAcknowledge, atAnyHour}, {office.KindConsider, nil}, {office.KindClose, nil}, {office.KindNote, nil},
		{office.KindReadback, nil}, {office.KindReadbackReply, nil},
		{office.KindTender, nil}, {office.KindTenderReply, nil}, {office.KindTenderEnd, nil},
		{office.KindAttempt, nil}, {office.KindConfirm, nil},
		{office.KindWatch, nil}, {office.KindWatchEnd, nil},
		{office.KindCheck, nil}, {office.KindCheckAnswer, nil},
	},
	"secretary":   {{ActDraft, atAnyHour}, {office.KindDispatch, noHurry}, {ActRoster, nil}},
	"interpreter": {{ActDraft, atAnyHour}},
	"observer":    {},
}

var leader = []grant{
	{ActDraft, atAnyHour},
	{ActReview, atAnyHour},
	{office.KindDispatch, atAnyHour},
	{ActAlone, atAnyHour},
	{office.KindAcknowledge, atAnyHour},
	{office.KindConsider, nil},
	{office.KindClose, nil},
	{office.KindReadback, nil},
	{office.KindReadbackReply, nil},
	{office.KindPropose, nil},
	{office.KindAgree, nil},
	{office.KindProposeForm, nil},
	{office.KindAgreeForm, nil},
	{office.KindNote, nil},
	{office.KindTender, nil},
	{office.KindTenderReply, nil},
	{office.KindTenderEnd, nil},
	{office.KindAttempt, nil},
	{office.KindConfirm, nil},
	{office.KindSuspension, nil},
	{office.KindResumption, nil},
	{office.KindWatch, nil},
	{office.KindWatchEnd, nil},
	{office.KindCheck, nil},
	{office.KindCheckAnswer, nil},
	{ActRoster, nil},
	{office.KindHours, nil},
	{office.KindCoverage, nil},
	{office.KindPersonnel, nil},
	{office.KindPost, nil},
	{office.KindPostEnd, nil},
}

// Cell is one place in the table of who may do what. Of an act that is asked for
// each precedence there may also be a place for one form, which goes before the
// place without.
type Cell struct {
	Role, Act  string
	Precedence office.Precedence // empty if the act has none
	Form       string            // code of a form; empty for dispatches of which nothing else is said
}

// base is the place that counts where nothing is said of the form.
func (c Cell) base() Cell {
	c.Form = ""
	return c
}

// granted is what a side begins with.
func (c Cell) granted() bool {
	return slices.ContainsFunc(grants[c.Role], func(g grant) bool {
		return g.act == c.Act && (g.precedences == nil && c.Precedence == "" || slices.Contains(g.precedences, c.Precedence))
	})
}

// valid reports whether the table has such a place.
func (c Cell) valid() bool {
	return slices.Contains(Cells(), c.base()) && (c.Form == "" || c.Precedence != "" && office.ValidName(c.Form))
}

// Rules is our own side's table of who may do what, as it stood at one moment.
type Rules struct {
	changed map[Cell]bool
	acting  []office.Post // that act with the powers of a head
}

// rulesFor is how long the table is taken to be as it was read, where another
// process of our side may have changed it, or a time of an acting head begins or
// ends. A change in this process counts at once.
const rulesFor = time.Second

// rulesKept is the table as it was last read: it is asked with every act.
type rulesKept struct {
	mu      sync.Mutex
	rules   *Rules    // nil if it must be read
	read    time.Time // when
	changes int64     // in this process
}

// get returns the table if it may still be taken for true, and how many changes
// there have been.
func (k *rulesKept) get(now time.Time) (r *Rules, changes int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if age := now.Sub(k.read); age < 0 || age >= rulesFor {
		k.rules = nil
	}
	return k.rules, k.changes
}

// put keeps a table, unless it was changed since get.
func (k *rulesKept) put(r *Rules, now time.Time, changes int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.changes == changes {
		k.rules, k.read = r, now
	}
}

func (k *rulesKept) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rules = nil
	k.changes++
}

// May reports whether a post with this role may do an act: by our own house
// rules, before the joint rules are asked. The precedence and the code of the
// form are those of the dispatch, and empty for acts that have none. Roles and
// acts that it does not know may nothing.
func (r *Rules) May(post office.Post, role, act string, precedence office.Precedence, form string) bool {
	return r.Allows(Cell{role, act, precedence, form}) || slices.Contains(r.acting, post) && r.Allows(Cell{head, act, precedence, form})
}

// Acts reports whether a post acts with the powers of a head at this moment.
func (r *Rules) Acts(post office.Post) bool { return slices.Contains(r.acting, post) }

// MayAny reports whether a post with this role may do an act with any dispatch.
func (r *Rules) MayAny(post office.Post, role, act string) bool {
	for _, form := range append(r.Forms(), "") {
		for _, p := range office.Precedences {
			if r.May(post, role, act, p, form) {
				return true
			}
		}
	}
	return false
}

// Allows reports what stands in one place of the table.
func (r *Rules) Allows(c Cell) bool {
	if allowed, is := r.changed[c]; is {
		return allowed
	}
	if c.Form != "" {
		return r.Allows(c.base())
	}
	return c.granted()
}

// Own reports whether something is said of a form by itself in this place, which
// does not follow the place without a form.
func (r *Rules) Own(c Cell) bool {
	_, is := r.changed[c]
	return is && c.Form != ""
}

// Forms lists the codes of forms of which the table says something of their own,
// in order.
func (r *Rules) Forms() (codes []string) {
	for c := range r.changed {
		if c.Form != "" {
			codes = append(codes, c.Form)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes)
}

// Rules returns the table as it stands, or as it stood up to a second ago where
// another process has changed it.
func (p *People) Rules(ctx context.Context) (r *Rules, err error) {
	now := p.now()
	r, changes := p.rules.get(now)
	if r != nil {
		return r, nil
	}
	if err := p.db.View(ctx, func(tx *sqldb.Tx) error {
		r, err = readRules(ctx, tx, now)
		return err
	}); err != nil {
		return nil, fmt.Errorf("read who may do what: %w", err)
	}
	p.rules.put(r, now, changes)
	return r, nil
}

func readRules(ctx context.Context, tx *sqldb.Tx, now time.Time) (*Rules, error) {
	r := &Rules{changed: map[Cell]bool{}}
	rows, err := tx.Query(ctx, `
		SELECT
			role,
			act,
			precedence,
			form,
			allowed
		FROM may
		ORDER BY role, act, precedence, form`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c Cell
		var allowed int64
		if err := rows.Scan(
			&c.Role,
			&c.Act,
			&c.Precedence,
			&c.Form,
			&allowed); err != nil {
			return nil, err
		}
		r.changed[c] = allowed != 0
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	r.acting, err = names(ctx, tx, `
		SELECT post
		FROM acting
		WHERE since <= $1 AND until > $2
		ORDER BY post`, now.UnixMilli(), now.UnixMilli())
	return r, err
}

// SetMay changes places of the table, each to what it is set to, and notes it in
// the trail. A place for a form that is set to what holds without it is given up:
// it follows the other from then on. It refuses with may-unknown, and changes
// nothing, if the table has not all of them; with may-many if more is said of
// forms than MaxFormCells.
func (p *People) SetMay(ctx context.Context, by By, set map[Cell]bool) error {
	now, set := p.now(), maps.Clone(set)
	err := p.db.Update(ctx, func(tx *sqldb.Tx) error {
		rules, err := readRules(ctx, tx, now)
		if err != nil {
			return err
		}
		for c, allowed := range set {
			if !c.valid() {
				return refuse("may-unknown")
			}
			if given := rules.Own(c) && allowed == rules.Allows(c.base()); rules.Allows(c) == allowed && !given {
				delete(set, c)
			}
		}
		for _, c := range slices.SortedFunc(maps.Keys(set), compareCells) {
			if err := setCell(ctx, tx, c, set[c], c.Form != "" && set[c] == rules.Allows(c.base())); err != nil {
				return err
			}
			if err := note(ctx, tx, Line{At: now, By: by, Deed: MayChanged, Detail: c.detail(set[c])}); err != nil {
				return err
			}
		}
		var forms int
		if err := tx.QueryRow(ctx, `
			SELECT COUNT(*)
			FROM may
			WHERE form <> ''`).Scan(&forms); err != nil {
			return err
		}
		if forms > MaxFormCells {
			return refuse("may-many", "limit", fmt.Sprint(MaxFormCells))
		}
		return nil
	})
	p.rules.forget()
	if err != nil {
		return fmt.Errorf("change who may do what: %w", err)
	}
	return nil
}

// MaxFormCells is how many places for forms differ from the rest of the table.
const MaxFormCells = 10_000

// setCell stores one place of the table, or forgets it.
func setCell(ctx context.Context, tx *sqldb.Tx, c Cell, allowed, forget bool) (err error) {
	if forget {
		_, err = tx.Exec(ctx, `
			DELETE FROM may
			WHERE role = $1 AND act = $2 AND precedence = $3 AND form = $4`, c.Role, c.Act, string(c.Precedence), c.Form)
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO may (role, act, precedence, form, allowed)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (role, act, precedence, form) DO UPDATE SET allowed = excluded.allowed`,
		c.Role, c.Act, string(c.Precedence), c.Form, bit(allowed))
	return err
}

// compareCells orders places as they are shown: by act, role, precedence, and then
// those of forms.
func compareCells(a, b Cell) int {
	all := Cells()
	return cmp.Or(cmp.Compare(slices.Index(all, a.base()), slices.Index(all, b.base())), cmp.Compare(a.Form, b.Form))
}

// Cells is every place of the table, in the order in which it is shown.
func Cells() (cells []Cell) {
	for _, act := range Acts {
		precedences := []office.Precedence{""}
		if act.Urgent {
			precedences = office.Precedences
		}
		for _, role := range office.Roles {
			for _, precedence := range precedences {
				cells = append(cells, Cell{Role: role, Act: act.Name, Precedence: precedence})
			}
		}
	}
	return cells
}

// detail writes a change for the trail: "+officer dispatch PRIORITY an".
func (c Cell) detail(allowed bool) string {
	text := "-" + c.Role + " " + c.Act
	if allowed {
		text = "+" + text[1:]
	}
	if c.Precedence != "" {
		text += " " + string(c.Precedence)
	}
	if c.Form != "" {
		text += " " + c.Form
	}
	return text
}
