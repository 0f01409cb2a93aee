package kv

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

const (
	// zkValueMax is what a value together with its key may have for every
	// server that was left as it is. The server's packet
	// limit, jute.maxbuffer, is 0xfffff bytes unless set otherwise; a larger
	// packet makes it drop the connection with all that is under way on it.
	// The difference is for the fields around value and key.
	zkValueMax = 0xfffff - 4096

	// zkReserved is the node that holds the server's own quota and
	// configuration: hidden in listings and never deleted.
	zkReserved = "/zookeeper"
)

// zkPath is the path of the node that a key names. The root has no key.
func zkPath(key string) (string, error) {
	p, err := zkDirectory(key)
	if err == nil && p == "/" {
		err = zkInvalid("the key is empty")
	}
	return p, err
}

// zkDirectory is zkPath for a prefix, which may be "": the root.
func zkDirectory(prefix string) (string, error) {
	key := strings.TrimSuffix(strings.TrimPrefix(prefix, "/"), "/")
	if key == "" {
		return "/", nil
	}
	for segment := range strings.SplitSeq(key, "/") {
		if err := zkSegment(segment); err != nil {
			return "", err
		}
	}
	return "/" + key, nil
}

// zkSegment tells why ZooKeeper does not take a name as one part of a path
// (the rules are in its Programmer's Guide, "The ZooKeeper Data Model"; that
// characters above U+FFFF are refused is how the server behaves).
func zkSegment(name string) error {
	switch {
	case name == "":
		return zkInvalid("it has an empty part")
	case name == "." || name == "..":
		return zkInvalid("it has the part " + name)
	case !utf8.ValidString(name):
		return zkInvalid("it is not UTF-8")
	}
	for _, r := range name {
		switch {
		case r < ' ', r >= 0x7f && r <= 0x9f:
			return zkInvalid("it holds a control character")
		case r >= 0xd800 && r <= 0xf8ff, r >= 0xfff0:
			return zkInvalid(fmt.Sprintf("it holds %U", r))
		}
	}
	return nil
}

func zkInvalid(why string) error {
	return &Error{Kind: ErrInvalidKey, Err: errors.New(why)}
}

// zkKey is the key of a node.
func zkKey(node string) string { return strings.TrimPrefix(node, "/") }

// zkJoin is the path of a child.
func zkJoin(node, child string) string {
	if node == "/" {
		return "/" + child
	}
	return node + "/" + child
}

// zkHidden reports whether a node, and all below it, is left out of listings
// made from above it.
func zkHidden(node string) bool {
	return node == zkReserved || strings.HasSuffix(node, queueSuffix)
}

// zkHiddenBelow reports whether node is hidden in a listing of root.
func zkHiddenBelow(root, node string) bool {
	for n := node; len(n) > len(root) && n != "/"; n = path.Dir(n) {
		if zkHidden(n) {
			return true
		}
	}
	return false
}

// zkIsBelow reports whether node is root or below it.
func zkIsBelow(root, node string) bool {
	return root == "/" || node == root || strings.HasPrefix(node, root+"/")
}

// zkIsReserved reports whether node is the server's own.
func zkIsReserved(node string) bool {
	return node == zkReserved || strings.HasPrefix(node, zkReserved+"/")
}

// CheckWrite implements Limits.
func (s *Zookeeper) CheckWrite(key string, value []byte) error {
	_, err := zkWritable(key, value, true)
	return s.fail("put", key, err)
}

// zkWritable is the path of a key that can hold value. What is not large goes
// through everywhere; large says that the server may be asked for more.
func zkWritable(key string, value []byte, large bool) (string, error) {
	p, err := zkPath(key)
	if err != nil {
		return "", err
	}
	most := zkValueMax
	if large {
		most = zkLargest
	}
	if size := len(p) + len(value); size > most {
		return "", &Error{Kind: ErrTooLarge, Err: fmt.Errorf("%d bytes with the key, where %d are taken", size, most)}
	}
	return p, nil
}

// Dir implements DirNamer.
func (s *Zookeeper) Dir(prefix string) string { return pathDir(prefix) }

// zkHiddenServer is why /zookeeper is hidden.
const zkHiddenServer = "/zookeeper is the server's own and left out of listings"

// Hidden implements Hider.
func (s *Zookeeper) Hidden(prefix, key string) string {
	root, err := zkDirectory(prefix)
	if err != nil {
		return ""
	}
	for node := "/" + key; len(node) > len(root) && node != "/"; node = path.Dir(node) {
		switch {
		case node == zkReserved:
			return zkHiddenServer
		case zkHidden(node):
			return hiddenQueue
		}
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *Zookeeper) HiddenBelow() string { return "" }

// Terms implements Termed by the fields of a znode's stat structure, as
// zkCli.sh prints them.
func (s *Zookeeper) Terms() Terms {
	return Terms{Index: "mzxid", Created: "czxid", Version: "version", Owner: "session"}
}

func (s *Zookeeper) keysMemory() int64 { return s.options.memory() }
