package undo

import (
	"errors"
	"strings"

	"kvist/internal/journal"
	"kvist/kv"
)

// ErrOutside says that an entry is also of keys outside of the opened prefix.
var ErrOutside = errors.New("it also changed keys outside of the opened prefix; open the store without the prefix to undo it")

// Within reports whether key is dir, which kv.Dir returned, or below it.
func Within(dir, key string) bool {
	return strings.HasPrefix(key, dir) || key == strings.TrimSuffix(dir, "/")
}

// within reports whether a record of a plan is of a key in dir, or of a directory without a
// value above it: the plan can have made that only for what is in dir.
func within(dir string, r *journal.Record) bool {
	return Within(dir, r.Key) || strings.HasPrefix(dir, r.Key+"/") && bare(r.Before) && bare(r.After)
}

// bare reports whether a node has no value.
func bare(n *kv.Node) bool { return n == nil || len(n.Value) == 0 }

// Touches reports whether the entry is of a key in dir, which kv.Dir returned.
func Touches(j *journal.Journal, e *journal.Entry, dir string) (bool, error) {
	switch {
	case dir == "":
		return true, nil
	case e.Plan == nil:
		return Within(dir, e.Key), nil
	}
	touches := false
	err := j.Keys(e.Plan, func(key string) bool {
		touches = Within(dir, key)
		return !touches
	})
	if errors.Is(err, journal.ErrNoPlan) { // its beginning was pruned
		return false, nil
	}
	return touches, err
}
