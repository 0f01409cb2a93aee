package transfer

import (
	"errors"
	"fmt"
	"strings"

	"kvist/kv"
)

// Place is a key and everything below it, in a store.
type Place struct {
	Store kv.Store
	// Prefix is the key in full, or "" for the whole store. With a slash at its
	// end it is only what is below.
	Prefix string
	// Title names the place in the plan's title.
	Title string
}

// Site is a place in a store that was opened for a plan.
type Site struct {
	Place
	Profile string // "" for a bare address
	// Same says that it is the store which the plan reads.
	Same                bool
	ReadOnly, Protected bool
	Masked              func(key string) bool // whether its profile masks the values of a key; nil for none
	Warnings            []string              // what to know before trusting the store
	Close               func()                // ends the store; it may be called more than once
}

// dir returns what the keys below the place begin with.
func (p *Place) dir() string { return kv.Dir(p.Store, p.Prefix) }

// own returns the name of the key that is the place itself; "" if there is none.
func (p *Place) own() string { return strings.TrimSuffix(p.Prefix, "/") }

// Name is what a key is called in its place, whatever the place is called.
type Name struct {
	Rel string // what follows the folder's slash
	Own bool   // it is the key that is the place itself; Rel is empty
}

// NameIn returns the name of a key in the folder dir of a store, which kv.Dir returned.
func NameIn(s kv.Store, dir, key string) Name {
	rel, below := strings.CutPrefix(key, dir)
	switch {
	case !below:
		return Name{Own: true}
	case dir == "" && strings.HasPrefix(rel, "/") && dropsSlash(s):
		return Name{Rel: rel[1:]} // the slash that says that the next one is part of the key
	}
	return Name{Rel: rel}
}

// keyOf returns the key of a name in the folder dir of a store, as the store returns keys. It is
// the inverse of NameIn: every slash of the name counts, other than in a name that is typed.
func keyOf(s kv.Store, dir, rel string) string {
	if dir == "" && strings.HasPrefix(rel, "/") && dropsSlash(s) {
		return "/" + rel
	}
	return dir + rel
}

// dropsSlash reports whether a slash before a key means nothing to a store.
func dropsSlash(s kv.Store) bool { return kv.Dir(s, "/") == "" }

// ErrMisplaced says that something cannot be brought from one place to another of the same store,
// whatever is in them.
var ErrMisplaced = errors.New("not from there to there")

// misplaced is an ErrMisplaced with words of its own.
type misplaced string

func (m misplaced) Error() string { return string(m) }

// Is reports whether target is ErrMisplaced.
func (m misplaced) Is(target error) bool { return target == ErrMisplaced }

// Why nothing can be brought.
const (
	errItself misplaced = "the target is the source"
	errBelow  misplaced = "the target is inside the source; a folder cannot be copied below itself"
)

// Why a key has no name at the target.
var (
	errNoName   = errors.New("the target has no name for the key itself; name a key at the target")
	errTwice    = errors.New("another key of the plan has the same name at the target")
	errValued   = errors.New("it has a value and other keys below it, where the target has only directories without values")
	errInFile   = errors.New("a key above it has a value, so that the target can have none below it")
	errIsFolder = errors.New("at the target there is a directory of that name")
)

// key returns the full key that a name has at the place.
func (p *Place) key(n Name, nature kv.Nature) (string, error) {
	key := p.own()
	if !n.Own {
		key = keyOf(p.Store, p.dir(), n.Rel)
	}
	if nature.Paths {
		key = strings.TrimSuffix(key, "/")
	}
	if key == "" {
		return "", &kv.Error{Op: kv.OpWriteNodes, Kind: kv.ErrInvalidKey, Err: errNoName}
	}
	return key, nil
}

// CheckApart returns why nothing can be brought from one place to another of the
// same store; nil if it can.
func CheckApart(from, to *Place) error {
	a, b := from.dir(), to.dir()
	switch {
	case a == b:
		return fmt.Errorf("%s: %w", to.Title, errItself)
	case strings.HasPrefix(b, a):
		return fmt.Errorf("%s: %w", to.Title, errBelow)
	}
	return nil
}
