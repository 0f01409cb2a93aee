package tui

import (
	"cmp"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// Profile is a store that has a name in the settings.
type Profile struct {
	Name, Address, Kind string
	Colour              string // that package themes takes; "" for none
	ReadOnly, Protected bool
	// Asks says that opening it runs a command for a secret, which may ask a person
	// at the terminal.
	Asks bool
	// First says that the list begins with the cursor on it.
	First bool
}

// embedded is the address of the store in this program.
const embedded = "embedded://"

// words returns what the list of profiles says of the store.
func (p Profile) words() string {
	text := clean(p.Address)
	if p.Protected {
		text = "protected · " + text
	}
	if p.ReadOnly {
		text = "read-only · " + text
	}
	return text
}

// profile returns a profile by its name; the zero one if there is none.
func (e *Elsewhere) profile(name string) Profile {
	for _, p := range e.Known {
		if p.Name == name {
			return p
		}
	}
	return Profile{}
}

// siteLine is a line of the list: a store that can be opened by its name.
type siteLine struct {
	Profile
	what string    // as on the command line
	tab  string    // that has it open; "" if none has
	used time.Time // last; zero if that is not known
	// names is how many cells the names of the list take, with a blank on each side.
	names int
}

// canOpen reports whether other stores can be opened.
func (m *Model) canOpen() bool { return m.opts.Elsewhere.Explore != nil }

// openProfiles lists the profiles, to open one in a tab.
func (m *Model) openProfiles() tea.Cmd { return m.askStore("", "") }

// nameMost is the most cells of a name in the list.
const nameMost = 20

// profileWidth is the most cells that the list of profiles takes.
const profileWidth = 110

// askStore lists the profiles, and says why one could not be opened. tried is the
// profile or the address that was, or else a text to begin with.
func (m *Model) askStore(tried, fault string) tea.Cmd {
	if !m.canOpen() {
		m.notice.warn(m.now(), "no other store can be opened here")
		return nil
	}
	p := &palette{title: "Open a profile, or an address", noun: "profile", wide: profileWidth, stays: true}
	p.keys = []named{{keymap.DialogConfirm, "open"}, {keymap.PaletteComplete, "complete"}, {keymap.DialogCancel, "cancel"}}
	if m.choosing() {
		p.leave, p.keys[2].text = (*Model).quit, "quit"
	}
	for _, s := range m.sites() {
		p.all = append(p.all, choice{
			name: s.Name, text: s.Kind + " " + s.words(), site: s,
			do: func(m *Model) tea.Cmd { return m.openStore(s.what, p) },
		})
	}
	p.free = func(text string) (choice, bool) {
		return choice{name: "open", text: clean(text), do: func(m *Model) tea.Cmd { return m.openStore(text, p) }}, strings.ContainsAny(text, ":/") // host:port names no kind of store, but the error will
	}
	m.showPalette(p)
	p.at = p.siteAt(func(s *siteLine) bool { return s.what == tried })
	switch {
	case p.at >= 0:
	case tried != "":
		p.at, p.input = 0, newField(tried)
		p.fits = p.narrow(m)
	default:
		p.at = max(0, p.siteAt(func(s *siteLine) bool { return m.choosing() && s.First }))
	}
	p.failed = fault
	return m.lookUpUsed(p, m.choosing() && tried == "")
}

// sites returns the stores of the list: the profiles, and the embedded one.
func (m *Model) sites() []*siteLine {
	var all []*siteLine
	for _, profile := range m.opts.Elsewhere.Known {
		all = append(all, &siteLine{Profile: profile, what: profile.Name})
	}
	if !slices.ContainsFunc(all, func(s *siteLine) bool { return s.Name == "embedded" }) {
		all = append(all, &siteLine{Profile: Profile{Name: "embedded", Kind: "demo", Address: embedded}, what: embedded})
	}
	names := 0
	for _, s := range all {
		names = max(names, min(width(clean(s.Name)), nameMost)+2)
	}
	for _, s := range all {
		s.names = names
		if at, open := m.deck.profileAt(s.what); open && !m.choosing() {
			s.tab = "tab " + itoa(at+1)
		}
	}
	return all
}

// siteAt returns the line of a store that ok takes, or -1.
func (p *palette) siteAt(ok func(*siteLine) bool) int {
	return slices.IndexFunc(p.all, func(c choice) bool { return ok(c.site) })
}

// lookUpUsed finds out when the profiles were used last. If begin, the cursor goes to
// the one that was used last of all, unless another comes first or it was moved.
func (m *Model) lookUpUsed(p *palette, begin bool) tea.Cmd {
	find := m.opts.Elsewhere.Used
	if find == nil {
		return nil
	}
	var names []string
	for _, profile := range m.opts.Elsewhere.Known {
		names = append(names, profile.Name)
	}
	return func() tea.Msg { return usedRead{p, find(names), begin} }
}

// usedRead is the result of lookUpUsed.
type usedRead struct {
	list  *palette
	used  map[string]time.Time
	begin bool
}

func (r usedRead) apply(*Model) tea.Cmd {
	last := -1
	for i, c := range r.list.all {
		c.site.used = r.used[c.site.what]
		if !c.site.used.IsZero() && (last < 0 || c.site.used.After(r.list.all[last].site.used)) {
			last = i
		}
	}
	begun := r.list.at != 0 || r.list.input.text() != ""
	if r.begin && last >= 0 && !begun && !r.list.all[0].site.First {
		r.list.at = last
	}
	return nil
}

// keepUsed keeps that the profile is used now.
func (m *Model) keepUsed() tea.Cmd {
	kept, profile, now := m.opts.Places, m.opts.Profile, m.now()
	if kept == nil || profile == "" {
		return nil
	}
	return func() tea.Msg {
		_ = kept.Use(profile, now) // no more than a convenience: an error would say nothing useful
		return nil
	}
}

// drawSite draws a line of the list: name, kind, address, and when it was used last.
func (m *Model) drawSite(s *siteLine, w int, selected bool) string {
	const kinds, last = 10, 9
	l, name, names := m.look, clean(s.Name), s.names
	name = " " + fitMiddle(name, min(width(name), names-2)) + " "
	kind, room := fit(s.Kind, kinds), max(0, w-names-1-kinds-1-last)
	text := fit(s.words(), room)
	when := s.tab
	if when == "" && !s.used.IsZero() {
		when = ago(m.now(), s.used)
	}
	when = " " + fit(when, last)
	base, muted, keys := l.text, l.muted, l.helpKey
	if selected {
		base, muted, keys = l.selected, l.selected, l.selected
	}
	flag := base
	if s.Colour != "" && m.look.Coloured() { // else it would look like the row under the cursor
		flag = l.Flag(s.Colour)
	}
	return flag.Paint(name) + base.Paint(blank(names-width(name))+" ") + muted.Paint(kind+text) + keys.Paint(when)
}

// quits reports whether a key leaves a list that stands alone: q, if nothing was typed
// and no name has one.
func (p *palette) quits(msg tea.Msg) bool {
	key, ok := msg.(tea.KeyPressMsg)
	return ok && key.Text == "q" && p.input.text() == "" &&
		!slices.ContainsFunc(p.all, func(c choice) bool { return strings.Contains(strings.ToLower(cmp.Or(c.name, c.text)), "q") })
}
