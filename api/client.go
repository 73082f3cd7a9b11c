package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	strictjson "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"liaison.example/office"
)

// Client speaks to a running node of our own side. It may be used by several
// goroutines. Its errors are *Problem where the node answered, and wrap
// ErrNotRunning where no node listens.
type Client struct {
	http  *http.Client
	base  string // such as "http://node"
	token string // empty on the socket
}

// ErrNotRunning says that no node listens on the socket.
var ErrNotRunning = errors.New("the node is not running")

// MaxAnswer bounds every answer but a backup, in bytes.
const MaxAnswer = 64 << 20

// Dial makes a client of the node that listens on the local socket at path. It
// does not connect yet.
func Dial(path string) *Client {
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := dialSocket(ctx, path)
			if err != nil {
				return nil, fmt.Errorf("%w (nothing answers on %s)", ErrNotRunning, path)
			}
			return c, nil
		},
		DisableCompression:  true,
		MaxIdleConnsPerHost: 64,
	}
	return &Client{http: &http.Client{Transport: transport}, base: "http://node"}
}

// DialWeb makes a client of the node whose pages stand at an address such as
// "https://office.example", which it asks with a token.
func DialWeb(address, token string) *Client {
	client := &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyFromEnvironment, DisableCompression: true, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the token goes nowhere else
	}
	return &Client{http: client, base: strings.TrimSuffix(address, "/"), token: token}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Status returns the state of the node.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	return s, c.get(ctx, Path+"/status", nil, &s)
}

// WaitStatus waits, at most for timeout, until the node's state is what until
// says (one of Waits), and returns it. It waits also for the node to be started
// at all. IsTimeout tells if the time ran out.
func (c *Client) WaitStatus(ctx context.Context, until string, timeout time.Duration) (s Status, err error) {
	const againAfter = 50 * time.Millisecond
	for started := time.Now(); ; {
		left := timeout - time.Since(started)
		if left <= 0 {
			return s, &Problem{Code: CodeTimeout, Status: statusOf[CodeTimeout], Detail: fmt.Sprintf("The time ran out before the node was %s.", until)}
		}
		if until == Running {
			s, err = c.Status(ctx)
		} else {
			err = c.get(ctx, Path+"/status", url.Values{"wait": {until}, "timeout": {left.String()}}, &s)
		}
		var p *Problem
		if !errors.Is(err, ErrNotRunning) && (!errors.As(err, &p) || p.Code != CodeNextTurn) {
			return s, err
		}
		select {
		case <-ctx.Done():
			return s, context.Cause(ctx)
		case <-time.After(againAfter):
		}
	}
}

// Send releases a dispatch. With wait > 0 it waits at most that long for the
// receipts of all addressees; the state of the answer says whether they are
// held. An error means that nothing was released, unless it is one of the
// context or of a broken connection: then it may be sent again with the same Key.
func (c *Client) Send(ctx context.Context, d NewDispatch, wait time.Duration) (sent Dispatch, err error) {
	query := url.Values{}
	if wait > 0 {
		query.Set("wait", wait.String())
	}
	return sent, c.doOnce(ctx, http.MethodPost, Path+"/dispatches", query, d.Key, d, &sent)
}

// Dispatches returns one page of the list.
func (c *Client) Dispatches(ctx context.Context, q Query) (p DispatchPage, err error) {
	query, err := url.ParseQuery(q.View)
	if err != nil {
		return p, err
	}
	set := func(name, value string) {
		if value != "" {
			query.Set(name, value)
		}
	}
	set("q", q.Text)
	set("from", q.From)
	set("channel", q.Channel)
	set("precedence", string(q.Precedence))
	set("cursor", q.Cursor)
	set("state", string(q.State))
	set("mark", string(q.Mark))
	set("form", q.Form)
	for name, at := range map[string]time.Time{"since": q.Since, "until": q.Until} {
		if !at.IsZero() {
			set(name, at.UTC().Format(time.RFC3339))
		}
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(q.Limit))
	}
	return p, c.get(ctx, Path+"/dispatches", query, &p)
}

// Dispatch returns one dispatch with its text and receipts.
func (c *Client) Dispatch(ctx context.Context, id office.EntryID) (d Dispatch, err error) {
	return d, c.get(ctx, Path+"/dispatches/"+id.String(), nil, &d)
}

// Enclose reads in a file of so many bytes under a name, so that a dispatch may
// name it.
func (c *Client) Enclose(ctx context.Context, name string, size int64, file io.Reader) (e office.Enclosure, err error) {
	response, err := c.sendFrom(ctx, http.MethodPost, enclosePath, url.Values{"name": {name}}, "", "application/octet-stream", size, file)
	if err != nil {
		return e, err
	}
	return e, readInto(response, &e)
}

// Enclosure writes the bytes of the n-th enclosure of a dispatch, from 1, to w,
// and gives how many there were. They are whole only if there is no error.
func (c *Client) Enclosure(ctx context.Context, id office.EntryID, n int, w io.Writer) (int64, error) {
	response, err := c.send(ctx, http.MethodGet, fmt.Sprintf("%s/dispatches/%s/enclosures/%d", Path, id, n), nil, "", nil)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	written, err := io.Copy(w, response.Body)
	if err != nil {
		err = fmt.Errorf("read the enclosure: %w", err)
	}
	return written, err
}

// Acknowledge acknowledges a dispatch for a post of our side.
func (c *Client) Acknowledge(ctx context.Context, id office.EntryID, by office.Post) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/dispatches/"+id.String()+"/acknowledgement", nil, Act{By: by}, &w)
}

// Consider says for a post of our side that a dispatch is under consideration,
// until a moment that is taken to the minute.
func (c *Client) Consider(ctx context.Context, id office.EntryID, by office.Post, until time.Time) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/dispatches/"+id.String()+"/consideration", nil, NewConsideration{By: by, Until: until}, &w)
}

// CloseDispatch closes a dispatch for our side.
func (c *Client) CloseDispatch(ctx context.Context, id office.EntryID, by office.Post) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/dispatches/"+id.String()+"/closing", nil, Act{By: by}, &w)
}

// Thread returns the dispatches of the thread that one belongs to.
func (c *Client) Thread(ctx context.Context, id office.EntryID) (t Thread, err error) {
	return t, c.get(ctx, Path+"/dispatches/"+id.String()+"/thread", nil, &t)
}

// Record returns one page of the joint record, the newest first. The cursor is
// Next of the page before; an empty one begins with the newest.
func (c *Client) Record(ctx context.Context, cursor string, limit int) (p EntryPage, err error) {
	return p, c.get(ctx, Path+"/entries", pageQuery(cursor, limit), &p)
}

// pageQuery asks for one page of a list.
func pageQuery(cursor string, limit int) url.Values {
	query := url.Values{"limit": {strconv.Itoa(limit)}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	return query
}

// Entry returns one entry with its bytes and receipts.
func (c *Client) Entry(ctx context.Context, id office.EntryID) (e Entry, err error) {
	return e, c.get(ctx, Path+"/entries/"+id.String(), nil, &e)
}

// Disclosure returns the disclosure file of one entry.
func (c *Client) Disclosure(ctx context.Context, id office.EntryID) ([]byte, error) {
	response, err := c.send(ctx, http.MethodGet, Path+"/entries/"+id.String()+"/disclosure", nil, "", nil)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return readAnswer(response.Body)
}

// Charter returns the charter in force and the proposals.
func (c *Client) Charter(ctx context.Context) (ch CharterStanding, err error) {
	return ch, c.get(ctx, Path+"/charter", nil, &ch)
}

// Propose puts another charter forward.
func (c *Client) Propose(ctx context.Context, p NewProposal) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/charter/proposals", nil, p, &w)
}

// Agree consents to a proposed charter.
func (c *Client) Agree(ctx context.Context, a Agreement) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/charter/agreements", nil, a, &w)
}

// Notes returns one page of the coordination notes on a channel and about the
// dispatch with an entry id. What is empty chooses all.
func (c *Client) Notes(ctx context.Context, channel, about, cursor string, limit int) (p NotePage, err error) {
	query := pageQuery(cursor, limit)
	for name, value := range map[string]string{"channel": channel, "about": about} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return p, c.get(ctx, Path+"/notes", query, &p)
}

// WriteNote writes a coordination note.
func (c *Client) WriteNote(ctx context.Context, n NewNote) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/notes", nil, n, &w)
}

// Watch says who was on watch at a moment, or is now if it is zero.
func (c *Client) Watch(ctx context.Context, at time.Time) (o OnWatch, err error) {
	query := url.Values{}
	if !at.IsZero() {
		query.Set("at", at.UTC().Format(time.RFC3339Nano))
	}
	return o, c.get(ctx, Path+"/watch", query, &o)
}

// Watches returns one page of the watches of a side, or of all if it is empty.
func (c *Client) Watches(ctx context.Context, side office.Side, cursor string, limit int) (p WatchPage, err error) {
	query := pageQuery(cursor, limit)
	if side != "" {
		query.Set("side", side)
	}
	return p, c.get(ctx, Path+"/watch/history", query, &p)
}

// StartWatch takes the watch.
func (c *Client) StartWatch(ctx context.Context, n NewWatch) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/watch", nil, n, &w)
}

// EndWatch ends a watch of this side.
func (c *Client) EndWatch(ctx context.Context, e WatchEnd) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/watch/end", nil, e, &w)
}

// Checks returns one page of the calls for line checks on a channel, or on all if
// it is empty.
func (c *Client) Checks(ctx context.Context, channel, cursor string, limit int) (p CheckPage, err error) {
	query := pageQuery(cursor, limit)
	if channel != "" {
		query.Set("channel", channel)
	}
	return p, c.get(ctx, Path+"/checks", query, &p)
}

// CheckSchedule returns how it stands with the line checks of each channel.
func (c *Client) CheckSchedule(ctx context.Context) (s CheckSchedule, err error) {
	return s, c.get(ctx, Path+"/checks/schedule", nil, &s)
}

// CheckMonth returns what became of the line checks of a channel in a month, such
// as "2018-10"; of the first channel if it is empty.
func (c *Client) CheckMonth(ctx context.Context, month, channel string) (m CheckMonth, err error) {
	query := url.Values{}
	if channel != "" {
		query.Set("channel", channel)
	}
	return m, c.get(ctx, Path+"/checks/months/"+url.PathEscape(month), query, &m)
}

// Statistics returns figures of months, such as "2018-09", on a channel or on all if
// it is empty. Months that are empty are chosen.
func (c *Client) Statistics(ctx context.Context, from, to, channel string) (s Statistics, err error) {
	query := url.Values{}
	for name, value := range map[string]string{"from": from, "to": to, "channel": channel} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return s, c.get(ctx, Path+"/statistics", query, &s)
}

// CallCheck calls for a line check.
func (c *Client) CallCheck(ctx context.Context, n NewCheck) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/checks", nil, n, &w)
}

// AnswerCheck answers a line check.
func (c *Client) AnswerCheck(ctx context.Context, id office.EntryID, n NewCheckAnswer) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/checks/"+id.String()+"/answer", nil, n, &w)
}

// Hours returns the hours of every side, and when all are open at once.
func (c *Client) Hours(ctx context.Context) (h OfficeHours, err error) {
	return h, c.get(ctx, Path+"/hours", nil, &h)
}

// SayHours says which hours this side keeps.
func (c *Client) SayHours(ctx context.Context, n NewHours) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/hours", nil, n, &w)
}

// Forms returns the forms in a state, or with a code; where both are empty, all.
func (c *Client) Forms(ctx context.Context, state, code string) (forms []FormStanding, err error) {
	for next := ""; ; {
		query := pageQuery(next, MaxList)
		for name, value := range map[string]string{"state": state, "code": code} {
			if value != "" {
				query.Set(name, value)
			}
		}
		var p FormPage
		if err := c.get(ctx, Path+"/forms", query, &p); err != nil {
			return nil, err
		}
		forms = append(forms, p.Forms...)
		if next = p.Next; next == "" {
			return forms, nil
		}
	}
}

// Form returns the form with a hash.
func (c *Client) Form(ctx context.Context, hash string) (f FormStanding, err error) {
	return f, c.get(ctx, Path+"/forms/"+url.PathEscape(hash), nil, &f)
}

// ProposeForm puts a form forward.
func (c *Client) ProposeForm(ctx context.Context, n NewForm) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/forms", nil, n, &w)
}

// AgreeToForm consents to a proposed form.
func (c *Client) AgreeToForm(ctx context.Context, hash string, by office.Post) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/forms/"+url.PathEscape(hash)+"/agreement", nil, Act{By: by}, &w)
}

// Posts returns the posts of all sides.
func (c *Client) Posts(ctx context.Context) (posts []Post, err error) {
	for next := ""; ; {
		var p PostPage
		if err := c.get(ctx, Path+"/posts", pageQuery(next, MaxList), &p); err != nil {
			return nil, err
		}
		posts = append(posts, p.Posts...)
		if next = p.Next; next == "" {
			return posts, nil
		}
	}
}

// Accredit accredits a post of our side.
func (c *Client) Accredit(ctx context.Context, p NewPost) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/posts", nil, p, &w)
}

// EndPost withdraws the accreditation of a post of our side.
func (c *Client) EndPost(ctx context.Context, post, by office.Post) (w Written, err error) {
	return w, c.do(ctx, http.MethodPost, Path+"/posts/"+url.PathEscape(post)+"/end", nil, Act{By: by}, &w)
}

// SignInLink makes a one-time sign-in link for a post of our side.
func (c *Client) SignInLink(ctx context.Context, post office.Post, valid time.Duration) (l Link, err error) {
	return l, c.do(ctx, http.MethodPost, Path+"/sign-in-links", nil, NewLink{Post: post, ValidSeconds: int64(valid / time.Second)}, &l)
}

// Alarms returns the alarms, the latest first, with those cleared if all.
func (c *Client) Alarms(ctx context.Context, all bool) (alarms []Alarm, err error) {
	for next := ""; ; {
		var p AlarmPage
		query := pageQuery(next, MaxList)
		query.Set("all", strconv.FormatBool(all))
		if err := c.get(ctx, Path+"/alarms", query, &p); err != nil {
			return nil, err
		}
		alarms = append(alarms, p.Alarms...)
		if next = p.Next; next == "" {
			return alarms, nil
		}
	}
}

// ClearAlarm marks an alarm as mended.
func (c *Client) ClearAlarm(ctx context.Context, id int64, by office.Post) error {
	return c.do(ctx, http.MethodPost, Path+"/alarms/"+strconv.FormatInt(id, 10)+"/clear", nil, Act{By: by}, nil)
}

// Admit brings another side's credence to the running node.
func (c *Client) Admit(ctx context.Context, credence string) error {
	return c.do(ctx, http.MethodPost, Path+"/admissions", nil, Admission{Credence: credence}, nil)
}

// CutLine cuts or mends the line to a side; demonstrations only.
func (c *Client) CutLine(ctx context.Context, side office.Side, cut bool) error {
	return c.do(ctx, http.MethodPost, Path+"/lines/"+url.PathEscape(side)+"/cut", nil, Cut{Cut: cut}, nil)
}

// Backup writes a backup of the running node, a tar archive, to w. The archive
// is whole only if there is no error.
func (c *Client) Backup(ctx context.Context, w io.Writer) error {
	response, err := c.send(ctx, http.MethodPost, Path+"/backup", nil, "", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(w, response.Body); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	if response.Trailer.Get(wholeTrailer) != "yes" {
		return errors.New("the backup broke off: the node's log says why")
	}
	return nil
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	return c.do(ctx, http.MethodGet, path, query, nil, into)
}

// do sends a request with a JSON body, unless body is nil, and reads the JSON
// answer into into, unless that is nil.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, into any) error {
	return c.doOnce(ctx, method, path, query, "", body, into)
}

// doOnce is do under a key, unless that is empty.
func (c *Client) doOnce(ctx context.Context, method, path string, query url.Values, key string, body, into any) error {
	response, err := c.send(ctx, method, path, query, key, body)
	if err != nil {
		return err
	}
	return readInto(response, into)
}

// readInto reads a JSON answer into into, unless that is nil.
func readInto(response *http.Response, into any) error {
	defer response.Body.Close()
	answer, err := readAnswer(response.Body)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("read the answer of the node: %w", err)
	}
	return nil
}

// send sends a request; an answer other than 2xx becomes a *Problem.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, key string, body any) (*http.Response, error) {
	if body == nil {
		return c.sendFrom(ctx, method, path, query, key, "", 0, nil)
	}
	b, err := strictjson.Marshal(body, jsonv1.DefaultOptionsV1(), jsontext.AllowInvalidUTF8(false))
	if err != nil { // bytes that are no UTF-8 are refused, as by the node: no text is changed silently
		return nil, fmt.Errorf("write the request: %w", err)
	}
	return c.sendFrom(ctx, method, path, query, key, "application/json", int64(len(b)), bytes.NewReader(b))
}

// sendFrom sends a request with a body of a media type, which is read as it goes
// out.
func (c *Client) sendFrom(ctx context.Context, method, path string, query url.Values, key, mediaType string, size int64, body io.Reader) (*http.Response, error) {
	address := c.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("write the request: %w", err)
	}
	if body != nil {
		request.Header.Set("Content-Type", mediaType)
		request.ContentLength = size
	}
	if key != "" {
		request.Header.Set(keyHeader, key)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		var u *url.Error // names a host that is none; the cause is what matters
		if errors.As(err, &u) {
			err = u.Err
		}
		return nil, fmt.Errorf("ask the node: %w", err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	answer, err := readAnswer(response.Body)
	if err != nil {
		return nil, err
	}
	p := &Problem{}
	if err := json.Unmarshal(answer, p); err != nil || p.Code == "" {
		return nil, fmt.Errorf("ask the node: it answered %s", response.Status)
	}
	return nil, p
}

func readAnswer(r io.Reader) ([]byte, error) {
	answer, err := io.ReadAll(io.LimitReader(r, MaxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer of the node: %w", err)
	}
	if len(answer) > MaxAnswer {
		return nil, fmt.Errorf("the answer of the node is longer than %d bytes", MaxAnswer)
	}
	return answer, nil
}
