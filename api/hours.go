package api

import (
	"net/http"
	"slices"
	"time"

	"liaison.example/node"
	"liaison.example/office"
)

func (s *server) hours(w http.ResponseWriter, r *http.Request) error {
	sides, err := s.sides(r)
	if err != nil {
		return err
	}
	calendars, err := s.Node.Records().Calendars(r.Context(), sides)
	if err != nil {
		return err
	}
	now := s.Now().UnixMilli()
	hours, all := OfficeHours{At: moment(now), Sides: []SideHours{}}, []office.Calendar{}
	for _, side := range sides {
		hours.Sides = append(hours.Sides, sideHours(side, calendars[side], now))
		all = append(all, calendars[side])
	}
	if joint, ok := office.Joint(all, now); ok {
		hours.Joint = &JointOpening{From: moment(joint.From)}
		if joint.Until < now+office.Always {
			hours.Joint.Until = some(joint.Until)
		}
	}
	return write(w, http.StatusOK, hours)
}

func some(ms int64) *time.Time {
	t := moment(ms)
	return &t
}

func sideHours(side office.Side, c office.Calendar, now int64) SideHours {
	stand := c.Stands(now)
	out := SideHours{Side: side, Said: stand.Said, Open: stand.Open, Coming: []HoursSaid{}, Before: []HoursSaid{}}
	if stand.Until != 0 {
		out.Until = some(stand.Until)
	}
	inForce := c.At(now)
	for i := range c {
		h := &c[i]
		said := HoursSaid{ID: h.ID, By: h.By, At: moment(h.At), From: moment(h.From), Zone: h.Zone, Offsets: h.Offsets, Week: h.Week, Holidays: h.Holidays}
		switch {
		case h == inForce:
			out.InForce = &said
		case h.From > now:
			out.Coming = append(out.Coming, said)
		default:
			out.Before = append(out.Before, said)
		}
	}
	slices.Reverse(out.Before)
	return out
}

func (s *server) sayHours(w http.ResponseWriter, r *http.Request) error {
	var n NewHours
	if err := read(r, &n); err != nil {
		return err
	}
	body := office.HoursBody{From: n.From, Holidays: n.Holidays, Offsets: n.Offsets, Week: n.Week, Zone: n.Zone}
	if body.Holidays == nil {
		body.Holidays = []office.Holiday{}
	}
	for i := range body.Holidays {
		if body.Holidays[i].Hours == nil {
			body.Holidays[i].Hours = []office.Span{}
		}
	}
	for i := range body.Week {
		if body.Week[i] == nil {
			body.Week[i] = []office.Span{}
		}
	}
	if err := node.CompleteHours(s.Now(), &body); err != nil {
		return err
	}
	return s.act(w, r, n.By, office.KindHours, &body)
}
