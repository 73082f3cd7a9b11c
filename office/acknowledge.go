package office

import "slices"

func checkAcknowledge(c *checker, b *AcknowledgeBody) {
	c.number("dispatch", b.Dispatch.Index, 0, maxInteger)
}

// applyAcknowledge records that a post of an addressed side has read the
// dispatch. It is once for each side, and it is not agreement.
func applyAcknowledge(m *matter, b *AcknowledgeBody) Verdict {
	side, dispatch := m.ID.Side, b.Dispatch.String()
	row := &Acknowledgements{Dispatch: b.Dispatch}
	// Nobody has read what had not reached its side.
	unseen := b.Dispatch.Side != side && m.Seen[b.Dispatch.Side] <= b.Dispatch.Index
	if unseen || !m.desk.Get(row) {
		return void(DispatchUnknown, "dispatch", dispatch)
	}
	for _, given := range row.Given {
		if given.Side == side {
			return void(AlreadyAcknowledged, "dispatch", dispatch, "by", given.By)
		}
	}
	i := slices.Index(row.Waiting, side)
	if i < 0 {
		return void(NotAddressed, "dispatch", dispatch)
	}
	row.Waiting = slices.Delete(slices.Clone(row.Waiting), i, i+1)
	row.Given = append(slices.Clone(row.Given), Acknowledgement{
		At:       m.At,
		By:       m.By,
		Dispatch: b.Dispatch,
		ID:       m.ID,
		Side:     side,
	})
	m.desk.Put(row)
	return Verdict{}
}
