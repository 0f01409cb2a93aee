package stories

import "testing"

// If the server is killed and comes back, the program says so, is exact again,
// and an edit that was begun before is still there and can be saved.
func TestServerIsRestarted(t *testing.T) {
	t.Parallel()
	for _, at := range places() {
		t.Run(at.Scheme, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, at, at.Start(t))
			x := s.with("a", "b")
			x.Sees("value of a")
			x.Press("e")
			x.Sees(" editing ")
			x.Type("begun ")
			x.Sees("begun value of a")
			s.server.Kill()
			x.Sees("reconnecting", "begun value of a")
			if err := s.server.Restart(); err != nil {
				t.Fatal(err)
			}
			s.client = at.Client(t, s.server)
			s.put("new", "x")
			s.delete("b")
			x.Sees("● live", "  new")
			x.SeesNot("  b ")
			x.Sees("begun value of a")
			x.Type("before ")
			x.Press("ctrl+s")
			x.Sees("saved " + s.key("a"))
			s.stays("a", "begun before value of a")
			x.Quit()
		})
	}
}
