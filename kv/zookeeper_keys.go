package kv

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"kvist/kv/internal/zkrecipe"
	"kvist/kv/internal/zkwire"
)

const (
	// zkValueMax is the size in bytes, of a value and its key, that every server in its original
	// configuration takes. The server's packet limit, jute.maxbuffer, is 0xfffff bytes by default.
	// At a larger packet it drops the connection with all that is under way on it. The difference
	// is for the fields around value and key.
	zkValueMax = 0xfffff - 4096

	// zkLargest bounds a value with its key, in bytes, to what could be read again. The server's
	// own limit may be anything, and cannot be asked for.
	zkLargest = zkwire.AnswerMax - 64<<10
)

// zkPath returns the path of the znode that a key names. The root has no key.
func zkPath(key string) (string, error) {
	p, err := zkDirectory(key)
	if err == nil && p == "/" {
		err = zkInvalid("the key is empty")
	}
	return p, err
}

// zkDirectory is zkPath for a prefix. The prefix "" is the root.
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

// zkSegment returns why ZooKeeper does not take a name as a part of a path. The rules are in its
// Programmer's Guide, "The ZooKeeper Data Model"; the server also refuses characters above U+FFFF.
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

func zkInvalid(why string) error { return withKind(ErrInvalidKey, errors.New(why)) }

// zkKey returns the key of a znode.
func zkKey(node string) string { return strings.TrimPrefix(node, "/") }

// zkHidden reports whether a znode, and all below it, is left out of listings made from above it.
func zkHidden(node string) bool {
	return node == zkwire.Reserved || strings.HasSuffix(node, queueSuffix)
}

// zkHiddenBelow reports whether a znode is hidden in a listing of root.
func zkHiddenBelow(root, node string) bool {
	for n := node; len(n) > len(root) && n != "/"; n = path.Dir(n) {
		if zkHidden(n) {
			return true
		}
	}
	return false
}

// zkShown returns the children of a znode that listings show. It may change the slice.
func zkShown(node string, children []string) []string {
	return slices.DeleteFunc(children, func(child string) bool { return zkHidden(zkwire.Join(node, child)) })
}

// zkJoined returns the paths of children.
func zkJoined(node string, children []string) []string {
	paths := make([]string, len(children))
	for i, child := range children {
		paths[i] = zkwire.Join(node, child)
	}
	return paths
}

// zkQueuePath returns the znode that holds the queue for this package's lock on a key. It stands
// beside the key's znode: znodes below that would be keys.
func zkQueuePath(node string) string { return node + queueSuffix }

// zkQueueOwner returns the znode of the key whose lock has its queue at a znode.
func zkQueueOwner(queue string) (owner string, ok bool) {
	owner, ok = strings.CutSuffix(queue, queueSuffix)
	return owner, ok && !strings.HasSuffix(owner, "/")
}

// zkLockOwner returns the znode of the key whose lock a znode is a claim to.
func zkLockOwner(node string) (owner string, ok bool) {
	claim, _ := zkrecipe.Parse(path.Base(node))
	if claim.Recipe == "" {
		return "", false
	}
	dir := path.Dir(node)
	if owner, ok := zkQueueOwner(dir); ok {
		return owner, true
	}
	return dir, true
}

// CheckWrite implements WriteChecker.
func (s *Zookeeper) CheckWrite(key string, value []byte) error {
	_, err := zkWritable(key, value, zkLargest)
	return s.fail(OpPut, key, err)
}

// zkWritable returns the path of a key that can hold value, if both together take most bytes at
// most: zkValueMax, which every server takes, or zkLargest.
func zkWritable(key string, value []byte, most int) (string, error) {
	p, err := zkPath(key)
	if err != nil {
		return "", err
	}
	if size := len(p) + len(value); size > most {
		return "", withKind(ErrTooLarge, fmt.Errorf("%d bytes with the key, where %d are taken", size, most))
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
		case node == zkwire.Reserved:
			return zkHiddenServer
		case zkHidden(node):
			return hiddenQueue
		}
	}
	return ""
}

// HiddenBelow implements Hider.
func (s *Zookeeper) HiddenBelow() string { return "" }

// Terms implements Termed by the fields of a znode's stat structure, as zkCli.sh prints them.
func (s *Zookeeper) Terms() Terms {
	return Terms{Index: "mzxid", Created: "czxid", Version: "version", Owner: "session"}
}

// Nature implements Natured.
func (s *Zookeeper) Nature() Nature {
	return Nature{Name: "ZooKeeper", Paths: true, ACL: true, Types: true}
}

// keysMemory implements memoryBound.
func (s *Zookeeper) keysMemory() int64 { return s.options.memory() }
