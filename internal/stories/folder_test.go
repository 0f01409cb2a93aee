package stories

import "testing"

// A folder shows its children, with sizes, and what changes below; a key that is a
// folder too, where the store has such, shows its value above them. A click on a child
// goes to it.
func TestAFolderShowsWhatIsInIt(t *testing.T) {
	onEach(t, func(s *scene) {
		s.put("app/config/a", "12345678")
		s.put("app/config/deep/b", "value of b")
		s.put("app/web", "value of web")
		both := s.place.Scheme != "etcdv2" // where a directory has no value
		if both {
			s.put("app/config", "a value of its own")
		}
		x := s.open()
		x.Sees(" config/ ", " web ", "12 B")
		x.Press("l", "j")
		x.Sees(" deep/", "8 B")
		if both {
			x.Sees("a value of its own")
		}
		s.put("app/config/deep/c", "new")
		x.Sees("newest changes", "+ deep/c")
		s.delete("app/config/a")
		x.Sees("- a ")
		x.Quit()
	})
}
