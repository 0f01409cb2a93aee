package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/keymap"
)

// cause is what came before a look.
type cause int

const (
	byItself cause = iota
	byKey
)

// said is what the lines have said so far.
type said struct {
	of      *Model
	on      surface
	state   string   // of the feed
	message string   // above the keys
	row     string   // under the cursor
	key     string   // of the tree's row
	faults  string   // of a list
	text    []string // of a dialog, or of a pane that is read
	reads   bool     // the pane is read
	typed   string   // the line that is being typed
	line    int      // of the editor
	cell    int      // of the cursor in that line
	changes int
	shown   string // the masked key of which the value is shown
}

// look says what is new. Drawing the frame is what makes dialogs answerable.
func (l *linear) look(by cause) {
	m := l.front()
	if m.width == 0 {
		return
	}
	m.View()
	before := l.said
	if before.of != m {
		before = said{of: m}
		l.said = before
		if m.card {
			for _, line := range m.cardLines() {
				l.out.say(strings.Join(line.keys, " ") + ": " + line.text)
			}
		}
	}
	if state := m.stateWords(); state != before.state && m.opts.Address != "" && !m.starting() {
		l.said.state = state
		l.out.say(m.statusWords())
	}
	typing := keymap.Typing(m.top().scope())
	if message := m.messageWords(); message != before.message && !(typing && l.types(m, before.on)) {
		l.said.message = message
		if message != "" {
			l.out.say(message)
		}
	}
	l.lookAtMask(m)
	if on := m.top(); on != before.on {
		l.enter(m, on)
	} else {
		l.follow(m, on, by)
	}
	if !typing {
		l.lookAtChanges(m)
	}
	if !l.types(m, nil) {
		l.due.typing = time.Time{}
	}
}

// types reports whether letters may still follow on the surface that was there before.
func (l *linear) types(m *Model, on surface) bool {
	return (on == nil || on == m.top()) && m.now().Before(l.due.typing)
}

// enter says which surface has the keys now, and what is there.
func (l *linear) enter(m *Model, on surface) {
	s := &l.said
	s.on, s.row, s.faults, s.text, s.reads, s.typed = on, "", "", nil, false, ""
	l.due.typing = time.Time{}
	if d, ok := on.(dialog); ok {
		l.enterDialog(m, d)
		return
	}
	p := m.shownPane()
	t := p.title(m)
	l.out.say(strings.TrimSpace(t.what + " " + t.link + t.name))
	switch e, edits := p.(*editor); {
	case edits:
		s.line, _ = e.area.Place()
		s.typed, s.cell = e.area.Line(), caretOf(m).x
		l.sayAll(m.frame.pane[:min(editorHead, len(m.frame.pane))])
		l.out.say(plain(m.keysWithin(e.scope(), linearWidth)))
		l.out.say(lineWords(s.line, s.typed))
	case readsNow(p):
		s.reads, s.text = true, words(m.readLines(p))
		l.sayAll(m.readLines(p))
	default:
		l.sayRow(m)
	}
}

// enterDialog says a dialog as a whole; of one that lists what can be typed, the
// keys and the row.
func (l *linear) enterDialog(m *Model, d dialog) {
	s, v := &l.said, m.frame.dialog
	if len(v.lines) == 0 {
		return
	}
	l.out.say(plain(v.title))
	s.text = dialogWords(d, v)
	f, types := d.(fielded)
	if row, ok := rowWords(m, d); ok {
		l.out.say(s.text[len(s.text)-1])
		l.sayFaults(d)
		s.row = row
		l.out.say(row)
	} else {
		input := -1
		if types && v.cursor != nil {
			input = v.cursor.y
		}
		for i, line := range s.text {
			if i != input && line != "" {
				l.out.say(line)
			}
		}
	}
	if types {
		s.typed, s.cell = f.fieldText(), caretOf(m).x
		l.out.echo("> " + clean(s.typed))
	}
}

// follow says what a key or an answer changed on the same surface.
func (l *linear) follow(m *Model, on surface, by cause) {
	if d, ok := on.(dialog); ok {
		l.followDialog(m, d, by)
		return
	}
	p := m.shownPane()
	if e, ok := p.(*editor); ok {
		l.followEditor(m, e, by)
		return
	}
	s := &l.said
	reads := readsNow(p)
	switch {
	case reads:
		now := words(m.readLines(p))
		if by == byKey || !s.reads || len(s.text) <= 1 || l.valueCame(m, p) {
			l.sayNew(s.text, now)
			s.text = now
		}
		s.row = ""
	case by == byKey || s.row == "" || p == m.tree && m.tree.cursor != s.key: // sizes and counts change often
		l.sayRow(m)
	}
	s.reads = reads
}

// valueCame reports whether the value pane shows another value than it did.
func (l *linear) valueCame(m *Model, p pane) bool {
	if p != m.value || m.value.shown.pair == nil {
		return false
	}
	came := m.value.shown.key + "\x00" + itoa(int(m.value.shown.pair.LastIndex))
	changed := l.said.row != came
	l.said.row = came
	return changed
}

// sayRow says the row under the cursor, if it is another one or is different.
func (l *linear) sayRow(m *Model) {
	if row := m.paneRow(); row != "" && row != l.said.row {
		l.said.row, l.said.key = row, m.tree.cursor
		l.out.say(row)
	}
}

// followDialog says the lines that are new, and echoes what is typed.
func (l *linear) followDialog(m *Model, d dialog, by cause) {
	s, v := &l.said, m.frame.dialog
	if f, types := d.(fielded); types {
		l.followTyping(m, f.fieldText(), by)
	}
	if work, works := d.(progressing); works && work.underWay() && by != byKey {
		if m.now().Before(l.due.progress) {
			return
		}
		l.due.progress = m.now().Add(livePause)
	}
	now := dialogWords(d, v)
	if row, ok := rowWords(m, d); ok {
		l.sayFaults(d)
		if row != s.row && (v.onRow || !l.types(m, nil)) {
			s.row = row
			l.out.say(row)
		}
		return
	}
	if v.cursor != nil && !v.onRow && v.cursor.y < len(now) {
		now = slices.Delete(slices.Clone(now), v.cursor.y, v.cursor.y+1)
	}
	l.sayNew(s.text, now)
	s.text = now
}

// sayFaults says why a list does not take what was typed.
func (l *linear) sayFaults(d dialog) {
	faults := ""
	if p, ok := d.(*palette); ok {
		faults = strings.Join(p.faults, " ")
	}
	if faults != "" && faults != l.said.faults {
		l.out.say("warning: " + plain(faults))
	}
	l.said.faults = faults
}

// followTyping echoes what was typed at the end of a line; any other line is said
// anew.
func (l *linear) followTyping(m *Model, text string, by cause) {
	s, cell := &l.said, caretOf(m).x
	old, was := s.typed, s.cell
	s.typed, s.cell = text, cell
	added, longer := strings.CutPrefix(text, old)
	removed, shorter := strings.CutPrefix(old, text)
	if text != old {
		l.due.typing = m.now().Add(typingPause)
	}
	switch {
	case text == old:
		if by == byKey && cell != was && !m.frame.dialog.onRow {
			l.out.say(restOf(m))
		}
	case longer && l.out.typing():
		l.out.echo(clean(added))
	case shorter && l.out.typing():
		l.out.echo(strings.Repeat("\b \b", width(clean(removed))))
	default:
		l.out.endLine()
		l.out.echo("> " + clean(text))
	}
}

// followEditor echoes what is typed, and says the line that the cursor goes to.
func (l *linear) followEditor(m *Model, e *editor, by cause) {
	s := &l.said
	line, _ := e.area.Place()
	text, cell := e.area.Line(), caretOf(m).x
	old, was, moved := s.typed, s.cell, line != s.line
	s.typed, s.cell, s.line = text, cell, line
	added, longer := strings.CutPrefix(text, old)
	switch {
	case moved:
		l.out.say(lineWords(line, text))
	case text == old:
		if by == byKey && cell != was {
			l.out.say(restOf(m))
		}
	case longer && cell-was == width(clean(added)):
		l.out.echo(clean(added))
	default:
		l.out.say(lineWords(line, text))
	}
}

// lineWords says a line of the editor.
func lineWords(line int, text string) string { return itoa(line) + ": " + clean(text) }

// caretOf returns the cell of the screen where the cursor stands.
func caretOf(m *Model) point {
	if c := m.frame.cursor; c != nil {
		return point{c.X, c.Y}
	}
	return point{}
}

// restOf says what stands behind the cursor in the line that is typed.
func restOf(m *Model) string {
	at := caretOf(m)
	lines := strings.Split(m.frame.lines, "\n")
	if at.y >= len(lines) {
		return ""
	}
	line := []rune(ansi.Strip(lines[at.y]))
	if at.x >= len(line) {
		return "at the end"
	}
	rest := strings.TrimRight(string(line[at.x:]), " │|")
	if rest == "" {
		return "at the end"
	}
	return "before " + rest
}

// lookAtChanges says what somebody changed, at most every livePause.
func (l *linear) lookAtChanges(m *Model) {
	total, _, ready := m.log.Total()
	switch {
	case !ready || m.asOf != nil:
		return
	case total == l.said.changes:
		return
	case l.said.changes == 0 && total > 0 && l.due.live.IsZero():
	case m.now().Before(l.due.live):
		return
	}
	text := m.changeWords()
	if more := total - l.said.changes - 1; more > 0 {
		text = plural(more+1, "change") + ", the last: " + text
	}
	l.said.changes, l.due.live = total, m.now().Add(livePause)
	l.out.say(text)
}

// lookAtMask says that a masked value is shown, with the value where the tree has the
// keys: it is drawn beside it. Elsewhere the lines that changed are said anyway.
func (l *linear) lookAtMask(m *Model) {
	was, now := l.said.shown, m.mask.shown
	l.said.shown = now
	if row, _ := m.subject(); was == now || now == "" && row.Key != was {
		return // a value that is left hides itself
	}
	if now == "" {
		l.out.say("the value of " + cleanName(was) + " is hidden again")
		return
	}
	l.out.say("the value of " + cleanName(now) + " is shown")
	if m.top() == m.tree && m.beside() == m.value && m.value.shown.key == now {
		r := m.areas().right
		l.sayAll(m.drawBeside(r.w, r.h))
	}
}

// sayAll says lines that were drawn.
func (l *linear) sayAll(lines []string) {
	for _, line := range words(lines) {
		if line != "" {
			l.out.say(line)
		}
	}
}

// sayNew says the lines that were not there before.
func (l *linear) sayNew(before, now []string) {
	left := map[string]int{}
	for _, line := range before {
		left[line]++
	}
	for _, line := range now {
		left[line]--
		if left[line] < 0 && line != "" {
			l.out.say(line)
		}
	}
}
