package compare

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kvist/kv"
)

// MetaDifference is something besides the value that a key has on one side and not
// on the other. A and B are words for both, "none" where it has none.
type MetaDifference struct{ What, A, B string }

// none stands for something that a key does not have.
const none = "none"

// MetaCompared says which metadata of two sides can be compared: what both can
// hold. Of a TTL the rest is not compared; where the rest alone is known, only
// whether there is a TTL. Nor is the ID of a lease or of a session, which means
// nothing elsewhere: only whether there is one.
func MetaCompared(a, b *Side) []string {
	var words []string
	for _, m := range metas(a.nature, b.nature) {
		if m.both(a.nature, b.nature) {
			words = append(words, m.what)
		}
	}
	return words
}

// Meta returns how the metadata of two nodes of a key differ.
func Meta(a, b *kv.Node, of, other kv.Nature) []MetaDifference {
	var found []MetaDifference
	for _, m := range metas(of, other) {
		if !m.both(of, other) {
			continue
		}
		if x, y := m.words(a), m.words(b); x != y {
			found = append(found, MetaDifference{m.what, x, y})
		}
	}
	return found
}

// meta is a kind of metadata.
type meta struct {
	what  string
	both  func(a, b kv.Nature) bool // two stores can hold it
	words func(*kv.Node) string
}

// metas are all kinds that two stores may have, in the order in which they are shown.
func metas(a, b kv.Nature) []meta {
	types := a.Types && b.Types
	granted := a.Leases && b.Leases // etcd v2 only knows what is left of a TTL
	return []meta{
		{"type", func(kv.Nature, kv.Nature) bool { return true }, func(n *kv.Node) string { return typeWords(n, types) }},
		{"flags", func(a, b kv.Nature) bool { return a.Flags && b.Flags }, func(n *kv.Node) string {
			if n.Flags == 0 {
				return none
			}
			return strconv.FormatUint(n.Flags, 10)
		}},
		{"TTL", func(a, b kv.Nature) bool { return a.TTL && b.TTL }, func(n *kv.Node) string {
			switch {
			case n.TTL <= 0:
				return none
			case !granted:
				return "one"
			}
			return n.TTL.Round(time.Second).String()
		}},
		{"lease", func(a, b kv.Nature) bool { return a.Leases && b.Leases }, func(n *kv.Node) string { return ownerWords(n, "a lease") }},
		{"session", func(a, b kv.Nature) bool { return a.Flags && b.Flags }, func(n *kv.Node) string { return ownerWords(n, "a session") }},
		{"ACL", func(a, b kv.Nature) bool { return a.ACL && b.ACL }, func(n *kv.Node) string {
			if len(n.ACL) == 0 {
				return none
			}
			return strings.Join(slices.Sorted(slices.Values(n.ACL)), " ")
		}},
	}
}

// typeWords is the type of a node. A folder is a matter of the store, and only
// ephemeral ones are known to all.
func typeWords(n *kv.Node, types bool) string {
	if n.Type == kv.EphemeralNode || types && n.Type != kv.DirectoryNode {
		return n.Type.String()
	}
	return kv.PlainNode.String()
}

func ownerWords(n *kv.Node, owner string) string {
	if n.Owner == "" {
		return none
	}
	return owner
}
