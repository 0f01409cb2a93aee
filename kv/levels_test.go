package kv_test

import (
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// TestScopedFeeds proves each backend's feed where nearly nothing may be
// remembered, so that it follows the folders that are open.
func TestScopedFeeds(t *testing.T) {
	t.Parallel()
	for _, h := range harnesses()[1:] {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			h.Scoped = true
			h.Open = func(addrs []string, c *kv.Config) (kv.Store, error) {
				small := kv.Config{}
				if c != nil {
					small = *c
				}
				small.Memory = 1
				return kv.NewStore(h.Backend, addrs, &small)
			}
			kvtest.RunFeeds(t, h)
		})
	}
}
