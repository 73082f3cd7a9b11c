package ledger

import (
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// emptyRoot is the root of a tree without entries (RFC 6962 §2.1).
var emptyRoot, _ = tlog.TreeHash(0, nil)

// tree is the right edge of a Merkle tree: what it takes to append to it and
// to know its root without reading anything. It is a value: what is appended to
// a clone does not show in the tree that it was made of. Of several clones of one
// tree only the last may be used, since they share the room for what comes next.
type tree struct {
	size  int64
	peaks []tlog.Hash // roots of the perfect subtrees that make up the tree, largest first: one for each 1 in size
	// edge[L] holds the hashes of the last tile of level L while it is not
	// full: len(edge[L]) = size>>(8*L) mod 256. What stands in it is never
	// written over.
	edge [][]tlog.Hash
}

// A fullTile is a tile that has got all its 256 hashes (c2sp.org/tlog-tiles).
type fullTile struct {
	level int
	n     int64
	data  []byte
}

func (t *tree) clone() tree {
	return tree{size: t.size, peaks: slices.Clone(t.peaks), edge: slices.Clone(t.edge)}
}

// append adds a leaf and returns the tiles that it filled, lowest level first.
func (t *tree) append(leaf tlog.Hash) (full []fullTile) {
	full = t.place(0, leaf, full)
	h := leaf
	t.size++
	for level := 1; t.size&(1<<level-1) == 0; level++ {
		last := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
		if level%tileHeight == 0 {
			full = t.place(level/tileHeight, h, full)
		}
	}
	t.peaks = append(t.peaks, h)
	return full
}

// grow adds a leaf to a tree of which the peaks alone are known.
func (t *tree) grow(leaf tlog.Hash) {
	t.size++
	for level := 1; t.size&(1<<level-1) == 0; level++ {
		last := len(t.peaks) - 1
		leaf = tlog.NodeHash(t.peaks[last], leaf)
		t.peaks = t.peaks[:last]
	}
	t.peaks = append(t.peaks, leaf)
}

// place puts the hash of a complete subtree into the edge of its level.
func (t *tree) place(level int, h tlog.Hash, full []fullTile) []fullTile {
	if level == len(t.edge) {
		t.edge = append(t.edge, make([]tlog.Hash, 0, tileWidth))
	}
	t.edge[level] = append(t.edge[level], h)
	if len(t.edge[level]) < tileWidth {
		return full
	}
	n := t.size >> (tileHeight * (level + 1))
	if level > 0 { // size has already been raised
		n--
	}
	full = append(full, fullTile{level, n, joinHashes(t.edge[level])})
	t.edge[level] = make([]tlog.Hash, 0, tileWidth)
	return full
}

// root is the root hash of the tree.
func (t *tree) root() tlog.Hash {
	if len(t.peaks) == 0 {
		return emptyRoot
	}
	h := t.peaks[len(t.peaks)-1]
	for i := len(t.peaks) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}

// edgeOf returns the partial tile of a level, as it is stored.
func (t *tree) edgeOf(level int) []byte {
	if level >= len(t.edge) {
		return nil
	}
	return joinHashes(t.edge[level])
}

func joinHashes(hashes []tlog.Hash) []byte {
	data := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		data = append(data, h[:]...)
	}
	return data
}

func splitHashes(data []byte) []tlog.Hash {
	hashes := make([]tlog.Hash, 0, tileWidth)
	for len(data) >= tlog.HashSize {
		hashes = append(hashes, tlog.Hash(data[:tlog.HashSize]))
		data = data[tlog.HashSize:]
	}
	return hashes
}

// peakIndexes lists the subtrees that make up a tree of n leaves, largest
// first, as stored-hash indexes of package tlog.
func peakIndexes(n int64) []int64 {
	var indexes []int64
	for level := 62; level >= 0; level-- {
		if n&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, n>>level-1))
		}
	}
	return indexes
}
