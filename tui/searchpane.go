package tui

import (
	"context"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

// searchPane is a search of values and its hits. It searches the keys of the tree
// in their order.
type searchPane struct {
	find   listFind
	query  *match.Query // nil before the first search
	values *match.InValues
	folder string // the folder that is searched; "" for the opened prefix
	search *kv.Search

	state  searchState
	gen    int // the number of the search; results of older ones are dropped
	cancel context.CancelFunc
	flying bool   // a part is under way and owns search and values
	slice  int    // keys in the next part
	last   string // the last key that is done; "" before the first
	sum    kv.Searched
	passed int // values that cannot be compared
	bound  kv.Bound
	err    error
	ended  time.Time

	hits      []hit    // in the order of the tree
	rowCursor          // in hits
	above     []string // the lines above them
	passive
}

// hit is a key whose value matches.
type hit struct {
	key string
	finding
}

// searchState is what a search is doing.
type searchState uint8

const (
	searchIdle searchState = iota // before the first search
	searchRunning
	searchStopped // by the user
	searchBounded // at a limit
	searchFailed
	searchDone
)

// open asks what to look for: in the folder under the cursor, or in everything
// below the opened prefix.
func (p *searchPane) open(m *Model) tea.Cmd {
	here, folder := m.searchable()
	ask := &prompt{aside: true}
	describe := func() {
		other := ""
		if here == "" {
			other = folder
		}
		ask.title, ask.hint = "Search "+m.valuesOf(here), match.Hint
		if turn := m.keys.Keys(keymap.ScopePrompt, keymap.PromptTurn); other != here && len(turn) > 0 {
			ask.hint += "\n" + keymap.Show(turn[0]) + ": " + m.valuesOf(other)
		}
	}
	ask.turn = func() {
		if here == "" {
			here = folder
		} else {
			here = ""
		}
		describe()
	}
	ask.done = func(m *Model, text string) tea.Cmd {
		query, err := match.Parse(text)
		switch {
		case err != nil:
			ask.fault = clean(err.Error())
			return nil
		case query == nil:
			m.notice.warn(m.now(), "nothing to look for")
			return nil
		}
		return p.start(m, query, here)
	}
	describe()
	return m.openPrompt(ask, "")
}

// searchable returns the folder that a search begins with, "" for the opened
// prefix, and the folder that the cursor is on or in.
func (m *Model) searchable() (here, folder string) {
	row, ok := m.tree.row()
	if !ok {
		return "", ""
	}
	if row.IsFolder {
		return row.Key, row.Key
	}
	if i := strings.LastIndexByte(row.Key, '/'); i >= max(1, len(m.opts.Prefix)) {
		folder = row.Key[:i]
	}
	return "", folder
}

// valuesOf names what is searched.
func (m *Model) valuesOf(folder string) string {
	if folder == "" {
		return strings.TrimSuffix("all values in "+cleanName(m.opts.Prefix), " in ")
	}
	return "the values in " + cleanName(m.below(folder)) + "/"
}

// under returns the directory of a folder; "" is the opened prefix.
func (m *Model) under(folder string) string {
	if folder == "" {
		return m.opts.Prefix
	}
	return folder + "/"
}

// show opens the prompt only for the action that asks for it. The key of a pane may
// be typed by mistake, as a count is in other programs, with commands after it.
func (p *searchPane) show(m *Model, by keymap.Action) (tea.Cmd, bool) {
	if by == keymap.SearchOpen {
		return p.open(m), false
	}
	if p.state == searchIdle {
		m.notice.say(m.now(), "no search yet: "+m.keyFor(keymap.ScopeGlobal, keymap.SearchOpen)+" searches values")
		return nil, false
	}
	return nil, true
}

// start starts a search and drops the last one.
func (p *searchPane) start(m *Model, query *match.Query, folder string) tea.Cmd {
	p.stop(m.now())
	*p = searchPane{
		query: query, values: query.InValues(), folder: folder, state: searchRunning, gen: p.gen + 1, slice: searchSlice,
		search: &kv.Search{Store: m.store},
	}
	m.walked = nil
	m.focusOn(p)
	return p.next(m)
}

// travelled drops what was found: it is of another moment.
func (p *searchPane) travelled(m *Model) tea.Cmd {
	if p.state == searchIdle {
		return nil
	}
	p.stop(m.now())
	*p = searchPane{gen: p.gen + 1}
	if m.right == pane(p) {
		m.right = m.value
	}
	if m.focus == pane(p) {
		m.focus = m.tree
	}
	return nil
}

// stop stops the search and cancels the part under way.
func (p *searchPane) stop(now time.Time) {
	if p.state != searchRunning {
		return
	}
	p.state, p.ended = searchStopped, now
	if p.cancel != nil {
		p.cancel()
	}
}

// goOn continues a search that was stopped, reached a limit or lost contact.
func (p *searchPane) goOn(m *Model) tea.Cmd {
	switch p.state {
	case searchIdle, searchRunning, searchDone:
		return nil
	case searchBounded:
		p.search.Extend()
	case searchStopped, searchFailed:
	}
	p.state, p.err, p.bound = searchRunning, nil, kv.NoBound
	return p.next(m)
}

func (p *searchPane) click(_ *Model, at point) tea.Cmd {
	p.to(p.top + max(0, at.y-len(p.above))/hitLines)
	return nil
}

func (p *searchPane) caret(*Model) (point, bool) {
	return point{0, len(p.above) + (p.at-p.top)*hitLines}, len(p.hits) > 0
}

func (p *searchPane) rowLines() int { return hitLines }

func (p *searchPane) wheel(_ *Model, _ point, by int) {
	p.to(p.at + by)
}

func (p *searchPane) subject(m *Model) (tree.Row, bool) { return m.rowFor(p.key()) }

// key returns the key of the hit under the cursor.
func (p *searchPane) key() string {
	if p.at >= len(p.hits) {
		return ""
	}
	return p.hits[p.at].key
}

func (p *searchPane) scope() keymap.Scope { return keymap.ScopeSearch }

func (p *searchPane) hint(_ *Model, h keymap.Hint) (string, bool) {
	return h.Text, h.Action != keymap.SearchJump || len(p.hits) > 0
}

func (p *searchPane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.moved(a, len(p.hits)) {
		return nil, true
	}
	if cmd, mine := p.find.act(m, p, a); mine {
		return cmd, true
	}
	switch a {
	case keymap.SearchJump:
		return p.jump(m), true
	case keymap.SearchOn:
		return p.goOn(m), true
	case keymap.SearchLeave:
		if p.state == searchRunning {
			p.stop(m.now())
			return nil, true
		}
		return m.leavePane(), true
	}
	return nil, false
}

// jump goes to the hit's key in the tree and to the match in its value.
func (p *searchPane) jump(m *Model) tea.Cmd {
	if p.at >= len(p.hits) || !p.goToHit(m) {
		return nil
	}
	return tea.Batch(p.lead(m), m.leavePane())
}

// lead finds the hit in the value of its key: now if that value is shown, or when
// it has been read.
func (p *searchPane) lead(m *Model) tea.Cmd {
	h := p.hits[p.at]
	m.value.find = valueFind{query: p.query, gen: m.value.find.gen + 1, key: h.key, goal: h.line, at: -1}
	if m.value.shown.key != h.key {
		return nil
	}
	return m.findAgain()
}

// goToHit puts the tree's cursor on the hit's key. It removes a filter that hides
// the key.
func (p *searchPane) goToHit(m *Model) bool {
	if !m.goToKey(p.key()) {
		return false
	}
	m.walked = p
	return true
}

// walk goes by so many hits, around the ends, and to their keys in the tree.
func (p *searchPane) walk(m *Model, by int) tea.Cmd {
	n := len(p.hits)
	if n == 0 {
		m.notice.warn(m.now(), p.report(m))
		return nil
	}
	p.at = (p.at + by + n) % n
	if !p.goToHit(m) {
		return nil
	}
	m.notice.say(m.now(), "hit "+grouped(p.at+1)+" of "+grouped(n)+" for "+clean(p.query.String()))
	return p.lead(m)
}

func (p *searchPane) rows() int   { return len(p.hits) }
func (p *searchPane) cursor() int { return p.at }
func (p *searchPane) to(row int)  { p.goTo(row, len(p.hits)) }

// searchText returns the key and the line of the match.
func (p *searchPane) searchText(row int) string {
	h := p.hits[row]
	return h.key + " " + h.before + h.match + h.after
}

// add inserts hits. After a cancelled part, some may come twice.
func (p *searchPane) add(hits []hit) {
	under := ""
	if p.at < len(p.hits) {
		under = p.hits[p.at].key
	}
	byKey := func(a, b hit) int { return tree.Compare(a.key, b.key) }
	slices.SortFunc(hits, byKey)
	again := len(p.hits) > 0 && len(hits) > 0 && byKey(p.hits[len(p.hits)-1], hits[0]) >= 0
	p.hits = append(p.hits, hits...)
	if again {
		slices.SortStableFunc(p.hits, byKey)
		p.hits = slices.CompactFunc(p.hits, func(a, b hit) bool { return a.key == b.key })
	}
	if at, ok := slices.BinarySearchFunc(p.hits, hit{key: under}, byKey); ok && under != "" {
		p.at = at
	}
}
