package zkclient

import (
	"slices"
	"strings"
	"testing"
)

// Transactions stay within the packet limit for short and for very long paths.
func TestBatches(t *testing.T) {
	for _, length := range []int{1, 1000, 400_000, 900_000} {
		removals := slices.Repeat([]Removal{{"/" + strings.Repeat("n", length), AnyVersion}}, 500)
		for len(removals) > 0 {
			n := batchOf(removals)
			bytes := 0
			for _, r := range removals[:n] {
				bytes += len(r.Path) + 17 // header, length and version
			}
			if n == 0 || n > BatchNodes || n > 1 && bytes > batchBytes {
				t.Fatalf("%d nodes of %d bytes: %d bytes", n, length, bytes)
			}
			removals = removals[n:]
		}
	}
}
