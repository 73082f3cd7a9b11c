package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"liaison.example/ledger"
	"liaison.example/node"
	"liaison.example/office"
	"liaison.example/people"
)

// handClock is a clock that stands still until it is turned, so that the
// entries of the example bear the times of the example.
type handClock struct {
	mu  sync.Mutex
	now time.Time // zero: the present
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.IsZero() {
		return time.Now()
	}
	return c.now
}

func (c *handClock) turn(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = to
}

// stage is the two nodes while the example is written, by their sides.
type stage struct {
	clock handClock
	nodes map[office.Side]*node.Node
}

// fill makes the two data folders and plays the example on them: two nodes in
// this process, with a real link between them, and a clock turned by hand.
func fill(ctx context.Context, nodes []*demoNode) (err error) {
	ctx, cancel := context.WithTimeout(ctx, demoTime)
	defer cancel()
	start, err := koreanTime(scenarioStart)
	if err != nil {
		return err
	}
	s := &stage{nodes: map[office.Side]*node.Node{}}
	s.clock.turn(start)
	folders, err := makeDemoFolders(nodes)
	if err != nil {
		return err
	}
	defer func() {
		for side, n := range s.nodes {
			if closed := n.Close(); closed != nil {
				err = errors.Join(err, fmt.Errorf("close the node of %s: %w", side, closed))
			}
		}
	}()
	for i, f := range folders {
		if err := s.open(ctx, f, nodes[i]); err != nil {
			return err
		}
	}
	if err := s.until(ctx, s.founded); err != nil {
		return fmt.Errorf("found the office: %w", err)
	}
	for i, scene := range inOrder(slices.Concat(scenario, deskScenes(time.Now()))) {
		if err := s.play(ctx, &scene); err != nil {
			return fmt.Errorf("scene %d: %w", i+1, err)
		}
	}
	if err := s.roster(ctx); err != nil {
		return err
	}
	if err := s.until(ctx, s.equal); err != nil {
		return fmt.Errorf("bring both records to the same: %w", err)
	}
	return nil
}

// makeDemoFolders makes the data folders, each with the other side admitted.
func makeDemoFolders(nodes []*demoNode) ([]*folder, error) {
	var folders []*folder
	texts := map[office.Side][]byte{}
	for i, n := range nodes {
		settings := defaults()
		settings.Office, settings.Side, settings.Name = scenarioOffice, n.side, scenarioSides[i].name
		settings.Zone, settings.Languages = scenarioSides[i].zone, scenarioSides[i].languages
		settings.Web, settings.Link, settings.Demo = n.web, n.link, true
		f, keys, err := makeFolder(n.folder, &settings, ledger.NewSeed())
		if err != nil {
			return nil, err
		}
		if _, texts[n.side], err = f.credence(keys); err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	for i, f := range folders {
		other := nodes[1-i].side
		if err := f.saveCredence(other, texts[other]); err != nil {
			return nil, err
		}
	}
	return folders, nil
}

func (s *stage) open(ctx context.Context, f *folder, d *demoNode) error {
	log, err := os.OpenFile(filepath.Join(d.folder, demoLog), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of %s: %w", d.side, err)
	}
	logger := slog.New(slog.NewTextHandler(log, nil))
	config, err := f.nodeConfig(logger, s.clock.Now)
	if err != nil {
		return err
	}
	l, err := listen(d.link, "the link of "+d.side)
	if err != nil {
		return err
	}
	n, err := node.Open(ctx, config)
	if err != nil {
		l.Close()
		return fmt.Errorf("open the node of %s: %w", d.side, err)
	}
	s.nodes[d.side] = n
	go func() {
		defer log.Close()
		if err := n.Link().Serve(l); !errors.Is(err, net.ErrClosed) {
			logger.Error("the link stopped listening", "error", err)
		}
	}()
	return nil
}

// play plays one scene, and the acknowledgement that follows it. A scene has
// ended when the other side holds and has placed what was written: so the
// entries stand in the joint order as they stand in the example.
func (s *stage) play(ctx context.Context, scene *scene) error {
	at := time.Time{}
	if scene.at != "" {
		var err error
		if at, err = koreanTime(scene.at); err != nil {
			return err
		}
	}
	row, err := s.nodes[scene.side].Records().Office(ctx)
	if err != nil {
		return err
	}
	id, err := s.write(ctx, at, scene.side, node.Act{By: scene.by, Kind: scene.kind, Body: scene.body(row.Charter)})
	if err != nil || scene.ackAt == "" {
		return err
	}
	if at, err = koreanTime(scene.ackAt); err != nil {
		return err
	}
	reply := node.Act{By: scene.ackBy, Kind: office.KindAcknowledge, Body: &office.AcknowledgeBody{Dispatch: id}}
	if scene.reply != nil {
		if err := s.until(ctx, s.equal); err != nil { // as it is hours later
			return err
		}
		reply.Kind, reply.Body = scene.reply(id)
	}
	last, err := s.write(ctx, at, otherSide(scene.side), reply)
	for i := 0; err == nil && i < len(scene.then); i++ {
		last, err = s.playSequel(ctx, &scene.then[i], id, last)
	}
	return err
}

// playSequel plays one of the acts that follow in a scene.
func (s *stage) playSequel(ctx context.Context, t *sequel, first, last office.EntryID) (office.EntryID, error) {
	if err := s.until(ctx, s.equal); err != nil {
		return last, err
	}
	at, err := koreanTime(t.at)
	if err != nil {
		return last, err
	}
	act := node.Act{By: "duty-officer"}
	act.Kind, act.Body = t.body(first, last)
	return s.write(ctx, at, t.side, act)
}

func otherSide(side office.Side) office.Side {
	if side == scenarioSides[0].id {
		return scenarioSides[1].id
	}
	return scenarioSides[0].id
}

func (s *stage) write(ctx context.Context, at time.Time, side office.Side, act node.Act) (office.EntryID, error) {
	s.clock.turn(at)
	n := s.nodes[side]
	written, err := n.Write(ctx, act)
	if refused, is := errors.AsType[*node.Refusal](err); is && refused.Code == "draft-alone" {
		written, err = s.reviewed(ctx, n, act)
	}
	var refused *node.Refusal
	if errors.As(err, &refused) {
		return written.ID, fmt.Errorf("%s of %s: %s", act.Kind, side, sentence(refused.Code, refused.Detail))
	}
	if err != nil {
		return written.ID, err
	}
	if err := s.nodes[side].Received(ctx, written.ID); err != nil {
		return written.ID, err
	}
	return written.ID, s.until(ctx, func(ctx context.Context) (bool, error) {
		_, placed, err := s.nodes[otherSide(side)].Records().PlacedEntry(ctx, written.ID)
		return placed, err
	})
}

// reviewed releases what a post may not release alone: it is drafted, approved by
// the head, and released by who has drafted it.
func (s *stage) reviewed(ctx context.Context, n *node.Node, act node.Act) (node.Written, error) {
	posts, err := n.Records().Posts(ctx, n.Side())
	if err != nil {
		return node.Written{}, err
	}
	hand := func(post office.Post) people.Hand {
		h := people.Hand{By: people.By{Who: post}, Post: post}
		for _, row := range posts {
			if row.Post == post {
				h.Role = row.Role
			}
		}
		return h
	}
	writer, head := hand(act.By), hand("head")
	b := act.Body.(*office.DispatchBody)
	draft, err := n.People().NewDraft(ctx, writer, rand.Text(), people.Content{
		Channel: b.Channel, Precedence: b.Precedence, To: b.To, Subject: b.Subject, Text: b.Text, Mark: b.Mark,
	})
	if err != nil {
		return node.Written{}, err
	}
	if draft, err = n.People().Submit(ctx, writer, draft.ID, draft.Version); err != nil {
		return node.Written{}, err
	}
	if draft, err = n.People().Approve(ctx, head, draft.ID, draft.Version); err != nil {
		return node.Written{}, err
	}
	return n.Release(ctx, writer, draft.ID, draft.Version, nil)
}

// until waits until holds does.
func (s *stage) until(ctx context.Context, holds func(context.Context) (bool, error)) error {
	const lookEvery = 20 * time.Millisecond
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if ok, err := holds(ctx); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
		}
	}
}

// founded reports whether the office is open on both sides and both know each
// other's first posts.
func (s *stage) founded(ctx context.Context) (bool, error) {
	for _, n := range s.nodes {
		row, err := n.Records().Office(ctx)
		if err != nil || !row.Open {
			return false, err
		}
		for side := range s.nodes {
			posts, err := n.Records().Posts(ctx, side)
			if err != nil || len(posts) < len(office.DefaultPosts(nil)) {
				return false, err
			}
		}
	}
	return true, nil
}

// equal reports whether both nodes have settled all and show the same digest.
func (s *stage) equal(ctx context.Context) (bool, error) {
	digest := ""
	for _, n := range s.nodes {
		status, err := n.Status(ctx)
		if err != nil {
			return false, err
		}
		for _, side := range status.Sides {
			if side.Settled != side.Size {
				return false, nil
			}
		}
		if digest == "" {
			digest = status.Digest
		}
		if status.Digest != digest {
			return false, nil
		}
	}
	return true, nil
}
