package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
)

// argument is what a command of the palette takes: ":goto KEY".
type argument struct {
	what string // what it is, in capitals
	// writes says that the command writes to the store, or is the first step to it.
	writes bool
	// can reports whether the command is offered; nil: always.
	can func(m *Model) bool
	// fits returns what a text can be completed to, the best first; nil completes
	// nothing. It must not wait.
	fits func(m *Model, text string) []string
	// ask asks for the argument where none is given; nil: it is typed in the palette.
	ask func(m *Model) tea.Cmd
	// do carries out the command. A fault says why it does not, and the palette
	// stays.
	do func(m *Model, text string) (cmd tea.Cmd, fault string)
}

// argued returns the commands that take an argument. A new one is one more entry.
func (m *Model) argued() []choice {
	opens := []choice{
		{name: "open", text: "open a profile or an address in a tab", arg: &argument{what: "ADDRESS", can: (*Model).canOpen, fits: (*Model).profilesLike, do: (*Model).openNamed}},
		{name: "profile", text: "open a profile in a tab, or list them", arg: &argument{what: "PROFILE", can: (*Model).canOpen, fits: (*Model).profilesLike, ask: (*Model).openProfiles, do: (*Model).openNamed}},
	}
	if m.later() != nil {
		return opens
	}
	return append(opens,
		choice{name: "goto", also: []string{"go to", "jump", "cd"}, text: "go to the key KEY in the tree", arg: &argument{what: "KEY", fits: (*Model).keysLike, do: (*Model).goToNamed}},
		choice{name: "import", also: []string{"load", "upload"}, text: "write the keys of the file FILE (shows a plan first)", arg: &argument{what: "FILE", writes: true, can: (*Model).canImport, ask: (*Model).askImport, do: (*Model).importFile}},
	)
}

// narrow returns the choices that match what was typed: of a command and its
// argument, the command itself, and what the argument can be completed to.
func (p *palette) narrow(m *Model) []choice {
	text := p.input.text()
	name, given, ok := strings.Cut(strings.TrimLeft(text, " "), " ")
	for _, c := range slices.Concat(p.all, p.rest) {
		if ok && c.arg != nil && strings.EqualFold(c.name, name) {
			return c.withArgument(m, given)
		}
	}
	fits := narrowed(p.all, text)
	if p.noun == "" {
		fits = commands(p.all, p.rest, text)
	}
	if p.free == nil {
		return fits
	}
	if c, ok := p.free(text); ok {
		fits = append([]choice{c}, fits...)
	}
	return fits
}

// withArgument returns the command with the argument as it was typed, and with what
// that can be completed to.
func (c choice) withArgument(m *Model, given string) []choice {
	c.given = given
	list := []choice{c}
	if c.arg.fits == nil {
		return list
	}
	for _, text := range c.arg.fits(m, given) {
		if text != given {
			c.given = text
			list = append(list, c)
		}
	}
	return list
}

// runArgued carries out a command that takes an argument, or asks for that.
func (p *palette) runArgued(m *Model, c choice) tea.Cmd {
	if m.asOf != nil && c.arg.writes {
		m.close(p)
		return m.refusePast()
	}
	switch {
	case c.given == "" && c.arg.ask != nil:
		m.close(p)
		return c.arg.ask(m)
	case c.given == "":
		p.fill(m, c)
		return nil
	}
	cmd, fault := c.arg.do(m, c.given)
	if p.input.fault = fault; fault == "" {
		m.close(p)
	}
	return cmd
}

// complete writes the choice under the cursor into the line: of what an argument can
// be completed to, the part that all begin with unless one was chosen.
func (p *palette) complete(m *Model) {
	if p.at >= len(p.fits) || p.fits[p.at].theme != "" {
		return
	}
	c := p.fits[p.at]
	if c.arg != nil && p.at == 0 && len(p.fits) > 1 && p.fits[1].arg == c.arg {
		given := p.fits[1].given
		for _, other := range p.fits[2:] {
			given = given[:commonStart(given, other.given)]
		}
		if strings.HasPrefix(given, c.given) {
			c.given = given
		}
	}
	p.fill(m, c)
}

// fill writes a command into the line, with its argument.
func (p *palette) fill(m *Model, c choice) {
	text := c.name
	if c.arg != nil {
		text += " " + c.given
	}
	p.input = newField(text)
	p.changed(m, true)
}

// drawGiven draws the line of a command with its argument, whose end matters most.
func (m *Model) drawGiven(c choice, w int, selected bool) string {
	name := c.name + " "
	given := cleanName(c.given)
	given = fit(fitMiddle(given, min(width(given), w-width(name))), w-width(name))
	if selected {
		return m.look.selected.Paint(name + given)
	}
	return m.look.muted.Paint(name) + m.look.text.Paint(given)
}
