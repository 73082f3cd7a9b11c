package office

func checkNote(c *checker, b *NoteBody) {
	c.name("channel", b.Channel)
	if b.Mark != "" {
		oneOf(c, "mark", b.Mark, Marks)
	}
	c.text("text", b.Text, MaxCoordination)
	c.sides("to", b.To)
}

// applyNote records what one side's duty officer says to another's, apart from
// dispatches: it is not a formal communication, bears no number, waits for
// nothing, and can no more be taken back than anything else.
func applyNote(m *matter, b *NoteBody) Verdict {
	if m.office.Charter.Channel(b.Channel) == nil {
		return void(ChannelUnknown, "channel", b.Channel)
	}
	for _, to := range b.To {
		if to == m.ID.Side || m.office.Charter.Side(to) == nil {
			return void(WrongAddressee, "side", to)
		}
	}
	if b.About != nil {
		if _, verdict := m.dispatch(*b.About); !verdict.Done() {
			return verdict
		}
	}
	m.desk.Put(&Note{
		About:   b.About,
		At:      m.At,
		By:      m.By,
		Channel: b.Channel,
		From:    m.ID.Side,
		ID:      m.ID,
		Mark:    b.Mark,
		Text:    b.Text,
		Time:    m.Time,
		To:      b.To,
	})
	return Verdict{}
}
