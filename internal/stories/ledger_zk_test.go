package stories

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"kvist/kv/kvtest"
)

// The login of the program and of the native client.
const zkUser, zkPassword = "story", "told-to-nobody"

// zkLedger speaks to ZooKeeper by the library that most Go programs use.
type zkLedger struct {
	*testing.T
	*zk.Conn
}

func newZKLedger(s *scene) *zkLedger {
	s.Helper()
	l := &zkLedger{s.T, kvtest.DialZooKeeper(s.T, s.server)}
	if err := l.AddAuth("digest", []byte(zkUser+":"+zkPassword)); err != nil {
		s.Fatal(err)
	}
	return l
}

// adorn creates containers, znodes with a TTL and with ACLs of their own, and an
// ephemeral one.
func (l *zkLedger) adorn(folder string) {
	l.Helper()
	world, special := zk.WorldACL(zk.PermAll), folder+"/special"
	l.made(l.CreateContainer("/"+special, []byte("box"), zk.FlagContainer, mixed()))
	l.made(l.CreateContainer("/"+special+"/inner", nil, zk.FlagContainer, world))
	l.made(l.Create("/"+special+"/inner/1", []byte{0xff, 0}, 0, world))
	l.made(l.Create("/"+special+"/inner/2", []byte("x"), 0, mixed()))
	l.made(l.CreateTTL("/"+special+"/ttl", []byte("x"), zk.FlagTTL, world, longTTL))
	l.made(l.CreateTTL("/"+special+"/ttl/in", []byte("x"), zk.FlagTTL, mixed(), longTTL))
	l.made(l.Create("/"+special+"/ours", []byte("x"), 0, zk.DigestACL(zk.PermAll, zkUser, zkPassword)))
	l.made(l.Create("/"+special+"/ours/below", nil, 0, zk.DigestACL(zk.PermAll, zkUser, zkPassword)))
	l.made(l.Create("/"+special+"/mine", []byte("x"), zk.FlagEphemeral, world))
	l.made(l.Create("/"+special+"/readable", nil, 0, mixed()))
}

// mixed is an ACL of several schemes.
func mixed() []zk.ACL {
	return append(zk.WorldACL(zk.PermRead|zk.PermCreate|zk.PermDelete|zk.PermWrite),
		append(zk.DigestACL(zk.PermAll, zkUser, zkPassword), zk.ACL{Perms: zk.PermRead, Scheme: "ip", ID: "10.0.0.0/8"})...)
}

func (l *zkLedger) made(_ string, err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *zkLedger) dress(key string) {
	l.Helper()
	if _, err := l.SetACL("/"+key, mixed(), -1); err != nil {
		l.Fatal(err)
	}
}

func (l *zkLedger) lock(key string) {
	l.Helper()
	if err := zk.NewLock(l.Conn, "/"+key, zk.WorldACL(zk.PermAll)).LockWithData([]byte("worker")); err != nil {
		l.Fatal(err)
	}
}

func (l *zkLedger) revoke() {}

func (l *zkLedger) facts(prefix string) map[string]fact {
	l.Helper()
	facts := map[string]fact{}
	paths := []string{"/" + prefix}
	for ; len(paths) > 0; paths = paths[1:] {
		path := paths[0]
		value, stat, err := l.Get(path)
		acl, _, aclErr := l.GetACL(path)
		names, _, childErr := l.Children(path)
		if err = errors.Join(err, aclErr, childErr); errors.Is(err, zk.ErrNoNode) {
			continue // it ended meanwhile
		}
		if err != nil {
			l.Fatalf("%s: %v", path, err)
		}
		for _, name := range names {
			paths = append(paths, path+"/"+name)
		}
		if key := strings.TrimPrefix(path, "/"); key != prefix {
			facts[key] = zkFact(value, stat, acl)
		}
	}
	return facts
}

// zkFact says what a znode is. The server shows no client whether it is a container
// or has a TTL.
func zkFact(value []byte, stat *zk.Stat, acl []zk.ACL) fact {
	f := fact{value: string(value), acl: fmt.Sprint(acl), kind: "persistent"}
	if stat.EphemeralOwner != 0 {
		f.kind, f.owner = "ephemeral", fmt.Sprintf("%x", stat.EphemeralOwner)
	}
	return f
}
