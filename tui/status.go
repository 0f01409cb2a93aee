package tui

import (
	"strings"

	"kvist/kv"
)

// segment is a part of the status line. On a narrow screen the parts with the least
// weight are left out first.
type segment struct {
	text   string
	ink    ink
	weight int
	cut    bool // cut it rather than leave it out
}

// The weights that matter on a narrow screen: a segment that weighs less than the
// address is left out before the address is cut; one of stayWeight is never left
// out.
const (
	addressWeight = 6
	stayWeight    = 10
	// addressLeast is the fewest cells of the address that are worth showing.
	addressLeast = 24
)

// statusLine says which cluster this is, how it is, and how fresh the screen is.
func (m *Model) statusLine(w int) string {
	segments := lighter(m.segments(), w, addressWeight)
	for i, s := range segments {
		if over := total(segments) - w; over > 0 && s.cut {
			segments[i].text = fit(s.text, min(width(s.text), max(addressLeast, width(s.text)-over)))
		}
	}
	segments = lighter(segments, w, stayWeight)
	var b strings.Builder
	used := 0
	for _, s := range segments {
		text := fit(s.text, max(0, min(width(s.text), w-used-2)))
		b.WriteString(s.ink.Paint(" " + text + " "))
		used += width(text) + 2
	}
	rest := m.look.status
	if m.asOf != nil {
		rest = m.look.statusPast
	}
	b.WriteString(rest.Paint(blank(w - used)))
	return b.String()
}

// lighter leaves out segments, the lightest first, until the rest fits into w or
// none weighs less than limit.
func lighter(segments []segment, w, limit int) []segment {
	for total(segments) > w {
		least := -1
		for i, s := range segments {
			if s.weight < limit && (least < 0 || s.weight < segments[least].weight) {
				least = i
			}
		}
		if least < 0 {
			break
		}
		segments = append(segments[:least], segments[least+1:]...)
	}
	return segments
}

// total returns the width of all segments.
func total(segments []segment) int {
	n := 0
	for _, s := range segments {
		n += width(s.text) + 2
	}
	return n
}

// segments returns the parts of the status line from the left.
func (m *Model) segments() []segment {
	if m.asOf != nil {
		return m.pastSegments()
	}
	l, now := m.look, m.now()
	segments := []segment{{text: "kvist", ink: l.statusAccent, weight: 1}}
	address := segment{text: clean(m.opts.Address), ink: l.status, weight: stayWeight, cut: true}
	if m.opts.Profile != "" {
		segments = append(segments, segment{text: clean(m.opts.Profile), ink: m.flag.in(m), weight: 11})
		address.weight = addressWeight // the profile says which cluster it is
	}
	segments = append(segments, address)
	if m.opts.Unverified {
		segments = append(segments, segment{text: "unverified TLS", ink: l.statusWarn, weight: 11})
	}
	if m.opts.ReadOnly {
		segments = append(segments, segment{text: "read-only", ink: l.statusWarn, weight: 11})
	}
	if m.opts.Protected {
		segments = append(segments, segment{text: "protected", ink: l.statusWarn, weight: 10})
	}
	segments = append(segments, m.markSegments(l.statusAccent)...)
	segments = append(segments, m.healthSegments()...)
	segments = append(segments, m.feedSegment(), segment{text: m.keyCount(), ink: l.status, weight: 7})
	if m.feed.budget > 0 {
		segments = append(segments, segment{text: grouped(m.feed.watches) + " of " + plural(m.feed.budget, "watch"), ink: l.status, weight: 6})
	}
	if !m.feed.last.IsZero() {
		segments = append(segments, segment{text: "changed " + ago(now, m.feed.last), ink: l.status, weight: 5})
	}
	if m.feed.missed&^kv.Coalesced != 0 && now.Sub(m.feed.missAt) < noticeFor*5 {
		segments = append(segments, segment{text: m.feed.missed.String(), ink: l.statusWarn, weight: 8})
	}
	return segments
}

// nameInk is the ink of the profile's name. It is made once for each theme.
type nameInk struct {
	look *look // it was made for
	ink  ink
}

// in returns the ink in the theme that is in use.
func (f *nameInk) in(m *Model) ink {
	if f.look != m.look {
		f.look, f.ink = m.look, m.look.statusAccent
		if p := m.opts.Elsewhere.profile(m.opts.Profile); p.Colour != "" {
			f.ink = m.look.Flag(p.Colour)
		}
	}
	return f.ink
}

// healthSegments show the server's version and who leads.
func (m *Model) healthSegments() []segment {
	l, h := m.look, m.health
	switch {
	case h.err != nil && !h.known:
		return []segment{{text: "health unknown", ink: l.status, weight: 2}}
	case !h.known:
		return nil
	}
	segments := []segment{{text: clean(h.health.Server), ink: l.status, weight: 4}}
	switch {
	case !h.health.Healthy && h.health.Note != "":
		segments = append(segments, segment{text: clean(h.health.Note), ink: l.statusDanger, weight: 9})
	case !h.health.Healthy:
		segments = append(segments, segment{text: "unhealthy", ink: l.statusDanger, weight: 9})
	case h.health.Leader != "":
		segments = append(segments, segment{text: "leader " + clean(h.health.Leader), ink: l.status, weight: 3})
	case h.health.Note != "":
		segments = append(segments, segment{text: clean(h.health.Note), ink: l.status, weight: 3})
	}
	return segments
}

// keyCount says how many keys are known.
func (m *Model) keyCount() string {
	n := plural(m.tree.tree.Keys(), "key")
	if m.feed.partial || m.feed.paused {
		n += " known"
	}
	return n
}

// feedSegment says in a word and a sign how fresh the tree is.
func (m *Model) feedSegment() segment {
	l, f := m.look, m.feed
	switch {
	case f.paused:
		return segment{text: l.signs.Broken + " paused", ink: l.statusWarn, weight: 12}
	case f.state.OutOfContact():
		return segment{text: l.signs.Broken + " " + f.state.String() + m.outFor(), ink: l.statusDanger, weight: 12}
	case f.state == kv.Listing:
		text := l.signs.Waiting + " listing"
		if f.listed > 0 {
			text += " " + grouped(f.listed)
		}
		if f.expected > f.listed {
			text += " of " + grouped(f.expected)
		}
		return segment{text: text, ink: l.statusWarn, weight: 12}
	case f.err != nil:
		return segment{text: l.signs.Waiting + " live, in part", ink: l.statusWarn, weight: 12}
	case f.partial:
		return segment{text: l.signs.Live + " live (open folders only)", ink: l.statusLive, weight: 12}
	default:
		return segment{text: l.signs.Live + " live", ink: l.statusLive, weight: 12}
	}
}

// outFor says since when there is no contact, and how many attempts failed.
func (m *Model) outFor() string {
	f := m.feed
	if f.since.IsZero() {
		return ""
	}
	text := " " + short(max(0, m.now().Sub(f.since)))
	if f.attempt > 1 {
		text += ", attempt " + grouped(f.attempt)
	}
	return text
}
