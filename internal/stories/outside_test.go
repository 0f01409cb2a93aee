package stories

import "testing"

// Changes from outside appear: keys that the native client puts, changes and
// deletes are lit, and the shown value follows.
func TestAnOutsideChangeAppears(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a", "b", "dir/c")
		x.Sees("value of a")
		s.put("added", "x")
		x.Sees("+  added")
		s.put("a", "what it is now")
		x.Sees("~  a", "what it is now")
		s.delete("b")
		x.Sees("-  b")
		s.put("dir/c", "y")
		x.Sees("·▸ dir/")
		x.SeesNot("-  b") // the ghost goes when its light is out
		x.Quit()
	})
}

// Changes by ZooKeeper's own command line appear like those of any other
// client.
func TestZooKeepersCommandLineAppears(t *testing.T) {
	t.Parallel()
	at := placeOf("zk")
	s := newScene(t, at, at.Shared(t))
	x := s.with("a")
	x.Sees("value of a")
	if _, err := s.server.CLI("set", "/"+s.key("a"), "from-the-shell"); err != nil {
		t.Fatal(err)
	}
	x.Sees("~  a", "from-the-shell")
}
