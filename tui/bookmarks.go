package tui

import (
	"maps"
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// Bookmarks are keys to come back to. They are kept in files, by profile or address,
// and a sign marks their rows.

// placesOf returns what the files call the store.
func (m *Model) placesOf() string {
	if m.opts.Profile != "" {
		return m.opts.Profile
	}
	return m.opts.Address
}

// loadBookmarks reads the bookmarks.
func (m *Model) loadBookmarks() tea.Cmd {
	if m.opts.Places == nil {
		return nil
	}
	kept, of := m.opts.Places, m.placesOf()
	return func() tea.Msg {
		keys, err := kept.Bookmarks(of)
		return bookmarksRead{keys, err}
	}
}

// bookmarksRead is the result of loadBookmarks.
type bookmarksRead struct {
	keys []string
	err  error
}

func (r bookmarksRead) apply(m *Model) tea.Cmd {
	for _, key := range r.keys {
		m.bookmarks[key] = true
	}
	if r.err != nil && !m.notice.bad {
		m.notice.fail(m.now(), r.err)
	}
	return nil
}

// bookmark sets a bookmark on the key or folder under the cursor, or removes it.
func (m *Model) bookmark() tea.Cmd {
	row, ok := m.subject()
	switch {
	case m.opts.Places == nil:
		m.notice.warn(m.now(), "bookmarks are not kept of this store")
		return nil
	case !ok:
		m.notice.warn(m.now(), "there is nothing here to set a bookmark on")
		return nil
	}
	said := "bookmark set on "
	if m.bookmarks[row.Key] {
		said = "bookmark removed from "
	}
	m.notice.say(m.now(), said+cleanName(row.Key)+"; "+m.keyFor(keymap.ScopeGlobal, keymap.BookmarkList)+" lists all")
	return m.setBookmark(row.Key, !m.bookmarks[row.Key])
}

// setBookmark sets or removes a bookmark, on the screen at once and in the files
// beside the update loop.
func (m *Model) setBookmark(key string, set bool) tea.Cmd {
	kept, of, do := m.opts.Places, m.placesOf(), m.opts.Places.Mark
	if set {
		m.bookmarks[key] = true
	} else {
		delete(m.bookmarks, key)
		do = kept.Unmark
	}
	carryOut := m.present().draftQueue.Ask("bookmark\x00"+key, func() error { return do(of, key) })
	return func() tea.Msg {
		if err := carryOut(); err != nil {
			return bookmarkFailed{err}
		}
		return nil
	}
}

// bookmarkFailed says that the files could not be written.
type bookmarkFailed struct{ err error }

func (r bookmarkFailed) apply(m *Model) tea.Cmd {
	m.notice.warn(m.now(), "the bookmark lasts only as long as this kvist: "+clean(r.err.Error()))
	return nil
}

// openBookmarks lists the bookmarks.
func (m *Model) openBookmarks() tea.Cmd {
	if len(m.bookmarks) == 0 {
		m.notice.say(m.now(), "there are no bookmarks here; "+m.keyFor(keymap.ScopeKey, keymap.Bookmark)+" sets one on the key under the cursor")
		return nil
	}
	p := &palette{title: "Bookmarks", noun: "bookmark"}
	p.keys = []named{{keymap.DialogConfirm, "go there"}, {keymap.PaletteComplete, "complete"}, {keymap.DialogCancel, "cancel"}}
	for _, key := range slices.Sorted(maps.Keys(m.bookmarks)) {
		c := choice{name: cleanName(key), whole: true, do: func(m *Model) tea.Cmd {
			cmd, fault := m.goToFull(key)
			if fault != "" {
				m.notice.warn(m.now(), fault)
			}
			return cmd
		}}
		c.remove = func(m *Model) tea.Cmd { return m.setBookmark(key, false) }
		if m.isGone(key) && m.feed.ready {
			if _, folder := m.tree.tree.Is(key); !folder {
				c.keys = "not there"
			}
		}
		p.all = append(p.all, c)
	}
	return m.showPalette(p)
}
