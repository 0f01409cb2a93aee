package kv_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// v3Servers starts one etcd of each kind.
func v3Servers(t *testing.T) map[string]*kvtest.Server {
	return map[string]*kvtest.Server{"3.4": kvtest.StartEtcd(t), "3.7": kvtest.StartEtcdEmbedded(t)}
}

// Keys in an open folder are known, those in a closed one are not, also after it was open.
func TestEtcdV3LevelsFollowWhatIsOpen(t *testing.T) {
	t.Parallel()
	for name, server := range v3Servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native := v3Native(t, server, "", "")
			put := func(key, value string) { v3NativePut(t, native, key, value) }
			for _, key := range []string{"p/a", "p/a/x", "p/a/b/y", "p/c/z", "p//odd", "p/d/", "p/d-e", "pp", "/rooted/k"} {
				put(key, key)
			}
			p := scopedFeed(t, kv.ETCDV3, server.Addr, "p", 1)
			folders := []string{"p/", "p/a", "p/c", "p/d"}
			p.until("the uppermost level", func() bool { return p.shows(folders, "p/a", "p/d-e") && p.last.Partial })
			if p.last.Memory != 1 {
				t.Errorf("it may take %d bytes", p.last.Memory)
			}
			p.feed.Scope([]string{"p/a"})
			p.until("a folder", func() bool { return p.shows([]string{"p/", "p/a/b", "p/c", "p/d"}, "p/a", "p/a/x", "p/d-e") })
			p.feed.Scope([]string{"p/a", "p/a/b"})
			p.until("one in it", func() bool { return p.shows([]string{"p/", "p/c", "p/d"}, "p/a", "p/a/b/y", "p/a/x", "p/d-e") })
			if p.news > 0 || p.missed != 0 {
				t.Errorf("%d changes were told, and %v missed", p.news, p.missed)
			}
			put("p/a/b/y", "longer")
			p.until("a change in it", func() bool { return p.keys["p/a/b/y"].Size == 6 })
			put("p/c/elsewhere", "")
			put("p/new/deep/k", "")
			p.until("a new folder", func() bool { return p.folders["p/new"] })
			if p.news != 2 {
				t.Errorf("%d changes were told", p.news)
			}
			p.feed.Scope([]string{"p/a/b"}) // whose parent is closed
			p.until("all closed", func() bool { return p.shows([]string{"p/", "p/a", "p/c", "p/d", "p/new"}, "p/a", "p/d-e") })
			p.feed.Scope([]string{"p/", "p/d", "p/new", "p/new/deep"})
			p.until("odd folders", func() bool {
				return p.shows([]string{"p/a", "p/c"}, "p//odd", "p/a", "p/d-e", "p/d/", "p/new/deep/k")
			})
			v3NativeDelete(t, native, "p/new/deep/k")
			v3NativeDelete(t, native, "p/a/x")
			v3NativeDelete(t, native, "p/a/b/y") // in a closed folder
			v3NativeDelete(t, native, "p/c/z")   // in a folder where another key is left
			p.until("deletions", func() bool { return p.shows([]string{"p/c"}, "p//odd", "p/a", "p/d-e", "p/d/") })

			root := scopedFeed(t, kv.ETCDV3, server.Addr, "", 1, "")
			root.until("the root", func() bool { return root.shows([]string{"/rooted", "p"}, "pp") })
		})
	}
}

// Whatever comes and goes while folders are opened and closed, the feed ends up exact.
func TestEtcdV3LevelsEndExact(t *testing.T) {
	t.Parallel()
	for name, server := range v3Servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native := v3Native(t, server, "", "")
			random := rand.New(rand.NewPCG(1, 2))
			key := func() string {
				key := "p"
				for range 1 + random.IntN(3) {
					key += "/" + string(rune('a'+random.IntN(4)))
				}
				return key
			}
			v3NativePut(t, native, "p/a/a/a", "")
			p := scopedFeed(t, kv.ETCDV3, server.Addr, "p", 1)
			for step := range 300 {
				ops := map[string]clientv3.Op{}
				for range 1 + random.IntN(6) {
					key := key()
					switch random.IntN(5) {
					case 0:
						ops = map[string]clientv3.Op{key: clientv3.OpDelete(key+"/", clientv3.WithPrefix())}
					case 1:
						ops[key] = clientv3.OpDelete(key)
					default:
						ops[key] = clientv3.OpPut(key, fmt.Sprint(step))
					}
				}
				for _, op := range ops {
					if _, err := native.Do(t.Context(), op); err != nil {
						t.Fatal(err)
					}
				}
				if step%3 == 0 {
					var open []string
					for range random.IntN(8) {
						open = append(open, key())
					}
					p.feed.Scope(open)
				}
				for p.pull(time.Duration(random.IntN(5)) * time.Millisecond) {
				}
			}
			var open []string
			for _, a := range []string{"/a", "/b", "/c", "/d"} {
				open = append(open, "p"+a)
				for _, b := range []string{"/a", "/b", "/c", "/d"} {
					open = append(open, "p"+a+b)
				}
			}
			resp, err := native.Get(t.Context(), "p/", clientv3.WithPrefix())
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]uint64{}
			for _, kv := range resp.Kvs {
				there[string(kv.Key)] = uint64(kv.ModRevision)
			}
			for _, open := range [][]string{open, nil, {"p/a", "p/b", "p/b/a", "p/b/c"}, open} {
				p.exact(there, "p/", open, false)
			}
			if p.missed&^kv.Coalesced != 0 {
				t.Errorf("missed %v", p.missed)
			}
		})
	}
}

// A level comes in full and once, however its names are spread and however much is below its
// folders. If it does not fit, the feed reports that.
func TestEtcdV3LevelsOfManyNames(t *testing.T) {
	t.Parallel()
	for name, server := range v3Servers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			native := v3Native(t, server, "", "")
			random := rand.New(rand.NewPCG(3, 4))
			var want, folders []string
			var puts []clientv3.Op
			put := func(key string) { puts = append(puts, clientv3.OpPut(key, "v")) }
			for _, name := range []string{"0", "A", "Zz", "\x00", "\xff", "\xff\xff", "é", "~", "a", "a-b", "a0", "ab", "日本"} {
				want = append(want, "p/f/"+name)
				put("p/f/" + name)
				put("p/f/" + name + "/x/y")
				folders = append(folders, "p/f/"+name)
			}
			for i := range 300 {
				name := fmt.Sprintf("p/f/k%x%03d", random.Uint32N(1<<(8+i%20)), i)
				want = append(want, name)
				put(name)
				if i%3 == 0 {
					folders = append(folders, name)
					for j := range 1 + random.IntN(20) {
						put(fmt.Sprintf("%s/%d", name, j))
					}
				}
			}
			for chunk := range slices.Chunk(puts, 128) {
				if _, err := native.Txn(t.Context()).Then(chunk...).Commit(); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(want)
			slices.Sort(folders)
			p := scopedFeed(t, kv.ETCDV3, server.Addr, "p", 64<<10, "p/f")
			p.until("the level", func() bool { return p.last.Partial && p.shows(folders, want...) })
			if p.last.Err != nil || p.last.Total != 0 && p.last.Total != len(puts) {
				t.Errorf("%v, of %d keys", p.last.Err, p.last.Total)
			}
			p = scopedFeed(t, kv.ETCDV3, server.Addr, "p", 20<<10, "p/f")
			p.until("a part of the level", func() bool { return p.last.State == kv.Live && p.last.Err != nil })
			if n := len(p.keys); !errors.Is(p.last.Err, kv.ErrPartly) || n < 100 || n >= len(want) || !strings.Contains(p.last.Err.Error(), "p/f/") {
				t.Errorf("%d keys, %v", n, p.last.Err)
			}
			first, last := slices.Min(slices.Collect(maps.Keys(p.keys))), "p/f/\xff\xff"
			v3NativePut(t, native, last, "longer") // it is not shown
			v3NativePut(t, native, first, "longer")
			p.until("a change of what is shown", func() bool { return p.keys[first].Size == 6 })
			if _, shown := p.keys[last]; shown {
				t.Error("a key behind those shown came with a change")
			}
			p.feed.Scope(nil)
			p.until("its end", func() bool { return p.last.Err == nil && p.shows([]string{"p/f"}) })
		})
	}
}

func v3NativePut(t *testing.T, native *clientv3.Client, key, value string) {
	t.Helper()
	if _, err := native.Put(t.Context(), key, value); err != nil {
		t.Fatal(err)
	}
}

func v3NativeDelete(t *testing.T, native *clientv3.Client, key string) {
	t.Helper()
	if _, err := native.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}
