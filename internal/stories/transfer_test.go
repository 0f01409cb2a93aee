package stories

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kvist/kv"
)

// goesTo answers the prompt for a destination.
func (x *terminal) goesTo(place string) {
	x.Helper()
	x.Type("\x15" + place)
	x.Press("enter")
}

// undone undoes the last write of this store.
func (x *terminal) undone(sees ...string) {
	x.Helper()
	x.Press("u")
	x.Asked(append(sees, "Undo")...)
	x.Answer("y")
	x.Sees("undone")
	x.SeesNot("─ Undo ─")
}

// A folder is copied within the store, with everything below it, and u takes that
// back.
func TestFolderIsCopied(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/deep/b", "apple")
		x.Sees("▸ app/")
		x.Press("c")
		x.Asked("Copy "+s.key("app")+" to", "tab completes folders")
		x.goesTo("copies/app2")
		x.Asked("Copy plan", "to "+s.key("copies/app2"), "created", "app2/deep/b")
		x.Answer("y")
		x.Sees("copied", "to "+s.key("copies/app2"), "app2/")
		x.SeesNot("Copy plan")
		for _, name := range []string{"app/a", "app/deep/b"} {
			s.stays(name, "value of "+name)
			s.stays("copies/"+strings.Replace(name, "app", "app2", 1), "value of "+name)
		}
		x.undone("copy "+s.key("app")+" to "+s.key("copies/app2"), "deleted")
		s.isGone("copies/app2/a")
		s.isGone("copies/app2/deep/b")
		s.stays("app/a", "value of app/a")
		x.Quit()
	})
}

// r renames a key, and a folder with everything below it; u takes back each.
func TestKeyAndFolderAreRenamed(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/b", "key")
		x.Sees("▸ app/")
		x.Press("G", "r")
		x.Asked("Rename " + s.key("key") + " to")
		x.goesTo("lock")
		x.Asked("Rename plan", "1 key created", "then 1 key deleted at the source")
		x.Answer("y")
		x.Sees("renamed 1 key to "+s.key("lock"), "Value "+s.key("lock"), "value of key")
		s.isGone("key")
		x.undone("rename " + s.key("key") + " to " + s.key("lock"))
		s.stays("key", "value of key")
		s.isGone("lock")

		x.Press("g", "r")
		x.Asked("Rename " + s.key("app") + " to")
		x.Type("lication")
		x.Press("enter")
		x.Asked("Rename plan", "everything under it", "to "+s.key("application"), " created")
		x.Answer("y")
		x.Sees("renamed", "▸ application/")
		s.stays("application/b", "value of app/b")
		s.isGone("app/b")
		x.undone("rename " + s.key("app") + " to " + s.key("application"))
		s.stays("app/a", "value of app/a")
		s.stays("app/b", "value of app/b")
		s.isGone("application/a")
		x.Quit()
	})
}

// Keys that somebody else changes while a move is under way stay where they are, as
// they are, and are listed; u brings the others back.
func TestMoveKeepsWhatChangedSince(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/b", "app/c", "app/d")
		x.Sees("▸ app/")
		x.Press("m")
		x.Asked("Move " + s.key("app") + " to")
		x.goesTo("far/")
		x.Asked("Move plan", "to "+s.key("far/app"), "deleted at the source")
		s.put("app/b", "theirs")
		s.put("app/d", "theirs too")
		x.Answer("y")
		x.Asked("not written: 2 keys", s.key("far/app/b")+": changed since", s.key("far/app/d")+": changed since",
			"not deleted at the source: ", s.key("app/b")+": it was not copied")
		x.Press("esc")
		x.SeesNot("Move plan")
		s.stays("app/b", "theirs")
		s.stays("app/d", "theirs too")
		s.isGone("app/a")
		s.isGone("app/c")
		s.stays("far/app/a", "value of app/a")
		s.isGone("far/app/b")
		x.undone("move " + s.key("app") + " to " + s.key("far/app"))
		s.stays("app/a", "value of app/a")
		s.stays("app/c", "value of app/c")
		s.stays("app/b", "theirs")
		s.isGone("far/app/c")
		x.Quit()
	})
}

// A folder of 10 000 keys is moved while somebody else changes two of them: these stay
// where they are, as they are, and are told; all others are moved.
func TestTenThousandKeysAreMoved(t *testing.T) {
	onEach(t, func(s *scene) {
		many := 10_000
		if s.place.Scheme != "etcdv3" || testing.Short() {
			many = 2_000 // for the sake of time: it holds for 10 000 on each store
		}
		s.far()
		s.home.write("config/kvist/config.toml", "confirm_count = 50000\n")
		name := func(i int) string { return fmt.Sprintf("app/%02d/%04d", i/200, i) }
		s.client.Fill(many, func(i int) string { return s.key(name(i)) }, "precious")
		x := s.open()
		x.Sees("▸ app/")
		x.Press("m")
		x.Asked("Move " + s.key("app") + " to")
		x.goesTo("far")
		x.untilEnd("Move plan", "deleted at the source", "y move")
		s.link.Delay(5 * time.Millisecond)
		x.Answer("y")
		early, late := name(0), name(many-1)
		s.eventually("the first key to be copied", func() bool {
			_, there := s.client.Get(s.key("far/00/0000"))
			return there
		})
		s.put(early, "theirs")
		s.put(late, "theirs too")
		s.link.Delay(0)
		x.untilEnd("not deleted at the source: ", s.key(early), s.key(late))
		s.stays(early, "theirs")
		s.stays(late, "theirs too")
		folders := 0
		if s.place.Directories {
			folders = 2 // those of the keys that stay
		}
		if n := s.count("app/"); n != 2+folders {
			t.Errorf("%d keys stayed", n)
		}
		s.isGone(name(1))
		s.stays("far/00/0000", "precious") // as it was copied
		x.Press("esc")
		x.SeesNot("Move plan")
		x.Quit()
	})
}

// untilEnd waits for what comes at the end of something that takes a request for each
// key on etcd's v2 API.
func (x *terminal) untilEnd(texts ...string) {
	x.Helper()
	seen := func() bool {
		for _, text := range texts {
			if !strings.Contains(x.Dialog(), text) {
				return false
			}
		}
		return true
	}
	for range 6 {
		if x.Terminal.Until("its end", seen) == nil {
			return
		}
	}
	x.Fatalf("waited in vain for %q; it says %s", texts, x.Dialog())
}

// An address that is typed brings a folder of etcd to Consul. What Consul cannot hold
// is refused before anything is written; u in Consul takes the copy back.
func TestFolderIsCopiedToAnotherStore(t *testing.T) {
	s := onEtcd(t)
	to := newScene(t, placeOf("consul"), placeOf("consul").Shared(t))
	to.home, to.prefix = s.home, s.prefix
	s.put("app/big", strings.Repeat("x", 600<<10))
	x := s.with("app/a", "app/deep/b")
	x.Sees("▸ app/")
	x.Press("c")
	x.Asked("PROFILE: or an address is another store")
	x.goesTo(to.address() + "/app")
	x.Asked("Copy plan", "to "+to.address()+"/app", "the target cannot hold 1 key, so that nothing is written", "app/big: 614400 bytes, and the agent takes 524288")
	x.Answer("y")
	x.Sees("p leaves out what it cannot hold")
	x.Press("p")
	x.Asked("left out, since the target cannot hold them: 1 key", "2 keys created")
	x.Answer("y")
	x.Sees("copied 2 keys to "+to.address()+"/app", "undo it there")
	to.stays("app/a", "value of app/a")
	to.stays("app/deep/b", "value of app/deep/b")
	x.Quit()

	x = to.open()
	x.Sees("▸ app/")
	x.undone("copy "+s.key("app")+" of etcdv3://", "2 keys will be deleted")
	to.isGone("app/a")
	s.stays("app/a", "value of app/a")
	x.Quit()
}

// A copy that SIGTERM cut off is taken back at the next start: nothing of it is left,
// and its source is whole.
func TestACopyThatWasEndedIsTakenBack(t *testing.T) {
	s := onEtcd(t)
	x := killedInTheCopy(s, (*terminal).isTerminated)
	x.Answer("u")
	x.Asked("Undo", "copy "+s.key("app")+" to "+s.key("new"), "deleted")
	x.Answer("y")
	x.Sees("undone")
	s.eventually("the copy to be gone", func() bool { return s.count("new/") == 0 })
	if n := s.count("app/"); n != manyCopied {
		t.Errorf("%d of %d keys are at the source", n, manyCopied)
	}
	x.Quit()
	s.open().Quit() // without a question
}

// Or it is carried on with, also with what the journal knew nothing of.
func TestACopyThatWasKilledIsCarriedOn(t *testing.T) {
	for _, name := range []string{"consul", "zk"} {
		t.Run(name, func(t *testing.T) {
			s := newScene(t, placeOf(name), placeOf(name).Shared(t))
			x := killedInTheCopy(s, (*terminal).isKilled)
			x.Asked("Carrying on makes the plan again")
			x.Answer("c")
			x.untilEnd("Copy plan", "the same already", "y copy")
			x.Answer("y")
			x.Until("the end of it", func() bool { return x.Dialog() == "" })
			if n := s.count("new/"); n != manyCopied {
				t.Errorf("%d of %d keys are copied", n, manyCopied)
			}
			x.Quit()
			s.open().Quit()
		})
	}
}

// manyCopied is how many keys killedInTheCopy has.
const manyCopied = 1200

// killedInTheCopy ends the program in the middle of a copy of app to new, and starts
// it again.
func killedInTheCopy(s *scene, end func(*terminal)) *terminal {
	s.Helper()
	s.far()
	s.home.write("config/kvist/config.toml", "confirm_count = 5000\n")
	s.client.Fill(manyCopied, func(i int) string { return s.key(fmt.Sprintf("app/%04d", i)) }, "precious")
	copied := func() int { return s.count("new/") }
	x := s.open()
	x.Sees("▸ app/")
	x.Press("c")
	x.Asked("Copy " + s.key("app") + " to")
	x.goesTo("new")
	x.untilEnd("Copy plan", " created", "y copy")
	s.link.Delay(150 * time.Millisecond)
	x.Answer("y")
	s.eventually("some of the keys to be there", func() bool { return copied() > 0 })
	end(x)
	s.link.Cut()
	s.link.Delay(0)
	s.link.Mend()
	if n := copied(); n == 0 || n == manyCopied {
		s.Fatalf("%d of %d keys were copied", n, manyCopied)
	}
	x = s.open()
	x.Asked("A plan was cut off", "copy "+s.key("app")+" to "+s.key("new"))
	return x
}

// count returns how many keys are in a folder of the scene.
func (s *scene) count(folder string) int {
	s.Helper()
	store, err := kv.NewStore(s.place.Backend, []string{s.server.Addr}, nil)
	if err != nil {
		s.Fatal(err)
	}
	defer store.Close()
	n := 0
	_, err = kv.ListKeys(s.Context(), store, s.key(folder), kv.ListOptions{}, func(kv.Entry) error {
		n++
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return n
}
