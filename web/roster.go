package web

import (
	"cmp"

	"liaison.example/people"
)

// rosterNames are the names of who stands in a roster.
type rosterNames struct {
	v        *visit
	accounts map[string]people.Account
}

func (s *site) rosterNames(v *visit) (n rosterNames, err error) {
	list, err := s.node.People().Accounts(v.ctx)
	n = rosterNames{v, make(map[string]people.Account, len(list))}
	for _, a := range list {
		n.accounts[a.Name] = a
	}
	return n, err
}

// of names a person, or the holder of a post.
func (n rosterNames) of(who people.Who) string {
	if post := who.Post(); post != "" {
		return n.v.postName(n.v.side, post)
	}
	return cmp.Or(n.accounts[who.Account()].Person, who.Account())
}
