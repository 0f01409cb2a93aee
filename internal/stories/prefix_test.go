package stories

import "testing"

// TestSlashAtTheEndOfAPrefix opens a folder as people and completion write it.
func TestSlashAtTheEndOfAPrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		s.put("app/config/limits", "value of limits")
		s.put("app/name", "value of name")
		for _, behind := range []string{"/app", "/app/", "%2Fapp%2F"} {
			x := s.home.start(110, 32, s.address()+behind)
			x.Sees("● live", "Keys in "+s.key("app/"), "config/", " name")
			x.Quit()
		}
	})
}

// TestSlashBeforeAPrefix opens a folder behind two slashes, which on etcd v3
// is another one.
func TestSlashBeforeAPrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		dir := s.prefix
		if s.place.name == "etcdv3" {
			dir = "/" + dir
		}
		s.client.put(dir+"/name", "value of name")
		for _, end := range []string{"", "/"} {
			x := s.home.start(110, 32, s.place.name+"://"+s.server.Addr+"//"+s.prefix+end)
			x.Sees("● live", "Keys in "+dir+"/", " name", "value of name")
			x.Quit()
		}
	})
}

// TestNothingIsAddedOutsideThePrefix types a name over the one proposed: it is
// taken from the opened prefix on.
func TestNothingIsAddedOutsideThePrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("dir/a")
		x.Press("a")
		x.Asked("Add a key", s.prefix+"/")
		x.Press("ctrl+u")
		x.Type("other/b")
		x.Press("enter")
		x.Sees("Edit " + s.key("other/b"))
		x.Type("new")
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("other/b"))
		s.stays("other/b", "new")
		x.Quit()
	})
}

// TestAKeyForAPrefix opens a key as if it were a folder: the empty tree says
// that it is none.
func TestAKeyForAPrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		s.put("app/name", "value of name")
		for _, end := range []string{"", "/"} {
			x := s.home.start(160, 32, s.address()+"/app/name"+end)
			x.Sees("● live", "is a key with nothing below it")
			x.Quit()
		}
	})
}
