package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"liaison.example/sqldb"
)

// readTile reads the first width hashes of a tile. Of level 0, only full tiles
// are stored; a partial one is made from the entries.
func readTile(ctx context.Context, tx *sqldb.Tx, side string, level int, n int64, width int) ([]tlog.Hash, error) {
	if width == 0 {
		return nil, nil
	}
	var data []byte
	err := tx.QueryRow(ctx, `SELECT data FROM tile WHERE side = $1 AND level = $2 AND n = $3`, side, level, n).Scan(&data)
	switch {
	case err == nil:
		if hashes := splitHashes(data); len(hashes) >= width {
			return hashes[:width], nil
		}
		return nil, fmt.Errorf("tile %d/%d of %s is too short", level, n, side)
	case !errors.Is(err, sql.ErrNoRows):
		return nil, fmt.Errorf("read tile %d/%d of %s: %w", level, n, side, err)
	case level > 0:
		return nil, fmt.Errorf("tile %d/%d of %s is missing", level, n, side)
	}
	leaves, err := readLeaves(ctx, tx, side, n*tileWidth, int64(width), 0)
	if err != nil {
		return nil, err
	}
	if len(leaves) < width {
		return nil, fmt.Errorf("entries of %s from %d on are missing", side, n*tileWidth+int64(len(leaves)))
	}
	hashes := make([]tlog.Hash, len(leaves))
	for i, leaf := range leaves {
		hashes[i] = tlog.RecordHash(leaf)
	}
	return hashes, nil
}

// readLeaves reads at most count entries from an index on. If maxBytes is not 0
// it stops before their sizes add up to more, but not before the first.
func readLeaves(ctx context.Context, tx *sqldb.Tx, side string, from, count int64, maxBytes int) ([][]byte, error) {
	rows, err := tx.Query(ctx, `SELECT leaf FROM entry WHERE side = $1 AND idx >= $2 AND idx < $3 ORDER BY idx`, side, from, from+count)
	if err != nil {
		return nil, fmt.Errorf("read entries of %s from %d: %w", side, from, err)
	}
	defer rows.Close()
	var leaves [][]byte
	total := 0
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return nil, fmt.Errorf("read entries of %s from %d: %w", side, from, err)
		}
		if total += len(leaf); maxBytes > 0 && total > maxBytes && len(leaves) > 0 {
			break
		}
		leaves = append(leaves, leaf)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read entries of %s from %d: %w", side, from, err)
	}
	return leaves, nil
}

// tileReader gives the hashes of one tree, from the right edge in memory where
// it has them and else from stored tiles. It is a tlog.HashReader.
type tileReader struct {
	ctx  context.Context
	tx   *sqldb.Tx
	side string
	edge *tree // may be nil
}

func (r tileReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	tiles := map[tlog.Tile][]byte{}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(tileHeight, index)
		place := tlog.Tile{H: t.H, L: t.L, N: t.N}
		data := tiles[place]
		if len(data) < t.W*tlog.HashSize {
			var err error
			if data, err = r.tile(t); err != nil {
				return nil, err
			}
			tiles[place] = data
		}
		t.W = len(data) / tlog.HashSize
		h, err := tlog.HashFromTile(t, data, index)
		if err != nil {
			return nil, fmt.Errorf("tile %d/%d of %s: %w", t.L, t.N, r.side, err)
		}
		hashes[i] = h
	}
	return hashes, nil
}

func (r tileReader) tile(t tlog.Tile) ([]byte, error) {
	if r.edge != nil && t.L < len(r.edge.edge) && t.N == r.edge.size>>(tileHeight*(t.L+1)) {
		return r.edge.edgeOf(t.L), nil
	}
	hashes, err := readTile(r.ctx, r.tx, r.side, t.L, t.N, t.W)
	return joinHashes(hashes), err
}

// ErrNoTile says that a path names no tile of the log as it stands.
var ErrNoTile = errors.New("no such tile")

// TileData reads one file of a side's log in the layout of
// c2sp.org/tlog-tiles: "checkpoint", "tile/<L>/<N>[.p/<W>]" or
// "tile/entries/<N>[.p/<W>]". Tiles that the signed checkpoint does not cover
// are not there.
func (l *Ledger) TileData(ctx context.Context, side, path string) ([]byte, error) {
	head := l.Head(side)
	size := head.Size
	if path == "checkpoint" {
		if size == 0 {
			return nil, ErrNoTile
		}
		signed, err := l.Checkpoint(ctx, side)
		if errors.Is(err, ErrNoEntry) { // none was reached yet
			return nil, ErrNoTile
		}
		return signed, err
	}
	t, err := parseTilePath(path)
	if err != nil {
		return nil, ErrNoTile
	}
	if hashes := size >> (tileHeight * max(t.L, 0)); t.N > hashes>>tileHeight || hashes-t.N*tileWidth < int64(t.W) {
		return nil, ErrNoTile
	}
	var data []byte
	err = l.db.View(ctx, func(tx *sqldb.Tx) error {
		if t.L >= 0 {
			hashes, err := readTile(ctx, tx, side, t.L, t.N, t.W)
			data = joinHashes(hashes)
			return err
		}
		leaves, err := readLeaves(ctx, tx, side, t.N*tileWidth, int64(t.W), 0)
		data = bundle(leaves)
		return err
	})
	return data, err
}

// bundle is an entry bundle of c2sp.org/tlog-tiles: each entry after its
// length in two bytes, big-endian.
func bundle(leaves [][]byte) []byte {
	var data []byte
	for _, leaf := range leaves {
		data = append(data, byte(len(leaf)>>8), byte(len(leaf)))
		data = append(data, leaf...)
	}
	return data
}

// parseTilePath reads a path of c2sp.org/tlog-tiles. It differs from those of
// the Go checksum database in the name of the entry bundles and in leaving out
// the height, which is always 8.
func parseTilePath(path string) (tlog.Tile, error) {
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return tlog.Tile{}, ErrNoTile
	}
	if entries, ok := strings.CutPrefix(rest, "entries/"); ok {
		rest = "data/" + entries
	} else if strings.HasPrefix(rest, "data/") {
		return tlog.Tile{}, ErrNoTile
	}
	return tlog.ParseTilePath("tile/8/" + rest)
}

// tilePath is the reverse of parseTilePath.
func tilePath(t tlog.Tile) string {
	if t.L < 0 {
		return "tile/entries/" + strings.TrimPrefix(t.Path(), "tile/8/data/")
	}
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/8/")
}
