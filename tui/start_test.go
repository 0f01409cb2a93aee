package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"kvist/internal/places"
	"kvist/kv"
)

// threeProfiles are a store that opens, one that asks for a login, and one that is
// dead.
func threeProfiles() []Profile {
	return []Profile{
		{Name: "dead", Kind: "ZooKeeper", Address: "zk://10.9.9.9:2181"},
		{Name: "prod", Kind: "etcd", Address: "etcd://10.1.2.3:2379,10.1.2.4:2379/payments", Colour: "red", Protected: true, Asks: true},
		{Name: "staging", Kind: "Consul", Address: "consul://staging:8500/app", Colour: "#2e7d32", ReadOnly: true},
	}
}

// started drives an explorer that has to choose a store first. Opening staging waits
// for hold, if that is not nil.
func started(t *testing.T, known []Profile, kept *places.Store, hold chan struct{}) (*driver, *scripted) {
	t.Helper()
	store := newScripted()
	elsewhere := Elsewhere{Known: known, Used: kept.Used}
	elsewhere.Explore = func(ctx context.Context, what string) (Options, error) {
		if what == "dead" {
			return Options{}, errors.New("no route to it \x1b[2J")
		}
		return Options{
			Profile: what, Address: "consul://" + what, Elsewhere: elsewhere, Places: kept,
			Open: func(context.Context) (kv.Store, error) {
				select {
				case <-hold:
				case <-ctx.Done():
					return nil, ctx.Err()
				}
				return store, nil
			},
		}, nil
	}
	return drive(t, noStore{}, Options{Elsewhere: elsewhere}, 80, 24), store
}

// opens is a channel that holds nothing up.
func opens() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// The list of profiles comes first. A store that cannot be opened says why there, and
// the list stays; the next one is opened, and is known by its colour and remembered.
func TestChoosingAStoreFirst(t *testing.T) {
	kept := places.New(t.TempDir())
	d, store := started(t, threeProfiles(), kept, opens())
	d.sees("dead", "ZooKeeper", "protected · etcd://10.1.2.3", "read-only · consul://staging", "embedded", "esc quit")
	d.press("enter")
	d.sees(`dead: no route to it \x1b[2J`, "consul://staging", "embedded")
	d.reads()
	d.ahead.Add(int64(readFor))
	d.press("q") // no name has one
	d.await("the end", func() bool { return d.quit })
	d.quit = false
	d.typing("zoo") // a kind is found, too
	d.sees("dead")
	d.seesNot("consul://staging")
	d.press("backspace", "backspace", "backspace")
	d.typing("stag")
	d.seesNot("ZooKeeper")
	d.press("enter")
	d.sees("this is staging", "listing")
	store.batches <- batchOf(puts("x", "y"))
	d.sees("● live", "2 keys")
	if len(d.deck.tabs) != 1 || d.deck.lineHeight() != 0 {
		t.Errorf("%d tabs", len(d.deck.tabs))
	}
	if line := strings.Split(d.deck.View().Content, "\n")[0]; !strings.Contains(line, "48;2;46;125;50m staging ") {
		t.Errorf("the status line is %q", line)
	}
	d.await("the note of its use", func() bool { return !kept.Used([]string{"staging"})["staging"].IsZero() })
	d.ahead.Add(int64(time.Second))
	d.press("P")
	d.sees("tab 1", "esc cancel")
	again, _ := started(t, threeProfiles(), kept, opens())
	again.sees("just now")
	if p := again.m.top().(*palette); p.fits[p.at].name != "staging" {
		t.Errorf("the cursor is on %s", p.fits[p.at].name)
	}
}

// Keys that are typed while a store is being opened do nothing, neither then nor right
// after it; esc goes back to the list, and from there out of the program.
func TestTypingWhileTheFirstStoreOpens(t *testing.T) {
	hold := make(chan struct{})
	d, store := started(t, threeProfiles(), places.New(t.TempDir()), hold)
	d.sees("staging")
	d.press("down", "down", "enter")
	d.sees("opening staging…; esc gives up")
	d.typing("sta") // narrows the list
	d.sees("opening staging…; esc gives up", ": sta")
	d.seesNot("dead")
	d.press("esc")
	d.sees("gave up opening staging", "enter open", ": sta")
	d.seesNot("dead")
	d.press("backspace", "backspace", "backspace")
	d.sees("dead")
	d.press("down", "down")
	d.press("enter")
	d.sees("opening staging…")
	d.press("D", "q", "enter", "y")
	close(hold)
	d.await("the store", func() bool { return strings.Contains(d.screen(), "this is staging") })
	d.press("D", "y", "q")
	store.batches <- batchOf(puts("x", "y"))
	d.sees("keys typed right after it were ignored", "2 keys")
	if d.quit || len(d.front().dialogs) > 0 {
		t.Errorf("a key acted:\n%s", d.screen())
	}
	other, _ := started(t, threeProfiles(), places.New(t.TempDir()), hold)
	other.sees("staging")
	other.press("esc")
	other.await("the end", func() bool { return other.quit })
}

// The text typed into the list is still there when a store could not be opened. Keys
// pressed meanwhile and right after it are text of the list, too, and the reason stays.
func TestTheFilterOutlivesAFailure(t *testing.T) {
	hold := make(chan struct{})
	d, _ := started(t, threeProfiles(), places.New(t.TempDir()), hold)
	explore := d.m.opts.Elsewhere.Explore
	d.m.opts.Elsewhere.Explore = func(ctx context.Context, what string) (Options, error) {
		<-hold
		return explore(ctx, what)
	}
	d.sees("staging")
	d.typing("dea")
	d.press("enter")
	d.sees("opening dead…; esc gives up")
	d.typing("d")
	d.press("enter", "tab", "ctrl+x") // nothing is run meanwhile
	close(hold)
	d.await("the failure", func() bool { return strings.Contains(d.screen(), `dead: no route to it \x1b[2J`) })
	d.press("enter") // too early: nobody has read it
	d.typing("q")
	d.sees(": deadq", `dead: no route to it \x1b[2J`, "no match")
	d.press("backspace")
	d.sees(": dead", "zk://10.9.9.9:2181")
	d.seesNot("staging")
	if d.quit {
		t.Error("a letter left the program")
	}
	d.press("ctrl+u")
	d.typing("h:8500") // no profile, but an address that lacks its kind
	d.sees("open                    h:8500")
	d.press("ctrl+u")
	d.typing("zzz")
	d.press("enter")
	d.sees("No profile is called zzz")
	d.seesNot("no route")
	d.press("ctrl+u")
	d.typing("stag")
	d.press("enter")
	d.sees("this is staging", "listing")
}

// The cursor begins on the profile that comes first, if there is one. A name with a q
// in it makes q a letter, and a text without a match opens nothing.
func TestTheListBeginsOnTheDefault(t *testing.T) {
	kept := places.New(t.TempDir())
	if err := kept.Use("dead", time.Now()); err != nil {
		t.Fatal(err)
	}
	known := append(threeProfiles(), Profile{Name: "qa", Kind: "etcd", Address: "etcd://qa", First: true})
	d, _ := started(t, known, kept, opens())
	d.sees("just now")
	if p := d.m.top().(*palette); p.fits[p.at].name != "qa" {
		t.Errorf("the cursor is on %s", p.fits[p.at].name)
	}
	d.press("q")
	d.seesNot("dead")
	d.typing("zzz")
	d.sees("no match")
	d.press("enter")
	d.sees("no match")
	if d.quit {
		t.Error("q left the program")
	}
}

// A profile whose secret a command prints is asked for it with the terminal released,
// and what the command says of a failure is in the list.
func TestALoginIsAskedForAtTheTerminal(t *testing.T) {
	var said strings.Builder
	by := &opening{what: "prod", ctx: t.Context(), cancel: func() {}}
	lent := false
	run := &loginAsking{
		by: by, lend: func() func() { lent = true; return func() { lent = false } },
		explore: func(context.Context, string) (Options, error) {
			if !lent {
				t.Error("the terminal is not lent")
			}
			return Options{}, errors.New("the command for the password failed")
		},
	}
	run.SetStdout(&said)
	if err := run.Run(); err != nil || lent || !strings.Contains(said.String(), "the login of prod") {
		t.Errorf("%v, %v, %q", err, lent, said.String())
	}
	d, _ := started(t, threeProfiles(), places.New(t.TempDir()), opens())
	d.sees("prod")
	if !d.m.asks("prod/app") || d.m.asks("staging") || d.m.asks("consul://prod") {
		t.Error("others are asked")
	}
	d.m.open(by)
	d.send(loginAsked{run})
	d.sees("the command for the password failed", "staging")
}

// The first screen in two sizes and themes, and under NO_COLOR.
func TestGoldenStart(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 45}} {
		for _, theme := range []string{"default", "nord"} {
			t.Run(fmt.Sprintf("start-%dx%d-%s", size[0], size[1], theme), func(t *testing.T) {
				compareGolden(t, startFrame(t, Options{Theme: theme}, size[0], size[1]))
			})
		}
	}
	if frame := startFrame(t, Options{NoColor: true}, 80, 24); strings.Contains(frame, "38;") || strings.Count(frame, "\x1b[1;7m prod ") != 1 || strings.Contains(frame, "7m staging") {
		t.Errorf("without colours:\n%q", frame)
	}
	if frame := ansi.Strip(startFrame(t, Options{}, 60, 15)); !strings.Contains(frame, "staging") || !strings.Contains(frame, "esc quit") {
		t.Errorf("on the smallest screen:\n%s", frame)
	}
}

// startFrame returns the first screen.
func startFrame(t *testing.T, opts Options, w, h int) string {
	t.Helper()
	opts.Elsewhere = Elsewhere{Known: threeProfiles(), Explore: func(context.Context, string) (Options, error) { return Options{}, nil }}
	m := NewModel(t.Context(), noStore{}, opts)
	newDeck(t.Context(), m)
	m.now = func() time.Time { return noon }
	m.Init()
	give(m, windowSize(w, h))
	p := m.top().(*palette)
	give(m, usedRead{p, map[string]time.Time{"prod": noon.Add(-3 * time.Hour), "staging": noon.Add(-9 * 24 * time.Hour)}, true})
	return m.View().Content
}
