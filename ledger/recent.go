package ledger

// The bounds of what is kept in memory of each log.
const (
	recentBytes = 2 << 20 // of leaves
	recentCount = 4096    // entries
)

// recent are the last entries of a log, kept in memory because what is sent on
// and folded next is among them, so that it need not be read and checked again.
// It is a value: with makes another, and those who have one may go on reading.
type recent struct {
	entries []Entry // without gaps, up to the end of the log
	bytes   int     // of their leaves
}

// with adds entries that were just stored, and lets go of the oldest.
func (r recent) with(stored []Entry) recent {
	if n := len(r.entries); n > 0 && len(stored) > 0 && r.entries[n-1].Index+1 != stored[0].Index {
		r = recent{}
	}
	r.entries = append(r.entries, stored...)
	for _, e := range stored {
		r.bytes += len(e.Leaf)
	}
	first := 0
	for first < len(r.entries) && (r.bytes > recentBytes || len(r.entries)-first > recentCount) {
		r.bytes -= len(r.entries[first].Leaf)
		first++
	}
	r.entries = r.entries[first:]
	return r
}

// find returns count entries from an index on: all of them, or nil.
func (r recent) find(from, count int64) []Entry {
	if len(r.entries) == 0 || count <= 0 {
		return nil
	}
	first := from - r.entries[0].Index
	if first < 0 || first+count > int64(len(r.entries)) {
		return nil
	}
	return r.entries[first : first+count : first+count]
}
