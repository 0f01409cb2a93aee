package stories

import "testing"

// A subtree goes as planned, and its sibling that only shares text stays.
func TestSubtreeIsDeletedByPlan(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/deep/b", "apple", "application/x")
		x.Sees("▸ app/")
		x.Press("D")
		x.Sees("Delete plan", "everything below it", "- "+s.key("app/a"), "- "+s.key("app/deep/b"), "stays: "+s.key("apple"))
		x.Answer("y")
		x.Sees("deleted", "-▸ app/")
		x.SeesNot("Delete plan")
		s.isGone("app/a")
		s.isGone("app/deep/b")
		s.stays("apple", "value of apple")
		s.stays("application/x", "value of application/x")
		x.Quit()
	})
}

// What changed or appeared between the plan and the yes is kept and reported.
func TestPlanKeepsWhatChangedSince(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/b", "app/c")
		x.Sees("▸ app/")
		x.Press("D")
		x.Sees("Delete plan", "will be deleted")
		s.put("app/b", "somebody needs it")
		s.put("app/new", "just made")
		x.Answer("y")
		x.Sees("not deleted:", "app/b: changed since", "appeared since, and kept: 1 key", "app/new")
		s.isGone("app/a")
		s.isGone("app/c")
		s.stays("app/b", "somebody needs it")
		s.stays("app/new", "just made")
		x.Press("esc")
		x.SeesNot("Delete plan")
	})
}

// One key goes alone; esc deletes nothing.
func TestKeyIsDeleted(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("a", "ab")
		x.Press("d")
		x.Sees("Delete plan", "this key alone")
		x.Press("esc")
		x.SeesNot("Delete plan")
		s.stays("a", "value of a")
		x.Press("d")
		x.Sees("this key alone")
		x.Answer("y")
		x.Sees("deleted 1 key", "-  a")
		s.isGone("a")
		s.stays("ab", "value of ab")
	})
}
