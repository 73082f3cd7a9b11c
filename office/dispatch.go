package office

import "strconv"

func checkDispatch(c *checker, b *DispatchBody) {
	c.name("channel", b.Channel)
	oneOf(c, "precedence", b.Precedence, Precedences)
	c.number("number", b.Number, 1, maxInteger)
	if c.count("to", len(b.To), 1, MaxSides) {
		for i, side := range b.To {
			c.name("to", side)
			if i > 0 && side <= b.To[i-1] {
				c.fail(NotInOrder, "field", "to", "value", side)
			}
		}
	}
	c.line("subject", b.Subject, MaxSubject)
	c.text("text", b.Text, MaxText)
}

// applyDispatch releases a dispatch: it bears its side's next number, and each
// side that it is addressed to is waited for from now on.
func applyDispatch(m *matter, b *DispatchBody) Verdict {
	from := m.ID.Side
	if m.office.Charter.Channel(b.Channel) == nil {
		return void(ChannelUnknown, "channel", b.Channel)
	}
	for _, to := range b.To {
		if to == from || m.office.Charter.Side(to) == nil {
			return void(WrongAddressee, "side", to)
		}
	}
	side := &SideRow{Side: from}
	m.desk.Get(side)
	if b.Number != side.Number+1 {
		return void(NumberOutOfTurn, "number", strconv.FormatInt(b.Number, 10),
			"expected", strconv.FormatInt(side.Number+1, 10))
	}
	side.Number = b.Number
	m.desk.Put(side)
	m.desk.Put(&Dispatch{
		At:         m.At,
		By:         m.By,
		Channel:    b.Channel,
		From:       from,
		ID:         m.ID,
		Number:     b.Number,
		Precedence: b.Precedence,
		Subject:    b.Subject,
		Text:       b.Text,
		Time:       m.Time,
		To:         b.To,
	})
	m.desk.Put(&Acknowledgements{Dispatch: m.ID, Time: m.Time, Waiting: b.To})
	return Verdict{}
}
