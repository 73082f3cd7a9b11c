package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/liaisontest"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/sqldb"
	"liaison.example/sqldb/sqldbtest"
)

// house is an office in a test: real nodes, joined by a wire in memory, that
// live by a clock which runs on from wherever it is set.
type house struct {
	t     testing.TB
	wire  *liaisontest.Wire
	nodes map[office.Side]*node.Node
	alone bool // a password alone is enough at pages that are served from now on

	mu    sync.Mutex
	ahead time.Duration                 // under mu; how far the office's clock is ahead of the machine's
	off   map[office.Side]time.Duration // under mu; by how much the clock of a side is off from that
}

// sides of the fixtures, as their credences introduce them.
var sideFixtures = map[office.Side]ledger.Credence{
	"north": {Side: "north", Name: "North", Zone: "Asia/Pyongyang", Languages: []string{"ko", "en"}, Address: "north.example:8411"},
	"south": {Side: "south", Name: "South", Zone: "Asia/Seoul", Languages: []string{"ko", "en"}, Address: "south.example:8411"},
	"third": {Side: "third", Name: "Third Side", Zone: "Europe/Zurich", Languages: []string{"en"}, Address: "third.example:8411"},
}

// aWorkday is a moment at which both stations are open and no line check is due for
// hours, whatever time it is where the tests are run: Tuesday, 16 October 2018, half
// past ten in Seoul.
var aWorkday = time.Date(2018, 10, 16, 1, 30, 0, 0, time.UTC)

// open starts the nodes of an office on aWorkday, with their databases in files. Those
// that are not started are admitted all the same, so the office stays closed until they
// come.
func open(t testing.TB, started []office.Side, admitted ...office.Side) *house {
	t.Helper()
	return openAt(t, aWorkday, started, admitted...)
}

// openAt is open at a moment of the office's clock.
func openAt(t testing.TB, when time.Time, started []office.Side, admitted ...office.Side) *house {
	t.Helper()
	return openOn(t, when, kept(t), started, admitted...)
}

// kept gives sides their databases: in files, or, where pages are read at a node on
// PostgreSQL, there. That costs four times the work of a whole test, and so a side
// of which nobody reads a page is not among them.
func kept(t testing.TB, onPostgreSQL ...office.Side) func(side office.Side, name string) sqldb.Config {
	t.Helper()
	dir, servers := t.TempDir(), map[office.Side]string{}
	for _, side := range onPostgreSQL {
		servers[side] = sqldbtest.PostgreSQL(t)
	}
	return func(side office.Side, name string) sqldb.Config {
		if server := servers[side]; server != "" {
			return sqldb.Config{URL: server, Schema: name}
		}
		return sqldb.Config{URL: "sqlite:" + filepath.Join(dir, side+"-"+name+".db")}
	}
}

// two are the sides of most offices.
var two = []office.Side{"north", "south"}

// mixed opens an office of which pages are read at both sides: south keeps its
// databases in files, north in PostgreSQL.
func mixed(t testing.TB, when time.Time) *house {
	t.Helper()
	return openOn(t, when, kept(t, "north"), two)
}

// openOn is openAt with databases of the caller's choice.
func openOn(t testing.TB, when time.Time, base func(side office.Side, name string) sqldb.Config, started []office.Side, admitted ...office.Side) *house {
	t.Helper()
	h := &house{t: t, wire: liaisontest.NewWire(nil), nodes: map[office.Side]*node.Node{}, off: map[office.Side]time.Duration{}}
	h.set(when)
	all := append(slices.Clone(started), admitted...)
	credences := map[office.Side]ledger.Credence{}
	keys := map[office.Side]*ledger.Keys{}
	for _, side := range all {
		var err error
		if keys[side], err = ledger.DeriveKeys(sha256.Sum256([]byte(side)), liaisontest.OfficeName, side); err != nil {
			t.Fatal(err)
		}
		text, err := keys[side].SignCredence(sideFixtures[side])
		if err != nil {
			t.Fatal(err)
		}
		if credences[side], err = ledger.OpenCredence(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, side := range started {
		dir := t.TempDir()
		c := node.Config{
			Keys: keys[side], Own: credences[side], Carrier: h.wire.Carrier(side),
			Ledger: base(side, "ledger"), Local: base(side, "local"), Records: base(side, "records"),
			Evidence: filepath.Join(dir, "evidence"), Restored: filepath.Join(dir, "restored"),
			Now: func() time.Time { return h.nowOf(side) }, Log: slog.New(slog.DiscardHandler), Version: "test", Demo: true, Pages: "https://" + side + ".example",
		}
		for _, other := range all {
			if other != side {
				c.Admitted = append(c.Admitted, credences[other])
			}
		}
		n, err := node.Open(context.Background(), c)
		if err != nil {
			t.Fatal(err)
		}
		h.nodes[side] = n
		h.wire.Join(side, n.Link())
		t.Cleanup(func() {
			h.wire.Join(side, nil)
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return h
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead)
}

// nowOf is what the clock of a side's node shows.
func (h *house) nowOf(side office.Side) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().Add(h.ahead + h.off[side])
}

// skew lets the clock of a side's node be off from now on.
func (h *house) skew(side office.Side, by time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.off[side] = by
}

// set sets the office's clock, which goes on from there.
func (h *house) set(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ahead = time.Until(t)
}

// patience is how long is waited for what must come by itself: long, for many tests
// share a machine, and what does not come at all is waited for once.
const patience = time.Minute

// eventually waits until what is asked for holds.
func (h *house) eventually(what string, holds func() bool) {
	h.t.Helper()
	deadline := time.Now().Add(patience)
	for !holds() {
		if time.Now().After(deadline) {
			h.t.Fatal("it does not come to be: ", what)
		}
		time.Sleep(2 * time.Millisecond) // the nodes work in their own time
	}
}

func (h *house) status(side office.Side) node.Status {
	h.t.Helper()
	s, err := h.nodes[side].Status(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// staffed waits until the office is open and every side has its first posts on
// every node.
func (h *house) staffed() {
	h.t.Helper()
	h.eventually("the office is open and staffed", func() bool {
		for side, n := range h.nodes {
			for _, other := range sortedKeys(h.nodes) {
				posts, err := n.Records().Posts(context.Background(), other)
				if err != nil || len(posts) < 2 || !h.status(side).Open {
					return false
				}
			}
		}
		return true
	})
}

// level waits until every node holds and has placed the same entries.
func (h *house) level() {
	h.t.Helper()
	h.eventually("all nodes hold the same entries", func() bool {
		sizes := map[string]bool{}
		for side := range h.nodes {
			s := h.status(side)
			text := ""
			for _, id := range sortedKeys(s.Sides) {
				text += fmt.Sprint(id, s.Sides[id].Placed, s.Sides[id].Size, " ")
				if s.Sides[id].Placed != s.Sides[id].Size || s.Sides[id].Cosigned != s.Sides[id].Size {
					return false
				}
			}
			sizes[text] = true
		}
		return len(sizes) == 1
	})
}

// act writes as a post of a side.
func (h *house) act(side office.Side, by office.Post, kind string, body any) office.EntryID {
	h.t.Helper()
	w, err := h.nodes[side].Write(context.Background(), node.Act{By: by, Kind: kind, Body: body})
	if err != nil {
		h.t.Fatalf("%s writes a %s: %v", side, kind, err)
	}
	return w.ID
}

func (h *house) send(side office.Side, p office.Precedence, channel, subject, text string) office.EntryID {
	h.t.Helper()
	return h.act(side, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: channel, Precedence: p, Subject: subject, Text: text})
}

func (h *house) acknowledge(side office.Side, id office.EntryID) office.EntryID {
	h.t.Helper()
	h.eventually(id.String()+" reaches "+side, func() bool {
		_, found, err := h.nodes[side].Records().Dispatch(context.Background(), id)
		return err == nil && found
	})
	return h.act(side, "duty-officer", office.KindAcknowledge, &office.AcknowledgeBody{Dispatch: id})
}

// cookie signs a post in and returns its cookie.
func (h *house) cookie(side office.Side, post office.Post) *http.Cookie {
	h.t.Helper()
	ctx := context.Background()
	token, err := h.nodes[side].People().NewLink(ctx, post, time.Hour)
	if err != nil {
		h.t.Fatal(err)
	}
	_, cookie, err := h.nodes[side].People().Redeem(ctx, token, "192.0.2.1")
	if err != nil {
		h.t.Fatal(err)
	}
	return &http.Cookie{Name: "liaison-" + side, Value: cookie}
}

// serve serves the pages of a side's node.
func (h *house) serve(side office.Side) *httptest.Server {
	h.t.Helper()
	return h.serveAs(side, "")
}

// serveAs serves the pages as if browsers reached them at the address, or, if it
// is empty, where they do.
func (h *house) serveAs(side office.Side, address string) *httptest.Server {
	h.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	if address == "" {
		address = "http://" + server.Listener.Addr().String()
	}
	handler, err := New(Config{Node: h.nodes[side], Now: h.now, Log: slog.New(slog.NewTextHandler(h.t.Output(), nil)), Version: "0.1",
		Address: address, Name: "kaesong.example, " + side, PasswordAlone: h.alone,
		SignIn: func(token string) string { return "http://pages/sign-in?t=" + token }})
	if err != nil {
		h.t.Fatal(err)
	}
	server.Config = Server(handler, slog.New(slog.DiscardHandler))
	server.Start()
	h.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// at is the moment at which the busy office is looked at.
var at = time.Date(2018, 10, 15, 1, 32, 17, 0, time.UTC)

// busy is an office in the middle of its work: a month old, with dispatches in
// both languages and in every state, entries that are void, and a proposal.
func busy(t testing.TB, sides ...office.Side) *house {
	t.Helper()
	return busyOn(t, kept(t), sides...)
}

// busyOn is busy with databases of the caller's choice.
func busyOn(t testing.TB, base func(side office.Side, name string) sqldb.Config, sides ...office.Side) *house {
	t.Helper()
	h := openOn(t, at.Add(-31*24*time.Hour), base, sides)
	h.staffed()
	h.act("south", "operator", office.KindPost, &office.PostBody{Languages: []string{"ko"}, Name: office.Words{"en": "Observer", "ko": "참관인"}, Post: "observer", Role: "observer"})
	h.level()

	row, err := h.nodes["south"].Records().Office(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	first := *row.Charter
	first.Channels = append(slices.Clone(first.Channels), office.Channel{
		ID: "military-east", Name: office.Words{"en": "Military, east", "ko": "군사, 동부"},
		Purpose: office.Words{"en": "Passage, clearing and safety along the eastern corridor.", "ko": "동부 지구의 통행과 지뢰 제거, 안전 보장."},
	})
	h.amend("south", row.Hash, &first, "")
	h.level()
	for _, side := range sides {
		if side != "south" {
			h.act(side, "head", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&first)})
		}
	}
	h.level()

	both := func(ago time.Duration, from office.Side, p office.Precedence, channel, subject, text string) {
		h.set(at.Add(-ago))
		id := h.send(from, p, channel, subject, text)
		for _, side := range sides {
			if side != from {
				h.set(h.now().Add(7 * time.Minute))
				h.acknowledge(side, id)
			}
		}
		h.level()
	}
	for i, one := range []struct{ subject, text string }{
		{"연락사무소 개소를 알림", "오늘부터 이 연락 통로로 통지문을 주고받습니다.\n\n당직은 하루 종일 섭니다."},
		{"Hours of the house in October", "The house is staffed from 09:00 to 17:00 on working days.\n\nOutside these hours a duty officer answers this line."},
		{"수도 시설 점검 결과", "정수장과 배수지 점검을 마쳤으며 급수는 정상입니다."},
		{"Agenda for the talks on railways and roads", "We propose two items: the joint survey of the western line, and the date of the ground-breaking."},
	} {
		both(time.Duration(150-30*i)*time.Hour, sides[i%len(sides)], office.Routine, "liaison", one.subject, one.text)
	}
	both(27*time.Hour, "north", office.Immediate, "liaison", "임진강 상류 수문 개방 예고", "10월 14일 06시부터 수문을 순차로 엽니다.\n\n하류의 인원이 강가를 떠나도록 조치하기 바랍니다.")

	// What one side did while the other had done otherwise is void in the end.
	h.set(at.Add(-26 * time.Hour))
	second := first
	second.Clocks = slices.Clone(first.Clocks)
	second.Clocks[2].Acknowledge = 2 * 3600
	h.amend("north", office.HashCharter(&first), &second, "")
	h.level()
	h.cutOff("south", true)
	third := second
	third.Channels = append(slices.Clone(second.Channels), office.Channel{
		ID: "maritime", Name: office.Words{"en": "Maritime", "ko": "해상"},
		Purpose: office.Words{"en": "Boats, drift and rescue in both seas.", "ko": "동해와 서해에서의 선박, 표류, 구조."},
	})
	h.amend("north", office.HashCharter(&first), &third, "A line of its own for the two seas, before the season of drift begins.")
	h.set(at.Add(-25 * time.Hour))
	h.act("south", "head", office.KindAgree, &office.AgreeBody{Hash: office.HashCharter(&second)})
	h.cutOff("south", false)
	h.level()

	both(3*time.Hour, "south", office.Priority, "military-east", "산림 협력 공동 조사단의 통행 일정", "산림 협력을 위한 공동 조사단 10명이 10월 17일 09시에 통행하려 합니다.\n\n차량은 2대이며, 명단은 앞서 보낸 통지문과 같습니다.\n\n변경이 있으면 16일 17시까지 알려 주기 바랍니다.")
	h.set(at.Add(-2 * time.Hour))
	h.send("north", office.Priority, "liaison", "Date of the next weekly meeting of the heads", "We propose to hold the weekly meeting of the heads on 2018-10-19 at 10:00 in the house.")
	h.level()
	h.set(at.Add(-50 * time.Minute))
	h.send("south", office.Routine, "liaison", "Staff of the office who arrive on Monday", "Eleven persons arrive by bus at 08:40.\n\nThe list stands below.")
	h.level()
	h.set(at.Add(-6 * time.Minute))
	h.send("north", office.Flash, "military-east", "동부 지구 지뢰 제거 작업장 부근 총성 관련 문의", "오늘 10시 18분경 동부 지구 제3작업장 남쪽에서 총성으로 들리는 소리가 세 차례 있었습니다.\n\n우리 측 작업 인원 전원을 안전한 곳으로 옮겼으며, 다친 사람은 없습니다.\n\n귀측에서 있은 일인지, 무엇이었는지 즉시 알려 주기 바랍니다.")
	h.level()
	h.set(at)
	return h
}

func (h *house) amend(side office.Side, amends string, charter *office.Charter, note string) {
	h.t.Helper()
	h.act(side, "head", office.KindPropose, &office.ProposeBody{Amends: amends, Charter: charter, Note: note})
}

// noticeAhead is a small form, with the code "an".
func noticeAhead() *office.Form {
	return &office.Form{
		Asks: office.AsksNothing, Code: "an", Precedence: office.Priority,
		Name:    office.Words{"en": "Advance notice", "ko": "사전 통보"},
		Purpose: office.Words{"en": "What will be done near the line.", "ko": "경계 부근에서 할 일."},
		Fields:  []office.FormField{{ID: "what", Name: office.Words{"en": "What will be done", "ko": "할 일"}, Required: true, Type: office.FieldLine}},
	}
}

// agreeForm puts a form in force.
func (h *house) agreeForm(form *office.Form) {
	h.t.Helper()
	h.act("south", "head", office.KindProposeForm, &office.ProposeFormBody{Form: form})
	h.level()
	for _, side := range sortedKeys(h.nodes) {
		if side != "south" {
			h.act(side, "head", office.KindAgreeForm, &office.AgreeFormBody{Hash: office.HashForm(form)})
		}
	}
	h.level()
}

// fill sends a dispatch that fills in the form of noticeAhead.
func (h *house) fill(side office.Side, p office.Precedence, subject, what string) office.EntryID {
	h.t.Helper()
	return h.act(side, "duty-officer", office.KindDispatch, &office.DispatchBody{Channel: "liaison", Precedence: p, Subject: subject,
		Form: &office.Filled{Code: "an", Hash: office.HashForm(noticeAhead()), Values: map[string]string{"what": what}}})
}

// cutOff cuts or mends all lines of a side: no other side may hand anything on.
func (h *house) cutOff(side office.Side, cut bool) {
	for other := range h.nodes {
		if other != side {
			h.nodes[side].CutLine(other, cut)
		}
	}
}

// waiting cuts the line to the north and releases what now waits at our node.
func (h *house) waiting() office.EntryID {
	h.t.Helper()
	h.nodes["south"].CutLine("north", true)
	id := h.send("south", office.Immediate, "liaison", "Two fishing boats drifting north of the line off the east coast", "Two wooden fishing boats with five persons aboard lost power at 08:10 local time and drift slowly north.\n\nPosition at 10:15 local: 38°36.4′ N, 128°31.0′ E. Both carry a yellow tarpaulin over the bow.\n\nOur patrol vessel stays south of the line. We ask you to let your vessels know, and to tell us at once if you see them.")
	h.set(h.now().Add(12 * time.Second))
	return id
}

// handled is an office in which dispatches were answered, mended and practised.
func handled(t testing.TB) *house {
	t.Helper()
	return handledOn(t, kept(t))
}

// handledOn is handled with databases of the caller's choice.
func handledOn(t testing.TB, base func(side office.Side, name string) sqldb.Config) *house {
	t.Helper()
	h := openOn(t, at.Add(-24*time.Hour), base, two)
	h.staffed()
	send := func(ago time.Duration, side office.Side, body *office.DispatchBody) office.EntryID {
		h.set(at.Add(-ago))
		body.Channel = "liaison"
		id := h.act(side, "duty-officer", office.KindDispatch, body)
		h.level()
		return id
	}
	plan := send(5*time.Hour, "south", &office.DispatchBody{
		Precedence: office.Priority, Subject: "Works on the third floor of the house", Name: "Head of the office, South", Attention: "Head of the office, North",
		Text: "1. The works on the third floor begin on 2018-10-22 and end on 2018-10-26.\n\n2. Meetings are held on the second floor meanwhile.", Releasable: office.ReleasableByAll,
	})
	h.acknowledge("north", plan)
	h.set(at.Add(-4 * time.Hour))
	h.act("north", "duty-officer", office.KindConsider, &office.ConsiderBody{Dispatch: plan, Until: office.MinuteOf(at.Add(20 * time.Hour).UnixMilli())})
	h.level()
	question := send(3*time.Hour, "north", &office.DispatchBody{
		Precedence: office.Priority, Subject: "3층 공사 기간 중 회의 장소 문의", Text: "2층 어느 방에서 회의를 여는지 알려 주기 바랍니다.", Reply: &plan,
	})
	send(150*time.Minute, "south", &office.DispatchBody{
		Precedence: office.Routine, Subject: "Room for the meetings during the works", Text: "The large room at the south end of the second floor.", Reply: &question,
		References: []office.EntryID{plan},
	})
	send(2*time.Hour, "south", &office.DispatchBody{
		Precedence: office.Priority, Subject: "Correction: works on the third floor", Text: "For 2018-10-26 read 2018-10-27.", Relation: &office.Relation{Dispatch: plan, Kind: office.Correction},
	})
	drill := send(time.Hour, "north", &office.DispatchBody{
		Precedence: office.Flash, Mark: office.Exercise, Subject: "훈련: 건물 화재 발생", Text: "훈련 상황. 1층에서 불이 난 것으로 한다.",
	})
	send(50*time.Minute, "south", &office.DispatchBody{
		Precedence: office.Flash, Mark: office.Exercise, Subject: "Exercise: our staff has left the house", Text: "Exercise. All eleven are at the gate.", Reply: &drill,
	})
	mistake := send(40*time.Minute, "south", &office.DispatchBody{Precedence: office.Routine, Subject: "Bus on Monday", Text: "The bus comes at 08:40."})
	send(30*time.Minute, "south", &office.DispatchBody{
		Precedence: office.Routine, Subject: "Cancellation: bus on Monday", Text: "There is no bus on Monday.", Relation: &office.Relation{Dispatch: mistake, Kind: office.Cancellation},
	})
	h.set(at.Add(-20 * time.Minute))
	h.act("south", "duty-officer", office.KindClose, &office.CloseBody{Dispatch: plan})
	h.level()
	h.set(at)
	return h
}
