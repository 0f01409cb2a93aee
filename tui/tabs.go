package tui

import (
	"slices"
	"sync"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// several reports whether more than one store is open.
func (d *deck) several() bool { return d != nil && len(d.tabs) > 1 }

// inTabs reports whether there are other tabs.
func (m *Model) inTabs() bool { return m.deck.several() }

// turnTab returns a command's function that goes so many tabs further, around the
// end.
func turnTab(by int) func(*Model) tea.Cmd {
	return func(m *Model) tea.Cmd {
		d := m.deck
		if !d.several() {
			m.notice.say(m.now(), "no other store is open")
			return nil
		}
		n := len(d.tabs)
		return d.show((d.at + by + n) % n)
	}
}

// show brings a tab to the screen.
func (d *deck) show(at int) tea.Cmd {
	to := d.tabs[at].Model
	var cmds []tea.Cmd
	if at != d.at {
		from := d.active()
		from.disappear()
		d.at = at
		cmds = append(cmds, to.elsewhere(to.appear(from.shown())))
	}
	if l := to.later(); l != nil && l.fault == "" {
		cmds = append(cmds, to.elsewhere(to.openLater()))
	}
	return tea.Batch(cmds...)
}

// disappear leaves the screen to another tab. Everything stays as it is but a
// palette, which may be trying a theme, and a masked value, which is hidden again.
func (m *Model) disappear() {
	x := m.shown()
	x.conceal()
	if p, ok := x.top().(*palette); ok {
		p.act(x, keymap.DialogCancel)
	}
	x.conceal()
	m.hidden, m.hiddenAt = true, m.now()
}

// appear is drawn again after another tab was, with the theme that is in use by now.
func (m *Model) appear(from *Model) tea.Cmd {
	m.hidden, m.cut = false, from.present().cut
	var cmds []tea.Cmd
	for _, x := range []*Model{m, m.past} {
		if x == nil {
			continue
		}
		x.look, x.dark, x.darkKnown, x.neutral = from.look, from.dark, from.darkKnown, from.neutral
		x.frame.stale = true
		x.expire()
		cmds = append(cmds, x.elsewhere(x.settle()))
	}
	m.shown().graceAnew()
	return tea.Batch(cmds...)
}

// graceAnew lets no key act on what has just come back to the screen that was typed
// for what stood there before.
func (m *Model) graceAnew() {
	m.grace = grace{pressed: m.now()}
	if !keymap.Typing(m.top().scope()) {
		return
	}
	if m.notice.text == "" {
		m.notice.say(m.now(), "this is "+clean(m.name()))
	}
	m.grace.mute(m.now())
}

// closeTab closes the tab on the screen. It asks if something was typed there.
func (m *Model) closeTab() tea.Cmd {
	home := m.present()
	switch {
	case !m.inTabs():
		m.notice.say(m.now(), "no other store is open; "+m.keyFor(keymap.ScopeGlobal, keymap.AppQuit)+" quits")
		return nil
	case len(home.saving) > 0:
		m.notice.warn(m.now(), cleanName(home.saving[0].key)+" is being saved: close the tab once that is answered")
		return nil
	case home.editor == nil || !home.editor.touched():
		return m.deck.close(home)
	}
	m.open(&confirm{
		title: "Close the tab?",
		text:  "What you typed into " + cleanName(home.editor.edit.key) + " is not saved. It is kept as a draft.",
		yes:   func(*Model) tea.Cmd { return home.deck.close(home) },
	})
	return nil
}

// close closes a tab and shows the one beside it.
func (d *deck) close(m *Model) tea.Cmd {
	i := d.indexOf(m)
	if i < 0 || !d.several() {
		return nil
	}
	over := i == d.at
	if over {
		m.disappear()
	}
	d.tabs = slices.Delete(d.tabs, i, i+1)
	if d.at > i || d.at == len(d.tabs) {
		d.at--
	}
	m.keepTyped()
	end := sync.OnceValue(m.letGo())
	d.ends = append(d.ends, end)
	cmds := []tea.Cmd{func() tea.Msg { return tabEnded{end()} }}
	if over {
		to := d.active()
		cmds = append(cmds, to.elsewhere(to.appear(m.shown())))
		to.shown().notice.say(m.now(), "closed "+clean(m.name()))
	}
	return tea.Batch(append(cmds, d.resize())...)
}

// indexOf returns the number of an explorer's tab, or -1.
func (d *deck) indexOf(m *Model) int {
	return slices.IndexFunc(d.tabs, func(t *tab) bool { return t.Model == m.present() })
}

// tabEnded says that everything of a closed tab was let go.
type tabEnded struct{ err error }

func (r tabEnded) apply(m *Model) tea.Cmd {
	if r.err != nil {
		m.shown().notice.fail(m.now(), r.err)
	}
	return nil
}

// letGo returns a function that lets go of everything, and waits for the drafts.
func (m *Model) letGo() func() error {
	m.closed = true
	if l := m.later(); l != nil {
		l.giveUp()
	}
	open, keep := m.whatIsOpen()
	kept, of := m.opts.Places, m.openedOf()
	var ends []tea.Cmd
	if m.past != nil {
		m.past.asOf.left = true
		m.past.stop()
		m.past.feed.gen++
		ends = append(ends, m.past.shut())
	}
	m.feed.gen++
	ends = append(ends, m.shut())
	queue, ended, stop := &m.draftQueue, m.opts.Close, m.stop
	return func() error {
		err := queue.Finish()
		stop()
		for _, end := range ends {
			end()
		}
		if ended != nil {
			ended()
		}
		if keep { // it is no more than a convenience: an error would say nothing useful
			_ = kept.KeepOpened(of, open)
		}
		return err
	}
}
