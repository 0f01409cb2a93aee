package kv

import (
	"context"
	"slices"
	"testing"
	"time"
)

// stepSource is a levelSource that answers step by step, for moments in which
// no real server can be held, such as a level that is half read.
type stepSource struct {
	asked chan string // the directory that is read
	parts chan []levelEntry
	index chan uint64 // ends the reading
}

func (s *stepSource) readLevel(ctx context.Context, dir string, _ uint64, see func([]levelEntry) error) (uint64, string, error) {
	s.asked <- dir
	for {
		select {
		case entries := <-s.parts:
			if err := see(entries); err != nil {
				return 0, "", err
			}
		case index := <-s.index:
			return index, "", nil
		case <-ctx.Done():
			return 0, "", ctx.Err()
		}
	}
}

func (s *stepSource) someIn(context.Context, string, string) (bool, uint64, error) {
	return false, 100, nil
}

// Changes during the reading of a level are reported after it, but not those
// that it contains already; the same holds for a folder that comes and goes.
func TestLevelsTellWhatChangedWhileTheyWereRead(t *testing.T) {
	source := &stepSource{asked: make(chan string, 1), parts: make(chan []levelEntry), index: make(chan uint64)}
	scope := newScope(FollowOptions{Partial: true})
	entry := func(key string, index uint64) levelEntry {
		return levelEntry{Event: Event{Kind: PutEvent, Key: key, Index: index}, key: true}
	}
	folder := func(key string) levelEntry { return levelEntry{Event: Event{Key: key}, folder: true} }
	put := func(key string, index uint64) levelChange {
		return levelChange{Event: Event{Kind: PutEvent, Key: key, Index: index}, created: true}
	}
	del := func(key string, index uint64) levelChange {
		return levelChange{Event: Event{Kind: DeleteEvent, Key: key, Index: index}}
	}
	var l *levels
	p := newPump(func(ctx context.Context, p *pump) {
		l = newLevels(source, p, scope, "p/", 1)
		done := make(chan struct{})
		go func() { defer close(done); l.run(ctx) }()
		if _, err := l.list(ctx, 0); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		<-done
	})
	defer p.Close()
	next := func() []Event {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		b, err := p.Next(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return b.Events
	}
	until := func(want ...string) {
		t.Helper()
		var got []string
		for len(got) < len(want) {
			for _, e := range next() {
				got = append(got, map[EventKind]string{PutEvent: "+", DeleteEvent: "-", FolderEvent: "▸", FolderGoneEvent: "×"}[e.Kind]+e.Key)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("told %q, not %q", got, want)
		}
	}
	<-source.asked
	source.parts <- []levelEntry{folder("p/f"), entry("p/k", 1)}
	source.index <- 5
	until("▸p/f", "+p/k")

	scope.set([]string{"p/f"})
	if dir := <-source.asked; dir != "p/f/" {
		t.Fatalf("%s is read", dir)
	}
	source.parts <- []levelEntry{entry("p/f/a", 2), entry("p/f/b", 3), folder("p/f/g")}
	until("+p/f/a", "+p/f/b", "▸p/f/g")
	l.apply([]levelChange{
		put("p/f/a", 8), put("p/f/b", 9), // they are in the level that was read at 10
		{Event: Event{Kind: PutEvent, Key: "p/f/b", Index: 11}}, del("p/f/a", 12), put("p/f/new/x", 13), put("p/j", 14), put("p/f/c", 15), del("p/f/c", 16),
	})
	until("+p/j")
	source.index <- 10
	until("+p/f/b", "-p/f/a", "▸p/f/new", "-p/f/c") // the queue merges the coming and going of c

	l.apply([]levelChange{del("p/f/b", 17), del("p/f/g/y", 18), del("p/f/new/x", 19)})
	// f has no keys left, and the source says that its folders are gone.
	until("-p/f/b", "×p/f/g", "×p/f/new", "×p/f")
}
