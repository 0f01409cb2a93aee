package tui

import (
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"kvist/internal/drafts"
	"kvist/internal/undo"
	"kvist/kv"
)

// typed types text, a key for each letter.
func typed(m *Model, text string) {
	for _, r := range text {
		give(m, tea.KeyPressMsg{Code: r, Text: string(r)})
		m.View()
	}
}

// wait lets time pass.
func wait(m *Model, d time.Duration) {
	at := m.now().Add(d)
	m.now = func() time.Time { return at }
}

// see fails unless the screen shows all of these texts.
func see(t *testing.T, m *Model, texts ...string) {
	t.Helper()
	screen := strings.Join(strings.Fields(strings.NewReplacer("│", " ").Replace(ansi.Strip(m.View().Content))), " ")
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			t.Errorf("%q is not on the screen:\n%s", text, ansi.Strip(m.View().Content))
		}
	}
}

// saving returns an explorer with a save under way.
func saving(t *testing.T) (*Model, *edit) {
	t.Helper()
	m := still(t, "", 100, 30)
	pair := &kv.KVPair{Key: "app/feature", Value: []byte("base"), LastIndex: 200}
	m.editIn(newEdit(pair.Key, pair), pair.Value)
	typed(m, "mine ")
	strike(m, "ctrl+s")
	read(m)
	if m.editor == nil || !m.editor.edit.saving {
		t.Fatal("nothing is being saved")
	}
	return m, m.editor.edit
}

// done returns the answer to that save.
func done(e *edit, mine string) saved {
	return saved{edit: e, mine: []byte(mine), pair: &kv.KVPair{Key: e.key, Value: []byte(mine), LastIndex: 300}}
}

// Text typed during a save stays in the editor, which continues from what was
// saved.
func TestTypingWhileSavingIsKept(t *testing.T) {
	m, e := saving(t)
	mine := string(m.editor.text())
	typed(m, "more ")
	give(m, done(e, mine))
	if m.editor == nil {
		t.Fatal("the editor has closed over what was typed")
	}
	if got := string(m.editor.text()); got == mine || !strings.Contains(got, "mine more ") {
		t.Errorf("the editor holds %q", got)
	}
	if string(e.base.Value) != mine || e.base.LastIndex != 300 {
		t.Errorf("the edit goes on from %+v", e.base)
	}
	see(t, m, "saved app/feature at index 300", "not saved yet")
}

// A second save that was asked for meanwhile follows the first.
func TestSavingAgainWhileSaving(t *testing.T) {
	m, e := saving(t)
	mine := string(m.editor.text())
	typed(m, "more ")
	strike(m, "ctrl+s")
	give(m, done(e, mine))
	if !e.saving {
		t.Error("the second save did not follow")
	}
	give(m, done(e, string(m.editor.text())))
	if m.editor != nil {
		t.Error("the editor is still open")
	}
}

// A change by somebody else during a save is not forgotten, and the save itself is
// not taken for one.
func TestAChangeBehindASaveIsSeen(t *testing.T) {
	for index, seen := range map[uint64]bool{300: false, 301: true} {
		m, e := saving(t)
		mine := string(m.editor.text())
		typed(m, "more ")
		e.saw(kv.Event{Kind: kv.PutEvent, Key: e.key, Index: index})
		give(m, done(e, mine))
		if (e.seen != nil) != seen {
			t.Errorf("index %d: seen is %+v", index, e.seen)
		}
	}
}

// An editor that is left during a save loses nothing, whatever the answer.
func TestLeavingWhileSaving(t *testing.T) {
	for _, c := range []struct {
		what   string
		answer func(e *edit, mine string) saved
		draft  bool
	}{
		{"saved", done, true},
		{"failed", func(e *edit, mine string) saved {
			return saved{edit: e, mine: []byte(mine), err: &kv.Error{Op: "atomicput", Kind: kv.ErrNotReachable}}
		}, true},
		{"unknown", func(e *edit, mine string) saved {
			return saved{edit: e, mine: []byte(mine), err: &kv.Error{Op: "atomicput", Kind: kv.ErrOutcomeUnknown}}
		}, true},
		{"conflict", func(e *edit, mine string) saved {
			return saved{edit: e, mine: []byte(mine), err: kv.ErrKeyModified, conflict: true, theirs: &kv.KVPair{Value: []byte("theirs"), LastIndex: 301}}
		}, true},
	} {
		m, e := saving(t)
		m.opts.Drafts = drafts.New(t.TempDir())
		mine := string(m.editor.text())
		typed(m, "more ")
		strike(m, "esc")
		give(m, c.answer(e, mine))
		d, ok := m.draftOf(e.key)
		if ok != c.draft || !strings.Contains(string(d.Mine), "mine more ") {
			t.Errorf("%s: the draft is %q (%v)", c.what, d.Mine, ok)
		}
	}
}

// Text typed after a save that closed the editor does not act as commands.
func TestTypingBehindASaveReachesNothing(t *testing.T) {
	m, e := saving(t)
	give(m, done(e, string(m.editor.text())))
	if m.editor != nil {
		t.Fatal("the editor is still open")
	}
	typed(m, "day")
	give(m, tea.PasteMsg{Content: "dy"})
	if len(m.dialogs) > 0 {
		t.Errorf("%T was opened", m.top())
	}
	see(t, m, "saved app/feature at index 300", "keys typed right after it were ignored")
	for range 10 { // whoever types on has seen it by then
		wait(m, 200*time.Millisecond)
		strike(m, "x")
	}
	wait(m, quietFor)
	strike(m, "D")
	if _, ok := m.top().(*planDialog); !ok {
		t.Errorf("D opened %T", m.top())
	}
}

// However long somebody types on, the keys work again.
func TestKeysComeBackBehindASave(t *testing.T) {
	m, e := saving(t)
	give(m, done(e, string(m.editor.text())))
	strikes := 0
	for ; len(m.dialogs) == 0 && strikes < 1000; strikes++ {
		wait(m, 100*time.Millisecond)
		strike(m, "?")
	}
	if want := int(muteMost / (100 * time.Millisecond)); strikes != want {
		t.Errorf("a key was taken after %d tenths of a second, not %d", strikes, want)
	}
}

// After a save, q is a letter of a word, but ctrl+c quits.
func TestOnlyCtrlCQuitsBehindASave(t *testing.T) {
	for key, quits := range map[string]bool{"q": false, "ctrl+c": true} {
		m, e := saving(t)
		give(m, done(e, string(m.editor.text())))
		if cmd := m.press(keyPress(key)); (cmd != nil) != quits {
			t.Errorf("%s: %v", key, cmd != nil)
		}
	}
}

// A value that cannot be read for editing opens a dialog, which text meant for the
// editor does not answer.
func TestTypingBehindAFailedReadReachesNothing(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, "l", "j", "e")
	wait := m.top().(*reading)
	typed(m, "body")
	give(m, editRead{wait: wait, err: &kv.Error{Op: "get", Key: "app/config/limits.json", Kind: kv.ErrNotReachable}})
	m.View()
	typed(m, "dy\r")
	if _, ok := m.top().(*refusal); !ok || m.editor != nil {
		t.Errorf("%T is on top", m.top())
	}
}

// Text typed after a refused edit stays in the refusal, and so does its enter. Once
// the refusal could be read, it is answered.
func TestTypingBehindARefusalReachesNothing(t *testing.T) {
	m := still(t, "", 100, 30)
	showLimits(m)
	m.value.shown.pair = &kv.KVPair{Key: "app/config/limits.json", Value: []byte("a\x00b"), LastIndex: 100}
	strike(m, "e")
	m.View()
	typed(m, "body dy\r")
	strike(m, "enter", "esc")
	r, ok := m.top().(*refusal)
	if !ok {
		t.Fatalf("%T is on top", m.top())
	}
	see(t, m, "app/config/limits.json cannot be edited here", "open it in $EDITOR", "key ignored")
	opened := false
	r.then = func(*Model) tea.Cmd { opened = true; return nil }
	read(m)
	strike(m, "enter")
	if !opened {
		t.Error("enter does not open $EDITOR")
	}
}

// A word typed at a dialog that was open for long answers nothing, though it
// contains the dialog's keys.
func TestAWordIsNoAnswer(t *testing.T) {
	for _, begin := range [][]string{{"d"}, {"e"}} {
		m := still(t, "", 100, 30)
		showLimits(m)
		m.opts.ReadOnly = begin[0] == "e"
		strike(m, begin...)
		if begin[0] == "d" {
			m.open(&confirm{title: "Sure?", text: "Is it so?", yes: func(*Model) tea.Cmd { t.Error("a word said yes"); return nil }})
		}
		read(m)
		top := m.top()
		typed(m, "WHILE body ED\r")
		if m.top() != top {
			t.Errorf("%q: %T is on top", begin, m.top())
		}
	}
}

// A word does not close a refusal that offers nothing to do.
func TestAWordDoesNotCloseARefusal(t *testing.T) {
	m := still(t, "", 100, 30)
	m.opts.ReadOnly = true
	strike(m, "e")
	read(m)
	typed(m, "ED\r")
	if _, ok := m.top().(*refusal); !ok {
		t.Errorf("%T is on top", m.top())
	}
}

// esc closes a refusal at once if nothing was typed.
func TestEscLeavesARefusalAtOnce(t *testing.T) {
	m := still(t, "", 100, 30)
	m.opts.ReadOnly = true
	strike(m, "e")
	see(t, m, "nothing can be edited")
	strike(m, "esc")
	if len(m.dialogs) > 0 {
		t.Error("the refusal is still open")
	}
}

// Editing another key while an editor is open asks first.
func TestEditOfAnotherKeyAsksFirst(t *testing.T) {
	m := still(t, "", 100, 30)
	showLimits(m)
	strike(m, "e")
	text := string(m.editor.text())
	m.focusOn(m.tree)
	strike(m, "j", "e")
	m.View()
	typed(m, "body")
	if got := string(m.editor.text()); got != text {
		t.Errorf("the other editor holds %q", got)
	}
	read(m)
	strike(m, "enter")
	if m.top() != surface(m.editor) {
		t.Errorf("%T is on top", m.top())
	}
}

// opened are the dialogs that ask something, each opened by a result instead of a
// key.
func opened() map[string]func(*Model) {
	limits := &kv.KVPair{Key: "app/config/limits.json", Value: []byte("{}"), LastIndex: 100}
	return map[string]func(*Model){
		"conflict": func(m *Model) {
			give(m, saved{edit: newEdit(limits.Key, limits), mine: []byte("mine"), err: kv.ErrKeyModified, conflict: true, theirs: limits})
		},
		"not saved": func(m *Model) {
			e := newEdit(limits.Key, limits)
			e.outside = true
			give(m, saved{edit: e, mine: []byte("mine"), err: errors.New("refused")})
		},
		"save anyway": func(m *Model) {
			e := newEdit(limits.Key, limits)
			e.outside = true
			give(m, edited{edit: e, before: limits.Value, mine: []byte("{")})
		},
		"break": func(m *Model) {
			r := breakPlanned{lock: kv.LockInfo{Key: "app/deploy"}, claim: kv.Contender{ID: "694d"}, dialog: &confirm{reading: "reading"}}
			m.open(r.dialog)
			m.View()
			give(m, r)
		},
		"plan": func(m *Model) {
			strike(m, "D")
			m.View()
			plan := &kv.Plan{Prefix: "app/config", Keys: []kv.PlannedKey{{Key: "app/config/a", Index: 1}}}
			give(m, planMade{dialog: m.top().(*planDialog), plan: plan, totals: plan.Totals(), list: newPlanList(plan.Keys)})
		},
		"single": func(m *Model) {
			strike(m, "j")
			strike(m, "d")
		},
	}
}

// answers are the keys that answer any of these dialogs.
var answers = []string{"y", "n", "o", "t", "m", "enter"}

// No dialog takes an answer typed before it could be read, whatever opened it.
func TestADialogIsNotAnsweredUnread(t *testing.T) {
	for name, open := range opened() {
		for _, key := range answers {
			for _, pause := range []time.Duration{0, readFor - time.Millisecond} {
				m := still(t, "", 100, 30)
				open(m)
				d := m.top()
				m.View()
				wait(m, pause)
				strike(m, key)
				m.View()
				if m.top() != d || len(m.saving) > 0 || running(d) {
					t.Errorf("%s: %s was taken after %s", name, key, pause)
				}
			}
		}
	}
}

// Keys that move in a dialog put its answer off by a bounded time, and not at all
// once it could be read.
func TestMovingInADialogIsReading(t *testing.T) {
	for _, first := range []time.Duration{0, readFor} { // before the first key
		m := still(t, "", 100, 30)
		opened()["plan"](m)
		m.View()
		wait(m, first)
		taken := time.Duration(0)
		for ; !running(m.top()) && taken < muteMost; taken += readFor / 3 {
			wait(m, readFor/3)
			strike(m, "j")
			m.View()
			if taken > readMost || first > 0 {
				wait(m, readFor/3)
				strike(m, "y")
			}
		}
		if most := readMost + readFor; taken > most || first > 0 && taken > readFor/3 {
			t.Errorf("after %s the answer was taken %s later", first, taken)
		}
	}
}

// running reports whether a surface is a plan being carried out.
func running(s surface) bool {
	d, ok := s.(*planDialog)
	return ok && d.running
}

// Keys in quick succession are text and no answer; after a pause, the next one is.
func TestADialogWaitsForAPause(t *testing.T) {
	for name, open := range opened() {
		m := still(t, "", 100, 30)
		open(m)
		d := m.top()
		m.View()
		for range 20 {
			wait(m, readFor/2)
			strike(m, answers...)
		}
		if m.top() != d || len(m.saving) > 0 || running(d) {
			t.Errorf("%s: a key among others was taken", name)
		}
		see(t, m, "key ignored")
		for _, key := range answers {
			if m.top() == d && len(m.saving) == 0 && !running(d) {
				read(m)
				strike(m, key)
			}
		}
		if m.top() == d && len(m.saving) == 0 && !running(d) {
			t.Errorf("%s: no key was taken after a pause", name)
		}
	}
}

// A dialog that was not drawn was not read.
func TestADialogIsNotAnsweredUndrawn(t *testing.T) {
	for name, open := range opened() {
		m := still(t, "", 100, 30)
		open(m)
		d := m.top()
		wait(m, time.Hour)
		strike(m, answers...)
		if m.top() != d || len(m.saving) > 0 || running(d) {
			t.Errorf("%s was answered", name)
		}
	}
}

// A plan that is filled later has to be read again.
func TestAPlanThatIsFilledIsReadAnew(t *testing.T) {
	m := still(t, "", 100, 30)
	strike(m, "D")
	read(m)
	strike(m, "y") // there is nothing to agree to yet
	d := m.top().(*planDialog)
	plan := &kv.Plan{Prefix: "app/config", Keys: []kv.PlannedKey{{Key: "app/config/a", Index: 1}}}
	give(m, planMade{d, plan, plan.Totals(), newPlanList(plan.Keys), unseen{}, undo.Loss{}, nil})
	m.View()
	strike(m, "y")
	if d.running {
		t.Error("the plan is carried out unread")
	}
	read(m)
	strike(m, "y")
	if !d.running {
		t.Error("the plan is not carried out once it was read")
	}
}

// On a screen that is too small nothing is answered and nothing is typed; q and
// ctrl+c quit.
func TestNothingIsTakenOnAScreenTooSmall(t *testing.T) {
	for name, open := range opened() {
		m := still(t, "", 100, 30)
		open(m)
		read(m)
		d := m.top()
		give(m, windowSize(40, 12))
		read(m)
		strike(m, append(answers, "esc", "j")...)
		give(m, tea.PasteMsg{Content: "y"})
		if m.top() != d || len(m.saving) > 0 || running(d) {
			t.Errorf("%s was answered unseen", name)
		}
		give(m, windowSize(100, 30))
		m.View()
		strike(m, answers...)
		if m.top() != d || len(m.saving) > 0 || running(d) {
			t.Errorf("%s was answered right when it came back", name)
		}
		if m.press(keyPress("ctrl+c")) == nil {
			t.Error("ctrl+c does not quit")
		}
	}
	m := editing(t, 100, "text")
	give(m, windowSize(40, 12))
	typed(m, "q more")
	give(m, tea.PasteMsg{Content: "and more"})
	if got := string(m.editor.text()); got != "text" {
		t.Errorf("the editor that nobody sees took %q", got)
	}
	m = still(t, "", 40, 12)
	strike(m, "d", "D", "a", "?")
	if len(m.dialogs) > 0 {
		t.Errorf("%T was opened unseen", m.top())
	}
	if m.press(keyPress("q")) == nil {
		t.Error("q does not quit")
	}
}

// A question longer than the screen is answered only after its end was in sight.
func TestALongQuestionIsReadToItsEnd(t *testing.T) {
	m := still(t, "", 60, 15)
	yes := false
	m.open(&confirm{title: "Break the lock?", text: strings.Repeat("a/very/long/name/", 100), yes: func(*Model) tea.Cmd { yes = true; return nil }})
	read(relaid(m))
	strike(m, "y")
	if yes {
		t.Error("it was answered though its end was never seen")
	}
	see(t, m, "not all of it was on the screen")
	strike(m, "G")
	read(m)
	strike(m, "y")
	if !yes {
		t.Error("it is not answered though its end was seen")
	}
}

// A palette opened over a dialog does not answer it.
func TestAPaletteDoesNotAnswerADialog(t *testing.T) {
	m := still(t, "", 100, 30)
	opened()["plan"](m)
	read(m)
	d := m.top().(*planDialog)
	m.openPalette()
	read(m)
	typed(m, "plan.yes")
	strike(m, "enter")
	if d.running {
		t.Error("the plan is carried out from a list that covers it")
	}
}

// Saving a locked key asks once per edit.
func TestSavingALockedKeyAsksOnce(t *testing.T) {
	m := still(t, "", 100, 30)
	pair := &kv.KVPair{Key: "app/feature", Value: []byte("base"), LastIndex: 200}
	give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: pair.Key, Index: 200, Size: 4, Flags: kv.Locked}}}))
	m.editIn(newEdit(pair.Key, pair), pair.Value)
	typed(m, "mine ")
	strike(m, "ctrl+s")
	read(m)
	see(t, m, "Save anyway?", "app/feature is locked")
	strike(m, "n")
	if len(m.saving) > 0 || m.editor == nil {
		t.Error("no saves, or closes the editor")
	}
	strike(m, "ctrl+s")
	read(m)
	strike(m, "y")
	if len(m.saving) != 1 {
		t.Fatal("yes does not save")
	}
	e := m.editor.edit
	give(m, saved{edit: e, mine: m.editor.text(), err: &kv.Error{Op: "atomicput", Kind: kv.ErrNotReachable}})
	strike(m, "ctrl+s")
	if len(m.saving) != 1 {
		t.Errorf("it asks again: %T is on top", m.top())
	}
}

// Whatever is waited for, ctrl+c quits.
func TestCtrlCQuitsBehindWhateverWaits(t *testing.T) {
	for _, waiting := range []dialog{
		&opening{cancel: func() {}}, &travelling{cancel: func() {}}, &reading{key: "app/web"},
		&exportDialog{running: true, cancel: func() {}},
	} {
		m := still(t, "", 80, 24)
		m.open(waiting)
		if m.press(keyPress("ctrl+c")) == nil {
			t.Errorf("%T keeps the program from ending", waiting)
		}
	}
}
