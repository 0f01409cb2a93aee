package kv

import (
	"bufio"
	"encoding/binary"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestZookeeperClaimNames(t *testing.T) {
	const hex, uuid = "0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"
	for name, want := range map[string]struct {
		claim      zkClaim
		sequential bool
	}{
		"_c_" + uuid + "-lock-0000000007":              {zkClaim{zkRecipeCurator, "", 7}, true},
		"_c_" + uuid + "-lease-0000000000":             {zkClaim{zkRecipeLease, "", 0}, true},
		"_c_" + uuid + "-latch-0000000012":             {zkClaim{zkRecipeLatch, "", 12}, true},
		"_c_" + uuid + "-__READ__0000000003":           {zkClaim{zkRecipeCuratorRW, "read", 3}, true},
		"_c_" + uuid + "-__WRIT__0000000004":           {zkClaim{zkRecipeCuratorRW, "write", 4}, true},
		"_c_" + hex + "-lock-0000000001":               {zkClaim{zkRecipeGo, "", 1}, true},
		hex + "__lock__0000000002":                     {zkClaim{zkRecipeKazoo, "", 2}, true},
		hex + "__rlock__0000000002":                    {zkClaim{zkRecipeKazooRW, "read", 2}, true},
		"n_2147483647":                                 {zkClaim{"", "", 2147483647}, true},
		"0000000001":                                   {zkClaim{"", "", 1}, true},
		"_c_short-lock-0000000001":                     {zkClaim{"", "", 1}, true},
		"_c_" + hex + "-lock-000000001":                {zkClaim{}, false},
		"release-2024":                                 {zkClaim{}, false},
		"":                                             {zkClaim{}, false},
		"_c_" + hex + "-other-0000000001":              {zkClaim{"", "", 1}, true},
		strings.Repeat("g", 32) + "__lock__0000000002": {zkClaim{"", "", 2}, true},
	} {
		if claim, sequential := parseZkClaim(name); claim != want.claim || sequential != want.sequential {
			t.Errorf("%q: %+v, %v; want %+v, %v", name, claim, sequential, want.claim, want.sequential)
		}
	}
}

func TestZookeeperLockOwner(t *testing.T) {
	claim := "/_c_0123456789abcdef0123456789abcdef-lock-0000000001"
	for node, want := range map[string]string{
		"/locks/l" + claim:           "/locks/l",
		"/a/b" + queueSuffix + claim: "/a/b",
		claim:                        "/",
		"/a/b":                       "",
		"/a/n-0000000001":            "",
	} {
		owner, ok := zkLockOwner(node)
		if owner != want || ok != (want != "") {
			t.Errorf("%q: %q, %v; want %q", node, owner, ok, want)
		}
	}
}

func TestZookeeperPaths(t *testing.T) {
	for key, want := range map[string]string{
		"a": "/a", "/a": "/a", "a/": "/a", "/a/b/": "/a/b", "a b/ä": "/a b/ä", "...": "/...", ".a": "/.a",
	} {
		if got, err := zkPath(key); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", key, got, err, want)
		}
	}
	for _, key := range []string{
		"", "/", "//", "a//b", "//a", "a//", ".", "a/..", "./a", "a/./b", "a\x00b", "a\x1f", "\x7f", "\u0085", "\uf000", "\uf8ff",
		"\ufff0", "\ufffd", "\U0001f600", "\xff",
	} {
		if got, err := zkPath(key); !errors.Is(err, ErrInvalidKey) {
			t.Errorf("%q: %q, %v; want ErrInvalidKey", key, got, err)
		}
	}
}

func TestZookeeperHidden(t *testing.T) {
	for _, c := range []struct {
		root, node string
		want       bool
	}{
		{"/", "/zookeeper", true},
		{"/", "/zookeeper/quota", true},
		{"/zookeeper", "/zookeeper/quota", false},
		{"/", "/a/zookeeper", false},
		{"/", "/a/k" + queueSuffix, true},
		{"/a", "/a/k" + queueSuffix + "/x", true},
		{"/a/k" + queueSuffix, "/a/k" + queueSuffix + "/x", false},
		{"/", "/zookeepers", false},
	} {
		if got := zkHiddenBelow(c.root, c.node); got != c.want {
			t.Errorf("%s below %s: %v", c.node, c.root, got)
		}
	}
}

func TestZookeeperClientLine(t *testing.T) {
	line := " /127.0.0.1:38320[1](queued=0,recved=2,sent=2,sid=0xff00149b350008,lop=GETA,est=1795407491148,to=10000,lcxid=0x1,lzxid=0xfea,lresp=2792805,llat=0,minlat=0,avglat=0,maxlat=1)\n"
	id, client, ok := parseZkClient(line)
	if !ok || id != 0xff00149b350008 || client != (zkClient{"127.0.0.1:38320", 10 * time.Second}) {
		t.Errorf("%x, %+v, %v", id, client, ok)
	}
	id, client, ok = parseZkClient(" /0:0:0:0:0:0:0:1:9[0](queued=0,recved=1,sent=0,sid=0x1,to=1)")
	if !ok || id != 1 || client.address != "0:0:0:0:0:0:0:1:9" {
		t.Errorf("IPv6: %x, %+v, %v", id, client, ok)
	}
	for _, line := range []string{"", "\n", "no parenthesis", " /127.0.0.1:38326[0](queued=0,recved=1,sent=0)"} {
		if _, _, ok := parseZkClient(line); ok {
			t.Errorf("%q is taken for a session", line)
		}
	}
}

func TestZookeeperVersions(t *testing.T) {
	for version, want := range map[string]bool{
		"3.4.14": true, "3.5.9": true, "3.6.0": false, "3.8.0": false, "3.10.1": false, "4.0": false, "2.9": true, "": false, "x": false,
	} {
		if got := zkBefore(version, 6); got != want {
			t.Errorf("%q before 3.6: %v", version, got)
		}
	}
}

// TestZookeeperBatches proves that transactions stay within the packet limit
// for short and for very long paths.
func TestZookeeperBatches(t *testing.T) {
	for _, length := range []int{1, 1000, 400_000, 900_000} {
		removals := slices.Repeat([]zkRemoval{{"/" + strings.Repeat("n", length), -1}}, 500)
		for len(removals) > 0 {
			n := zkBatch(removals)
			bytes := 0
			for _, r := range removals[:n] {
				bytes += len(r.path) + 17 // header, length and version
			}
			if n == 0 || n > zkBatchNodes || n > 1 && bytes > zkBatchBytes {
				t.Fatalf("%d nodes of %d bytes: %d bytes", n, length, bytes)
			}
			removals = removals[n:]
		}
	}
}

func TestZookeeperHostsTakeTurns(t *testing.T) {
	var h zkHosts
	if err := h.Init([]string{"a", "b"}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		server string
		again  bool
	}{{"a", false}, {"b", false}, {"a", true}, {"b", false}, {"a", true}} {
		if server, again := h.Next(); server != want.server || again != want.again {
			t.Errorf("turn %d: %s, %v", i, server, again)
		}
	}
	h.Connected()
	if server, again := h.Next(); server != "b" || again {
		t.Errorf("after a connection: %s, %v", server, again)
	}
}

// TestZookeeperReaderIsBounded feeds the reader of packets what no server
// would send.
func TestZookeeperReaderIsBounded(t *testing.T) {
	for _, b := range [][]byte{nil, {0, 0, 0}, {0, 0, 0, 9, 'a'}, {0x7f, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0, 1}} {
		r := juteReader{rest: b}
		if text := r.string(); text != "" {
			t.Errorf("%v gives %q", b, text)
		}
		_ = r.long()
		if !r.short {
			t.Errorf("%v is long enough", b)
		}
	}
}

// TestZookeeperDirtyNodes: each changed node is read once, in order, and what
// was not told apart is known.
func TestZookeeperDirtyNodes(t *testing.T) {
	type event struct {
		path string
		kind int32
	}
	for name, c := range map[string]struct {
		events    []event
		paths     []string
		coalesced bool
	}{
		"apart":               {[]event{{"/b", zkChanged}, {"/a", zkChanged}}, []string{"/b", "/a"}, false},
		"twice":               {[]event{{"/a", zkChanged}, {"/b", zkChanged}, {"/a", zkChanged}}, []string{"/a", "/b"}, true},
		"created and filled":  {[]event{{"/a", zkCreated}, {"/a", zkChanged}}, []string{"/a"}, false},
		"created and changed": {[]event{{"/a", zkCreated}, {"/a", zkChanged}, {"/a", zkChanged}}, []string{"/a"}, true},
	} {
		var d zkDirty
		for _, e := range c.events {
			d.add(e.path, e.kind)
		}
		paths, coalesced, err := d.take(t.Context())
		if !slices.Equal(paths, c.paths) || coalesced != c.coalesced || err != nil {
			t.Errorf("%s: %v, %v, %v", name, paths, coalesced, err)
		}
		d.add("/z", zkChanged)
		if paths, coalesced, _ = d.take(t.Context()); !slices.Equal(paths, []string{"/z"}) || coalesced {
			t.Errorf("%s, the next time: %v, %v", name, paths, coalesced)
		}
	}
}

// A panic in what is done with an answer is the error of the connection that
// it came over.
func TestZkPipeTurnsAPanicIntoItsError(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	w := &zkWire{conn: client, granted: time.Minute}
	w.in = bufio.NewReader(w)
	s := newZookeeper(nil, nil)
	p := s.newPipe(w, func(zkEvent) { panic("odd") })
	var event juteWriter
	event.int(zkXidEvent)
	event.long(0)
	event.int(0)
	event.int(zkChanged)
	event.int(0)
	event.string("/a")
	if _, err := server.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(event))), event...)); err != nil {
		t.Fatal(err)
	}
	<-p.done
	if err := s.fail("follow", "a", p.broken()); !isPanic(err) || !errors.Is(err, ErrBadAnswer) {
		t.Error(err)
	}
	p.close()
}
