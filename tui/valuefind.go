package tui

import (
	"bytes"
	"fmt"
	"sort"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/format"
	"kvist/keymap"
	"kvist/tui/tree/match"
)

// valueHitsMax limits how many matches in a value are marked.
const valueHitsMax = 10_000

// valueFind is a find in the value that is shown.
type valueFind struct {
	query *match.Query // nil while there is no find
	gen   int          // the number of the find; results of older ones are dropped
	key   string       // the key of the value
	from  int          // the top row when the find began: the first match is looked for from there
	goal  int          // the line, from 1, of the match to go to first; 0 is the first match
	hits  []valueHit
	more  bool // there are more matches than are kept
	at    int  // the current match; -1 before the first
}

// valueHit is a match: a place in a line as it is drawn, or among the bytes of a
// value without lines.
type valueHit struct {
	line int
	match.Span
}

// findInValue asks what to look for in the value, and finds it as it is typed.
func (m *Model) findInValue() tea.Cmd {
	v := m.value
	if v.shown.pair == nil {
		m.notice.warn(m.now(), "there is no value here to look into")
		return nil
	}
	if m.conceals(v.shown.key) {
		m.notice.warn(m.now(), "nothing can be found in a value that is hidden"+m.revealed())
		return nil
	}
	from := v.top
	p := &prompt{title: "Find in the value", low: true, hint: match.Hint}
	p.change = func(m *Model, text string) tea.Cmd {
		p.fault, v.top = "", from
		query, err := match.Parse(text)
		if err != nil {
			p.fault = clean(err.Error())
		}
		return m.lookInValue(query, from, 0)
	}
	p.step = func(m *Model, forward bool) tea.Cmd {
		if v.find.query == nil {
			return nil
		}
		cmd := m.nextHit(forward)
		p.hint = m.valueReport()
		return cmd
	}
	p.done = func(m *Model, text string) tea.Cmd {
		switch query, err := match.Parse(text); {
		case err != nil:
			p.fault = clean(err.Error())
			return nil
		case query == nil:
			v.find = valueFind{gen: v.find.gen + 1}
			return nil
		}
		m.sayInValue()
		return nil
	}
	p.leave = func(*Model) { v.find, v.top = valueFind{gen: v.find.gen + 1}, from }
	return m.openPrompt(p, "")
}

// lookInValue finds a query in the value, from a row on or at a line first.
func (m *Model) lookInValue(query *match.Query, from, goal int) tea.Cmd {
	v := m.value
	v.find = valueFind{query: query, gen: v.find.gen + 1, key: v.shown.key, from: from, goal: goal, at: -1}
	if query == nil || v.shown.pair == nil || m.conceals(v.shown.key) {
		return nil
	}
	gen, lines, value := v.find.gen, v.shown.lines, v.shown.pair.Value
	return func() tea.Msg {
		hits := placesIn(query, lines, value)
		return valueSearched{gen: gen, hits: hits[:min(len(hits), valueHitsMax)], more: len(hits) > valueHitsMax}
	}
}

// placesIn returns the matches, at most one more than valueHitsMax: in the lines as
// they are drawn, or among the bytes of a value without lines.
func placesIn(query *match.Query, lines []format.Line, value []byte) []valueHit {
	values := query.InValues()
	var hits []valueHit
	add := func(line int, text []byte) {
		for _, place := range values.Places(text, valueHitsMax+1-len(hits)) {
			hits = append(hits, valueHit{line, place})
		}
	}
	if lines == nil {
		add(0, value)
		return hits
	}
	var text []byte
	for i, line := range lines {
		text = text[:0]
		for _, span := range line {
			text = append(text, span.Text...)
		}
		add(i, text)
		if len(hits) > valueHitsMax {
			break
		}
	}
	return hits
}

// valueSearched is the result of lookInValue.
type valueSearched struct {
	gen  int
	hits []valueHit
	more bool
}

func (r valueSearched) apply(m *Model) tea.Cmd {
	f := &m.value.find
	if r.gen != f.gen {
		return nil
	}
	f.hits, f.more = r.hits, r.more
	m.value.breakLines(m, m.areas().right.w-1)
	if f.at < 0 {
		m.value.firstHit()
	}
	f.at = min(f.at, len(f.hits)-1)
	if p, ok := m.top().(*prompt); ok && p.low {
		p.hint = m.valueReport()
	}
	return nil
}

// firstHit goes to the match at the line that was asked for, or to the first one
// from where the value was scrolled to.
func (p *valuePane) firstHit() {
	f := &p.find
	if len(f.hits) == 0 || p.layout.count() == 0 {
		return
	}
	f.at = sort.Search(len(f.hits), func(i int) bool {
		if f.goal > 0 {
			return f.hits[i].line+1 >= f.goal
		}
		return p.layout.rowOf(f.hits[i]) >= f.from
	}) % len(f.hits)
	p.toHit()
}

// toHit scrolls to the current match, unless it is in sight.
func (p *valuePane) toHit() {
	row := p.layout.rowOf(p.find.hits[p.find.at])
	if row < p.top || row >= p.top+p.height {
		p.top = max(0, min(row-p.height/3, p.layout.count()-p.height))
	}
}

// nextHit goes to the next or the previous match in the value, around its ends.
func (m *Model) nextHit(forward bool) tea.Cmd {
	p := m.value
	f := &p.find
	switch n := len(f.hits); {
	case f.query == nil:
		return m.findInValue()
	case n == 0:
	case forward:
		f.at = (f.at + 1) % n
		p.toHit()
	default:
		f.at = (max(f.at, 0) + n - 1) % n
		p.toHit()
	}
	m.sayInValue()
	return nil
}

// sayInValue shows which match of how many is the current one.
func (m *Model) sayInValue() {
	if len(m.value.find.hits) == 0 {
		m.notice.warn(m.now(), m.valueReport())
		return
	}
	m.notice.say(m.now(), m.valueReport())
}

// valueReport says how many matches there are.
func (m *Model) valueReport() string {
	f := &m.value.find
	if len(f.hits) == 0 {
		return "no match for " + clean(f.query.String()) + " in the value"
	}
	total := grouped(len(f.hits))
	if f.more {
		total = "more than " + total
	}
	return fmt.Sprintf("match %s of %s for %s", grouped(f.at+1), total, clean(f.query.String()))
}

// findAgain repeats the find in a value that was read again, or that a search of
// values led to.
func (m *Model) findAgain() tea.Cmd {
	f := m.value.find
	if f.query == nil || m.value.shown.pair == nil {
		return nil
	}
	if f.key != m.value.shown.key {
		m.value.find = valueFind{gen: f.gen + 1}
		return nil
	}
	cmd := m.lookInValue(f.query, m.value.top, f.goal)
	if f.at >= 0 {
		m.value.find.at = f.at
	}
	return cmd
}

// actFind carries out the actions of a find in the value.
func (p *valuePane) actFind(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.FindOpen:
		return m.findInValue(), true
	case keymap.FindNext, keymap.FindPrevious:
		return m.nextHit(a == keymap.FindNext), true
	case keymap.ValueLeave:
		if p.find.query != nil {
			p.find = valueFind{gen: p.find.gen + 1}
			m.notice = notice{} // it was about the match
			return nil, true
		}
	}
	return nil, false
}

// marks returns the matches on a row of the value, as places in its text.
func (p *valuePane) marks(row int) []match.Span {
	f := &p.find
	if len(f.hits) == 0 || f.key != p.shown.key || row >= len(p.layout.rows) {
		return nil
	}
	r := p.layout.rows[row]
	end := r.from + r.bytes
	var out []match.Span
	for i := sort.Search(len(f.hits), func(i int) bool {
		h := f.hits[i]
		return h.line > r.line || h.line == r.line && h.To > r.from
	}); i < len(f.hits) && f.hits[i].line == r.line && f.hits[i].From < end; i++ {
		out = append(out, match.Span{From: max(f.hits[i].From, r.from) - r.from, To: min(f.hits[i].To, end) - r.from})
	}
	return out
}

// valueRow is the part of a line that a row shows.
type valueRow struct{ line, from, bytes int }

// rowOf returns the row on which a match begins.
func (l valueLayout) rowOf(h valueHit) int {
	if l.lines == nil {
		return h.From / max(1, format.HexWidth(l.width))
	}
	row := sort.Search(len(l.rows), func(i int) bool {
		r := l.rows[i]
		return r.line > h.line || r.line == h.line && r.from > h.From
	})
	return max(0, row-1)
}

// place adds the rows of a line.
func (l *valueLayout) place(line int, rows []format.Line) {
	from := 0
	for _, row := range rows {
		n := 0
		for _, span := range row {
			n += len(span.Text)
		}
		l.rows = append(l.rows, valueRow{line, from, n})
		from += n
	}
	l.lines = append(l.lines, rows...)
}

// drawMarked paints a highlighted row with its matches.
func (m *Model) drawMarked(line format.Line, marks []match.Span, w int) string {
	if len(marks) == 0 {
		return m.drawSpans(line, w)
	}
	var b bytes.Buffer
	used, at := 0, 0
	for _, part := range line {
		base := m.look.Ink(part.Role)
		for text := part.Text; text != ""; {
			n, marked := cutAtMark(marks, at, len(text))
			in := base
			if marked {
				in = m.look.match.In(base)
			}
			b.WriteString(in.Paint(text[:n]))
			at, text = at+n, text[n:]
		}
		used += width(part.Text)
	}
	b.WriteString(blank(w - used))
	return b.String()
}

// cutAtMark returns how far text from a place on is entirely in or outside a mark,
// at most n bytes, and whether it is in one.
func cutAtMark(marks []match.Span, at, n int) (length int, marked bool) {
	for _, s := range marks {
		switch {
		case s.To <= at:
		case s.From <= at:
			return min(n, s.To-at), true
		default:
			return min(n, s.From-at), false
		}
	}
	return n, false
}
