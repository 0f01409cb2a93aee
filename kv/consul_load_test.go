package kv_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulText returns what an agent serves at a path.
func consulText(t *testing.T, server *kvtest.Server, path string) string {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport}).Get("http://" + server.Addr + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, answer.Status, err)
	}
	return string(text)
}

// consulBlocked counts the blocking queries on keys that wait in the server, by the server's own
// profile of its goroutines.
func consulBlocked(t *testing.T, server *kvtest.Server) int {
	t.Helper()
	count := 0
	group := regexp.MustCompile(`^(\d+) @`)
	for stack := range strings.SplitSeq(consulText(t, server, "/debug/pprof/goroutine?debug=1"), "\n\n") {
		if !strings.Contains(stack, ".blockingQuery+") || !strings.Contains(stack, "(*KVS).List") {
			continue
		}
		for line := range strings.Lines(stack) {
			if m := group.FindStringSubmatch(line); m != nil {
				n, _ := strconv.Atoi(m[1])
				count += n
			}
		}
	}
	return count
}

// consulReads returns how many requests for keys the server answered in its last full interval of
// ten seconds, by its own telemetry. It reports whether that interval began after a time.
func consulReads(t *testing.T, server *kvtest.Server, after time.Time) (int, bool) {
	t.Helper()
	var metrics struct {
		Timestamp string
		Samples   []struct {
			Name  string
			Count int
		}
	}
	if err := json.Unmarshal([]byte(consulText(t, server, "/v1/agent/metrics")), &metrics); err != nil {
		t.Fatal(err)
	}
	began, err := time.Parse("2006-01-02 15:04:05 -0700 MST", metrics.Timestamp)
	if err != nil {
		t.Fatal(err)
	}
	for _, sample := range metrics.Samples {
		if sample.Name == "consul.http.GET.v1.kv._" {
			return sample.Count, began.After(after)
		}
	}
	return 0, began.After(after)
}

// An idle explorer holds one blocking query for each open level, or one for the whole subtree if
// that is cheap, and asks again only when its wait is over, by the server's own statistics.
func TestConsulIdleLoad(t *testing.T) {
	t.Parallel()
	const wait = 2 * time.Second
	open := []string{"p/a", "p/b", "p/b/c"}
	for name, test := range map[string]struct{ limit, queries int }{
		"whole": {limit: 1000, queries: 1}, "levels": {limit: 1, queries: 1 + len(open)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := kvtest.StartConsul(t, kvtest.WithConfig(`{"enable_debug": true}`))
			s, native := openConsul(t, nil, server.Addr), nativeConsul(t, server.Addr, "")
			var pairs []*api.KVPair
			for _, dir := range append(open, "p", "p/closed", "p/a/closed") {
				for i := range 5 {
					pairs = append(pairs, &api.KVPair{Key: fmt.Sprintf("%s/key-%d", dir, i), Value: []byte("v")})
				}
			}
			consulSet(t, native, pairs...)
			s.LimitFeeds(test.limit, 0, 0, wait)
			r, _ := consulLevels(t, s, "p", open...)
			r.until("listing", func() bool { return r.synced > 0 })
			if r.last.Partial != (name == "levels") {
				t.Fatalf("partial: %v", r.last.Partial)
			}
			consulIdle(t, r)
			consulEventually(t, "one query for each level", func() bool { return consulBlocked(t, server) == test.queries })
			start := time.Now()
			for most := range 10 {
				if n := consulBlocked(t, server); n > test.queries {
					t.Errorf("sample %d: %d blocking queries", most, n)
				}
				time.Sleep(wait / 8)
			}
			var reads int
			consulEventually(t, "an interval of the server's", func() (ok bool) {
				time.Sleep(wait / 4)
				reads, ok = consulReads(t, server, start)
				return ok
			})
			// Ten seconds have five waits in them, each up to a sixteenth longer.
			if reads < test.queries*2 || reads > test.queries*6 {
				t.Errorf("%d requests in ten seconds, of %d queries that wait for %v", reads, test.queries, wait)
			}
			if n := len(r.tree); r.missed != 0 || n == 0 {
				t.Errorf("%d keys, missed %v", n, r.missed)
			}
		})
	}
}

// consulIdle reads a feed until nothing comes any more.
func consulIdle(t *testing.T, r *consulFeedReader) {
	t.Helper()
	for r.pull(200 * time.Millisecond) {
	}
	if r.state != kv.Live {
		t.Fatalf("state %v, %v", r.state, r.err)
	}
}
