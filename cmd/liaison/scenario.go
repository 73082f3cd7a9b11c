package main

import (
	"fmt"
	"time"

	"liaison.example/forms"
	"liaison.example/node"
	"liaison.example/office"
)

// The example that the demonstration is filled with: a liaison office at
// Kaesong from 14 September 2018 on. The days, the agreements and what they
// provide are public history; the dispatches are our own, written for this
// program, and nobody's words. Each side writes Korean as its schools teach it.

const scenarioOffice = "kaesong.example"

// scenarioSides are the two sides, in the order in which they are shown.
var scenarioSides = []struct {
	id, name, zone string
	languages      []string
}{
	{"south", "South", "Asia/Seoul", []string{"ko", "en"}},
	{"north", "North", "Asia/Pyongyang", []string{"ko", "en"}},
}

// scenarioStart is when the two nodes found the office, Korean time.
const scenarioStart = "2018-09-14 09:00"

// korea is the zone in which the times below are written: both sides keep it.
var korea = time.FixedZone("UTC+9", 9*60*60)

func koreanTime(text string) (time.Time, error) {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, korea)
	if err != nil {
		return t, fmt.Errorf("time in the example: %w", err)
	}
	return t, nil
}

// scene is one act of the example.
type scene struct {
	at   string // Korean time; empty: the present
	side office.Side
	by   office.Post
	kind string
	body func(charter *office.Charter) any // given the charter in force

	// When and by which post of the other side it is replied to; empty leaves it
	// open.
	ackAt string
	ackBy office.Post
	reply func(id office.EntryID) (kind string, body any) // nil: an acknowledgement
	then  []sequel                                        // what else follows, once both sides hold what was before
}

// sequel is what a side writes later in a scene, given the entry that the scene began with and
// the last one.
type sequel struct {
	at   string
	side office.Side
	body func(first, last office.EntryID) (kind string, body any)
}

// readBack is a scene whose dispatch asks to be read back: the other side does that, and
// the side that wrote it confirms that it was meant so.
func readBack(s scene, at, text, confirmed string) scene {
	released := s.body
	s.body = func(charter *office.Charter) any {
		b := released(charter).(*office.DispatchBody)
		b.Readback = true
		return b
	}
	s.then = []sequel{
		{at, otherSide(s.side), func(first, _ office.EntryID) (string, any) {
			return office.KindReadback, &office.ReadbackBody{Dispatch: first, Text: text}
		}},
		{confirmed, s.side, func(_, last office.EntryID) (string, any) {
			return office.KindReadbackReply, &office.ReadbackAnswerBody{Answer: office.ReadbackConfirm, Readback: last}
		}},
	}
	return s
}

// post makes the scene in which a side accredits one of its posts.
func post(at string, side office.Side, id office.Post, role, en, ko string) scene {
	return scene{at: at, side: side, by: "head", kind: office.KindPost, body: func(*office.Charter) any {
		return &office.PostBody{Post: id, Role: role, Name: office.Words{"en": en, "ko": ko}, Languages: []string{"ko", "en"}}
	}}
}

// dispatch makes the scene in which a side releases a dispatch to the other,
// whose duty officer acknowledges it at ackAt.
func dispatch(at string, side office.Side, by office.Post, channel string, precedence office.Precedence, subject, text, ackAt string) scene {
	to := "north"
	if side == "north" {
		to = "south"
	}
	return scene{at: at, side: side, by: by, kind: office.KindDispatch, ackAt: ackAt, ackBy: "duty-officer", body: func(*office.Charter) any {
		return &office.DispatchBody{Channel: channel, Precedence: precedence, Subject: subject, Text: text, To: []office.Side{to}}
	}}
}

// broughtAlong is a form that Liaison brings along.
func broughtAlong(code string) *office.Form {
	for _, form := range forms.Catalog() {
		if form.Code == code {
			return form
		}
	}
	return nil // which is refused, and stops the example
}

// proposeForm makes the scene in which a head puts forward a form that Liaison
// brings along, for a code that has none yet.
func proposeForm(at string, side office.Side, code string) scene {
	return scene{at: at, side: side, by: "head", kind: office.KindProposeForm, body: func(*office.Charter) any {
		return &office.ProposeFormBody{Form: broughtAlong(code)}
	}}
}

// agreeForm makes the scene in which a head agrees to it.
func agreeForm(at string, side office.Side, code string) scene {
	return scene{at: at, side: side, by: "head", kind: office.KindAgreeForm, body: func(*office.Charter) any {
		return &office.AgreeFormBody{Hash: office.HashForm(broughtAlong(code))}
	}}
}

// keepHours makes the scene in which a head says the hours of its side: Monday to
// Friday, 09:00 to 17:00 Korean time, but for these holidays.
func keepHours(at string, side office.Side, zone string, holidays ...string) scene {
	return scene{at: at, side: side, by: "head", kind: office.KindHours, body: func(*office.Charter) any {
		day := []office.Span{{From: "09:00", Until: "17:00"}}
		b := &office.HoursBody{
			From: "2018-09-14T01:00Z", Holidays: []office.Holiday{}, Zone: zone, Week: [][]office.Span{day, day, day, day, day, {}, {}},
		}
		b.Offsets, _ = node.ZoneOffsets(zone, time.Date(2018, 9, 14, 1, 0, 0, 0, time.UTC)) // without them it is refused, and stops the example
		for _, text := range holidays {
			holiday, _ := office.ParseHoliday(text)
			b.Holidays = append(b.Holidays, holiday)
		}
		return b
	}}
}

// takeWatch makes the scene in which the duty officer of a side is on watch, from
// the present on.
func takeWatch(side office.Side) scene {
	return scene{side: side, by: "duty-officer", kind: office.KindWatch, body: func(*office.Charter) any {
		return &office.WatchBody{Languages: []string{"ko", "en"}}
	}}
}

// militaryCharter is the charter in force with a second channel, and without line
// checks: these the sides take up later (dailyChecks).
func militaryCharter(charter *office.Charter) *office.Charter {
	amended := *charter
	amended.Channels = append(append([]office.Channel{}, charter.Channels...), office.Channel{
		ID:   "military-west",
		Name: office.Words{"en": "Military, west", "ko": "군사 서부"},
		Purpose: office.Words{
			"en": "Matters of the military agreement of 19 September 2018 in the western sector.",
			"ko": "2018년 9월 19일 군사분야 합의서의 서부지구 관련 사항.",
		},
	})
	amended.Channels[0].Checks = nil
	return &amended
}

// scenario is the example, in the order of time.
var scenario = []scene{
	post("2018-09-14 09:10", "south", "deputy", "deputy", "Deputy head and secretary general", "부소장 겸 사무처장"),
	post("2018-09-14 09:11", "south", "liaison-officer", "officer", "Liaison officer", "연락관"),
	post("2018-09-14 09:12", "south", "interpreter", "interpreter", "Interpreter", "통역관"),
	post("2018-09-14 09:13", "south", "secretary", "secretary", "Secretary", "서기"),
	post("2018-09-14 09:14", "north", "deputy", "deputy", "Deputy head", "부소장"),
	post("2018-09-14 09:15", "north", "liaison-officer", "officer", "Liaison officer", "련락관"),
	post("2018-09-14 09:16", "north", "interpreter", "interpreter", "Interpreter", "통역원"),
	post("2018-09-14 09:17", "north", "secretary", "secretary", "Secretary", "서기"),

	keepHours("2018-09-14 09:20", "south", "Asia/Seoul",
		"2018-09-24 | Chuseok | 추석", "2018-09-25 | Chuseok | 추석", "2018-09-26 | Chuseok | 추석", "2018-10-03 | National Foundation Day | 개천절",
		"2018-10-09 | Hangul Day | 한글날", "2018-12-25 | Christmas | 성탄절", "2019-01-01 | New Year | 신정"),
	keepHours("2018-09-14 09:21", "north", "Asia/Pyongyang",
		"2018-09-24 | Chuseok | 추석", "2018-10-10 | Party Foundation Day | 당창건기념일", "2018-12-27 | Constitution Day | 헌법절", "2019-01-01 | New Year | 양력설"),

	dispatch("2018-09-14 11:20", "south", "head", "liaison", office.Routine,
		"남북공동연락사무소 업무 개시 통보", `1. 오늘 2018년 9월 14일 남북공동연락사무소가 문을 열었음을 알려 드립니다.
2. 합의서 제4조에 따른 근무 시간은 월요일부터 금요일까지 09:00–17:00입니다.
3. 근무 시간 밖의 긴급한 사안은 합의서에 따라 따로 마련한 비상 연락 수단을 이용해 주시기 바랍니다.

The office opened today, 14 September 2018. It works from Monday to Friday, 09:00 to 17:00. For urgent matters outside these hours the agreement provides separate means of contact.`,
		"2018-09-14 11:34"),
	dispatch("2018-09-14 11:50", "north", "head", "liaison", office.Routine,
		"북남공동련락사무소 개소에 대한 회답", `1. 귀측의 9월 14일부 통지를 받았음을 알립니다.
2. 우리측도 오늘부터 북남공동련락사무소에서 사업을 시작하였습니다.
3. 성원이 교체되는 경우에는 합의서 3조에 따라 7일전에 귀측에 통지하겠습니다.`,
		"2018-09-14 12:02"),
	dispatch("2018-09-17 09:20", "south", "liaison-officer", "liaison", office.Routine,
		"Liaison officers: consultations each morning and afternoon", `1. We propose that the liaison officers of both sides consult twice on each working day, once in the morning and once in the afternoon.
2. The means are those named at the opening: face to face, by telephone and by fax.
3. What is said there helps the daily work and is not a formal communication. Formal communications go by dispatch, so that both sides hold the same record of them.`,
		"2018-09-17 09:41"),
	dispatch("2018-09-17 10:05", "north", "liaison-officer", "liaison", office.Routine,
		"련락관접촉에 대한 회답", `1. 오전과 오후에 련락관접촉을 진행하자는 귀측의 제의에 동의합니다.
2. 접촉시간은 쌍방 련락관들이 호상 합의하여 정하는것이 좋겠습니다.
3. 공식적인 통지는 귀측의 제의대로 문건으로 하는것이 좋겠습니다.`,
		"2018-09-17 10:16"),
	dispatch("2018-09-21 09:10", "south", "head", "liaison", office.Routine,
		"군사 사안을 위한 별도 연락선 제의", `1. 9월 18일부터 20일까지의 평양 방문과 9월 19일 평양공동선언, 그리고 그 부속합의서인 군사분야 합의서와 관련하여 연락드립니다.
2. 군사분야 합의서의 이행에 관한 연락을 일반 업무와 나누어, 이 사무소의 기록에 별도 연락선을 하나 더 두기를 제의합니다.
3. 그에 맞게 고친 규약안을 곧 보내 드립니다. 양측이 모두 동의하면 효력이 생깁니다.`,
		"2018-09-21 09:25"),
	{at: "2018-09-21 10:00", side: "south", by: "head", kind: office.KindPropose, body: func(charter *office.Charter) any {
		return &office.ProposeBody{
			Amends:  office.HashCharter(charter),
			Charter: militaryCharter(charter),
			Note:    "A second channel, for matters of the military agreement in the western sector. Line checks are left for later.\n군사분야 합의서의 서부지구 관련 사항을 위한 두 번째 연락선. 통신 점검은 뒤로 미룬다.",
		}
	}},
	{at: "2018-09-21 14:30", side: "north", by: "head", kind: office.KindAgree, body: func(charter *office.Charter) any {
		return &office.AgreeBody{Hash: office.HashCharter(militaryCharter(charter))}
	}},

	dispatch("2018-10-01 09:15", "north", "duty-officer", "military-west", office.Priority,
		"공동경비구역 지뢰제거사업과 관련하여", `1. 군사분야합의서 부속문건 2에 따라 공동경비구역의 지뢰제거사업이 오늘 10월 1일부터 20일간 진행됩니다.
2. 사업기간에 작업인원들의 안전과 관련한 문제가 제기되면 이 련락선으로 즉시 통지하여주기 바랍니다.`,
		"2018-10-01 09:22"),
	dispatch("2018-10-15 17:10", "south", "deputy", "liaison", office.Routine,
		"High-level talks of 15 October: what concerns the office", `1. The joint press release of today's high-level talks names several dates. These concern the work of the office:
   a) a forestry meeting at the liaison office on 22 October;
   b) the joint survey of the Gyeongui railway in late October, and of the Donghae railway in early November; both may be extended;
   c) a ground-breaking for the rail and road links between late November and early December.
2. The dates of the road survey are to be fixed by an exchange of documents. We are ready to carry it out through this line.

오늘 고위급회담 공동보도문 가운데 사무소 업무와 관련된 일정을 정리하여 보내 드립니다.`,
		"2018-10-15 17:48"),
	dispatch("2018-10-17 10:10", "north", "liaison-officer", "liaison", office.Routine,
		"산림분과회담 준비와 관련하여", `1. 10월 22일 련락사무소에서 진행하게 되는 산림분과회담의 장소로 3층 회담장을 리용할것을 제의합니다.
2. 귀측 성원들의 명단과 도착시간을 미리 통지하여주기 바랍니다.`,
		"2018-10-17 10:31"),
	dispatch("2018-10-20 16:00", "south", "duty-officer", "military-west", office.Priority,
		"공동경비구역 지뢰 제거 완료 통보", `1. 공동경비구역의 지뢰 제거가 오늘 10월 20일 끝났음을 확인하여 통보드립니다.
2. 합의서에 따라 다음 단계인 초소, 인원, 화기의 철수는 그 뒤 5일 안에 이루어집니다.
3. 그다음 이틀에 걸쳐 공동으로 검증합니다.`,
		"2018-10-20 16:09"),
	dispatch("2018-10-25 15:30", "north", "duty-officer", "military-west", office.Priority,
		"공동경비구역 초소, 인원, 화력기재 철수와 관련하여", `1. 공동경비구역의 초소와 인원, 화력기재의 철수가 오늘 10월 25일 끝났음을 통지합니다.
2. 합의대로 10월 26일과 27일에 공동검증을 진행합니다.`,
		"2018-10-25 15:38"),
	dispatch("2018-10-29 09:30", "south", "duty-officer", "liaison", office.Flash,
		"EXERCISE EXERCISE 훈련: FLASH 시험 전문", `EXERCISE EXERCISE EXERCISE. 훈련 훈련 훈련.
이것은 FLASH 등급의 전달 시간을 재는 훈련 전문입니다. 실제 상황이 아닙니다. 확인만 해 주시기 바랍니다.
This is an exercise to measure the time of a FLASH dispatch. It is not real. Please acknowledge; no other action.
가나다라마바사아자차카타파하 ABCDEFGHIJKLM nopqrstuvwxyz 0123456789 . , : ; ? ! ( ) - / " '`,
		"2018-10-29 09:34"),
	proposeForm("2018-10-30 10:00", "south", "an"),
	proposeForm("2018-10-30 10:02", "south", "ef"),
	agreeForm("2018-10-31 09:40", "north", "an"),
	agreeForm("2018-10-31 09:41", "north", "ef"),
	dispatch("2018-11-01 08:55", "south", "duty-officer", "military-west", office.Priority,
		"Military agreement, article 1: provisions from 1 November", `1. Under article 1 of the military agreement of 19 September 2018, these provisions apply from today, 1 November:
   a) no live artillery fire and no field exercise of a regiment or more within 5 km of the Military Demarcation Line;
   b) the no-fly zones, with flights for fire-fighting, rescue, medical transport, weather and farming exempt after prior notice;
   c) the same ladder of warnings on both sides: five steps on land and at sea, four in the air.
2. We shall give prior notice of exempt flights on this channel.`,
		"2018-11-01 09:03"),
	{at: "2018-11-02 16:20", side: "south", by: "duty-officer", kind: office.KindDispatch, ackAt: "2018-11-02 16:31", ackBy: "duty-officer", body: func(*office.Charter) any {
		return &office.DispatchBody{
			Channel: "military-west", Precedence: office.Priority, To: []office.Side{"north"},
			Subject: "Joint survey of the Han estuary from 5 November / 한강하구 공동조사",
			Form: &office.Filled{Code: "an", Values: map[string]string{
				"sort": "survey", "what": "Joint survey of the waterway by both sides, under annex 5 of the military agreement.\n군사분야 합의서 붙임 5에 따른 수로 공동조사.",
				"place": "Han estuary / 한강하구", "from": "2018-11-04T15:00Z", "until": "2018-12-31T14:59Z",
				"units": "About ten persons of each side, unarmed. 각 측 10명 정도, 비무장.", "contact": "Duty officer, this channel",
			}},
		}
	}},
	dispatch("2018-11-05 08:40", "north", "duty-officer", "military-west", office.Priority,
		"한강하구 북남공동조사 시작과 관련하여", `1. 군사분야합의서 부속문건 5에 따르는 한강하구 수로의 북남공동조사가 오늘 11월 5일부터 진행됩니다.
2. 조사성원은 쌍방 각각 10명 정도이며 무기를 휴대하지 않습니다.
3. 조사과정에 호상 자극하는 언행을 하지 않는다는 합의를 성원들에게 다시 알려주었습니다.`,
		"2018-11-05 08:47"),
	readBack(dispatch("2018-12-11 14:00", "south", "duty-officer", "military-west", office.Priority,
		"감시초소 상호 현장검증(12월 12일) 통보", `1. 12월 12일에 철수한 감시초소에 대한 상호 현장검증을 실시합니다.
2. 검증반은 초소마다 7명입니다.
3. 검증 중에는 이 연락선을 계속 열어 두겠습니다.

On 12 December the two sides check each other's withdrawn guard posts on the spot, with a team of seven for each post.`,
		"2018-12-11 14:18"),
		"2018-12-11 14:40", "12월 12일에 철거한 감시초소들을 쌍방이 서로 현장에서 검증하며, 검증조는 초소마다 7명이고, 검증이 진행되는 동안 이 련락선을 열어두는것으로 리해하였습니다.", "2018-12-11 14:52"),
	dispatch("2019-01-30 11:00", "south", "liaison-officer", "liaison", office.Routine,
		"Han estuary: the chart of the joint survey", `1. The joint survey of the Han estuary was carried out from 5 November to 9 December 2018.
2. The chart made from it was handed over today, 30 January 2019. This dispatch records the day.

한강하구 공동조사(2018년 11월 5일–12월 9일)의 해도가 오늘 2019년 1월 30일 전달되었음을 기록합니다.`,
		"2019-01-30 11:26"),
	proposeForm("2019-01-31 10:00", "north", "ve"),

	dispatch("", "south", "duty-officer", "liaison", office.Routine,
		"연락선 시험 / line test 1", `시험 전문입니다. 확인해 주시기 바랍니다. This is a test of the line; please acknowledge.
가나다라마바사아자차카타파하 ABCDEFGHIJKLM nopqrstuvwxyz 0123456789 . , : ; ? ! ( ) - / " '`,
		""),
	dispatch("", "north", "duty-officer", "military-west", office.Priority,
		"련락선시험 / line test 2", `시험전문입니다. 접수정형을 알려주기 바랍니다. This is a test of the line; please acknowledge.
가나다라마바사아자차카타파하 ABCDEFGHIJKLM nopqrstuvwxyz 0123456789 . , : ; ? ! ( ) - / " '`,
		""),
}
