package tui

import (
	"strings"

	"kvist/keymap"
)

// helpPages are the entries of the help in columns of lines, a screenful of columns
// after the other.
type helpPages struct {
	laid    helpRoom
	columns [][]helpLine
	places  []point // of each entry: its column, and the line in it
	across  int     // columns in sight
	wide    int     // the width of one
	high    int
	brief   bool // the columns have names and first keys; all about one stands below
}

// helpRoom is what the columns depend on besides the entries.
type helpRoom struct {
	w, h int
	note int // lines of the note
}

// helpLine is a heading, a part of an entry, or an empty line.
type helpLine struct {
	entry               int
	heading, keys, text string
	room                int // for the keys, with the blanks around them
}

const (
	// helpLeast is the width from which a column is worth having, helpMost the most
	// columns side by side, and helpGap the blank between them.
	helpLeast = 46
	helpMost  = 3
	helpGap   = 2
	// helpWidth is the most cells that the help takes.
	helpWidth = 3*58 + 2*helpGap
	// helpKeys is the width of the keys in a column, helpKeysBrief the least where
	// entries are brief, and helpKeysMost what long names of keys may take.
	helpKeys      = 16
	helpKeysBrief = 8
	helpKeysMost  = 19
	// helpKeysShort is the width of keys that are not worth a second line.
	helpKeysShort = 8
	// helpBrief is the width from which a column of brief entries is worth having,
	// and helpMeaning the lines below it for what one means.
	helpBrief   = 34
	helpMeaning = 2
	// helpIndent are the blanks before the keys.
	helpIndent = 2
	// helpSign stands before the text.
	helpSign = "? "
	// helpAround are the lines that are no column: the text, what is known of the
	// entry under the cursor, and the keys.
	helpAround = 3
	// helpFew is the least height of columns beside a note.
	helpFew = 8
)

func (h *help) lay(m *Model, w, height int) {
	w = min(w, helpWidth)
	h.input.lay(helpSign, w)
	h.note = nil
	if m.opts.Note != "" && h.input.text() == "" {
		if note := append(wrap(clean(m.opts.Note), w), ""); height-helpAround-len(note) >= helpFew {
			h.note = note
		}
	}
	room := helpRoom{w, height, len(h.note)}
	if room == h.laid {
		return
	}
	h.laid, h.brief = room, false
	if h.across = max(1, min(helpMost, (w+helpGap)/(helpLeast+helpGap))); m.opts.Linear {
		h.across = 1 // a line is said as a whole
	}
	h.wide = (w - (h.across-1)*helpGap) / h.across
	h.high = max(1, height-helpAround-len(h.note))
	h.flow(h.fits)
	if h.across > 1 || m.opts.Linear || w < 2*helpBrief+helpGap || len(h.columns) < 2 {
		return
	}
	h.brief, h.across = true, 2
	h.wide = (w - helpGap) / h.across
	h.high = max(1, h.high-helpMeaning)
	h.flow(h.fits)
}

// flow fills columns with entries, each column under the heading that it begins in.
func (p *helpPages) flow(entries []helpEntry) {
	p.columns, p.places = nil, make([]point, len(entries))
	rooms := p.rooms(entries)
	var column []helpLine
	for i, e := range entries {
		lines := e.lines(i, p.wide, rooms[e.section], p.brief)
		lines = lines[:min(len(lines), max(1, p.high-1))]
		begins := i == 0 || entries[i-1].section != e.section
		need := len(lines)
		if begins {
			need += 2 // the heading, and a blank line before it
		}
		if len(column) > 0 && len(column)+need > p.high {
			p.columns, column = append(p.columns, column), nil
		}
		if len(column) > 0 && begins {
			column = append(column, helpLine{entry: -1})
		}
		if len(column) == 0 || begins {
			column = append(column, helpLine{entry: -1, heading: keymap.Title(e.section)})
		}
		p.places[i] = point{len(p.columns), len(column)}
		column = append(column, lines...)
	}
	if len(column) > 0 {
		p.columns = append(p.columns, column)
	}
}

// rooms returns how many cells the keys of each section take: as many as the longest
// name of a key needs, within bounds.
func (p *helpPages) rooms(entries []helpEntry) map[keymap.Scope]int {
	least, rooms := helpKeys, map[keymap.Scope]int{}
	if p.brief {
		least = helpKeysBrief
	}
	for _, e := range entries {
		names := strings.Fields(e.Keys)
		switch {
		case width(e.Keys) <= helpKeysShort:
			names = []string{e.Keys}
		case p.brief:
			names = names[:1]
		}
		for _, name := range names {
			rooms[e.section] = max(rooms[e.section], least, min(helpIndent+width(name)+1, helpKeysMost))
		}
	}
	return rooms
}

// lines returns an entry in a column of w cells, of which the keys take room.
func (e helpEntry) lines(at, w, room int, brief bool) []helpLine {
	text := e.Help
	if brief && len(e.Names) > 0 && e.Names[0] != string(e.Action) {
		text = e.Names[0]
	}
	keys, words := wrap(e.Keys, room-helpIndent-1), wrap(text, w-room)
	if brief {
		keys = keys[:1] // all of them stand below
	}
	lines := make([]helpLine, max(len(keys), len(words)))
	for i := range lines {
		lines[i].entry, lines[i].room = at, room
		if i < len(keys) {
			lines[i].keys = keys[i]
		}
		if i < len(words) {
			lines[i].text = words[i]
		}
	}
	return lines
}

// moved returns the entry of n that an action leads to; false when it does not move.
func (p *helpPages) moved(a keymap.Action, at, n int) (int, bool) {
	if n == 0 || len(p.places) != n {
		_, moves := cursorAfter(a, 0, 1, 1)
		return 0, moves
	}
	column := p.places[at].x
	page := column / p.across
	switch a {
	case keymap.CursorPageDown:
		return p.near((page+1)*p.across, 0, n-1), true
	case keymap.CursorPageUp:
		return p.near(max(0, page-1)*p.across, 0, 0), true
	case keymap.HelpLeft:
		return p.near(column-1, p.places[at].y, at), true
	case keymap.HelpRight:
		return p.near(column+1, p.places[at].y, at), true
	default:
		return cursorAfter(a, at, n, p.high)
	}
}

// near returns the entry of a column that is on a line, or nearest to it; otherwise
// if there is no such column.
func (p *helpPages) near(column, line, otherwise int) int {
	best, apart := otherwise, -1
	for i, at := range p.places {
		d := max(at.y-line, line-at.y)
		if at.x == column && (apart < 0 || d < apart) {
			best, apart = i, d
		}
	}
	return best
}

func (h *help) view(m *Model, w, _ int) dialogView {
	w = min(w, helpWidth)
	line, cursor := h.input.view(m, helpSign, w)
	v := dialogView{title: "Help", wanted: w, lines: []string{line}, cursor: cursor}
	for _, line := range h.note {
		v.lines = append(v.lines, m.look.good.Paint(line))
	}
	first := h.firstColumn()
	for y := range h.high {
		v.lines = append(v.lines, h.drawAcross(m, first, y))
	}
	if len(h.fits) == 0 {
		v.lines[len(h.note)+1] = m.look.muted.Paint("no key does that")
	}
	v.lines = append(append(v.lines, h.meaning(m, w)...), h.about(m, w), m.keyLine(keymap.ScopeHelp))
	if h.inRow && h.at < len(h.places) {
		at := h.places[h.at]
		v.cursor, v.onRow = &point{(at.x-first)*(h.wide+helpGap) + helpIndent, 1 + len(h.note) + at.y}, true
	}
	return v
}

// firstColumn returns the first column of the page that the cursor is on.
func (h *help) firstColumn() int {
	if h.at >= len(h.places) {
		return 0
	}
	return h.places[h.at].x / h.across * h.across
}

// drawAcross draws a line of the columns in sight.
func (h *help) drawAcross(m *Model, first, y int) string {
	var b strings.Builder
	for c := first; c < min(first+h.across, len(h.columns)); c++ {
		if c > first {
			b.WriteString(blank(helpGap))
		}
		if y >= len(h.columns[c]) {
			b.WriteString(blank(h.wide))
			continue
		}
		b.WriteString(h.drawLine(m, h.columns[c][y]))
	}
	return b.String()
}

// drawLine draws a line of a column.
func (h *help) drawLine(m *Model, line helpLine) string {
	l := m.look
	if line.entry < 0 {
		return l.heading.Paint(fit(line.heading, h.wide))
	}
	keys, text := fit(blank(helpIndent)+line.keys, line.room), fit(line.text, h.wide-line.room)
	e := h.fits[line.entry]
	switch {
	case line.entry == h.at:
		return l.selected.Paint(keys + text)
	case e.why != "" || e.idle != "":
		return l.muted.Paint(keys + text)
	}
	return l.helpKey.Paint(keys) + l.text.Paint(text)
}

// meaning returns what the entry under the cursor means, where entries are brief.
func (h *help) meaning(m *Model, w int) []string {
	if !h.brief {
		return nil
	}
	lines := make([]string, helpMeaning)
	if h.at < len(h.fits) {
		said := wrap(h.fits[h.at].Keys+"  "+h.fits[h.at].Help, w)
		for i := range min(len(said), helpMeaning) {
			lines[i] = m.look.text.Paint(said[i])
		}
	}
	return lines
}

// about says what is known of the entry under the cursor, and how much is out of
// sight.
func (h *help) about(m *Model, w int) string {
	if h.at >= len(h.fits) {
		return ""
	}
	e := h.fits[h.at]
	text := string(e.Action)
	switch {
	case e.why != "":
		text += ", " + e.why
	case e.idle != "":
		text += ", not now: " + e.idle
	}
	pages := ""
	if n := (len(h.columns) + h.across - 1) / h.across; n > 1 {
		pages = "  page " + itoa(h.firstColumn()/h.across+1) + " of " + itoa(n)
	}
	return m.look.muted.Paint(fit(text, max(0, w-width(pages))) + pages)
}
