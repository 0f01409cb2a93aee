package kv

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"kvist/kv/internal/wait"
)

// scope is which folders a feed's reader has open.
type scope struct {
	changed chan struct{} // has an element when other folders are open
	partial bool          // the reader can work with a part of the subtree

	mu   sync.Mutex
	open []string
}

func newScope(options FollowOptions) *scope {
	return &scope{changed: make(chan struct{}, 1), partial: options.Partial, open: slices.Clone(options.Open)}
}

// set replaces the folders that are open.
func (s *scope) set(open []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = slices.Clone(open)
	wait.Signal(s.changed)
}

// now returns the folders that are open.
func (s *scope) now() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open
}

// dirs are the directories, of the prefix's own and of the open folders all
// around which are open, the outer ones before the inner ones, at most so many.
// left is how many are left out.
func (s *scope) dirs(root string, most int) (dirs []string, left int) {
	open := slices.Clone(s.now())
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

// scopedPump is the Feed of a producer that observes a scope.
type scopedPump struct {
	*pump
	*scope
}

var _ Scoped = scopedPump{}

// Scope implements Scoped.
func (f scopedPump) Scope(open []string) { f.scope.set(open) }
