package undo

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"kvist/kv"
)

// usedMost is how many folders of an entry are looked into beforehand, each by a request.
// Those of an entry with more of them, with more than a chunk of records, or in parts, are
// found to be in use when they are deleted.
const usedMost = 100

// errUsed ends the listing of a folder that stays.
var errUsed = errors.New("the folder is in use")

// leaveUsed marks the folders that would be deleted and that hold keys that stay: a store
// whose keys are paths keeps them.
func (u *Undo) leaveUsed(ctx context.Context, records int, steps []Step) error {
	nature := kv.NatureOf(u.Store)
	if !nature.Paths || records > u.size() || u.inParts {
		return nil
	}
	goes := map[string]bool{}
	var folders []*Step
	for i := range steps {
		s := &steps[i]
		if !s.writes() || s.Write.After != nil {
			continue
		}
		goes[s.Write.Key] = true
		if bare(s.Now) && (!nature.BareFolders || s.Now.Type == kv.DirectoryNode) {
			folders = append(folders, s)
		}
	}
	if len(folders) > usedMost {
		return nil
	}
	slices.SortFunc(folders, func(a, b *Step) int { // what is in a folder is looked at before it
		return cmp.Compare(strings.Count(b.Write.Key, "/"), strings.Count(a.Write.Key, "/"))
	})
	for _, s := range folders {
		_, err := kv.ListKeys(ctx, u.Store, s.Write.Key, kv.ListOptions{Level: true}, func(e kv.Entry) error {
			if goes[e.Key] {
				return nil
			}
			return errUsed
		})
		switch {
		case errors.Is(err, errUsed):
			s.Used, goes[s.Write.Key] = true, false
		case err != nil && !errors.Is(err, kv.ErrDenied):
			return err
		}
	}
	return nil
}
