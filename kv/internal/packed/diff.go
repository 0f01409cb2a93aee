package packed

import "bytes"

// Change is what became of a name between two snapshots.
type Change struct {
	Name    []byte // good until the next change
	Was, Is State
	Old     bool // it was there before: Was is its state
	Here    bool // it is there now: Is is its state
}

// Diff calls each, in order, with the names that are not the same in both
// snapshots.
func Diff(was, is *Snapshot, each func(Change)) {
	a, b := was.Cursor(), is.Cursor()
	left, right := a.Next(), b.Next()
	for left || right {
		var order int
		switch {
		case !right:
			order = -1
		case !left:
			order = 1
		default:
			order = bytes.Compare(a.Name, b.Name)
		}
		switch {
		case order < 0:
			each(Change{Name: a.Name, Was: a.State, Old: true})
		case order > 0:
			each(Change{Name: b.Name, Is: b.State, Here: true})
		case a.State != b.State:
			each(Change{Name: b.Name, Was: a.State, Is: b.State, Old: true, Here: true})
		}
		if order <= 0 {
			left = a.Next()
		}
		if order >= 0 {
			right = b.Next()
		}
	}
}
