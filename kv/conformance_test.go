package kv_test

import (
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// harnesses are the backends with what they declare. The shortest TTLs are
// the servers' own: Consul's session_ttl_min, etcd v3's one and a half
// election timeouts, etcd v2's whole second, ZooKeeper's two ticks.
func harnesses() []kvtest.Harness {
	return []kvtest.Harness{
		{
			Name: "consul", Backend: kv.CONSUL,
			Shared: kvtest.SharedConsul, Other: kvtest.SharedEtcd,
			Start:    func(t testing.TB) *kvtest.Server { return kvtest.StartConsul(t) },
			LeastTTL: 10 * time.Second, Late: 10 * time.Second, // sessions may live twice their TTL
			Verbatim: false,
		},
		{
			Name: "etcd", Backend: kv.ETCD,
			Shared: kvtest.SharedEtcd, Other: kvtest.SharedConsul,
			Start:    func(t testing.TB) *kvtest.Server { return kvtest.StartEtcd(t) },
			LeastTTL: time.Second, Late: time.Second,
			Directories: true, Hidden: true, Text: true, Fair: true,
		},
		{
			Name: "etcdv3", Backend: kv.ETCDV3,
			Shared: kvtest.SharedEtcd, Other: kvtest.SharedConsul,
			Start:    func(t testing.TB) *kvtest.Server { return kvtest.StartEtcd(t) },
			LeastTTL: 2 * time.Second, Late: 2 * time.Second,
			Verbatim: true, TellsEach: true, Fair: true,
		},
		{
			Name: "etcdv3-3.7", Backend: kv.ETCDV3,
			Shared: kvtest.SharedEtcdEmbedded, Other: kvtest.SharedZooKeeper,
			Start:    kvtest.StartEtcdEmbedded,
			LeastTTL: 2 * time.Second, Late: 2 * time.Second,
			Verbatim: true, TellsEach: true, Fair: true,
		},
		{
			Name: "zookeeper", Backend: kv.ZK,
			Shared: kvtest.SharedZooKeeper, Other: kvtest.SharedEtcd,
			Start:    func(t testing.TB) *kvtest.Server { return kvtest.StartZooKeeper(t) },
			LeastTTL: 4 * time.Second, Late: 4 * time.Second,
			Directories: true, SelfRenewing: true, Fair: true,
		},
	}
}

// TestConformance proves the contract of package kv on each backend.
func TestConformance(t *testing.T) {
	for _, h := range harnesses() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			kvtest.Run(t, h)
		})
	}
}

// TestConformanceLeaks comes on its own: it counts goroutines.
func TestConformanceLeaks(t *testing.T) {
	for _, h := range harnesses() {
		t.Run(h.Name, func(t *testing.T) { kvtest.RunLeaks(t, h) })
	}
}
