package tui

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/compare"
	"kvist/internal/compare/live"
	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/tui/tree"
)

// bring shows the plan that makes the other side of a row what one side has of it: a
// plan to copy what differs or is missing there. If this side has nothing of it, it
// is a plan to delete what is there. A copy deletes nothing: keys of a folder that
// only the other side has stay.
func (p *comparePane) bring(m *Model, from int) tea.Cmd {
	if p.live == nil || p.path() == "" {
		return nil
	}
	row, _ := p.rows.row()
	to := p.sides[1-from]
	if why := p.whyNot(1 - from); why != "" {
		m.notice.warn(m.now(), why)
		return nil
	}
	only, theirs := compare.OnlyA, compare.OnlyB
	if from == 1 {
		only, theirs = theirs, only
	}
	n := p.below(row)
	switch wanted := n[only] + n[compare.Differs] + n[compare.Unread]; {
	case wanted == 0 && n[compare.Alike] == 1 && !row.IsFolder, wanted > 0:
		return p.copyFrom(m, from, row, only)
	case n[theirs] > 0:
		return p.deleteAt(m, 1-from, row)
	case n[compare.Alike] > 0:
		m.notice.say(m.now(), "the same on both sides, but for order and layout")
	default:
		m.notice.say(m.now(), "the same on both sides: there is nothing to bring to "+to.words)
	}
	return nil
}

// below returns how many keys differ at a row and below it.
func (p *comparePane) below(row tree.Row) live.Counts {
	n := p.live.Inside(row.Key)
	if kind, ok := p.live.Kind(row.Key); ok {
		n[kind]++
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

// copyFrom shows the plan to bring what differs at a row from a side to the other.
func (p *comparePane) copyFrom(m *Model, from int, row tree.Row, only compare.Kind) tea.Cmd {
	s, to := p.sides[from], p.sides[1-from]
	site := *to.site
	site.Place.Title, site.Close = to.words, func() {} // the comparison goes on
	// The same place at another moment is no place to be kept apart from.
	site.Same = to.place.Store == s.place.Store && s.still == "" && to.still == ""
	d := &transferDialog{folder: row.IsFolder, site: &site, mode: transfer.Different}
	if to.place.Store == m.present().store {
		d.to.here, d.to.key = true, to.place.Prefix
	}
	d.from = transfer.Place{Store: s.place.Store, Prefix: s.place.Prefix, Title: s.words}
	path, wholeRow, l := row.Key, row.IsFolder, p.live
	d.given = &givenSource{
		said: "bring what differs in " + cleanName(path), title: transfer.Title("bring", clean(path)+" of "+s.words, to.words),
		source: func(ctx context.Context) (transfer.Source, error) {
			return chosen(ctx, l, s, from, path, only, wholeRow)
		},
	}
	if !row.IsFolder {
		d.given.said = "bring " + cleanName(path)
	}
	d.given.said += " of " + s.words
	m.open(d)
	return d.make(m)
}

// chosen returns the keys at a path and below it that differ, as a source. A key
// alone is brought if it is alike, too: nothing else can be meant.
func chosen(ctx context.Context, l *live.Comparison, s *compareSide, side int, path string, only compare.Kind, folder bool) (transfer.Source, error) {
	names := map[transfer.Name]bool{}
	entries := []kv.Entry{}
	take := func(e tree.Entry) {
		kind := compare.Kind(e.Flags)
		if kind != only && kind != compare.Differs && kind != compare.Unread && (folder || kind != compare.Alike) {
			return
		}
		known, ok := s.keys.Lookup(l.Key(side, e.Key))
		if !ok {
			return
		}
		names[l.Name(e.Key)] = true
		entries = append(entries, kv.Entry{Key: known.Key, Index: known.Index, Size: known.Size, Flags: kv.KeyFlags(known.Flags)})
	}
	for e := range l.Below(path) {
		take(e)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	if s.source != nil {
		return transfer.Only(s.source, func(n transfer.Name) bool { return names[n] }), nil
	}
	return transfer.FromEntries(s.place, entries), nil
}

// deleteAt shows the plan to delete what only a side has at a row.
func (p *comparePane) deleteAt(m *Model, side int, row tree.Row) tea.Cmd {
	s := p.sides[side]
	key := strings.TrimSuffix(p.live.Key(side, row.Key), "/")
	ctx, cancel := context.WithCancel(m.ctx)
	d := &planDialog{prefix: key, single: !row.IsFolder, cancel: cancel, matches: -1}
	d.away = &planAway{store: s.place.Store, words: s.words}
	if s.site.Protected {
		d.away.protected = s.site.Profile
	}
	m.open(d)
	ignore, path, l := p.live.Ignore, row.Key, p.live
	return func() tea.Msg {
		defer cancel()
		plan := &kv.Plan{Prefix: key}
		for e := range s.below(key) {
			name, _ := l.Path(side, e.Key)
			if ignore != nil && ignore(l.Name(name).Rel) || d.single && name != path {
				continue
			}
			plan.Keys = append(plan.Keys, kv.PlannedKey{Key: e.Key, Index: e.Index, Size: e.Size, Flags: kv.KeyFlags(e.Flags)})
			if ctx.Err() != nil {
				return planMade{dialog: d, err: ctx.Err()}
			}
		}
		return planMade{dialog: d, plan: plan, totals: plan.Totals(), list: newPlanList(plan.Keys)}
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
