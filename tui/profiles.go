package tui

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// profileAt returns the tab that has a whole profile open, or the embedded store.
func (d *deck) profileAt(what string) (at int, ok bool) {
	if d == nil {
		return 0, false
	}
	at = slices.IndexFunc(d.tabs, func(t *tab) bool {
		return t.opts.Profile == what && t.opts.Key == "" ||
			what == embedded && t.opts.Profile == "" && strings.HasPrefix(t.opts.Address, embedded)
	})
	return at, at >= 0
}

// profilesLike returns the profiles whose names begin with a text.
func (m *Model) profilesLike(text string) []string {
	var names []string
	for _, p := range m.opts.Elsewhere.Known {
		if strings.HasPrefix(p.Name, text) {
			names = append(names, p.Name)
		}
	}
	return names
}

// openNamed opens a store for the palette.
func (m *Model) openNamed(what string) (tea.Cmd, string) {
	if m.opts.Elsewhere.Explore == nil {
		return nil, "No other store can be opened here."
	}
	return m.openStore(strings.TrimSpace(what), nil), ""
}

// openStore opens a store in a tab, or goes to the tab that has it open. The list that
// it was chosen from stays until then, with what was typed into it; nil: there is none.
func (m *Model) openStore(what string, list *palette) tea.Cmd {
	if at, open := m.deck.profileAt(what); open {
		if list != nil {
			m.close(list)
		}
		return m.deck.show(at)
	}
	o := m.deck.newOpening(what)
	o.list = list
	m.open(o)
	m.notice = notice{}
	return m.carryOutOpening(o)
}

// carryOutOpening finds out everything about a store, and opens it.
func (m *Model) carryOutOpening(o *opening) tea.Cmd {
	if m.asks(o.what) {
		return m.askAndOpen(o)
	}
	explore := m.opts.Elsewhere.Explore
	return func() tea.Msg {
		opts, err := explore(o.ctx, o.what)
		if err != nil {
			return storeOpened{by: o, err: err}
		}
		return o.open(opts)
	}
}

// close lets go of what belongs to a store that is not explored.
func (o *Options) close() {
	if o.Close != nil {
		o.Close()
	}
}

// opening stands on top while a store is opened: what is typed meanwhile acts on
// nothing, but narrows the list that the store was chosen from.
type opening struct {
	what   string
	ctx    context.Context //nolint:containedctx // of the store, which lasts as long as it is open
	cancel context.CancelFunc
	list   *palette // below it; nil for none
}

// open opens the store, once everything about it is known.
func (o *opening) open(opts Options) tea.Msg {
	r := storeOpened{by: o, opts: opts}
	if r.store, r.err = opts.Open(o.ctx); r.err != nil {
		opts.close()
	}
	return r
}

func (o *opening) scope() keymap.Scope {
	if o.list != nil {
		return keymap.ScopePalette
	}
	return keymap.ScopePrompt
}

func (o *opening) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	switch a {
	case keymap.TabNext, keymap.TabPrevious:
		return nil, false
	case keymap.DialogCancel:
		o.cancel()
		m.close(o)
		m.notice.say(m.now(), "gave up opening "+clean(o.what))
		return nil, true
	case keymap.DialogConfirm, keymap.PaletteRemove:
		return nil, true
	}
	if o.list == nil {
		return nil, true
	}
	return o.list.act(m, a)
}

// typed narrows the list.
func (o *opening) typed(m *Model, msg tea.Msg) tea.Cmd {
	if o.list != nil {
		o.list.onRow = false
		o.list.changed(m, o.list.input.typed(msg))
	}
	return nil
}

// takesText implements choosyTypist.
func (o *opening) takesText(*Model) bool { return o.list != nil }

func (o *opening) lay(m *Model, w, h int) {
	if o.list != nil {
		o.list.lay(m, w, h)
	}
}

// view draws the list, or else nothing over what is open: most stores are there before
// anybody could notice. A linear screen says the list again once it can be used.
func (o *opening) view(m *Model, w, h int) dialogView {
	if o.list == nil || m.opts.Linear {
		return dialogView{}
	}
	v := o.list.view(m, w, h)
	v.lines[len(v.lines)-1] = m.namedKeys(o.scope(), named{keymap.DialogCancel, "give up"})
	return v
}

func (o *opening) waits(m *Model) string {
	return "opening " + clean(o.what) + "…; " + m.keyFor(o.scope(), keymap.DialogCancel) + " gives up"
}

// storeOpened is the result of openStore.
type storeOpened struct {
	by    *opening
	opts  Options
	store kv.Store
	err   error
}

func (r storeOpened) apply(m *Model) tea.Cmd {
	l := m.later()
	awaited := l != nil && l.opening == r.by
	wanted := (awaited || slices.Contains(m.dialogs, dialog(r.by))) && !m.isOver()
	m.close(r.by)
	switch {
	case awaited && wanted && r.err != nil:
		l.notOpened(r.err)
		return nil
	case r.err != nil:
		r.by.cancel()
		if !wanted {
			return nil
		}
		fault := explain.Error(r.err)
		if name := m.opts.Elsewhere.profile(r.by.what).Name; name != "" {
			fault = clean(name) + ": " + fault
		}
		if r.by.list != nil {
			r.by.list.failed = fault
			return nil
		}
		return m.askStore(r.by.what, fault)
	case !wanted:
		return r.letGo()
	}
	if r.by.list != nil {
		m.close(r.by.list)
	}
	return m.deck.open(m, r)
}

// letGo returns a command that closes a store that nobody wants any more.
func (r *storeOpened) letGo() tea.Cmd {
	store, opts, stop := r.store, r.opts, r.by.cancel
	return func() tea.Msg {
		stop()
		store.Close()
		opts.close()
		return nil
	}
}

// placeOf returns the tab that has an explorer's store already, or that is to have it;
// -1 if none is.
func (d *deck) placeOf(by *opening, n *Model) int {
	awaits := func(t *tab) bool { l := t.later(); return l != nil && l.opening == by }
	if at := slices.IndexFunc(d.tabs, awaits); at >= 0 {
		return at
	}
	return slices.IndexFunc(d.tabs, func(t *tab) bool { return t.opts.Profile == n.opts.Profile && t.opts.Address == n.opts.Address })
}

// open shows a store that was opened, in a tab of its own unless one has it already.
func (d *deck) open(from *Model, r storeOpened) tea.Cmd {
	ended := r.opts.Close
	r.opts.Close = func() {
		r.by.cancel()
		if ended != nil {
			ended()
		}
	}
	n := NewModel(d.ctx, r.store, r.opts)
	n.now, n.hidden = from.now, true
	if from.choosing() {
		return d.begin(from, n)
	}
	said := "this is " + clean(n.name())
	at := d.placeOf(r.by, n)
	var cmds []tea.Cmd
	switch {
	case at >= 0 && d.tabs[at].starting():
		own := from == d.tabs[at].Model
		cmds = append(cmds, d.fill(at, n))
		if own {
			return tea.Batch(cmds...)
		}
	case at >= 0:
		cmds = append(cmds, r.letGo())
		said += ", which was open already"
	default:
		at = len(d.tabs)
		d.add(n)
		cmds = append(cmds, n.elsewhere(tea.Batch(n.begin()...)), d.resize())
	}
	if from.isHidden() { // another tab must not take the screen
		from.notice.say(from.now(), clean(n.name())+" is open: tab "+itoa(at+1))
		return tea.Batch(cmds...)
	}
	cmds = append(cmds, d.show(at))
	to := d.active().shown()
	if !to.notice.bad {
		to.notice.say(to.now(), said)
	}
	to.grace.mute(to.now())
	return tea.Batch(cmds...)
}
