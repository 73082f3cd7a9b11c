package link_test

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/ledger"
	"liaison.example/link"
	"liaison.example/sqldb"
)

// A hello that was held up on its way is no alarm about a clock; two in a row that say
// the same are one.
func TestAClockIsFarFromOursOnceTwoHellosSaySo(t *testing.T) {
	hello, err := os.ReadFile(filepath.Join(goldenFolder, "01-hello.request"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.Open(t.Context(), sqldb.Config{URL: "sqlite::memory:"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var late atomic.Int64 // how long the hello takes
	now := func() time.Time { return goldenTime.Add(time.Duration(late.Load())) }
	l, err := ledger.Open(t.Context(), db, ledger.Config{
		Office: officeName, Side: "north", Keys: keysOf(t, "north"), Parties: []ledger.Party{keysOf(t, "south").Party()}, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	var alarms atomic.Int64
	n := link.New(link.Config{
		Ledger: l, Peers: []link.Peer{listed(t, "south")}, Now: now,
		OnAlarm: func(a link.Alarm) {
			if a.Code == link.AlarmClock {
				alarms.Add(1)
			}
		},
	})
	defer n.Close()
	for i, step := range []struct {
		late time.Duration
		want int64 // alarms so far
	}{{0, 0}, {time.Hour, 0}, {time.Second, 0}, {-time.Hour, 0}, {-time.Hour, 1}} {
		late.Store(int64(step.late))
		if a, err := n.Hear(context.Background(), "south", link.Request{Door: link.DoorHello, Body: hello}); err != nil || a.Status != 200 {
			t.Fatalf("hello %d: status %d, %v: %s", i, a.Status, err, a.Body)
		}
		if got := alarms.Load(); got != step.want {
			t.Errorf("after hello %d, %v late: %d alarms, want %d", i, step.late, got, step.want)
		}
	}
}
