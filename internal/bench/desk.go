package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"liaison.example/api"
	"liaison.example/office"
)

// The size of a large desk, and the dispatches on it, some of which wait.
const (
	deskOfficers   = 200
	deskChannels   = 20
	deskDispatches = 2000
	deskWaiting    = 50
)

// deskPages are the pages that an officer on watch looks at.
var deskPages = []string{"/", "/watch", "/roster", "/silence", "/checks", "/statistics"}

// deskRow asks for the pages of a side with many officers, each of whom has a page
// open, and many channels, and reads how much memory its node then takes.
func deskRow(ctx context.Context, b *run) (_ []Figure, err error) {
	p, err := b.startPair(ctx, "desk")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	if err := p.enlarge(ctx); err != nil {
		return nil, err
	}
	var officer *browser
	for i := range deskOfficers {
		name := fmt.Sprintf("officer-%d", i+1)
		if _, err := p.near.calls.AddAccount(ctx, api.NewAccount{Name: name, Person: fmt.Sprint("Officer ", i+1), Posts: []office.Post{poster}}); err != nil {
			return nil, err
		}
		link, err := p.near.calls.AccountLink(ctx, name, time.Hour)
		if err != nil {
			return nil, err
		}
		if officer, err = p.near.signIn(ctx, link); err != nil {
			return nil, err
		}
		stream, err := officer.get(ctx, "/events", "text/event-stream")
		if err != nil {
			return nil, err
		}
		defer stream.Body.Close()
	}
	var figures []Figure
	for _, path := range deskPages {
		t, err := load(ctx, 1, b.sizes.desk, func(ctx context.Context, _ int) error { return officer.read(ctx, path) })
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("page %s, %d officers, %d channels, ", path, deskOfficers, deskChannels)
		figures = append(figures,
			Figure{Name: name + "p50", Unit: "ms", Liaison: t.quantile(.5), Rounds: 1},
			Figure{Name: name + "p99", Unit: "ms", Liaison: t.quantile(.99), Target: 50, Rule: AtMost, Rounds: 1})
	}
	mib, err := p.memory(ctx)
	if err != nil {
		return nil, err
	}
	return append(figures, Figure{
		Name: fmt.Sprintf("memory, %d officers with a page open, %d channels", deskOfficers, deskChannels), Unit: "MiB", Liaison: mib, Target: 150, Rule: AtMost, Rounds: 1,
	}), p.equal(ctx)
}

// read asks for a page and reads it to its end.
func (b *browser) read(ctx context.Context, path string) error {
	answer, err := b.get(ctx, path, "text/html")
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return errors.Join(err, answer.Body.Close())
}

// enlarge gives the office its channels, and dispatches on them.
func (p *pair) enlarge(ctx context.Context) error {
	standing, err := p.near.calls.Charter(ctx)
	if err != nil {
		return err
	}
	charter := standing.Charter
	for len(charter.Channels) < deskChannels {
		channel := charter.Channels[0]
		channel.ID = fmt.Sprintf("channel-%d", len(charter.Channels)+1)
		channel.Name = office.Words{"en": fmt.Sprint("Channel ", len(charter.Channels)+1)}
		charter.Channels = append(charter.Channels, channel)
	}
	if _, err := p.near.calls.Propose(ctx, api.NewProposal{Charter: charter, Note: "More channels.", By: "head"}); err != nil {
		return err
	}
	if err := p.equal(ctx); err != nil {
		return err
	}
	if standing, err = p.far.calls.Charter(ctx); err != nil {
		return err
	}
	if len(standing.Proposals) != 1 {
		return fmt.Errorf("%d charters are proposed, want 1", len(standing.Proposals))
	}
	if _, err := p.far.calls.Agree(ctx, api.Agreement{Hash: standing.Proposals[0].Hash, By: "head"}); err != nil {
		return err
	}
	if err := p.equal(ctx); err != nil {
		return err
	}
	var sent []office.EntryID
	for i := range deskDispatches {
		d := p.dispatch()
		d.Channel = charter.Channels[i%len(charter.Channels)].ID
		d.Precedence = office.Precedences[i%len(office.Precedences)]
		d.Text = fmt.Sprint("Measurement ", i)
		w, err := p.far.calls.Send(ctx, d, 0)
		if err != nil {
			return err
		}
		sent = append(sent, w.ID)
	}
	if err := p.equal(ctx); err != nil {
		return err
	}
	for _, id := range slices.Backward(sent[:len(sent)-deskWaiting]) {
		if _, err := p.near.calls.Acknowledge(ctx, id, poster); err != nil {
			return err
		}
	}
	return p.equal(ctx)
}
