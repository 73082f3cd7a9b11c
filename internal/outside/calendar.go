package outside

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// ReadCalendar has go-ical read and check an iCalendar file, and gives its events, a
// line each: UID, sequence, beginning, end, status, summary.
func ReadCalendar(t testing.TB, calendar []byte) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, reader(t, "ical"))
	cmd.Stdin = bytes.NewReader(calendar)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, brief(out))
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n"), nil
}
