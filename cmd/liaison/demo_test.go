package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// stopper stops a demonstration as soon as it says that it is at something.
type stopper struct {
	bytes.Buffer
	at   string
	stop context.CancelFunc
}

func (s *stopper) Write(p []byte) (int, error) {
	if strings.Contains(string(p), s.at) {
		s.stop()
	}
	return s.Buffer.Write(p)
}

func TestADemonstrationThatIsStoppedAmidItsFillingSaysSo(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	said := &stopper{at: "Filling", stop: stop}
	args := []string{"demo", "--dir", filepath.Join(t.TempDir(), "demo"), "--port", strconv.Itoa(fourPorts(t)), "--no-browser"}
	if code := run(ctx, &terminal{out: said, err: said}, args); code != 0 {
		t.Errorf("it ended with %d", code)
	}
	if want := "Filling the example of 2018 ...\nThe demonstration stops.\n"; said.String() != want {
		t.Errorf("it said %q, want %q", said, want)
	}
}
