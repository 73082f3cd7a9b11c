package web

import (
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/people"
)

// tokenDays are the times for which a person may choose to make a token.
var tokenDays = []int{7, 30, 90, 365}

// accountToken is a token of the person's account.
type accountToken struct {
	ID     int64
	Note   string
	Scopes string
	Ends   template.HTML
	Last   template.HTML // empty if it was never used
}

// tokenForm is the form for a new token, as it was typed.
type tokenForm struct {
	Note   string
	Scopes []choice
	Days   []choice
	Max    int // characters of the note
}

func (v *visit) tokenForm(admin bool) tokenForm {
	form := v.r.PostForm
	f := tokenForm{Note: form.Get("note"), Max: people.MaxNote}
	for _, scope := range people.Scopes {
		if scope == people.ScopeAdminister && !admin {
			continue
		}
		chosen := slices.Contains(form["scope"], string(scope))
		f.Scopes = append(f.Scopes, choice{string(scope), v.t("token." + string(scope)), "", chosen})
	}
	usual := strconv.Itoa(int(people.TokenUsual / (24 * time.Hour)))
	for _, days := range tokenDays {
		value := strconv.Itoa(days)
		f.Days = append(f.Days, choice{value, v.t("token.days", "n", days), "", value == usual && !form.Has("days") || value == form.Get("days")})
	}
	return f
}

// tokens lists the tokens of an account that work.
func (s *site) tokens(v *visit, name string) (list []accountToken, err error) {
	all, err := s.node.People().AccountTokens(v.ctx, name)
	if err != nil {
		return nil, err
	}
	for _, t := range all {
		if !t.Working(v.now) {
			continue
		}
		words := make([]string, len(t.Scopes))
		for i, scope := range t.Scopes {
			words[i] = v.t("token." + string(scope))
		}
		token := accountToken{ID: t.ID, Note: t.Note, Scopes: strings.Join(words, " · "), Ends: v.when(t.Ends)}
		if !t.LastUsed.IsZero() {
			token.Last = v.when(t.LastUsed)
		}
		list = append(list, token)
	}
	return list, nil
}

// postToken makes a token and shows it once.
func (s *site) postToken(v *visit) error {
	form := v.r.PostForm
	days, err := strconv.Atoi(form.Get("days"))
	if err != nil || !slices.Contains(tokenDays, days) {
		return errMalformed
	}
	wanted := people.NewToken{Note: strings.TrimSpace(form.Get("note")), ValidFor: time.Duration(days) * 24 * time.Hour}
	for _, scope := range form["scope"] {
		wanted.Scopes = append(wanted.Scopes, people.Scope(scope))
	}
	_, text, err := s.node.People().AddOwnToken(v.ctx, v.cookie, v.from(), form.Get("old"), wanted)
	if err != nil {
		return s.accountDone(v, err)
	}
	v.r.PostForm = nil // the form is empty again
	return s.showAccountWith(v, http.StatusOK, "", text)
}

// postRevokeToken ends a token of the person's account.
func (s *site) postRevokeToken(v *visit) error {
	id, err := v.pathNumber()
	if err != nil {
		return err
	}
	by := people.By{Who: v.session.Account, From: v.from()}
	err = s.node.People().RevokeToken(v.ctx, by, id, v.session.Account)
	if errors.Is(err, people.ErrNoToken) {
		err = nil // it has ended, as was wanted
	}
	return s.accountDone(v, err)
}
