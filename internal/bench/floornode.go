package bench

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"liaison.example/sqldb"
)

// near is the process that the floor's client speaks to. Its two workers,
// commit and push, each take all that waits for them.
type near struct {
	db      *sqldb.DB
	keys    floorSigner
	far     *http.Client
	url     string
	commits chan *waiting
	pushes  chan *waiting

	mu   sync.Mutex
	next int64 // id of the next row
	sent int64 // rows below this id are at the far side
}

// waiting is one row on its way, and where its sender waits.
type waiting struct {
	row  []byte
	id   int64
	done chan error
}

func openFloor(ctx context.Context, argument []byte) (role floorRole, db *sqldb.DB, err error) {
	if err := json.Unmarshal(argument, &role); err != nil {
		return role, nil, fmt.Errorf("read the role: %w", err)
	}
	db, err = sqldb.Open(ctx, sqldb.Config{URL: role.Database, Schema: role.Schema, Durable: true})
	if err != nil {
		return role, nil, fmt.Errorf("open the floor's database: %w", err)
	}
	if err := db.Migrate(ctx, "floor", []sqldb.Migration{{Name: "floor", SQL: floorSchema}}); err != nil {
		return role, nil, errors.Join(fmt.Errorf("lay out the floor's database: %w", err), db.Close())
	}
	return role, db, nil
}

// floorNear is the role of the near side.
func floorNear(ctx context.Context, argument []byte) error {
	role, db, err := openFloor(ctx, argument)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := role.Keys.signer()
	if err != nil {
		return err
	}
	n := &near{db: db, keys: keys, url: "https://" + role.Far + "/rows",
		commits: make(chan *waiting, 4*senders), pushes: make(chan *waiting, 2*floorBatch),
		far: &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: keys.tls(),
			MaxIdleConnsPerHost: 1, TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}}}
	ctx, cancel := context.WithCancel(ctx)
	var wait sync.WaitGroup
	defer wait.Wait()
	defer cancel()
	wait.Go(func() { n.work(ctx, n.commits, n.commit) })
	wait.Go(func() { n.work(ctx, n.pushes, n.push) })

	listener, err := net.Listen("unix", role.Socket)
	if err != nil {
		return fmt.Errorf("listen for the client: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /row", answer(n.postRow))
	mux.HandleFunc("POST /fill", answer(n.postFill))
	mux.HandleFunc("POST /catch-up", answer(n.postCatchUp))
	return serveUntil(ctx, &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}, listener)
}

// serveUntil says that the process is ready and serves until the context ends.
func serveUntil(ctx context.Context, s *http.Server, l net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = s.Close() })
	defer stop()
	if err := say("ready", l.Addr().String()); err != nil {
		return err
	}
	var err error
	if s.TLSConfig != nil {
		err = s.ServeTLS(l, "", "")
	} else {
		err = s.Serve(l)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

func answer(handle func(*http.Request) error) http.HandlerFunc {
	return answerWith(func(r *http.Request) ([]byte, error) { return []byte("received\n"), handle(r) })
}

func answerWith(handle func(*http.Request) ([]byte, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text, err := handle(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text) // who does not wait for the answer is gone
	}
}

// postRow takes a row, sends it, and answers when the far side holds it.
func (n *near) postRow(r *http.Request) error {
	row, err := io.ReadAll(io.LimitReader(r.Body, rowSize+1))
	if err != nil {
		return fmt.Errorf("read the row: %w", err)
	}
	w := &waiting{row: row, done: make(chan error, 1)}
	select {
	case n.commits <- w:
	case <-r.Context().Done():
		return r.Context().Err()
	}
	select {
	case err := <-w.done:
		return err
	case <-r.Context().Done():
		return r.Context().Err()
	}
}

// work hands all that waits in a queue to do, again and again.
func (n *near) work(ctx context.Context, queue chan *waiting, do func(context.Context, []*waiting)) {
	for {
		var batch []*waiting
		select {
		case w := <-queue:
			batch = append(batch, w)
		case <-ctx.Done():
			return
		}
		for more := true; more && len(batch) < floorBatch; {
			select {
			case w := <-queue:
				batch = append(batch, w)
			default:
				more = false
			}
		}
		do(ctx, batch)
	}
}

// commit stores a batch in one synced commit and passes it on.
func (n *near) commit(ctx context.Context, batch []*waiting) {
	err := n.db.Update(ctx, func(tx *sqldb.Tx) error {
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, w := range batch {
			w.id = n.next
			n.next++
			if _, err := tx.Exec(ctx, floorInsert, w.id, w.row); err != nil {
				return err
			}
		}
		return nil
	})
	for _, w := range batch {
		if err != nil {
			w.done <- err
			continue
		}
		select {
		case n.pushes <- w:
		case <-ctx.Done():
			w.done <- ctx.Err()
		}
	}
}

// push signs a batch, sends it in one message, and tells the senders.
func (n *near) push(ctx context.Context, batch []*waiting) {
	rows := make([][]byte, len(batch))
	for i, w := range batch {
		rows[i] = w.row
	}
	err := n.message(ctx, rows)
	if err == nil {
		n.mu.Lock()
		n.sent += int64(len(batch))
		n.mu.Unlock()
	}
	for _, w := range batch {
		w.done <- err
	}
}

// message signs rows, sends them, and returns when it holds the far side's
// signature that they are stored.
func (n *near) message(ctx context.Context, rows [][]byte) error {
	body := packRows(make([]byte, ed25519.SignatureSize, ed25519.SignatureSize+len(rows)*(rowSize+4)), rows)
	copy(body, n.keys.sign(body[ed25519.SignatureSize:]))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	res, err := n.far.Do(req)
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, lineLimit))
	if err != nil {
		return fmt.Errorf("send rows: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("send rows: %s: %s", res.Status, text)
	}
	return n.keys.received(body, text)
}

// postFill stores rows that are not sent.
func (n *near) postFill(r *http.Request) error {
	count, err := strconv.Atoi(r.FormValue("n"))
	if err != nil || count < 0 || count > 1_000_000 {
		return fmt.Errorf("fill: %q is not a count", r.FormValue("n"))
	}
	row := filler(rowSize)
	n.mu.Lock()
	defer n.mu.Unlock()
	for count > 0 {
		part := min(count, floorBatch)
		if err := insertRows(r.Context(), n.db, n.next, part, row); err != nil {
			return err
		}
		n.next += int64(part)
		count -= part
	}
	return nil
}

// insertRows puts count rows into the floor's table in one commit.
func insertRows(ctx context.Context, db *sqldb.DB, from int64, count int, row []byte) error {
	err := db.Update(ctx, func(tx *sqldb.Tx) error {
		for i := range int64(count) {
			if _, err := tx.Exec(ctx, floorInsert, from+i, row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("insert rows: %w", err)
	}
	return nil
}

// readRows reads at most count rows from id on.
func readRows(ctx context.Context, db *sqldb.DB, from int64, count int) (rows [][]byte, err error) {
	err = db.View(ctx, func(tx *sqldb.Tx) error {
		found, err := tx.Query(ctx, `SELECT body FROM line WHERE id >= $1 ORDER BY id LIMIT $2`, from, count)
		if err != nil {
			return err
		}
		defer found.Close()
		for found.Next() {
			var row []byte
			if err := found.Scan(&row); err != nil {
				return err
			}
			rows = append(rows, row)
		}
		return found.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("read rows: %w", err)
	}
	return rows, nil
}

// postCatchUp sends the rows that wait, from the database, in big batches.
func (n *near) postCatchUp(r *http.Request) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.sent < n.next {
		rows, err := readRows(r.Context(), n.db, n.sent, floorBatch)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return fmt.Errorf("row %d is missing", n.sent)
		}
		if err := n.message(r.Context(), rows); err != nil {
			return err
		}
		n.sent += int64(len(rows))
	}
	return nil
}

// floorFar is the role of the far side: it verifies, stores, signs and answers.
func floorFar(ctx context.Context, argument []byte) error {
	role, db, err := openFloor(ctx, argument)
	if err != nil {
		return err
	}
	defer db.Close()
	keys, err := role.Keys.signer()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the near side: %w", err)
	}
	var mu sync.Mutex
	var next int64 // id of the next row; under mu
	mux := http.NewServeMux()
	mux.HandleFunc("POST /rows", answerWith(func(r *http.Request) ([]byte, error) {
		body, err := io.ReadAll(io.LimitReader(r.Body, 2*floorBatch*rowSize))
		if err != nil {
			return nil, fmt.Errorf("read rows: %w", err)
		}
		rows, err := keys.open(body)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		defer mu.Unlock()
		err = db.Update(r.Context(), func(tx *sqldb.Tx) error {
			for i, row := range rows {
				if _, err := tx.Exec(r.Context(), floorInsert, next+int64(i), row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("store rows: %w", err)
		}
		next += int64(len(rows))
		return keys.receipt(body), nil
	}))
	s := &http.Server{Handler: mux, TLSConfig: keys.tls(), ReadHeaderTimeout: time.Minute,
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	return serveUntil(ctx, s, listener)
}
