package undo

import (
	"maps"
	"slices"
	"strings"

	"kvist/internal/journal"
	"kvist/kv"
)

// chunk is how many records of a plan are looked at, and written, at once.
const chunk = 5000

// pass says which records are taken back before the others.
type pass = func(*journal.Record) bool

// foldersFirst adds passes before the others where keys are paths and the journal has a folder
// after what was in it, as a move and a deletion that was tried again have it: a folder comes back
// before what is in it, which would make another one in its place. Within a chunk the store sees to
// that. There is a pass for each depth of folders.
func (u *Undo) foldersFirst(plans []journal.Plan, records int, passes []pass) ([]pass, error) {
	if !kv.NatureOf(u.Store).Paths || records <= u.size() {
		return passes, nil
	}
	folders, late := map[string]bool{}, false
	for i := range plans {
		err := u.Journal.Records(&plans[i], func(r journal.Record) bool {
			if comesBack(&r) {
				late = late || folders[r.Key]
				folders[r.Key[:max(0, strings.LastIndexByte(r.Key, '/'))]] = true
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	if !late {
		return passes, nil
	}
	depths := map[int]bool{}
	for folder := range folders {
		depths[strings.Count(folder, "/")] = true
	}
	var ordered []pass
	isFolder := func(r *journal.Record) bool { return comesBack(r) && folders[r.Key] }
	for _, depth := range slices.Sorted(maps.Keys(depths)) {
		ordered = append(ordered, func(r *journal.Record) bool {
			return isFolder(r) && strings.Count(r.Key, "/") == depth
		})
	}
	first := passes[0] // all that comes back is in it
	ordered = append(ordered, func(r *journal.Record) bool { return first(r) && !isFolder(r) })
	return append(ordered, passes[1:]...), nil
}

// comesBack reports whether taking the record back makes its key again.
func comesBack(r *journal.Record) bool { return r.Before != nil && r.After == nil }

// size returns how many records are looked at at once.
func (u *Undo) size() int {
	if u.some > 0 {
		return u.some
	}
	return chunk
}
