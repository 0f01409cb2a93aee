package kv

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
)

// scope is which folders are open, as Scoped.Scope told.
type scope struct {
	changed chan struct{} // has an element when the folders are others
	begun   chan struct{} // closed by the first Next

	mu     sync.Mutex
	going  bool
	scoped bool // Scope was called before the first Next
	open   []string
}

func newScope() *scope {
	return &scope{changed: make(chan struct{}, 1), begun: make(chan struct{})}
}

// begin notes the first Next.
func (s *scope) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.going {
		s.going = true
		close(s.begun)
	}
}

// set takes the folders that are open.
func (s *scope) set(open []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scoped = s.scoped || !s.going
	s.open = slices.Clone(open)
	signal(s.changed)
}

// now returns which folders are open, and reports whether they matter: whether
// the reader can do with a part.
func (s *scope) now() (open []string, scoped bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open, s.scoped
}

// dirs are the directories, of the prefix's own and of the open folders all
// around which are open, the outer ones before the inner ones, at most so many.
// left is how many are left out.
func (s *scope) dirs(root string, most int) (dirs []string, left int) {
	open, _ := s.now()
	open = slices.Clone(open)
	slices.SortStableFunc(open, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	wanted := map[string]bool{root: true}
	dirs = []string{root}
	for _, folder := range open {
		dir := folder + "/"
		switch {
		case !strings.HasPrefix(dir, root), wanted[dir], !wanted[parentDir(dir)]:
		case len(dirs) >= most:
			left++
		default:
			wanted[dir] = true
			dirs = append(dirs, dir)
		}
	}
	return dirs, left
}

// errBeyondMemory is why a subtree is not followed whole any more.
var errBeyondMemory = errors.New("its keys take more memory than they may")

// scopedPump is the Feed of a producer that minds a scope.
type scopedPump struct {
	*pump
	*scope
}

var _ Scoped = scopedPump{}

// Next implements Feed.
func (f scopedPump) Next(ctx context.Context) (Batch, error) {
	f.scope.begin()
	return f.pump.Next(ctx)
}

// Scope implements Scoped. A folder whose parent is not open counts as closed.
func (f scopedPump) Scope(open []string) { f.scope.set(open) }
