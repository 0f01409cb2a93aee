package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/keymap"
)

// Keys that are typed for one surface must not act on another that has just taken
// its place. Two rules ensure that for all surfaces:
//
// A dialog takes an answer only after it was on the screen, unchanged and complete,
// for readFor without a key press. Any change of what it says, except by a key
// pressed in it, starts that time again. So does text that the dialog has no use
// for: it belongs to a word that may contain an answer. Whoever goes on pressing
// keys all the while is answered, too: after readMost if these keys moved in the
// dialog, else after muteMost.
//
// When an answer of the store, or a find without a match, closes a surface that
// takes text, further keys are swallowed until they pause for quietFor, for at most
// muteMost.
const (
	quietFor = 400 * time.Millisecond
	readFor  = quietFor + 50*time.Millisecond // plus what a frame may take to reach the screen
	readMost = 3 * readFor
	muteMost = 10 * time.Second // a paste without brackets may take that long
)

// Why a dialog does not take an answer yet.
const (
	justAppeared = "key ignored: this has just appeared, read it first"
	amidKeys     = "key ignored: it came amid others; pause, then press it again"
)

// grace is what the two rules keep.
type grace struct {
	pressed time.Time // the last key or paste
	began   time.Time // the first one since a pause
	stray   bool      // among those since began are some that the dialog has no use for yet
	byKey   bool      // what is drawn next is the effect of a key

	dialog dialog // on the screen
	text   string
	drawn  bool      // nothing but keys has come since
	whole  bool      // all of its question is on the screen
	since  time.Time // since when it has been there unchanged
	read   bool      // it may be answered
	hit    bool      // a key was pressed since
	said   bool      // it was said that a key came too early

	mutedAt  time.Time // since when keys are swallowed; zero when they are not
	passable bool      // but those that go to another tab
}

// drew notes what the dialog on the screen says; d is nil when there is none.
func (g *grace) drew(now time.Time, d dialog, lines []string, whole bool) {
	text := strings.Join(lines, "\n")
	if d != g.dialog || text != g.text && !g.byKey {
		g.since, g.read, g.hit = now, false, false
	}
	g.dialog, g.text, g.drawn, g.whole = d, text, true, whole
}

// answerable reports whether d has been on the screen for long enough.
func (g *grace) answerable(now time.Time, d surface) bool {
	if g.dialog == nil || surface(g.dialog) != d || !g.drawn {
		return false
	}
	most := readMost
	if g.stray {
		most = muteMost
	}
	if now.Sub(later(g.since, g.pressed)) >= readFor || now.Sub(later(g.since, g.began)) >= most {
		g.read = true
	}
	return g.read
}

// keyPressed notes a key or a paste, whether or not it is taken. own says that it is
// a key of what is on top, but not an answer.
func (g *grace) keyPressed(now time.Time, own bool) {
	if now.Sub(g.pressed) >= readFor {
		g.began, g.stray = now, false
	}
	g.pressed, g.hit, g.stray = now, true, g.stray || !own
}

// early says why a dialog takes no answer now.
func (g *grace) early(now time.Time, d surface) string {
	if g.dialog == nil || surface(g.dialog) != d || now.Sub(g.since) < readMost {
		return justAppeared
	}
	return amidKeys
}

// untouched reports whether d is on the screen and no key was pressed since.
func (g *grace) untouched(d surface) bool {
	return g.dialog != nil && surface(g.dialog) == d && !g.hit
}

// mute begins to swallow keys.
func (g *grace) mute(now time.Time) { g.mutedAt, g.said, g.passable = now, false, false }

// muted reports whether keys are still swallowed.
func (g *grace) muted(now time.Time) bool {
	if g.mutedAt.IsZero() {
		return false
	}
	if now.Sub(later(g.mutedAt, g.pressed)) >= quietFor || now.Sub(g.mutedAt) >= muteMost {
		g.mutedAt, g.said = time.Time{}, false
		return false
	}
	return true
}

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tooEarly reports whether input must not reach top, and says so. If ok, the input
// is a key with action a; otherwise it is text.
func (m *Model) tooEarly(top surface, key string, a keymap.Action, ok bool) bool {
	now, g := m.now(), &m.grace
	_, asks := top.(dialog)
	g.answerable(now, top) // a pause before a key counts, whatever the key is
	switch {
	case m.tooSmall():
		return a != keymap.AppQuit // a surface that cannot be seen takes nothing
	case m.leaves(key):
		return false
	case g.muted(now) && g.passable && (a == keymap.TabNext || a == keymap.TabPrevious):
		return false
	case g.muted(now):
		m.sayMuted(now)
		return true
	case !asks || ok && !m.keys.Answers(top.scope(), a):
		return false
	case a == keymap.DialogCancel && g.untouched(top):
		return false
	case !ok && (g.answerable(now, top) || keymap.Typing(top.scope())):
		g.read = g.read && m.takesText(top) // whoever types text that goes nowhere has not read it
		return false                        // text, which the dialog takes or ignores
	case !g.answerable(now, top):
		m.sayEarly(now, g.early(now, top))
		return true
	case !g.whole:
		m.sayEarly(now, "key ignored: not all of it was on the screen")
		return true
	}
	g.sayNoMore(m)
	return false
}

// takesText reports whether the surface uses text that is typed now.
func (m *Model) takesText(top surface) bool {
	if t, ok := top.(choosyTypist); ok {
		return t.takesText(m)
	}
	_, ok := top.(typist)
	return ok
}

// leaves reports whether a key quits the program everywhere.
func (m *Model) leaves(key string) bool {
	a, ok := m.keys.Lookup([]keymap.Scope{keymap.ScopeAlways}, key)
	return ok && a == keymap.AppQuit
}

// sayEarly says why a key was ignored.
func (m *Model) sayEarly(now time.Time, text string) {
	m.grace.said = true
	m.notice.warn(now, text)
}

// sayNoMore removes the message that a key was ignored.
func (g *grace) sayNoMore(m *Model) {
	if g.said {
		g.said, m.notice = false, notice{}
	}
}

// sayMuted says that keys are ignored, after the message that stood there.
func (m *Model) sayMuted(now time.Time) {
	if m.grace.said {
		return
	}
	if _, asks := m.top().(dialog); asks {
		m.sayEarly(now, justAppeared)
		return
	}
	m.grace.said = true
	const lost = "keys typed right after it were ignored"
	if m.notice.text == "" {
		m.notice.warn(now, "the editor has closed; "+lost)
		return
	}
	m.notice.text += "; " + lost
	m.notice.bad = true // so that it is not cut
}

// handedOver mutes the keys when a result has closed a surface that takes text, or
// opened another one.
func (m *Model) handedOver(before surface, msg tea.Msg) {
	after := m.top()
	if _, ok := msg.(result); !ok || after == before {
		return
	}
	if _, ok := before.(*travelling); ok {
		return // it has swallowed what was typed, and leads to where nothing is written
	}
	if o, ok := before.(*opening); ok && o.list != nil && after == surface(o.list) {
		return // which has taken what was typed
	}
	_, asks := after.(dialog)
	if keymap.Typing(before.scope()) && !keymap.Typing(after.scope()) || asks && keymap.Typing(after.scope()) {
		m.grace.mute(m.now())
	}
}
