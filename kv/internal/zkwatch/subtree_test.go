package zkwatch_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kvist/kv/internal/zkfake"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// sink knows the nodes that a subtree puts, and a condition that the test waits for.
type sink struct {
	t *testing.T

	mu      sync.Mutex
	nodes   map[string]string
	listed  []bool // for each listing, whether there was one before
	unseen  zkwatch.Unseen
	watched zkwatch.Watched
	lost    int
	most    int // nodes that it takes; 0: all
	changed chan struct{}
}

func newSink(t *testing.T) *sink {
	return &sink{t: t, nodes: map[string]string{}, changed: make(chan struct{}, 1)}
}

func (s *sink) update(f func()) {
	s.mu.Lock()
	f()
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

func (s *sink) Begin(again bool) {
	s.update(func() { clear(s.nodes); s.listed = append(s.listed, again) })
}

func (s *sink) List(_ context.Context, nodes []zkwire.Node) error {
	s.put(nodes)
	if s.Full() {
		return zkwatch.ErrTooLarge
	}
	return nil
}

func (s *sink) Listed(unseen zkwatch.Unseen) { s.update(func() { s.unseen = unseen }) }

func (s *sink) Live(nodes []zkwire.Node, _ bool) { s.put(nodes) }

func (s *sink) Full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most > 0 && len(s.nodes) > s.most
}

func (s *sink) Watched(w zkwatch.Watched) { s.update(func() { s.watched = w }) }

func (s *sink) Lost(error) { s.update(func() { s.lost++ }) }

func (s *sink) put(nodes []zkwire.Node) {
	s.update(func() {
		for _, n := range nodes {
			if n.Stat == nil {
				delete(s.nodes, n.Path)
			} else {
				s.nodes[n.Path] = fmt.Sprint(n.Stat.Version)
			}
		}
	})
}

// until waits until ok returns true, which is called under the lock.
func (s *sink) until(what string, ok func() bool) {
	s.t.Helper()
	end := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		done := ok()
		s.mu.Unlock()
		if done {
			return
		}
		select {
		case <-s.changed:
		case <-end:
			s.t.Fatalf("%s: not yet", what)
		}
	}
}

// knows reports whether the nodes are those of names, each with its version behind a colon.
func (s *sink) knows(names ...string) bool {
	want := map[string]string{}
	for _, name := range names {
		path, version, _ := strings.Cut(name, ":")
		want[path] = version
	}
	return maps.Equal(s.nodes, want)
}

// scope is a set of open folders.
type scope struct {
	mu      sync.Mutex
	folders []string
	changed bool
}

func (s *scope) open(folders ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.folders, s.changed = folders, true
}

func (s *scope) Folders() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.folders)
}

func (s *scope) Changed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	changed := s.changed
	s.changed = false
	return changed
}

// follow follows a subtree of a server until the test ends.
func follow(t *testing.T, s *zkfake.Server, into *sink, change func(*zkwatch.Subtree)) *zkwatch.Subtree {
	none := func(string) (string, bool) { return "", false }
	tree := &zkwatch.Subtree{
		Dialer: &zkwire.Dialer{Endpoints: []string{s.Addr}, Timeout: 5 * time.Second},
		Root:   "/r", Sink: into, Owner: none, QueueOwner: none, Old: new(atomic.Bool), Budget: 1000,
	}
	if change != nil {
		change(tree)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); tree.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return tree
}

// A subtree is listed and followed, with recursive watches and with those that fire once, and
// listed again after a lost connection.
func TestSubtreeIsFollowed(t *testing.T) {
	for _, version := range []string{"3.8.0", "3.5.9", "3.4.14"} {
		t.Run(version, func(t *testing.T) {
			s := zkfake.Start(t, version)
			s.Set("/r/a/b", "1")
			s.Set("/s", "1")
			into := newSink(t)
			follow(t, s, into, nil)
			into.until("listed", func() bool { return into.knows("/r:0", "/r/a:0", "/r/a/b:0") })
			for i := range 3 {
				s.Set("/r/a/b", fmt.Sprint(i))
				into.until("changed", func() bool { return into.nodes["/r/a/b"] == fmt.Sprint(i+1) })
			}
			s.Set("/r/c/d/e", "1")
			into.until("created", func() bool { return into.knows("/r:0", "/r/a:0", "/r/a/b:3", "/r/c:0", "/r/c/d:0", "/r/c/d/e:0") })
			s.Delete("/r/a/b")
			s.Set("/r/a", "2")
			into.until("deleted", func() bool { return into.knows("/r:0", "/r/a:1", "/r/c:0", "/r/c/d:0", "/r/c/d/e:0") })
			s.Drop()
			s.Set("/r/f", "1")
			into.until("again", func() bool { return into.lost > 0 && len(into.listed) > 1 && into.nodes["/r/f"] == "0" })
			if into.listed[0] || !into.listed[1] {
				t.Errorf("listings after others: %v", into.listed)
			}
		})
	}
}

// Watches that fire once are never more than the budget, and go to the open folders.
func TestWatchesStayWithinTheBudget(t *testing.T) {
	const budget = 16
	s := zkfake.Start(t, "3.5.9")
	for _, folder := range []string{"a", "b"} {
		for i := range 10 {
			s.Set(fmt.Sprintf("/r/%s/%d", folder, i), "1")
		}
	}
	into, open := newSink(t), &scope{}
	tree := follow(t, s, into, func(tree *zkwatch.Subtree) { tree.Budget, tree.Scope = budget, open })
	into.until("the watches", func() bool { return into.watched == zkwatch.Watched{Partial: true, Watches: budget, Budget: budget} })
	open.open("/r/b")
	tree.Dirty().Nudge()
	s.Set("/r/b/9", "2")
	into.until("what is open", func() bool { return into.nodes["/r/b/9"] == "1" })
	s.Set("/r/b/new", "1")
	into.until("a new node in it", func() bool { return into.nodes["/r/b/new"] == "0" })
	if now, most := s.Watches(); now > budget || most > budget {
		t.Errorf("%d watches, %d at a time, of %d", now, most, budget)
	}
}

// part notes the events that it gets.
type part struct {
	events chan zkwire.Event
}

func (p *part) Event(e zkwire.Event) { p.events <- e }

func (p *part) Follow(ctx context.Context, pipe *zkwire.Pipe, listed func()) error {
	listed()
	select {
	case <-pipe.Done():
		return pipe.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A subtree that the sink does not take whole is followed in parts. Servers before 3.6 keep the
// nodes that were put, and say how many.
func TestSubtreeThatIsTooLarge(t *testing.T) {
	s, old := zkfake.Start(t, "3.8.0"), zkfake.Start(t, "3.5.9")
	for i := range 100 {
		s.Set(fmt.Sprint("/r/", i), "1")
		old.Set(fmt.Sprint("/r/", i), "1")
	}
	into, parts := newSink(t), &part{make(chan zkwire.Event, 10)}
	into.most = 50
	follow(t, s, into, func(tree *zkwatch.Subtree) { tree.Part = parts })
	into.until("begun", func() bool { return len(into.nodes) > 50 })
	want := zkwire.Event{Kind: zkwire.Changed, Path: "/r/1"}
	for end := time.After(10 * time.Second); ; {
		s.Set("/r/1", "2") // until Part follows
		select {
		case e := <-parts.events:
			if e != want {
				t.Errorf("%+v", e)
			}
		case <-time.After(10 * time.Millisecond):
			continue
		case <-end:
			t.Fatal("no part is followed")
		}
		break
	}
	into = newSink(t)
	into.most = 50
	follow(t, old, into, nil)
	into.until("listed", func() bool { return into.unseen.First > 50 })
	old.Set("/r/0", "2")
	into.until("changed", func() bool { return into.nodes["/r/0"] == "1" })
}
