package kv_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// A feed and WatchTree follow servers that answer as those before 3.6 do.
func TestZookeeperWithoutRecursiveWatches(t *testing.T) {
	for name, answer := range map[string]bool{"that say so": true, "that hang up": false} {
		t.Run(name, func(t *testing.T) {
			s := zkOpen(t, zkOldServer(t, kvtest.SharedZooKeeper(t).Addr, answer), nil)
			prefix := zkPrefix()
			zkMust(t, s.Put(prefix+"/a/b", []byte("1"), nil))
			feed, err := kv.Follow(s, prefix, kv.FollowOptions{})
			zkMust(t, err)
			defer feed.Close()
			tree, err := s.WatchTree(prefix, nil)
			zkMust(t, err)
			f := zkReader(t, feed)
			f.until("listed", func(b kv.Batch) bool { return b.Synced })
			if got := f.sorted(); !slices.Equal(got, []string{prefix + "/a", prefix + "/a/b"}) {
				t.Fatalf("listed %q", got)
			}
			zkAwait(t, "the tree", tree, func(pairs []*kv.KVPair) bool { return len(pairs) == 2 })
			for i := 2; i < 5; i++ { // a watch is set again after each change
				zkMust(t, s.Put(prefix+"/a/b", make([]byte, i), nil))
				f.until("a change", func(kv.Batch) bool { return f.keys[prefix+"/a/b"].Size == i })
			}
			zkMust(t, s.Put(prefix+"/c/d/e", []byte("1"), nil))
			f.until("new keys", func(kv.Batch) bool { return f.keys[prefix+"/c/d/e"].Size == 1 })
			zkMust(t, s.Put(prefix+"/c/d/e/f", []byte("22"), nil))
			f.until("a key below a leaf", func(kv.Batch) bool { return f.keys[prefix+"/c/d/e/f"].Size == 2 })
			zkMust(t, s.DeleteTree(prefix+"/c"))
			f.until("deletions", func(kv.Batch) bool { return len(f.keys) == 2 })
			zkMust(t, s.DeleteTree(prefix))
			f.until("all gone", func(kv.Batch) bool { return len(f.keys) == 0 })
			zkMust(t, s.Put(prefix+"/again", []byte("1"), nil))
			f.until("the prefix again", func(kv.Batch) bool { return f.keys[prefix+"/again"].Size == 1 })
			zkAwait(t, "the last tree", tree, func(pairs []*kv.KVPair) bool { return len(pairs) == 1 && pairs[0].Key == prefix+"/again" })
		})
	}
}

// Watches go to open folders first, and are never more than the budget, by the server's own count.
func TestZookeeperWatchBudget(t *testing.T) {
	const budget = 16
	for _, version := range []string{"3.5.9", "3.4.14"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			server := kvtest.StartZooKeeper(t)
			s := zkOpen(t, zkOldServerOf(t, server.Addr, version, true), &kv.Config{WatchBudget: budget})
			native := zkNative(t, server.Addr)
			for _, folder := range []string{"a", "b"} {
				for i := range 10 {
					zkMust(t, s.Put(fmt.Sprintf("p/%s/%d", folder, i), nil, nil))
				}
			}
			feed, err := kv.Follow(s, "p", kv.FollowOptions{})
			zkMust(t, err)
			defer feed.Close()
			f := zkReader(t, feed)
			within := func(b kv.Batch) bool {
				if n := zkWatchCount(t, server.Addr); n > budget || b.Watches > budget {
					t.Fatalf("%d watches on the server, %d reported, of %d", n, b.Watches, budget)
				}
				return true
			}
			b := f.until("the listing", func(b kv.Batch) bool { return b.Synced })
			if len(f.keys) != 22 {
				t.Fatalf("%d keys", len(f.keys))
			}
			if b.Watches != budget {
				b = f.until("the watches", func(b kv.Batch) bool { return b.Watches == budget })
			}
			if n := zkWatchCount(t, server.Addr); !b.Partial || b.Budget != budget || n != budget || b.Err != nil {
				t.Errorf("%+v, %d watches on the server", b, n)
			}
			_, err = native.Set("/p/b/0", []byte("22"), -1) // beyond the budget
			zkMust(t, err)
			feed.(kv.Scoped).Scope([]string{"p/b"})
			if version == "3.4.14" { // which sets a watch elsewhere only after it has fired
				for i := range 10 {
					_, err = native.Set(fmt.Sprintf("/p/a/%d", i), []byte("1"), -1)
					zkMust(t, err)
				}
			}
			f.until("what changed before it was opened", func(b kv.Batch) bool {
				return within(b) && f.keys["p/b/0"].Size == 2
			})
			for i := range 8 {
				_, err = native.Set(fmt.Sprintf("/p/b/%d", i), []byte("333"), -1)
				zkMust(t, err)
			}
			_, err = native.Create("/p/b/new", nil, 0, zk.WorldACL(zk.PermAll))
			zkMust(t, err)
			f.until("changes in what is open", func(b kv.Batch) bool {
				_, ok := f.keys["p/b/new"]
				return within(b) && ok && f.keys["p/b/0"].Size == 3 && (version == "3.4.14" || f.keys["p/b/7"].Size == 3)
			})
			feed.(kv.Scoped).Scope(nil)
			_, err = native.Create("/p/c", nil, 0, zk.WorldACL(zk.PermAll))
			zkMust(t, err)
			f.until("the prefix goes on being watched", func(b kv.Batch) bool { _, ok := f.keys["p/c"]; return within(b) && ok })
		})
	}
}

// A server since 3.6 holds one watch for a feed, however many keys there are.
func TestZookeeperRecursiveWatchIsOne(t *testing.T) {
	t.Parallel()
	server := kvtest.StartZooKeeper(t)
	s := zkOpen(t, server.Addr, nil)
	for i := range 50 {
		zkMust(t, s.Put(fmt.Sprintf("p/%d/x", i), nil, nil))
	}
	feed, err := kv.Follow(s, "p", kv.FollowOptions{})
	zkMust(t, err)
	defer feed.Close()
	b := zkReader(t, feed).until("listed", func(b kv.Batch) bool { return b.Synced })
	// The server counts a recursive watch twice: as one of data and as one of names.
	if n := zkWatchCount(t, server.Addr); n != 2 || b.Partial || b.Budget != 0 {
		t.Errorf("%d watches on the server; %+v", n, b)
	}
	before := zkStatistic(t, server.Addr, "zk_packets_received")
	time.Sleep(2 * time.Second)
	// Two sessions are pinged every third of ten seconds, and the figure is asked for.
	if n := zkStatistic(t, server.Addr, "zk_packets_received") - before; n > 3 {
		t.Errorf("%d packets came in two idle seconds", n)
	}
	if n := zkStatistic(t, server.Addr, "zk_num_alive_connections"); n != 3 {
		t.Errorf("%d connections, want the store's, the feed's and this one", n)
	}
}

// zkWatchCount returns how many watches a server reports.
func zkWatchCount(t *testing.T, addr string) int {
	t.Helper()
	return zkStatistic(t, addr, "zk_watch_count")
}

// zkStatistic returns one of the figures that a server answers to mntr.
func zkStatistic(t *testing.T, addr, name string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	zkMust(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "mntr")
	zkMust(t, err)
	text, err := io.ReadAll(conn)
	zkMust(t, err)
	for line := range strings.Lines(string(text)) {
		if word, value, _ := strings.Cut(strings.TrimSpace(line), "\t"); word == name {
			n, err := strconv.Atoi(value)
			zkMust(t, err)
			return n
		}
	}
	t.Fatalf("%s is not in %s", name, text)
	return 0
}

// zkOldServer stands before a real server and treats the operation that sets recursive watches as
// servers before 3.6 do: it drops the connection, and answers before, if answer is true, that it
// does not know the operation. It calls itself 3.5.9.
func zkOldServer(t *testing.T, genuine string, answer bool) string {
	return zkOldServerOf(t, genuine, "3.5.9", answer)
}

// zkOldServerOf is zkOldServer with another version. Before 3.5 watches cannot be removed either.
func zkOldServerOf(t *testing.T, genuine, version string, answer bool) string {
	unknown := []uint32{106}
	if strings.HasPrefix(version, "3.4.") {
		unknown = append(unknown, 18)
	}
	return zkListener(t, func(client net.Conn) {
		server, err := net.Dial("tcp", genuine)
		if err != nil {
			client.Close()
			return
		}
		t.Cleanup(func() { server.Close() })
		go zkOldAnswers(server, client, version)
		go zkOldRequests(client, server, unknown, answer)
	})
}

// zkOldAnswers copies the server's answers, but for its version.
func zkOldAnswers(server, client net.Conn, version string) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		text := strings.Replace(string(buffer[:n]), "Zookeeper version: 3.8.0", "Zookeeper version: "+version, 1)
		if _, err := io.WriteString(client, text); err != nil {
			return
		}
	}
}

// zkOldRequests copies packets until one asks for an unknown operation.
func zkOldRequests(client, server net.Conn, unknown []uint32, answer bool) {
	defer server.Close()
	var head [4]byte
	for first := true; ; first = false {
		if _, err := io.ReadFull(client, head[:]); err != nil {
			return
		}
		if first && string(head[:]) == "srvr" {
			_, _ = server.Write(head[:])
			_, _ = io.Copy(server, client)
			return
		}
		packet := make([]byte, binary.BigEndian.Uint32(head[:]))
		if _, err := io.ReadFull(client, packet); err != nil {
			return
		}
		if !first && slices.Contains(unknown, binary.BigEndian.Uint32(packet[4:])) {
			if answer {
				refusal := append([]byte{0, 0, 0, 16}, packet[:4]...) // xid
				refusal = append(refusal, make([]byte, 8)...)         // zxid
				_, _ = client.Write(append(refusal, 0xff, 0xff, 0xff, 0xfa))
			}
			return
		}
		if _, err := server.Write(append(head[:], packet...)); err != nil {
			return
		}
	}
}
