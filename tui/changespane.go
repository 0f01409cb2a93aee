package tui

// changesPane lists what changed since the program began to look.
type changesPane struct {
	recorder
}

// newChangesPane is a pane with nothing in it.
func newChangesPane() *changesPane { return &changesPane{recorder: newRecorder()} }
