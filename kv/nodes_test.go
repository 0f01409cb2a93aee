package kv_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/hashicorp/consul/api"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// nodesOf reads the nodes of all keys below prefix.
func nodesOf(t *testing.T, s kv.Store, prefix string) map[string]*kv.Node {
	t.Helper()
	pairs, err := s.List(prefix)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, p := range pairs {
		keys = append(keys, p.Key)
	}
	nodes := map[string]*kv.Node{}
	if _, err := kv.ReadNodes(t.Context(), s, keys, func(n *kv.Node) { nodes[n.Key] = n }); err != nil {
		t.Fatal(err)
	}
	return nodes
}

// cameBack deletes everything below prefix, writes the nodes again and compares them. differs says
// how a node may come back other than it was.
func cameBack(t *testing.T, s kv.Store, prefix string, differs func(was, is *kv.Node) bool) {
	t.Helper()
	before := nodesOf(t, s, prefix)
	if err := s.DeleteTree(prefix); err != nil {
		t.Fatal(err)
	}
	var writes []kv.Write
	for key, n := range before {
		if n.Type != kv.EphemeralNode && key != prefix {
			writes = append(writes, kv.Write{Key: key, After: n})
		}
	}
	err := kv.WriteNodes(t.Context(), s, writes, func(i int, w kv.Written) {
		if w.Err != nil {
			t.Errorf("%s: %v", writes[i].Key, w.Err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	after := nodesOf(t, s, prefix)
	for _, w := range writes {
		was, is := before[w.Key], after[w.Key]
		if is == nil || !is.SameAs(was) && !differs(was, is) {
			t.Errorf("%s was %+v and came back as %+v", w.Key, was, is)
		}
	}
}

func exactly(_, _ *kv.Node) bool { return false }

// Consul's flags come back; what a session held comes back without it.
func TestConsulNodesComeBack(t *testing.T) {
	server := kvtest.SharedConsul(t)
	client, err := api.NewClient(&api.Config{Address: server.Addr})
	if err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("nodes-%d", time.Now().UnixNano())
	for i := range 100 {
		pair := &api.KVPair{Key: fmt.Sprintf("%s/%03d", prefix, i), Value: []byte{byte(i), 0xff}, Flags: uint64(i) << 40}
		if _, err := client.KV().Put(pair, nil); err != nil {
			t.Fatal(err)
		}
	}
	session, _, err := client.Session().Create(&api.SessionEntry{TTL: "30s"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.KV().Acquire(&api.KVPair{Key: prefix + "/held", Value: []byte("x"), Session: session, Flags: 7}, nil); err != nil {
		t.Fatal(err)
	}
	s, err := kv.NewStore(kv.CONSUL, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	held := nodesOf(t, s, prefix)[prefix+"/held"]
	if held.Owner != session || held.TTL != 30*time.Second {
		t.Errorf("the session is read as %+v", held)
	}
	lost, err := kv.Unkept(t.Context(), s, []*kv.Node{held})
	if err != nil || len(lost[0]) != 1 || lost[0][0] != "session" {
		t.Errorf("does not come back: %v, %v", lost, err)
	}
	cameBack(t, s, prefix, func(was, is *kv.Node) bool {
		without := *was
		without.Owner, without.TTL, without.Left = "", 0, 0
		return was.Owner != "" && is.SameAs(&without)
	})
}

// A key of etcd v3 gets back a lease that lives; of one that ended it gets a fresh one of the same
// TTL, which keys share that shared it.
func TestEtcdV3NodesComeBack(t *testing.T) {
	for name, server := range map[string]*kvtest.Server{"3.4": kvtest.SharedEtcd(t), "3.7": kvtest.SharedEtcdEmbedded(t)} {
		t.Run(name, func(t *testing.T) {
			client, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Addr}, Logger: zap.NewNop()})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { client.Close() })
			prefix := fmt.Sprintf("nodes-%d", time.Now().UnixNano())
			living, dead := grant(t, client), grant(t, client)
			for i := range 10 {
				put(t, client, fmt.Sprintf("%s/living/%d", prefix, i), clientv3.WithLease(living))
				put(t, client, fmt.Sprintf("%s/dead/%d", prefix, i), clientv3.WithLease(dead))
				put(t, client, fmt.Sprintf("%s/plain/%d", prefix, i))
			}
			s, err := kv.NewStore(kv.ETCDV3, []string{server.Addr}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			before := nodesOf(t, s, prefix)
			if err := s.DeleteTree(prefix); err != nil {
				t.Fatal(err)
			}
			if _, err := client.Revoke(t.Context(), dead); err != nil {
				t.Fatal(err)
			}
			var writes []kv.Write
			for key, n := range before {
				writes = append(writes, kv.Write{Key: key, After: n})
			}
			if err := kv.WriteNodes(t.Context(), s, writes, func(i int, w kv.Written) {
				if w.Err != nil {
					t.Errorf("%s: %v", writes[i].Key, w.Err)
				}
			}); err != nil {
				t.Fatal(err)
			}
			fresh := map[string]bool{}
			for key, is := range nodesOf(t, s, prefix) {
				was := before[key]
				switch {
				case is.TTL != was.TTL:
					t.Errorf("%s had a TTL of %v and has %v", key, was.TTL, is.TTL)
				case was.Owner == fmt.Sprintf("%016x", int64(dead)):
					fresh[is.Owner] = true
				case is.Owner != was.Owner:
					t.Errorf("%s had the lease %s and has %s", key, was.Owner, is.Owner)
				}
			}
			if len(fresh) != 1 {
				t.Errorf("one lease became %d", len(fresh))
			}
		})
	}
}

func grant(t *testing.T, client *clientv3.Client) clientv3.LeaseID {
	t.Helper()
	lease, err := client.Grant(t.Context(), 60)
	if err != nil {
		t.Fatal(err)
	}
	return lease.ID
}

func put(t *testing.T, client *clientv3.Client, key string, options ...clientv3.OpOption) {
	t.Helper()
	if _, err := client.Put(context.Background(), key, "value", options...); err != nil {
		t.Fatal(err)
	}
}

// ACLs and containers of ZooKeeper come back.
func TestZookeeperNodesComeBack(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	client, _, err := zk.Connect([]string{server.Addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	prefix := fmt.Sprintf("nodes-%d", time.Now().UnixNano())
	world := zk.WorldACL(zk.PermAll)
	acls := [][]zk.ACL{world, {{Perms: zk.PermAll, Scheme: "world", ID: "anyone"}, {Perms: zk.PermRead, Scheme: "ip", ID: "10.0.0.0/8"}}}
	for _, p := range []string{"", "/a", "/a/b"} {
		if _, err := client.Create("/"+prefix+p, []byte("x"), 0, world); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 250 {
		if _, err := client.Create(fmt.Sprintf("/%s/a/b/%03d", prefix, i), []byte("x"), 0, acls[i%2]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.CreateContainer("/"+prefix+"/box", nil, zk.FlagContainer, acls[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Create("/"+prefix+"/box/in", nil, 0, world); err != nil {
		t.Fatal(err)
	}
	s, err := kv.NewStore(kv.ZK, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	cameBack(t, s, prefix, exactly)
}

// Znodes that nobody may write come back, alone and among others. Of an ACL of which
// the server hides a part, the rest comes back, and nobody gets more than they had.
func TestZookeeperACLsComeBack(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	client, _, err := zk.Connect([]string{server.Addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s, err := kv.NewStore(kv.ZK, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	prefix := fmt.Sprintf("acls-%d", time.Now().UnixNano())
	most := zk.PermAll &^ zk.PermAdmin
	acls := map[string][]zk.ACL{
		"": zk.WorldACL(zk.PermAll), "/only": zk.WorldACL(zk.PermRead), "/z": zk.WorldACL(zk.PermRead), "/y": zk.WorldACL(zk.PermAll &^ zk.PermWrite),
		"/bob": append(zk.DigestACL(zk.PermAll, "bob", "secret"), zk.WorldACL(int32(most))...),
	}
	for _, p := range []string{"", "/only", "/bob", "/y", "/z"} {
		if _, err := client.Create("/"+prefix+p, []byte("x"), 0, acls[p]); err != nil {
			t.Fatal(err)
		}
	}
	acls["/bob"] = zk.WorldACL(int32(most)) // who is not bob cannot give him back
	for _, keys := range [][]string{{"/only"}, {"/bob", "/y", "/z"}} {
		var writes []kv.Write
		for _, key := range keys {
			if _, err := kv.ReadNodes(t.Context(), s, []string{prefix + key}, func(n *kv.Node) {
				writes = append(writes, kv.Write{Key: n.Key, After: n})
			}); err != nil {
				t.Fatal(err)
			}
			if err := client.Delete("/"+prefix+key, -1); err != nil {
				t.Fatal(err)
			}
		}
		written := make([]kv.Written, len(writes))
		if err := kv.WriteNodes(t.Context(), s, writes, func(i int, w kv.Written) { written[i] = w }); err != nil {
			t.Error(err)
		}
		for i, w := range written {
			pair, err := s.Get(writes[i].Key)
			if w.Err != nil || err != nil || string(pair.Value) != "x" || pair.LastIndex != w.Index {
				t.Errorf("%s: %+v, %+v, %v", writes[i].Key, w, pair, err)
			}
		}
		for _, key := range keys {
			if acl, _, err := client.GetACL("/" + prefix + key); err != nil || !slices.Equal(acl, acls[key]) {
				t.Errorf("%s has the ACL %v, %v", key, acl, err)
			}
		}
	}
}

// Very many znodes, which are read over several connections, are read as a few are: with types and
// ACLs, without those that are not there, and counting those that may not be read.
func TestZookeeperNodesOfMany(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	client, _, err := zk.Connect([]string{server.Addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	prefix := fmt.Sprintf("many-%d", time.Now().UnixNano())
	world, shut := zk.WorldACL(zk.PermAll), zk.WorldACL(zk.PermAll&^zk.PermRead)
	creates := []any{&zk.CreateRequest{Path: "/" + prefix, Acl: world}}
	keys := []string{prefix, prefix + "/box"}
	for i := range 2100 {
		key, acl := fmt.Sprintf("%s/%04d", prefix, i), world
		if i%100 == 7 {
			acl = shut
		}
		creates, keys = append(creates, &zk.CreateRequest{Path: "/" + key, Data: []byte(key), Acl: acl}), append(keys, key, key+"-not")
	}
	if _, err := client.Multi(creates...); err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateContainer("/"+prefix+"/box", nil, zk.FlagContainer, world); err != nil {
		t.Fatal(err)
	}
	s, err := kv.NewStore(kv.ZK, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	read := func(size int) (nodes map[string]*kv.Node, denied int) {
		nodes = map[string]*kv.Node{}
		for part := range slices.Chunk(keys, size) {
			n, err := kv.ReadNodes(t.Context(), s, part, func(n *kv.Node) { nodes[n.Key] = n })
			if err != nil {
				t.Fatal(err)
			}
			denied += n
		}
		return nodes, denied
	}
	nodes, denied := read(len(keys))
	want, wantDenied := read(1000)
	if len(nodes) != 2081 || denied != 21 || len(want) != len(nodes) || denied != wantDenied {
		t.Errorf("%d nodes and %d denied, not %d and %d", len(nodes), denied, len(want), wantDenied)
	}
	for key, n := range want {
		if is := nodes[key]; is == nil || !is.SameAs(n) || is.Index != n.Index || len(is.ACL) == 0 {
			t.Errorf("%s is %+v, not %+v", key, is, n)
		}
	}
}

// Many keys of one directory of etcd v2 are read as a few are: directories and hidden keys among
// them, without those that are not there, and also where the directory has very many others.
func TestEtcdNodesOfMany(t *testing.T) {
	server := kvtest.SharedEtcd(t)
	s, err := kv.NewStore(kv.ETCD, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	prefix := fmt.Sprintf("many-%d", time.Now().UnixNano())
	var keys, few []string
	for i := range 40 {
		key := fmt.Sprintf("%s/dir/%03d", prefix, i)
		keys = append(keys, key, key+"-not", fmt.Sprintf("%s/gone/%03d", prefix, i))
		if err := s.Put(key, []byte(key), &kv.WriteOptions{Ephemeral: i%10 == 0}); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"/dir/_hidden", "/dir/sub/key"} {
		if err := s.Put(prefix+key, []byte(key), nil); err != nil {
			t.Fatal(err)
		}
	}
	keys = append(keys, prefix+"/dir/_hidden", prefix+"/dir/sub", prefix+"/dir/sub/key")
	for i := range 300 {
		key := fmt.Sprintf("%s/large/%03d", prefix, i)
		if err := s.Put(key, []byte(key), nil); err != nil {
			t.Fatal(err)
		}
		if few = append(few, key); len(few) < 33 {
			keys = append(keys, key)
		}
	}
	read := func(size int) map[string]*kv.Node {
		nodes := map[string]*kv.Node{}
		for part := range slices.Chunk(keys, size) {
			if _, err := kv.ReadNodes(t.Context(), s, part, func(n *kv.Node) {
				if nodes[n.Key] != nil {
					t.Errorf("%s came twice", n.Key)
				}
				nodes[n.Key] = n
			}); err != nil {
				t.Fatal(err)
			}
		}
		return nodes
	}
	nodes, want := read(len(keys)), read(20)
	if len(nodes) != 75 || len(want) != 75 {
		t.Errorf("%d nodes, and %d by few at a time", len(nodes), len(want))
	}
	for key, n := range want {
		is := nodes[key]
		if is == nil || is.Index != n.Index || is.Type != n.Type || !bytes.Equal(is.Value, n.Value) || (is.TTL > 0) != (n.TTL > 0) {
			t.Errorf("%s is %+v, not %+v", key, is, n)
		}
	}
}
