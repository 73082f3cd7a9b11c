package web

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"liaison.example/lang"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
	"liaison.example/records"
)

// visit is one request: who asks, in which language, and the office as it stood
// at that moment. Every page is written from one visit, so that all its parts
// tell of the same moment.
type visit struct {
	ctx      context.Context
	w        http.ResponseWriter
	r        *http.Request
	admitted bool
	onPaper  bool // what is answered is printed

	now     time.Time
	tag     string // language
	session *people.Session
	cookie  string
	held    bool // signed in by a password alone, where that is not enough: for the own account only
	status  node.Status
	office  office.OfficeRow
	side    office.Side // ours
	zones   *zones

	// posts is the posts of each side that were asked for, read once.
	posts   map[office.Side][]office.PostRow
	forms   []*office.Form          // those in force; read once, by inForce
	filled  map[string]*office.Form // by their hashes, of the dispatches of a list; nil if not known; read once, by formOf
	records *records.Records
	waits   []waitLine     // what waits for us; read with the frame
	alarms  []node.Alarm   // that are open; read with the frame
	onWatch []office.Watch // of all sides; read with the frame

	promises map[office.Side]office.Promises // of their watch, of all sides; read with the frame
	silences node.Silences                   // what our side waits for; read with the frame

	channels []office.ChannelRow // when channels are suspended; read with the frame

	calendars map[office.Side]office.Calendar // of all sides; nil without a session

	rules      *people.Rules // of our house, as they stood; nil without a session
	checksWait []checkNow    // line checks that wait for our side; read with the frame
	draftsWait int           // drafts that wait for the reader; read with the frame

	tendersWait []tenderLine // tenders that wait for the answer of our side; read with the frame
}

// visit reads what every page needs. The visit it returns can always be used to
// write an error page, also when err is not nil.
func (s *site) visit(ctx context.Context, w http.ResponseWriter, r *http.Request) (*visit, error) {
	v := &visit{
		ctx: ctx, w: w, r: r, now: s.now(), zones: s.faces,
		tag:   lang.Match(r.Header.Get("Accept-Language")),
		posts: map[office.Side][]office.PostRow{},
	}
	if c, err := r.Cookie(languageCookie); err == nil && lang.Known(c.Value) {
		v.tag = c.Value
	}
	var err error
	if v.status, err = s.node.Status(ctx); err != nil {
		return v, fmt.Errorf("read the state of the node: %w", err)
	}
	v.side = v.status.Side
	if c, err := r.Cookie(s.sessionCookie(v.side)); err == nil && len(c.Value) <= maxCookie {
		session, err := s.node.People().Session(ctx, c.Value)
		switch {
		case err == nil:
			v.session, v.cookie = &session, c.Value
			if v.held = session.PasswordAlone() && !s.passwordAlone; v.held {
				session.Post, session.Admin = "", false
			}
			if lang.Known(session.Language) {
				v.tag = session.Language
			}
		case !errors.Is(err, people.ErrSessionEnded):
			return v, fmt.Errorf("look up the session: %w", err)
		}
	}
	if v.session != nil {
		if v.rules, err = s.node.People().Rules(ctx); err != nil {
			return v, err
		}
	}
	v.records = s.node.Records()
	if v.office, err = s.node.Records().OfficeAt(ctx, v.now); err != nil {
		return v, fmt.Errorf("read the charter in force: %w", err)
	}
	if v.session != nil {
		if v.calendars, err = v.records.Calendars(ctx, v.sides()); err != nil {
			return v, err
		}
	}
	return v, nil
}

const (
	maxCookie      = 256  // bytes
	maxBack        = 4096 // bytes of an address: one with a search of 200 Korean letters has 1,800
	languageCookie = "liaison-language"
)

// sessionCookie names the cookie of a session. Browsers keep cookies by host and
// not by port, so the side is part of the name: the two nodes of a
// demonstration on one machine do not sign each other's people out.
func (s *site) sessionCookie(side office.Side) string {
	name := "liaison-" + side
	if s.secure {
		name = "__Host-" + name
	}
	return name
}

// setCookie sets a cookie that scripts cannot read and that no other site's page
// can make a browser send. An empty value removes it.
func (s *site) setCookie(v *visit, name, value string, age time.Duration) {
	c := &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true, Secure: s.secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(age / time.Second),
	}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

// redirect sends the browser on after a form was posted.
func (v *visit) redirect(to string) error {
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// back returns where a form that stands on every page was posted from, if that
// is a page of ours; else the list.
func (v *visit) back() string {
	to := v.r.PostFormValue("back")
	if !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n") || len(to) > maxBack {
		return "/"
	}
	return to
}

// others returns the ids of the other sides, in order.
func (v *visit) others() []office.Side {
	var ids []office.Side
	for _, side := range v.sides() {
		if side != v.side {
			ids = append(ids, side)
		}
	}
	return ids
}

// sides returns the ids of all sides, ours first and the others in order: in a
// side's own copy its name stands first, as in any joint document.
func (v *visit) sides() []office.Side {
	ids := []office.Side{v.side}
	if v.office.Charter != nil {
		for _, side := range v.office.Charter.Sides {
			if side.ID != v.side {
				ids = append(ids, side.ID)
			}
		}
		return ids
	}
	return append(ids, sortedKeys(v.status.Lines)...)
}

// charterSide returns what the charter says of a side.
func (v *visit) charterSide(id office.Side) (office.CharterSide, bool) {
	if v.office.Charter != nil {
		for _, side := range v.office.Charter.Sides {
			if side.ID == id {
				return side, true
			}
		}
	}
	return office.CharterSide{}, false
}

// post returns what is accredited of a post of a side.
func (v *visit) post(side office.Side, post office.Post) (office.PostRow, bool) {
	rows, known := v.posts[side]
	if !known {
		// A post whose words cannot be read is shown by its id.
		rows, _ = v.records.Posts(v.ctx, side)
		v.posts[side] = rows
	}
	for _, row := range rows {
		if row.Post == post {
			return row, true
		}
	}
	return office.PostRow{}, false
}

// inForce returns the forms in force, in the order of their codes.
func (v *visit) inForce() ([]*office.Form, error) {
	if v.forms == nil {
		rows, _, err := v.records.Forms(v.ctx, records.FormFilter{State: office.FormInForce})
		if err != nil {
			return nil, fmt.Errorf("read the forms in force: %w", err)
		}
		v.forms = []*office.Form{}
		for _, row := range rows {
			v.forms = append(v.forms, row.Form)
		}
	}
	return v.forms, nil
}

// codedForm returns the form in force for a code; nil if there is none.
func (v *visit) codedForm(code string) *office.Form {
	if code == "" {
		return nil
	}
	forms, _ := v.inForce() // a form that cannot be read is shown by its code
	if i := slices.IndexFunc(forms, func(f *office.Form) bool { return f.Code == code }); i >= 0 {
		return forms[i]
	}
	return nil
}

// codeTitle shows a code with the name of its form, if there is one in force:
// "AN · Advance notice".
func (v *visit) codeTitle(code string) string {
	if form := v.codedForm(code); form != nil {
		return v.formName(form)
	}
	return strings.ToUpper(code)
}

// codeChoices offers forms to choose: all, then those in force and what is meant
// by these codes besides.
func (v *visit) codeChoices(all, chosen string, besides ...string) ([]choice, error) {
	forms, err := v.inForce()
	if err != nil {
		return nil, err
	}
	out := []choice{{"", all, "", chosen == ""}}
	add := func(code string) {
		if !slices.ContainsFunc(out, func(c choice) bool { return c.Value == code }) {
			out = append(out, choice{code, v.codeTitle(code), "", code == chosen})
		}
	}
	for _, form := range forms {
		add(form.Code)
	}
	for _, code := range besides {
		add(code)
	}
	return out, nil
}

// from is the address that the browser asks from, as far as this node sees it.
func (v *visit) from() string {
	host, _, err := net.SplitHostPort(v.r.RemoteAddr)
	if err != nil {
		return v.r.RemoteAddr
	}
	return host
}

// may reports whether the signed-in post may do an act. The node asks the same
// question again before it writes; here it decides what is offered.
func (v *visit) may(act string, precedence office.Precedence) bool {
	return v.mayWith(act, precedence, "")
}

// mayWith is may for a dispatch with a form, which has this code.
func (v *visit) mayWith(act string, precedence office.Precedence, form string) bool {
	if v.rules == nil {
		return false
	}
	row, ok := v.post(v.side, v.session.Post)
	return ok && !row.Ended && v.rules.May(row.Post, row.Role, act, precedence, form)
}

// mayAny reports whether the signed-in post may do an act with any dispatch.
func (v *visit) mayAny(act string) bool {
	row, ok := v.post(v.side, v.session.Post)
	return ok && !row.Ended && v.rules != nil && v.rules.MayAny(row.Post, row.Role, act)
}

// pathNumber reads the number of what the path names.
func (v *visit) pathNumber() (int64, error) {
	text := v.r.PathValue("id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 || strconv.FormatInt(id, 10) != text {
		return 0, errNothingHere
	}
	return id, nil
}

// pathID reads the entry id from the path of the request.
func (v *visit) pathID() (office.EntryID, error) {
	id, err := office.ParseEntryID(v.r.PathValue("side") + "/" + v.r.PathValue("index"))
	if err != nil {
		return id, errNothingHere
	}
	return id, nil
}
