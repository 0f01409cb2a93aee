package kv

import (
	"strings"
)

// DirNamer is a Store that knows what its prefixes mean.
type DirNamer interface {
	// Dir keeps the promises of the function Dir.
	Dir(prefix string) string
}

// Dir returns what every key below prefix begins with, as the store returns
// keys. It ends in "/", and is "" for the whole store. It is itself a prefix
// of the same directory. "a" and "a/" are the same directory on every store;
// so is "/a" if the store does not tell them apart. The directory need not
// exist.
func Dir(s Store, prefix string) string {
	if n, ok := As[DirNamer](s); ok {
		return n.Dir(prefix)
	}
	return pathDir(prefix)
}

// pathDir is Dir on a store to which slashes at either end of a key mean
// nothing.
func pathDir(prefix string) string {
	bare := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	if bare == "" {
		return ""
	}
	return bare + "/"
}

// parentDir returns the directory that holds a directory. Both end in "/",
// except "" for the whole store.
func parentDir(dir string) string {
	return dir[:strings.LastIndexByte(strings.TrimSuffix(dir, "/"), '/')+1]
}

// KeyIn returns the key called name in a directory, which Dir returned, as the
// store returns it. A slash before the name is dropped if it means nothing to
// the store. Two slashes stay: so Consul returns a key that begins with a
// slash.
func KeyIn(s Store, dir, name string) string {
	if Dir(s, "/") == "" && (dir != "" || !strings.HasPrefix(name, "//")) {
		name = strings.TrimPrefix(name, "/")
	}
	return dir + name
}

// Hider is a Store with keys that are in no listing and no feed from above,
// but can be read by name.
type Hider interface {
	// Hidden returns, as a clause, why a key is missing from what is listed at
	// prefix; "" if it is not.
	Hidden(prefix, key string) string
	// HiddenBelow returns what may be hidden in any directory besides the
	// queues of our own locks, so that the directory may hold more than a plan
	// knows; "" if nothing may.
	HiddenBelow() string
}

const hiddenQueue = "the queues of kvist's own locks (names that end in " + queueSuffix + ") are left out of listings"

// WhyHidden returns why a key of s is missing from what is listed at prefix;
// "" if it is not.
func WhyHidden(s Store, prefix, key string) string {
	if h, ok := As[Hider](s); ok {
		return h.Hidden(prefix, key)
	}
	return ""
}
