package tui

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/drafts"
	"kvist/kv"
)

// twoStores drives an explorer whose settings name two more stores, staging and
// shut, of which the second cannot be opened.
func twoStores(t *testing.T) (d *driver, prod, staging *scripted) {
	t.Helper()
	prod, staging = newScripted(), newScripted()
	kept := drafts.New(t.TempDir())
	var opts func(profile string) Options
	opts = func(profile string) Options {
		return Options{
			Profile: profile, Address: "etcd://" + profile, ReadOnly: profile == "audit", Drafts: kept,
			Open: func(context.Context) (kv.Store, error) { return staging, nil },
			Elsewhere: Elsewhere{
				Known: []Profile{
					{Name: "prod", Address: "etcd://prod", Protected: true},
					{Name: "shut", Address: "etcd://shut"},
					{Name: "staging", Address: "consul://staging/app", ReadOnly: true},
				},
				Explore: func(_ context.Context, what string) (Options, error) {
					if what == "shut" {
						return Options{}, errors.New("no route to it \x1b[2J")
					}
					return opts(strings.TrimPrefix(what, "etcd://")), nil
				},
			},
		}
	}
	d = drive(t, prod, opts("prod"), 100, 24)
	prod.batches <- batchOf(puts("a", "b", "c"))
	d.sees("● live", "3 keys")
	return d, prod, staging
}

// opened opens staging beside prod.
func (d *driver) opened(staging *scripted) {
	d.t.Helper()
	d.press("P")
	d.sees("prod", "shut", "staging", "read-only · consul://staging/app", "tab 1")
	d.typing("stag")
	d.press("enter")
	d.sees(" 1 ", " 2 ", "this is staging")
	staging.batches <- batchOf(puts("x", "y"))
	d.sees("● live", "2 keys")
}

// front returns the explorer on the screen.
func (d *driver) front() *Model { return d.deck.active().shown() }

// P opens a profile in a tab beside the first; each has its own feed, cursor and
// status. gt and gT go to the others, and g alone is the top.
func TestTabs(t *testing.T) {
	d, prod, staging := twoStores(t)
	d.press("j")
	d.opened(staging)
	if got := d.deck.lineHeight(); got != 1 {
		t.Fatalf("the tab line takes %d lines", got)
	}
	d.press("j")
	d.press("g", "t")
	d.sees("prod", "3 keys", "value of b")
	prod.batches <- kv.Batch{State: kv.Live, Events: puts("d")}
	d.sees("4 keys")
	d.press("g", "T")
	d.sees("2 keys", "value of y") // where the cursor was: g moved it back
	d.press("g")
	d.sees("value of x")
	d.ahead.Add(int64(sequenceFor))
	d.press("t") // too late
	d.sees("2 keys")
	prod.batches <- kv.Batch{State: kv.Live, Events: puts("e")}
	d.await("the mark of a change", func() bool { return strings.Contains(d.screen(), "~") })
	d.press("ctrl+pgdown")
	d.sees("5 keys")
	if strings.Contains(strings.Split(d.screen(), "\n")[0], "~") {
		t.Error("what is on the screen is marked as changed")
	}
}

// A profile that is open is gone to rather than opened twice; one that cannot be
// opened is explained in the list, and nothing happens to what is open. esc gives up.
func TestOpeningAgainOrInVain(t *testing.T) {
	d, _, staging := twoStores(t)
	d.press("P")
	d.typing("shut")
	d.press("enter")
	d.sees(`no route to it \x1b[2J`, "etcd://shut", "etcd://prod")
	d.press("esc")
	d.sees("3 keys")
	d.press("P")
	d.typing("stagimg")
	d.press("enter")
	d.sees("No profile is called stagimg; did you mean staging?")
	d.press("esc")
	d.opened(staging)
	d.press("P")
	d.typing("prod")
	d.press("enter")
	d.sees("3 keys")
	d.press(":")
	d.typing("open etcd://staging")
	d.press("enter")
	d.sees("2 keys", "which was open already")
	if n := len(d.deck.tabs); n != 2 {
		t.Errorf("%d tabs", n)
	}
	d.press("g", "q")
	d.sees("closed staging", "3 keys")
	d.await("its feed to end", func() bool { return len(staging.closed) > 0 })
	if d.deck.lineHeight() != 0 || strings.Contains(d.screen(), "1 ● prod") {
		t.Errorf("the tab line stays:\n%s", d.screen())
	}
	d.press("g", "q") // q as ever
	d.await("the end", func() bool { return d.quit })
}

// An editor stays as it is while another tab is shown. Its keys still type, but not
// those that were pressed right after it came back. Closing its tab asks, and keeps
// a draft.
func TestAnEditorInAnotherTab(t *testing.T) {
	d, prod, staging := twoStores(t)
	d.opened(staging)
	d.press("g", "t")
	d.sees("value of a")
	d.press("e")
	d.sees("editing")
	d.typing("new ")
	d.press("ctrl+pgdown")
	d.sees("2 keys")
	prod.batches <- kv.Batch{State: kv.Live, Events: puts("z")}
	d.press("g", "t", "g", "t")
	d.sees("new value of a", "keys typed right after it were ignored")
	d.typing("text ")
	d.sees("new text value of a")
	d.send(tea.MouseClickMsg{X: 5, Y: 4, Button: tea.MouseLeft}) // the tree has the focus
	d.press("g", "q")
	d.sees("Close the tab?", "kept as a draft")
	d.press("y")
	d.sees("closed prod")
	d.await("the draft", func() bool {
		list, err := d.m.opts.Drafts.List("etcd://prod")
		return err == nil && len(list) == 1 && strings.HasPrefix(string(list[0].Mine), "new text")
	})
}

// A question in a hidden tab takes no keys and is marked; back on the screen, it
// takes an answer only once it could be read.
func TestAQuestionInAHiddenTab(t *testing.T) {
	d, _, staging := twoStores(t)
	d.opened(staging)
	asked, answered := d.deck.tabs[0].Model, false
	asked.open(&confirm{title: "Sure?", text: "It is asked behind.", yes: func(*Model) tea.Cmd { answered = true; return nil }})
	d.press("j")
	d.sees("value of y")
	if line := strings.Split(d.screen(), "\n")[0]; !strings.Contains(line, "?") || strings.Contains(d.screen(), "Sure?") {
		t.Errorf("the tab line is %q", line)
	}
	d.press("g", "t", "y")
	d.sees("It is asked behind.")
	if answered {
		t.Fatal("a key of before answers it")
	}
	d.press("y")
	if !answered {
		t.Error("it takes no answer")
	}
}

// A hidden tab is not drawn and reads nothing; its feed goes on.
func TestAHiddenTabCostsNoDrawing(t *testing.T) {
	d, prod, staging := twoStores(t)
	d.opened(staging)
	hidden := d.deck.tabs[0].Model
	frame := hidden.frame.lines
	prod.batches <- kv.Batch{State: kv.Live, Events: puts("a", "n")}
	d.await("the feed of the hidden tab", func() bool { return hidden.tree.tree.Keys() == 4 })
	d.sees("2 keys")
	if hidden.frame.lines != frame || hidden.ticking && hidden.tick() != nil {
		t.Error("it was drawn")
	}
	if hidden.height != 23 {
		t.Errorf("it has %d lines", hidden.height)
	}
	d.send(tea.WindowSizeMsg{Width: 80, Height: leastHeight})
	d.press("g", "t")
	d.sees("4 keys")
	if hidden.height != leastHeight {
		t.Errorf("on the lowest screen it has %d lines", hidden.height)
	}
}

// A click on the tab line goes to a tab, and one below it lands where it was made.
func TestTheMouseOnTheTabLine(t *testing.T) {
	d, _, staging := twoStores(t)
	d.opened(staging)
	click := func(x, y int) { d.send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	d.screen()
	click(3, 0)
	d.sees("3 keys")
	click(4, 4) // the tab line, the status, a title, and the second row
	d.sees("value of b")
	click(99, 0)
	d.sees("3 keys")
}

// Many tabs and long names still fit, and the tab on the screen is always in sight.
func TestTheMoreTabsTheNarrowerTheirNames(t *testing.T) {
	d, _, staging := twoStores(t)
	d.opened(staging)
	for _, name := range []string{"a-rather-long-name-of-a-cluster", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		more := newScripted()
		by := d.standIn()
		d.run(d.deck.active().elsewhere(func() tea.Msg {
			return storeOpened{by: by, opts: Options{Profile: name, Address: name}, store: more}
		}))
		d.await(name, func() bool { return d.front().opts.Profile == name })
		more.batches <- batchOf(puts("q"))
		d.sees("1 key")
		line := strings.Split(d.screen(), "\n")[0]
		if width(line) != 100 || !strings.Contains(line, " "+itoa(len(d.deck.tabs))+" ") {
			t.Errorf("%d cells: %q", width(line), line)
		}
	}
}

// standIn opens the dialog of a store that is being opened.
func (d *driver) standIn() *opening {
	o := &opening{cancel: func() {}}
	d.front().open(o)
	return o
}

// tabbed returns three tabs: the explorer on the screen, one that is protected and
// out of contact, and one that is read-only and has changed.
func tabbed(t *testing.T, theme string, w, h int) *deck {
	m := still(t, theme, w, h)
	d := newDeck(t.Context(), m)
	for _, opts := range []Options{
		{Profile: "staging", Key: "app/config", Address: "consul://10.1.2.4:8500/app", Protected: true},
		{Address: "zk://10.1.2.5:2181/services/of/the/old/cluster", ReadOnly: true},
	} {
		other := NewModel(t.Context(), untouchable{t: t}, opts)
		other.now, other.hidden, other.hiddenAt = m.now, true, noon
		d.add(other)
	}
	d.tabs[1].feed.state = kv.Reconnecting
	d.tabs[2].feed.state, d.tabs[2].feed.last = kv.Live, noon.Add(time.Second)
	d.Update(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

// The tab line stands above everything else, which keeps its place below it.
func TestGoldenFramesOfTabs(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {160, 45}} {
		for _, theme := range []string{"default", "nord"} {
			t.Run(fmt.Sprintf("tabs-%dx%d-%s", size[0], size[1], theme), func(t *testing.T) {
				d := tabbed(t, theme, size[0], size[1])
				showLimits(d.active())
				compareGolden(t, d.View().Content)
			})
		}
	}
}

// Without colours, and on a terminal of ASCII, the tab line says the same.
func TestThePlainTabLine(t *testing.T) {
	d := tabbed(t, "default", 100, 30)
	d.active().opts.ASCII = true
	d.active().look = newLook(Options{ASCII: true, NoColor: true}, "", true)
	line := d.tabLine(100)
	for _, r := range line {
		if r >= 0x80 {
			t.Fatalf("it holds %q: %q", r, line)
		}
	}
	if on := d.active().look.selected.Paint(" 1 "); !strings.HasPrefix(line, on) || strings.Contains(on, "38;") {
		t.Errorf("the tab on the screen cannot be told: %q", line)
	}
}

// impossible is a store in which there can be no folder of that name.
type impossible struct{ *scripted }

func (impossible) Follow(string, kv.FollowOptions) (kv.Feed, error) {
	return nil, &kv.Error{Op: "follow", Key: "x//", Server: "test", Kind: kv.ErrInvalidKey}
}

// A tab whose prefix no key can have says so; the other tabs stay.
func TestATabThatCannotBeFollowed(t *testing.T) {
	d, _, _ := twoStores(t)
	by := d.standIn()
	d.run(d.deck.active().elsewhere(func() tea.Msg {
		return storeOpened{by: by, opts: Options{Profile: "odd", Address: "odd"}, store: impossible{newScripted()}}
	}))
	d.await("the tab", func() bool { return d.front().opts.Profile == "odd" && d.front().feed.err != nil })
	if d.quit || !strings.Contains(d.screen(), "1 ● prod") {
		t.Errorf("the program ended (%v):\n%s", d.quit, d.screen())
	}
}

// slowSave is a store whose saves are answered when the test says so.
type slowSave struct {
	*scripted
	answer chan bool
}

func (s slowSave) AtomicPut(key string, value []byte, _ *kv.KVPair, _ *kv.WriteOptions) (bool, *kv.KVPair, error) {
	<-s.answer
	return true, &kv.KVPair{Key: key, Value: value, LastIndex: 2}, nil
}

// Quitting waits for a save in a hidden tab, which then needs no draft. A tab with a
// save under way is not closed.
func TestQuittingWaitsForTheSavesOfAllTabs(t *testing.T) {
	d, _, staging := twoStores(t)
	slow := slowSave{newScripted(), make(chan bool)}
	by := d.standIn()
	d.run(d.deck.active().elsewhere(func() tea.Msg {
		return storeOpened{by: by, opts: Options{Profile: "slow", Address: "slow", Drafts: d.m.opts.Drafts, Timeout: time.Minute}, store: slow}
	}))
	d.await("the tab", func() bool { return d.front().opts.Profile == "slow" })
	slow.batches <- batchOf(puts("k"))
	d.sees("value of k")
	d.ahead.Add(int64(2 * quietFor))
	d.press("e")
	d.sees("editing")
	d.typing("more ")
	d.press("ctrl+s")
	d.await("the save", func() bool { return len(d.front().saving) == 1 })
	d.send(tea.MouseClickMsg{X: 5, Y: 3, Button: tea.MouseLeft})
	d.press("g", "q")
	d.sees("k is being saved")
	d.press("ctrl+pgup")
	d.opened(staging)
	ended := make(chan error)
	go func() { ended <- d.deck.finish() }()
	select {
	case err := <-ended:
		t.Fatalf("it ended before the save was answered: %v", err)
	case slow.answer <- true:
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if list, err := d.m.opts.Drafts.List("slow"); err != nil || len(list) != 0 {
		t.Errorf("drafts: %v, %v", list, err)
	}
}

// The past of a tab stays while another one is on the screen, and a theme that is
// chosen in one tab is that of all.
func TestThePastInATab(t *testing.T) {
	d, _ := explore(t, "a", "b")
	other := newScripted()
	d.press("T")
	d.typing("-1")
	d.press("enter")
	d.sees("AS OF REVISION")
	by := d.standIn()
	d.run(d.front().elsewhere(func() tea.Msg {
		return storeOpened{by: by, opts: Options{Profile: "other", Address: "other"}, store: other}
	}))
	d.await("the tab", func() bool { return d.front().opts.Profile == "other" })
	other.batches <- batchOf(puts("x"))
	d.sees("1 key", "● live")
	d.ahead.Add(int64(2 * quietFor))
	d.press(":")
	d.typing("theme nord")
	d.press("enter")
	d.press("g", "t")
	d.sees("AS OF REVISION")
	if got := d.front().look.Name; got != "nord" {
		t.Errorf("the theme is %s", got)
	}
	d.press("g", "t")
	d.sees("value of x")
	d.press("g", "t", "esc")
	d.sees("this is now again", "● live")
	if d.front() != d.m || d.m.look.Name != "nord" {
		t.Error("now is another one")
	}
}

// In every pane with rows, gt leaves the cursor where it was.
func TestASequenceMovesNothing(t *testing.T) {
	d, prod, staging := twoStores(t)
	d.opened(staging)
	d.ahead.Add(int64(2 * quietFor))
	d.press("g", "t")
	d.sees("3 keys")
	prod.batches <- kv.Batch{State: kv.Live, Events: puts("a1", "a2", "a3")}
	d.sees("6 keys")
	for _, key := range []string{"1", "4"} {
		d.press(key, "G", "k")
		before := d.screen()
		row, _ := d.front().subject()
		d.press("g", "t")
		d.sees("2 keys")
		d.press("g", "T")
		d.sees("6 keys")
		if now, _ := d.front().subject(); now.Key != row.Key {
			t.Errorf("in pane %s the cursor went from %q to %q:\n%s", key, row.Key, now.Key, before)
		}
	}
}

// A masked value that was revealed is hidden again when another tab was on the screen.
func TestAMaskedValueInATab(t *testing.T) {
	d, _, staging := twoStores(t)
	d.m.opts.Masked = func(key string) bool { return key == "a" }
	d.press("j", "k")
	d.sees("••••")
	d.press("V")
	d.sees("value of a")
	d.opened(staging)
	d.ahead.Add(int64(2 * quietFor))
	d.press("g", "t")
	d.sees("3 keys", "••••")
	if strings.Contains(d.screen(), "value of a") {
		t.Error("it is still shown")
	}
}
