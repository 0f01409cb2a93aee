package stories

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
	"kvist/tui/tree"
)

const (
	// exactKeysVar sets how many keys are listed, for a large run.
	exactKeysVar = "KVIST_EXACT_KEYS"
	exactKeys    = 20_000

	// exactFolders is the number of folders, and of folders in each of them;
	// half of the outer ones are deleted.
	exactFolders = 10

	// exactPace is how many keys a second are written meanwhile, by so many writers.
	exactPace = 1000
	writers   = 8
)

// keyValue is the value that keys are made with.
var keyValue = strings.Repeat("x", 64)

// The tree equals the store, key by key, after half of the keys were deleted
// and a thousand a second written while they were listed.
func TestTreeIsExact(t *testing.T) {
	n, writing := exactKeys, 2*time.Second
	if text := os.Getenv(exactKeysVar); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s: %v", exactKeysVar, err)
		}
		writing = 10 * time.Second
	}
	t.Parallel()
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			if h.Backend == kv.ETCD {
				exactly(t, h, n/10, writing) // it has no transactions to make keys with
				return
			}
			exactly(t, h, n, writing)
		})
	}
}

func exactly(t *testing.T, h kvtest.Harness, n int, writing time.Duration) {
	t.Helper()
	const prefix = "exact"
	key := func(i int) string {
		return fmt.Sprintf("%s/%d/%d/key-%d", prefix, i%exactFolders, i/exactFolders%exactFolders, i)
	}
	server := h.Start(t)
	outside := h.Client(t, server)
	began := time.Now()
	outside.Fill(n, key, keyValue)
	t.Logf("%d keys in %v", n, time.Since(began))

	s, err := kv.NewStore(h.Backend, []string{server.Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	began = time.Now()
	p := pullTree(t, s, prefix)
	t.Cleanup(p.close)

	var wg sync.WaitGroup
	wg.Go(func() {
		for folder := range exactFolders / 2 {
			outside.Erase(fmt.Sprintf("%s/%d", prefix, folder))
		}
	})
	var written atomic.Int64
	for range writers {
		wg.Go(func() {
			due := time.Now()
			for end := began.Add(writing); time.Now().Before(end); time.Sleep(time.Until(due)) {
				outside.Put(key(rand.IntN(n+n/4)), "changed") // some of them are new
				written.Add(1)
				due = due.Add(writers * time.Second / exactPace) // late ones are made up for
			}
		})
	}
	wg.Wait()
	t.Logf("%d keys written and half of all deleted in %v", written.Load(), time.Since(began))

	want := outside.State(prefix)
	settled := time.Now()
	for limit := settled.Add(2*patience + 2*writing); ; time.Sleep(askPace) {
		late := time.Now().After(limit)
		if p.tree.Keys() != len(want) && !late {
			continue // comparing keeps the tree from its feed
		}
		differences := p.compare(want)
		if len(differences) == 0 {
			break
		}
		if late {
			t.Fatalf("%d differences, such as %q; listed after %v, %d keys in the tree and %d in the store",
				len(differences), differences[:min(len(differences), 10)], p.listedAfter(), p.tree.Keys(), len(want))
		}
	}
	t.Logf("%d keys are the same %v later; listed after %v; missed: %v", len(want), time.Since(settled), p.listedAfter(), p.missed)
	if len(want) < n/3 || p.tree.Keys() != len(want) {
		t.Errorf("%d keys in the store, %d counted in the tree", len(want), p.tree.Keys())
	}
}

// The program's status line counts the store's keys and kvist ls lists them,
// before and after half of them were deleted from outside.
func TestProgramCountsTheStore(t *testing.T) {
	onEach(t, func(s *scene) {
		outside := s.client
		outside.Fill(400, func(i int) string {
			return s.key(fmt.Sprintf("%d/%d/key-%d", i%exactFolders, i/exactFolders%exactFolders, i))
		}, keyValue)
		x := s.open()
		for range 2 {
			want := slices.Sorted(maps.Keys(outside.State(s.prefix)))
			x.Sees(fmt.Sprintf(" %d keys", len(want)))
			out, err := s.home.command("ls", s.address()).Output()
			if err != nil {
				s.Fatal(err)
			}
			listed := strings.Fields(string(out))
			slices.Sort(listed)
			if !slices.Equal(listed, want) {
				s.Errorf("ls gives %d keys, and there are %d: %q, %q", len(listed), len(want), listed, want)
			}
			for folder := range exactFolders / 2 {
				outside.Erase(s.key(strconv.Itoa(folder)))
			}
		}
	})
}

// pulled is a tree that a feed is pulled into, as the explorer does.
type pulled struct {
	*testing.T
	tree   *tree.Tree
	close  func()
	began  time.Time
	mu     sync.Mutex
	listed time.Duration // until the end of the first listing; 0 before
	missed kv.Missed
}

func pullTree(t *testing.T, s kv.Store, prefix string) *pulled {
	t.Helper()
	var everything []string
	for i := range exactFolders {
		outer := fmt.Sprintf("%s/%d", prefix, i)
		everything = append(everything, outer)
		for k := range exactFolders {
			everything = append(everything, fmt.Sprintf("%s/%d", outer, k))
		}
	}
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{Partial: true, Open: everything})
	if err != nil {
		t.Fatal(err)
	}
	p := &pulled{T: t, tree: tree.New(prefix), began: time.Now()}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	p.close = func() {
		cancel()
		<-done
		if err := feed.Close(); err != nil {
			t.Error(err)
		}
	}
	go func() {
		defer close(done)
		for {
			b, err := feed.Next(ctx)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				t.Errorf("next: %v", err)
				return
			}
			p.apply(b)
		}
	}()
	return p
}

// apply puts a batch into the tree.
func (p *pulled) apply(b kv.Batch) {
	now := time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.Err != nil {
		p.Errorf("%v: %v", b.State, b.Err)
	}
	p.missed |= b.Missed
	if b.Begin {
		p.tree.BeginListing()
	}
	for _, e := range b.Events {
		switch e.Kind {
		case kv.PutEvent:
			p.tree.Put(tree.Entry{Key: e.Key, Index: e.Index, Size: e.Size, Flags: uint8(e.Flags)}, now)
		case kv.DeleteEvent:
			p.tree.Delete(e.Key, now)
		case kv.FolderEvent:
			p.tree.PutFolder(e.Key, now)
		case kv.FolderGoneEvent:
			p.tree.GoneFolder(e.Key, now)
		}
	}
	if b.Synced {
		p.tree.EndListing(now)
		if p.listed == 0 {
			p.listed = time.Since(p.began)
		}
	}
}

func (p *pulled) listedAfter() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.listed
}

// compare returns how the tree differs from the store; "" if it does not.
func (p *pulled) compare(want map[string]uint64) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var differences []string
	met := 0
	for e := range p.tree.All() {
		index, there := want[e.Key]
		switch {
		case !there:
			differences = append(differences, e.Key+" is not in the store")
		case index != e.Index:
			differences = append(differences, fmt.Sprintf("%s is at %d, not %d", e.Key, index, e.Index))
		}
		if there {
			met++
		}
	}
	if met < len(want) {
		for key := range want {
			if _, there := p.tree.Lookup(key); !there {
				differences = append(differences, key+" is not in the tree")
			}
		}
	}
	slices.Sort(differences)
	return differences
}
