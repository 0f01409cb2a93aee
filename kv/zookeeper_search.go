package kv

import (
	"context"

	"kvist/kv/internal/zkwire"
)

// ReadValues implements ValueReader by reads that are under way together on one connection, since
// ZooKeeper has none for several znodes.
func (s *Zookeeper) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return readEach(ctx, keys, zkwire.Width, see, func(ctx context.Context, key string) (*KVPair, error) {
		ctx, cancel := s.request(ctx)
		defer cancel()
		return s.read(ctx, OpSearch, key)
	})
}
