package node

import (
	"context"

	"liaison.example/office"
)

// withLanguages fills in, where a watch names no languages, those of the post that
// takes it. It returns a copy. A post that this side does not have has none, and is
// refused here: the rules would miss the languages before they miss the post.
func (n *Node) withLanguages(ctx context.Context, by office.Post, b *office.WatchBody) (*office.WatchBody, error) {
	whole := *b
	if len(b.Languages) > 0 {
		return &whole, nil
	}
	posts, err := n.records.Posts(ctx, n.Side())
	if err != nil {
		return nil, err
	}
	for _, p := range posts {
		if p.Post == by {
			whole.Languages = p.Languages
			return &whole, nil
		}
	}
	return nil, &Refusal{Code: office.PostUnknown, Detail: map[string]string{"post": by}}
}
