package keymap

import "testing"

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
