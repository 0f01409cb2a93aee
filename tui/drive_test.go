package tui

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/kv"
)

// patience limits each wait of a test for the real store.
const patience = 10 * time.Second

// driver plays Bubble Tea's part: it runs the model's commands and passes their
// results to Update, in the test's own goroutine.
type driver struct {
	t    *testing.T
	m    *Model // of the first tab
	deck *deck
	msgs chan tea.Msg
	quit bool

	ahead atomic.Int64 // nanoseconds that the clock is ahead; commands read it too
}

// drive starts the explorer on a store, in a terminal of that size.
func drive(t *testing.T, store kv.Store, opts Options, w, h int) *driver {
	t.Helper()
	d := &driver{t: t, m: NewModel(t.Context(), store, opts), msgs: make(chan tea.Msg, 1024)}
	d.m.now = func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) }
	d.deck = newDeck(t.Context(), d.m)
	t.Cleanup(func() {
		if err := d.deck.finish(); err != nil {
			t.Error(err)
		}
	})
	d.run(d.deck.Init())
	d.send(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

// run carries out a command as Bubble Tea would.
func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	go func() {
		select {
		case d.msgs <- cmd():
		case <-d.t.Context().Done():
		}
	}()
}

// send passes a message to Update, or carries out what it asks of the program.
func (d *driver) send(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
		return
	case tea.BatchMsg:
		for _, cmd := range msg {
			d.run(cmd)
		}
		return
	case tea.QuitMsg:
		d.quit = true
		return
	}
	if cmds, ok := sequence(msg); ok {
		for _, cmd := range cmds {
			d.send(cmd())
		}
		return
	}
	_, cmd := d.deck.Update(msg)
	d.run(cmd)
}

// sequence returns the commands of tea.Sequence, whose type is not exported.
func sequence(msg tea.Msg) ([]tea.Cmd, bool) {
	v := reflect.ValueOf(msg)
	if v.Kind() != reflect.Slice || v.Type().Elem() != reflect.TypeFor[tea.Cmd]() {
		return nil, false
	}
	var cmds []tea.Cmd
	for i := range v.Len() {
		if cmd := v.Index(i).Interface().(tea.Cmd); cmd != nil {
			cmds = append(cmds, cmd)
		}
	}
	return cmds, true
}

// press presses keys, one after the other, by Bubble Tea's names.
func (d *driver) press(keys ...string) {
	d.t.Helper()
	for _, key := range keys {
		d.send(keyPress(key))
	}
}

// typing types text.
func (d *driver) typing(text string) {
	for _, r := range text {
		d.send(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// keyPress returns the message for a key's name.
func keyPress(name string) tea.KeyPressMsg {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
		"f1": tea.KeyF1, "f3": tea.KeyF3, "space": tea.KeySpace,
	}
	var k tea.KeyPressMsg
	for mod, bit := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "alt+": tea.ModAlt, "shift+": tea.ModShift} {
		if rest := strings.Replace(name, mod, "", 1); rest != name {
			name, k.Mod = rest, k.Mod|bit
		}
	}
	switch code, ok := special[name]; {
	case ok:
		k.Code = code
	case k.Mod != 0:
		k.Code = []rune(name)[0]
	default:
		k.Code, k.Text = []rune(name)[0], name
	}
	return k
}

// A key that a test presses is the one that it names.
func TestKeysAreCalledByTheirNames(t *testing.T) {
	for _, name := range allKeys() {
		if got := keyPress(name).String(); got != name {
			t.Errorf("%q is pressed as %q", name, got)
		}
	}
}

// await passes results to the model until ok returns true, and fails if that takes
// too long.
func (d *driver) await(what string, ok func() bool) {
	d.t.Helper()
	limit := time.After(patience)
	for !ok() {
		select {
		case msg := <-d.msgs:
			d.send(msg)
		case <-limit:
			d.t.Fatalf("waited in vain for %s; the screen:\n%s", what, d.screen())
		}
	}
}

// reads lets the time pass that a person takes to read the screen.
func (d *driver) reads() {
	d.screen()
	d.ahead.Add(int64(readFor))
}

// sees waits until the screen shows all texts, and reads it.
func (d *driver) sees(texts ...string) {
	d.t.Helper()
	d.await(fmt.Sprintf("%q on the screen", texts), func() bool {
		screen := d.screen()
		return !slices.ContainsFunc(texts, func(text string) bool { return !strings.Contains(screen, text) })
	})
	d.reads()
}

// seesNot waits until a text is no longer on the screen.
func (d *driver) seesNot(text string) {
	d.t.Helper()
	d.await(fmt.Sprintf("%q to go", text), func() bool { return !strings.Contains(d.screen(), text) })
}

func (d *driver) screen() string { return ansi.Strip(d.deck.View().Content) }

// windowSize returns the message of a terminal of that size.
func windowSize(w, h int) tea.Msg { return tea.WindowSizeMsg{Width: w, Height: h} }
