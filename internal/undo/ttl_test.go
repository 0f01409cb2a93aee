package undo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/stretchr/testify/require"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// An undone plan says, before and after, of each kind of TTL whether it comes back
// fresh or with what was left; and that is what comes back.
func TestUndoSaysHowTTLsComeBack(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, dir string) ttlCase{
		"consul": consulSession, "etcd v2": v2TTL, "etcd v3": v3Leases, "zookeeper": zkTTLNode,
	} {
		t.Run(name, func(t *testing.T) {
			dir := fmt.Sprintf("ttl-%d", time.Now().UnixNano())
			c := test(t, dir)
			bare, err := kv.NewStore(c.backend, []string{c.addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
			require.NoError(t, err)
			defer bare.Close()
			j := journal.New(t.TempDir(), journal.Store{Backend: "test"}, journal.Options{})
			defer j.Close()
			s := kv.Recorded(bare, &journal.Recorder{Journal: j})
			require.NoError(t, s.DeleteTree(dir))
			if c.deleted != nil {
				c.deleted()
			}
			e, err := undo.Last(j, "", nil)
			require.NoError(t, err)
			u := undo.Undo{Store: s, Journal: j, Entry: e}
			will, err := u.Preview(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.says, will.Unkept)
			did, err := u.Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, c.says, did.Unkept)
			for word := range c.says {
				require.Contains(t, will.UnkeptOf[word], dir+"/")
				require.Contains(t, did.UnkeptOf[word], dir+"/")
			}
			require.Equal(t, []int{c.typeless, c.typeless}, []int{will.Typeless, did.Typeless})
			for key, want := range c.back {
				var node *kv.Node
				_, err := kv.ReadNodes(t.Context(), bare, []string{dir + "/" + key}, func(n *kv.Node) { node = n })
				require.NoError(t, err)
				require.NotNil(t, node, key)
				require.Equal(t, want.Owner == "", node.Owner == "", key)
				require.InDelta(t, want.TTL.Seconds(), node.TTL.Seconds(), 30, key)
				require.InDelta(t, want.Left.Seconds(), node.Left.Seconds(), 30, key)
			}
		})
	}
}

// ttlCase is what is there before the deletion, and what is to come back.
type ttlCase struct {
	backend kv.Backend
	addr    string
	deleted func() // what happens once all is deleted
	says    map[string]int
	// typeless is how many keys are said to come back as plain ones.
	typeless int
	back     map[string]kv.Node // the TTL, what is left of it, and whether there is an owner
}

func consulSession(t *testing.T, dir string) ttlCase {
	t.Helper()
	addr := kvtest.SharedConsul(t).Addr
	client, err := api.NewClient(&api.Config{Address: addr})
	require.NoError(t, err)
	session, _, err := client.Session().Create(&api.SessionEntry{TTL: "300s"}, nil)
	require.NoError(t, err)
	ok, _, err := client.KV().Acquire(&api.KVPair{Key: dir + "/held", Value: []byte("1"), Session: session}, nil)
	require.NoError(t, err)
	require.True(t, ok)
	return ttlCase{backend: kv.CONSUL, addr: addr, says: map[string]int{kv.LostSession: 1}, back: map[string]kv.Node{"held": {}}}
}

func v2TTL(t *testing.T, dir string) ttlCase {
	t.Helper()
	server := kvtest.SharedEtcd(t)
	for _, key := range []string{"a", "b"} {
		_, err := server.CLIV2("set", "--ttl", "600", "/"+dir+"/"+key, "1")
		require.NoError(t, err)
	}
	left := kv.Node{TTL: 600 * time.Second, Left: 600 * time.Second}
	return ttlCase{
		backend: kv.ETCD, addr: server.Addr, back: map[string]kv.Node{"a": left},
		says: map[string]int{"TTL that was granted; what was left of it begins anew": 2},
	}
}

func v3Leases(t *testing.T, dir string) ttlCase {
	t.Helper()
	addr := kvtest.SharedEtcd(t).Addr
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{addr}, Logger: zap.NewNop()})
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	leases := map[string]clientv3.LeaseID{}
	for _, name := range []string{"ended", "lives"} {
		lease, err := client.Grant(t.Context(), 600)
		require.NoError(t, err)
		leases[name] = lease.ID
		_, err = client.Put(t.Context(), dir+"/"+name, "1", clientv3.WithLease(lease.ID))
		require.NoError(t, err)
	}
	leased := kv.Node{Owner: "some", TTL: 600 * time.Second, Left: 600 * time.Second}
	return ttlCase{
		backend: kv.ETCDV3, addr: addr, back: map[string]kv.Node{"ended": leased, "lives": leased},
		deleted: func() {
			_, err := client.Revoke(t.Context(), leases["ended"])
			require.NoError(t, err)
		},
		says: map[string]int{
			"lease, which ended; a fresh one of 10m0s begins, which nobody keeps alive": 1,
			"time that has passed of the lease, which goes on":                          1,
		},
	}
}

// zkTTLNode is what no client sees: the server says of a znode with a TTL that it is a
// plain one, and so it comes back.
func zkTTLNode(t *testing.T, dir string) ttlCase {
	t.Helper()
	server := kvtest.SharedZooKeeper(t)
	for _, args := range [][]string{{"/" + dir}, {"-t", "600000", "/" + dir + "/a", "1"}} {
		_, err := server.CLI(append([]string{"create"}, args...)...)
		require.NoError(t, err)
	}
	return ttlCase{backend: kv.ZK, addr: server.Addr, says: map[string]int{}, typeless: 2, back: map[string]kv.Node{"a": {}}}
}
