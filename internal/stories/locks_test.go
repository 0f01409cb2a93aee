package stories

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/kvtest"
)

// shell is a command line client that runs until it is stopped.
type shell struct {
	cmd   *exec.Cmd
	ended chan struct{}
	said  func() string
}

// lastWords is how long a client's output is read after its end: consul lock
// passes its output to the command it runs, in a process group of its own, and
// may leave that behind when it is killed.
const lastWords = time.Second

// holding starts a client that takes a lock and keeps it. It has a process
// group of its own, which ends with the test.
func (s *scene) holding(cmd *exec.Cmd) *shell {
	s.Helper()
	out := &said{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = out, out, lastWords
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.Fatal(err)
	}
	h := &shell{cmd: cmd, ended: make(chan struct{}), said: out.String}
	go func() {
		defer close(h.ended)
		_ = cmd.Wait() // it is killed, or its lock is broken
	}()
	s.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its children too; they may have ended
		<-h.ended
	})
	return h
}

// The holder of consul lock is shown; Consul does not show who waits.
func TestConsulLockIsShownAndBroken(t *testing.T) {
	t.Parallel()
	at := placeOf("consul")
	s := newScene(t, at, at.Shared(t))
	holder := s.holding(s.server.Command("lock", "-name", "the night job", s.key("job"), "sleep", "600"))
	s.eventually("the lock to be held", func() bool {
		_, err := s.server.CLI("kv", "get", s.key("job/.lock"))
		return err == nil
	})
	s.holding(s.server.Command("lock", s.key("job"), "sleep", "600"))
	x := s.open()
	x.Press("L")
	x.Sees("Locks in "+s.prefix+"/", s.key("job"), "holder", "waiters: not visible in Consul")
	x.Press("j", "x")
	x.Asked("Break the lock?", "holds", "This will", "may keep working")
	x.Answer("y")
	x.Sees("broke the lock")
	select { // the command ends when its lock is broken
	case <-holder.ended:
	case <-time.After(patience):
		t.Errorf("consul lock goes on without its lock: %s", holder.said())
	}
}

// Of two etcdctl locks the second waits, and holds the lock after the first is
// broken.
func TestEtcdLockIsShownAndBroken(t *testing.T) {
	s := onEtcd(t)
	first := s.holding(s.server.Command("lock", s.key("job")))
	s.eventually("the first to hold the lock", func() bool { return strings.Contains(first.said(), s.key("job")) })
	second := s.holding(s.server.Command("lock", s.key("job")))
	s.eventually("the second to queue", func() bool {
		keys, err := s.server.CLI("get", "--prefix", "--keys-only", s.key("job"))
		return err == nil && len(strings.Fields(keys)) == 2
	})
	x := s.open()
	x.Press("L")
	x.Sees("Locks in "+s.prefix+"/", s.key("job"), "holder", "1. waiting:")
	x.Press("j", "x")
	x.Asked("Break the lock?", "holds", "This will", "may keep working")
	if strings.Contains(second.said(), s.key("job")) {
		t.Error("the second holds the lock beside the first")
	}
	x.Answer("y")
	x.Sees("broke the lock")
	x.SeesNot("1. waiting:")
	s.eventually("the second to hold the lock", func() bool { return strings.Contains(second.said(), s.key("job")) })
}

// On etcd v2, which has no lock of its own, a queue of keys with a TTL is
// recognised.
func TestEtcdV2LockIsShownAndBroken(t *testing.T) {
	t.Parallel()
	at := placeOf("etcdv2")
	s := newScene(t, at, at.Shared(t))
	for _, who := range []string{"worker-one", "worker-two"} {
		if _, err := s.server.CLIV2("mk", "--in-order", "--ttl", "300", "/"+s.key("job"), who); err != nil {
			t.Fatal(err)
		}
	}
	x := s.open()
	x.Press("L")
	x.Sees("Locks in "+s.prefix+"/", s.key("job"), "holder", "worker-one", "1. waiting:", "worker-two", "4m left")
	x.Press("j", "x")
	x.Asked("Break the lock?", "worker-one", "holds", "This will", "may keep working")
	x.Answer("y")
	x.Sees("broke the lock")
	x.SeesNot("1. waiting:")
	x.Sees("holder", "worker-two")
	if keys, err := s.server.CLIV2("ls", "/"+s.key("job")); err != nil || len(strings.Fields(keys)) != 1 {
		t.Errorf("left in the queue: %q, %v", keys, err)
	}
}

// go-zookeeper's lock, taken on two connections, is shown and can be broken.
func TestZooKeeperLockIsShownAndBroken(t *testing.T) {
	t.Parallel()
	at := placeOf("zk")
	s := newScene(t, at, at.Shared(t))
	s.put("other", "x")
	path := "/" + s.key("job")
	first := zk.NewLock(kvtest.DialZooKeeper(t, s.server), path, zk.WorldACL(zk.PermAll))
	if err := first.LockWithData([]byte("worker-one")); err != nil {
		t.Fatal(err)
	}
	second, taken := zk.NewLock(kvtest.DialZooKeeper(t, s.server), path, zk.WorldACL(zk.PermAll)), make(chan error, 1)
	go func() { taken <- second.LockWithData([]byte("worker-two")) }()
	x := s.open()
	x.Press("L")
	x.Sees("Locks in "+s.prefix+"/", s.key("job"), "holder", "worker-one", "1. waiting:", "worker-two")
	x.Press("j", "x")
	x.Asked("Break the lock?", "worker-one", "holds", "This will", "may keep working")
	select {
	case err := <-taken:
		t.Fatalf("the second holds the lock beside the first: %v", err)
	default:
	}
	x.Answer("y")
	x.Sees("broke the lock")
	x.SeesNot("1. waiting:")
	select {
	case err := <-taken:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("the second does not get the lock")
	}
	x.Sees("holder", "worker-two")
}
