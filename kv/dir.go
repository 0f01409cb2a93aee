package kv

import (
	"strings"
)

// DirNamer is a store that knows what a prefix means to it.
type DirNamer interface {
	// Dir is what every key below prefix begins with, as the store gives keys
	// out: it ends in "/", and is "" for the whole store. It is itself a
	// prefix, of the same directory. A prefix that names no directory has one
	// all the same, in which no key is.
	Dir(prefix string) string
}

// Dir is what every key below prefix begins with as s gives keys out, however
// the prefix was written: "a" and "a/" are the same directory on every store,
// and so is "/a" where the store does not tell the two apart.
func Dir(s Store, prefix string) string {
	if n, ok := As[DirNamer](s); ok {
		return n.Dir(prefix)
	}
	return pathDir(prefix)
}

// pathDir is Dir where keys are paths: no slash at either end means anything.
func pathDir(prefix string) string {
	bare := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	if bare == "" {
		return ""
	}
	return bare + "/"
}

// parentDir returns the directory that a directory lies in. Both end in "/", but
// that of the whole store, which is "".
func parentDir(dir string) string {
	return dir[:strings.LastIndexByte(strings.TrimSuffix(dir, "/"), '/')+1]
}

// KeyIn is the key called name in a directory, which Dir gave, as the store
// gives it out: so that what is said of it is said of the key that there is. A
// slash before the name means nothing where it means nothing to the store. Two
// are how a key in Consul that begins with a slash comes out.
func KeyIn(s Store, dir, name string) string {
	if Dir(s, "/") == "" && (dir != "" || !strings.HasPrefix(name, "//")) {
		name = strings.TrimPrefix(name, "/")
	}
	return dir + name
}

// Hider is a store that has keys which stand in no listing and no feed made
// from above them, though they are there and can be read by their names.
type Hider interface {
	// Hidden says, in a clause, why a key is left out of what is listed at
	// prefix; "" where it is not.
	Hidden(prefix, key string) string
	// HiddenBelow says what else than the queues of our own locks may be left out
	// of any directory, which therefore may hold more than a plan for it
	// knows; "" where nothing is.
	HiddenBelow() string
}

const hiddenQueue = "the queues of kvist's own locks (names that end in " + queueSuffix + ") are left out of listings"

// WhyHidden is why a key of s is left out of what is listed at prefix; "" where
// it is not.
func WhyHidden(s Store, prefix, key string) string {
	if h, ok := As[Hider](s); ok {
		return h.Hidden(prefix, key)
	}
	return ""
}
