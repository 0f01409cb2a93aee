package stories

import "testing"

// The changes show what a key was before and what a pause held back, and lead
// to the key.
func TestChangesAreLookedAt(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a", "dir/b")
		x.Sees("value of a")
		s.put("a", "what it is now")
		x.Sees("~  a", "what it is now")
		x.Type("w")
		x.Sees("1 change since", "~ a", "10 B → 14 B", "- value of a", "+ what it is now")
		s.put("dir/new", "new in here")
		x.Sees("+ dir/new", "+ new in here")
		x.Type(" ")
		x.Sees("paused · 0 new")
		s.delete("dir/b")
		x.Sees("paused · 1 new")
		x.SeesNot("- dir/b")
		x.Type(" ")
		x.Sees("- dir/b")
		x.Type("/")
		x.Type("new")
		x.Press("enter")
		x.Sees("filter new: ")
		x.Press("enter")
		x.Sees("▾ dir/", "new in here")
		x.Quit()
	})
}
