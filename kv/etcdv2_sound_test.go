package kv_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"kvist/internal/explain"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// v2Liar is a server of the v2 API that gives the answers of a test, and before that one that opens
// a store.
type v2Liar struct {
	answer atomic.Pointer[func(http.ResponseWriter, *http.Request)]
}

func (l *v2Liar) lie(answer func(http.ResponseWriter, *http.Request)) { l.answer.Store(&answer) }

func (l *v2Liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Etcd-Index", "5")
	w.Header().Set("Content-Type", "application/json")
	if answer := l.answer.Load(); answer != nil {
		(*answer)(w, r)
		return
	}
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, `{"errorCode":100,"message":"Key not found","cause":"/","index":5}`)
}

func v2NewLiar(t *testing.T, patience time.Duration) (*v2Liar, *kv.Etcd) {
	t.Helper()
	l := &v2Liar{}
	server := httptest.NewServer(l)
	t.Cleanup(server.Close)
	return l, v2Open(t, &kv.Config{ConnectionTimeout: patience}, strings.TrimPrefix(server.URL, "http://"))
}

// v2Says answers with a text.
func v2Says(text string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }
}

// v2GoesOn answers with a beginning and then without end.
func v2GoesOn(status int, beginning string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		_, err := io.WriteString(w, beginning)
		for lot := strings.Repeat("x", 1<<20); err == nil && r.Context().Err() == nil; {
			_, err = io.WriteString(w, lot)
		}
	}
}

// Nonsense has a kind, and costs neither much time nor much memory.
func TestEtcdV2RefusesNonsense(t *testing.T) {
	const patience = time.Minute // to read up to the bound takes a busy machine seconds
	liar, s := v2NewLiar(t, patience)
	get := func() error { _, err := s.Get("a"); return err }
	list := func() error { _, err := s.List(""); return err }
	locks := func() error { _, err := s.Locks(t.Context(), ""); return err }
	metadata := func() error { _, err := s.Meta(t.Context(), "a"); return err }
	put := func() error { _, _, err := s.AtomicPut("a", nil, nil, nil); return err }
	lock := func() error {
		l, err := s.NewLock("a", nil)
		if err == nil {
			_, err = l.Lock()
		}
		return err
	}
	for _, c := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		ask    func() error
		want   error
	}{
		{"no node", v2Says(`{"action":"get"}`), get, kv.ErrBadAnswer},
		{"null", v2Says(`null`), get, kv.ErrBadAnswer},
		{"a null node", v2Says(`{"action":"get","node":null}`), metadata, kv.ErrBadAnswer},
		{"null in a listing", v2Says(`{"action":"get","node":{"dir":true,"nodes":[null]}}`), list, kv.ErrBadAnswer},
		{"null among locks", v2Says(`{"action":"get","node":{"dir":true,"nodes":[{"key":"/a","dir":true,"nodes":[null]}]}}`), locks, kv.ErrBadAnswer},
		{"null below a node", v2Says(`{"action":"get","node":{"dir":true,"nodes":[null]}}`), metadata, kv.ErrBadAnswer},
		{"endless depth", v2Says(`{"action":"get","node":` + strings.Repeat(`{"dir":true,"nodes":[`, 1<<17)), list, kv.ErrBadAnswer},
		{"depth to the end", v2Says(`{"node":` + strings.Repeat(`{"nodes":[`, 1<<17) + strings.Repeat(`]}`, 1<<17) + `}`), locks, kv.ErrBadAnswer},
		{"no JSON", v2Says(`<html>`), get, kv.ErrBadAnswer},
		{"a key without end", v2GoesOn(http.StatusOK, `{"action":"get","node":{"key":"/`), get, kv.ErrBadAnswer},
		{"an error without end", v2GoesOn(http.StatusBadRequest, `{"errorCode":105,"cause":"`), get, kv.ErrBadAnswer},
		{"a failure without end", v2GoesOn(http.StatusInternalServerError, `no leader`), get, kv.ErrNoLeader},
		{"no leader", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"errorCode":300,"cause":"etcdserver: no leader"}`, http.StatusServiceUnavailable)
		}, put, kv.ErrNoLeader},
		{"a write without a node", v2Says(`{"action":"create"}`), put, kv.ErrOutcomeUnknown},
		{"a place in a queue without a node", v2Says(`{"action":"create"}`), lock, kv.ErrOutcomeUnknown},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		liar.lie(c.answer)
		began := time.Now()
		err := c.ask()
		if took := time.Since(began); took > kvtest.Allow(patience) {
			t.Errorf("%s: an answer after %v", c.name, took)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		runtime.ReadMemStats(&after)
		if held := int64(after.Sys) - int64(before.Sys); held > 1<<30 {
			t.Errorf("%s: cost %d MB", c.name, held>>20)
		}
	}
}

// A feed reports nonsense in its listing or in an event, and goes on trying.
func TestEtcdV2FeedReportsNonsense(t *testing.T) {
	t.Parallel()
	listing := `{"action":"get","node":{"dir":true,"nodes":[{"key":"/a","value":"1","modifiedIndex":4}]}}`
	for name, answer := range map[string]func(http.ResponseWriter, *http.Request){
		"a listing that is none":     v2Says(`{"node":[]}`),
		"a null in a listing":        v2Says(`{"action":"get","node":{"dir":true,"nodes":[null]}}`),
		"a name without end":         v2GoesOn(http.StatusOK, `{"action":"get","node":{"dir":true,"nodes":[{"key":"/`),
		"an event without a node":    v2Events(listing, v2Says(`{"action":"set"}`)),
		"an event without end":       v2Events(listing, v2GoesOn(http.StatusOK, `{"action":"set","node":{"key":"/`)),
		"an event of long ago":       v2Events(listing, v2Says(`{"action":"set","node":{"key":"/a","modifiedIndex":2}}`)),
		"a value of a null that was": v2Events(listing, v2Says(`{"action":"set","node":{"key":"/a","nodes":[null],"modifiedIndex":9}}`)),
	} {
		liar, s := v2NewLiar(t, 4*time.Second)
		liar.lie(answer)
		feed, err := kv.Follow(s, "", kv.FollowOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for {
			b, err := feed.Next(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b.State.OutOfContact() {
				if !errors.Is(b.Err, kv.ErrBadAnswer) {
					t.Errorf("%s: %v", name, b.Err)
				}
				break
			}
		}
		feed.Close()
	}
}

// v2Events answers a listing with one text, and a wait for an event in another way.
func v2Events(listing string, event func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("wait") == "true" {
			event(w, r)
			return
		}
		_, _ = io.WriteString(w, listing)
	}
}

// A member that does not answer in time is asked whether it knows a leader.
func TestEtcdV2ReportsNoLeader(t *testing.T) {
	t.Parallel()
	liar, s := v2NewLiar(t, 4*time.Second)
	liar.lie(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/leader") {
			http.Error(w, `{"message":"During election"}`, http.StatusServiceUnavailable)
			return
		}
		<-r.Context().Done()
	})
	_, err := s.Get("a")
	v2Want(t, "Get", err, kv.ErrNoLeader)
}

// A directory in which only hidden names are left is kept, and the error says why.
func TestEtcdV2SaysWhatItHides(t *testing.T) {
	t.Parallel()
	s := v2Open(t, nil, kvtest.SharedEtcd(t).Addr)
	v2Put(t, s, "hides/seen", "1")
	v2Put(t, s, "hides/_tcp/x", "1")
	plan, err := kv.MakePlan(t.Context(), s, "hides")
	if err != nil {
		t.Fatal(err)
	}
	report, err := plan.CarryOut(t.Context(), s, nil)
	if err != nil || report.Deleted != 1 || len(report.Kept) != 1 || report.Kept[0].Key != "hides" ||
		!errors.Is(report.Kept[0].Err, kv.ErrHiddenBelow) || !errors.Is(report.Kept[0].Err, kv.ErrHasChildren) {
		t.Errorf("%+v, %v", report, err)
	}
	if said := explain.Error(report.Kept[0].Err); !strings.Contains(said, "etcd hides names that begin with _") {
		t.Error(said)
	}
	v2Want(t, "Delete", s.Delete("hides"), kv.ErrHiddenBelow)
	v2Put(t, s, "hides/again", "1")
	if err := s.Delete("hides"); !errors.Is(err, kv.ErrHasChildren) || errors.Is(err, kv.ErrHiddenBelow) {
		t.Errorf("Delete of a directory that is seen to be full: %v", err)
	}
	if got := v2Get(t, s, "hides/_tcp/x").Value; string(got) != "1" {
		t.Errorf("what was hidden is now %q", got)
	}
}

// A port at which nobody listens fails at once.
func TestEtcdV2RefusedFailsAtOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	for _, backend := range []kv.Backend{kv.ETCD, kv.ZK} {
		began := time.Now()
		_, err := kv.NewStore(backend, []string{l.Addr().String()}, nil)
		if took := time.Since(began); !errors.Is(err, kv.ErrNotReachable) || took > kvtest.Allow(time.Second) {
			t.Errorf("%s: %v after %v", backend, err, took)
		}
	}
}
