package kv_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"go.uber.org/goleak"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// zkPatience bounds waiting for what must come soon.
const zkPatience = 30 * time.Second

// zkOpen opens a store that the test closes at its end.
func zkOpen(t *testing.T, addr string, c *kv.Config) *kv.Zookeeper {
	t.Helper()
	return opened(t, kv.InitializeZookeeper, []string{addr}, c).(*kv.Zookeeper)
}

// zkNative returns a session of the client library beside the store.
func zkNative(t *testing.T, addr string) *zk.Conn {
	t.Helper()
	conn, events, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogger(zkQuiet{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		for range events {
		}
	})
	for e := range events {
		if e.State == zk.StateHasSession {
			break
		}
	}
	return conn
}

type zkQuiet struct{}

func (zkQuiet) Printf(string, ...any) {}

// zkPrefix returns a key that no other test uses.
func zkPrefix() string { return fmt.Sprintf("zktest-%016x", rand.Uint64()) }

func zkMust(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A store that cannot be opened says why, in time.
func TestZookeeperOpenSaysWhyNot(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	defer web.Close()
	hangsUp := zkListener(t, func(c net.Conn) { c.Close() })
	silent := zkListener(t, func(net.Conn) {})
	for name, c := range map[string]struct {
		addr string
		want error
	}{
		"nobody there":    {kvtest.DeadAddr(), kv.ErrNotReachable},
		"no answer":       {silent, kv.ErrNotReachable},
		"a web server":    {strings.TrimPrefix(web.URL, "http://"), kv.ErrWrongServer},
		"one that closes": {hangsUp, kv.ErrNotReachable},
		"etcd":            {kvtest.SharedEtcd(t).Addr, kv.ErrWrongServer},
		"a name unknown":  {"no.such.host.invalid:1", kv.ErrNotReachable},
	} {
		began := time.Now()
		_, err := kv.InitializeZookeeper([]string{c.addr}, &kv.Config{ConnectionTimeout: time.Second})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v; want %v", name, err, c.want)
		}
		if took := time.Since(began); took > kvtest.Allow(1500*time.Millisecond) {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// zkListener answers each connection to its address with serve.
func zkListener(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			serve(c)
		}
	}()
	return l.Addr().String()
}

// A store opens on the one address of several that answers.
func TestZookeeperTriesTheNextAddress(t *testing.T) {
	silent := zkListener(t, func(net.Conn) {})
	addresses := []string{kvtest.DeadAddr(), silent, kvtest.SharedZooKeeper(t).Addr}
	for range 3 { // the library tries them in an order of its own
		s, err := kv.InitializeZookeeper(addresses, &kv.Config{ConnectionTimeout: 3 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.List(""); err != nil {
			t.Error(err)
		}
		s.Close()
	}
}

// Close ends all that the store started, and its ephemeral keys and claims.
func TestZookeeperLeavesNothingRunning(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, err := kv.InitializeZookeeper([]string{server.Addr}, nil)
	zkMust(t, err)
	prefix := zkPrefix()
	_, err = s.Watch(prefix+"/a", nil)
	zkMust(t, err)
	_, err = s.WatchTree(prefix, nil)
	zkMust(t, err)
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
	zkMust(t, err)
	zkMust(t, s.Put(prefix+"/e", nil, &kv.WriteOptions{Ephemeral: true}))
	l, err := s.NewLock(prefix+"/l", nil)
	zkMust(t, err)
	_, err = l.Lock()
	zkMust(t, err)
	s.Close()
	for err == nil {
		_, err = feed.Next(context.Background())
	}
	if !errors.Is(err, kv.ErrClosed) {
		t.Error(err)
	}
	zkMust(t, feed.Close())
	native := zkNative(t, server.Addr)
	names, _, err := native.Children("/" + prefix)
	zkMust(t, err)
	if !slices.Equal(names, []string{"l"}) {
		t.Errorf("left behind: %q", names)
	}
	zkMust(t, native.Delete("/"+prefix+"/l", -1))
	zkMust(t, native.Delete("/"+prefix, -1))
	native.Close()
}

// A login has its own rights and no others, and new keys get the rights of their parents.
func TestZookeeperDigestLogin(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	prefix := zkPrefix()
	native := zkNative(t, server.Addr)
	zkMust(t, native.AddAuth("digest", []byte("olga:secret")))
	for node, acl := range map[string][]zk.ACL{"": zk.WorldACL(zk.PermAll), "/open": zk.WorldACL(zk.PermAll), "/shut": zk.DigestACL(zk.PermAll, "olga", "secret")} {
		_, err := native.Create("/"+prefix+node, []byte("v"), 0, acl)
		for errors.Is(err, zk.ErrNoNode) {
			_, err = native.Create("/"+prefix, nil, 0, zk.WorldACL(zk.PermAll))
			zkMust(t, err)
			_, err = native.Create("/"+prefix+node, []byte("v"), 0, acl)
		}
		if !errors.Is(err, zk.ErrNodeExists) {
			zkMust(t, err)
		}
	}
	shut := prefix + "/shut"

	s := zkOpen(t, server.Addr, &kv.Config{Username: "olga", Password: "secret"})
	zkMust(t, s.Put(shut+"/inner/leaf", []byte("1"), nil))
	acl, _, err := native.GetACL("/" + shut + "/inner/leaf")
	zkMust(t, err)
	if want := zk.DigestACL(zk.PermAll, "olga", "secret"); !slices.Equal(acl, want) {
		t.Errorf("a new node got %v, and its parent has %v", acl, want)
	}

	for _, c := range []*kv.Config{nil, {Username: "olga", Password: "wrong"}} {
		other := zkOpen(t, server.Addr, c)
		_, err := other.Get(shut)
		zkDenied(t, "get", err)
		zkDenied(t, "put", other.Put(shut, nil, nil))
		zkDenied(t, "put below", other.Put(shut+"/mine", nil, nil))
		_, err = other.List(shut)
		zkDenied(t, "list", err)
		_, err = other.Watch(shut, nil)
		zkDenied(t, "watch", err)
		if there, err := other.Exists(shut); !there || err != nil {
			t.Errorf("exists: %v, %v", there, err)
		}
		pairs, err := other.List(prefix)
		if err != nil || len(pairs) != 1 || pairs[0].Key != prefix+"/open" {
			t.Errorf("the rest of the tree: %v, %v", pairs, err)
		}
	}
}

func zkDenied(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, kv.ErrDenied) {
		t.Errorf("%s: %v; want ErrDenied", what, err)
	}
}

// A new key below a node whose ACL is masked belongs to the login alone. The server shows the
// hashes of passwords only to administrators of a node, and copied as shown they would lock
// everybody out.
func TestZookeeperMaskedRights(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	native := zkNative(t, server.Addr)
	prefix := zkPrefix()
	acl := append(zk.DigestACL(zk.PermAll, "olga", "secret"), zk.WorldACL(zk.PermRead|zk.PermCreate)...)
	_, err := native.Create("/"+prefix, nil, 0, acl)
	zkMust(t, err)

	zkDenied(t, "put without a login", zkOpen(t, server.Addr, nil).Put(prefix+"/a", nil, nil))
	s := zkOpen(t, server.Addr, &kv.Config{Username: "ivan", Password: "other"})
	zkMust(t, s.Put(prefix+"/a", nil, nil))
	zkMust(t, s.Put(prefix+"/a", []byte("mine"), nil))
	got, _, err := native.GetACL("/" + prefix + "/a")
	if err == nil && !strings.HasPrefix(got[0].ID, "ivan:") {
		t.Errorf("the new node got %v", got)
	}
}

// A write changes neither the ACL nor the owner of a key.
func TestZookeeperKeepsWhatWasNotTouched(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	zkMust(t, s.Put(prefix+"/a", []byte("1"), nil))
	acl := zk.WorldACL(zk.PermRead | zk.PermWrite)
	_, err := native.SetACL("/"+prefix+"/a", acl, -1)
	zkMust(t, err)
	_, err = native.Create("/"+prefix+"/e", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	zkMust(t, err)
	for _, key := range []string{prefix + "/a", prefix + "/e"} {
		zkMust(t, s.Put(key, []byte("2"), nil))
		pair, err := s.Get(key)
		zkMust(t, err)
		_, _, err = s.AtomicPut(key, []byte("3"), pair, nil)
		zkMust(t, err)
	}
	if got, _, err := native.GetACL("/" + prefix + "/a"); err != nil || !slices.Equal(got, acl) {
		t.Errorf("ACL %v, %v", got, err)
	}
	if meta, err := s.Meta(context.Background(), prefix+"/e"); err != nil || !meta.Ephemeral || meta.Owner != fmt.Sprintf("0x%x", native.SessionID()) {
		t.Errorf("ephemeral: %+v, %v", meta, err)
	}
}

// An ephemeral Put makes a key that ends with its store, whatever was there before.
func TestZookeeperEphemeralTakesOver(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, native, prefix := zkOpen(t, server.Addr, nil), zkNative(t, server.Addr), zkPrefix()
	ephemeral := &kv.WriteOptions{Ephemeral: true}
	other, err := kv.InitializeZookeeper([]string{server.Addr}, nil)
	zkMust(t, err)
	defer other.Close()
	_, err = native.Create("/"+prefix, nil, 0, zk.WorldACL(zk.PermAll))
	zkMust(t, err)
	_, err = native.Create("/"+prefix+"/foreign", nil, zk.FlagEphemeral, zk.WorldACL(zk.PermAll))
	zkMust(t, err)
	zkMust(t, s.Put(prefix+"/plain", nil, nil))
	zkMust(t, s.Put(prefix+"/dir/leaf", nil, nil))

	for _, key := range []string{"/foreign", "/plain", "/new"} {
		zkMust(t, other.Put(prefix+key, []byte("v"), ephemeral))
		zkMust(t, other.Put(prefix+key, []byte("v2"), ephemeral))
	}
	pair, err := other.Get(prefix + "/plain")
	zkMust(t, err)
	if _, pair, err = other.AtomicPut(prefix+"/plain", []byte("v3"), pair, ephemeral); err != nil || string(pair.Value) != "v3" {
		t.Errorf("%v, %v", pair, err)
	}
	if err := other.Put(prefix+"/dir", nil, ephemeral); !errors.Is(err, kv.ErrHasChildren) {
		t.Errorf("a directory became ephemeral: %v", err)
	}
	if err := s.Put(prefix+"/new/below", nil, nil); !errors.Is(err, kv.ErrNotDirectory) {
		t.Errorf("below an ephemeral key: %v", err)
	}
	other.Close()
	for _, key := range []string{"/foreign", "/plain", "/new"} {
		if there, err := s.Exists(prefix + key); there || err != nil {
			t.Errorf("%s outlived its store: %v", key, err)
		}
	}
}

// A TTL that the server does not grant is ErrInvalidTTL.
func TestZookeeperTTLMustBeGranted(t *testing.T) {
	server := kvtest.SharedZooKeeper(t) // it grants 4 to 40 seconds
	for _, ttl := range []time.Duration{time.Millisecond, 3 * time.Second, 41 * time.Second, -time.Second} {
		s := zkOpen(t, server.Addr, &kv.Config{EphemeralTTL: ttl})
		if err := s.Put(zkPrefix(), nil, &kv.WriteOptions{Ephemeral: true}); !errors.Is(err, kv.ErrInvalidTTL) {
			t.Errorf("an ephemeral key with %v: %v", ttl, err)
		}
		if _, err := s.NewLock(zkPrefix(), &kv.LockOptions{TTL: ttl}); !errors.Is(err, kv.ErrInvalidTTL) {
			t.Errorf("a lock with %v: %v", ttl, err)
		}
	}
}

// A value that the server takes is written in each way. A larger one is ErrTooLarge, is not
// written, and breaks no connection that anything else goes over.
func TestZookeeperLargestValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		server         *kvtest.Server
		takes, refuses int
	}{
		{"as it is", kvtest.StartZooKeeper(t), 1<<20 - 8<<10, 1<<20 + 1},
		{"raised", kvtest.StartZooKeeper(t, kvtest.WithFlags("-Djute.maxbuffer=3145728")), 3<<20 - 8<<10, 3<<20 + 1},
	} {
		s := zkOpen(t, c.server.Addr, nil)
		zkMust(t, s.Put("mine", nil, &kv.WriteOptions{Ephemeral: true}))
		value := bytes.Repeat([]byte("v"), c.takes)
		zkMust(t, s.CheckWrite("large", value))
		_, pair, err := s.AtomicPut("large", value, nil, nil)
		zkMust(t, err)
		_, _, err = s.AtomicPut("large", value, pair, nil)
		zkMust(t, err)
		zkMust(t, s.Put("large", value, nil))
		zkMust(t, s.Delete("large"))
		zkMust(t, s.Put("large", value, nil))
		pair, err = s.Get("large")
		zkMust(t, err)
		if pairs, err := s.List(""); err != nil || !bytes.Equal(pair.Value, value) || len(pairs) != 2 {
			t.Errorf("%s: %d bytes came back; %d pairs, %v", c.name, len(pair.Value), len(pairs), err)
		}

		value = bytes.Repeat([]byte("v"), c.refuses)
		for name, write := range map[string]func() error{
			"Put":          func() error { return s.Put("large", value, nil) },
			"Put of a new": func() error { return s.Put("larger", value, nil) },
			"AtomicPut":    func() error { _, _, err := s.AtomicPut("large", value, pair, nil); return err },
			"a new one":    func() error { _, _, err := s.AtomicPut("larger", value, nil, nil); return err },
		} {
			if err := write(); !errors.Is(err, kv.ErrTooLarge) || errors.Is(err, kv.ErrOutcomeUnknown) {
				t.Errorf("%s: %s: %v", c.name, name, err)
			}
		}
		if there, err := s.Exists("larger"); there || err != nil {
			t.Errorf("%s: what was refused is there: %v, %v", c.name, there, err)
		}
		if now, err := s.Get("large"); err != nil || now.LastIndex != pair.LastIndex {
			t.Errorf("%s: what was refused changed something: %v", c.name, err)
		}
		if there, err := s.Exists("mine"); !there || err != nil {
			t.Errorf("%s: what hung on the session is gone: %v, %v", c.name, there, err)
		}
	}
}

// Every connection of a store goes over TLS if that is configured.
func TestZookeeperTLS(t *testing.T) {
	certificates := kvtest.NewCertificates(t)
	server := kvtest.StartZooKeeper(t, kvtest.WithTLS(certificates))
	s := zkOpen(t, server.Addr, &kv.Config{TLS: certificates.Client()})
	feed, err := kv.Follow(s, "tls", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	zkMust(t, s.Put("tls/a", []byte("1"), nil))
	f.until("the put", func(kv.Batch) bool { return f.keys["tls/a"].Size == 1 })
	if health, err := s.Health(context.Background()); err != nil || health.Server != "ZooKeeper 3.8.0" {
		t.Errorf("%+v, %v", health, err)
	}

	for name, c := range map[string]*kv.Config{"without TLS": {}, "without a certificate": {TLS: certificates.Stranger()}} {
		c.ConnectionTimeout = time.Second
		began := time.Now()
		if _, err := kv.InitializeZookeeper([]string{server.Addr}, c); err == nil {
			t.Errorf("%s: opened", name)
		}
		if took := time.Since(began); took > kvtest.Allow(2*time.Second) {
			t.Errorf("%s: took %v", name, took)
		}
	}
}
