package node

import (
	"context"
	"errors"

	"liaison.example/ledger"
	"liaison.example/office"
)

// founding is the charter by which this node would found the office: it follows
// from the credences, and from which rules the programs of all sides have said
// that they know, so that all sides that have admitted each other reach the same.
func (n *Node) founding() *office.Charter {
	rules := int64(office.Version)
	for _, state := range n.link.States() {
		if told := state.Told.Rules; told > 0 {
			rules = min(rules, told)
		}
	}
	sides := []office.CharterSide{CharterSide(n.c.Own)}
	for _, credence := range n.c.Admitted {
		sides = append(sides, CharterSide(credence))
	}
	charter := office.FoundingCharter(n.c.Own.Office, rules, sides)
	if rules >= 3 {
		foundChecks(charter)
	}
	return charter
}

// CharterSide is what the founding charter says of the side of a credence.
func CharterSide(c ledger.Credence) office.CharterSide {
	return office.CharterSide{
		Address: c.Address, Cosigner: c.Party.CosignerKey, ID: c.Side, Languages: c.Languages,
		Ledger: c.Party.Key, Link: c.LinkKey, Name: c.Name, Zone: c.Zone,
	}
}

// foundingHash is what the other sides are told: the hash of the charter that
// this side has founded the office by, or would.
func (n *Node) foundingHash(ctx context.Context) string {
	row, err := n.records.Office(ctx)
	if err == nil && len(row.Founded) > 0 {
		for _, side := range row.Founded {
			if side == n.side {
				return row.Hash
			}
		}
	}
	if len(n.c.Admitted) == 0 {
		return ""
	}
	return office.HashCharter(n.founding())
}

// mayFound writes the founding entry once every admitted side has told that it
// would found by the same charter, and accredits the first posts once the
// office is open. It is called after each change and does nothing most times.
func (n *Node) mayFound(ctx context.Context) {
	if n.founded.Load() || !n.dials.Load() {
		return
	}
	n.foundMu.Lock() // two at once would both write what is missing
	defer n.foundMu.Unlock()
	if n.founded.Load() {
		return
	}
	if mode, _ := n.mode(); mode != Ready {
		return
	}
	row, err := n.records.Office(ctx)
	if err != nil {
		if ctx.Err() == nil { // else the node is closing
			n.log.Error("the office cannot be read", "error", err)
		}
		return
	}
	switch {
	case row.Open:
		n.accredit(ctx, row)
	case n.ledger.Head(n.side).Size == 0 && len(n.c.Admitted) > 0 && n.agreed(office.HashCharter(n.founding())):
		n.act(ctx, office.KindCharter, &office.CharterBody{Charter: n.founding()})
	}
}

// agreed reports whether every other side would found, or has founded, the
// office by the charter with this hash.
func (n *Node) agreed(hash string) bool {
	states := n.link.States()
	for _, side := range n.others() {
		if states[side].Told.Founding != hash {
			return false
		}
	}
	return true
}

// accredit writes the first posts of this side when its office has just opened.
func (n *Node) accredit(ctx context.Context, row office.OfficeRow) {
	posts, err := n.records.Posts(ctx, n.side)
	if err != nil {
		n.log.Error("the posts cannot be read", "error", err)
		return
	}
	have := map[office.Post]bool{}
	for _, post := range posts {
		have[post.Post] = true
	}
	if len(posts) < len(office.DefaultPosts(nil)) {
		for _, post := range office.DefaultPosts(row.Charter.Side(n.side).Languages) {
			if !have[post.Post] && !n.act(ctx, office.KindPost, &post) {
				return
			}
		}
	}
	n.founded.Store(true)
	n.watches.send(Event{Kind: "charter"})
}

// act writes something that the node does by itself, as the operator. It
// reports whether it is written.
func (n *Node) act(ctx context.Context, kind string, body any) bool {
	_, err := n.Write(ctx, Act{By: office.Operator, Kind: kind, Body: body})
	var refusal *Refusal
	if errors.As(err, &refusal) {
		n.log.Info("not written yet", "kind", kind, "reason", refusal.Code, "detail", refusal.Detail)
	} else if err != nil {
		n.log.Error("not written", "kind", kind, "error", err)
	}
	return err == nil
}
