package undo_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// A container that ZooKeeper removed when a plan had come as far as what was in it comes
// back as it was, with what is rolled back below it. What somebody else deleted and
// nothing is put back below stays deleted.
func TestAParentThatTheServerRemovedComesBackAsItWas(t *testing.T) {
	addr := kvtest.SharedZooKeeper(t).Addr
	client, _, err := zk.Connect([]string{addr}, 10*time.Second, zk.WithLogInfo(false))
	require.NoError(t, err)
	defer client.Close()
	dir := fmt.Sprintf("parents-%d", time.Now().UnixNano())
	acl := []zk.ACL{{Perms: zk.PermAll &^ zk.PermWrite, Scheme: "world", ID: "anyone"}}
	keys := []string{dir, dir + "/box", dir + "/box/a", dir + "/box2"}
	for _, key := range keys {
		_, err = client.Create("/"+key, []byte("of "+key), 0, acl)
		require.NoError(t, err)
	}
	bare, err := kv.NewStore(kv.ZK, []string{addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	require.NoError(t, err)
	defer bare.Close()
	root := t.TempDir()
	killed := journal.New(root, journal.Store{Backend: "zookeeper"}, journal.Options{})
	plan, err := (&journal.Recorder{Journal: killed}).BeginPlan("delete "+dir, "", len(keys))
	require.NoError(t, err)
	nodes := map[string]*kv.Node{}
	_, err = kv.ReadNodes(t.Context(), bare, keys, func(n *kv.Node) { nodes[n.Key] = n })
	require.NoError(t, err)
	var writes []kv.Write
	for _, key := range keys {
		writes = append(writes, kv.Write{Key: key, Before: nodes[key]})
	}
	_, err = plan.Begin(kv.OpDeletePlanned, writes)
	require.NoError(t, err)
	require.NoError(t, client.Delete("/"+dir+"/box/a", -1)) // so far it came
	require.NoError(t, killed.Close())

	j := journal.New(root, killed.Store(), journal.Options{})
	defer j.Close()
	s := kv.Recorded(bare, &journal.Recorder{Journal: j})
	found, err := undo.FindCutOff(t.Context(), s, j)
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, 1, found[0].Plans[0].Written)
	require.NoError(t, client.Delete("/"+dir+"/box", -1)) // as the server does
	require.NoError(t, client.Delete("/"+dir+"/box2", -1))
	require.NoError(t, found[0].Settle(j))
	e, err := undo.Last(j, "", nil)
	require.NoError(t, err)
	u := undo.Undo{Store: s, Journal: j, Entry: e}
	will, err := u.Preview(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, will.Restored)
	did, err := u.Run(t.Context())
	require.NoError(t, err)
	require.Equal(t, 2, did.Restored)
	is, _, err := client.GetACL("/" + dir + "/box")
	require.NoError(t, err)
	require.Equal(t, acl, is)
	value, _, err := client.Get("/" + dir + "/box")
	require.NoError(t, err)
	require.Equal(t, "of "+dir+"/box", string(value))
	there, _, err := client.Exists("/" + dir + "/box2")
	require.NoError(t, err)
	require.False(t, there)
	for _, key := range []string{"/box/a", "/box", ""} {
		require.NoError(t, client.Delete("/"+dir+key, -1))
	}
}
