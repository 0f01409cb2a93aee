package live

import (
	"context"
	"iter"
	"strings"
	"time"

	"kvist/internal/compare"
	"kvist/kv"
	"kvist/tui/tree"
)

const (
	// passKeys is how many keys a portion of a pass has, and touchedKeys one of
	// changed keys.
	passKeys    = 10_000
	touchedKeys = 2_000
)

// Work is a portion of a comparison, to be carried out beside it.
type Work struct {
	c       *Comparison // of which only what does not change is used
	ignore  func(name string) bool
	kind    portion
	gen     int      // of the pass
	from    string   // of a pass
	touched []string // the paths that may have changed

	pairs []pair
	found map[string]verdict
	next  string // where the pass goes on
	end   bool   // the pass is over
	err   error
}

// portion is what a Work does.
type portion uint8

const (
	touchedPortion portion = iota
	passPortion
	fillPortion
)

// pair is a path, and what the sides have of it.
type pair struct {
	path    string
	has     [2]bool
	entries [2]tree.Entry
}

// verdict is how a key differs.
type verdict struct {
	kind  compare.Kind
	index uint64 // another one after each change
}

// Work returns what to do next; nil while a portion is under way, or if there is
// nothing to do. ready says that both sides are complete, as a pass needs.
func (c *Comparison) Work(ready bool) *Work {
	if c.busy || !ready {
		return nil
	}
	w := &Work{c: c, gen: c.gen, ignore: c.Ignore}
	switch {
	case len(c.dirty) > 0 && (c.turn || !c.pass.due):
		for path := range c.dirty {
			if len(w.touched) == touchedKeys {
				break
			}
			w.touched = append(w.touched, path)
			delete(c.dirty, path)
		}
	case c.pass.due:
		w.kind, w.from = passPortion, c.pass.at
	case c.fill.due:
		w.kind, w.from = fillPortion, c.fill.at
	default:
		return nil
	}
	c.busy, c.turn = true, w.kind != touchedPortion
	return w
}

// Run reads what the portion needs and compares it.
func (w *Work) Run(ctx context.Context) {
	if w.kind == touchedPortion {
		for _, path := range w.touched {
			w.lookUp(path)
		}
	} else {
		w.walk()
	}
	if w.kind != fillPortion {
		w.found, w.err = w.c.compare(ctx, w.pairs)
	}
}

// Err is why the portion could not be compared.
func (w *Work) Err() error { return w.err }

// add takes a pair that is to be compared. It leaves out what says nothing: a key
// that is ignored, or one that is there only since keys below it are, where the
// other side has none.
func (w *Work) add(p pair) {
	c := w.c
	if w.ignore != nil && w.ignore(c.Name(p.path).Rel) {
		return
	}
	for i := range c.sides {
		if p.has[i] && !p.has[1-i] && c.implied(i, &p.entries[i]) {
			p.has[i] = false
		}
	}
	if p.has[0] || p.has[1] {
		w.pairs = append(w.pairs, p)
	}
}

// lookUp takes what the sides have of a path.
func (w *Work) lookUp(path string) {
	p := pair{path: path}
	for i := range w.c.sides {
		if key := w.c.Key(i, path); key != "" {
			p.entries[i], p.has[i] = w.c.sides[i].Tree.Lookup(key)
		}
	}
	w.add(p)
}

// implied reports whether a side has a key only since keys below it are there.
func (c *Comparison) implied(side int, e *tree.Entry) bool {
	s := &c.sides[side]
	if !s.Paths || e.Size > 0 || e.Size < 0 && kv.KeyFlags(e.Flags)&kv.Directory == 0 {
		return false
	}
	_, folder := s.Tree.Count(e.Key)
	return folder
}

// walk joins both sides, from where the last portion ended.
func (w *Work) walk() {
	c := w.c
	if w.from == "" {
		w.lookUp(c.Title)
	}
	a, endA := iter.Pull(c.behind(0, w.from))
	defer endA()
	b, endB := iter.Pull(c.behind(1, w.from))
	defer endB()
	w.next = w.from
	ea, moreA := a()
	eb, moreB := b()
	for n := 0; n < passKeys; n++ {
		p := pair{}
		var order int
		switch {
		case !moreA && !moreB:
			w.end = true
			return
		case !moreA:
			order = 1
		case !moreB:
			order = -1
		default:
			order = tree.Compare(c.relOf(0, ea.Key), c.relOf(1, eb.Key))
		}
		if order <= 0 {
			p.path, p.has[0], p.entries[0] = c.dir()+c.relOf(0, ea.Key), true, ea
			ea, moreA = a()
		}
		if order >= 0 {
			p.path, p.has[1], p.entries[1] = c.dir()+c.relOf(1, eb.Key), true, eb
			eb, moreB = b()
		}
		w.next = p.path
		w.add(p)
	}
}

// relOf is what a side's key is called below the place.
func (c *Comparison) relOf(side int, key string) string {
	s := &c.sides[side]
	rel := strings.TrimPrefix(key, s.Dir)
	if s.Marked && strings.HasPrefix(rel, "/") {
		return rel[1:]
	}
	return rel
}

// behind returns a side's keys below the place, behind a path.
func (c *Comparison) behind(side int, path string) iter.Seq[tree.Entry] {
	s := &c.sides[side]
	from := strings.TrimSuffix(s.Dir, "/")
	if path != "" {
		from = c.Key(side, path)
	}
	return func(yield func(tree.Entry) bool) {
		for e := range s.Tree.After(from) {
			if !strings.HasPrefix(e.Key, s.Dir) || !yield(e) {
				return
			}
		}
	}
}

// compare decides about pairs.
func (c *Comparison) compare(ctx context.Context, pairs []pair) (map[string]verdict, error) {
	var keys [2][]compare.Key
	at := make(map[string]int, len(pairs))
	for i := range pairs {
		p := &pairs[i]
		at[p.path] = i
		for side, has := range p.has {
			if has {
				keys[side] = append(keys[side], c.keyOf(side, p))
			}
		}
	}
	found := map[string]verdict{}
	_, err := compare.Run(ctx, compare.FromKeys(c.sides[0].Reader, keys[0]), compare.FromKeys(c.sides[1].Reader, keys[1]),
		compare.Options{OneStore: c.OneStore, Unread: true}, func(d *compare.Difference) error {
			path := c.Title
			if !d.Name.Own {
				path = c.dir() + d.Name.Rel
			}
			p := &pairs[at[path]]
			found[path] = verdict{d.Kind, p.entries[0].Index<<32 ^ p.entries[0].Index>>32 ^ p.entries[1].Index}
			return ctx.Err()
		})
	return found, err
}

// keyOf returns what a side has of a pair.
func (c *Comparison) keyOf(side int, p *pair) compare.Key {
	e, s := &p.entries[side], &c.sides[side]
	k := compare.Key{
		Full: e.Key, Name: c.Name(p.path), Folder: kv.KeyFlags(e.Flags)&kv.Directory != 0, Index: e.Index, Size: e.Size,
	}
	if s.Versions != nil {
		k.Place, k.Index = int(e.Index)-1, 0
		k.Version = s.Versions[k.Place]
	}
	return k
}

// Take takes a portion in that was carried out. What a later portion has found
// since is not overwritten, as there is one at a time. now is when what changed
// becomes lit.
func (c *Comparison) Take(w *Work, now time.Time) {
	c.busy = false
	if w.err != nil {
		for _, path := range w.touched {
			c.touch(path)
		}
		return
	}
	switch w.kind {
	case touchedPortion:
		c.takeTouched(w, now)
	case passPortion:
		c.takePass(w)
	case fillPortion:
		c.takeFill(w)
	}
}

// takeTouched notes how changed keys differ now.
func (c *Comparison) takeTouched(w *Work, now time.Time) {
	there := make(map[string]*pair, len(w.pairs))
	for i := range w.pairs {
		there[w.pairs[i].path] = &w.pairs[i]
	}
	for _, path := range w.touched {
		v, differs := w.found[path]
		switch {
		case differs:
			c.set(path, v.kind, v.index, now)
		case there[path] != nil:
			c.set(path, compare.Same, 0, now)
		default:
			c.gone(path)
		}
	}
}

// takePass notes the differences among the keys of a portion. What a pass does not
// find again is gone at its end.
func (c *Comparison) takePass(w *Work) {
	if w.gen != c.gen { // it began again meanwhile
		return
	}
	for i := range w.pairs {
		p := &w.pairs[i]
		if v, differs := w.found[p.path]; differs {
			c.set(p.path, v.kind, v.index, time.Time{})
		}
	}
	c.seen += len(w.pairs)
	c.pass.at = w.next
	if !w.end {
		return
	}
	c.pass = pass{}
	for _, e := range c.found.EndListing(time.Time{}).Keys {
		c.count(e.Key, compare.Kind(e.Flags), -1)
	}
}

// takeFill shows the keys of a portion that are the same.
func (c *Comparison) takeFill(w *Work) {
	if w.gen != c.gen || !c.fill.due || w.from != c.fill.at { // which is another one, or gone
		return
	}
	for i := range w.pairs {
		path := w.pairs[i].path
		e, differs := c.found.Lookup(path)
		if _, changed := c.dirty[path]; changed {
			continue
		}
		if !differs {
			e = tree.Entry{Key: path, Size: -1, Flags: uint8(compare.Same)}
		}
		c.all.Put(e, time.Time{})
	}
	if w.from == "" || w.end {
		c.reopen()
	}
	if c.fill.at = w.next; w.end {
		c.fill = pass{}
	}
}
