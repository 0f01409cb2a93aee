package kv_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// TestZookeeperWithoutRecursiveWatches runs the feed and WatchTree against
// servers that answer the way those before 3.6 do.
func TestZookeeperWithoutRecursiveWatches(t *testing.T) {
	for name, answer := range map[string]bool{"that say so": true, "that hang up": false} {
		t.Run(name, func(t *testing.T) {
			s := zkOpen(t, zkOldServer(t, kvtest.SharedZooKeeper(t).Addr, answer), nil)
			prefix := zkPrefix()
			zkMust(t, s.Put(prefix+"/a/b", []byte("1"), nil))
			feed, err := kv.Follow(s, prefix)
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

func TestZookeeperWatchBudget(t *testing.T) {
	s := zkOpen(t, zkOldServer(t, kvtest.SharedZooKeeper(t).Addr, true), &kv.Config{WatchBudget: 10})
	prefix := zkPrefix()
	for i := range 20 {
		zkMust(t, s.Put(fmt.Sprintf("%s/%d", prefix, i), nil, nil))
	}
	feed, err := kv.Follow(s, prefix)
	zkMust(t, err)
	defer feed.Close()
	f := zkReader(t, feed)
	b := f.until("the notice", func(b kv.Batch) bool { return b.State == kv.Live && b.Err != nil })
	if !strings.Contains(b.Err.Error(), "budget of 10 watches") || len(f.keys) != 20 {
		t.Errorf("%v, %d keys", b.Err, len(f.keys))
	}
	zkMust(t, s.Put(prefix+"/new", nil, nil)) // the names below the prefix are watched first
	f.until("a new key", func(kv.Batch) bool { _, ok := f.keys[prefix+"/new"]; return ok })
}

// zkOldServer stands before a real server and treats the operation that sets
// recursive watches as servers before 3.6 do: it answers, or not, that it
// does not know it, and drops the connection. It calls itself 3.5.9.
func zkOldServer(t *testing.T, genuine string, answer bool) string {
	return zkListener(t, func(client net.Conn) {
		server, err := net.Dial("tcp", genuine)
		if err != nil {
			client.Close()
			return
		}
		t.Cleanup(func() { server.Close() })
		go zkOldAnswers(server, client)
		go zkOldRequests(client, server, answer)
	})
}

// zkOldAnswers copies what the server says, but for its version.
func zkOldAnswers(server, client net.Conn) {
	defer client.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		if err != nil {
			return
		}
		text := strings.Replace(string(buffer[:n]), "Zookeeper version: 3.8.0", "Zookeeper version: 3.5.9", 1)
		if _, err := io.WriteString(client, text); err != nil {
			return
		}
	}
}

// zkOldRequests copies packets until one asks for a recursive watch.
func zkOldRequests(client, server net.Conn, answer bool) {
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
		if !first && binary.BigEndian.Uint32(packet[4:]) == 106 {
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
