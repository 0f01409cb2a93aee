package kv_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// memory is a Recorder that keeps records in memory. refuse makes it fail.
type memory struct {
	mu     sync.Mutex
	ops    []kv.Op
	writes []kv.Write
	ended  []kv.Written
	plans  []string
	over   int // plans that ended
	refuse error
}

func (m *memory) Begin(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return nil, m.refuse
	}
	at := len(m.writes)
	m.writes = append(m.writes, writes...)
	for range writes {
		m.ops = append(m.ops, op)
		m.ended = append(m.ended, kv.Written{Err: errors.New("no end")})
	}
	return memoryEnd{m, at}, nil
}

func (m *memory) BeginPlan(title, _ string, _ int) (kv.PlanRecording, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.plans = append(m.plans, title)
	return memoryPlan{m}, m.refuse
}

type memoryEnd struct {
	m  *memory
	at int
}

func (e memoryEnd) End(ended []kv.Written) error {
	e.m.mu.Lock()
	defer e.m.mu.Unlock()
	copy(e.m.ended[e.at:], ended)
	return nil
}

type memoryPlan struct{ m *memory }

func (p memoryPlan) Begin(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	return p.m.Begin(op, writes)
}

func (p memoryPlan) Note(op kv.Op, writes []kv.Write) (kv.Recording, error) {
	return p.m.Begin(op, writes)
}

func (p memoryPlan) Sync() error { return nil }

func (p memoryPlan) End(int) error {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	p.m.over++
	return nil
}

// take returns what was recorded since the last call, a line for each write.
func (m *memory) take() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var lines []string
	for i, w := range m.writes {
		end := "done"
		if err := m.ended[i].Err; err != nil {
			end = strings.TrimSpace(kindText(err))
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s -> %s, %s", m.ops[i], lastOf(w.Key), nodeText(w.Before), nodeText(w.After), end))
	}
	m.ops, m.writes, m.ended = nil, nil, nil
	slices.Sort(lines)
	return lines
}

func kindText(err error) string {
	var e *kv.Error
	if errors.As(err, &e) && e.Kind != nil {
		return e.Kind.Error()
	}
	return err.Error()
}

func lastOf(key string) string { return key[strings.LastIndexByte(key, '/')+1:] }

func nodeText(n *kv.Node) string {
	if n == nil {
		return "none"
	}
	return string(n.Value)
}

// recordedStore is a store of one kind with its record.
func recordedStore(t *testing.T, h kvtest.Harness) (kv.Store, *memory, string) {
	t.Helper()
	server := h.Shared(t)
	s, err := kv.NewStore(h.Backend, []string{server.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	m := &memory{}
	prefix := fmt.Sprintf("recorded-%d", time.Now().UnixNano())
	t.Cleanup(func() { _ = s.DeleteTree(prefix) })
	if maker, ok := kv.As[kv.DirectoryMaker](s); ok && kv.NatureOf(s).Paths { // else it is recorded with the first key
		if err := maker.MakeDirectory(t.Context(), prefix); err != nil {
			t.Fatal(err)
		}
	}
	return kv.Recorded(s, m), m, prefix
}

// Every write is recorded with what it replaces and how it ended.
func TestEveryWriteIsRecorded(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			s, m, p := recordedStore(t, h)
			key := p + "/a"
			expect := func(what string, err, kind error, lines ...string) {
				t.Helper()
				if !errors.Is(err, kind) {
					t.Fatalf("%s: %v, want %v", what, err, kind)
				}
				if got := m.take(); !slices.Equal(got, lines) {
					t.Fatalf("%s was recorded as %q, want %q", what, got, lines)
				}
			}
			expect("put", s.Put(key, []byte("1"), nil), nil, "put a: none -> 1, done")
			expect("put again", s.Put(key, []byte("2"), nil), nil, "put a: 1 -> 2, done")
			pair, err := s.Get(key)
			expect("get", err, nil)
			_, pair2, err := s.AtomicPut(key, []byte("3"), pair, nil)
			expect("atomic put", err, nil, "atomicput a: 2 -> 3, done")
			_, _, err = s.AtomicPut(key, []byte("4"), pair, nil)
			expect("late atomic put", err, kv.ErrKeyModified, "atomicput a: 2 -> 4, "+kv.ErrKeyModified.Error())
			_, err = s.AtomicDelete(key, pair2)
			expect("atomic delete", err, nil, "atomicdelete a: 3 -> none, done")
			expect("delete of none", s.Delete(key), kv.ErrKeyNotFound)
			_, _, err = s.AtomicPut(key, []byte("5"), nil, nil)
			expect("create", err, nil, "atomicput a: none -> 5, done")
			expect("delete", s.Delete(key), nil, "delete a: 5 -> none, done")
			_ = s.Put(p+"/d/x", []byte("1"), nil)
			_ = s.Put(p+"/d/y", []byte("2"), nil)
			m.take()
			expect("delete tree", s.DeleteTree(p+"/d"), nil, withDirectory(h,
				"deleteplanned x: 1 -> none, done", "deleteplanned y: 2 -> none, done")...)
			recordedLock(t, s, m, p+"/lock")
		})
	}
}

// withDirectory adds the deletion of a directory where the store has them.
func withDirectory(h kvtest.Harness, lines ...string) []string {
	if h.Directories {
		lines = append([]string{"deleteplanned d:  -> none, done"}, lines...)
	}
	return lines
}

func recordedLock(t *testing.T, s kv.Store, m *memory, key string) {
	t.Helper()
	lock, err := s.NewLock(key, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	if got := m.take(); !slices.Equal(got, []string{"lock lock: none -> none, done"}) {
		t.Errorf("a lock was recorded as %q", got)
	}
	inspector, _ := kv.As[kv.LockInspector](s)
	locks, err := inspector.Locks(t.Context(), key)
	if err != nil || len(locks) == 0 || len(locks[0].Holders) == 0 {
		t.Fatalf("locks: %+v, %v", locks, err)
	}
	if err := inspector.Break(t.Context(), locks[0], locks[0].Holders[0]); err != nil {
		t.Fatal(err)
	}
	if got := m.take(); len(got) == 0 || !strings.HasPrefix(got[0], "break ") || !strings.HasSuffix(got[0], ", done") {
		t.Errorf("a broken lock was recorded as %q", got)
	}
	_ = lock.Unlock()
	m.take()
}

// The directories that an ephemeral key or a lock makes above it outlive both, and are recorded.
func TestDirectoriesAboveAreRecorded(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			s, m, p := recordedStore(t, h)
			if !kv.NatureOf(s).Paths {
				return
			}
			above := func(a, b, then string) []string {
				return []string{then, "writenodes " + a + ": none -> , done", "writenodes " + b + ": none -> , done"} // in order of the alphabet
			}
			ephemeral := &kv.WriteOptions{Ephemeral: true}
			for _, c := range []struct {
				key  string
				want []string
			}{
				{"/e/f/key", above("e", "f", "put key: none -> 1, done")},
				{"/e/f/other", []string{"put other: none -> 1, done"}},
			} {
				if err := s.Put(p+c.key, []byte("1"), ephemeral); err != nil {
					t.Fatal(err)
				}
				if got := m.take(); !slices.Equal(got, c.want) {
					t.Errorf("%s was recorded as %q, want %q", c.key, got, c.want)
				}
			}
			for _, want := range [][]string{above("l", "m", "lock lock: none -> none, done"), {"lock lock: none -> none, done"}} {
				lock, err := s.NewLock(p+"/l/m/lock", nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := lock.Lock(); err != nil {
					t.Fatal(err)
				}
				if got := m.take(); !slices.Equal(got, want) {
					t.Errorf("a lock was recorded as %q, want %q", got, want)
				}
				if err := lock.Unlock(); err != nil {
					t.Fatal(err)
				}
				m.take()
			}
		})
	}
}

// A write that cannot be recorded is not sent.
func TestUnrecordedIsUnwritten(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			s, m, p := recordedStore(t, h)
			if err := s.Put(p+"/a", []byte("1"), nil); err != nil {
				t.Fatal(err)
			}
			pair, err := s.Get(p + "/a")
			if err != nil {
				t.Fatal(err)
			}
			plan, err := kv.MakePlan(t.Context(), s, p)
			if err != nil {
				t.Fatal(err)
			}
			m.refuse = errors.New("disk full")
			for name, write := range writesOf(t, s, p, pair, plan) {
				err := write()
				if name == "Break" && errors.Is(err, kv.ErrKeyModified) {
					continue // there is no claim to break, which comes first
				}
				if !errors.Is(err, kv.ErrUnrecorded) && !errors.Is(err, kv.ErrNotImplemented) {
					t.Errorf("%s: %v", name, err)
				}
			}
			pairs, err := s.List(p)
			if err != nil || !slices.ContainsFunc(pairs, func(pair *kv.KVPair) bool { return pair.Key == p+"/a" && string(pair.Value) == "1" }) {
				t.Errorf("something was written: %v, %v", pairs, err)
			}
		})
	}
}

// writesOf are calls of everything that writes, by the name of the method.
func writesOf(t *testing.T, s kv.Store, p string, pair *kv.KVPair, plan *kv.Plan) map[string]func() error {
	ctx := context.Background()
	write := kv.Write{Key: p + "/n", After: &kv.Node{Key: p + "/n"}}
	return map[string]func() error{
		"Put":           func() error { return s.Put(p+"/a", nil, nil) },
		"Delete":        func() error { return s.Delete(p + "/a") },
		"DeleteTree":    func() error { return s.DeleteTree(p) },
		"AtomicPut":     func() error { _, _, err := s.AtomicPut(p+"/a", nil, pair, nil); return err },
		"AtomicDelete":  func() error { _, err := s.AtomicDelete(p+"/a", pair); return err },
		"DeletePlanned": func() error { _, err := plan.CarryOut(ctx, s, nil); return err },
		"WriteNodes":    func() error { return kv.WriteNodes(ctx, s, []kv.Write{write}, func(int, kv.Written) {}) },
		"MakeDirectory": func() error {
			if maker, ok := kv.As[kv.DirectoryMaker](s); ok {
				return maker.MakeDirectory(ctx, p+"/dir")
			}
			return kv.ErrNotImplemented
		},
		"NewLock": func() error {
			lock, err := s.NewLock(p+"/l", nil)
			if err != nil {
				return err
			}
			_, err = lock.Lock()
			return err
		},
		"Break": func() error {
			return inspector(t, s).Break(ctx, kv.LockInfo{Key: p + "/a"}, kv.Contender{Key: p + "/a"})
		},
	}
}

// What may be deleted and not read is recorded as unread, so that no empty value
// comes back in its place.
func TestWhatMayNotBeReadIsRecordedAsUnread(t *testing.T) {
	server := kvtest.SharedZooKeeper(t)
	s, err := kv.NewStore(kv.ZK, []string{server.Addr}, &kv.Config{ConnectionTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	client, _, err := zk.Connect([]string{server.Addr}, 10*time.Second, zk.WithLogInfo(false))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	dir := fmt.Sprintf("unread-%d", time.Now().UnixNano())
	if _, err := client.Create("/"+dir, nil, 0, zk.WorldACL(zk.PermAll)); err != nil {
		t.Fatal(err)
	}
	for name, perms := range map[string]int32{"open": zk.PermAll, "secret": zk.PermAll &^ zk.PermRead} {
		if _, err := client.Create("/"+dir+"/"+name, []byte("1"), 0, zk.WorldACL(perms)); err != nil {
			t.Fatal(err)
		}
	}
	m := &memory{}
	_ = kv.Recorded(s, m).DeleteTree(dir) // says that more may be there than it may read
	unread := map[string]bool{}
	for _, w := range m.writes {
		unread[lastOf(w.Key)] = w.Unread
	}
	if want := map[string]bool{dir: false, "open": false, "secret": true}; !maps.Equal(unread, want) {
		t.Errorf("unread are %v, want %v", unread, want)
	}
}

// TestRecordedKnowsEveryWrite fails for a method that is neither said to read
// nor tried above, so that a new one cannot be forgotten.
func TestRecordedKnowsEveryWrite(t *testing.T) {
	reads := []string{
		"Get", "Exists", "Watch", "WatchTree", "List", "Close", "Dir", "Follow", "FollowValues", "ReadChange", "Meta", "Locks",
		"BreakPlan", "Health", "CheckWrite", "Terms", "ReadNodes", "ReadValues", "ListKeys", "Hidden", "HiddenBelow", "Unkept", "Identity",
		"CheckNodes", "Nature", "At", "Revision", "Versions", "NextChange", "PreviousChange", "Differences",
	}
	tried := writesOf(t, nil, "", nil, nil)
	layer := reflect.TypeOf(kv.Recorded(nil, nil))
	for i := range layer.NumMethod() {
		name := layer.Method(i).Name
		if tried[name] == nil && !slices.Contains(reads, name) {
			t.Errorf("%s is neither recorded nor a reading", name)
		}
	}
}
