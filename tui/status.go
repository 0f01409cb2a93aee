package tui

import (
	"errors"
	"strings"

	"kvist/internal/explain"
	"kvist/keymap"
	"kvist/kv"
)

// segment is a part of the status line. Those with the least weight give way
// first on a narrow screen.
type segment struct {
	text   string
	ink    ink
	weight int
}

// statusLine tells whose cluster this is, how it is, and how fresh all that
// is on the screen.
func (m *Model) statusLine(w int) string {
	segments := m.segments()
	for total(segments) > w {
		least := -1
		for i, s := range segments {
			if s.weight < 10 && (least < 0 || s.weight < segments[least].weight) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		segments = append(segments[:least], segments[least+1:]...)
	}
	var b strings.Builder
	used := 0
	for _, s := range segments {
		text := fit(s.text, max(0, min(width(s.text), w-used-2)))
		b.WriteString(s.ink.Paint(" " + text + " "))
		used += width(text) + 2
	}
	b.WriteString(m.look.status.Paint(blank(w - used)))
	return b.String()
}

// total is the width of all segments.
func total(segments []segment) int {
	n := 0
	for _, s := range segments {
		n += width(s.text) + 2
	}
	return n
}

// segments are the parts of the status line, from the left.
func (m *Model) segments() []segment {
	l, now := m.look, m.now()
	segments := []segment{{"kvist", l.statusAccent, 1}}
	if m.opts.Profile != "" {
		segments = append(segments, segment{clean(m.opts.Profile), l.statusAccent, 11})
	}
	segments = append(segments, segment{clean(m.opts.Address), l.status, 6})
	if m.opts.ReadOnly {
		segments = append(segments, segment{"read-only", l.statusWarn, 11})
	}
	if m.opts.Protected {
		segments = append(segments, segment{"protected", l.statusWarn, 10})
	}
	segments = append(segments, m.healthSegments()...)
	segments = append(segments, m.feedSegment(), segment{m.keyCount(), l.status, 7})
	if m.feed.budget > 0 {
		segments = append(segments, segment{grouped(m.feed.watches) + " of " + plural(m.feed.budget, "watch"), l.status, 6})
	}
	if !m.feed.last.IsZero() {
		segments = append(segments, segment{"changed " + ago(now, m.feed.last), l.status, 5})
	}
	if m.feed.missed&^kv.Coalesced != 0 && now.Sub(m.feed.missAt) < noticeFor*5 {
		segments = append(segments, segment{m.feed.missed.String(), l.statusWarn, 8})
	}
	return segments
}

// healthSegments tell the server's version and who leads.
func (m *Model) healthSegments() []segment {
	l, h := m.look, m.health
	switch {
	case h.err != nil && !h.known:
		return []segment{{"health unknown", l.status, 2}}
	case !h.known:
		return nil
	}
	segments := []segment{{clean(h.health.Server), l.status, 4}}
	switch {
	case !h.health.Healthy && h.health.Note != "":
		segments = append(segments, segment{clean(h.health.Note), l.statusDanger, 9})
	case !h.health.Healthy:
		segments = append(segments, segment{"unhealthy", l.statusDanger, 9})
	case h.health.Leader != "":
		segments = append(segments, segment{"leader " + clean(h.health.Leader), l.status, 3})
	case h.health.Note != "":
		segments = append(segments, segment{clean(h.health.Note), l.status, 3})
	}
	return segments
}

// keyCount is how many keys there are, as far as they are known.
func (m *Model) keyCount() string {
	n := plural(m.tree.tree.Keys(), "key")
	if m.feed.partial || m.feed.paused {
		n += " known"
	}
	return n
}

// feedSegment tells in a word and a sign how fresh the tree is.
func (m *Model) feedSegment() segment {
	l, f := m.look, m.feed
	switch {
	case f.paused:
		return segment{l.signs.Broken + " paused", l.statusWarn, 12}
	case f.state == kv.Reconnecting:
		return segment{l.signs.Broken + " reconnecting", l.statusDanger, 12}
	case f.state == kv.Listing:
		text := l.signs.Waiting + " listing"
		if f.listed > 0 {
			text += " " + grouped(f.listed)
		}
		if f.expected > f.listed {
			text += " of " + grouped(f.expected)
		}
		return segment{text, l.statusWarn, 12}
	case f.err != nil:
		return segment{l.signs.Waiting + " live, in part", l.statusWarn, 12}
	case f.partial:
		return segment{l.signs.Live + " live, open folders", l.statusLive, 12}
	default:
		return segment{l.signs.Live + " live", l.statusLive, 12}
	}
}

// noticeMax is how many lines bad news may take from the panes.
const noticeMax = 4

// bottomLines say what there is to say, else what keys there are now. Only bad
// news takes more than one line: half an advice is none.
func (m *Model) bottomLines(w int) []string {
	switch {
	case m.notice.text != "" && m.notice.bad:
		return m.spoken(m.notice.text, m.look.warn, w)
	case m.notice.text != "":
		return []string{m.look.good.Paint(fit(" "+m.notice.text, w))}
	case m.feed.err != nil && m.feed.state != kv.Live && len(m.dialogs) == 0 && m.top().scope() != keymap.ScopeEditor:
		return append(m.spoken(m.lostContact(), m.look.danger, w), m.keysNow(w))
	case len(m.dialogs) > 0:
		if r, ok := m.top().(*reading); ok {
			return []string{m.look.accent.Paint(fit(" "+r.waits(m), w))}
		}
		return []string{blank(w)} // a dialog names its keys itself
	}
	return []string{m.keysNow(w)}
}

// keysNow is the line of the keys that matter now.
func (m *Model) keysNow(w int) string {
	return fitStyled(" "+m.keysWithin(m.top().scope(), w-2), w)
}

// lostContact says why the tree is not live. What to check of an address that
// never answered is no news of one that did: there it is said in short.
func (m *Model) lostContact() string {
	var e *kv.Error
	if !m.feed.ready || !errors.Is(m.feed.err, kv.ErrNotReachable) || !errors.As(m.feed.err, &e) {
		return explain.Error(m.feed.err)
	}
	text := "trying to reach " + clean(e.Server) + " again"
	if e.Err != nil {
		text += " (" + clean(e.Err.Error()) + ")"
	}
	return text + "; what is shown is what was last known"
}

// spoken is a sentence broken into lines.
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

// keyLine is the keys that matter in a scope, for dialogs.
func (m *Model) keyLine(s keymap.Scope) string { return m.keysWithin(s, m.width-dialogMargin) }

// keysWithin is as many of the keys that matter in a scope as fit into w. The
// one for help, which tells the rest, always has its place.
func (m *Model) keysWithin(s keymap.Scope, w int) string {
	line, used, help := "", 0, 0
	hints := m.keys.Short(keymap.Stack(s), shortKeys)
	for _, k := range hints {
		if k.Action == keymap.AppHelp {
			help = width(k.Key) + 1 + width(k.Text) + 2
		}
	}
	for _, k := range hints {
		n := width(k.Key) + 1 + width(k.Text)
		if k.Action == keymap.AppHelp {
			help = 0
		}
		if used+n+help > w {
			continue
		}
		if used > 0 {
			line += "  "
		}
		line += m.look.helpKey.Paint(k.Key) + " " + m.look.muted.Paint(k.Text)
		used += n + 2
	}
	return line
}

// named is an action under a name that says what it does just now.
type named struct {
	action keymap.Action
	text   string
}

// namedKeys is a line of keys for these actions.
func (m *Model) namedKeys(s keymap.Scope, actions ...named) string {
	parts := make([]string, 0, len(actions))
	for _, a := range actions {
		parts = append(parts, m.look.helpKey.Paint(m.keyFor(s, a.action))+m.look.muted.Paint(" "+a.text))
	}
	return strings.Join(parts, "  ")
}

// shortKeys is how many keys a line offers.
const shortKeys = 14
