package journal

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// oldFile is a file that may be deleted.
type oldFile struct {
	path    string
	size    int64
	changed time.Time
	newest  bool // of its store
}

// Prune deletes the oldest files of all stores, until the rest is within the
// bounds. It never deletes a file that a plan under way has records in, since
// those are what its undo needs, nor the newest file of a store that a program
// writes to. That a file cannot be deleted is no reason to refuse a write: the
// next time tries again.
func (j *Journal) Prune() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.prune()
}

func (j *Journal) prune() {
	stores, err := os.ReadDir(j.root)
	if err != nil {
		return
	}
	var old []oldFile
	var total int64
	for _, s := range stores {
		list := oldFiles(filepath.Join(j.root, s.Name()))
		for _, f := range list {
			total += f.size
		}
		old = append(old, list...)
	}
	slices.SortFunc(old, func(a, b oldFile) int {
		return cmp.Or(a.changed.Compare(b.changed), cmp.Compare(a.path, b.path))
	})
	for _, f := range old {
		expired := time.Since(f.changed) > j.options.Age
		if total <= j.options.Size && !expired || f.newest && !expired || j.needs(f.path) {
			continue
		}
		if os.Remove(f.path) == nil {
			total -= f.size
		}
	}
}

// needs reports whether the file must stay: this program writes to it, or a
// plan under way has records in it.
func (j *Journal) needs(path string) bool {
	dir, name := filepath.Split(path)
	if filepath.Clean(dir) != j.dir || j.file == nil {
		return false
	}
	return name == fileName(j.n) || j.plans > 0 && name >= fileName(j.keep)
}

// oldFiles returns the files of a store. None counts as older than one before it,
// whatever the clock said then: the order is that of the numbers.
func oldFiles(dir string) (list []oldFile) {
	numbers, err := files(dir)
	if err != nil {
		return nil
	}
	var changed time.Time
	for i, n := range numbers {
		path := filepath.Join(dir, fileName(n))
		if info, err := os.Stat(path); err == nil {
			if info.ModTime().After(changed) {
				changed = info.ModTime()
			}
			list = append(list, oldFile{path, info.Size(), changed, i == len(numbers)-1})
		}
	}
	return list
}
