package kv_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Every store refuses a TTL that it does not grant with an error that names
// the shortest and the longest.
func TestInvalidTTLNamesWhatIsGranted(t *testing.T) {
	for _, c := range []struct {
		backend kv.Backend
		addr    string
		ttls    map[time.Duration]string
	}{
		{kv.CONSUL, kvtest.SharedConsul(t).Addr, map[time.Duration]string{
			2 * time.Second: "a TTL of 2s is not granted: it must be at least 10s and at most 24h0m0s",
			25 * time.Hour:  "a TTL of 25h0m0s is not granted: it must be at least 10s and at most 24h0m0s",
		}},
		{kv.ETCD, kvtest.SharedEtcd(t).Addr, map[time.Duration]string{
			time.Millisecond: "a TTL of 1ms is not granted: it must be at least 1s, and has no upper limit",
		}},
		{kv.ETCDV3, kvtest.SharedEtcd(t).Addr, map[time.Duration]string{
			time.Millisecond: "a TTL of 1ms is not granted: it must be at least 2s and at most 2500000h0m0s",
		}},
		{kv.ZK, kvtest.SharedZooKeeper(t).Addr, map[time.Duration]string{
			2 * time.Second: "a TTL of 2s is not granted: it must be at least 4s and at most 40s",
			time.Hour:       "a TTL of 1h0m0s is not granted: it must be at least 4s and at most 40s",
		}},
	} {
		for ttl, sentence := range c.ttls {
			s, err := kv.NewStore(c.backend, []string{c.addr}, &kv.Config{EphemeralTTL: ttl})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			err = s.Put("ttl", nil, &kv.WriteOptions{Ephemeral: true})
			if !errors.Is(err, kv.ErrInvalidTTL) || !strings.Contains(err.Error(), sentence) {
				t.Errorf("%s: an ephemeral key with %s: %v", c.backend, ttl, err)
			}
			lock, err := s.NewLock("ttl", &kv.LockOptions{TTL: ttl})
			if err == nil {
				_, err = lock.Lock()
			}
			if !errors.Is(err, kv.ErrInvalidTTL) || !strings.Contains(err.Error(), sentence) {
				t.Errorf("%s: a lock with %s: %v", c.backend, ttl, err)
			}
		}
	}
}
