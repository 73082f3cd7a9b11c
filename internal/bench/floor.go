package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"time"
)

// The floor is the traffic of a dispatch and its receipt with nothing of
// Liaison in it: a client, two processes, one persistent mutual-TLS connection
// between them, and on each side one synced commit of a 1 KiB row, one Ed25519
// signature and one verification: the near side signs the rows, the far side
// signs that it has stored them. Waiting rows share a commit, a signature and a
// message, as a good system would let them.
//
//	client --HTTP, unix socket--> near: commit, sign --HTTP/1.1, mutual TLS--> far: verify, commit, sign
//	client <--------------------- near: verify <------------------------------ far

const (
	rowSize     = 1024 // bytes of one row
	floorBatch  = 1000 // rows at most in one message of the floor
	floorSchema = `CREATE TABLE line (id BIGINT PRIMARY KEY, body BYTEA NOT NULL)`
	floorInsert = `INSERT INTO line (id, body) VALUES ($1, $2)`
)

// floorRole is what a process of the floor is told.
type floorRole struct {
	Database string // as sqldb.Config.URL
	Schema   string
	Socket   string // near: where the client speaks to it
	Far      string // near: host:port
	Keys     floorKeys
}

// floor is a running floor: two processes and a client.
type floor struct {
	near, far *child
	client    *http.Client
	row       []byte
}

// startFloor starts the two processes on the run's disk.
func (b *run) startFloor(ctx context.Context, name string) (_ *floor, err error) {
	dir, err := b.folder(name)
	if err != nil {
		return nil, err
	}
	keys, err := newFloorKeys()
	if err != nil {
		return nil, err
	}
	f := &floor{row: filler(rowSize)}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.stop())
		}
	}()
	far := floorRole{Keys: keys}
	far.Database, far.Schema = b.engine.database(dir, "far")
	if f.far, err = b.start("floor-far", far); err != nil {
		return nil, err
	}
	address, err := f.far.await(ctx, "ready")
	if err != nil {
		return nil, fmt.Errorf("start the far side of the floor: %w", err)
	}
	near := floorRole{Keys: keys, Socket: filepath.Join(b.sockets, b.name+name)}
	near.Database, near.Schema = b.engine.database(dir, "near")
	if err := json.Unmarshal([]byte(address), &near.Far); err != nil {
		return nil, fmt.Errorf("start the far side of the floor: %w", err)
	}
	if f.near, err = b.start("floor-near", near); err != nil {
		return nil, err
	}
	if _, err := f.near.await(ctx, "ready"); err != nil {
		return nil, fmt.Errorf("start the near side of the floor: %w", err)
	}
	f.client = socketClient(near.Socket)
	return f, nil
}

func (f *floor) stop() error {
	if f.client != nil {
		f.client.CloseIdleConnections()
	}
	return errors.Join(f.near.stop(), f.far.stop())
}

// socketClient speaks HTTP over a unix socket and keeps its connections.
func socketClient(path string) *http.Client {
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
		MaxIdleConns: 2 * senders, MaxIdleConnsPerHost: 2 * senders,
	}}
}

// send makes one exchange: a row there, its receipt back.
func (f *floor) send(ctx context.Context, _ int) error {
	return f.post(ctx, "http://floor/row", f.row)
}

// fill puts n rows into the near side without sending them.
func (f *floor) fill(ctx context.Context, n int) error {
	return f.post(ctx, "http://floor/fill?n="+strconv.Itoa(n), nil)
}

// catchUp sends all rows that wait, in big batches.
func (f *floor) catchUp(ctx context.Context) error {
	return f.post(ctx, "http://floor/catch-up", nil)
}

func (f *floor) post(ctx context.Context, url string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask the floor: %w", err)
	}
	res, err := f.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the floor: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, lineLimit))
	if err != nil {
		return fmt.Errorf("ask the floor: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the floor: %s: %s", res.Status, text)
	}
	return nil
}

// packRows writes rows one after the other, each behind its length.
func packRows(to []byte, rows [][]byte) []byte {
	for _, r := range rows {
		to = binary.BigEndian.AppendUint32(to, uint32(len(r))) //nolint:gosec // a row is 1 KiB
		to = append(to, r...)
	}
	return to
}

var errPacked = errors.New("rows cut short")

// unpackRows reads what packRows wrote.
func unpackRows(from []byte) ([][]byte, error) {
	var rows [][]byte
	for len(from) > 0 {
		if len(from) < 4 {
			return nil, errPacked
		}
		n := int(binary.BigEndian.Uint32(from))
		from = from[4:]
		if n > len(from) {
			return nil, errPacked
		}
		rows = append(rows, from[:n])
		from = from[n:]
	}
	return rows, nil
}
