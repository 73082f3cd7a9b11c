package ledger

// The bounds of the entries that are kept in memory, of each log.
const (
	recentBytes = 2 << 20 // of their leaves
	recentCount = 4096
)

// remember puts entries that were just stored behind those that are kept in
// memory, and lets go of the oldest. What is sent on and folded next is found
// there, so that it need not be read and checked again.
func remember(recent, stored []Entry) []Entry {
	if n := len(recent); n > 0 && len(stored) > 0 && recent[n-1].Index+1 != stored[0].Index {
		recent = nil
	}
	recent = append(recent, stored...)
	bytes, first := 0, len(recent)
	for first > 0 && len(recent)-first < recentCount && bytes+len(recent[first-1].Leaf) <= recentBytes {
		first--
		bytes += len(recent[first].Leaf)
	}
	return recent[first:]
}

// recall finds count entries from an index on among those kept in memory, all
// of them or none.
func recall(recent []Entry, from, count int64) []Entry {
	if len(recent) == 0 || count <= 0 {
		return nil
	}
	first := from - recent[0].Index
	if first < 0 || first+count > int64(len(recent)) {
		return nil
	}
	return recent[first : first+count : first+count]
}
