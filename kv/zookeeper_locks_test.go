package kv_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

const (
	zkUUID = "01234567-89ab-cdef-0123-456789abcdef"
	zkHex  = "0123456789abcdef0123456789abcdef"
)

// zkLayout makes nodes the way other clients do.
type zkLayout struct {
	*testing.T
	native *zk.Conn
	prefix string
}

// node makes a node and those above it, and returns its key.
func (l zkLayout) node(path, data string, flags int32) string {
	l.Helper()
	full := "/" + l.prefix + "/" + path
	for i := 1; i < len(full); i++ {
		if full[i] == '/' {
			if _, err := l.native.Create(full[:i], nil, 0, zk.WorldACL(zk.PermAll)); err != nil && !errors.Is(err, zk.ErrNodeExists) {
				l.Fatal(err)
			}
		}
	}
	made, err := l.native.Create(full, []byte(data), flags, zk.WorldACL(zk.PermAll))
	if err != nil {
		l.Fatalf("%s: %v", full, err)
	}
	return strings.TrimPrefix(made, "/")
}

const zkQueued = zk.FlagEphemeral | zk.FlagSequence

// zkNames are the contenders' data, without the addresses that are added.
func zkNames(contenders []kv.Contender) []string {
	names := []string{}
	for _, c := range contenders {
		name, _, _ := strings.Cut(c.Name, ",")
		if c.Mode != "" {
			name += " " + c.Mode
		}
		names = append(names, name)
	}
	return names
}

// The locks of Curator 5, kazoo 2 and ZooKeeper's documentation are recognised, as their sources
// write them.
func TestZookeeperRecognisesLocks(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, l := zkOpen(t, server.Addr, nil), zkLayout{t, zkNative(t, server.Addr), zkPrefix()}
	other := "f" + zkUUID[1:]
	// The order of names is the reverse of the queue's.
	l.node("curator/_c_"+other+"-lock-", "c1", zkQueued)
	l.node("curator/_c_"+zkUUID+"-lock-", "c2", zkQueued)
	l.node("curator-rw/_c_"+other+"-__READ__", "r1", zkQueued)
	l.node("curator-rw/_c_"+zkUUID+"-__READ__", "r2", zkQueued)
	l.node("curator-rw/_c_"+zkUUID+"-__WRIT__", "w1", zkQueued)
	l.node("curator-rw/_c_"+zkUUID+"-__READ__", "r3", zkQueued)
	// The first in a semaphore's queue has made its lease, and waits.
	l.node("curator-sem/leases/_c_"+other+"-lease-", "s1", zkQueued)
	l.node("curator-sem/leases/_c_"+zkUUID+"-lease-", "s2", zkQueued)
	l.node("curator-sem/locks/_c_"+other+"-lock-", "127.0.0.1", zkQueued)
	l.node("curator-sem/leases/_c_"+zkUUID+"-lease-", "s3", zkQueued)
	l.node("curator-sem/locks/_c_"+zkUUID+"-lock-", "s4", zkQueued)
	// Here it has not made it yet, but holds another.
	l.node("curator-sem-2/leases/_c_"+zkUUID+"-lease-", "s1", zkQueued)
	l.node("curator-sem-2/locks/_c_"+other+"-lock-", "s2", zkQueued)
	l.node("kazoo/f"+zkHex[1:]+"__lock__", "k1", zkQueued)
	l.node("kazoo/"+zkHex+"__lock__", "k2", zkQueued)
	l.node("kazoo-rw/"+zkHex+"__lock__", "w1", zkQueued)
	l.node("kazoo-rw/"+zkHex+"__rlock__", "r1", zkQueued)
	l.node("kazoo-sem", "2", 0)
	l.node("kazoo-sem/"+zkHex, "p1", zk.FlagEphemeral)
	l.node("kazoo-sem-__lock__/"+zkHex+"__lock__", "p2", zkQueued)
	l.node("latch/_c_"+zkUUID+"-latch-", "l1", zkQueued)
	l.node("other/n_", "o1", zkQueued)
	l.node("other/n_", "o2", zkQueued)
	l.node("no-lock/plain-", "x", zk.FlagSequence)
	l.node("no-lock/ephemeral", "x", zk.FlagEphemeral)

	locks, err := s.Locks(context.Background(), l.prefix)
	zkMust(t, err)
	type brief struct {
		key, recipe      string
		limit            int
		holders, waiters string
	}
	var got []brief
	for _, lock := range locks {
		got = append(got, brief{
			strings.TrimPrefix(lock.Key, l.prefix+"/"), lock.Recipe, lock.Limit,
			strings.Join(zkNames(lock.Holders), " "), strings.Join(zkNames(lock.Waiters), " "),
		})
	}
	want := []brief{
		{"curator", "curator mutex", 1, "c1", "c2"},
		{"curator-rw", "curator read/write lock", 0, "r1 read r2 read", "w1 write r3 read"},
		{"curator-sem", "curator semaphore", 0, "s1 s2", "s3 s4"},
		{"curator-sem-2", "curator semaphore", 0, "s1", "s2"},
		{"kazoo", "kazoo lock", 1, "k1", "k2"},
		{"kazoo-rw", "kazoo read/write lock", 0, "w1 write", "r1 read"},
		{"kazoo-sem", "kazoo semaphore", 2, "p1", "p2"},
		{"latch", "curator leader latch", 1, "l1", ""},
		{"other", "sequential ephemerals", 1, "o1", "o2"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// A lock of the client library shows its holder and its waiter, and can be broken.
func TestZookeeperShowsGoZookeepersLock(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, prefix := zkOpen(t, server.Addr, nil), zkPrefix()
	holder, waiter := zkNative(t, server.Addr), zkNative(t, server.Addr)
	first := zk.NewLock(holder, "/"+prefix+"/l", zk.WorldACL(zk.PermAll))
	zkMust(t, first.LockWithData([]byte("first")))
	got := make(chan error, 1)
	go func() {
		got <- zk.NewLock(waiter, "/"+prefix+"/l", zk.WorldACL(zk.PermAll)).LockWithData([]byte("second"))
	}()
	lock := zkAwaitLock(t, s, prefix, func(l kv.LockInfo) bool { return len(l.Waiters) == 1 })
	h, w := lock.Holders[0], lock.Waiters[0]
	if lock.Recipe != "go-zookeeper lock" || lock.Key != prefix+"/l" || h.ID != zkSession(holder) || w.ID != zkSession(waiter) {
		t.Errorf("%+v", lock)
	}
	if !strings.HasPrefix(h.Name, "first, 127.0.0.1:") || h.TTL != 10*time.Second || h.Left >= 0 || time.Since(h.Since).Abs() > zkPatience {
		t.Errorf("%+v", h)
	}
	plan, err := s.BreakPlan(context.Background(), lock, h)
	if err != nil || !slices.Equal(plan.Deleted, []string{h.Key}) || plan.Action != "delete node /"+h.Key {
		t.Errorf("%+v, %v", plan, err)
	}
	stale := h
	stale.Index++
	if err := s.Break(context.Background(), lock, stale); !errors.Is(err, kv.ErrKeyModified) {
		t.Errorf("breaking what is not there any more: %v", err)
	}
	zkMust(t, s.Break(context.Background(), lock, h))
	select {
	case err := <-got:
		zkMust(t, err)
	case <-time.After(zkPatience):
		t.Fatal("the waiter did not get the lock")
	}
	if err := s.Break(context.Background(), lock, h); !errors.Is(err, kv.ErrKeyModified) {
		t.Errorf("breaking it twice: %v", err)
	}
}

func zkSession(c *zk.Conn) string { return "0x" + strings.TrimLeft(zkHexOf(c.SessionID()), "0") }

func zkHexOf(id int64) string {
	const digits = "0123456789abcdef"
	var text [16]byte
	for i := range text {
		text[i] = digits[uint64(id)>>(60-4*i)&15]
	}
	return string(text[:])
}

// zkAwaitLock reads the only lock below prefix until ok returns true.
func zkAwaitLock(t *testing.T, s *kv.Zookeeper, prefix string, ok func(kv.LockInfo) bool) kv.LockInfo {
	t.Helper()
	var locks []kv.LockInfo
	for end := time.Now().Add(zkPatience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		var err error
		locks, err = s.Locks(context.Background(), prefix)
		zkMust(t, err)
		if len(locks) == 1 && ok(locks[0]) {
			return locks[0]
		}
	}
	t.Fatalf("not within %v: %+v", zkPatience, locks)
	return kv.LockInfo{}
}

// Ephemeral sequential nodes of ZooKeeper's command line, which has no command for locks, are shown
// as a lock.
func TestZookeeperShowsTheShellsLocks(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, prefix := zkOpen(t, server.Addr, nil), zkPrefix()
	zkMust(t, s.MakeDirectory(context.Background(), prefix))
	for i, name := range []string{"holder", "waiter"} {
		shell := server.Command()
		in, err := shell.StdinPipe()
		zkMust(t, err)
		zkMust(t, shell.Start())
		t.Cleanup(func() { in.Close(); _ = shell.Process.Kill(); _ = shell.Wait() })
		_, err = io.WriteString(in, "create -s -e /"+prefix+"/lock- "+name+"\n")
		zkMust(t, err)
		zkAwaitLock(t, s, prefix, func(l kv.LockInfo) bool { return len(l.Holders)+len(l.Waiters) == i+1 })
	}
	lock := zkAwaitLock(t, s, prefix, func(kv.LockInfo) bool { return true })
	if lock.Recipe != "sequential ephemerals" || !slices.Equal(zkNames(lock.Holders), []string{"holder"}) || !slices.Equal(zkNames(lock.Waiters), []string{"waiter"}) {
		t.Errorf("%+v", lock)
	}
}

// A lock counts as lost after its TTL without contact, since the server may then give it to others.
func TestZookeeperLockIsLostWithTheServer(t *testing.T) {
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	const ttl = 4 * time.Second
	l, err := s.NewLock("l", &kv.LockOptions{Value: []byte("v"), TTL: ttl})
	zkMust(t, err)
	lost, err := l.Lock()
	zkMust(t, err)
	began := time.Now()
	server.Kill()
	select {
	case <-lost:
		if took := time.Since(began); took > kvtest.Allow(ttl+time.Second) {
			t.Errorf("lost after %v", took)
		}
	case <-time.After(zkPatience):
		t.Fatal("still held")
	}
	if err := l.Unlock(); !errors.Is(err, kv.ErrCannotLock) {
		t.Errorf("unlocked though lost: %v", err)
	}
	zkMust(t, server.Restart())
	lost, err = l.Lock() // it can be taken again, once the old claim has gone
	zkMust(t, err)
	select {
	case <-lost:
		t.Error("lost again")
	default:
	}
	zkMust(t, l.Unlock())
}

// A lock, and a place in the queue, outlive a loss of contact that is shorter than the TTL.
func TestZookeeperLockSurvivesAShortRestart(t *testing.T) {
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	options := &kv.LockOptions{Value: []byte("v"), TTL: 40 * time.Second}
	l, err := s.NewLock("l", options)
	zkMust(t, err)
	lost, err := l.Lock()
	zkMust(t, err)
	second, err := zkOpen(t, server.Addr, nil).NewLock("l", options)
	zkMust(t, err)
	got := make(chan error, 1)
	go func() {
		_, err := second.Lock()
		got <- err
	}()
	zkAwaitLock(t, s, "l", func(l kv.LockInfo) bool { return len(l.Waiters) == 1 })
	zkMust(t, server.Restart())
	lock := zkAwaitLock(t, s, "l", func(l kv.LockInfo) bool { return len(l.Holders) == 1 && len(l.Waiters) == 1 })
	if lock.Recipe != "kvist lock" || !strings.HasPrefix(lock.Holders[0].Name, "kvist on ") {
		t.Errorf("%+v", lock)
	}
	select {
	case <-lost:
		t.Fatal("lost")
	case err := <-got:
		t.Fatalf("two hold it: %v", err)
	default:
	}
	zkMust(t, l.Unlock())
	select {
	case err := <-got:
		zkMust(t, err)
	case <-time.After(zkPatience):
		t.Fatal("the waiter did not get the lock")
	}
}

// The locks of a subtree that the login may not read whole come with an error that names the nodes
// which were not seen.
func TestZookeeperLocksBelowDeniedNodes(t *testing.T) {
	t.Parallel()
	server := kvtest.SharedZooKeeper(t)
	owner := zkOpen(t, server.Addr, &kv.Config{Username: "olga", Password: "secret"})
	native := zkNative(t, server.Addr)
	zkMust(t, native.AddAuth("digest", []byte("olga:secret")))
	zkMust(t, owner.Put("shutlocks/open", nil, nil))
	_, err := native.Create("/shutlocks/shut", nil, 0, zk.DigestACL(zk.PermAll, "olga", "secret"))
	zkMust(t, err)
	for _, key := range []string{"shutlocks/open/l", "shutlocks/shut/l"} {
		l, err := owner.NewLock(key, nil)
		zkMust(t, err)
		_, err = l.Lock()
		zkMust(t, err)
	}
	locks, err := owner.Locks(t.Context(), "shutlocks")
	if err != nil || len(locks) != 2 {
		t.Errorf("who may read all: %+v, %v", locks, err)
	}
	stranger := zkOpen(t, server.Addr, nil)
	locks, err = stranger.Locks(t.Context(), "shutlocks")
	if !errors.Is(err, kv.ErrIncomplete) || !errors.Is(err, kv.ErrDenied) || !strings.Contains(err.Error(), "/shutlocks/shut") {
		t.Errorf("part may not be read: %v", err)
	}
	if len(locks) != 1 || locks[0].Key != "shutlocks/open/l" {
		t.Errorf("%+v", locks)
	}
	if locks, err = stranger.Locks(t.Context(), "shutlocks/open"); err != nil || len(locks) != 1 {
		t.Errorf("where all may be read: %+v, %v", locks, err)
	}
	if locks, err = stranger.Locks(t.Context(), "shutlocks/shut"); !errors.Is(err, kv.ErrIncomplete) || len(locks) != 0 {
		t.Errorf("nothing may be read: %+v, %v", locks, err)
	}
}
