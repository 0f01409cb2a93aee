package keymap

import (
	"slices"
	"strings"
	"testing"
)

func TestCommandsNameEachActionOnce(t *testing.T) {
	named := map[Action]bool{}
	for _, e := range Default().Commands(Stack(ScopeTree)) {
		if named[e.Action] {
			t.Errorf("%s is named twice", e.Action)
		}
		named[e.Action] = true
	}
	for _, a := range []Action{AppTheme, ValueEdit, AppQuit} {
		if !named[a] {
			t.Errorf("%s is not named", a)
		}
	}
	if named[CursorDown] || named[EditorSave] {
		t.Error("moving, or what holds elsewhere, is named")
	}
}

// In each pane, the palette's names are words, each is that of one action, and none
// begins with the name of a command that takes an argument.
func TestCommandsAreWords(t *testing.T) {
	for _, s := range Scopes() {
		stack := Stack(s)
		if !slices.Contains(stack, ScopeGlobal) {
			continue
		}
		named := map[string]Action{}
		for _, e := range Default().Commands(stack) {
			if len(e.Names) < 2 {
				t.Errorf("in %s, %s has no words", s, e.Action)
			}
			name := e.Names[0]
			if other, taken := named[name]; taken {
				t.Errorf("in %s, %q is %s and %s", s, name, e.Action, other)
			}
			named[name] = e.Action
			if first, _, more := strings.Cut(name, " "); more && slices.Contains([]string{"goto", "open", "import"}, first) {
				t.Errorf("in %s, %q cannot be typed: %s takes an argument", s, name, first)
			}
		}
	}
}
