package kv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A server that comes back without its data is read and written at once, though it has had fewer
// transactions than were seen before. What it lost is reported as a gap, and what depended on the
// session ends.
func TestZookeeperGoesOnWithAServerThatLostItsData(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	for i := range 200 {
		zkMust(t, s.Put("r/a", fmt.Append(nil, i), nil))
	}
	zkMust(t, s.Put("r/e", []byte("mine"), &kv.WriteOptions{Ephemeral: true}))
	before, err := s.Get("r/a")
	zkMust(t, err)
	if s.LostHistory(server.Addr, int64(before.LastIndex)) || !s.LostHistory(server.Addr, int64(before.LastIndex)+1000) {
		t.Error("a server is taken for one that lost its history")
	}
	feed, err := kv.Follow(s, "r", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	f.until("listed", func(b kv.Batch) bool { return b.Synced })
	one, err := s.Watch("r/a", nil)
	zkMust(t, err)
	zkAwait(t, "the first value", one, func(p *kv.KVPair) bool { return string(p.Value) == "199" })

	server.Kill()
	zkMust(t, os.RemoveAll(filepath.Join(server.Dir, "data")))
	zkMust(t, server.Restart())
	native := zkNative(t, server.Addr)
	for _, path := range []string{"/r", "/r/a"} {
		_, err = native.Create(path, []byte("new"), 0, zk.WorldACL(zk.PermAll))
		zkMust(t, err)
	}
	f.until("listed again", func(kv.Batch) bool {
		_, ephemeral := f.keys["r/e"]
		return f.state == kv.Live && f.keys["r/a"].Size == 3 && !ephemeral
	})
	if f.missed&kv.Gap == 0 {
		t.Error("the gap is not reported")
	}
	zkAwait(t, "the new value", one, func(p *kv.KVPair) bool { return string(p.Value) == "new" })
	after, err := s.Get("r/a")
	zkMust(t, err)
	if string(after.Value) != "new" || after.LastIndex >= before.LastIndex {
		t.Errorf("%q at %d, where %d was seen before", after.Value, after.LastIndex, before.LastIndex)
	}
	if _, _, err := s.AtomicPut("r/a", []byte("next"), after, nil); err != nil {
		t.Error(err)
	}
	zkMust(t, s.Put("r/e", nil, &kv.WriteOptions{Ephemeral: true}))
	f.until("live", func(kv.Batch) bool { return f.keys["r/a"].Size == 4 && f.keys["r/e"].Flags == kv.Ephemeral })
}
