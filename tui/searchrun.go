package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// A search goes through the keys in parts of about a tenth of a second, to show its
// progress and to let other input in.
const (
	searchSlice     = 256
	searchSliceMost = 2048
	searchSliceTime = 100 * time.Millisecond
)

// next starts the next part, unless one is under way.
func (p *searchPane) next(m *Model) tea.Cmd {
	if p.flying || p.state != searchRunning {
		return nil
	}
	p.flying = true
	ctx, cancel := context.WithCancel(m.ctx)
	p.cancel = cancel
	part := searchPart{
		pane: p, gen: p.gen, keys: m.tree.tree, folder: p.folder, from: p.last, slice: p.slice,
		search: p.search, values: p.values,
	}
	return func() tea.Msg {
		defer cancel()
		return part.run(ctx)
	}
}

// searchPart is a part of a search. It runs outside the update loop.
type searchPart struct {
	pane   *searchPane
	gen    int
	keys   *tree.Tree
	folder string
	from   string // the key it starts after; "" for the beginning
	slice  int    // how many keys
	search *kv.Search
	values *match.InValues
}

// run searches the values.
func (s searchPart) run(ctx context.Context) valuesSearched {
	r := valuesSearched{pane: s.pane, gen: s.gen}
	keys := s.next()
	if len(keys) == 0 {
		r.all = true
		return r
	}
	s.search.Match = func(pair *kv.KVPair) bool {
		f, ok := findIn(s.values, pair.Value)
		if ok {
			r.hits = append(r.hits, hit{pair.Key, f})
		}
		return ok
	}
	began := time.Now()
	done, err := s.search.Look(ctx, keys)
	r.err, r.took = err, time.Since(began)
	r.sum, r.passed, r.bound = s.search.Searched, s.values.Passed, s.search.Bound()
	if done > 0 {
		r.last = keys[done-1]
	}
	r.all = done == len(keys) && done < s.slice
	return r
}

// next returns the next keys.
func (s searchPart) next() []string {
	from := s.from
	keys := make([]string, 0, s.slice)
	if from == "" && s.folder != "" {
		from = s.folder
		if _, ok := s.keys.Lookup(from); ok {
			keys = append(keys, from)
		}
	}
	for e := range s.keys.After(from) {
		if len(keys) == s.slice || s.folder != "" && !strings.HasPrefix(e.Key, s.folder+"/") {
			break
		}
		keys = append(keys, e.Key)
	}
	return keys
}

// total returns how many known keys there are to search.
func (p *searchPane) total(m *Model) int {
	if p.folder == "" {
		return m.tree.tree.Keys()
	}
	n, _ := m.tree.tree.Count(p.folder)
	if _, ok := m.tree.tree.Lookup(p.folder); ok {
		n++
	}
	return n
}

// valuesSearched is the result of a part of a search.
type valuesSearched struct {
	pane   *searchPane
	gen    int
	hits   []hit
	last   string // the last key that is done; "" for none
	all    bool   // there were no more keys
	sum    kv.Searched
	passed int
	bound  kv.Bound
	err    error
	took   time.Duration
}

func (r valuesSearched) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen {
		return nil
	}
	p.flying = false
	p.add(r.hits)
	if r.last != "" {
		p.last = r.last
	}
	if r.sum.Keys > 0 {
		p.sum, p.passed = r.sum, r.passed
	}
	switch {
	case p.state != searchRunning:
		return nil
	case r.err != nil && !errors.Is(r.err, context.Canceled):
		p.state, p.err, p.ended = searchFailed, r.err, m.now()
		return nil
	case r.all:
		p.state, p.ended = searchDone, m.now()
		return nil
	case r.bound != kv.NoBound:
		p.state, p.bound, p.ended = searchBounded, r.bound, m.now()
		return nil
	case r.took > 2*searchSliceTime:
		p.slice = max(searchSlice/16, p.slice/2)
	case r.took < searchSliceTime/2:
		p.slice = min(2*p.slice, searchSliceMost)
	}
	return p.next(m)
}
