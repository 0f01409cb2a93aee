package transfer

import (
	"slices"
	"time"

	"kvist/kv"
)

// The words for what a node loses.
const (
	lostFlags   = "flags"
	lostTTL     = "TTL"
	lostLease   = "lease"
	lostSession = "session"
	lostACL     = "ACL"
	lostType    = " node"
	lostFolder  = "empty directory"
	// lostFolderTTL: with a directory that ends, all in it goes.
	lostFolderTTL = "TTL of a directory"
	lostListing   = "place in listings: "
	theirLease    = "lease of the key that is there, which stays from then on"
	theirTTL      = "TTL of the key that is there, which stays from then on"
	keptACL       = "ACL, as the key that is there keeps its own"
	keptType      = "type, as the key that is there keeps its own"
)

// fitted is a node as the target can hold it.
type fitted struct {
	node kv.Node
	lost []string
	// implied says that the target has no such node: it is a folder, which is
	// there with the keys below it.
	implied bool
}

// fit returns a node as the store of nature to can hold it, under another key.
// parent says that it has others below it.
func fit(from, to kv.Nature, n *kv.Node, key string, parent bool) fitted {
	f := fitted{node: kv.Node{Key: key, Value: n.Value}}
	f.fitFlags(to, n)
	f.fitLife(from, to, n)
	f.fitACL(from, to, n)
	f.fitType(from, to, n, parent)
	if f.node.Value == nil {
		f.node.Value = []byte{}
	}
	return f
}

// Losses returns words for what a node of a store of nature from would lose in what is like to.
func Losses(from, to kv.Nature, n *kv.Node) []string {
	f := fit(from, to, n, n.Key, true)
	return f.lost
}

func (f *fitted) lose(word string) { f.lost = append(f.lost, word) }

func (f *fitted) fitFlags(to kv.Nature, n *kv.Node) {
	switch {
	case n.Flags == 0:
	case to.Flags:
		f.node.Flags = n.Flags
	default:
		f.lose(lostFlags)
	}
}

// fitLife keeps a life of the key's own and a lease. The session of a key says
// who has locked it, and a TTL of ZooKeeper begins anew with each change: both
// mean nothing elsewhere.
func (f *fitted) fitLife(from, to kv.Nature, n *kv.Node) {
	switch {
	case n.Type == kv.EphemeralNode || n.Owner != "" && !from.Leases:
		f.lose(lostSession)
	case n.Type == kv.TTLNode && to.Types:
		f.node.TTL = n.TTL
	case n.TTL <= 0 && n.Owner == "":
	case !from.TTL || !to.TTL:
		f.lose(lostTTL)
	case to.Leases:
		f.node.TTL, f.node.Left, f.node.Owner = n.TTL, n.Left, n.Owner
	default:
		if n.Owner != "" {
			f.lose(lostLease)
		}
		f.node.TTL = n.TTL
		if n.Left > 0 {
			f.node.TTL = n.Left
		}
		f.node.TTL = (f.node.TTL + time.Second - 1).Truncate(time.Second)
	}
}

// fitACL keeps an ACL. That of a key which anybody may do everything to says
// nothing that a store without ACLs would lose.
func (f *fitted) fitACL(from, to kv.Nature, n *kv.Node) {
	switch {
	case len(n.ACL) == 0:
	case from.ACL && to.ACL:
		f.node.ACL = n.ACL
	case !slices.Equal(n.ACL, []string{"world:anyone:crdwa"}) && !slices.Equal(n.ACL, []string{"world:anyone:cdrwa"}):
		f.lose(lostACL)
	}
}

// fitType keeps the type of a node, as far as the target has such nodes.
func (f *fitted) fitType(from, to kv.Nature, n *kv.Node, parent bool) {
	switch n.Type {
	case kv.ContainerNode, kv.TTLNode:
		if to.Types {
			f.node.Type = n.Type
		} else {
			f.lose(n.Type.String() + lostType)
		}
	case kv.PlainNode, kv.DirectoryNode, kv.EphemeralNode:
	}
	folder := n.Type == kv.DirectoryNode || parent && len(n.Value) == 0
	switch {
	case to.BareFolders && folder:
		f.node.Type = kv.DirectoryNode
	case !to.Paths && from.Paths && folder:
		f.implied = true
		if !parent {
			f.lose(lostFolder)
		}
	}
}

// lostOver returns what of the node an existing key does not take over, and what that key loses: a
// znode keeps the ACL and the type that it was created with, and elsewhere a key that would end
// stays from then on if the node does.
func (f *fitted) lostOver(to kv.Nature, existing *kv.Node) []string {
	var lost []string
	switch {
	case f.node.TTL > 0 || f.node.Owner != "":
	case to.Leases && existing.Owner != "":
		lost = append(lost, theirLease)
	case to.TTL && !to.Types && existing.TTL > 0:
		lost = append(lost, theirTTL)
	}
	if !to.ACL {
		return lost
	}
	if len(f.node.ACL) > 0 && !slices.Equal(f.node.ACL, existing.ACL) {
		lost = append(lost, keptACL)
	}
	if f.node.Type != existing.Type {
		lost = append(lost, keptType)
	}
	return lost
}

// same reports whether the key at the target is what the node would make of it.
func (f *fitted) same(existing *kv.Node) bool {
	now := *existing
	now.Owner, now.Left = f.node.Owner, f.node.Left
	if len(f.node.ACL) == 0 {
		now.ACL = nil
	}
	want := f.node
	if existing.Owner != "" && f.node.Owner == "" {
		now.TTL = want.TTL // of its session, which a write leaves alone
	}
	want.Left = now.Left
	return want.SameAs(&now)
}
