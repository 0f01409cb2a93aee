package tui

import (
	"cmp"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/nearest"
	"kvist/keymap"
)

// palette is a line of text over the list that it narrows: commands or themes.
type palette struct {
	title     string
	input     field
	all       []choice
	rest      []choice // what cannot be done now, found only where nothing else is
	fits      []choice
	rowCursor          // among fits
	onRow     bool     // the last key moved among the choices
	below     int      // the line of the dialog where the choices begin
	faults    []string // why nothing came of it, in lines
	failed    string   // why what was chosen last cannot be had
	// free returns the choice that a text is by itself, such as an address; nil if
	// none is.
	free   func(text string) (choice, bool)
	before *look  // the theme before one was tried
	tried  bool   // a theme is tried
	noun   string // of a choice; "" is command
	wide   int    // the most cells that it takes; 0 is paletteWidth
	keys   []named
	// leave is what cancelling does where there is nothing to go back to; nil: it
	// goes back.
	leave func(m *Model) tea.Cmd
	// stays says that the list is there until what was chosen is.
	stays bool
}

// choice is a line of a palette.
type choice struct {
	name, text, keys string
	also             []string // other names by which it is found
	off              bool     // it can do nothing now, and says why
	theme            string   // shown while the cursor is on the line; "" for none
	do               func(m *Model) tea.Cmd
	arg              *argument              // what the command takes; nil for nothing
	given            string                 // that, once it was typed or chosen
	whole            bool                   // the name takes the room of the description too
	site             *siteLine              // draws the line instead; nil for none
	remove           func(m *Model) tea.Cmd // of a list from which lines can be removed; may be nil
}

// openThemes lists the themes.
func (m *Model) openThemes() tea.Cmd {
	p := &palette{title: "Themes", noun: "theme"}
	for i, name := range m.themeNames() {
		p.all = append(p.all, themeChoice(name, name))
		if name == m.look.Name {
			p.at = i
		}
	}
	return m.showPalette(p)
}

// themeChoice returns the line of a theme.
func themeChoice(line, theme string) choice {
	return choice{
		name: line, text: "until kvist ends", theme: theme,
		do: func(m *Model) tea.Cmd {
			m.notice.say(m.now(), "theme "+theme+"; theme = \""+theme+"\" in config.toml keeps it")
			return m.useTheme(theme)
		},
	}
}

// showPalette opens a palette.
func (m *Model) showPalette(p *palette) tea.Cmd {
	p.input = newField("")
	p.fits, p.before = p.all, m.look
	m.open(p)
	return nil
}

func (p *palette) scope() keymap.Scope { return keymap.ScopePalette }

func (p *palette) act(m *Model, a keymap.Action) (tea.Cmd, bool) {
	if p.onRow = p.moved(a, len(p.fits)); p.onRow {
		p.preview(m)
		return nil, true
	}
	switch a {
	case keymap.DialogConfirm:
		return p.run(m), true
	case keymap.PaletteRemove:
		return p.remove(m), true
	case keymap.PaletteComplete:
		p.complete(m)
		return nil, true
	case keymap.DialogCancel:
		if p.leave != nil {
			return p.leave(m), true
		}
		m.close(p)
		p.untry(m)
		return nil, true
	}
	changed, mine := p.input.act(a)
	p.changed(m, changed)
	return nil, mine
}

// run carries out the choice under the cursor.
func (p *palette) run(m *Model) tea.Cmd {
	p.failed = ""
	switch {
	case p.at >= len(p.fits):
		p.input.fault = p.unmatched()
		return nil
	case p.fits[p.at].arg != nil:
		return p.runArgued(m, p.fits[p.at])
	}
	if !p.stays {
		m.close(p)
	}
	return p.fits[p.at].do(m)
}

// unmatched says that no choice is called what was typed, and what was likely meant.
func (p *palette) unmatched() string {
	text, noun := strings.TrimSpace(p.input.text()), cmp.Or(p.noun, "command")
	if text == "" {
		return "There is no " + noun + " here."
	}
	var names []string
	for _, c := range p.all {
		names = append(names, c.name)
	}
	said := "No " + noun + " is called " + clean(text)
	if near := nearest.To(strings.ToLower(text), names...); near != "" {
		said += "; did you mean " + clean(near) + "?"
		return said
	}
	return said + "."
}

// remove removes the choice under the cursor, where that can be done.
func (p *palette) remove(m *Model) tea.Cmd {
	if p.at >= len(p.fits) || p.fits[p.at].remove == nil {
		return nil
	}
	c, at := p.fits[p.at], p.at
	p.all = slices.DeleteFunc(slices.Clone(p.all), func(o choice) bool { return o.name == c.name })
	p.fits = p.narrow(m)
	p.at = max(0, min(at, len(p.fits)-1))
	if len(p.all) == 0 {
		m.close(p)
	}
	return c.remove(m)
}

// clicked puts the cursor on the choice in a cell of the dialog; a click on the
// choice under the cursor runs it.
func (p *palette) clicked(m *Model, on point) tea.Cmd {
	at := p.top + on.y - p.below
	switch {
	case on.y < p.below || on.y >= p.below+p.height || at >= len(p.fits):
		return nil
	case at == p.at:
		cmd, _ := p.act(m, keymap.DialogConfirm)
		return cmd
	}
	p.at = at
	p.preview(m)
	return nil
}

// preview shows the theme under the cursor, if the line is a theme.
func (p *palette) preview(m *Model) {
	if p.at >= len(p.fits) || p.fits[p.at].theme == "" {
		p.untry(m)
		return
	}
	if !p.tried {
		p.before, p.tried = m.look, true
	}
	m.useTheme(p.fits[p.at].theme)
}

// untry goes back to the theme before one was tried.
func (p *palette) untry(m *Model) {
	if p.tried {
		m.look, p.tried = p.before, false
	}
}

func (p *palette) typed(m *Model, msg tea.Msg) tea.Cmd {
	p.onRow = false
	if p.leave != nil && p.quits(msg) && (p.failed == "" || m.grace.answerable(m.now(), p)) {
		return p.leave(m)
	}
	p.changed(m, p.input.typed(msg))
	return nil
}

// changed narrows the list after the text has changed.
func (p *palette) changed(m *Model, changed bool) {
	if changed {
		p.fits = p.narrow(m)
		p.at = p.first()
		p.preview(m)
	}
}

// first returns the choice to begin with: the best one, but among themes the
// current one, so that searching changes nothing.
func (p *palette) first() int {
	if len(p.fits) == 0 || p.fits[0].theme == "" {
		return 0
	}
	return max(0, slices.IndexFunc(p.fits, func(c choice) bool { return c.theme == p.before.Name }))
}

const (
	// paletteWidth is the most cells that a palette takes, and paletteHeight the
	// most choices that it shows.
	paletteWidth  = 76
	paletteHeight = 16
	// paletteSign stands before the text.
	paletteSign = ": "
)

// width returns how many of w cells the palette takes.
func (p *palette) width(w int) int { return min(w, cmp.Or(p.wide, paletteWidth)) }

func (p *palette) lay(_ *Model, w, h int) {
	w = p.width(w)
	p.input.lay(paletteSign, w)
	p.faults = nil
	for _, fault := range []string{p.failed, p.input.fault} {
		if fault != "" {
			p.faults = append(p.faults, wrap(fault, w)...)
		}
	}
	p.below = 1 + len(p.faults)
	p.fit(len(p.fits), max(1, min(h-4-len(p.faults), paletteHeight)))
}

func (p *palette) view(m *Model, w, _ int) dialogView {
	w = p.width(w)
	line, cursor := p.input.view(m, paletteSign, w)
	v := dialogView{title: p.title, wanted: w, lines: []string{line}, cursor: cursor}
	for _, fault := range p.faults {
		v.lines = append(v.lines, m.look.warn.Paint(fault))
	}
	for i := p.top; i < p.end(len(p.fits)); i++ {
		v.lines = append(v.lines, m.drawChoice(p.fits[i], w, i == p.at))
	}
	if p.onRow && p.at < p.end(len(p.fits)) {
		v.cursor, v.onRow = &point{0, p.below + p.at - p.top}, true
	}
	if len(p.fits) == 0 {
		v.lines = append(v.lines, m.look.muted.Paint("no match"))
	}
	for len(v.lines) < p.below+min(p.height, len(p.all)) { // the line of text does not move
		v.lines = append(v.lines, "")
	}
	keys := m.keyLine(keymap.ScopePalette)
	if p.keys != nil {
		keys = m.namedKeys(keymap.ScopePalette, p.keys...)
	}
	if len(p.all) > 0 && p.all[0].remove != nil {
		keys += m.look.muted.Paint("  ") + m.namedKeys(keymap.ScopePalette, named{keymap.PaletteRemove, "remove"})
	}
	v.lines = append(v.lines, keys)
	return v
}

// drawChoice draws a line of a palette: name, description, keys.
func (m *Model) drawChoice(c choice, w int, selected bool) string {
	const names, keys = 24, 10
	if c.site != nil {
		return m.drawSite(c.site, w, selected)
	}
	if c.arg != nil && c.given != "" {
		return m.drawGiven(c, w, selected)
	}
	name, text, key := fit(c.name, names), fit(c.text, max(0, w-names-keys-1)), " "+fit(c.keys, keys)
	if c.whole {
		room := max(0, w-keys-1)
		name, text = fit(fitMiddle(c.name, min(width(c.name), room)), room), ""
	}
	switch {
	case selected:
		return m.look.selected.Paint(name + text + key)
	case c.off:
		return m.look.muted.Paint(name + text + key)
	}
	return m.look.text.Paint(name) + m.look.muted.Paint(text) + m.look.helpKey.Paint(key)
}
