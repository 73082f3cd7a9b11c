package node

import (
	"context"
	"errors"

	"liaison.example/office"
	"liaison.example/people"
)

// WriteHandover writes what the outgoing watch leaves to the incoming one, in the
// place of the words of a version, 0 if there are none yet. Of a watch that has
// ended it stays as it is.
func (n *Node) WriteHandover(ctx context.Context, h people.Hand, watch office.EntryID, version int64, words string) error {
	if watch.Side != n.Side() {
		return &Refusal{Code: office.WatchUnknown, Detail: map[string]string{"watch": watch.String()}}
	}
	if err := n.mayHandOver(ctx, h, watch); err != nil {
		return err
	}
	return n.People().WriteHandover(ctx, h, watch, version, words)
}

// TakeOver writes that a watch is taken from the one that it relieves, and signs
// the handover of that one in this version, 0 if there is none. Both are done, or
// neither is.
func (n *Node) TakeOver(ctx context.Context, act Act, body *office.WatchBody, h people.Hand, version int64) (Written, error) {
	act.Kind, act.Body = office.KindWatch, body
	signed := false
	act.First = func(ctx context.Context) error {
		if err := n.mayHandOver(ctx, h, *body.Relieves); err != nil {
			return err
		}
		err := n.People().SignHandover(ctx, h, *body.Relieves, version)
		signed = err == nil
		return err
	}
	written, err := n.Write(ctx, act)
	var refused *Refusal
	var byPeople *people.Refusal
	if signed && (errors.As(err, &refused) || errors.As(err, &byPeople)) {
		err = errors.Join(err, n.unsign(ctx, *body.Relieves))
	}
	return written, err
}

// unsign takes back the signature under the handover of a watch that was not taken
// over. If the watch has ended, another has signed, or nobody needed to.
func (n *Node) unsign(ctx context.Context, id office.EntryID) error {
	watch, found, err := n.Records().Watch(ctx, id)
	if err != nil || !found || watch.End != nil {
		return err
	}
	return n.People().UnsignHandover(ctx, id)
}

// mayHandOver refuses who may not be on watch, and what is about a watch that there
// is not, or that has ended.
func (n *Node) mayHandOver(ctx context.Context, h people.Hand, id office.EntryID) error {
	rules, err := n.People().Rules(ctx)
	if err != nil {
		return err
	}
	if !rules.May(h.Post, h.Role, office.KindWatch, "", "") {
		return &Refusal{Code: "post-may-not", Detail: map[string]string{"post": h.Post}}
	}
	watch, found, err := n.Records().Watch(ctx, id)
	switch {
	case err != nil:
		return err
	case !found:
		return &Refusal{Code: office.WatchUnknown, Detail: map[string]string{"watch": id.String()}}
	case watch.End != nil:
		return &Refusal{Code: office.WatchOver, Detail: map[string]string{"watch": id.String(), "by": watch.End.ID.String()}}
	}
	return nil
}
