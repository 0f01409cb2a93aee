package stories

import (
	"strings"
	"testing"
)

// A folder opens with a slash at its end, as people and completion write it.
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

// A folder opens with two slashes before it, which on etcd v3 name another one.
func TestSlashBeforeAPrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		dir := s.prefix
		if s.place.Verbatim {
			dir = "/" + dir
		}
		s.client.Put(dir+"/name", "value of name")
		for _, end := range []string{"", "/"} {
			x := s.home.start(110, 32, s.place.Scheme+"://"+s.server.Addr+"//"+s.prefix+end)
			x.Sees("● live", "Keys in "+dir+"/", " name", "value of name")
			x.Quit()
		}
	})
}

// A name that is typed over the proposed one is relative to the opened prefix,
// and nothing is added outside of it.
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

// A key opens as if it were a folder: it is the only row, and can be followed,
// edited and deleted as in any other tree. So can keys that appear below it,
// where the store has keys that are folders too.
func TestAKeyForAPrefix(t *testing.T) {
	onEach(t, func(s *scene) {
		for i, end := range []string{"", "/"} {
			name := []string{"app/name", "app/other"}[i]
			_, last, _ := strings.Cut(name, "/")
			s.put(name, "value of it")
			s.put(name+"-beside", "value of another")
			x := s.home.start(120, 32, s.address()+"/"+name+end)
			x.Sees("● live", "Keys in "+s.key("app/"), " "+last, "value of it")
			x.SeesNot("beside")
			s.put(name, "somebody's")
			x.Sees("~", "somebody's")
			x.Press("R")
			x.Sees("● live", " "+last)
			x.Press("e")
			x.Sees("Edit " + s.key(name))
			x.Type("mine, not ")
			x.Press("ctrl+s")
			x.Sees("saved " + s.key(name))
			s.stays(name, "mine, not somebody's")
			if s.place.Scheme != "etcdv2" {
				s.put(name+"/below", "value of below")
				x.Sees("below")
				s.delete(name + "/below")
			}
			s.delete(name)
			x.Sees("no longer exists")
			s.put(name, "here again")
			x.Sees(" "+last, "here again")
			x.Quit()
		}
	})
}

// An empty directory of etcd v2 opens as a folder, and is not shown as a key.
func TestAnEmptyDirectoryIsAFolder(t *testing.T) {
	t.Parallel()
	at := placeOf("etcdv2")
	s := newScene(t, at, at.Shared(t))
	s.put("app/name", "v")
	s.delete("app/name")
	x := s.home.start(120, 32, s.address()+"/app")
	x.Sees("● live", "Keys in "+s.key("app/"), "no keys here yet")
	s.put("app/name", "v")
	x.Sees(" name")
	x.Quit()
}

// A folder that is also a key opens as a folder: no row shows the key, and a
// message says so.
func TestAFolderThatIsAKeyToo(t *testing.T) {
	onEach(t, func(s *scene) {
		if s.place.Scheme == "etcdv2" {
			s.Skip("its folders have no values")
		}
		s.put("app", "value of app")
		s.put("app/name", "value of name")
		x := s.home.start(140, 32, s.address()+"/app")
		x.Sees("● live", " name", s.key("app")+" is a key too: kvist get reads it, and the store opened at "+s.prefix+"/ shows it")
		x.Quit()
	})
}

// A folder with a key of its own name, slash included, opens: kvist ls lists
// the key there, and so does the tree, live.
func TestAFoldersOwnKey(t *testing.T) {
	onEach(t, func(s *scene) {
		if !s.place.SlashAtEnd {
			s.Skip("no key ends in a slash there")
		}
		s.put("app/", "value of the folder")
		s.put("app/name", "value of name")
		x := s.home.start(120, 32, s.address()+"/app")
		x.Sees("● live", "Keys in "+s.key("app/"), " name", "2/2")
		x.Press("k")
		x.Sees("1/2", "value of the folder")
		s.put("app/", "somebody's")
		x.Sees("somebody's")
		x.Press("R")
		x.Sees("● live", "1/2", "somebody's")
		s.delete("app/")
		x.Sees("1/1", "value of name")
		x.Quit()
	})
}

// A prefix that the store cannot have ends the explorer with the reason, as it
// ends commands: there is nothing to wait for.
func TestAPrefixThatCannotBe(t *testing.T) {
	onEach(t, func(s *scene) {
		s.put("app/name", "v")
		x := s.home.start(110, 32, s.address()+"/app//")
		if s.place.SlashAtEnd {
			x.Sees("● live", "no keys here yet")
			x.Quit()
			return
		}
		if code := x.Ends(); code != 1 {
			s.Errorf("exit code %d", code)
		}
		x.Sees("the store cannot hold this key")
	})
}
