package keymap

import (
	"slices"
	"strings"
)

// Entry is one line of the help.
type Entry struct {
	Keys   string // as shown: "j ↓"
	Help   string
	Action Action
	Names  []string // what people call it, the one to show first; the action's own last
}

// Section is the help of one scope.
type Section struct {
	Scope   Scope
	Title   string
	Entries []Entry
}

// Help returns what the keys do in the scopes, in their order. It leaves out
// keys that an inner scope has taken and actions without a key, so that it
// shows what a key press would do.
func (m *Keymap) Help(scopes []Scope) []Section {
	var out []Section
	taken := map[string]bool{}
	for _, s := range scopes {
		sec := Section{Scope: s, Title: Title(s)}
		for _, b := range m.bindings {
			if free := freeKeys(b, s, taken); len(free) > 0 {
				sec.Entries = append(sec.Entries, Entry{Keys: Show(free...), Help: b.Help, Action: b.Action, Names: b.names()})
			}
		}
		for k := range m.actions[s] {
			taken[k] = true
		}
		if len(sec.Entries) > 0 {
			out = append(out, sec)
		}
	}
	return out
}

// freeKeys returns the keys of b that no inner scope has taken, if b is of
// scope s.
func freeKeys(b Binding, s Scope, taken map[string]bool) []string {
	if b.Scope != s {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(b.Keys), func(k string) bool { return taken[k] })
}

// Hint is one item of the bottom line.
type Hint struct {
	Key    string // one key, as shown
	Text   string // one or two words
	Action Action
}

// Short returns at most n hints for the bottom line, innermost scope first.
// Each action appears once.
func (m *Keymap) Short(scopes []Scope, n int) []Hint {
	var out []Hint
	taken := map[string]bool{}
	named := map[Action]bool{}
	for _, s := range scopes {
		for _, b := range m.bindings {
			free := freeKeys(b, s, taken)
			if len(free) == 0 || b.Short == "" || named[b.Action] {
				continue
			}
			if len(out) == n {
				return out
			}
			named[b.Action] = true
			out = append(out, Hint{Key: Show(free[0]), Text: b.Short, Action: b.Action})
		}
		for k := range m.actions[s] {
			taken[k] = true
		}
	}
	return out
}

// Show writes keys for people: arrows as arrows, all others by their names.
func Show(names ...string) string {
	shown := make([]string, len(names))
	for i, n := range names {
		shown[i] = show(n)
	}
	return strings.Join(shown, " ")
}

func show(name string) string {
	switch name {
	case "down":
		return "↓"
	case "up":
		return "↑"
	case "left":
		return "←"
	case "right":
		return "→"
	default:
		return name
	}
}
