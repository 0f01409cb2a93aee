package undo_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// Undoing a write of one key costs at most one round trip more than the write did, that
// of reading the key: once for the question, and once more before the answer is carried
// out. (ZooKeeper reads a key by two requests that are sent together.)
func TestUndoCostsOneReadingMoreThanASave(t *testing.T) {
	for _, h := range []struct {
		backend kv.Backend
		server  func(testing.TB) *kvtest.Server
		count   func(testing.TB, *kvtest.Server) (addr string, requests func() int)
	}{
		{kv.CONSUL, kvtest.SharedConsul, countHTTP},
		{kv.ETCD, kvtest.SharedEtcd, countHTTP},
		{kv.ETCDV3, kvtest.SharedEtcd, countCalls},
		{kv.ZK, kvtest.SharedZooKeeper, countFrames},
	} {
		t.Run(string(h.backend), func(t *testing.T) {
			addr, requests := h.count(t, h.server(t))
			bare, err := kv.NewStore(h.backend, []string{addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
			require.NoError(t, err)
			defer bare.Close()
			j := journal.New(t.TempDir(), journal.Store{Backend: "test"}, journal.Options{})
			defer j.Close()
			s := kv.Recorded(bare, &journal.Recorder{Journal: j})
			key := fmt.Sprintf("trips-%d", time.Now().UnixNano())
			require.NoError(t, s.Put(key, []byte("1"), nil))
			pair, err := s.Get(key)
			require.NoError(t, err)

			before := requests()
			_, err = kv.ReadNodes(t.Context(), s, []string{key}, func(*kv.Node) {})
			require.NoError(t, err)
			reading := requests() - before
			require.NotZero(t, reading)

			before = requests()
			_, _, err = s.AtomicPut(key, []byte("2"), pair, nil)
			require.NoError(t, err)
			save := requests() - before
			require.NotZero(t, save)

			before = requests()
			e, err := undo.Last(j, "", nil)
			require.NoError(t, err)
			u := undo.Undo{Store: s, Journal: j, Entry: e}
			_, err = u.Preview(t.Context())
			require.NoError(t, err)
			did, err := u.Run(t.Context())
			require.NoError(t, err)
			require.Equal(t, 1, did.Restored)
			took := requests() - before
			require.LessOrEqual(t, took, save+reading, "a save takes %d, a reading %d", save, reading)
			t.Logf("requests: %d for a save, %d for undoing it", save, took)
		})
	}
}

// countHTTP counts the requests that pass a proxy.
func countHTTP(t testing.TB, server *kvtest.Server) (string, func() int) {
	t.Helper()
	var n atomic.Int64
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server.Addr})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.Listener.Addr().String(), func() int { return int(n.Load()) }
}

// countCalls counts the calls that an etcd says it has answered.
func countCalls(t testing.TB, server *kvtest.Server) (string, func() int) {
	t.Helper()
	return server.Addr, func() int {
		answer, err := http.Get(server.Metrics) //nolint:noctx // a server of the test
		require.NoError(t, err)
		defer answer.Body.Close()
		calls := 0
		for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
			name, n, _ := strings.Cut(lines.Text(), "} ")
			if strings.HasPrefix(name, "grpc_server_started_total{") && strings.Contains(name, `"unary"`) {
				of, err := strconv.Atoi(n)
				require.NoError(t, err)
				calls += of
			}
		}
		return calls
	}
}

// countFrames counts the requests of ZooKeeper clients that pass a proxy, without the
// pings, whose numbers are below 0, and the handshakes, which have none.
func countFrames(t testing.TB, server *kvtest.Server) (string, func() int) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var n atomic.Int64
	var open sync.WaitGroup
	t.Cleanup(func() {
		listener.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			back, err := net.Dial("tcp", server.Addr) //nolint:noctx // a server of the test
			if err != nil {
				client.Close()
				continue
			}
			open.Go(func() { _, _ = io.Copy(client, back); client.Close() })
			open.Go(func() { passFrames(back, client, &n); back.Close() })
		}
	})
	return listener.Addr().String(), func() int { return int(n.Load()) }
}

// passFrames passes what a client sends, and counts its requests.
func passFrames(to io.Writer, from io.Reader, n *atomic.Int64) {
	for first := true; ; first = false {
		var head [8]byte // the length, and the number of the request
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		if !first && int32(binary.BigEndian.Uint32(head[4:])) >= 0 {
			n.Add(1)
		}
		if _, err := to.Write(head[:]); err != nil {
			return
		}
		if _, err := io.CopyN(to, from, int64(binary.BigEndian.Uint32(head[:4]))-4); err != nil {
			return
		}
	}
}
