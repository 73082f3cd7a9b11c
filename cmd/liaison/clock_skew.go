//go:build skew

package main

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// skewVariable names a file that says by how much the clock is wrong, such as
// "-1h". Only tests are built with it: internal/chaos turns the clocks of nodes
// that run.
const skewVariable = "LIAISON_SKEW"

// clock is the time of day, as wrong as the file says at this moment. As after
// a jump of a real clock, spans between two of its times are wrong too.
func clock() time.Time {
	now := time.Now().Round(0)
	text, err := os.ReadFile(os.Getenv(skewVariable))
	if err != nil {
		return now
	}
	skew, err := time.ParseDuration(strings.TrimSpace(string(text)))
	if err != nil {
		panic(fmt.Sprintf("%s: %v", skewVariable, err))
	}
	return now.Add(skew)
}
