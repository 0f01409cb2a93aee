package themes

import (
	"fmt"
	"image/color"
	"slices"

	"charm.land/lipgloss/v2"

	"kvist/internal/nearest"
)

// Styles is a theme ready for drawing. Each role has a lipgloss style, for
// bubbles' components, and an ink, for everything that kvist draws itself. It
// is immutable.
type Styles struct {
	Name  string
	Theme Theme

	styles [roleCount]lipgloss.Style
	inks   [roleCount]Ink
}

// Style returns the role's look for components that take a lipgloss style.
func (s *Styles) Style(r Role) lipgloss.Style { return s.styles[r] }

// Ink returns the role's look for text that is put together by hand.
func (s *Styles) Ink(r Role) Ink { return s.inks[r] }

// Paint returns text in the role's look.
func (s *Styles) Paint(r Role, text string) string { return s.inks[r].Paint(text) }

// Styles makes the looks of a theme.
func (t Theme) Styles() *Styles {
	s := &Styles{Name: t.Name, Theme: t}
	table := looks
	for r := range table {
		s.styles[r] = table[r].style(t)
		s.inks[r] = inkOf(s.styles[r].Render)
	}
	return s
}

// Default is the name of the theme that suits any terminal.
const Default = "default"

// Neutral is the name of the theme for a terminal whose background is not known
// to be dark or light.
const Neutral = "neutral"

// Names returns the names of the themes that come with the program.
func Names() []string {
	var names []string
	for _, t := range builtin() {
		names = append(names, t.Name)
	}
	return names
}

// For returns the theme called name; own themes come before those of the
// program. Without a name it returns the default theme. dark says what the
// terminal's background is, for themes that do not set one. With noColor (see
// https://no-color.org) all looks are those of the mono theme. An unknown name
// is an error that lists the known ones.
func For(name string, dark, noColor bool, own ...Theme) (*Styles, error) {
	t, err := find(name, own)
	if err != nil {
		return nil, err
	}
	switch {
	case noColor:
		name = t.Name
		t = Theme{Name: name}
	case t.Name == Default && !dark && !slices.ContainsFunc(own, func(o Theme) bool { return o.Name == Default }):
		t = ansiLight().theme(Default)
	}
	return t.Styles(), nil
}

func find(name string, own []Theme) (Theme, error) {
	if name == "" {
		name = Default
	}
	all := append(slices.Clone(own), builtin()...)
	for _, t := range all {
		if t.Name == name {
			return t, nil
		}
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return Theme{}, fmt.Errorf("no theme is called %q; %s", name, nearest.Among(name, names...))
}

// faded returns a lit tint after step fades: each time nearer to the text's
// colour where both are true colours.
func faded(t Theme, lit tint, step int) color.Color {
	c, to := t.tints[lit], t.tints[text]
	_, exact := c.(color.RGBA)
	if step == 0 || c == nil {
		return c
	}
	if to == nil || !exact {
		if step == FadeSteps-1 {
			return to
		}
		return c
	}
	return mix(c, to, float64(step)*0.35)
}
