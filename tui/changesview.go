package tui

import (
	"strings"
	"unicode/utf8"

	"kvist/kv"
)

// title names the directory that the changes are in.
func (p *changesPane) title(m *Model) paneTitle { return m.titleBelow("Changes", m.opts.Prefix) }

// view is the list of changes, and below it what the one under the cursor made
// of its key.
func (p *changesPane) view(m *Model, w, h int) []string {
	p.lay(w)
	detail := p.changeDetail(m, w, p.detailHeight(h))
	lines := []string{p.head(m, w)}
	p.height = max(1, h-len(lines)-len(detail))
	if p.shown.count() == 0 {
		text := " nothing has changed yet"
		if p.shown.len() > 0 {
			text = " no change matches"
		}
		return append(lines, m.look.muted.Paint(fit(text, w)))
	}
	top, at := p.window(p.height)
	for row := top; row < min(top+p.height, p.shown.count()); row++ {
		lines = append(lines, p.drawChange(m, p.shown.get(p.shown.number(row)), w, row == at))
	}
	for len(lines) < h-len(detail) {
		lines = append(lines, blank(w))
	}
	return append(lines, detail...)
}

// head says how much there is, and whether all of it is shown; and
// where the cursor is, when it does not stay with the newest.
func (p *changesPane) head(m *Model, w int) string {
	in := m.look.muted
	var parts []string
	if row := p.row(); row >= 0 && !p.newest {
		parts = append(parts, grouped(row+1)+"/"+grouped(p.shown.count()))
	}
	if p.still {
		in = m.look.warn
		parts = append(parts, "paused", grouped(p.fresh)+" new")
		if p.lost > 0 {
			parts = append(parts, grouped(p.lost)+" lost")
		}
	}
	if p.query != nil {
		parts = append(parts, "filter "+clean(p.query.String())+": "+plural(p.shown.count(), "line"))
	}
	text := plural(p.recorder.count, "change")
	if p.ready {
		text += " since " + p.since.Format("15:04:05")
	}
	if p.shown.first > 0 {
		text += ", the last " + grouped(p.shown.len()) + " lines kept"
	}
	if p.partial {
		text += ", of open folders only"
	}
	return in.Paint(fit(" "+strings.Join(append(parts, text), " · "), w))
}

// drawChange draws one line of the list.
func (p *changesPane) drawChange(m *Model, c *change, w int, selected bool) string {
	l := m.look
	cursor := l.selectedBlur
	if m.focus == p && !p.inside {
		cursor = l.selected
	}
	clock := "15:04:05"
	if w >= 60 {
		clock = "15:04:05.000"
	}
	at := " " + c.at.Format(clock) + " "
	if c.kind == markChange {
		text := fit("── "+cleanName(c.key)+" ", max(0, w-width(at)))
		if selected {
			return cursor.Paint(at + text)
		}
		return l.muted.Paint(at) + l.warn.Paint(text)
	}
	sign, in := m.changeSign(c.kind)
	tail := " " + changeTail(c) + " "
	tail = fitLeft(tail, min(width(tail), w/2))
	room := max(0, w-width(at)-width(sign)-1-width(tail))
	key := fitLeft(cleanName(endOf(m.below(c.key), 4*room)), room)
	if selected {
		return cursor.Paint(at + sign + " " + key + tail)
	}
	return l.muted.Paint(at) + in.Paint(sign) + l.text.Paint(" "+key) + l.muted.Paint(tail)
}

// changeSign is a kind of change as one sign, and its ink.
func (m *Model) changeSign(k changeKind) (string, ink) {
	l := m.look
	switch k {
	case addedChange:
		return l.signs.Added, l.diffAdd
	case removedChange, folderChange:
		return l.signs.Removed, l.diffDel
	default:
		return l.signs.Changed, l.accent
	}
}

// below is a key without the opened prefix, as the tree shows it.
func (m *Model) below(key string) string {
	return strings.TrimPrefix(key, m.root)
}

// endOf is the end of a text that may be very long, at most n bytes.
func endOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for i := range min(len(s), utf8.UTFMax) {
		if utf8.RuneStart(s[i]) {
			return s[i:]
		}
	}
	return s
}

// changeTail is what a change did besides: marks, sizes.
func changeTail(c *change) string {
	parts := markWords(c.was.flags, c.now.flags)
	switch c.kind {
	case folderChange:
		parts = []string{"all in it"}
	case addedChange:
		parts = append(parts, sizeText(c.now.size))
	case removedChange:
		parts = []string{sizeText(c.was.size)}
	default:
		switch {
		case c.was.index == c.now.index: // marks alone
		case c.was.size == c.now.size:
			parts = append(parts, sizeText(c.now.size))
		default:
			parts = append(parts, sizeText(c.was.size)+" → "+sizeText(c.now.size))
		}
	}
	if c.found {
		parts = append(parts, "found")
	}
	return strings.Join(parts, " · ")
}

// markWords says which marks a key got or lost.
func markWords(was, now kv.KeyFlags) []string {
	var words []string
	for _, mark := range []struct {
		flag kv.KeyFlags
		word string
	}{{kv.Ephemeral, "ephemeral"}, {kv.Leased, "leased"}, {kv.LockedKey, "locked"}} {
		switch {
		case now&^was&mark.flag != 0:
			words = append(words, mark.word)
		case was&^now&mark.flag != 0:
			words = append(words, "no longer "+mark.word)
		}
	}
	return words
}

// sizeText is a size in words.
func sizeText(n int) string {
	if n < 0 {
		return "?"
	}
	return sized(int64(n))
}
