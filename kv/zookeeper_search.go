package kv

import "context"

var _ ValueReader = (*Zookeeper)(nil)

// ReadValues implements ValueReader by reads that are under way together on
// one connection: ZooKeeper has none for several nodes.
func (s *Zookeeper) ReadValues(ctx context.Context, keys []string, see func(*KVPair)) (int, error) {
	return readEach(ctx, keys, zkWidth, see, func(ctx context.Context, key string) (*KVPair, error) {
		p, err := zkPath(key)
		if err != nil {
			return nil, s.fail("search", key, err)
		}
		ctx, cancel := s.within(ctx)
		defer cancel()
		n, err := s.get(ctx, p)
		if err != nil {
			return nil, s.fail("search", key, err)
		}
		return n.pair(), nil
	})
}
