package records

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"liaison.example/office"
	"liaison.example/sqldb"
)

// What is read of line checks at most, whatever another side has written. All
// sides leave out the same.
const (
	schedulesRead = 100   // charters, the latest
	callsRead     = 4_000 // scheduled calls of a time
	// CallsShown is how many calls outside of the times stand in one month.
	CallsShown = 100
)

// CheckFilter chooses calls. What is empty chooses all.
type CheckFilter struct {
	Channel string
	Before  string // where to go on: the next that the call before gave
	Limit   int    // at most MaxPage; 0: DefaultPage
}

// CheckLine is a call as it stands in the joint order.
type CheckLine struct {
	office.LineCheck
	Settled bool // its place; LineCheck.Settled is what the caller said of its record
}

// LineChecks lists calls, those last in the joint order first. If there are more
// than the limit, next says where to go on; else it is empty.
func (r *Records) LineChecks(ctx context.Context, c CheckFilter) (checks []CheckLine, next string, err error) {
	q := query{filter: &Filter{Limit: c.Limit}}
	q.where("TRUE")
	if c.Channel != "" {
		q.where("t.channel = ?", c.Channel)
	}
	next, err = latest(ctx, r, "linecheck", &q, c.Before, func(raw []byte, settled bool) (id office.EntryID, err error) {
		line := CheckLine{Settled: settled}
		err = json.Unmarshal(raw, &line.LineCheck)
		checks = append(checks, line)
		return line.ID, err
	})
	return checks[:min(len(checks), q.filter.limit())], next, err
}

// LineCheck gives one call, if there is one of that id.
func (r *Records) LineCheck(ctx context.Context, id office.EntryID) (check office.LineCheck, found bool, err error) {
	return ofEntry[office.LineCheck](ctx, r, "linecheck", id)
}

// CheckMonth is what became of the line checks of a channel in a month.
type CheckMonth struct {
	Channel, Month string
	Due            []office.JudgedCheck // in order
	Figures        map[office.Side]map[office.CheckResult]int64
	Extra          []office.LineCheck // calls outside of the times, at most CallsShown, the last first
	Extras         int64              // how many there are
}

// CheckMonth judges the line checks of a channel in a month, such as "2018-09", of
// the channel's clock, at a moment. ok is false if it is no month.
func (r *Records) CheckMonth(ctx context.Context, channel, month string, now time.Time) (m CheckMonth, ok bool, err error) {
	m = CheckMonth{Channel: channel, Month: month}
	from, until, ok := office.MonthBounds(month)
	if !ok {
		return m, false, nil
	}
	err = r.view(ctx, "read the line checks of a month", func(tx *sqldb.Tx, _ *cursor) error {
		schedules, calendars, err := readTimes(ctx, tx, from, until)
		if err != nil {
			return err
		}
		calls, err := readCalls(ctx, tx, channel, from, until)
		if err != nil {
			return err
		}
		m.Due, _ = schedules.Month(channel, month, calendars, calls, now.UnixMilli())
		m.Figures = office.CheckFigures(m.Due)
		if row, err := readOffice(ctx, tx); err != nil {
			return err
		} else if ch := row.At(now.UnixMilli()).Charter.Channel(channel); ch != nil {
			from, until = office.MonthOf(month, ch.Offset)
		}
		if m.Extras, err = count(ctx, tx, "SELECT COUNT(*) FROM linecheck WHERE channel = $1 AND due = 0 AND called >= $2 AND called < $3", channel, from, until); err != nil {
			return err
		}
		m.Extra, err = scanRows[office.LineCheck](ctx, tx,
			"SELECT row FROM linecheck WHERE channel = $1 AND due = 0 AND called >= $2 AND called < $3 ORDER BY pos DESC LIMIT $4", channel, from, until, CallsShown)
		return err
	})
	return m, ok, err
}

// CheckBoard is how it stands with the line checks of a channel at a moment.
type CheckBoard struct {
	Channel office.Channel
	Open    []office.JudgedCheck // those that can be called or answered in time
	Next    *office.JudgedCheck  // the next after these that is due; nil if there is none within 40 days
	Extra   []office.LineCheck   // calls of the last hour outside of the times that not every side has answered
}

// ahead is how far ahead the next line check is looked for.
const ahead = 40 * 24 * time.Hour

// ExtraOpen is how long a call outside of the times waits.
const ExtraOpen = time.Hour

// CheckBoards tells how it stands with the line checks of each channel; with the
// next ones only if they are asked for, as they may be far.
func (r *Records) CheckBoards(ctx context.Context, now time.Time, next bool) (boards []CheckBoard, err error) {
	at := now.UnixMilli()
	// A call can come so long after its time, and an answer so long after the call.
	from, until := at-2*office.MaxCheckUntil*time.Minute.Milliseconds(), at+office.CheckEarly+1
	if next {
		until = at + ahead.Milliseconds()
	}
	err = r.view(ctx, "read the line checks", func(tx *sqldb.Tx, _ *cursor) error {
		row, err := readOfficeAt(ctx, tx, at)
		if err != nil || !row.Open || row.Charter.Rules < 3 {
			return err
		}
		schedules, calendars, err := readTimes(ctx, tx, from, until)
		if err != nil {
			return err
		}
		extra, err := readExtra(ctx, tx, at)
		if err != nil {
			return err
		}
		calls, err := readCalls(ctx, tx, "", from, until)
		if err != nil {
			return err
		}
		for _, channel := range row.Charter.Channels {
			board := CheckBoard{Channel: channel}
			for _, c := range extra {
				if c.Channel == channel.ID && len(c.Answers) < len(row.Charter.Sides)-1 {
					board.Extra = append(board.Extra, c)
				}
			}
			for _, j := range schedules.Judge(channel.ID, calendars, calls, from, until, at) {
				switch {
				case j.Result == office.CheckNotAsked:
				case j.Due <= at+office.CheckEarly && at <= j.Ends && !j.Answered():
					board.Open = append(board.Open, j)
				case j.Due > at+office.CheckEarly && board.Next == nil:
					board.Next = &j
				}
			}
			boards = append(boards, board)
		}
		return nil
	})
	return boards, err
}

// CheckDue is a scheduled line check of a channel.
type CheckDue struct {
	Channel string
	office.JudgedCheck
}

// ChecksDue lists the line checks of all channels that are due within a day, or
// whose time to be called or answered has run out no longer than so long ago; and
// the calls of the last hour outside of the times that not every side has answered.
func (r *Records) ChecksDue(ctx context.Context, now time.Time, over time.Duration) (due []CheckDue, extra []office.LineCheck, err error) {
	at := now.UnixMilli()
	from, until := at-2*office.MaxCheckUntil*time.Minute.Milliseconds()-over.Milliseconds(), at+(25*time.Hour).Milliseconds()
	err = r.view(ctx, "read the line checks that are due", func(tx *sqldb.Tx, _ *cursor) error {
		row, err := readOfficeAt(ctx, tx, at)
		if err != nil || !row.Open || row.Charter.Rules < 3 {
			return err
		}
		schedules, calendars, err := readTimes(ctx, tx, from, until)
		if err != nil {
			return err
		}
		calls, err := readCalls(ctx, tx, "", from, until)
		if err != nil {
			return err
		}
		for _, channel := range row.Charter.Channels {
			for _, j := range schedules.Judge(channel.ID, calendars, calls, from, until, at) {
				if j.Ends+over.Milliseconds() >= at {
					due = append(due, CheckDue{channel.ID, j})
				}
			}
		}
		calls, err = readExtra(ctx, tx, at)
		for _, c := range calls {
			if len(c.Answers) < len(row.Charter.Sides)-1 {
				extra = append(extra, c)
			}
		}
		return err
	})
	return due, extra, err
}

// readExtra reads the calls of the last hour outside of the times, the last first.
func readExtra(ctx context.Context, tx *sqldb.Tx, at int64) ([]office.LineCheck, error) {
	return scanRows[office.LineCheck](ctx, tx,
		"SELECT row FROM linecheck WHERE due = 0 AND called > $1 ORDER BY pos + 0 DESC LIMIT $2", at-ExtraOpen.Milliseconds(), CallsShown)
}

// readTimes reads what was to be checked when, and the hours of the sides, from
// one moment to another.
func readTimes(ctx context.Context, tx *sqldb.Tx, from, until int64) (office.Schedules, map[office.Side]office.Calendar, error) {
	return readTimesTo(ctx, tx, from, until, math.MaxInt64)
}

// readTimesTo is readTimes of what stands in the joint order up to a place.
func readTimesTo(ctx context.Context, tx *sqldb.Tx, from, until, place int64) (office.Schedules, map[office.Side]office.Calendar, error) {
	latest, err := scanRows[office.Schedule](ctx, tx, "SELECT row FROM schedule WHERE pos <= $1 ORDER BY pos DESC LIMIT $2", place, schedulesRead)
	if err != nil {
		return nil, nil, err
	}
	slices.Reverse(latest)
	calendars := map[office.Side]office.Calendar{}
	for _, s := range latest {
		for _, side := range s.Sides {
			if _, read := calendars[side]; read {
				continue
			}
			// Those that begin within the time, and the one before; of those that begin
			// at once the last. Hours to come do not blot out those that were.
			hours, err := scanRows[office.Hours](ctx, tx, `
				SELECT row FROM hours h WHERE side = $1 AND begins < $2 AND pos <= $3 AND begins >= (
					SELECT COALESCE(MAX(begins), 0) FROM hours WHERE side = $1 AND begins <= $4 AND pos <= $3
				) AND NOT EXISTS (
					SELECT 1 FROM hours WHERE side = $1 AND begins = h.begins AND pos > h.pos AND pos <= $3
				) ORDER BY begins LIMIT $5`, side, until, place, from, office.MaxCalendar)
			if err != nil {
				return nil, nil, err
			}
			calendars[side] = office.NewCalendar(hours)
		}
	}
	return office.NewSchedules(latest), calendars, nil
}

// readCalls reads the scheduled calls of a channel, or of all if it is empty.
func readCalls(ctx context.Context, tx *sqldb.Tx, channel string, from, until int64) ([]office.LineCheck, error) {
	return scanRows[office.LineCheck](ctx, tx,
		"SELECT row FROM linecheck WHERE due > 0 AND due >= $1 AND due < $2 AND (channel = $3 OR $4 = '') ORDER BY due DESC, pos LIMIT $5",
		from, until, channel, channel, callsRead)
}
