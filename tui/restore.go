package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/internal/places"
	"kvist/kv"
)

// The open folders, the cursor and the pane beside the tree come back when the
// explorer is started again. They are read beside the listing, and whoever presses a
// key before they are there has moved on.

// restoring is what is still to come back.
type restoring struct {
	asked   bool // it is not known yet
	due     bool
	folders []string // that are not open yet
	cursor  string
}

// soonFolders is how many folders are looked for before all keys are listed.
const soonFolders = 100

// openedOf returns what the files call the part of the store that is explored.
func (m *Model) openedOf() string { return m.placesOf() + "\x00" + m.opts.Prefix }

// loadOpened reads what was open.
func (m *Model) loadOpened() tea.Cmd {
	if m.opts.Places == nil || m.opts.Fresh || m.opts.Forget {
		return nil
	}
	m.restore.asked = true
	kept, of := m.opts.Places, m.openedOf()
	return func() tea.Msg {
		o, ok := kept.Opened(of)
		return openedRead{o, ok}
	}
}

// openedRead is the result of loadOpened.
type openedRead struct {
	places.Opened
	ok bool
}

func (r openedRead) apply(m *Model) tea.Cmd {
	if !m.restore.asked {
		return nil
	}
	m.restore = restoring{due: r.ok, folders: r.Folders, cursor: r.Cursor}
	if !r.ok {
		return nil
	}
	m.restore.feedRests(m)
	for _, p := range m.panes {
		if r.Pane != "" && r.Pane == string(p.shownBy[0]) {
			return m.restorePane(p)
		}
	}
	return nil
}

// comesBack is a pane that shows the same again at the next start. Others would have
// to be asked for something.
type comesBack interface{ comesBack() }

// restorePane puts a pane beside the tree, which keeps the focus.
func (m *Model) restorePane(p paneEntry) tea.Cmd {
	if _, ok := p.pane.(comesBack); !ok {
		return nil
	}
	cmd, there := p.show(m, p.shownBy[0])
	if there {
		m.right = p.pane
	}
	return cmd
}

// movedOn gives up what has not come back yet: a key was pressed.
func (r *restoring) movedOn() { *r = restoring{} }

// feedRests opens the folders that are known by now, and goes to the key.
func (r *restoring) feedRests(m *Model) {
	listed := m.feed.ready && m.feed.state == kv.Live
	if !r.due || !listed && len(r.folders) > soonFolders {
		return
	}
	t, rest := m.tree, r.folders[:0]
	for _, folder := range r.folders {
		if _, there := t.tree.Is(folder); there {
			t.tree.Open(folder)
			t.folds++
			continue
		}
		rest = append(rest, folder)
	}
	r.folders = rest
	if _, shown := t.tree.RowOf(r.cursor); shown {
		t.cursor = r.cursor
		r.cursor = ""
	}
	t.keepLine(max(t.line(), t.height/3))
	if len(rest) == 0 && r.cursor == "" || listed && !m.feed.partial {
		r.movedOn()
	}
}

// whatIsOpen returns what is to come back at the next start, and false if nothing is
// known that should replace what was kept before.
func (m *Model) whatIsOpen() (places.Opened, bool) {
	if m.opts.Places == nil || m.opts.Forget || !m.feed.ready || m.restore.due || m.restore.asked {
		return places.Opened{}, false
	}
	cursor := m.tree.cursor
	if m.finder.on {
		m.tree.tree.Unfilter()
	}
	o := places.Opened{Folders: m.tree.tree.OpenFolders(places.FoldersMax), Cursor: cursor}
	for _, p := range m.panes {
		if p.pane == m.right {
			o.Pane = string(p.shownBy[0])
		}
	}
	return o, true
}
