package recent

import "container/list"

// Cache keeps the newest entries up to a number and a sum of sizes, and forgets
// the oldest. It is for one goroutine. Make one with New.
type Cache[K comparable, V any] struct {
	most, bytes int
	used        int // of bytes
	entries     map[K]*list.Element
	order       list.List // of entry[K, V], the oldest first
}

// entry is what is kept.
type entry[K comparable, V any] struct {
	key   K
	value V
	size  int
}

// New returns an empty cache, which keeps up to most entries whose sizes add up to
// bytes or less.
func New[K comparable, V any](most, bytes int) *Cache[K, V] {
	return &Cache[K, V]{most: most, bytes: bytes, entries: map[K]*list.Element{}}
}

// Put keeps a value, in place of what was kept under its key, at the expense of
// the oldest ones. A value of more than a quarter of all bytes is not kept: it
// would push out too many others.
func (c *Cache[K, V]) Put(key K, value V, size int) {
	c.Drop(key)
	if size > c.bytes/4 {
		return
	}
	c.entries[key] = c.order.PushBack(entry[K, V]{key, value, size})
	c.used += size
	for len(c.entries) > c.most || c.used > c.bytes {
		c.Drop(c.order.Front().Value.(entry[K, V]).key)
	}
}

// Get returns what is kept under a key.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	return e.Value.(entry[K, V]).value, true
}

// Drop forgets what is kept under a key.
func (c *Cache[K, V]) Drop(key K) {
	e, ok := c.entries[key]
	if !ok {
		return
	}
	c.used -= c.order.Remove(e).(entry[K, V]).size
	delete(c.entries, key)
}

// Len returns how many entries are kept.
func (c *Cache[K, V]) Len() int { return len(c.entries) }
