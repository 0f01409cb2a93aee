package kvtest

import (
	"time"

	"kvist/kv"
)

// Backends returns all backends: what each declares to be able to, its servers and its native
// client. Every test that is about all backends runs on these. A scheme has a row for each kind of
// server that speaks it.
//
// The shortest TTLs are the servers' own: Consul's session_ttl_min, etcd v3's one and a half
// election timeouts, etcd v2's whole second, ZooKeeper's two ticks.
func Backends() []Harness {
	return []Harness{
		{
			Name: "consul", Scheme: "consul", Backend: kv.CONSUL,
			Shared: SharedConsul, Start: StartConsul, Other: SharedEtcd, Client: newConsulClient,
			LeastTTL: 10 * time.Second, Late: 10 * time.Second, // sessions may live twice their TTL
			SlashAtEnd: true,
		},
		{
			Name: "etcd", Scheme: "etcdv2", Backend: kv.ETCD,
			Shared: SharedEtcd, Start: StartEtcd, Other: SharedConsul, Client: newEtcdV2Client,
			LeastTTL: time.Second, Late: time.Second,
			Directories: true, Hidden: true, Text: true, Fair: true,
		},
		{
			Name: "etcdv3", Scheme: "etcdv3", Backend: kv.ETCDV3,
			Shared: SharedEtcd, Start: StartEtcd, Other: SharedConsul, Client: newEtcdV3Client,
			LeastTTL: 2 * time.Second, Late: 2 * time.Second,
			Verbatim: true, SlashAtEnd: true, TellsEach: true, Fair: true,
		},
		{
			Name: "etcdv3-3.7", Scheme: "etcdv3", Backend: kv.ETCDV3,
			Shared: SharedEtcdEmbedded, Start: StartEtcdEmbedded, Other: SharedZooKeeper, Client: newEtcdV3Client,
			LeastTTL: 2 * time.Second, Late: 2 * time.Second,
			Verbatim: true, SlashAtEnd: true, TellsEach: true, Fair: true,
		},
		{
			Name: "zookeeper", Scheme: "zk", Backend: kv.ZK,
			Shared: SharedZooKeeper, Start: StartZooKeeper, Other: SharedEtcd, Client: newZooKeeperClient,
			LeastTTL: 4 * time.Second, Late: 4 * time.Second,
			Directories: true, SelfRenewing: true, Fair: true,
		},
	}
}

// roles are what the test binary can be besides tests, when it is started again as a process of its
// own: a server that is a library, or a client.
func roles() map[string]func(args map[string]string) error {
	return map[string]func(args map[string]string) error{
		etcdRole:   serveEtcd,
		clientRole: holdKeys,
	}
}

// A Client is a store's own client, at the work of others.
type Client interface {
	// Put writes a key, with the folders that it needs.
	Put(key, value string)
	// Get returns the value of a key, and whether there is such a key.
	Get(key string) (value string, ok bool)
	// Delete deletes a key.
	Delete(key string)
	// Fill creates n keys, the faster the better.
	Fill(n int, key func(i int) string, value string)
	// Erase deletes all keys below a folder. The folder may stay.
	Erase(folder string)
	// State returns every key below a folder, with the index of its last change.
	State(folder string) map[string]uint64
}
