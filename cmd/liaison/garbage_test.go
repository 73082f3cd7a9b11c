package main

import "testing"

func TestALargeNodeMayAllocateHalfOfWhatItKeeps(t *testing.T) {
	for _, mib := range []int64{0, 20, 44, 60, 500, 4000} {
		kept := mib << 20
		limit := memoryLimit(kept)
		if limit < smallNode || limit < kept+kept/2 {
			t.Errorf("who keeps %d MiB may take %d MiB", mib, limit>>20)
		}
	}
}
