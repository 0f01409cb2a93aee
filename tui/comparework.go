package tui

import (
	"context"
	"errors"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare/live"
	"kvist/kv"
	"kvist/tui/tree/match"
)

// compareAgainAfter is how long to wait before what could not be compared is tried
// again.
const compareAgainAfter = 3 * time.Second

// follow compares what is left to compare, a portion at a time, and reads the
// difference under the cursor. While nobody looks, changes are only noted.
func (p *comparePane) follow(m *Model) tea.Cmd {
	if p.stale {
		return p.start(m, p.asked)
	}
	p.fade(m)
	if !m.visible(p) || p.live == nil {
		return nil
	}
	return tea.Batch(p.work(m), p.detail.follow(m, p))
}

// bothReady reports whether all keys of both sides are known.
func (p *comparePane) bothReady(m *Model) bool {
	for _, s := range p.sides {
		if s.shared && (!m.feed.ready || m.feed.partial) || !s.shared && !s.ready {
			return false
		}
	}
	return true
}

// work compares the next portion.
func (p *comparePane) work(m *Model) tea.Cmd {
	if p.working || p.stopped || p.err != nil {
		return nil
	}
	for _, s := range p.sides {
		if s.source == nil && s.contact(m).OutOfContact() {
			return nil // its values cannot be read
		}
	}
	w := p.live.Work(p.bothReady(m))
	if w == nil {
		return nil
	}
	ctx, stop := context.WithCancel(p.ctx)
	p.working, p.stop = true, stop
	gen := p.gen
	return func() tea.Msg {
		defer stop()
		w.Run(ctx)
		return compareDone{p, gen, w}
	}
}

// contact returns the state of the feed that keeps a side up to date.
func (s *compareSide) contact(m *Model) kv.State {
	if s.shared {
		return m.feed.state
	}
	return s.state
}

// compareDone is a portion that was compared.
type compareDone struct {
	pane *comparePane
	gen  int
	work *live.Work
}

func (r compareDone) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen || p.live == nil {
		return nil
	}
	line := p.rows.line()
	p.working, p.stop = false, nil
	p.live.Take(r.work, m.now())
	p.begun = p.begun || p.rows.tree.Open(p.rootName())
	p.rows.keepLine(line)
	err := r.work.Err()
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	p.err = err
	return m.after(compareAgainAfter, compareAgainDue{p, r.gen})
}

// compareAgainDue says that it is time to try again.
type compareAgainDue struct {
	pane *comparePane
	gen  int
}

func (r compareAgainDue) apply(*Model) tea.Cmd {
	if r.gen == r.pane.gen {
		r.pane.err = nil
	}
	return nil
}

// underWay reports whether there is something to stop: keys are listed, or the pass
// through all of them goes on.
func (p *comparePane) underWay() bool {
	return p.end != nil && p.err == nil && !p.stopped && p.live != nil && p.live.Passing()
}

// feedChanged notes a change of the explorer's own keys.
func (p *comparePane) feedChanged(_ *Model, c treeChange) {
	if p.live == nil {
		return
	}
	for i, s := range p.sides {
		if s.shared {
			p.live.Touch(i, c.Key)
		}
	}
}

func (p *comparePane) feedBegan(*Model, kv.Batch, time.Time) {}

// feedEnded gives a side a feed of its own once the explorer follows only its open
// folders.
func (p *comparePane) feedEnded(_ *Model, b takenBatch) tea.Cmd {
	if p.end != nil && b.Partial && p.live != nil && (p.sides[0].shared || p.sides[1].shared) {
		p.stale = true
	}
	return nil
}

// fade ends the light of rows that changed.
func (p *comparePane) fade(m *Model) {
	if p.live == nil {
		return
	}
	line := p.rows.line()
	if p.rows.tree.Expire(m.now().Add(-litFor)) {
		p.rows.keepLine(line)
	}
}

// ignores returns what reports whether a key is left out, by its name below the
// place; nil if none is.
func (p *comparePane) ignores() func(string) bool {
	re, only, dir := p.ignore, p.asked.only, p.sides[0].dir
	if re == nil && only == nil {
		return nil
	}
	return func(name string) bool {
		return re.Matches(name) || only != nil && !isMarked(only, dir+name)
	}
}

// isMarked reports whether a key is among marks, or in a folder that is.
func isMarked(marks map[string]bool, key string) bool {
	if _, marked := marks[key]; marked {
		return true
	}
	for i := strings.LastIndexByte(key, '/'); i >= 0; i = strings.LastIndexByte(key[:i], '/') {
		if marks[key[:i]] {
			return true
		}
	}
	return false
}

// askIgnore asks which keys to leave out, of this comparison and of later ones.
func (p *comparePane) askIgnore(m *Model) tea.Cmd {
	ask := &prompt{title: "Leave out the keys that match", hint: "a regular expression of names below the place, such as ^secrets/|\\.bak$; empty = none"}
	ask.done = func(_ *Model, text string) tea.Cmd {
		re, err := match.ParseExpression(text)
		if err != nil {
			ask.fault = clean(err.Error())
			return nil
		}
		if p.ignore = re; p.live != nil {
			p.live.Ignore = p.ignores()
			p.stopped = false
			p.live.Restart()
			p.rows.tree = p.live.Tree()
			return p.refilter()
		}
		return nil
	}
	return m.openPrompt(ask, p.ignore.String())
}

// askFilter asks which keys to show, and filters as they are typed.
func (p *comparePane) askFilter(m *Model) tea.Cmd {
	if p.live == nil {
		return nil
	}
	before := p.query
	ask := &prompt{title: "Filter the comparison", low: true, hint: match.Hint + "; empty = all"}
	set := func(_ *Model, text string) tea.Cmd {
		query, err := match.Parse(text)
		if ask.fault = ""; err != nil {
			ask.fault = clean(err.Error())
			return nil
		}
		return p.filter(query)
	}
	ask.change, ask.done = set, set
	ask.leave = func(*Model) { p.filter(before) }
	return m.openPrompt(ask, before.String())
}

// filter shows the keys that match a query; nil shows all.
func (p *comparePane) filter(query *match.Query) tea.Cmd {
	if p.query = query; p.live == nil {
		return nil
	}
	line := p.rows.line()
	cmd := p.refilter()
	p.rows.keepLine(line)
	return cmd
}

// refilter has the filter hold for the tree that is shown. What matches is found
// beside the update loop, apart from the first part.
func (p *comparePane) refilter() tea.Cmd {
	t := p.rows.tree
	if p.query == nil {
		t.Unfilter()
		return nil
	}
	t.Filter(p.query.Pattern)
	if t.Search(findSlice) {
		return nil
	}
	ctx, gen := p.ctx, p.gen
	return func() tea.Msg {
		for done := false; !done && ctx.Err() == nil; {
			done = t.Search(findSlice)
		}
		return compareFiltered{p, gen}
	}
}

// compareFiltered says that the filter has looked at all keys.
type compareFiltered struct {
	pane *comparePane
	gen  int
}

func (r compareFiltered) apply(*Model) tea.Cmd {
	if r.gen == r.pane.gen {
		r.pane.rows.keepLine(r.pane.rows.line())
	}
	return nil
}
