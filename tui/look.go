package tui

import (
	tea "charm.land/bubbletea/v2"

	"kvist/kv"
	"kvist/themes"
)

// ink paints text that is put together by hand.
type ink = themes.Ink

// look is a theme as the panes use it: a field for each role, so that drawing a row
// looks nothing up.
type look struct {
	*themes.Styles
	signs themes.Signs

	text, muted, accent, good, warn, danger             ink
	status, statusAccent, statusLive, statusWarn        ink
	statusDanger, statusPast, title, titleFocus, border ink
	borderFocus, dialogTitle, selected, selectedBlur    ink
	folder, count, helpKey, diffAdd, diffDel, chosen    ink
	heading, match, signRemoved, borderDanger           ink
	diffAddWord, diffDelWord                            ink
	hexOffset, hexByte, hexText                         ink
	input, lineNumber                                   ink
	added, changed, removed                             [fadeSteps]ink
	marks                                               [3]mark
}

// newLook returns the theme of that name for a dark or a light background. An
// unknown theme is replaced by the default.
func newLook(o Options, name string, dark bool) *look {
	styles, err := themes.For(name, dark, o.NoColor, o.Themes...)
	if err != nil {
		styles, _ = themes.For(themes.Default, dark, o.NoColor) // it always exists
	}
	l := &look{Styles: styles, signs: themes.SignsFor(!o.ASCII)}
	for role, to := range map[themes.Role]*ink{
		themes.Text: &l.text, themes.Muted: &l.muted, themes.Accent: &l.accent,
		themes.Good: &l.good, themes.Warning: &l.warn, themes.Error: &l.danger,
		themes.Status: &l.status, themes.StatusAccent: &l.statusAccent, themes.StatusLive: &l.statusLive,
		themes.StatusWarn: &l.statusWarn, themes.StatusDanger: &l.statusDanger, themes.StatusPast: &l.statusPast,
		themes.PaneTitle: &l.title, themes.PaneTitleFocus: &l.titleFocus,
		themes.Border: &l.border, themes.BorderFocus: &l.borderFocus, themes.DialogTitle: &l.dialogTitle,
		themes.RowSelected: &l.selected, themes.RowSelectedBlur: &l.selectedBlur,
		themes.RowMarked: &l.chosen,
		themes.Folder:    &l.folder, themes.Count: &l.count, themes.HelpKey: &l.helpKey,
		themes.DiffAdd: &l.diffAdd, themes.DiffDel: &l.diffDel,
		themes.DiffAddWord: &l.diffAddWord, themes.DiffDelWord: &l.diffDelWord,
		themes.HelpTitle: &l.heading, themes.Match: &l.match, themes.SignRemoved: &l.signRemoved, themes.BorderDanger: &l.borderDanger,
		themes.Input: &l.input, themes.LineNumber: &l.lineNumber,
		themes.HexOffset: &l.hexOffset, themes.HexByte: &l.hexByte, themes.HexText: &l.hexText,
	} {
		*to = styles.Ink(role)
	}
	l.marks = [...]mark{
		{kv.Ephemeral, l.signs.Ephemeral, styles.Ink(themes.MarkEphemeral)},
		{kv.Leased, l.signs.Leased, styles.Ink(themes.MarkLeased)},
		{kv.Locked, l.signs.Locked, styles.Ink(themes.MarkLocked)},
	}
	for step := range fadeSteps {
		l.added[step] = styles.Ink(themes.Lit(themes.RowAdded, step))
		l.changed[step] = styles.Ink(themes.Lit(themes.RowChanged, step))
		l.removed[step] = styles.Ink(themes.Lit(themes.RowRemoved, step))
	}
	return l
}

// useTheme changes the theme.
func (m *Model) useTheme(name string) tea.Cmd {
	m.look = newLook(m.opts, name, m.dark)
	return nil
}

// themeNames returns all themes: those of the program, then the user's own.
func (m *Model) themeNames() []string {
	names := themes.Names()
	for _, own := range m.opts.Themes {
		names = append(names, own.Name)
	}
	return names
}

// mark is a sign for what a key's life depends on.
type mark struct {
	flag kv.KeyFlags
	sign string
	ink  ink
}

// marked returns the signs of a key's marks, each in its own ink, and their width
// in cells.
func (l *look) marked(flags kv.KeyFlags) (string, int) {
	signs, n := "", 0
	for _, mark := range l.marks {
		if flags&mark.flag != 0 {
			signs += mark.ink.Paint(mark.sign)
			n++
		}
	}
	return signs, n
}

// signsOf returns the same signs without inks.
func (l *look) signsOf(flags kv.KeyFlags) string {
	signs := ""
	for _, mark := range l.marks {
		if flags&mark.flag != 0 {
			signs += mark.sign
		}
	}
	return signs
}

// markWords says which marks a key got or lost.
func markWords(was, now kv.KeyFlags) []string {
	var words []string
	for _, mark := range []struct {
		flag kv.KeyFlags
		word string
	}{{kv.Ephemeral, "ephemeral"}, {kv.Leased, "leased"}, {kv.Locked, "locked"}} {
		switch {
		case now&^was&mark.flag != 0:
			words = append(words, mark.word)
		case was&^now&mark.flag != 0:
			words = append(words, "no longer "+mark.word)
		}
	}
	return words
}
