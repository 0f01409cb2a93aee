package undo

import (
	"strings"

	"kvist/internal/journal"
	"kvist/kv"
)

// Words that a plan's title begins with where it is not the first of its kind.
const (
	undoes    = "undo "
	redoes    = "redo "
	carriesOn = "carry on: "
	theRest   = "the rest of "
)

// AtSource ends the title of what a move to another store deletes at its source.
const AtSource = ": delete what was copied"

// movedTo begins the title of a move, and renamedTo that of one within a folder.
const (
	movedTo   = "move "
	renamedTo = "rename "
)

// isMove reports whether a plan moved keys, or took that back or did it again, at both
// ends.
func isMove(p *journal.Plan) bool {
	deed := strings.TrimPrefix(Deed(p), theRest)
	return (strings.HasPrefix(deed, movedTo) || strings.HasPrefix(deed, renamedTo)) && !strings.HasSuffix(deed, AtSource)
}

// TakesBackMove reports whether undoing the entry deletes what a move brought here
// from another store, where it was deleted.
func TakesBackMove(e *journal.Entry, s *Summary) bool {
	if e.Plan == nil || Redoes(e) || s.within || s.Deleted <= s.Restored+s.Already+len(s.Conflicts) {
		return false // within one store, the same undo puts the source back
	}
	deed := Deed(e.Plan)
	return strings.HasPrefix(deed, movedTo) && !strings.HasSuffix(deed, AtSource)
}

// MoveWarning says what becomes of keys when only the target of a move is undone.
const MoveWarning = "they were moved here from another store: unless the move is undone there too, they are in neither"

// StaysSaid says why what a move brought is left alone.
const StaysSaid = "it may be the only one left, since the other end of the move does not come back"

// Redoes reports whether undoing the entry does something again, since the entry
// is an undo itself.
func Redoes(e *journal.Entry) bool {
	if e.Plan != nil {
		return e.Undoes != "" && !strings.HasPrefix(strings.TrimPrefix(e.Plan.Title, carriesOn), redoes)
	}
	return e.Undoes != "" && !e.Redo
}

// Deed returns what a plan did, or took back, or did again.
func Deed(p *journal.Plan) string {
	title := strings.TrimPrefix(p.Title, carriesOn)
	switch {
	case p.Undoes == "" && p.Continues != "":
		return theRest + title
	case p.Undoes == "":
		return title
	}
	if deed, ok := strings.CutPrefix(title, undoes); ok {
		return deed
	}
	return strings.TrimPrefix(title, redoes)
}

// title is the title of the plan that undoes the entry of one.
func title(e *journal.Entry) string {
	if Redoes(e) {
		return redoes + Deed(e.Plan)
	}
	return undoes + Deed(e.Plan)
}

// Verb says what a write did, or what the one did that it takes back.
func Verb(r *journal.Record) string {
	from, to := r.Before, r.After
	if r.Undoes != "" && !r.Redo {
		from, to = to, from
	}
	switch {
	case r.Op == string(kv.OpLock), r.Op == string(kv.OpUnlock), r.Op == string(kv.OpBreak):
		return r.Op
	case r.Op == string(kv.OpPut) && r.After == nil: // what it replaced could not be read
		return "change"
	case from == nil:
		return "create"
	case to == nil:
		return "delete"
	}
	return "change"
}
