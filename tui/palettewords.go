package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
	"kvist/tui/tree/match"
)

// commandsWidth is the most cells that the list of commands takes, in which most of them
// are described in full.
const commandsWidth = 120

// openPalette lists what can be done here, by the words that people have for it.
func (m *Model) openPalette() tea.Cmd {
	p := &palette{title: "Commands", wide: commandsWidth}
	surface := m.top()
	here := keymap.Stack(surface.scope())
	for _, entry := range m.keys.Commands(here) {
		if entry.Action == keymap.AppPalette {
			continue
		}
		p.add(commandChoice(surface, entry), m.offers(entry.Action), m.whyNot(entry.Action))
	}
	for _, name := range m.themeNames() {
		p.add(themeChoice("theme "+name, name), true, "")
	}
	p.add(choice{name: "drafts", text: "unsaved drafts", do: (*Model).openDrafts}, len(m.drafts) > 0 && m.asOf == nil, "there is no draft")
	for _, c := range m.argued() {
		p.add(c, c.arg.can == nil || c.arg.can(m), "not possible here")
	}
	p.addElsewhere(m, here)
	return m.showPalette(p)
}

// commandChoice returns the line of an action.
func commandChoice(on surface, e keymap.Entry) choice {
	return choice{name: e.Names[0], also: e.Names[1:], text: e.Help, keys: e.Keys, do: func(m *Model) tea.Cmd {
		if m.tooEarly(on, "", e.Action, true) {
			return nil
		}
		return m.perform(on, e.Action)
	}}
}

// add adds a choice: among those that are offered, or among the others, which say why.
func (p *palette) add(c choice, offered bool, why string) {
	if offered {
		p.all = append(p.all, c)
		return
	}
	c.off, c.text = true, why+": "+c.text
	p.rest = append(p.rest, c)
}

// offers reports whether an action can do something now. What it asks for may be a
// pane: then all that shows the pane has to be possible.
func (m *Model) offers(a keymap.Action) bool {
	by := []keymap.Action{a}
	for _, p := range m.panes {
		if slices.Contains(p.shownBy, a) {
			by = p.shownBy
		}
	}
	return !slices.ContainsFunc(by, func(a keymap.Action) bool {
		_, can := m.hint(keymap.Hint{Action: a})
		return !can
	})
}

// likeLeast is the fewest letters that are taken for a guess at a name.
const likeLeast = 3

// commands returns the commands that match the text, then those that are called that
// and cannot be done now, which come first where they alone are called just that. The
// likes of a name count where no name or description has it.
func commands(all, rest []choice, text string) []choice {
	near, off := narrowed(all, text), narrowed(rest, text)
	small := strings.ToLower(strings.TrimSpace(text))
	well := func(list []choice, most int) []choice {
		return slices.DeleteFunc(slices.Clone(list), func(c choice) bool {
			rank, fits := c.rank(small, nil)
			return !fits || rank > most
		})
	}
	switch fits, called := well(near, described), well(off, 0); {
	case small == "":
		return all
	case len(fits) > 0 && len(called) > 0 && len(well(fits, 0)) == 0:
		return append(called, fits...)
	case len(fits) > 0:
		return append(fits, called...)
	case len(near) == 0 && len(well(off, described)) == 0:
		return off
	case len([]rune(small)) < likeLeast:
		near = nil
	}
	return append(well(off, described), near...)
}

// narrowed returns the choices that match the text, the best first: those of which
// a name is the text, whose names begin with it, then names and then descriptions
// that contain it, then fuzzy matches.
func narrowed(all []choice, text string) []choice {
	text = strings.ToLower(strings.TrimLeft(text, " "))
	if text == "" {
		return all
	}
	fits := ranked(all, text) // a blank at its end is that of the next word
	if whole := strings.TrimRight(text, " "); len(fits) == 0 && whole != text {
		return ranked(all, whole)
	}
	return fits
}

func ranked(all []choice, text string) []choice {
	var ranks [described + 2][]choice
	near := match.Fuzzy(text)
	for _, c := range all {
		if rank, ok := c.rank(text, near); ok {
			ranks[rank] = append(ranks[rank], c)
		}
	}
	return slices.Concat(ranks[:]...)
}

// described is the rank of a choice of which only the description has the text.
const described = 3

// rank returns how well the choice fits a text in small letters; false if it does
// not.
func (c choice) rank(text string, near *match.Pattern) (rank int, fits bool) {
	name := strings.ToLower(c.name)
	begins := func(name string) bool { return strings.HasPrefix(name, text) }
	contains := func(name string) bool { return strings.Contains(name, text) }
	switch {
	case name == text || slices.Contains(c.also, text):
		return 0, true
	case begins(name) || slices.ContainsFunc(c.also, begins):
		return 1, true
	case contains(name) || slices.ContainsFunc(c.also, contains):
		return 2, true
	case contains(strings.ToLower(c.text)):
		return described, true
	}
	return described + 1, near != nil && near.Match(c.name)
}
