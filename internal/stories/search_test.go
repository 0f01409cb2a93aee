package stories

import "testing"

// A value is found in everything that is opened, and its key shown; then
// another one is not found in a folder without it.
func TestSearchValues(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a/down", "b/one", "c")
		s.put("a/down", "nothing\nthe Needle in it\n")
		x.Type("S")
		x.Sees("Search the values in a/", "tab: all values")
		x.Press("tab")
		x.Sees("Search all values", "tab: the values in a/")
		x.Type("needle")
		x.Press("enter")
		x.Sees("searched all", "1 hit", "the Needle in it")
		x.Press("enter")
		x.Sees("Value "+s.key("a/down"), "nothing")
		x.Type("gS")
		x.Sees("Search the values in a/")
		x.Type("one")
		x.Press("enter")
		x.Sees("searched", "no hit in the")
		x.Quit()
	})
}
