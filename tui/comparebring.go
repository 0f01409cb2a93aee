package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare"
	"kvist/internal/compare/live"
	"kvist/internal/transfer"
	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// chosenRows are what a plan of a comparison takes.
type chosenRows struct {
	rows   []tree.Row // none of them is inside another
	said   string     // names them
	folder bool       // one of them is a folder, or there are several
	many   bool       // they are marked
}

// chosenRows returns the marks, or the row under the cursor.
func (p *comparePane) chosenRows() chosenRows {
	if row, ok := p.rows.row(); ok && !p.anyMarked() {
		return chosenRows{rows: []tree.Row{row}, said: cleanName(row.Key), folder: row.IsFolder}
	}
	keys, marks, more := p.rows.tree.CountMarks()
	c := chosenRows{said: markedKeys(keys, marks, more), folder: true, many: true}
	for mark := range p.rows.tree.Marks() {
		c.rows = append(c.rows, tree.Row{Key: mark.Key, IsFolder: mark.Folder})
	}
	return c
}

// anyMarked reports whether rows are marked.
func (p *comparePane) anyMarked() bool {
	return p.live != nil && p.rows.tree.SomeMarked()
}

// mark marks the row under the cursor, or takes its mark off, and goes down.
func (p *comparePane) mark(m *Model) {
	if p.path() == "" {
		return
	}
	if row, _ := p.rows.row(); m.turnMark(p.rows.tree, row) {
		p.rows.move(p.rows.at + 1)
	}
}

// bring shows the plan that makes the other side of the marks, or of a row, what one
// side has of it: a plan to copy what differs or is missing there. If there is nothing
// to copy, it is a plan to delete what only the other side has. A copy deletes nothing:
// keys that only the other side has stay.
func (p *comparePane) bring(m *Model, from int) tea.Cmd {
	if p.live == nil || p.path() == "" {
		return nil
	}
	to := p.sides[1-from]
	if why := p.whyNot(1 - from); why != "" {
		m.notice.warn(m.now(), why)
		return nil
	}
	only, theirs := compare.OnlyA, compare.OnlyB
	if from == 1 {
		only, theirs = theirs, only
	}
	c := p.chosenRows()
	if c.many && m.noneLeft(p.rows.tree) {
		return nil
	}
	n := p.below(c.rows)
	switch wanted := n[only] + n[compare.Differs] + n[compare.Unread]; {
	case wanted == 0 && n[compare.Alike] == 1 && !c.folder, wanted > 0:
		return p.copyFrom(m, from, c, only, n[theirs])
	case n[theirs] > 0:
		return p.deleteAt(m, 1-from, c, theirs)
	case n[compare.Alike] > 0:
		m.notice.say(m.now(), "the same on both sides, but for order and layout")
	default:
		m.notice.say(m.now(), "the same on both sides: there is nothing to bring to "+to.words)
	}
	return nil
}

// below returns how many keys differ at rows and below them.
func (p *comparePane) below(rows []tree.Row) (n live.Counts) {
	for _, row := range rows {
		if row.IsFolder {
			for kind, inside := range p.live.Inside(row.Key) {
				n[kind] += inside
			}
		}
		if kind, ok := p.live.Kind(row.Key); ok {
			n[kind]++
		}
	}
	return n
}

// whyNot says why a side cannot be written to; "" if it can.
func (p *comparePane) whyNot(side int) string {
	s := p.sides[side]
	switch {
	case s.still != "":
		return s.words + " is " + s.still + ": nothing is written to it"
	case s.site.ReadOnly:
		return "read-only profile: nothing is written to " + s.words
	case p.live.Passing():
		return "not everything has been compared yet"
	}
	return ""
}

// copyFrom shows the plan to bring what differs at rows from a side to the other, where
// so many keys stay that this side does not have.
func (p *comparePane) copyFrom(m *Model, from int, c chosenRows, only compare.Kind, stay int) tea.Cmd {
	s, to := p.sides[from], p.sides[1-from]
	site := *to.site
	site.Place.Title, site.Close = to.words, func() {} // the comparison goes on
	// The same place at another moment is no place to be kept apart from.
	site.Same = to.place.Store == s.place.Store && s.still == "" && to.still == ""
	d := &transferDialog{folder: c.folder, site: &site, mode: transfer.Replace}
	if to.place.Store == m.present().store {
		d.to.here, d.to.key = true, to.place.Prefix
	}
	d.from = transfer.Place{Store: s.place.Store, Prefix: s.place.Prefix, Title: s.words}
	l := p.live
	d.given = &givenSource{
		said: "bring " + c.said, title: transfer.Title("bring", c.said+" of "+s.words, to.words),
		source: func(ctx context.Context) (transfer.Source, error) { return chosen(ctx, l, s, from, c.rows, only) },
	}
	if c.many {
		d.given.of = targets{tree: p.rows.tree, said: c.said}
	}
	if c.folder && !c.many {
		d.given.said = "bring what differs in " + c.said
	}
	d.given.said += " of " + s.words
	if stay > 0 {
		d.given.stays = p.staying(m, from, stay)
	}
	m.open(d)
	return d.make(m)
}

// staying says how many keys a copy leaves where they are, since a copy deletes nothing.
func (p *comparePane) staying(m *Model, from, n int) string {
	where, again := "only there", keymap.CompareThere
	if from == 1 {
		where, again = "only here", keymap.CompareHere
	}
	verb := " stay"
	if n == 1 {
		verb = " stays"
	}
	return plural(n, "key") + " " + where + verb + "; press " + m.keyFor(keymap.ScopeCompare, again) + " again after this to delete what is " + where
}

// chosen returns the keys at rows and below them that differ, as a source. A key alone
// is brought if it is alike, too: nothing else can be meant.
func chosen(ctx context.Context, l *live.Comparison, s *compareSide, side int, rows []tree.Row, only compare.Kind) (transfer.Source, error) {
	names := map[transfer.Name]bool{}
	entries := []kv.Entry{}
	take := func(e tree.Entry, below bool) {
		kind := compare.Kind(e.Flags)
		if kind != only && kind != compare.Differs && kind != compare.Unread && (below || kind != compare.Alike) {
			return
		}
		known, ok := s.keys.Lookup(l.Key(side, e.Key))
		if !ok {
			return
		}
		names[l.Name(e.Key)] = true
		entries = append(entries, kv.Entry{Key: known.Key, Index: known.Index, Size: known.Size, Flags: kv.KeyFlags(known.Flags)})
	}
	for _, row := range rows {
		for e := range l.Below(row.Key) {
			if !row.IsFolder && e.Key != row.Key {
				break // a key and a folder of one name: only the key is marked
			}
			take(e, row.IsFolder)
			if err := ctx.Err(); err != nil {
				return nil, err
			}
		}
	}
	if s.source != nil {
		return transfer.Only(s.source, func(n transfer.Name) bool { return names[n] }), nil
	}
	return transfer.FromEntries(s.place, entries), nil
}

// deleteAt shows the plan to delete what only a side has at rows.
func (p *comparePane) deleteAt(m *Model, side int, c chosenRows, only compare.Kind) tea.Cmd {
	s, l := p.sides[side], p.live
	keyOf := func(row tree.Row) string { return strings.TrimSuffix(l.Key(side, row.Key), "/") }
	ctx, cancel := context.WithCancel(m.ctx)
	d := &planDialog{prefix: keyOf(c.rows[0]), single: !c.folder, cancel: cancel, matches: -1}
	if c.many {
		d.prefix, d.of = strings.TrimSuffix(s.place.Prefix, "/"), targets{tree: p.rows.tree, said: c.said}
	}
	d.away = &planAway{store: s.place.Store, words: s.words}
	if s.site.Protected {
		d.away.protected = s.site.Profile
	}
	m.open(d)
	return func() tea.Msg {
		defer cancel()
		var roots []kv.Root
		for _, row := range c.rows {
			for e := range s.below(keyOf(row)) {
				name, _ := l.Path(side, e.Key)
				if kind, ok := l.Kind(name); !ok || kind != only || !row.IsFolder && name != row.Key {
					continue
				}
				planned := kv.PlannedKey{Key: e.Key, Index: e.Index, Size: e.Size, Flags: kv.KeyFlags(e.Flags)}
				roots = append(roots, kv.Root{PlannedKey: planned})
				if ctx.Err() != nil {
					return planMade{dialog: d, err: ctx.Err()}
				}
			}
		}
		plan, err := kv.MakePlanOf(ctx, s.place.Store, "what only "+s.words+" has", roots)
		return planMade{dialog: d, plan: plan, err: err}.worked(s.place.Store)
	}
}

// below calls visit with a key of the side, and with all below it.
func (s *compareSide) below(key string) func(func(tree.Entry) bool) {
	return func(yield func(tree.Entry) bool) {
		if e, ok := s.keys.Lookup(key); ok && !yield(e) {
			return
		}
		for e := range s.keys.After(key) {
			if !strings.HasPrefix(e.Key, key+"/") || !yield(e) {
				return
			}
		}
	}
}
