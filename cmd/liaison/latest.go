package main

import "liaison.example/api"

// latest is what the commands have in common that list what stands in the joint
// order, the newest first.
type latest struct {
	place
	Limit int  `default:"20" placeholder:"N" help:"How many at most. Default: 20."`
	JSON  bool `name:"json" help:"Print a JSON array."`
}

// listLatest prints what get gives, or that there is none.
func listLatest[R any](c *latest, t *terminal, none string, get func(*api.Client) ([]R, error), show func(R)) error {
	if c.Limit < 1 || c.Limit > api.MaxList {
		return usagef("--limit must be from 1 to %d", api.MaxList)
	}
	client, _, err := c.client()
	if err != nil {
		return err
	}
	defer client.Close()
	list, err := get(client)
	if err != nil {
		return err
	}
	if c.JSON {
		return t.printJSON(list)
	}
	if len(list) == 0 {
		t.print("%s", none)
	}
	for _, one := range list {
		show(one)
	}
	return nil
}
