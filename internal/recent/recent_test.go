package recent

import (
	"testing"

	"pgregory.net/rapid"
)

// A cache holds the newest entries that fit into both bounds, whatever is put
// and dropped, and no more.
func TestCacheHoldsTheNewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most, bytes = 5, 100
		c := New[int, int](most, bytes)
		type kept struct{ key, value, size int }
		var model []kept // the oldest first
		drop := func(key int) {
			for i := range model {
				if model[i].key == key {
					model = append(model[:i:i], model[i+1:]...)
					return
				}
			}
		}
		for value := range rapid.IntRange(1, 60).Draw(t, "steps") {
			key := rapid.IntRange(0, 8).Draw(t, "key")
			drop(key)
			if rapid.IntRange(0, 4).Draw(t, "what") == 0 {
				c.Drop(key)
			} else {
				size := rapid.IntRange(0, bytes/3).Draw(t, "size")
				c.Put(key, value, size)
				if size <= bytes/4 {
					model = append(model, kept{key, value, size})
				}
			}
			for sum := 0; ; sum = 0 {
				for _, k := range model {
					sum += k.size
				}
				if len(model) <= most && sum <= bytes {
					break
				}
				model = model[1:]
			}
			if c.Len() != len(model) {
				t.Fatalf("%d entries, want %v", c.Len(), model)
			}
			for _, k := range model {
				if got, ok := c.Get(k.key); !ok || got != k.value {
					t.Fatalf("of %d it has %d, %v; want %v", k.key, got, ok, model)
				}
			}
		}
	})
}
