package themes

import "charm.land/lipgloss/v2"

// attr is a set of attributes that a terminal can give to text besides colour.
type attr uint8

const (
	bold attr = 1 << iota
	underline
	italic
	reverse
)

// roleLook describes how a role is drawn: its tint, the tint behind it, its
// attributes. plain are attributes for themes that lack the tint (the mono
// theme, NO_COLOR, a background that only a true-colour theme has).
type roleLook struct {
	fore, back tint
	step       int // how often a lit row has faded
	attrs      attr
	plain      attr
}

// on returns a look in one tint, without a background.
func on(fore tint) roleLook { return roleLook{fore: fore, back: tintCount} }

// over returns a look in one tint on another.
func over(fore, back tint) roleLook { return roleLook{fore: fore, back: back} }

// with adds attributes for every theme.
func (l roleLook) with(a attr) roleLook { l.attrs |= a; return l }

// or adds attributes for themes without colour.
func (l roleLook) or(a attr) roleLook { l.plain |= a; return l }

// fading returns the look after n fades.
func (l roleLook) fading(n int) roleLook { l.step = n; return l }

// looks returns every role's look: the whole design.
var looks = [roleCount]roleLook{
	Text: on(text), Muted: on(muted), Accent: on(accent).or(bold),
	Good: on(good), Warning: on(warning).or(bold), Error: on(danger).with(bold).or(reverse),

	Status: over(text, statusBack), StatusLive: over(good, statusBack).with(bold),
	StatusWarn:   over(warning, statusBack).with(bold).or(underline),
	StatusDanger: over(danger, statusBack).with(bold).or(reverse), StatusAccent: over(accent, statusBack).with(bold),
	StatusPast: over(warning, statusBack).with(bold | reverse),

	Folder: on(folder).with(bold), Count: on(muted), Match: on(match).with(underline),
	RowSelected: over(selectionText, selection).with(bold).or(reverse), RowSelectedBlur: over(text, selectionBlur).or(underline),
	RowMarked: on(warning).with(bold),
	RowAdded:  on(added).with(bold), rowAdded2: on(added).fading(1), rowAdded3: on(added).fading(2),
	RowChanged: on(changed).with(bold), rowChanged2: on(changed).fading(1), rowChanged3: on(changed).fading(2),
	RowRemoved: on(removed).or(italic), rowRemoved2: on(removed).fading(1).or(italic), rowRemoved3: on(removed).fading(2).or(italic),
	SignRemoved:   on(removed).with(bold),
	MarkEphemeral: on(ephemeral), MarkLeased: on(leased), MarkLocked: on(locked).or(bold),

	PaneTitle: on(muted), PaneTitleFocus: on(accent).with(bold),
	Border: on(border), BorderFocus: on(borderFocus).or(bold), BorderDanger: on(danger).or(bold),
	DialogTitle: on(accent).with(bold),
	Input:       on(text),
	HelpKey:     on(accent).with(bold), HelpTitle: on(accent).with(bold).or(underline),

	DiffAdd: on(added).or(bold), DiffDel: on(removed).or(italic),
	DiffAddWord: on(added).with(reverse), DiffDelWord: on(removed).with(reverse),
	LineNumber: on(muted), HexOffset: on(muted), HexByte: on(text), HexText: on(syntaxString),

	SyntaxKey: on(syntaxKey).or(bold), SyntaxString: on(syntaxString), SyntaxNumber: on(syntaxNumber), SyntaxBool: on(syntaxBool),
	SyntaxNull: on(syntaxNull), SyntaxComment: on(syntaxComment).with(italic), SyntaxPunctuation: on(syntaxPunctuation),
	SyntaxTag: on(syntaxTag).or(bold), SyntaxAttr: on(syntaxAttr), SyntaxHeading: on(syntaxHeading).with(bold),
}

// style makes the look's style in a theme.
func (l roleLook) style(t Theme) lipgloss.Style {
	s := lipgloss.NewStyle()
	attrs := l.attrs
	fore := faded(t, l.fore, l.step)
	if fore != nil {
		s = s.Foreground(fore)
	}
	backed := l.back < tintCount && t.tints[l.back] != nil
	if backed {
		s = s.Background(t.tints[l.back])
	}
	if l.lacking(t) {
		attrs |= l.plain
	}
	return attrs.on(s)
}

// lacking reports whether the theme has no colour that sets the look apart from
// plain text.
func (l roleLook) lacking(t Theme) bool {
	if l.back < tintCount && l.back != statusBack {
		return t.tints[l.back] == nil
	}
	return t.tints[l.fore] == nil
}

// on sets the attributes on a style. Underlines also run through spaces, in one
// sequence.
func (a attr) on(s lipgloss.Style) lipgloss.Style {
	if a&bold != 0 {
		s = s.Bold(true)
	}
	if a&underline != 0 {
		s = s.Underline(true)
	}
	if a&italic != 0 {
		s = s.Italic(true)
	}
	if a&reverse != 0 {
		s = s.Reverse(true)
	}
	return s
}
