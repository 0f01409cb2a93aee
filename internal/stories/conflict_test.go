package stories

import (
	"fmt"
	"strings"
	"testing"
)

const (
	poem     = "one\ntwo\nthree\nfour"
	minePoem = "mine one\ntwo\nthree\nfour"
)

// conflict is a scene in which both sides changed a key, and the dialog that
// reports it.
func conflict(s *scene) *terminal {
	s.Helper()
	s.put("poem", poem)
	x := s.open()
	x.Sees("three")
	x.Press("e")
	x.Sees(" editing ")
	x.Type("mine ")
	x.Sees("modified (based on")
	s.put("poem", "one\ntwo\nthree\ntheir four")
	x.Sees("changed by someone else")
	x.Press("ctrl+s")
	x.Sees("Conflict", "+ mine one", "+ their four", "take theirs")
	return x
}

func TestConflictIsOverwritten(t *testing.T) {
	onEach(t, func(s *scene) {
		x := conflict(s)
		s.put("poem", "a third hand")
		x.Answer("o")
		x.Sees("changed again", "+ a third hand")
		s.stays("poem", "a third hand")
		x.Answer("o")
		x.Sees("saved " + s.key("poem"))
		x.SeesNot("Conflict")
		s.stays("poem", minePoem)
	})
}

func TestConflictTakesTheirs(t *testing.T) {
	onEach(t, func(s *scene) {
		x := conflict(s)
		x.Answer("t")
		x.Sees("took theirs", "their four", "Value "+s.key("poem"))
		s.stays("poem", "one\ntwo\nthree\ntheir four")
	})
}

func TestConflictIsMerged(t *testing.T) {
	onEach(t, func(s *scene) {
		x := conflict(s)
		x.Answer("m")
		x.Sees("merged cleanly", "mine one", "their four")
		x.Press("ctrl+s")
		x.Sees("saved " + s.key("poem"))
		s.stays("poem", "mine one\ntwo\nthree\ntheir four")
	})
}

func TestConflictGoesBackToEditing(t *testing.T) {
	onEach(t, func(s *scene) {
		x := conflict(s)
		x.Answer("esc")
		x.SeesNot("take theirs")
		x.Type("still ")
		x.Sees("mine still one")
		s.stays("poem", "one\ntwo\nthree\ntheir four")
	})
}

// A key that was deleted meanwhile can be created again.
func TestConflictWithADeletion(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a")
		x.Sees("value of a")
		x.Press("e")
		x.Sees(" editing ")
		x.Type("my ")
		s.delete("a")
		x.Sees("deleted by someone else")
		x.Press("ctrl+s")
		x.Sees("was deleted while you were editing", "o create it again")
		x.Answer("o")
		x.Sees("saved " + s.key("a"))
		s.stays("a", "my value of a")
	})
}

// In two versions of a JSON line that is longer than any screen, the changes of
// each side are in sight, in a wide terminal and in a narrow one.
func TestConflictInOneLongLine(t *testing.T) {
	onEach(t, func(s *scene) {
		var b strings.Builder
		for i := range 60 {
			fmt.Fprintf(&b, `, "service%02d": {"host": "10.0.0.%d", "port": %d, "tags": ["a", "b"]}`, i, i, 14000+i)
		}
		base := "{" + b.String()[2:] + "}"
		if len(base) < 4<<10 {
			t.Fatalf("it has %d bytes", len(base))
		}
		theirs := strings.Replace(base, "14030", "19030", 1)
		s.put("services", base)
		x := s.open()
		x.Sees("JSON, 60 keys")
		x.Press("e")
		x.Sees(" editing ")
		x.Press("end", "backspace")
		x.Type(`, "zz": 1}`)
		x.Sees("modified (based on")
		s.put("services", theirs)
		x.Sees("changed by someone else")
		x.Press("ctrl+s")
		for _, size := range [][2]int{{110, 32}, {80, 24}} {
			x.Resize(size[0], size[1])
			x.Sees("Conflict", `+   "zz": 1`, `-     "port": 14030`, `+     "port": 19030`)
		}
		x.Answer("t")
		x.Sees("took theirs")
		s.stays("services", theirs)
		x.Quit()
	})
}
