package main

import (
	"bytes"
	"io"
	"testing"
)

func TestACommandIsTheSameByItselfAsInTheWholeTable(t *testing.T) {
	nowhere := &terminal{out: io.Discard, err: io.Discard}
	whole, err := newParser(nowhere, nil)
	must(t, err)
	alone := 0
	for _, command := range whole.Model.Children {
		parser, err := newParser(nowhere, []string{command.Name})
		must(t, err)
		if len(parser.Model.Children) == 1 {
			alone++
		}
		same := child(parser.Model.Node, command.Name)
		if same == nil {
			t.Fatalf("there is no command %q", command.Name)
		}
		var got, want bytes.Buffer
		writeCommand(&got, same)
		writeCommand(&want, command)
		if got.String() != want.String() {
			t.Errorf("by itself:\n%s\nin the table:\n%s", &got, &want)
		}
	}
	if all := len(whole.Model.Children); alone < all-5 {
		t.Errorf("%d of %d commands are read by themselves", alone, all)
	}
}
