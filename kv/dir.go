package kv

import "strings"

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

// Dir implements DirNamer. A slash at the beginning is a part of the keys.
func (s *EtcdV3) Dir(prefix string) string { return v3Dir(prefix) }

// Dir implements DirNamer. A key in Consul that begins with a slash has one
// more on this side.
func (s *Consul) Dir(prefix string) string { return consulGiven(consulDir(prefix)) }

// Dir implements DirNamer.
func (s *Zookeeper) Dir(prefix string) string { return pathDir(prefix) }

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
