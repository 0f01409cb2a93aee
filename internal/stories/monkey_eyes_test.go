package stories

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// grace is how long a dialog must be on the screen before an answer to it
// counts.
const grace = 400 * time.Millisecond

// monkeyEyes see what is on the screen, since when, and what the monkey did
// before.
type monkeyEyes struct {
	x *terminal

	mu      sync.Mutex
	dialog  string    // its title; "" for none
	since   time.Time // when it appeared
	editing bool
	deeds   []deed
	tokens  map[string]time.Time // typed; when each was last seen in the editor, or zero
	forgave time.Time            // text typed before may have been given up
}

// deed is one action of the monkey, and what was on the screen then.
type deed struct {
	at      time.Time
	what    string
	dialog  string // its title, and how long it had been there
	text    string
	shown   time.Duration
	editing bool
}

// watchScreen looks at the screen whenever it changes.
func watchScreen(x *terminal) *monkeyEyes {
	e := &monkeyEyes{x: x, tokens: map[string]time.Time{}}
	go func() {
		for {
			news := x.Changed()
			e.look()
			select {
			case <-news:
			case <-x.Ended():
				return
			}
		}
	}()
	return e
}

// look records which dialog is open, whether the editor is, and which of the
// tokens are in it.
func (e *monkeyEyes) look() {
	screen := e.x.Text()
	title, _, _ := strings.Cut(strings.Trim(dialogIn(screen), "─ "), " ─")
	e.mu.Lock()
	defer e.mu.Unlock()
	if title != e.dialog {
		e.dialog, e.since = title, time.Now()
	}
	e.editing = strings.Contains(screen, "─ Edit ")
	if !e.editing || title != "" {
		return
	}
	lines := strings.Split(screen, "\n")
	panes := strings.Join(lines[:max(0, len(lines)-2)], "\n") // a message may name what is looked for
	for token := range e.tokens {
		if strings.Contains(panes, token) {
			e.tokens[token] = time.Now()
		}
	}
}

// pressed records a key press and the screen at that time.
func (e *monkeyEyes) pressed(name string) {
	text := e.x.Dialog()
	e.mu.Lock()
	defer e.mu.Unlock()
	d := deed{at: time.Now(), what: name, dialog: e.dialog, text: text, editing: e.editing}
	if e.dialog != "" {
		d.shown = time.Since(e.since)
	}
	if givesUp(d) {
		e.forgave = d.at
	}
	e.deeds = append(e.deeds, d)
}

// givesUp reports whether a key may discard typed text, as a person would want
// it to.
func givesUp(d deed) bool {
	return d.what == "t" && strings.Contains(d.dialog, "Conflict") || d.what == "x" && strings.Contains(d.dialog, "raft")
}

// note records an action that is no key press.
func (e *monkeyEyes) note(what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deeds = append(e.deeds, deed{at: time.Now(), what: what, dialog: e.dialog, editing: e.editing})
}

// clicked records a click, and looks no more for the tokens in its line of the
// editor.
func (e *monkeyEyes) clicked(column, row int) {
	e.note(fmt.Sprintf("clicked %d, %d", column, row))
	lines := strings.Split(e.x.Text(), "\n")
	e.mu.Lock()
	defer e.mu.Unlock()
	for token := range e.tokens {
		if e.editing && row < len(lines) && strings.Contains(lines[row], token) {
			delete(e.tokens, token)
		}
	}
}

// mind looks for a token from now on.
func (e *monkeyEyes) mind(token string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.tokens[token] = time.Time{}
}

// until waits until a condition holds on the screen.
func (e *monkeyEyes) until(what string, ok func(screen string) bool) {
	e.x.Helper()
	limit := time.Now().Add(patience)
	for !ok(e.x.Text()) {
		if time.Now().After(limit) {
			e.x.Fatalf("waited in vain for %s; the screen:\n%s\n%s", what, e.x.Text(), e.recent())
		}
		time.Sleep(askPace)
	}
}

// recent returns the last deeds, for the report of a failure.
func (e *monkeyEyes) recent() string { return e.recentBefore(time.Now()) }

// recentBefore returns the last deeds before a time.
func (e *monkeyEyes) recentBefore(end time.Time) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines []string
	for _, d := range e.deeds {
		if d.at.Before(end) {
			lines = append(lines, d.String())
		}
	}
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// String returns a deed on one line.
func (d deed) String() string {
	text := d.at.Format("05.000") + " " + d.what
	if d.dialog != "" {
		text += fmt.Sprintf(" into %q, there for %v", d.dialog, d.shown.Round(time.Millisecond))
	}
	if d.editing {
		text += " beside the editor"
	}
	return text
}

// latest is how long after an answer its write may reach the store.
const latest = 30 * time.Second

// askedFor reports whether a write or deletion of a key at a time was asked
// for: by a save in the editor, or by an answer to a dialog that had been on
// the screen for long enough and, if it is a plan, names the key.
func (e *monkeyEyes) askedFor(c storeChange) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, d := range e.deeds {
		if d.at.After(c.at) || c.at.Sub(d.at) > latest {
			continue
		}
		answer := d.dialog != "" && d.shown >= grace && slices.Contains([]string{"y", "o", "enter"}, d.what)
		switch {
		case c.gone && answer && isPlan(d.dialog) && planNames(d.text, c.key):
			return true
		case c.gone && answer && strings.Contains(d.dialog, "lock"):
			return true
		case !c.gone && (answer || d.what == "ctrl+s" && d.editing || d.what == "E" || d.what == "ctrl+o"):
			return true
		}
	}
	return false
}

// isPlan reports whether a dialog shows which keys go: a plan, or what is undone.
func isPlan(title string) bool {
	return strings.Contains(strings.ToLower(title), "plan") || title == "Undo" || title == "Redo"
}

// planNames reports whether the text of a plan names a key: by its name, or by
// a folder that it is in.
func planNames(text, key string) bool {
	for part := range strings.SplitSeq(key, "/") {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
