package tui

import (
	"strings"

	"kvist/keymap"
	"kvist/kv"
	"kvist/tui/tree"
)

// fielded is a surface with a line of text.
type fielded interface{ fieldText() string }

func (p *prompt) fieldText() string  { return p.input.text() }
func (p *palette) fieldText() string { return p.input.text() }
func (h *help) fieldText() string    { return h.input.text() }

// readable is a pane of which lines are read rather than chosen, at times.
type readable interface{ reads() bool }

// tall is a pane whose rows have more than one line.
type tall interface{ rowLines() int }

// rowTeller is a pane whose rows have words of their own, since they are drawn in signs.
type rowTeller interface{ spokenRow(*Model) string }

// changesTeller is a pane that knows what changed last.
type changesTeller interface{ lastChange() string }

func readsNow(p pane) bool {
	r, ok := p.(readable)
	return ok && r.reads()
}

// readLines returns the lines that are read: below a list, those without the list.
func (m *Model) readLines(p pane) []string {
	lines := m.frame.pane
	if at, ok := p.caret(m); ok && p != m.value {
		return lines[min(at.y, len(lines)):]
	}
	return lines
}

// words returns drawn lines as text. Lines that only divide are empty.
func words(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = lineText(line)
	}
	return out
}

// lineText returns a drawn line as text. Lines that only divide are nothing, and so is
// a bar, since numbers stand below it.
func lineText(line string) string {
	text := plain(line)
	if strings.ContainsAny(text, "█░") && strings.Trim(text, "█░ 0123456789%") == "" {
		return ""
	}
	if strings.Trim(text, " ─╌-│|") == "" && strings.ContainsAny(text, "─╌") {
		return ""
	}
	if strings.HasPrefix(text, "╌╌ ") { // a heading in a rule
		return strings.Trim(text, "╌ ") + ":"
	}
	if strings.HasPrefix(text, "╌╌╌") { // what a rule says at its end
		return strings.Trim(text, "╌ ")
	}
	return text
}

// rowText returns a drawn row as text, its columns parted by commas.
func rowText(line string) string {
	fields := strings.Split(plain(line), "  ")
	kept := fields[:0]
	for _, f := range fields {
		if f = strings.TrimSpace(f); f != "" {
			kept = append(kept, f)
		}
	}
	return strings.Join(kept, ", ")
}

// dialogWords returns what is drawn of a dialog as text. Only the columns of a plan
// are parted by commas: elsewhere gaps may be those of a value.
func dialogWords(d dialog, v dialogView) []string {
	out := words(v.lines)
	if s := d.scope(); s != keymap.ScopePlan && s != keymap.ScopeUndo {
		return out
	}
	for i, line := range out {
		if start, size, columns := cutGap(line); columns {
			out[i] = start + ", " + size
		}
	}
	return out
}

// cutGap cuts a line at the last gap between its columns.
func cutGap(line string) (before, after string, ok bool) {
	const gap = "    "
	i := strings.LastIndex(line, gap)
	if i < 0 || strings.TrimSpace(line[:i]) == "" {
		return line, "", false
	}
	return strings.TrimRight(line[:i], " "), line[i+len(gap):], true
}

// shownPane returns the pane that has the keys while no dialog is open.
func (m *Model) shownPane() pane {
	if m.focus == m.tree {
		return m.tree
	}
	return m.beside()
}

// paneRow says the row under the cursor of the pane with the focus.
func (m *Model) paneRow() string {
	p := m.shownPane()
	if p == m.tree {
		return m.treeRow()
	}
	at, ok := p.caret(m)
	if !ok || at.y >= len(m.frame.pane) {
		for _, line := range words(m.frame.pane) {
			if line != "" {
				return strings.TrimSpace(line) // why there is none
			}
		}
		return ""
	}
	if p, ok := p.(rowTeller); ok {
		return p.spokenRow(m)
	}
	row := rowText(m.frame.pane[at.y])
	if p, ok := p.(tall); ok {
		for _, more := range m.frame.pane[at.y+1 : min(at.y+p.rowLines(), len(m.frame.pane))] {
			row += ": " + strings.TrimSpace(plain(more))
		}
	}
	return row
}

// treeRow says the row under the cursor of the tree: its key, what it is, and where.
func (m *Model) treeRow() string {
	row, ok := m.tree.row()
	if !ok {
		return m.emptyTree()
	}
	parts := []string{rowKey(row)}
	switch {
	case row.Ghost:
		parts = append(parts, "removed")
	case row.IsKey && !row.IsFolder && row.Size >= 0:
		parts = append(parts, sized(int64(row.Size)))
	}
	if row.IsFolder {
		fold := "closed"
		if row.Open {
			fold = "open"
		}
		parts = append(parts, fold, plural(row.Count, "key"))
	}
	parts = append(parts, flagWords(kv.KeyFlags(row.Flags))...)
	if row.Marked {
		parts = append(parts, spokenMark(row))
	}
	if m.bookmarks[row.Key] {
		parts = append(parts, "bookmark")
	}
	if _, kept := m.drafts[row.Key]; kept && row.IsKey {
		parts = append(parts, "draft")
	}
	return strings.Join(parts, ", ") + place(m.tree.at, m.tree.tree.Len())
}

// rowKey returns the name of a row in full.
func rowKey(row tree.Row) string {
	name := cleanName(row.Key)
	if row.IsFolder && !strings.HasSuffix(name, "/") {
		name += "/"
	}
	return name
}

// flagWords returns the marks of a key in words.
func flagWords(f kv.KeyFlags) []string {
	var all []string
	for _, w := range []struct {
		flag kv.KeyFlags
		word string
	}{{kv.Ephemeral, "ephemeral"}, {kv.Leased, "leased"}, {kv.Locked, "locked"}} {
		if f&w.flag != 0 {
			all = append(all, w.word)
		}
	}
	return all
}

// rowWords says the row under the cursor of a list; false if the dialog is none.
func rowWords(m *Model, d dialog) (string, bool) {
	switch d := d.(type) {
	case *palette:
		if d.at >= len(d.fits) {
			return "no match", true
		}
		return spokenChoice(m, d.fits[d.at]) + ", " + itoa(d.at+1) + " of " + itoa(len(d.fits)), true
	case *help:
		if d.at >= len(d.fits) {
			return "no key does that", true
		}
		e := d.fits[d.at]
		text := e.Keys + ": " + e.Help
		if e.why != "" {
			text += " (" + e.why + ")"
		}
		return text + ", " + itoa(d.at+1) + " of " + itoa(len(d.fits)), true
	case *draftList:
		v := m.frame.dialog
		if v.cursor == nil || v.cursor.y >= len(v.lines) {
			return "", false
		}
		return rowText(v.lines[v.cursor.y]) + ", " + itoa(d.at+1) + " of " + itoa(len(d.keys)), true
	}
	return "", false
}

// stateWords says how fresh the tree is.
func (m *Model) stateWords() string { return plain(m.feedSegment().text) }

// statusWords says which store this is and how it is.
func (m *Model) statusWords() string {
	var parts []string
	for _, s := range m.segments() {
		parts = append(parts, plain(s.text))
	}
	return strings.Join(parts, ", ")
}

// messageWords says the message above the keys; "" if there is none.
func (m *Model) messageWords() string {
	waiting, waits := m.top().(waiter)
	switch {
	case m.notice.text != "" && m.notice.bad:
		return "warning: " + plain(m.notice.text)
	case m.notice.text != "":
		return plain(m.notice.text)
	case waits:
		return plain(waiting.waits(m))
	case m.feed.err != nil && m.feed.state != kv.Live:
		return "warning: " + plain(m.lostContact())
	}
	return ""
}

// changeWords says the last change.
func (m *Model) changeWords() string {
	for _, p := range m.panes {
		if p, ok := p.pane.(changesTeller); ok {
			return p.lastChange()
		}
	}
	return "something has changed"
}
