package kv

import (
	"errors"
	"fmt"
)

// roomCost is what a key takes, in bytes, besides its text, where it is kept in
// a list or a table of Go's.
const roomCost = 200

// Room is the memory that keys may take where they must all be held at once:
// in a plan, or in a listing that is to be sorted.
type Room struct {
	most, used int64
}

// memoryBound is a Store that knows how much memory keys may take.
type memoryBound interface{ keysMemory() int64 }

// RoomOf is the room for keys of a store: Config.Memory.
func RoomOf(s Store) *Room {
	if b, ok := As[memoryBound](s); ok {
		return &Room{most: b.keysMemory()}
	}
	return &Room{most: DefaultMemory}
}

// Take takes room for a key. The error is an ErrTooMany.
func (r *Room) Take(key string) error {
	r.used += roomCost + int64(len(key))
	if r.used <= r.most {
		return nil
	}
	return tooMany("", "", fmt.Errorf("they take more than %s of memory", Bytes(r.most)))
}

// tooMany is the error of what Take refused.
func tooMany(op Op, key string, why error) error {
	var e *Error
	if errors.As(why, &e) {
		why = e.Err
	}
	return &Error{Op: op, Key: key, Kind: ErrTooMany, Err: why}
}

// Give gives the room of a key back.
func (r *Room) Give(key string) { r.used -= roomCost + int64(len(key)) }

func (s *Consul) keysMemory() int64    { return s.limits.memory }
func (s *EtcdV3) keysMemory() int64    { return s.memory }
func (s *Zookeeper) keysMemory() int64 { return s.options.memory() }
