package tui

import (
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A name that no listing will show is reported while it is typed, before there is
// anything to save.
func TestAHiddenNameIsToldBefore(t *testing.T) {
	for _, c := range []struct {
		backend             kv.Backend
		server              func(testing.TB) *kvtest.Server
		name, said, instead string
	}{
		{kv.ETCD, kvtest.SharedEtcd, "web/_token", "it will not be in the tree: etcd leaves names that begin with _", "a name that ends in / makes a folder"},
		{kv.ZK, kvtest.SharedZooKeeper, "zookeeper/config-of-mine", "/zookeeper is the server's own", ""},
	} {
		t.Run(string(c.backend), func(t *testing.T) {
			store, err := kv.NewStore(c.backend, []string{c.server(t).Addr}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(store.Close)
			d := drive(t, store, Options{Address: string(c.backend)}, 100, 30)
			d.await("the listing", func() bool { return d.m.feed.ready })
			d.press("a", "ctrl+u", "ctrl+u")
			d.typing(c.name)
			d.sees(c.said)
			if c.instead == "" {
				return
			}
			for range c.name {
				d.press("backspace")
			}
			d.sees(c.instead)
		})
	}
}
