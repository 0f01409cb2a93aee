package live

import (
	"iter"
	"strings"
	"time"

	"kvist/internal/compare"
	"kvist/internal/transfer"
	"kvist/tui/tree"
)

// Side is one of the two sets of keys.
type Side struct {
	Tree *tree.Tree
	// Dir is what the keys below the place begin with, and Own the key that is
	// the place itself; "" if there can be none.
	Dir, Own string
	// Marked says that a key which begins with a slash has one more in the tree, as in the whole of
	// Consul: see kv.KeyIn.
	Marked bool
	// Paths says that a folder is a key, whether or not somebody made it.
	Paths  bool
	Reader compare.Reader
	// Versions, if the side is a source, are those of its items; an entry's index
	// is then the item's place, plus one.
	Versions []uint64
}

// Settings say how to compare.
type Settings struct {
	// Title stands for the place itself, on both sides. It is one segment.
	Title string
	// OneStore says that both sides are of one store, so that equal indexes of a
	// key mean that it did not change.
	OneStore bool
	// Ignore, where it is not nil, reports whether to leave a key out, by its name
	// below the place.
	Ignore func(name string) bool
}

// Comparison is the differences of two sides.
type Comparison struct {
	Settings
	sides  [2]Side
	found  *tree.Tree // the keys that differ, by their paths; the flags are the kind
	all    *tree.Tree // those that are the same, too; nil if they are not wanted
	counts map[string]*Counts
	total  Counts

	dirty map[string]struct{} // paths of keys that may have changed
	pass  pass                // through all keys of both sides
	fill  pass                // of all
	open  []string            // folders of all that are to be open once they are known
	gen   int                 // counts the passes
	busy  bool
	turn  bool // a pass and changed keys take turns
	seen  int  // keys that the pass has compared
}

// pass is a walk through both sides.
type pass struct {
	due bool
	at  string // the path that was done last; "" before the first
}

// Counts are how many keys differ, by compare.Kind.
type Counts [compare.Same]int

// Sum returns how many keys differ. Those that are alike do not.
func (c *Counts) Sum() int {
	n := 0
	for kind, of := range c {
		if compare.Kind(kind) != compare.Alike {
			n += of
		}
	}
	return n
}

// maxDirty is how many changed keys are remembered. Beyond that, all are compared
// again.
const maxDirty = 100_000

// maxOpen is how many folders stay open when another tree is shown.
const maxOpen = 10_000

// New returns the comparison of two sides, which has to go through both first.
func New(a, b Side, s Settings) *Comparison {
	c := &Comparison{
		Settings: s, sides: [2]Side{a, b}, found: tree.New(""), counts: map[string]*Counts{}, dirty: map[string]struct{}{},
	}
	c.found.JoinChains(true)
	c.Restart()
	return c
}

// Restart compares everything again. The known differences stay until then.
func (c *Comparison) Restart() {
	clear(c.dirty)
	c.gen++
	c.pass, c.seen = pass{due: true}, 0
	c.found.BeginListing()
	if c.all != nil {
		c.ShowSame(true)
	}
}

// Tree returns the keys that differ, and those that are the same if they are shown.
func (c *Comparison) Tree() *tree.Tree {
	if c.all != nil {
		return c.all
	}
	return c.found
}

// ShowSame sets whether the tree also has the keys that are the same.
func (c *Comparison) ShowSame(show bool) {
	open := c.Tree().OpenFolders(maxOpen)
	c.fill = pass{due: show}
	if c.all = nil; show {
		c.all = tree.New("")
		c.all.JoinChains(true)
	}
	if c.open = open; !show {
		c.reopen()
	}
}

// reopen opens the folders that were open in the other tree.
func (c *Comparison) reopen() {
	for _, folder := range c.open {
		c.Tree().Open(folder)
	}
}

// Same reports whether the tree also has the keys that are the same.
func (c *Comparison) Same() bool { return c.all != nil }

// Next returns the difference behind a path, or the one before it, around the ends.
// Keys that are alike are none, unless there are very many of them on the way.
func (c *Comparison) Next(path string, forward bool) (next string, ok bool) {
	next = path
	for range maxAlike {
		if next, ok = c.found.NextKey(next, forward); !ok {
			return "", false
		}
		if kind, _ := c.Kind(next); kind != compare.Alike {
			return next, true
		}
	}
	return next, c.total.Sum() > 0
}

// maxAlike is how many keys that are alike are passed over.
const maxAlike = 1000

// Inside returns how many keys differ in the folder of a path.
func (c *Comparison) Inside(path string) Counts {
	if n := c.counts[path]; n != nil {
		return *n
	}
	return Counts{}
}

// Total returns how many keys differ.
func (c *Comparison) Total() Counts { return c.total }

// Kind returns how the key of a path differs; false if there is no difference.
func (c *Comparison) Kind(path string) (compare.Kind, bool) {
	e, ok := c.found.Lookup(path)
	return compare.Kind(e.Flags), ok
}

// Settled reports whether all keys of both sides were compared, and how many keys
// the pass has compared so far.
func (c *Comparison) Settled() (settled bool, compared int) {
	return !c.pass.due && !c.busy && len(c.dirty) == 0, c.seen
}

// Passing reports whether the pass through all keys is under way.
func (c *Comparison) Passing() bool { return c.pass.due }

// Side returns one of the sides, 0 or 1.
func (c *Comparison) Side(i int) *Side { return &c.sides[i] }

// Key returns the full key that a path has on a side; "" if it can have none.
func (c *Comparison) Key(side int, path string) string {
	s := &c.sides[side]
	if path == c.Title {
		return s.Own
	}
	if rel := c.rel(path); !s.Marked || !strings.HasPrefix(rel, "/") {
		return s.Dir + rel
	}
	return "/" + c.rel(path)
}

// Path returns the path of a side's key; false if it is not in the place.
func (c *Comparison) Path(side int, key string) (string, bool) {
	s := &c.sides[side]
	if s.Own != "" && key == s.Own {
		return c.Title, true
	}
	return c.dir() + c.relOf(side, key), strings.HasPrefix(key, s.Dir)
}

// Name returns what the key of a path is called in its place.
func (c *Comparison) Name(path string) transfer.Name {
	if path == c.Title {
		return transfer.Name{Own: true}
	}
	return transfer.Name{Rel: c.rel(path)}
}

// dir is what the paths below the place begin with.
func (c *Comparison) dir() string { return c.Title + "/" }

// rel is the name of a path below the place.
func (c *Comparison) rel(path string) string { return strings.TrimPrefix(path, c.dir()) }

// Touch says that a key of a side may have changed.
func (c *Comparison) Touch(side int, key string) {
	path, ok := c.Path(side, key)
	if !ok {
		return
	}
	c.touch(path)
	if !c.sides[0].Paths && !c.sides[1].Paths {
		return
	}
	for i := strings.LastIndexByte(path, '/'); i > 0; i = strings.LastIndexByte(path[:i], '/') {
		c.touch(path[:i]) // it may be there only since something is below it
	}
}

func (c *Comparison) touch(path string) {
	if len(c.dirty) >= maxDirty {
		c.Restart()
		return
	}
	c.dirty[path] = struct{}{}
}

// set notes how the key of a path differs; compare.Same removes it.
func (c *Comparison) set(path string, kind compare.Kind, index uint64, now time.Time) {
	was, there := c.Kind(path)
	if there {
		c.count(path, was, -1)
	}
	e := tree.Entry{Key: path, Index: index, Size: -1, Flags: uint8(kind)}
	if kind == compare.Same {
		c.found.Delete(path, time.Time{}) // nothing is left to light
	} else {
		c.found.Put(e, now)
		c.count(path, kind, 1)
	}
	if c.all != nil {
		c.all.Put(e, now)
	}
}

// gone notes that neither side has the key of a path, or that it is left out.
func (c *Comparison) gone(path string) {
	if kind, there := c.Kind(path); there {
		c.count(path, kind, -1)
		c.found.Delete(path, time.Time{})
	}
	if c.all != nil {
		c.all.Delete(path, time.Time{})
	}
}

// count adds to the counts of the folders around a path.
func (c *Comparison) count(path string, kind compare.Kind, by int) {
	c.total[kind] += by
	for i := strings.LastIndexByte(path, '/'); i >= 0; i = strings.LastIndexByte(path[:i], '/') {
		n := c.counts[path[:i]]
		if n == nil {
			n = &Counts{}
			c.counts[path[:i]] = n
		}
		if n[kind] += by; *n == (Counts{}) {
			delete(c.counts, path[:i])
		}
	}
}

// Below returns the keys that differ, at a path and below it. It may be called
// beside the comparison.
func (c *Comparison) Below(path string) iter.Seq[tree.Entry] {
	return func(yield func(tree.Entry) bool) {
		if e, ok := c.found.Lookup(path); ok && !yield(e) {
			return
		}
		for e := range c.found.After(path) {
			if !strings.HasPrefix(e.Key, path+"/") || !yield(e) {
				return
			}
		}
	}
}
