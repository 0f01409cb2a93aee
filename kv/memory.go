package kv

import (
	"errors"
	"fmt"
	"strings"
)

// DefaultMemory applies when Config.Memory is 0.
const DefaultMemory = 512 << 20

const (
	// segmentCost is what a tree takes for one segment of a key, in bytes, if
	// the segment has at most segmentShort bytes.
	segmentCost  = 88
	segmentShort = 20
)

// costOf returns what a tree takes for a segment, in bytes.
func costOf(segment string) int64 {
	if len(segment) <= segmentShort {
		return segmentCost
	}
	return segmentCost + int64(len(segment))
}

// keyCosts adds up what keys take in a tree, which holds each folder once. The
// keys must come in order.
type keyCosts struct {
	used int64
	keys int
	last []byte
}

// add counts a key and returns what all keys take so far.
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

// of returns what a number of keys like those counted so far takes.
func (c *keyCosts) of(keys int) int64 {
	if c.keys == 0 {
		return int64(keys) * segmentCost
	}
	return int64(float64(c.used) / float64(c.keys) * float64(keys))
}

// memory returns Memory or its default; c may be nil.
func (c *Config) memory() int64 {
	if c == nil || c.Memory <= 0 {
		return DefaultMemory
	}
	return c.Memory
}

// roomCost is what a key takes in a list or a map, in bytes, besides its text.
const roomCost = 200

// Room is the memory for keys that must be held all at once: those of a plan,
// or of a listing to sort.
type Room struct {
	most, used int64
}

// memoryBound is a Store that knows how much memory keys may take.
type memoryBound interface{ keysMemory() int64 }

// RoomOf returns the room for keys of a store, which is Config.Memory.
func RoomOf(s Store) *Room {
	if b, ok := As[memoryBound](s); ok {
		return &Room{most: b.keysMemory()}
	}
	return &Room{most: DefaultMemory}
}

// Take uses room for a key. It returns ErrTooMany if there is none left.
func (r *Room) Take(key string) error {
	r.used += roomCost + int64(len(key))
	if r.used <= r.most {
		return nil
	}
	return tooMany("", "", fmt.Errorf("they take more than %s of memory", Bytes(r.most)))
}

// tooMany returns the error of Take as that of an operation.
func tooMany(op Op, key string, why error) error {
	var e *Error
	if errors.As(why, &e) {
		why = e.Err
	}
	return &Error{Op: op, Key: key, Kind: ErrTooMany, Err: why}
}

// Give frees the room of a key.
func (r *Room) Give(key string) { r.used -= roomCost + int64(len(key)) }
