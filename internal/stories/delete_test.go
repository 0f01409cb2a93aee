package stories

import (
	"fmt"
	"strings"
	"testing"
)

// A subtree is deleted as planned, and a sibling that only shares text stays.
func TestSubtreeIsDeletedByPlan(t *testing.T) {
	onEach(t, func(s *scene) {
		x := s.with("app/a", "app/deep/b", "apple", "application/x")
		x.Sees("▸ app/")
		x.Press("D")
		x.Sees("Delete plan", "everything under", s.key("app/"), "- "+s.key("app/deep/b"), "stays: "+s.key("apple"))
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

// Keys that changed or appeared between the plan and the answer are kept and
// reported.
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

// A key is deleted alone; esc deletes nothing.
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

// Long names that differ in one place can be told apart in the plan, at every
// size.
func TestThreeLongNamesInAPlan(t *testing.T) {
	onEach(t, func(s *scene) {
		var names []string
		for _, host := range []string{"eu-west", "us-east", "ap-south"} {
			names = append(names, "apps/team-payments-"+host+"-settlement-reconciliation-service-provider-with-a-name-as-long-as-"+strings.Repeat("dubbo-has-them-", 14)+"production.yaml")
		}
		x := s.with(names...)
		x.Sees("▸ apps/")
		x.Press("D")
		for _, size := range [][2]int{{110, 32}, {60, 15}, {200, 50}} {
			x.Resize(size[0], size[1])
			for _, host := range []string{"ap-south", "eu-west", "us-east"} { // in the order of the keys
				x.Until(host+" on the screen or below", func() bool {
					if strings.Contains(x.Text(), host) {
						return true
					}
					x.Press("j")
					return false
				})
			}
			x.Press("g")
		}
		x.Press("esc")
		x.SeesNot("Delete plan")
		x.Quit()
	})
}

// A plan of very many keys needs their number, and shows every one of them
// before.
func TestAPlanOfManyKeys(t *testing.T) {
	s := onEtcd(t)
	for i := range 1001 {
		s.put(fmt.Sprintf("many/%04d", i), "v")
	}
	x := s.with("other")
	x.Sees("1 002 keys")
	x.Press("g", "D")
	x.Asked("Delete plan", "1 001 keys", "will be deleted", "type 1001, then enter")
	x.Answer("G")
	x.Asked("- "+s.key("many/1000"), "kept and listed")
	x.Press("/")
	x.Asked("Find in the plan")
	x.Type("0700\r")
	x.Asked(s.key("many/0700"))
	x.Answer("y")
	x.Sees("type the number of keys, 1001")
	x.Type("100\r")
	x.Sees("nothing was deleted")
	x.Type("1\r")
	x.Sees("deleted 1 001 keys")
	s.stays("other", "value of other")
	x.Quit()
}
