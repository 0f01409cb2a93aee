package places

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kvist/internal/statefile"
)

// The bounds of what is kept of a store.
const (
	BookmarksMax = 1000
	FoldersMax   = 2000
	// OpenedMax is of how many stores it is kept what was open.
	OpenedMax = 200
	// fileMax is the most bytes of a file: one that is larger is not ours.
	fileMax = 4 << 20
)

// version is the form of the files that this package reads and writes.
const version = 1

const (
	markEnding = ".bookmark"
	openEnding = ".open"
	usedEnding = ".used"
	// ofPart and keyPart are the digits of a file's name for the store and for the
	// key.
	ofPart, keyPart = 16, 32
)

// Dir returns where the user's files are.
func Dir() string { return statefile.Dir("places") }

// Store keeps the files in a directory. Its methods may be called concurrently.
type Store struct{ dir string }

// New returns what is kept in dir, which the first write makes.
func New(dir string) *Store { return &Store{dir} }

// Opened is what was open in a store.
type Opened struct {
	Folders []string // in full
	Cursor  string   // the key under the cursor
	Pane    string   // the pane beside the tree, by the action that shows it
}

// record is the content of a file. Keys may have any bytes, which a JSON string
// cannot hold.
type record struct {
	Version int      `json:"version"`
	Of      string   `json:"of"`
	Key     []byte   `json:"key,omitempty"`
	Folders [][]byte `json:"folders,omitempty"`
	Pane    string   `json:"pane,omitempty"`
	Tabs    []Tab    `json:"tabs,omitempty"`
	At      int64    `json:"at,omitempty"` // seconds since 1970
}

// errForeign is the error for a file that is not what its name says.
var errForeign = errors.New("it is not a file of this kvist")

// part returns the beginning of the names of a store's files.
func part(of string) string { return statefile.Hash(of)[:ofPart] }

// markName returns the name of a bookmark's file.
func markName(of, key string) string {
	return part(of) + "-" + statefile.Hash(key)[:keyPart] + markEnding
}

// Bookmarks returns the keys that have one, sorted. The error joins those of files
// that cannot be read; the others are returned all the same.
func (s *Store) Bookmarks(of string) ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var keys []string
	var errs []error
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), part(of)+"-") || !strings.HasSuffix(e.Name(), markEnding) || len(keys) == BookmarksMax {
			continue
		}
		r, err := s.read(of, e.Name())
		if err == nil && markName(of, string(r.Key)) != e.Name() {
			err = errForeign
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // another program removed it
			errs = append(errs, fmt.Errorf("the bookmark in %s cannot be read: %w", filepath.Join(s.dir, e.Name()), err))
		}
		if err == nil {
			keys = append(keys, string(r.Key))
		}
	}
	slices.Sort(keys)
	return keys, errors.Join(errs...)
}

// Mark sets a bookmark. Nobody but the user can read its file.
func (s *Store) Mark(of, key string) error {
	statefile.Sweep(s.dir)
	return s.write(markName(of, key), &record{Of: of, Key: []byte(key)})
}

// Unmark removes a bookmark. Nothing to remove is no error.
func (s *Store) Unmark(of, key string) error {
	if err := os.Remove(filepath.Join(s.dir, markName(of, key))); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Opened returns what was open; false if nothing is known, or nothing that can be
// read: it is no more than a convenience.
func (s *Store) Opened(of string) (Opened, bool) {
	r, err := s.read(of, part(of)+openEnding)
	if err != nil {
		return Opened{}, false
	}
	o := Opened{Cursor: string(r.Key), Pane: r.Pane}
	for _, folder := range r.Folders[:min(len(r.Folders), FoldersMax)] {
		o.Folders = append(o.Folders, string(folder))
	}
	return o, true
}

// KeepOpened keeps what is open, in place of what was. Of several programs the last
// one decides.
func (s *Store) KeepOpened(of string, o Opened) error {
	r := &record{Of: of, Key: []byte(o.Cursor), Pane: o.Pane}
	for _, folder := range o.Folders[:min(len(o.Folders), FoldersMax)] {
		r.Folders = append(r.Folders, []byte(folder))
	}
	if err := s.write(part(of)+openEnding, r); err != nil {
		return err
	}
	return s.prune(openEnding)
}

// Use keeps that a store is used now.
func (s *Store) Use(of string, now time.Time) error {
	if err := s.write(part(of)+usedEnding, &record{Of: of, At: now.Unix()}); err != nil {
		return err
	}
	return s.prune(usedEnding)
}

// Used returns when stores were used last. Those of which nothing is known, or nothing
// that can be read, are left out.
func (s *Store) Used(stores []string) map[string]time.Time {
	used := map[string]time.Time{}
	for _, of := range stores {
		if r, err := s.read(of, part(of)+usedEnding); err == nil && r.At > 0 {
			used[of] = time.Unix(r.At, 0)
		}
	}
	return used
}

// prune removes the files of one kind of the stores that were left longest ago, if
// there are too many.
func (s *Store) prune(ending string) error {
	files, err := filepath.Glob(filepath.Join(s.dir, "*"+ending))
	if err != nil || len(files) <= OpenedMax {
		return err
	}
	left := map[string]time.Time{}
	for _, file := range files {
		if info, err := os.Lstat(file); err == nil {
			left[file] = info.ModTime()
		}
	}
	slices.SortFunc(files, func(a, b string) int { return left[a].Compare(left[b]) })
	var errs []error
	for _, file := range files[:len(files)-OpenedMax] {
		if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// write writes a file.
func (s *Store) write(name string, r *record) error {
	r.Version = version
	r.Of = strings.ToValidUTF8(r.Of, "\ufffd")
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return statefile.Write(s.dir, name, append(data, '\n'))
}

// read reads a file of a store.
func (s *Store) read(of, name string) (*record, error) {
	data, err := statefile.Read(s.dir, name, fileMax)
	if err != nil {
		return nil, err
	}
	var r record
	if json.Unmarshal(data, &r) != nil || r.Version != version || r.Of != strings.ToValidUTF8(of, "\ufffd") {
		return nil, errForeign
	}
	return &r, nil
}
