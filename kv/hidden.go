package kv

import (
	"path"
	"strings"
)

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

const (
	hiddenQueue  = "the queues of kvist's own locks (names that end in " + queueSuffix + ") are left out of listings"
	hiddenServer = "/zookeeper is the server's own and left out of listings"
)

// WhyHidden is why a key of s is left out of what is listed at prefix; "" where
// it is not.
func WhyHidden(s Store, prefix, key string) string {
	if h, ok := As[Hider](s); ok {
		return h.Hidden(prefix, key)
	}
	return ""
}

var (
	_ Hider = (*EtcdV3)(nil)
	_ Hider = (*Zookeeper)(nil)
	_ Hider = (*readOnly)(nil)
)

// Hidden implements Hider; Consul, which has no such keys, does not.
func (r *readOnly) Hidden(prefix, key string) string { return WhyHidden(r.store, prefix, key) }

// HiddenBelow implements Hider.
func (r *readOnly) HiddenBelow() string {
	if h, ok := As[Hider](r.store); ok {
		return h.HiddenBelow()
	}
	return ""
}

// Hidden implements Hider.
func (s *EtcdV3) Hidden(prefix, key string) string {
	if isV3Queue(key) && strings.HasPrefix(key, v3Dir(prefix)) {
		return hiddenQueue
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *EtcdV3) HiddenBelow() string { return "" }

// Hidden implements Hider.
func (s *Zookeeper) Hidden(prefix, key string) string {
	root, err := zkDirectory(prefix)
	if err != nil {
		return ""
	}
	for node := "/" + key; len(node) > len(root) && node != "/"; node = path.Dir(node) {
		switch {
		case node == zkReserved:
			return hiddenServer
		case zkHidden(node):
			return hiddenQueue
		}
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *Zookeeper) HiddenBelow() string { return "" }
