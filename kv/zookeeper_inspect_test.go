package kv_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Health and Meta report what the server and its stat structure hold.
func TestZookeeperHealthAndMeta(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, prefix := zkOpen(t, server.Addr, nil), zkPrefix()
	health, err := s.Health(context.Background())
	want := kv.Health{Server: "ZooKeeper 3.8.0", Leader: server.Addr, Members: 1, Healthy: true, Note: "standalone"}
	if err != nil || health != want {
		t.Errorf("%+v, %v; want %+v", health, err, want)
	}
	before := time.Now().Add(-time.Second)
	zkMust(t, s.Put(prefix+"/a", []byte("12"), nil))
	zkMust(t, s.Put(prefix+"/a", []byte("123"), nil))
	meta, err := s.Meta(context.Background(), prefix+"/a")
	zkMust(t, err)
	pair, err := s.Get(prefix + "/a")
	zkMust(t, err)
	if meta.Size != 3 || meta.Version != 1 || meta.Modified != pair.LastIndex || meta.Created >= meta.Modified ||
		meta.CreatedAt.Before(before) || meta.Left >= 0 || !slices.Equal(meta.ACL, []string{"world:anyone:cdrwa"}) {
		t.Errorf("%+v", meta)
	}
	native := zkNative(t, server.Addr)
	acl := append(zk.DigestACL(zk.PermRead|zk.PermWrite, "alice", "secret"), zk.WorldACL(zk.PermRead)...)
	_, err = native.Create("/"+prefix+"/e", nil, zk.FlagEphemeral, acl)
	zkMust(t, err)
	meta, err = s.Meta(context.Background(), prefix+"/e")
	zkMust(t, err)
	if !meta.Ephemeral || meta.Owner != zkSession(native) || !strings.HasPrefix(meta.OwnerName, "127.0.0.1:") || meta.TTL != 10*time.Second ||
		!slices.Equal(meta.ACL, []string{"digest:alice:rw", "world:anyone:r"}) {
		t.Errorf("of an ephemeral node: %+v", meta)
	}
	if _, err := s.Meta(context.Background(), prefix+"/b"); !errors.Is(err, kv.ErrKeyNotFound) {
		t.Error(err)
	}
}

// The health of a server that is gone is an error.
func TestZookeeperHealthWithoutAServer(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	server.Kill()
	if health, err := s.Health(context.Background()); err == nil || !errors.Is(err, kv.ErrNotReachable) {
		t.Errorf("%+v, %v", health, err)
	}
}
