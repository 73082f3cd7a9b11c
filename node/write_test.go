package node_test

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"liaison.example/liaisontest"
	"liaison.example/office"
	"liaison.example/sqldb"
)

// TestAnActIsWrittenHoweverMuchArrives lets an entry of the other side arrive each
// time after an act has been drafted and before it is appended.
func TestAnActIsWrittenHoweverMuchArrives(t *testing.T) {
	o := liaisontest.NewOffice(t, "north", "south")
	var armed atomic.Bool
	var wake <-chan struct{} // when something was stored
	arrived := 0
	o.Base = func(side office.Side, name string) sqldb.Config {
		c := sqldb.Config{URL: "sqlite:" + filepath.Join(o.Dir(side), name+".db")}
		if side == "south" && name == "local" {
			c.Fault = func(p sqldb.Point) error {
				if p != sqldb.BeforeCommit || !armed.Load() {
					return nil
				}
				// The key of the act is being kept: it is drafted.
				held := o.Nodes["south"].Ledger().Head("north").Size
				o.Send("north", "one more")
				late := time.After(time.Second) // in the end nothing may arrive meanwhile
				for waits := true; waits; {
					select {
					case <-wake:
						if o.Nodes["south"].Ledger().Head("north").Size > held {
							arrived++
							waits = false
						}
					case <-late:
						waits = false
					}
				}
				return nil
			}
		}
		return c
	}
	o.Start("north")
	south := o.Start("south")
	o.Equal()
	var cancel func()
	wake, cancel = south.Ledger().Subscribe()
	defer cancel()
	armed.Store(true)
	written, err := south.Write(t.Context(), keyed("a", "one"))
	armed.Store(false)
	if err != nil || arrived == 0 {
		t.Fatalf("with %d entries that arrived meanwhile: %+v, %v", arrived, written, err)
	}
	o.Equal()
}
