package kv_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kvist/kv"
)

// fakeConsul answers like an agent without keys, except where odd reports that it has answered. It
// counts the bytes that it has sent.
type fakeConsul struct {
	odd  func(w io.Writer, r *http.Request) bool
	sent atomic.Int64
}

func (f *fakeConsul) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := consulCountingWriter{w, &f.sent}
	w.Header().Set("X-Consul-Index", "7")
	switch {
	case f.odd(out, r):
	case r.URL.Path == "/v1/status/leader":
		_, _ = io.WriteString(out, `"127.0.0.1:8300"`)
	case r.URL.Path == "/v1/agent/self":
		_, _ = io.WriteString(out, `{}`)
	case r.URL.Query().Has("index"):
		<-r.Context().Done()
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

type consulCountingWriter struct {
	http.ResponseWriter
	sent *atomic.Int64
}

func (w consulCountingWriter) Write(p []byte) (int, error) {
	n, err := w.ResponseWriter.Write(p)
	w.sent.Add(int64(n))
	return n, err
}

// startFakeConsul starts a server that answers oddly, and returns its address.
func startFakeConsul(t *testing.T, odd func(io.Writer, *http.Request) bool) (string, *fakeConsul) {
	t.Helper()
	fake := &fakeConsul{odd: odd}
	server := httptest.NewServer(fake)
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	return server.Listener.Addr().String(), fake
}

// endless writes begin, and then one text for ever.
func endless(w io.Writer, begin string) {
	more := []byte(strings.Repeat("YWFh", 16<<10))
	_, err := io.WriteString(w, begin)
	for err == nil {
		_, err = w.Write(more)
	}
}

// consulOnKeys returns an odd answer to requests for keys.
func consulOnKeys(answer func(io.Writer)) func(io.Writer, *http.Request) bool {
	return func(w io.Writer, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/v1/kv/") {
			return false
		}
		answer(w)
		return true
	}
}

// An answer that exceeds its bounds, in bytes or in depth, is an error before it fills memory.
func TestConsulAnswersAreBounded(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 4_000_000)
	patient := &kv.Config{ConnectionTimeout: time.Minute} // the race detector is slow to read megabytes
	for name, c := range map[string]struct {
		answer func(io.Writer)
		most   int64 // bytes sent
	}{
		"a key without end":   {func(w io.Writer) { endless(w, `[{"Key":"`) }, 64 << 20},
		"a name without end":  {func(w io.Writer) { endless(w, `["`) }, 64 << 20},
		"a value without end": {func(w io.Writer) { endless(w, `[{"Key":"a","Value":"`) }, 96 << 20},
		"nested for ever":     {func(w io.Writer) { _, _ = io.WriteString(w, `[{"Foo":`+deep) }, 64 << 20},
		"an index beside":     {func(w io.Writer) { _, _ = io.WriteString(w, `[{"Key":"a","ModifyIndex":"x"}]`) }, 1 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			addr, fake := startFakeConsul(t, consulOnKeys(c.answer))
			s := openConsul(t, patient, addr)
			feed, err := s.Follow("", kv.FollowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r := newConsulFeed(t, feed)
			r.until("the error", func() bool { return r.state == kv.Reconnecting })
			consulWant(t, "the feed", r.err, kv.ErrBadAnswer)
			feed.Close()
			if sent := fake.sent.Load(); sent > c.most {
				t.Errorf("the feed took %d MiB", sent>>20)
			}
			fake.sent.Store(0)
			_, err = s.List("")
			consulWant(t, "list", err, kv.ErrBadAnswer)
			if sent := fake.sent.Load(); sent > c.most {
				t.Errorf("list took %d MiB", sent>>20)
			}
			fake.sent.Store(0)
			_, err = s.Get("a")
			consulWant(t, "get", err, kv.ErrBadAnswer)
			if sent := fake.sent.Load(); sent > c.most {
				t.Errorf("get took %d MiB", sent>>20)
			}
		})
	}
}

// The text of a refusal is cut off, and a leader's name that is too long is an error.
func TestConsulRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	refuses := func(w io.Writer, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, "/v1/kv/") {
			return false
		}
		w.(consulCountingWriter).WriteHeader(http.StatusForbidden)
		endless(w, "Permission denied: ")
		return true
	}
	addr, fake := startFakeConsul(t, refuses)
	s := openConsul(t, nil, addr)
	_, err := s.Get("a")
	consulWant(t, "get", err, kv.ErrDenied)
	_, err = s.List("a")
	consulWant(t, "list", err, kv.ErrDenied)
	if sent := fake.sent.Load(); sent > 32<<20 {
		t.Errorf("%d MiB were taken", sent>>20)
	}
	addr, fake = startFakeConsul(t, func(w io.Writer, r *http.Request) bool {
		if r.URL.Path == "/v1/status/leader" {
			endless(w, `"`)
		}
		return r.URL.Path == "/v1/status/leader"
	})
	_, err = kv.InitializeConsul([]string{addr}, nil)
	if err == nil || fake.sent.Load() > 32<<20 {
		t.Errorf("opened with %v after %d MiB", err, fake.sent.Load()>>20)
	}
}

// An answer with null in the place of its content fails its own request only.
func TestConsulNullAnswers(t *testing.T) {
	t.Parallel()
	addr, _ := startFakeConsul(t, func(w io.Writer, r *http.Request) bool {
		switch {
		case strings.HasPrefix(r.URL.Path, "/v1/kv/"), strings.HasPrefix(r.URL.Path, "/v1/session/"):
			_, _ = io.WriteString(w, `[null]`)
		case r.URL.Path == "/v1/txn":
			_, _ = io.WriteString(w, `{"Results":[null,{"KV":null}]}`)
		default:
			return false
		}
		return true
	})
	s := openConsul(t, nil, addr)
	_, _ = s.List("")
	_, _ = s.Locks(context.Background(), "")
	_, _ = s.Meta(context.Background(), "a")
	consulWant(t, "put", s.Put("a", nil, nil), kv.ErrOutcomeUnknown)
	_, err := s.Get("a//b")
	consulWant(t, "get by a transaction", err, kv.ErrBadAnswer)
	feed, err := s.Follow("", kv.FollowOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r := newConsulFeed(t, feed)
	r.until("the error", func() bool { return r.state == kv.Reconnecting })
	consulWant(t, "the feed", r.err, kv.ErrBadAnswer)
}
