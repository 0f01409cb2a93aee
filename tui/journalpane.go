package tui

import (
	"errors"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/journal"
	"kvist/internal/undo"
	"kvist/keymap"
	"kvist/tui/tree"
	"kvist/tui/tree/match"
)

const (
	journalPage  = 200             // how many entries are read at once
	journalEvery = 2 * time.Second // how often it is looked whether another kvist has written
)

// journalPane lists what this user's kvist wrote to the store, the newest first.
// Older entries are read when the cursor comes near the end.
type journalPane struct {
	entries []journal.Entry
	reader  *journal.Reader // of the older ones; nil when all were read
	gen     int             // the number of the listing; what was read for an older one is dropped
	reading bool            // a page is being read, and owns the reader
	err     error
	foreign int          // lines that are not of a journal
	written uint64       // how much kvist had written when the listing began
	on      string       // the entry that the cursor goes back to
	stale   bool         // the listing is to be read anew
	mark    journal.Mark // how far the journal had grown when the listing began
	due     bool         // it is looked soon whether it has grown

	filter *match.Query
	shown  []int // the entries that match the filter
	find   listFind
	rowCursor
	above  []string // the lines above the list
	diffID string   // the entry that diff is of
	diff   diffSide
	passive
}

// show reads the newest entries.
func (p *journalPane) show(m *Model, _ keymap.Action) (tea.Cmd, bool) {
	if m.journal() == nil {
		m.notice.warn(m.now(), "there is no journal: writes are not recorded here")
		return nil, false
	}
	return p.start(m), true
}

// start lists the journal anew.
func (p *journalPane) start(m *Model) tea.Cmd {
	if !p.reading && p.reader != nil {
		p.reader.Close()
	}
	j, on, want := m.journal(), "", journalPage
	if e, ok := p.entry(); ok && p.at > 0 {
		on, want = e.ID, p.shown[p.at]+journalPage // so that the cursor finds it again
	}
	*p = journalPane{
		entries: p.entries, shown: p.shown, gen: p.gen + 1, filter: p.filter, find: p.find, rowCursor: p.rowCursor,
		reading: true, written: j.Written(), on: on, mark: p.mark, due: p.due,
	}
	gen, dir := p.gen, m.opts.Prefix
	return func() tea.Msg {
		mark, err := j.Mark()
		if err != nil {
			return journalRead{pane: p, gen: gen, err: err}
		}
		r, err := j.Read()
		if err != nil {
			return journalRead{pane: p, gen: gen, err: err}
		}
		read := readJournal(p, gen, j, r, dir, want)
		read.first, read.mark = true, mark
		return read
	}
}

// more reads the next page.
func (p *journalPane) more(m *Model) tea.Cmd {
	if p.reading || p.reader == nil || p.err != nil {
		return nil
	}
	p.reading = true
	j, r, gen, dir := m.journal(), p.reader, p.gen, m.opts.Prefix
	return func() tea.Msg { return readJournal(p, gen, j, r, dir, journalPage) }
}

// readJournal reads the next entries of keys in dir.
func readJournal(p *journalPane, gen int, j *journal.Journal, r *journal.Reader, dir string, want int) journalRead {
	read := journalRead{pane: p, gen: gen, reader: r}
	for len(read.entries) < want {
		e, err := r.Next()
		touches := false
		if err == nil {
			touches, err = undo.Touches(j, &e, dir)
		}
		if err != nil {
			r.Close()
			read.reader = nil
			if !errors.Is(err, io.EOF) {
				read.err = err
			}
			break
		}
		if touches {
			read.entries = append(read.entries, e)
		}
	}
	read.foreign = r.Foreign
	return read
}

// journalRead is a page of the journal.
type journalRead struct {
	pane    *journalPane
	gen     int
	first   bool // it is the newest page
	mark    journal.Mark
	entries []journal.Entry
	reader  *journal.Reader
	foreign int
	err     error
}

func (r journalRead) apply(m *Model) tea.Cmd {
	p := r.pane
	if r.gen != p.gen {
		if r.reader != nil {
			r.reader.Close()
		}
		return nil
	}
	p.reading, p.reader, p.err, p.foreign = false, r.reader, r.err, r.foreign
	if r.first {
		p.mark = r.mark
		p.entries, p.shown, p.at = nil, nil, 0
	}
	for _, e := range r.entries {
		p.entries = append(p.entries, e)
		if p.matches(&p.entries[len(p.entries)-1]) {
			p.shown = append(p.shown, len(p.entries)-1)
			if e.ID == p.on {
				p.to(len(p.shown) - 1)
			}
		}
	}
	p.to(p.at)
	return p.follow(m)
}

// matches reports whether the filter shows an entry.
func (p *journalPane) matches(e *journal.Entry) bool {
	return p.filter == nil || p.filter.Match(entryTitle(e))
}

// reload lists the journal again.
func (p *journalPane) reload() { p.stale = true }

// follow lists what kvist has written since, and reads on when the cursor is near
// the last entry that was read.
func (p *journalPane) follow(m *Model) tea.Cmd {
	if p.due || !m.visible(p) || m.journal() == nil {
		return p.read(m)
	}
	p.due = true
	return tea.Batch(p.read(m), m.after(journalEvery, journalDue{p}))
}

// journalDue says that it is time to look whether another kvist has written.
type journalDue struct{ pane *journalPane }

func (r journalDue) apply(m *Model) tea.Cmd {
	p, j := r.pane, m.journal()
	if !m.visible(p) || j == nil {
		p.due = false
		return nil
	}
	return func() tea.Msg {
		mark, err := j.Mark()
		return journalGrown{p, mark, err}
	}
}

// journalGrown says how far the journal has grown.
type journalGrown struct {
	pane *journalPane
	mark journal.Mark
	err  error
}

func (r journalGrown) apply(*Model) tea.Cmd {
	p := r.pane
	p.due = false // follow looks again
	p.stale = p.stale || r.err == nil && r.mark != p.mark
	return nil
}

// read reads what follow finds to be missing.
func (p *journalPane) read(m *Model) tea.Cmd {
	switch j := m.journal(); {
	case !m.visible(p) || j == nil || p.reading:
		return nil
	case p.stale, j.Written() != p.written:
		return p.start(m)
	case p.at+2*max(1, p.height) < len(p.shown):
		return nil
	}
	return p.more(m)
}

// entry returns the entry under the cursor.
func (p *journalPane) entry() (*journal.Entry, bool) {
	if p.at >= len(p.shown) {
		return nil, false
	}
	return &p.entries[p.shown[p.at]], true
}

func (p *journalPane) subject(m *Model) (tree.Row, bool) {
	e, ok := p.entry()
	if !ok || e.Plan != nil {
		return tree.Row{}, false
	}
	return m.rowFor(e.Key)
}

func (p *journalPane) comesBack() {}

func (p *journalPane) scope() keymap.Scope { return keymap.ScopeJournal }

func (p *journalPane) click(_ *Model, at point) tea.Cmd {
	p.to(p.top + max(0, at.y-len(p.above)))
	return nil
}

func (p *journalPane) caret(*Model) (point, bool) {
	return point{0, len(p.above) + p.at - p.top}, len(p.shown) > 0
}

func (p *journalPane) wheel(_ *Model, _ point, by int) { p.to(p.at + by) }

func (p *journalPane) hint(m *Model, h keymap.Hint) (string, bool) {
	if h.Action == keymap.JournalOpen {
		return h.Text, m.journal() != nil
	}
	return h.Text, len(p.shown) > 0 || h.Action != keymap.JournalGo && h.Action != keymap.JournalUndo
}

func (p *journalPane) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.moved(a, len(p.shown)) {
		return nil, true
	}
	switch a {
	case keymap.FindNext, keymap.FindPrevious:
		return p.find.act(m, p, a)
	case keymap.JournalFilter:
		return p.askFilter(m), true
	case keymap.JournalUndo:
		return p.undo(m), true
	case keymap.JournalGo:
		if e, ok := p.entry(); ok && e.Plan == nil {
			return m.showKey(e.Key), true
		}
		return nil, true
	case keymap.JournalLeave:
		if p.filter != nil && p.filter.String() != "" {
			p.setFilter(nil)
			return p.follow(m), true
		}
		return m.leavePane(), true
	}
	return nil, false
}

// undo shows what undoing the entry under the cursor puts back.
func (p *journalPane) undo(m *Model) tea.Cmd {
	e, ok := p.entry()
	if !ok {
		return nil
	}
	id := e.ID
	return m.openUndo(func(j *journal.Journal) (journal.Entry, error) { return undo.Find(j, id) })
}

// askFilter asks which entries to show.
func (p *journalPane) askFilter(m *Model) tea.Cmd {
	ask := &prompt{title: "Filter", hint: match.Hint}
	ask.done = func(m *Model, text string) tea.Cmd {
		query, err := match.Parse(text)
		if err != nil {
			ask.fault = clean(err.Error())
			return nil
		}
		p.setFilter(query)
		return p.follow(m)
	}
	return m.openPrompt(ask, "")
}

// setFilter shows the entries that match.
func (p *journalPane) setFilter(query *match.Query) {
	p.filter, p.shown, p.at, p.top = query, nil, 0, 0
	for i := range p.entries {
		if p.matches(&p.entries[i]) {
			p.shown = append(p.shown, i)
		}
	}
}

func (p *journalPane) rows() int                 { return len(p.shown) }
func (p *journalPane) cursor() int               { return p.at }
func (p *journalPane) to(row int)                { p.goTo(row, len(p.shown)) }
func (p *journalPane) searchText(row int) string { return entryTitle(&p.entries[p.shown[row]]) }
