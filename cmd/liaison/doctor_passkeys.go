package main

import (
	"context"

	"liaison.example/people"
)

// passkeySite is where browsers have passkeys for this node.
func (s *settings) passkeySite() (*people.Site, error) {
	return people.NewSite(s.Office+", "+s.Name, s.publicWeb())
}

func lookAtPasskeys(_ context.Context, p *patient) []finding {
	s := p.settings
	site, err := s.passkeySite()
	switch {
	case err != nil:
		return []finding{warning("Serve the pages by https under a name, and set web_url to that address. Until then, let people set a password and codes.",
			"browsers have no passkeys at %s: they want https and a name, or localhost", s.publicWeb())}
	case site.Origin != s.publicWeb():
		return []finding{ok("browsers have passkeys at %s, and not at %s", site.Origin, s.publicWeb())}
	}
	return []finding{ok("browsers have passkeys at %s", site.Origin)}
}
