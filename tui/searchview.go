package tui

import (
	"fmt"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// hitLines is how many lines a hit takes: the key, and the line that matches.
const hitLines = 2

// title returns the query and the directory.
func (p *searchPane) title(m *Model) paneTitle {
	if p.state == searchIdle {
		return paneTitle{what: "Search"}
	}
	return m.titleBelow(`Search "`+clean(p.query.String())+`"`, m.under(p.folder))
}

// lay puts the progress and its caveats above the hits.
func (p *searchPane) lay(m *Model, w, h int) {
	p.above = nil
	if p.state == searchIdle {
		return
	}
	add := func(text string, in ink) {
		if text == "" {
			return
		}
		for _, line := range wrap(text, w-2) {
			p.above = append(p.above, in.Paint(fit(" "+line, w)))
		}
	}
	l := m.look
	head := l.text
	if p.state == searchRunning {
		head = l.accent
	}
	add(p.report(m), head)
	if p.err != nil {
		add(explain.Error(p.err), l.warn)
	}
	add(p.nothing(), head)
	add(p.caveats(m), l.warn)
	p.above = append(p.above, l.border.Paint(strings.Repeat("╌", w)))
	p.fit(len(p.hits), (h-len(p.above))/hitLines)
}

// view returns the progress and the hits.
func (p *searchPane) view(m *Model, w, _ int) []string {
	lines := slices.Clone(p.above)
	for i := p.top; i < p.end(len(p.hits)); i++ {
		lines = append(lines, p.drawHit(m, p.hits[i], w, i == p.at)...)
	}
	return lines
}

// report says how far the search is and how much it found.
func (p *searchPane) report(m *Model) string {
	if p.state == searchIdle {
		return "nothing searched yet"
	}
	searched, total := p.sum.Keys, max(p.sum.Keys, p.total(m))
	of := grouped(searched) + " of " + plural(total, "value")
	text := ""
	switch p.state {
	case searchIdle, searchRunning:
		text = "searched " + of
	case searchStopped:
		text = "stopped at " + of
	case searchBounded:
		text = "stopped at " + of + ", at the limit of " + p.limit()
	case searchFailed:
		text = "stopped at " + of
	case searchDone:
		text = "searched " + plural(total, "value")
		if total != 1 {
			text = "searched all " + plural(total, "value")
		}
	}
	text += ", " + sized(p.sum.Bytes) + ", " + plural(len(p.hits), "hit")
	if p.state == searchRunning {
		if stop := m.keys.Keys(keymap.ScopeSearch, keymap.SearchLeave); len(stop) > 0 {
			text += "; " + keymap.Show(stop[0]) + " stops"
		}
		return text
	}
	text += "; as of " + p.ended.Format("15:04:05")
	if on := m.keys.Keys(keymap.ScopeSearch, keymap.SearchOn); p.state != searchDone && len(on) > 0 {
		text += "; " + keymap.Show(on[0]) + " searches on"
	}
	return text
}

// nothing says that the values which could be searched have no hit, which does not
// mean that there is none; "" while there may be hits.
func (p *searchPane) nothing() string {
	if len(p.hits) > 0 || p.state == searchRunning {
		return ""
	}
	return "no hit in the " + plural(p.sum.Keys-p.sum.Denied-p.sum.Gone-p.passed, "value") + " that could be searched"
}

// limit names the limit that was reached.
func (p *searchPane) limit() string {
	l := kv.DefaultSearchLimits()
	switch p.bound {
	case kv.KeysBound:
		return plural(l.Keys, "value")
	case kv.BytesBound:
		return sized(l.Bytes)
	case kv.HitsBound:
		return plural(l.Hits, "hit")
	case kv.NoBound:
	}
	return ""
}

// caveats say what was not searched and why there may be more hits.
func (p *searchPane) caveats(m *Model) string {
	var parts []string
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			parts = append(parts, "1 value "+one)
		case n > 1:
			parts = append(parts, plural(n, "value")+" "+many)
		}
	}
	add(p.sum.Denied, "may not be read", "may not be read")
	add(p.sum.Gone, "was deleted since", "were deleted since")
	most := sized(int64(kv.DefaultSearchLimits().Value))
	add(p.sum.Cut, "is longer than "+most+" and was searched up to there", "are longer than "+most+" and were searched up to there")
	add(p.passed, "is not text, which ~ needs", "are not text, which ~ needs")
	switch f := m.feed; {
	case f.paused:
		parts = append(parts, "keys may have been added since the feed was paused")
	case !f.ready:
		parts = append(parts, "the keys are still being listed")
	case f.err != nil:
		parts = append(parts, "not all keys are known")
	case f.partial:
		parts = append(parts, "only the keys in open folders are known")
	}
	return strings.Join(parts, "; ")
}

// drawHit draws a key and the line of its value that matches.
func (p *searchPane) drawHit(m *Model, h hit, w int, selected bool) []string {
	l := m.look
	key, line := l.folder, l.text
	if selected {
		key = l.selectedBlur
		if m.focus == p {
			key = l.selected
		}
		line = key
	}
	more := ""
	if h.lines > 1 {
		more = " +" + plural(h.lines-1, "line") + " "
	}
	name := cleanName(h.key)
	head := fit(" "+fitLeft(name, min(width(name), w-1-width(more))), w-width(more))
	tail := l.muted
	if selected {
		tail = key
	}
	if m.conceals(h.key) {
		return []string{key.Paint(head) + tail.Paint(more), tail.Paint(fit("        "+m.dots()+m.revealed(), w))}
	}
	return []string{key.Paint(head) + tail.Paint(more), m.drawFinding(h.finding, w, line, tail)}
}

// drawFinding draws the line with the match marked. Without room for all, it cuts
// the text before the match.
func (m *Model) drawFinding(f finding, w int, line, number ink) string {
	where := fmt.Sprintf("%6d  ", f.line)
	switch {
	case f.binary:
		where = fmt.Sprintf("0x%04x  ", f.offset)
	case f.line == 0:
		where = "        "
	}
	room := max(0, w-width(where)-1)
	before := f.before
	if most := max(room/3, room-width(f.match)-width(f.after)); width(before) > most {
		before = fitLeft(before, most)
	}
	match := fit(f.match, min(width(f.match), max(0, room-width(before))))
	after := fit(f.after, max(0, room-width(before)-width(match)))
	return number.Paint(where) + line.Paint(before+m.look.match.In(line).Paint(match)+after+" ")
}
