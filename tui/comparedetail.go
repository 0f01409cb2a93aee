package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare"
	"kvist/internal/explain"
	"kvist/internal/textdiff"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/tui/tree"
)

// compareDetail is the difference of the key under the cursor.
type compareDetail struct {
	inside  bool // it has the focus rather than the rows
	of      compareState
	gen     int
	due     bool // the cursor has rested there
	reading bool
	read    compareRead
	viewport
}

// compareState is a key in the states that both sides have of it.
type compareState struct {
	path string
	has  [2]bool
	is   [2]tree.Entry
	kind compare.Kind
}

// state returns the key under the cursor as it is known now; false for a folder
// that is no key.
func (p *comparePane) state() (compareState, bool) {
	row, ok := p.rows.row()
	if !ok || !row.IsKey {
		return compareState{}, false
	}
	s := compareState{path: row.Key, kind: compare.Kind(row.Flags)}
	for i := range s.is {
		s.is[i], s.has[i] = p.sides[i].keys.Lookup(p.live.Key(i, row.Key))
	}
	return s, s.has[0] || s.has[1]
}

// follow has the values of the key under the cursor read once the cursor has
// rested there, and again after each change of it.
func (d *compareDetail) follow(m *Model, p *comparePane) tea.Cmd {
	s, ok := p.state()
	if !ok {
		d.of, d.inside = compareState{}, false
		return nil
	}
	if d.of == s {
		return nil
	}
	moved := d.of.path != s.path
	d.of, d.due = s, false
	d.gen++
	if moved {
		d.top, d.inside = 0, false
	}
	return m.after(diffPause, compareDue{p, d.gen})
}

// compareDue says that the cursor has rested on a key.
type compareDue struct {
	pane *comparePane
	gen  int
}

func (r compareDue) apply(m *Model) tea.Cmd {
	d := &r.pane.detail
	if r.gen != d.gen || r.pane.live == nil {
		return nil
	}
	d.due = true
	return r.pane.readDetail(m)
}

// readDetail reads both values, unless a read is under way.
func (p *comparePane) readDetail(m *Model) tea.Cmd {
	d := &p.detail
	if d.reading || !d.due || d.of.path == "" || p.live == nil {
		return nil
	}
	d.reading, d.due = true, false
	gen, of, sides := d.gen, d.of, p.sides
	return func() tea.Msg {
		ctx, cancel := m.timeout()
		defer cancel()
		r := readCompared(ctx, sides, of)
		r.pane, r.gen = p, gen
		return r
	}
}

// compareRead is what was read of a key.
type compareRead struct {
	pane *comparePane
	gen  int
	of   compareState
	side diffSide
	err  error
}

func (r compareRead) apply(m *Model) tea.Cmd {
	d := &r.pane.detail
	d.reading = false
	if r.gen != d.gen {
		return r.pane.readDetail(m) // the cursor has moved on
	}
	d.read = r
	return nil
}

// readCompared reads a key of both sides and compares it.
func readCompared(ctx context.Context, sides [2]*compareSide, of compareState) compareRead {
	r := compareRead{of: of}
	var nodes [2]*kv.Node
	var values [2][]byte
	for i, s := range sides {
		if !of.has[i] {
			continue
		}
		if nodes[i], r.err = s.node(ctx, of.is[i]); r.err != nil {
			return r
		}
		if nodes[i] != nil {
			values[i] = nodes[i].Value
		}
	}
	d := textdiff.CompareData(of.path, values[0], values[1])
	if of.kind == compare.Alike {
		d.Alike = false // it is said already
	}
	end := map[textdiff.End]string{textdiff.EndAdded: "only there with a line end at the end", textdiff.EndRemoved: "only here with a line end at the end"}[d.End]
	d.End = textdiff.EndSame // neither came from the other
	r.side = newDiffSide("", of.is[0].Key, d, len(values[0]), len(values[1]))
	for i, size := range []*int{&r.side.was, &r.side.now} {
		if nodes[i] == nil {
			*size = nothing
		}
	}
	for i, s := range sides {
		r.side.veiled = r.side.veiled || of.has[i] && s.site != nil && s.site.Masked != nil && s.site.Masked(of.is[i].Key)
	}
	if end != "" {
		r.side.remarks = append(r.side.remarks, end)
	}
	if d.Binary {
		r.side.remarks = []string{fmt.Sprintf("not text: %s here, %s there", sideText(values[0], true), sideText(values[1], true))}
	}
	if nodes[0] != nil && nodes[1] != nil {
		for _, diff := range compare.Meta(nodes[0], nodes[1], sides[0].nature(), sides[1].nature()) {
			r.side.remarks = append(r.side.remarks, clean(fmt.Sprintf("%s: %s here, %s there", diff.What, diff.A, diff.B)))
		}
	}
	return r
}

// node reads a key of the side; nil if it is gone by now.
func (s *compareSide) node(ctx context.Context, e tree.Entry) (node *kv.Node, err error) {
	if s.source == nil {
		denied, err := kv.ReadNodes(ctx, s.place.Store, []string{e.Key}, func(n *kv.Node) { node = n })
		if err == nil && denied > 0 {
			err = &kv.Error{Op: kv.OpReadNodes, Key: e.Key, Kind: kv.ErrDenied}
		}
		return node, err
	}
	again, err := s.source.Again()
	if err != nil {
		return nil, err
	}
	defer func() { _ = again.Close() }() // it was only read
	place := int(e.Index) - 1
	nodes, err := again.Nodes(ctx, []transfer.Wanted{{Key: e.Key, Place: place, Version: s.versions[place]}})
	if err != nil {
		return nil, err
	}
	return nodes[0], nil
}

// rowsOf returns what is shown of the key under the cursor, in rows of width w.
func (d *compareDetail) rowsOf(m *Model, p *comparePane, w int) []diffRow {
	if d.of.path == "" {
		return nil
	}
	l := diffRows{width: w}
	l.say(nameRow, cleanName(endOf(p.live.Name(d.of.path).Rel, 4*w)))
	if said := compareWords(d.of.kind); said != "" {
		l.say(remarkRow, said)
	}
	switch r := &d.read; {
	case r.of != d.of:
		return l.rows
	case r.err != nil:
		l.say(markRow, explain.Error(r.err))
		return l.rows
	default:
		return append(l.rows, r.side.lay(m, w)...)
	}
}

// compareWords says how a key differs.
func compareWords(kind compare.Kind) string {
	switch kind {
	case compare.OnlyA:
		return "only here"
	case compare.OnlyB:
		return "only there"
	case compare.Alike:
		return "the same, in another order or layout"
	case compare.Unread:
		return "it may not be read, so that it is not known whether it is the same"
	case compare.Same:
		return "the same"
	case compare.Differs:
	}
	return ""
}
