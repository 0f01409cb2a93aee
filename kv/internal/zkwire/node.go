package zkwire

import (
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"
)

// Node is a znode as it was read.
type Node struct {
	Path string
	Data []byte
	Stat *zk.Stat // nil if there is no such node

	Denied   bool     // the login may not read its data and the names below it
	Children []string // the names below it, if they were read too
	ACL      []zk.ACL // likewise, as far as the login may read it
}

// Reserved is the node that holds the server's own quota and configuration.
const Reserved = "/zookeeper"

// IsReserved reports whether a node is the server's own.
func IsReserved(node string) bool { return IsBelow(Reserved, node) }

// WithoutReserved returns the children of a node without the server's own. It may change the
// slice.
func WithoutReserved(node string, children []string) []string {
	if node != "/" {
		return children
	}
	return slices.DeleteFunc(children, func(child string) bool { return Join(node, child) == Reserved })
}

// Join returns the path of a child.
func Join(node, child string) string {
	if node == "/" {
		return "/" + child
	}
	return node + "/" + child
}

// IsBelow reports whether node is root or below it.
func IsBelow(root, node string) bool {
	return root == "/" || node == root || strings.HasPrefix(node, root+"/")
}
