package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/places"
	"kvist/kv"
)

// lastTime is a program with several stores that keeps its places in dir, and notes
// which stores it opens.
type lastTime struct {
	dir    string
	mu     sync.Mutex
	opened []string
	shut   bool // no store but the first one can be opened
}

// start drives the program, on the profile of that name.
func (l *lastTime) start(t *testing.T, profile string, more Options) *driver {
	t.Helper()
	var opts func(profile string) Options
	opts = func(profile string) Options {
		o := Options{
			Profile: profile, Address: "etcd://" + profile, ReadOnly: profile == "audit", Places: places.New(l.dir),
			Fresh: more.Fresh, Forget: more.Forget, Open: func(context.Context) (kv.Store, error) {
				s := newScripted()
				s.batches <- batchOf(puts("x", "y"))
				return s, nil
			},
		}
		if name, bare := strings.CutPrefix(profile, "etcd://"); bare {
			o.Profile, o.Address = "", "etcd://"+name
		}
		o.Elsewhere.Known = []Profile{{Name: "audit", ReadOnly: true}, {Name: "prod"}, {Name: "staging"}}
		o.Elsewhere.Explore = func(_ context.Context, what string) (Options, error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.opened = append(l.opened, what)
			if l.shut {
				return Options{}, errors.New("no route to it \x1b[2J")
			}
			return opts(what), nil
		}
		return o
	}
	first := newScripted()
	d := drive(t, first, opts(profile), 100, 24)
	first.batches <- batchOf(puts("a", "b", "c"))
	d.sees("● live", "3 keys")
	return d
}

// asked fails unless just these stores were opened since the last call.
func (l *lastTime) asked(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Equal(l.opened, want) {
		t.Errorf("opened: %q, want %q", l.opened, want)
	}
	l.opened = nil
}

// leave ends the program, which keeps what is open.
func (d *driver) leave() {
	d.t.Helper()
	if err := d.deck.finish(); err != nil {
		d.t.Error(err)
	}
}

// beside opens a store in a tab.
func (d *driver) beside(what string) {
	d.t.Helper()
	d.press(":")
	d.typing("open " + what)
	d.press("enter")
	d.isOpen(what)
}

// isOpen waits until a store is open on the screen, and then for a pause.
func (d *driver) isOpen(what string) {
	d.t.Helper()
	d.await(what, func() bool { return d.front().name() == what && d.front().feed.ready })
	d.ahead.Add(int64(2 * quietFor))
}

// titles returns the line of tabs; "" where there is none.
func (d *driver) titles() string {
	if d.deck.lineHeight() == 0 {
		return ""
	}
	return strings.Split(d.screen(), "\n")[0]
}

// The tabs of last time come back with the first one. Their stores are not contacted
// before somebody goes there; what was open there comes back then, with the rights of
// its profile. A tab that was closed, opened or not, stays away.
func TestTheTabsOfLastTime(t *testing.T) {
	l := &lastTime{dir: t.TempDir()}
	d := l.start(t, "prod", Options{})
	for _, what := range []string{"staging", "audit", "etcd://host/app"} {
		d.beside(what)
	}
	l.asked(t, "staging", "audit", "etcd://host/app")
	d.leave()

	d = l.start(t, "prod", Options{})
	d.await("the tabs", func() bool { return len(d.deck.tabs) == 4 })
	for _, name := range []string{"1 ● prod", "2   staging", "3   audit", "4   etcd://host/app"} {
		if !strings.Contains(d.titles(), name) {
			t.Errorf("no %q in %q", name, d.titles())
		}
	}
	l.asked(t)
	d.press("g", "T")
	d.sees("this is etcd://host/app", "2 keys")
	l.asked(t, "etcd://host/app")
	d.press("g", "T")
	d.sees("this is audit", "2 keys", "read-only")
	d.press("e")
	d.sees("read-only")
	d.press("esc", "g", "q")
	d.sees("closed audit")
	d.press("ctrl+pgdown", "g", "T", "g", "T")
	d.isOpen("staging")
	l.asked(t, "audit", "staging")
	d.leave()

	d = l.start(t, "prod", Options{})
	d.await("the tabs", func() bool { return len(d.deck.tabs) == 3 })
	d.press(":")
	d.typing("profile staging")
	d.press("enter")
	d.isOpen("staging")
	if n := len(d.deck.tabs); n != 3 {
		t.Errorf("%d tabs: %s", n, d.titles())
	}
	d.press("g", "q", "g", "q")
	l.asked(t, "staging")
	d.leave()

	d = l.start(t, "prod", Options{})
	if d.press("j"); d.titles() != "" {
		t.Errorf("closed tabs come back: %s", d.titles())
	}
}

// A store that cannot be opened says why in its own tab, which others pass by, and
// which comes back all the same. enter tries again, and gq closes it. Nothing else
// does anything there.
func TestATabOfLastTimeThatCannotBeOpened(t *testing.T) {
	l := &lastTime{dir: t.TempDir()}
	d := l.start(t, "prod", Options{})
	d.beside("staging")
	d.beside("audit")
	d.leave()
	l.asked(t, "staging", "audit")

	l.shut = true
	d = l.start(t, "prod", Options{})
	d.await("the tabs", func() bool { return len(d.deck.tabs) == 3 })
	d.press("ctrl+pgdown")
	d.sees(`no route to it \x1b[2J`, "enter open", "gt next tab", "gq close the tab")
	for _, key := range allKeys() {
		if strings.HasPrefix(key, "g") || key == "q" || key == "enter" || strings.HasPrefix(key, "ctrl+") {
			continue
		}
		d.press(key)
		for range len(d.front().dialogs) - 1 {
			d.press("esc")
		}
	}
	d.press(":")
	d.typing("goto a")
	d.press("enter")
	d.sees("No command is called goto")
	d.press("esc")
	d.press("g", "T")
	d.sees("3 keys")
	l.asked(t, "staging")
	d.press("g", "t")
	d.sees("no route to it")
	l.asked(t) // not again, unless it is asked for
	l.shut = false
	d.ahead.Add(int64(2 * readMost))
	d.press("enter")
	d.sees("this is staging", "2 keys")
	l.asked(t, "staging")
	d.leave()

	d = l.start(t, "prod", Options{})
	d.await("the tabs", func() bool { return len(d.deck.tabs) == 3 })
	d.send(tea.MouseClickMsg{X: 60, Y: 0, Button: tea.MouseLeft}) // beside all tabs
	d.screen()
	d.press("g", "t", "g", "q")
	d.sees("closed staging", "audit", "Nothing has been asked of its")
	d.press("g", "q")
	d.sees("3 keys")
	if d.titles() != "" {
		t.Errorf("there are still tabs: %s", d.titles())
	}
}

// A fresh start, a forgetful one, or one with another store shows no tabs of last
// time; nor does the next start if the first tab was closed.
func TestTabsThatStayAway(t *testing.T) {
	l := &lastTime{dir: t.TempDir()}
	d := l.start(t, "prod", Options{})
	d.beside("staging")
	d.leave()
	for profile, o := range map[string]Options{"prod": {Forget: true}, "staging": {}} {
		d = l.start(t, profile, o)
		d.await("what was open", func() bool { return !d.m.restore.asked })
		if d.press("j"); d.titles() != "" {
			t.Errorf("%s: %s", profile, d.titles())
		}
		d.leave()
	}
	d = l.start(t, "prod", Options{})
	d.await("the tabs", func() bool { return len(d.deck.tabs) == 2 })
	d.press("g", "t")
	d.sees("this is staging", "2 keys")
	d.press("g", "T", "g", "q")
	d.sees("closed prod")
	d.leave()
	d = l.start(t, "prod", Options{})
	d.await("what was open", func() bool { return !d.m.restore.asked })
	if d.press("j"); d.titles() != "" {
		t.Errorf("%s", d.titles())
	}
	d = l.start(t, "prod", Options{Fresh: true})
	if d.press("j"); d.titles() != "" {
		t.Errorf("%s", d.titles())
	}
}

// A linear screen says that a tab is not open yet, and nothing of a feed that it has not.
func TestATabOfLastTimeIsSaid(t *testing.T) {
	l, m, ends := linearly(t)
	d := m.deck
	d.add(m.newLater(places.Tab{Profile: "staging", Address: []byte("etcd://staging")}))
	d.tabs[1].later().fault = "no route to it"
	d.resize()
	tell(l, "ctrl+pgdown")
	if _, said, _ := strings.Cut(ends(), "Keys in"); !strings.Contains(said, "staging\r\nno route to it\r\nenter open") || strings.Contains(said, "listing") {
		t.Errorf("it says %q", said)
	}
}
