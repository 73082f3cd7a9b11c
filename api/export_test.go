package api

import "maps"

// Patterns returns the patterns of the mux.
func Patterns() []string {
	var list []string
	for pattern := range maps.Keys((&server{}).handlers()) {
		list = append(list, pattern)
	}
	return list
}

// ScopeOf returns the scope that an operation needs of a token; empty if no
// token will do.
func ScopeOf(id string) string {
	for _, o := range operations {
		if o.id == id {
			return string(o.scope)
		}
	}
	panic("there is no operation " + id)
}
