package office

func checkAcknowledge(c *checker, b *AcknowledgeBody) {
	c.number("dispatch", b.Dispatch.Index, 0, maxInteger)
}

// applyAcknowledge records that a post of an addressed side has read the
// dispatch. It is once for each side, and it is not agreement.
func applyAcknowledge(m *matter, b *AcknowledgeBody) Verdict {
	addressee := &Addressee{Dispatch: b.Dispatch, Side: m.ID.Side}
	switch {
	case m.desk.Get(addressee):
	case m.desk.Get(&Dispatch{ID: b.Dispatch}):
		return void(NotAddressed, "dispatch", b.Dispatch.String())
	default:
		return void(DispatchUnknown, "dispatch", b.Dispatch.String())
	}
	if already := addressee.Acknowledged; already != nil {
		return void(AlreadyAcknowledged, "dispatch", b.Dispatch.String(), "by", already.By)
	}
	addressee.Acknowledged = &Acknowledgement{
		At:       m.At,
		By:       m.By,
		Dispatch: b.Dispatch,
		ID:       m.ID,
		Side:     m.ID.Side,
	}
	m.desk.Put(addressee)
	return Verdict{}
}
