package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// All returns the journals of all stores below root, for reading. A directory
// that no journal is in is passed over.
func All(root string) ([]*Journal, error) {
	dirs, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []*Journal
	for _, d := range dirs {
		j := &Journal{root: root, dir: filepath.Join(root, d.Name())}
		err := j.forward(place{}, "", func(l *line, _ place) bool {
			if l.Store != nil {
				j.store = *l.Store
			}
			return l.Store == nil
		})
		if err == nil && j.store.Backend != "" {
			all = append(all, New(root, j.store, Options{}))
		}
	}
	return all, nil
}

// Store returns which store the journal is of.
func (j *Journal) Store() Store { return j.store }
