package stories

import (
	"fmt"
	"testing"
)

// An operator looks for what a key was before it was broken, and puts it back: the
// store keeps all versions, the deletion among them, and its own client sees the
// result. u takes it back.
func TestHistoryOfAKeyThatTheStoreKeeps(t *testing.T) {
	s := onEtcd(t)
	for i := range 5 {
		s.put("limits", fmt.Sprintf("rate = %d\nburst = 10\n", i+1))
	}
	s.delete("limits")
	s.put("limits", "rate = 0\n")
	x := s.open()
	x.Sees("rate = 0")
	x.Type("H")
	x.Sees("History of "+s.key("limits"), "7 versions kept by the store", "deleted", "now", "version 5", "+ rate = 0")
	x.Type("j")
	x.Sees("- rate = 5", "- burst = 10")
	x.Type("j")
	x.Sees("- rate = 4", "+ rate = 5")
	x.Type("c")
	x.Sees("against now", "- rate = 5", "+ rate = 0")
	x.Press("enter")
	x.Sees("rate = 5", "created at revision", "version 5")
	x.Press("esc")
	x.SeesNot("created at revision")
	x.Type("p")
	x.Asked("Put back", "in place of revision", "- rate = 0", "+ rate = 5")
	x.Answer("y")
	x.Sees("saved "+s.key("limits"), "8 versions", "written by kvist")
	s.stays("limits", "rate = 5\nburst = 10\n")
	s.put("limits", "rate = 6\n")
	x.Sees("9 versions")
	x.Type("Gc")
	x.Sees("there was nothing before", "+ rate = 1")
	x.Type("H")
	x.Sees("Value "+s.key("limits"), "rate = 6")
	x.Quit()
}

// A key that is gone has a history, from which it is created again.
func TestHistoryOfADeletedKey(t *testing.T) {
	s := onEtcd(t)
	x := s.with("a", "b")
	s.delete("a")
	x.Sees("deleted; this is what it last was")
	x.Type("H")
	x.Sees("2 versions kept by the store", "(deleted) (now)", "- value of a")
	x.Type("p")
	x.Sees("is deleted now: there is nothing to put back")
	x.Type("j")
	x.Sees("+ value of a")
	x.Type("p")
	x.Asked("Put back", "is gone. Create it again", "+ value of a")
	x.Answer("y")
	x.Sees("saved "+s.key("a"), "3 versions")
	s.stays("a", "value of a")
	x.Quit()
}

// On every store the history has what this kvist saw and wrote, and says what it
// does not know.
func TestHistoryOfWhatThisKvistSaw(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a", "b")
		x.Sees("value of a")
		s.put("a", "by somebody else")
		x.Sees("by somebody else")
		x.Type("H")
		words := "seen by this kvist"
		if s.place.Scheme == "etcdv3" {
			words = "kept by the store"
		}
		x.Sees("2 versions", words, "- value of a", "+ by somebody else")
		if s.place.Scheme != "etcdv3" {
			x.Sees("what was before is not known: this store keeps no history")
		}
		s.put("a", "broken")
		x.Sees("3 versions")
		x.Type("g")
		x.Sees("- by somebody else", "+ broken")
		if s.place.Scheme == "etcdv3" {
			x.Type("jj")
		} else { // the last row but one: there may be a gap above
			x.Type("Gk")
		}
		x.Sees("value of a")
		x.Type("p")
		x.Asked("Put back", "- broken", "+ value of a")
		x.Answer("y")
		x.Sees("saved "+s.key("a"), "4 versions", "written by kvist")
		s.stays("a", "value of a")
		s.delete("a")
		x.Sees("5 versions")
		x.Type("g")
		x.Sees("- value of a", "(now)")
		x.Quit()
	})
}
