package tui

import (
	"errors"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// noticeMax is how many lines of the panes a warning may cover.
const noticeMax = 4

// bottomLines returns the message and below it the keys, which no message hides.
// Only a warning takes more than one line: half an advice helps nobody.
func (m *Model) bottomLines(w int) []string {
	return append(m.messageLines(w), m.keysNow(w))
}

// messageLines returns the message. Without one, it names what the cursor is on in
// full, since rows and titles have to cut it.
func (m *Model) messageLines(w int) []string {
	waiting, waits := m.top().(waiter)
	switch {
	case m.notice.text != "" && m.notice.bad:
		return m.spoken(m.notice.text, m.look.warn, w)
	case m.notice.text != "":
		return []string{m.look.good.Paint(fit(" "+m.notice.text, w))}
	case waits:
		return []string{m.look.accent.Paint(fit(" "+waiting.waits(m), w))}
	case m.feed.err != nil && m.feed.state != kv.Live && len(m.dialogs) == 0 && m.top().scope() != keymap.ScopeEditor:
		return m.spoken(m.lostContact(), m.look.danger, w)
	}
	return []string{m.look.muted.Paint(fit(" "+m.here(w-2), w))}
}

// waiter is a surface that waits for an answer of the store, and draws nothing.
type waiter interface {
	// waits says what is awaited and how to give up.
	waits(m *Model) string
}

// here returns the name of what the cursor is on.
func (m *Model) here(w int) string {
	row, ok := m.subject()
	if !ok || m.editor != nil {
		return ""
	}
	name := cleanEnds(row.Key, w)
	if len(row.Key) <= 8*w {
		name = cleanName(row.Key)
	}
	if row.IsFolder && !row.IsKey {
		name += "/"
	}
	since := m.sinceWords(row)
	return fitMiddle(name, min(width(name), max(0, w-width(since)))) + since
}

// keysNow returns the line of keys, which is never empty. A dialog names its keys
// itself; below it stand those that hold in every one.
func (m *Model) keysNow(w int) string {
	if len(m.dialogs) > 0 {
		return fitStyled(" "+m.namedKeys(keymap.ScopeAlways, named{keymap.AppHelp, "help"}, named{keymap.AppQuit, "quit"}), w)
	}
	scope := m.top().scope()
	if !keymap.Typing(scope) {
		return fitStyled(" "+m.keysWithin(scope, w-2), w)
	}
	help := m.namedKeys(keymap.ScopeAlways, named{keymap.AppHelp, "help"})
	return fitStyled(" "+m.keysWithin(scope, w-4-ansi.StringWidthWc(help))+"  "+help, w)
}

// lostContact says why the tree is not live. After contact was made once, there is
// no need to check the address: the text is shorter then.
func (m *Model) lostContact() string {
	var e *kv.Error
	if !m.feed.ready || !errors.Is(m.feed.err, kv.ErrNotReachable) || !errors.As(m.feed.err, &e) {
		return explain.Error(m.feed.err)
	}
	text := "reconnecting to " + explain.Server(e.Server)
	if e.Err != nil {
		text += " (" + clean(e.Err.Error()) + ")"
	}
	return text + "; showing what was last known"
}

// spoken breaks a sentence into lines.
func (m *Model) spoken(text string, in ink, w int) []string {
	lines := wrap(text, w-2)
	if len(lines) > noticeMax {
		lines = append(lines[:noticeMax-1], strings.Join(lines[noticeMax-1:], " "))
	}
	for i, line := range lines {
		lines[i] = in.Paint(fit(" "+line, w))
	}
	return lines
}
