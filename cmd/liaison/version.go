package main

import (
	"runtime"

	"liaison.example/office"
)

// version of the program. NEWS.md says what each brought.
const version = "0.1.0"

type versionCommand struct {
	JSON bool `name:"json" help:"Print it as JSON."`
}

func (c *versionCommand) Run(t *terminal) error {
	if c.JSON {
		return t.printJSON(map[string]any{
			"version": version, "rules": office.Version, "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
		})
	}
	t.print("liaison %s (rules %d, %s, %s/%s)", version, office.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
