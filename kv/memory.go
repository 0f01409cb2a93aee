package kv

import "strings"

// DefaultMemory is what the keys that a feed tells may take in memory when
// Config.Memory is 0, in bytes.
const DefaultMemory = 512 << 20

const (
	// segmentCost is what a tree takes for one segment of a key, in bytes, and
	// segmentShort how long a segment is at most that takes no more.
	segmentCost  = 88
	segmentShort = 20
)

// costOf is what a tree takes for a segment.
func costOf(segment string) int64 {
	if len(segment) <= segmentShort {
		return segmentCost
	}
	return segmentCost + int64(len(segment))
}

// keyCosts adds up what keys take in memory where they are kept as a tree, in
// which a folder is kept once, as long as they come in order.
type keyCosts struct {
	used int64
	keys int
	last []byte
}

// add counts a key, and returns what all take so far.
func (c *keyCosts) add(key string) int64 {
	n := 0
	for n < len(key) && n < len(c.last) && key[n] == c.last[n] {
		n++
	}
	from := strings.LastIndexByte(key[:n], '/') + 1
	if n == len(c.last) && n < len(key) && key[n] == '/' {
		from = n + 1
	}
	for rest, more := key[from:], true; more; {
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		c.used += costOf(segment)
	}
	c.keys++
	c.last = append(c.last[:0], key...)
	return c.used
}

// of is what so many keys like those counted so far take.
func (c *keyCosts) of(keys int) int64 {
	if c.keys == 0 {
		return int64(keys) * segmentCost
	}
	return int64(float64(c.used) / float64(c.keys) * float64(keys))
}

// memory is Memory, or its default; c may be nil.
func (c *Config) memory() int64 {
	if c == nil || c.Memory <= 0 {
		return DefaultMemory
	}
	return c.Memory
}
