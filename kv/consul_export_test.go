package kv

import "time"

// LimitFeeds makes feeds go by levels, and their queries end, soon enough for a test. A limit of 0
// stays as it is.
func (s *Consul) LimitFeeds(keys, leaves, levels int, wait time.Duration) {
	for _, l := range []struct {
		limit *int
		value int
	}{{&s.limits.keys, keys}, {&s.limits.leaves, leaves}, {&s.limits.levels, levels}} {
		if l.value > 0 {
			*l.limit = l.value
		}
	}
	if wait > 0 {
		s.limits.wait, s.limits.waitMost = wait, wait
	}
}
