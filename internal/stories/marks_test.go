package stories

import "testing"

// Three keys and a folder are marked and deleted at once, and one u brings all of them
// back; then they are copied into a folder, which one u takes back, too. A key that is
// taken out of the marked folder stays when that is deleted.
func TestMarksAreDeletedCopiedAndBroughtBack(t *testing.T) {
	onEach(t, func(s *scene) {
		all := []string{"app/a", "app/deep/b", "k1", "k2", "k3", "stays"}
		marked := all[:5]
		x := s.with(all...)
		mark := func() {
			x.Sees("▸ app/")
			x.Press("g", "space", "space", "v", "j", "v")
			x.Sees("✓▸ app/", "✓  k1", "✓  k2", "✓  k3", "keys marked", "esc unmark")
		}
		mark()
		x.Press("D")
		x.Asked("Delete plan", "marked keys", "deep/b", "k1", "k2", "k3", "will be deleted")
		x.Answer("y")
		x.Sees("deleted")
		x.SeesNot("Delete plan")
		for _, name := range marked {
			s.isGone(name)
		}
		s.stays("stays", "value of stays")
		x.SeesNot("keys marked")
		x.undone("marked keys", "put back")
		for _, name := range all {
			s.stays(name, "value of "+name)
		}

		mark()
		x.Press("c")
		x.Asked("marked keys to folder")
		x.goesTo("copies")
		x.Asked("Copy plan", "to "+s.key("copies/"), "created")
		x.Answer("y")
		x.Sees("copied", "to "+s.key("copies/"))
		x.SeesNot("Copy plan")
		for _, name := range marked {
			s.stays(name, "value of "+name)
			s.stays("copies/"+name, "value of "+name)
		}
		x.undone("to "+s.key("copies/"), "deleted")
		for _, name := range marked {
			s.isGone("copies/" + name)
		}

		x.Press("g", "space", "g", "l")
		x.Sees("✓▾ app/")
		x.Press("j", "space")
		x.Sees(s.key("app/a") + " is taken out")
		x.Press("D")
		x.Asked("Delete plan", "deep/b", "will be deleted")
		x.Answer("y")
		x.SeesNot("Delete plan")
		s.isGone("app/deep/b")
		s.stays("app/a", "value of app/a")
		x.Quit()
	})
}
