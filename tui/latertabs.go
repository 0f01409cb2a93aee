package tui

import (
	"bytes"
	"context"
	"slices"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/internal/places"
	"kvist/keymap"
)

// The tabs of last time come back with the first one, but a store that nobody asked for
// is not contacted: each is an explorer of no store, which gives way to one of its own
// once somebody goes to the tab.

// laterTab is what stands in a tab that is not open yet, under all dialogs.
type laterTab struct {
	kept    places.Tab
	opening *opening // that is under way; nil for none
	fault   string   // why it could not be opened
	unscrolled
}

// later returns what stands in a tab that is not open yet; nil in all others.
func (m *Model) later() *laterTab {
	if !m.starting() || len(m.dialogs) == 0 {
		return nil
	}
	l, _ := m.dialogs[0].(*laterTab)
	return l
}

// what returns the tab's store as the command line names it.
func (l *laterTab) what() string {
	if l.kept.Profile == "" {
		return string(l.kept.Address)
	}
	if len(l.kept.Key) == 0 {
		return l.kept.Profile
	}
	return l.kept.Profile + "/" + string(l.kept.Key)
}

// loadTabs reads which tabs there were when the first one was open last.
func (d *deck) loadTabs(first *Model) tea.Cmd {
	o := &first.opts
	if o.Places == nil || o.Forget || o.Elsewhere.Explore == nil || first.starting() {
		return nil
	}
	d.places, d.started = o.Places, first.tabsOf()
	if o.Fresh {
		return nil
	}
	kept, of := o.Places, d.started
	return first.elsewhere(func() tea.Msg { return tabsRead(kept.Tabs(of)) })
}

// tabsOf returns what the files call the store that a tab explores.
func (m *Model) tabsOf() string { return m.placesOf() + "\x00" + m.opts.Key }

// tabsRead is the result of loadTabs.
type tabsRead []places.Tab

func (r tabsRead) apply(m *Model) tea.Cmd {
	d := m.deck
	for _, kept := range r {
		if !slices.ContainsFunc(d.tabs, func(t *tab) bool { return sameTab(t.kept(), kept) }) {
			d.add(m.newLater(kept))
		}
	}
	return d.resize()
}

// sameTab reports whether two tabs explore the same.
func sameTab(a, b places.Tab) bool {
	return a.Profile == b.Profile && bytes.Equal(a.Key, b.Key) && (a.Profile != "" || bytes.Equal(a.Address, b.Address))
}

// newLater returns a tab that is not open yet, which looks as this one does.
func (m *Model) newLater(kept places.Tab) *Model {
	o := Options{
		Profile: kept.Profile, Key: string(kept.Key), Address: string(kept.Address), Elsewhere: m.opts.Elsewhere,
		Keymap: m.opts.Keymap, Theme: m.opts.Theme, Themes: m.opts.Themes, Background: m.opts.Background,
		NoColor: m.opts.NoColor, ASCII: m.opts.ASCII, Linear: m.opts.Linear, Job: m.opts.Job, Environ: m.opts.Environ,
	}
	n := NewModel(m.deck.ctx, noStore{}, o)
	n.now, n.hidden = m.now, true
	n.open(&laterTab{kept: kept})
	return n
}

// kept returns what is kept of a tab.
func (m *Model) kept() places.Tab {
	if l := m.later(); l != nil {
		return l.kept
	}
	return places.Tab{Profile: m.opts.Profile, Key: []byte(m.opts.Key), Address: []byte(m.opts.Address)}
}

// keepTabs returns a function that keeps which tabs are open beside the first one. The
// one that the program began with may not be it any more: then nothing stands beside
// that.
func (d *deck) keepTabs() func() {
	first := d.tabs[0].Model
	kept, of, started := d.places, first.tabsOf(), d.started
	if kept == nil || first.later() == nil && first.opts.Places == nil {
		return func() {}
	}
	var others []places.Tab
	for _, t := range d.tabs[1:] {
		if t.later() != nil || t.opts.Places != nil { // the embedded store ends with the program
			others = append(others, t.kept())
		}
	}
	return func() { // it is no more than a convenience: an error would say nothing useful
		_ = kept.KeepTabs(started, nil)
		_ = kept.KeepTabs(of, others)
	}
}

// openLater opens the store of a tab to which somebody went.
func (m *Model) openLater() tea.Cmd {
	l := m.later()
	if l.opening != nil {
		return nil
	}
	l.fault, l.opening = "", m.deck.newOpening(l.what())
	return m.carryOutOpening(l.opening)
}

// giveUp ends the opening that is under way; false if none is.
func (l *laterTab) giveUp() bool {
	if l.opening == nil {
		return false
	}
	l.opening.cancel()
	l.opening = nil
	return true
}

// notOpened says why the store could not be opened, in its tab.
func (l *laterTab) notOpened(err error) {
	l.opening.cancel()
	l.opening, l.fault = nil, explain.Error(err)
}

func (l *laterTab) scope() keymap.Scope { return keymap.ScopeUnopened }

// act lets only those actions pass that need no store.
func (l *laterTab) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.DialogConfirm:
		return m.openLater(), true
	case keymap.DialogCancel:
		if l.giveUp() {
			l.fault = "You gave up opening it."
		}
		return nil, true
	}
	return nil, m.needsStore(a)
}

// needsStore reports whether an action of the whole explorer takes an open store.
func (m *Model) needsStore(a keymap.Action) bool {
	if _, free := programCommands()[a]; free {
		return false
	}
	_, whole := m.commands[a]
	_, pane := m.paneFor(a)
	return whole || pane
}

func (l *laterTab) view(m *Model, w, _ int) dialogView {
	v := dialogView{title: m.tabName(), wanted: min(w, 60)}
	text, in := "This tab was open last time. Nothing has been asked of its store yet.", m.look.text
	switch {
	case l.opening != nil:
		text = "Opening " + clean(l.what()) + "…"
	case l.fault != "":
		text, in = l.fault, m.look.warn
	}
	for _, line := range wrap(text, v.wanted) {
		v.lines = append(v.lines, in.Paint(line))
	}
	own := named{keymap.DialogConfirm, "open"}
	if l.opening != nil {
		own = named{keymap.DialogCancel, "give up"}
	}
	return dialogWith(v, "", m.namedKeys(keymap.ScopeUnopened, own)+"  "+
		m.namedKeys(keymap.ScopeGlobal, named{keymap.TabNext, "next tab"}, named{keymap.TabClose, "close the tab"}))
}

// fill puts an explorer in the place of a tab that was not open yet.
func (d *deck) fill(at int, n *Model) tea.Cmd {
	old := d.tabs[at].Model
	old.closed = true
	old.stop()
	n.deck, d.tabs[at] = d, &tab{n}
	cmds := []tea.Cmd{n.elsewhere(tea.Batch(n.begin()...)), d.resize()}
	if at != d.at {
		return tea.Batch(cmds...)
	}
	cmds = append(cmds, n.elsewhere(n.appear(old)))
	if n.notice.text == "" {
		n.notice.say(n.now(), "this is "+clean(n.name()))
	}
	n.grace.mute(n.now())
	n.grace.passable = true // nothing takes text there, and the tab may be on the way to another
	return tea.Batch(cmds...)
}

// newOpening returns what stands for a store that is being opened.
func (d *deck) newOpening(what string) *opening {
	ctx, cancel := context.WithCancel(d.ctx)
	return &opening{what: what, ctx: ctx, cancel: cancel}
}
