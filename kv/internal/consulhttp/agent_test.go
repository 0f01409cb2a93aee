package consulhttp

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// agent is a server whose answers a test makes up. It counts requests by path.
type agent struct {
	addr  string
	mu    sync.Mutex
	asked map[string]int
}

// startAgent starts an agent that knows a leader and nothing else, except where answer, which may
// be nil, reports that it has answered.
func startAgent(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) *agent {
	t.Helper()
	a := &agent{asked: map[string]int{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.asked[r.URL.Path]++
		a.mu.Unlock()
		w.Header().Set("X-Consul-Index", "7")
		switch {
		case answer != nil && answer(w, r):
		case r.URL.Path == "/v1/status/leader":
			_, _ = w.Write([]byte(`"127.0.0.1:8300"`))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	a.addr = server.Listener.Addr().String()
	return a
}

// count returns how many requests had a path.
func (a *agent) count(path string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked[path]
}

// answers returns an answer function that sends a text for one path.
func answers(path, text string) func(http.ResponseWriter, *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == path {
			_, _ = w.Write([]byte(text))
		}
		return r.URL.Path == path
	}
}

// hangUp ends the connection of a request without an answer.
func hangUp(t *testing.T, w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	_ = conn.Close()
}

// nobody returns an address that refuses connections.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// newClient returns a client that lasts as long as the test, and a function that ends it sooner.
func newClient(t *testing.T, config Config) (*Client, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	config.Context = ctx
	config.Start = func(work func(context.Context)) error {
		running.Go(func() { work(ctx) })
		return nil
	}
	if config.Timeout == 0 {
		config.Timeout = 5 * time.Second
	}
	if config.Wait == 0 {
		config.Wait = 15 * time.Second
	}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); running.Wait(); c.Close() })
	return c, cancel
}
