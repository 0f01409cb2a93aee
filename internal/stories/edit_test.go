package stories

import "testing"

// A key is found, edited and saved, and the native client reads it.
func TestFindEditSave(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a/deep/down", "b/needle", "c")
		x.Type("/needle")
		x.Sees("Find a key", "1 match")
		x.Press("enter")
		x.Sees("value of b/needle")
		x.Press("e")
		x.Sees("Edit "+s.key("b/needle"), " editing ")
		x.Type("new ")
		x.Sees("modified (based on")
		x.Press("ctrl+s")
		x.Sees("saved "+s.key("b/needle"), "new value of b/needle")
		s.stays("b/needle", "new value of b/needle")
		x.Quit()
	})
}

// A new key is added, and an empty folder where the store has folders.
func TestAdd(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a")
		x.Press("a")
		x.Sees("Add a key", s.prefix+"/")
		x.Type("fresh")
		x.Press("enter")
		x.Sees("new key:")
		x.Type("typed here")
		x.Press("ctrl+s")
		x.Sees("saved "+s.key("fresh"), "+  fresh")
		s.stays("fresh", "typed here")
		x.Answer("a")
		x.Sees("Add a key")
		x.Type("fresh")
		x.Press("enter")
		x.Sees("This key already exists.")
		x.Press("esc")
		x.SeesNot("Add a key")
		if !s.makesFolders() {
			return
		}
		x.Press("a")
		x.Sees("makes a folder")
		x.Type("folder/")
		x.Press("enter")
		x.Sees("made the folder "+s.key("folder"), "folder/")
		x.Quit()
	})
}
