package export

import (
	"errors"
	"fmt"
	"io"

	"kvist/kv"
)

// Entry is a key in a file.
type Entry struct {
	Key  string // relative to the prefix
	Own  bool   // it is the prefix itself, and Key is empty
	Node *kv.Node
}

// Header says what a file holds.
type Header struct {
	Store  string // Nature.Name of the store that the keys are from
	Prefix string // of all keys, in full; it ends in a slash
	Own    string // the key that is the prefix itself, in full
}

// full returns the key of an entry in full.
func (h *Header) full(e *Entry) string {
	if e.Own {
		return h.Own
	}
	return h.Prefix + e.Key
}

// Nature returns what the keys in the file are like.
func (h *Header) Nature() kv.Nature {
	for _, n := range []kv.Nature{
		(*kv.Consul)(nil).Nature(), (*kv.Etcd)(nil).Nature(), (*kv.EtcdV3)(nil).Nature(), (*kv.Zookeeper)(nil).Nature(),
	} {
		if n.Name == h.Store {
			return n
		}
	}
	return kv.Nature{Name: "the file"}
}

// Writer writes entries, in the order of their keys.
type Writer interface {
	Write(e *Entry) error
	// Close writes what ends the file.
	Close() error
}

// Reader reads entries.
type Reader interface {
	Header() Header
	// Next returns the next entry; io.EOF after the last one of a whole file.
	// ErrCutOff says that the file ends early.
	Next() (*Entry, error)
}

// ErrCutOff says that a file ends before its end.
var ErrCutOff = errors.New("the file ends early; something of it is missing")

// ErrUnreadable says that a file is no export that can be read, of whatever it is.
var ErrUnreadable = errors.New("no export")

// unreadable is an ErrUnreadable with words of its own.
type unreadable string

func (o unreadable) Error() string { return string(o) }

// Is reports whether target is ErrUnreadable.
func (o unreadable) Is(target error) bool { return target == ErrUnreadable }

// LineError is a mistake in a file.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }

// cutOff turns the end of a file where something must follow into ErrCutOff.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrCutOff
	}
	return err
}
