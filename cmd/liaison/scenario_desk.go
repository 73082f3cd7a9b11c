package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

// What a duty desk shows is of these days: the line checks of a month, a dispatch
// that is overdue, a tender that was declined, a FLASH exercise that rings. The line
// check that is due in a moment comes with each start (checkSoon).

func koreanText(t time.Time) string { return t.In(korea).Format("2006-01-02 15:04") }

// deskScenes makes these scenes as they are at a moment.
func deskScenes(now time.Time) []scene {
	agreed := now.AddDate(0, 0, -31)
	scenes := append(amend(koreanText(agreed), koreanText(agreed.Add(10*time.Minute)), dailyChecks, "통신 점검 시각 / times of the line checks"), lastMonth(now)...)
	scenes = append(scenes,
		dispatch(koreanText(workingDay(now, -3, 10)), "north", "liaison-officer", "liaison", office.Priority,
			"다음주 연락사무소 정기점검 참가자명단 요청", `1. 다음주 정기점검에 나올 귀측 인원의 명단을 보내주기 바랍니다.
2. 명단을 받는 대로 통행절차를 밟겠습니다.

Please send the names of those of your side who will come to next week's inspection of the office.`, ""),
		scene{
			at: koreanText(workingDay(now, -2, 11)), side: "south", by: "head", kind: office.KindTender,
			body: func(*office.Charter) any {
				return &office.TenderBody{
					Channel: "liaison", Name: "소장", Rank: "head", Attention: "소장", Precedence: office.Routine, To: []office.Side{"north"},
					Subject: "연락사무소 운영에 관한 소장 명의 서한", Until: office.MinuteOf(workingDay(now, -1, 17).UnixMilli()),
				}
			},
			ackAt: koreanText(workingDay(now, -2, 15)), ackBy: "deputy",
			reply: func(tender office.EntryID) (string, any) {
				return office.KindTenderReply, &office.TenderAnswerBody{
					Tender: tender, Answer: office.TenderDecline, Reason: office.DeclineRank,
					Text: "소장이 자리에 없으므로 부소장 앞으로 다시 제의하기 바랍니다. The head is away; please offer it for the attention of the deputy head.",
				}
			},
		})
	scenes = append(scenes,
		takeWatch("south"), takeWatch("north"),
		promiseWatch("south", "Duty officer / 당직관"), promiseWatch("north"),
		changePersonnel("south", 12, "Interpreter B / 통역관 나", "Interpreter A / 통역관 가"), changePersonnel("north", 3, "", "Interpreter C / 통역원 다"),
		scene{side: "north", by: "duty-officer", kind: office.KindDispatch, body: func(*office.Charter) any {
			return &office.DispatchBody{
				Channel: "military-west", Precedence: office.Flash, Mark: office.Exercise, To: []office.Side{"south"},
				Subject: "훈련: 서부지구 비상련락 / exercise: emergency call in the western sector",
				Text:    "훈련이다. 접수하면 즉시 확인하기 바란다. This is an exercise. Please acknowledge at once.",
			}
		}})
	return scenes
}

// inOrder puts scenes into the order of time: those of the present come last.
func inOrder(scenes []scene) []scene {
	const present = "9999"
	slices.SortStableFunc(scenes, func(a, b scene) int {
		return strings.Compare(cmp.Or(a.at, present), cmp.Or(b.at, present))
	})
	return scenes
}

// workingDay is an hour of the day, in Korea, so many working days before or after
// today.
func workingDay(now time.Time, days, hour int) time.Time {
	local := now.In(korea)
	day := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, korea)
	for step := 1; days != 0; {
		if days < 0 {
			step = -1
		}
		day = day.AddDate(0, 0, step)
		if day.Weekday() != time.Saturday && day.Weekday() != time.Sunday {
			days -= step
		}
	}
	return day
}

// lastMonth makes the line checks of the month before a moment: most were answered
// in time, some late, one or two not at all, and one was forgotten.
func lastMonth(now time.Time) (scenes []scene) {
	n := 0
	for day := 30; day >= 0; day-- {
		for _, hour := range []int{9, 17} {
			local := now.In(korea).AddDate(0, 0, -day)
			due := time.Date(local.Year(), local.Month(), local.Day(), hour, 0, 0, 0, korea)
			if due.Weekday() == time.Saturday || due.Weekday() == time.Sunday || due.After(now.Add(-2*time.Hour)) {
				continue
			}
			if n++; n%37 == 20 {
				continue
			}
			called := due.Add(time.Minute)
			call := scene{
				at: koreanText(called), side: office.Caller([]office.Side{"north", "south"}, due.Add(9*time.Hour).Unix()/(24*60*60)), by: "duty-officer", kind: office.KindCheck,
				body: func(*office.Charter) any {
					return &office.CheckBody{Channel: "liaison", Due: office.MinuteOf(due.UnixMilli())}
				},
				ackAt: koreanText(called.Add(time.Duration(1+n%5) * time.Minute)), ackBy: "duty-officer",
				reply: func(check office.EntryID) (string, any) {
					return office.KindCheckAnswer, &office.CheckAnswerBody{Check: check, Heard: office.LoudAndClear, Offset: new(int64(0))} // both sides have one clock here
				},
			}
			switch {
			case n%9 == 4:
				call.ackAt = koreanText(called.Add(25 * time.Minute))
			case n%23 == 11:
				call.ackAt = ""
			}
			scenes = append(scenes, call)
		}
	}
	return scenes
}

// checkedSoon is a charter by which the channel of the military has line checks
// every day, at the time of day of a moment.
func checkedSoon(charter *office.Charter, at time.Time) *office.Charter {
	amended := *charter
	amended.Channels = slices.Clone(charter.Channels)
	for i := range amended.Channels {
		if c := &amended.Channels[i]; c.ID == "military-west" {
			c.Checks = office.DefaultChecks()
			c.Checks.Times = []office.CheckTime{{At: at.In(korea).Format("15:04"), Days: []int64{1, 2, 3, 4, 5, 6, 7}}}
			c.Offset = 9 * 60
		}
	}
	return &amended
}

// amend makes the scenes in which the sides change their charter by consent.
func amend(proposed, agreed string, change func(*office.Charter) *office.Charter, note string) []scene {
	return []scene{
		{at: proposed, side: "south", by: "head", kind: office.KindPropose, body: func(charter *office.Charter) any {
			return &office.ProposeBody{Amends: office.HashCharter(charter), Charter: change(charter), Note: note}
		}},
		{at: agreed, side: "north", by: "head", kind: office.KindAgree, body: func(charter *office.Charter) any {
			return &office.AgreeBody{Hash: office.HashCharter(change(charter))}
		}},
	}
}

// dailyChecks is a charter by which the first channel has the usual line checks.
func dailyChecks(charter *office.Charter) *office.Charter {
	amended := *charter
	amended.Channels = slices.Clone(charter.Channels)
	amended.Channels[0].Checks, amended.Channels[0].Offset = office.DefaultChecks(), 9*60
	return &amended
}

// openOn are the hours of a side of the example that is open on a day of the weekend.
func openOn(side office.Side, zone string, now, day time.Time) *office.HoursBody {
	b := keepHours("", side, zone).body(nil).(*office.HoursBody)
	b.From = office.MinuteOf(now.Add(time.Minute).UnixMilli())
	b.Holidays = []office.Holiday{{
		Date: day.In(korea).Format(time.DateOnly), Hours: []office.Span{{From: "00:00", Until: "24:00"}},
		Name: office.Words{"en": "Open for the demonstration", "ko": "시연을 위한 근무일"},
	}}
	b.Offsets, _ = node.ZoneOffsets(zone, now) // without them the node fills them in
	return b
}
