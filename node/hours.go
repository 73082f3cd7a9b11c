package node

import (
	"time"
	_ "time/tzdata" // a side's zone must be known on any machine

	"liaison.example/office"
)

// zoneAhead is for how long ahead the changes of a zone are read from its table,
// in years: what a state decides later is said by notice, in new hours.
const zoneAhead = 10

// CompleteHours fills in what a person leaves out of the hours of our side:
// without a beginning they begin with the next minute, and without changes of the
// clock these are read from the table of the zone. It answers *Refusal if there is
// no such zone.
func CompleteHours(now time.Time, b *office.HoursBody) error {
	if b.From == "" {
		b.From = office.MinuteOf(now.Add(time.Minute).UnixMilli())
	}
	if len(b.Offsets) > 0 {
		return nil
	}
	from, ok := b.From.Millis()
	if !ok {
		return nil // which the rules refuse
	}
	var err error
	b.Offsets, err = ZoneOffsets(b.Zone, time.UnixMilli(from))
	return err
}

// ZoneOffsets reads from the table of a zone, named as the IANA names it, by how
// much its clock is ahead of UTC at a moment and how that changes in the ten years
// after it. It answers *Refusal if there is no such zone.
func ZoneOffsets(name string, from time.Time) ([]office.Offset, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, &Refusal{Code: "zone-unknown", Detail: map[string]string{"zone": name}}
	}
	var offsets []office.Offset
	end := from.AddDate(zoneAhead, 0, 0)
	for t := from; len(offsets) < office.MaxOffsets; {
		start, next := t.In(zone).ZoneBounds()
		_, seconds := t.In(zone).Zone()
		if start.IsZero() || start.Unix() < 0 {
			start = time.Unix(0, 0)
		}
		if minutes := int64(seconds / 60); len(offsets) == 0 || offsets[len(offsets)-1].Minutes != minutes {
			offsets = append(offsets, office.Offset{From: office.MinuteOf(start.UnixMilli()), Minutes: minutes})
		}
		if next.IsZero() || next.After(end) {
			break
		}
		t = next
	}
	return offsets, nil
}
