package kv

import (
	"errors"
	"fmt"
	"testing"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/panics"
	"kvist/kv/internal/zkwire"
)

// The znode of a claim leads to the key that it locks, also from a queue beside the key.
func TestZookeeperLockOwner(t *testing.T) {
	claim := "/_c_0123456789abcdef0123456789abcdef-lock-0000000001"
	for node, want := range map[string]string{
		"/locks/l" + claim:           "/locks/l",
		"/a/b" + queueSuffix + claim: "/a/b",
		claim:                        "/",
		"/a/b":                       "",
		"/a/n-0000000001":            "",
	} {
		owner, ok := zkLockOwner(node)
		if owner != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", node, owner, ok, want)
		}
	}
}

// A key is a path without its first slash, and a name that ZooKeeper refuses is refused before.
func TestZookeeperPaths(t *testing.T) {
	for key, want := range map[string]string{
		"a": "/a", "/a": "/a", "a/": "/a", "/a/b/": "/a/b", "a b/ä": "/a b/ä", "...": "/...", ".a": "/.a",
	} {
		if got, err := zkPath(key); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", key, got, err, want)
		}
	}
	for _, key := range []string{
		"", "/", "//", "a//b", "//a", "a//", ".", "a/..", "./a", "a/./b", "a\x00b", "a\x1f", "\x7f", "\u0085", "\uf000", "\uf8ff",
		"\ufff0", "\ufffd", "\U0001f600", "\xff",
	} {
		if got, err := zkPath(key); !errors.Is(err, ErrInvalidKey) {
			t.Errorf("%q: %q, %v; want ErrInvalidKey", key, got, err)
		}
	}
}

// Listings leave out the server's own and the queues, unless they are asked for by name.
func TestZookeeperHidden(t *testing.T) {
	for _, c := range []struct {
		root, node string
		want       bool
	}{
		{"/", "/zookeeper", true},
		{"/", "/zookeeper/quota", true},
		{"/zookeeper", "/zookeeper/quota", false},
		{"/", "/a/zookeeper", false},
		{"/", "/a/k" + queueSuffix, true},
		{"/a", "/a/k" + queueSuffix + "/x", true},
		{"/a/k" + queueSuffix, "/a/k" + queueSuffix + "/x", false},
		{"/", "/zookeepers", false},
	} {
		if got := zkHiddenBelow(c.root, c.node); got != c.want {
			t.Errorf("%s below %s: %v", c.node, c.root, got)
		}
	}
}

// An error of a cellar has the kind that a caller acts on, and a write that was sent says so.
func TestZookeeperKinds(t *testing.T) {
	s := newZookeeper(nil, nil)
	broken := fmt.Errorf("%w: EOF", zk.ErrConnectionClosed)
	panicked := fmt.Errorf("%w: %w", zk.ErrConnectionClosed, panics.New("odd"))
	for _, c := range []struct{ err, read, write error }{
		{zkwire.ErrNotConnected, ErrNotReachable, ErrNotReachable},
		{zkwire.ErrUnanswered, ErrNotReachable, ErrOutcomeUnknown},
		{broken, ErrNotReachable, ErrOutcomeUnknown},
		{zkwire.ErrBadAnswer, ErrBadAnswer, ErrOutcomeUnknown},
		{panicked, ErrBadAnswer, ErrOutcomeUnknown},
		{zkwire.ErrNoLeader, ErrNoLeader, ErrNoLeader},
		{zkwire.ErrNotZooKeeper, ErrWrongServer, ErrWrongServer},
		{zkwire.CodeNoAuth, ErrDenied, ErrDenied},
		{zk.ErrNoNode, ErrKeyNotFound, ErrKeyNotFound},
		{zk.ErrBadVersion, ErrKeyModified, ErrKeyModified},
		{zkwire.Code(-7), nil, nil},
	} {
		read, write := s.fail(OpGet, "a", c.err).(*Error), s.failWrite(OpPut, "a", c.err).(*Error) //nolint:errorlint // they make no other
		if !errors.Is(read.Kind, c.read) || !errors.Is(write.Kind, c.write) || !errors.Is(read, c.err) || !errors.Is(write, c.err) {
			t.Errorf("%v: %v and %v, want %v and %v", c.err, read, write, c.read, c.write)
		}
	}
	for _, err := range []error{zkwire.ErrBadAnswer, panicked} {
		if write := s.failWrite(OpPut, "a", err); !errors.Is(write, ErrBadAnswer) {
			t.Errorf("%v does not say that the answer made no sense", write)
		}
	}
}

// A lot of a plan of which every key is refused sends nothing, and keeps the keys with the reason.
func TestZookeeperPlanOfRefusedKeys(t *testing.T) {
	s := newZookeeper(nil, nil) // it would fail to connect
	plan := &Plan{Prefix: "a", Keys: []PlannedKey{{Key: "a//b"}, {Key: "a/../c"}}}
	d := zkPlanDeleter{planRun: newPlanRun(plan, nil), store: s}
	d.lot(plan.Keys)
	if kept := d.report.Kept; len(kept) != 2 || !errors.Is(kept[0].Err, ErrInvalidKey) || d.err != nil || d.tried != 2 {
		t.Errorf("%+v, %v", d.report, d.err)
	}
}
