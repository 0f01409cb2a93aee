package kv_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// idleTime is how long a feed is left idle to count its requests.
const idleTime = 2 * time.Second

// By the server's own count, an idle feed is one watch on one stream, and
// sends no requests.
func TestIdleFeedIsOneWatch(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"etcd 3.4": kvtest.StartEtcd,
		"etcd 3.7": kvtest.StartEtcdEmbedded,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := start(t)
			idleFeed(t, kv.ETCDV3, server.Addr)
			require.InDelta(t, 1, metric(t, server.Addr, "etcd_debugging_mvcc_watcher_total"), 0)
			require.InDelta(t, 1, metric(t, server.Addr, "etcd_debugging_mvcc_watch_stream_total"), 0)
			asked := metric(t, server.Addr, "grpc_server_started_total")
			require.Positive(t, asked)
			time.Sleep(idleTime)
			require.InDelta(t, asked, metric(t, server.Addr, "grpc_server_started_total"), 0, "requests in %v", idleTime)
			require.InDelta(t, 1, metric(t, server.Addr, "etcd_debugging_mvcc_watcher_total"), 0)
		})
	}
}

// Over the v2 API an idle feed is one long poll.
func TestIdleFeedIsOnePoll(t *testing.T) {
	t.Parallel()
	server := kvtest.StartEtcd(t)
	idleFeed(t, kv.ETCD, server.Addr)
	before := storeStats(t, server.Addr)
	for end := time.Now().Add(10 * time.Second); before["watchers"] == 0 && time.Now().Before(end); before = storeStats(t, server.Addr) {
		time.Sleep(10 * time.Millisecond) // the poll begins when the listing has ended
	}
	require.InDelta(t, 1, before["watchers"], 0)
	time.Sleep(idleTime)
	require.Equal(t, before, storeStats(t, server.Addr), "after %v", idleTime)
}

// idleFeed opens a feed of a few keys and reads until it is live.
func idleFeed(t *testing.T, backend kv.Backend, addr string) {
	t.Helper()
	s, err := kv.NewStore(backend, []string{addr}, nil)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	for i := range 20 {
		require.NoError(t, s.Put(fmt.Sprintf("idle/%d/key", i), []byte("value"), nil))
	}
	feed, err := kv.Follow(s, "idle", kv.FollowOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, feed.Close()) })
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for live := false; !live; {
		b, err := feed.Next(ctx)
		require.NoError(t, err)
		live = b.Synced
	}
	require.NoError(t, s.Put("idle/last", []byte("value"), nil)) // the watch reports it
	for told := false; !told; {
		b, err := feed.Next(ctx)
		require.NoError(t, err)
		for _, e := range b.Events {
			told = told || e.Key == "idle/last"
		}
	}
}

// metric returns one of etcd's metrics, summed over its labels.
func metric(t *testing.T, addr, name string) float64 {
	t.Helper()
	answer, err := http.Get("http://" + addr + "/metrics")
	require.NoError(t, err)
	defer answer.Body.Close()
	sum, found := 0.0, false
	lines := bufio.NewScanner(answer.Body)
	for lines.Scan() {
		line := lines.Text()
		if after, ok := strings.CutPrefix(line, name); ok && (after[0] == ' ' || after[0] == '{') {
			value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
			require.NoError(t, err)
			sum, found = sum+value, true
		}
	}
	require.NoError(t, lines.Err())
	require.True(t, found, name)
	return sum
}

// storeStats returns the v2 store's counts of requests and of watchers.
func storeStats(t *testing.T, addr string) map[string]float64 {
	t.Helper()
	answer, err := http.Get("http://" + addr + "/v2/stats/store")
	require.NoError(t, err)
	defer answer.Body.Close()
	var stats map[string]float64
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&stats))
	return stats
}
