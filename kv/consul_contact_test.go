package kv_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// consulLiveMost is how long a feed may be Live without having heard from the server.
const consulLiveMost = 15 * time.Second

// followedConsul returns a feed of the whole store that is Live.
func followedConsul(t *testing.T, s *kv.Consul) *consulFeedReader {
	t.Helper()
	feed, err := s.Follow("", kv.FollowOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("a listing", func() bool { return r.synced > 0 })
	return r
}

// lost waits until the feed reports that contact is lost, and returns how long that took.
func (r *consulFeedReader) lost() time.Duration {
	r.t.Helper()
	begin := time.Now()
	r.until("loss of contact", func() bool { return r.state == kv.Reconnecting })
	return time.Since(begin)
}

// A feed reports that contact is lost when a server freezes or vanishes without a word, also one
// that is opened meanwhile, and both come back with the server.
func TestConsulServerThatSaysNothing(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	link := kvtest.NewLink(t, server.Addr)
	faults := []struct {
		name          string
		begin, relent func()
	}{
		{"frozen", server.Freeze, server.Thaw},
		{"black hole", link.Mute, link.Mend},
	}
	for _, fault := range faults {
		t.Run(fault.name, func(t *testing.T) {
			s := openConsul(t, &kv.Config{ConnectionTimeout: 3 * time.Second}, link.Addr())
			if err := s.Put("a", []byte("1"), nil); err != nil {
				t.Fatal(err)
			}
			r := followedConsul(t, s)
			fault.begin()
			defer fault.relent()
			if took := r.lost(); took > kvtest.Allow(consulLiveMost/2) {
				t.Errorf("it was called live for %s", took)
			}
			consulWant(t, "why", r.err, kv.ErrNotReachable)

			begin := time.Now()
			if err := r.feed.Close(); err != nil || time.Since(begin) > kvtest.Allow(time.Second) {
				t.Errorf("closed after %s: %v", time.Since(begin), err)
			}
			again, err := s.Follow("", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r = newConsulFeed(t, again)
			if took := r.lost(); took > kvtest.Allow(4*time.Second) {
				t.Errorf("opened anew it called itself listing for %s", took)
			}
			fault.relent()
			begin = time.Now()
			r.until("a listing", func() bool { return r.synced > 0 })
			if took := time.Since(begin); took > kvtest.Allow(8*time.Second) || len(r.tree) != 1 {
				t.Errorf("%d keys %s after the server was back", len(r.tree), took)
			}
		})
	}
}

// An address that hangs costs a moment: the others are tried.
func TestConsulOneAddressHangs(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	link := kvtest.NewLink(t, server.Addr)
	s := openConsul(t, &kv.Config{ConnectionTimeout: 3 * time.Second}, link.Addr(), server.Addr)
	if err := s.Put("a", []byte("1"), nil); err != nil {
		t.Fatal(err)
	}
	r := followedConsul(t, s)
	link.Mute()
	if _, err := s.Get("a"); err != nil {
		t.Errorf("get: %v", err)
	}
	if took := r.lost(); took > kvtest.Allow(consulLiveMost/2) {
		t.Errorf("it was called live for %s", took)
	}
	r.until("a listing", func() bool { return r.state == kv.Live })
	if err := s.Put("a", []byte("2"), nil); err != nil {
		t.Errorf("put: %v", err)
	}
	second := openConsul(t, &kv.Config{ConnectionTimeout: 3 * time.Second}, link.Addr(), server.Addr)
	if pair, err := second.Get("a"); err != nil || string(pair.Value) != "2" {
		t.Errorf("opened beside: %v, %v", pair, err)
	}
}

// An address that refuses connections is reported at once.
func TestConsulRefusedConnection(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	_, err := kv.InitializeConsul([]string{consulRefusing(t)}, nil)
	consulWant(t, "open", err, kv.ErrNotReachable)
	if took := time.Since(begin); took > kvtest.Allow(time.Second) {
		t.Errorf("reported after %s", took)
	}
	one, other := consulRefusing(t), consulRefusing(t)
	_, err = kv.InitializeConsul([]string{one, other}, nil)
	consulWant(t, "open either of two", err, kv.ErrNotReachable)
	if !strings.Contains(err.Error(), one+","+other) || strings.Count(err.Error(), "connection refused") != 2 {
		t.Errorf("%v does not name both addresses", err)
	}
}

// consulRefusing returns an address that refuses connections. No other process can get it
// meanwhile, since a client has it.
func consulRefusing(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); listener.Close() })
	return client.LocalAddr().String()
}

// Without a majority of servers, feeds and reads report that there is no leader although the agent
// answers, and the feed comes back with the majority.
func TestConsulWithoutALeader(t *testing.T) {
	t.Parallel()
	first, second := startConsulPair(t)
	s := openConsul(t, nil, first.Addr)
	if err := s.Put("a", []byte("1"), nil); err != nil {
		t.Fatal(err)
	}
	r := followedConsul(t, s)
	second.Kill()
	r.until("no leader", func() bool { return errors.Is(r.err, kv.ErrNoLeader) })
	if r.state != kv.Reconnecting || !strings.Contains(r.err.Error(), "no leader") {
		t.Errorf("%v: %v", r.state, r.err)
	}
	again, err := s.Follow("", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	anew := newConsulFeed(t, again)
	anew.until("no leader", func() bool { return errors.Is(anew.err, kv.ErrNoLeader) })
	if took := time.Since(begin); took > kvtest.Allow(2*time.Second) {
		t.Errorf("a new feed said so after %s", took)
	}
	begin = time.Now()
	_, err = s.Get("a")
	consulWant(t, "get", err, kv.ErrNoLeader)
	if took := time.Since(begin); took > kvtest.Allow(3*time.Second) {
		t.Errorf("get failed after %s", took)
	}
	if err := second.Restart(); err != nil {
		t.Fatal(err)
	}
	r.until("a listing", func() bool { return r.state == kv.Live })
}

// startConsulPair starts two servers that need each other for a majority.
func startConsulPair(t *testing.T) (first, second *kvtest.Server) {
	t.Helper()
	first = kvtest.StartConsul(t, kvtest.WithConfig(`{"autopilot": {"server_stabilization_time": "100ms"}}`))
	native := nativeConsul(t, first.Addr, "")
	self, err := native.Agent().Self()
	if err != nil {
		t.Fatal(err)
	}
	second = kvtest.StartConsul(t, kvtest.WithConfig(fmt.Sprintf(
		`{"node_name": "second", "bootstrap_expect": 0, "retry_join": ["127.0.0.1:%.0f"], "retry_interval": "1s"}`, self["Member"]["Port"],
	)))
	consulEventually(t, "two voters", func() bool {
		raft, err := native.Operator().RaftGetConfiguration(nil)
		voters := 0
		for _, server := range raft.Servers {
			if server.Voter {
				voters++
			}
		}
		return err == nil && voters == 2
	})
	return first, second
}

// A store that waits for nothing sends no requests, and an idle feed sends at most one small one
// every two seconds besides its blocking query.
func TestConsulPulseIsSlow(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	asked := &consulCounter{}
	s := openConsul(t, nil, asked.proxy(t, server.Addr))
	r := followedConsul(t, s)
	asked.reset()
	ctx, cancel := context.WithTimeout(context.Background(), 7*time.Second)
	defer cancel()
	for {
		b, err := r.feed.Next(ctx)
		if err != nil {
			break
		}
		r.apply(b)
	}
	if kv, status := asked.count("/v1/kv/"), asked.count("/v1/status/leader"); kv > 1 || status < 1 || status > 4 || asked.count("/") > kv+status {
		t.Errorf("%d of keys and %d of the leader in 7 s, %d in all", kv, status, asked.count("/"))
	}
	r.feed.Close()
	consulEventually(t, "the last question", func() bool {
		before := asked.count("/")
		time.Sleep(3 * time.Second)
		return asked.count("/") == before
	})
}

// consulCounter counts the requests that pass it, by path.
type consulCounter struct {
	mu    sync.Mutex
	paths []string
}

// proxy returns the address of a proxy of a server that counts.
func (c *consulCounter) proxy(t *testing.T, server string) string {
	t.Helper()
	way := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: server})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		c.paths = append(c.paths, r.URL.Path)
		c.mu.Unlock()
		way.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { front.CloseClientConnections(); front.Close() })
	return front.Listener.Addr().String()
}

func (c *consulCounter) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paths = nil
}

// count returns how many requests had a path that begins with prefix.
func (c *consulCounter) count(prefix string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, path := range c.paths {
		if strings.HasPrefix(path, prefix) {
			n++
		}
	}
	return n
}

// A listing without an answer is given up in little more than the timeout, although it may take
// longer while the agent is there.
func TestConsulListingOfASilentServer(t *testing.T) {
	t.Parallel()
	server := kvtest.StartConsul(t)
	link := kvtest.NewLink(t, server.Addr)
	const timeout = 4 * time.Second
	s := openConsul(t, &kv.Config{ConnectionTimeout: timeout}, link.Addr())
	link.Mute()
	for name, ask := range map[string]func() error{
		"list": func() error { _, err := s.List(""); return err },
		"plan": func() error { _, err := kv.MakePlan(context.Background(), s, "a"); return err },
		"locks": func() error {
			_, err := s.Locks(context.Background(), "a")
			return err
		},
	} {
		begin := time.Now()
		consulWant(t, name, ask(), kv.ErrNotReachable)
		if took := time.Since(begin); took > kvtest.Allow(timeout*3/2) {
			t.Errorf("%s was given up after %s", name, took)
		}
	}
}
