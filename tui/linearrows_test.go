package tui

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// saidOf returns what is said once a scene is shown and keys were pressed.
func saidOf(t *testing.T, scene func(*Model), keys ...string) string {
	t.Helper()
	l, m, ends := linearly(t)
	l.Update(ticked{})
	scene(m)
	l.Update(ticked{})
	tell(l, keys...)
	return ends()
}

// hears checks that texts were said, in this order, and nothing that is drawn.
func hears(t *testing.T, said string, texts ...string) {
	t.Helper()
	at := 0
	for _, text := range texts {
		i := strings.Index(said[at:], text)
		if i < 0 {
			t.Errorf("%q is not said next in %q", text, said)
			continue
		}
		at += i + len(text)
	}
	if strings.ContainsAny(said, "│╌░█◆≥") || strings.Contains(said, ", -,") {
		t.Errorf("it is drawn: %q", said)
	}
}

// Rows that are drawn in signs and columns are said in words.
func TestRowsAreSaidInWords(t *testing.T) {
	hears(t, saidOf(t, func(m *Model) { showComparison(m) }, "j", "k", "k"),
		"limits.json, different, ", " of ", "config/, open, ", " only here, ", " only there, ", ", 1 of ")
	hears(t, saidOf(t, commonScenes()["locks"], "k", "j"),
		"app/deploy, etcd mutex, 1 of ", "holder 694d, ", ", held at least ", ", TTL 40s/1m, 2 of ")
}

// The rule above the editor's text is said for what stands in it.
func TestTheEditorsRuleIsSaidWithoutItsLine(t *testing.T) {
	hears(t, saidOf(t, func(m *Model) {
		m.editIn(newEdit("app/feature", nil), []byte("no end"))
	}), "Edit app/feature", "no line end at the end\r\n", "1: no end")
}

// A bar is not said, and numbers at most every livePause while something is under way.
func TestProgressIsSaidAtABoundedRate(t *testing.T) {
	l, m, ends := linearly(t)
	at := noon
	m.now = func() time.Time { return at }
	commonScenes()["plan"](m)
	l.Update(ticked{})
	d := m.top().(*planDialog)
	d.running = true
	for i := range 12 {
		d.done.Store(int64(i))
		at = at.Add(livePause / 4)
		l.Update(ticked{})
	}
	said := ends()
	if n := strings.Count(said, " of 12 keys"); n < 2 || n > 4 {
		t.Errorf("progress is said %d times in %q", n, said)
	}
	hears(t, said, " of 12 keys")
}

// Showing a masked value is said, with the value, and so is hiding it.
func TestShowingAMaskedValueIsSaid(t *testing.T) {
	said := saidOf(t, func(m *Model) {
		m.opts.Masked = func(string) bool { return true }
		showLimits(m)
	}, "V", "V", "V", "k")
	hears(t, said, "the value of app/config/limits.json is shown\r\n", `"rate": 100`, "is hidden again", "is shown\r\n", `"rate": 100`)
	if n := strings.Count(said, "hidden again"); n != 1 {
		t.Errorf("%d lines say that it is hidden: %q", n, said)
	}
}

// A list of profiles that is left alone says nothing, though the ages in it grow.
func TestProfilesLeftAloneSayNothing(t *testing.T) {
	m := &Model{}
	at := noon
	m.now = func() time.Time { return at }
	site := choice{site: &siteLine{Profile: threeProfiles()[1], used: noon.Add(-time.Minute)}}
	said := spokenChoice(m, site)
	at = at.Add(time.Hour)
	if later := spokenChoice(m, site); later != said || !strings.HasPrefix(said, "prod, etcd, protected · etcd://") || !strings.Contains(said, ", used "+noon.Add(-time.Minute).Local().Format("2006-01-02 15:04")) {
		t.Errorf("it says %q, then %q", said, later)
	}
	if said != ansi.Strip(said) {
		t.Errorf("it is painted: %q", said)
	}
}

// While the first store is opened, the list that it was chosen from is not said again.
func TestTheListIsNotSaidWhileAStoreOpens(t *testing.T) {
	var out bytes.Buffer
	s := newSpeaker(&out, false)
	m := NewModel(t.Context(), noStore{}, Options{Linear: true, Elsewhere: Elsewhere{
		Known: threeProfiles(), Explore: func(context.Context, string) (Options, error) { return Options{}, nil },
	}})
	l := newLinear(newDeck(t.Context(), m), s)
	m.Init()
	l.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	tell(l, "d", "e", "a", "d")
	m.open(&opening{what: "dead", cancel: func() {}, list: m.top().(*palette)})
	l.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	s.close()
	_, while, opens := strings.Cut(out.String(), "opening dead…; esc gives up")
	if !opens || strings.Contains(while, "dead") {
		t.Errorf("it says %q", out.String())
	}
}
