package kv_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// Each backend's feed keeps its promises when it has hardly any memory and so
// follows open folders only.
func TestScopedFeeds(t *testing.T) {
	t.Parallel()
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			h.Scoped = true
			h.Open = func(addrs []string, c *kv.Config) (kv.Store, error) {
				small := kv.Config{}
				if c != nil {
					small = *c
				}
				small.Memory = 1
				return kv.NewStore(h.Backend, addrs, &small)
			}
			kvtest.RunFeeds(t, h)
		})
	}
}

// scopedFeed opens a feed with open folders, in a store whose keys may take so
// many bytes.
func scopedFeed(t *testing.T, backend kv.Backend, addr, prefix string, memory int64, open ...string) *pictured {
	t.Helper()
	s, err := kv.NewStore(backend, []string{addr}, &kv.Config{Memory: memory, ConnectionTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if v3, ok := s.(*kv.EtcdV3); ok {
		v3.CountAtMost(2) // as if there were very many keys
	}
	feed, err := kv.Follow(s, prefix, kv.FollowOptions{Partial: true, Open: open})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { feed.Close() })
	scoped := feed.(kv.Scoped)
	return &pictured{t: t, feed: scoped, keys: map[string]kv.Event{}, folders: map[string]bool{}}
}

// pictured is what a reader of a feed knows.
type pictured struct {
	t       *testing.T
	feed    kv.Scoped
	keys    map[string]kv.Event
	folders map[string]bool // below which nothing is known
	put     map[string]bool // by the running listing, or nil
	synced  int
	news    int // events that were changes
	missed  kv.Missed
	last    kv.Batch
}

func (p *pictured) apply(b kv.Batch) {
	if b.Begin {
		p.put = map[string]bool{}
	}
	for _, e := range b.Events {
		below := func(key string) bool { return strings.HasPrefix(key, e.Key+"/") }
		if !e.Old && p.put == nil {
			p.news++
		}
		switch e.Kind {
		case kv.PutEvent:
			p.keys[e.Key] = e
			for i := range e.Key {
				if e.Key[i] == '/' {
					delete(p.folders, e.Key[:i])
				}
			}
		case kv.DeleteEvent:
			delete(p.keys, e.Key)
		case kv.FolderEvent, kv.FolderGoneEvent:
			maps.DeleteFunc(p.keys, func(key string, _ kv.Event) bool { return below(key) })
			maps.DeleteFunc(p.folders, func(key string, _ bool) bool { return below(key) || key == e.Key })
			if e.Kind == kv.FolderEvent {
				p.folders[e.Key] = true
				for i := range e.Key {
					if e.Key[i] == '/' {
						delete(p.folders, e.Key[:i])
					}
				}
			}
		}
		if p.put != nil {
			p.put[map[bool]string{false: "key ", true: "folder "}[e.Kind == kv.FolderEvent]+e.Key] = true
		}
	}
	if b.Synced {
		maps.DeleteFunc(p.keys, func(key string, _ kv.Event) bool { return !p.put["key "+key] })
		maps.DeleteFunc(p.folders, func(key string, _ bool) bool { return !p.put["folder "+key] })
		p.put = nil
		p.synced++
	}
	p.missed |= b.Missed
	p.last = b
}

// pull applies the next batch if it comes in time.
func (p *pictured) pull(limit time.Duration) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	b, err := p.feed.Next(ctx)
	if err == nil {
		p.apply(b)
	}
	return err == nil
}

// until pulls batches until ok.
func (p *pictured) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); {
		if !p.pull(time.Until(end)) {
			p.t.Fatalf("%s: keys %q, folders %q, last %+v", what, slices.Sorted(maps.Keys(p.keys)), slices.Sorted(maps.Keys(p.folders)), p.last)
		}
	}
}

// shows reports whether exactly these keys are known, and these folders
// without their contents.
func (p *pictured) shows(folders []string, keys ...string) bool {
	return p.last.State == kv.Live && p.synced > 0 && p.put == nil &&
		slices.Equal(slices.Sorted(maps.Keys(p.folders)), folders) && slices.Equal(slices.Sorted(maps.Keys(p.keys)), keys)
}

// exact waits until the picture is that of the open folders. If folders are
// standing, the feed may take an empty one for a folder with keys.
func (p *pictured) exact(there map[string]uint64, dir string, open []string, standing bool) {
	p.t.Helper()
	p.feed.Scope(open)
	keys, folders := map[string]uint64{}, map[string]bool{}
	for key, index := range there {
		at, followed := strings.TrimSuffix(dir, "/"), true
		rest := strings.Split(strings.TrimPrefix(key, dir), "/")
		for _, part := range rest[:len(rest)-1] {
			at += "/" + part
			if followed && !slices.Contains(open, at) {
				folders[at] = true
				followed = false
			}
		}
		if followed {
			keys[key] = index
		}
	}
	p.until(fmt.Sprintf("picture of %q", open), func() bool {
		got := map[string]uint64{}
		for key, e := range p.keys {
			got[key] = e.Index
		}
		told := maps.Clone(p.folders)
		maps.DeleteFunc(told, func(key string, _ bool) bool { _, there := keys[key]; return standing && there && !folders[key] })
		return p.last.State == kv.Live && maps.Equal(got, keys) && maps.Equal(told, folders)
	})
}

// On a store whose directories are keys, the picture is exact in the end,
// whatever comes and goes while folders are opened and closed.
func TestLevelsOfDirectoriesEndExact(t *testing.T) {
	t.Parallel()
	for _, h := range kvtest.Backends() {
		if !h.Directories {
			continue
		}
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			server := h.Shared(t)
			s, err := kv.NewStore(h.Backend, []string{server.Addr}, nil)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			random := rand.New(rand.NewPCG(5, 6))
			root := fmt.Sprintf("levels-%016x", rand.Uint64())
			t.Cleanup(func() { _ = s.DeleteTree(root) }) // only to keep the shared server small
			key := func() string {
				key := root
				for range 1 + random.IntN(3) {
					key += "/" + string(rune('a'+random.IntN(4)))
				}
				return key
			}
			if err := s.Put(root+"/a/a/a", []byte("v"), nil); err != nil {
				t.Fatal(err)
			}
			p := scopedFeed(t, h.Backend, server.Addr, root, 1)
			for step := range 300 {
				for range 1 + random.IntN(6) {
					key, err := key(), error(nil)
					switch random.IntN(5) {
					case 0:
						err = s.DeleteTree(key)
					case 1:
						err = s.Delete(key)
					default:
						err = s.Put(key, fmt.Append(nil, step), nil)
					}
					if err != nil && !slices.ContainsFunc([]error{kv.ErrKeyNotFound, kv.ErrHasChildren, kv.ErrIsDirectory, kv.ErrNotDirectory},
						func(kind error) bool { return errors.Is(err, kind) }) {
						t.Fatal(err)
					}
				}
				if step%3 == 0 {
					var open []string
					for range random.IntN(8) {
						open = append(open, key())
					}
					p.feed.Scope(open)
				}
				for p.pull(time.Duration(random.IntN(5)) * time.Millisecond) {
				}
			}
			pairs, err := s.List(root)
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]uint64{}
			for _, pair := range pairs {
				there[pair.Key] = pair.LastIndex
			}
			var open []string
			for _, a := range []string{"/a", "/b", "/c", "/d"} {
				open = append(open, root+a)
				for _, b := range []string{"/a", "/b", "/c", "/d"} {
					open = append(open, root+a+b)
				}
			}
			for _, open := range [][]string{open, nil, {root + "/a", root + "/b", root + "/b/a", root + "/b/c"}, open} {
				p.exact(there, root+"/", open, true)
			}
			if p.missed&^kv.Coalesced != 0 {
				t.Errorf("missed %v", p.missed)
			}
		})
	}
}
