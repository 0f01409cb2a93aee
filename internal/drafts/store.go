package drafts

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"kvist/internal/statefile"
)

const ending = ".draft"

// Dir returns where the user's drafts are.
func Dir() string { return statefile.Dir("drafts") }

// Store keeps drafts in a directory, one file each. Its methods may be called
// concurrently. Each Store writes files of its own, so that two programs that
// edit one key keep a draft each, and a file that cannot be read is never
// overwritten.
type Store struct {
	dir   string
	owner string // in the names of this store's files

	mu    sync.Mutex
	saved map[string]time.Time            // by name, the time of the last draft that was saved
	given map[string]map[string]time.Time // by name, the known files and the time of each draft
}

// New returns the drafts in dir, which the first Save makes.
func New(dir string) *Store {
	return &Store{
		dir:   dir,
		owner: strings.ToLower(rand.Text()[:12]),
		saved: map[string]time.Time{},
		given: map[string]map[string]time.Time{},
	}
}

// Save replaces the draft of the same address and key that this Store saved
// before. When it returns, the draft outlives a crash of the program and of the
// machine. It ignores a draft that is older than the last one saved, so that
// saves may overtake one another. Nobody but the user can read the file.
func (s *Store) Save(d Draft) error {
	data, err := encode(d)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	name := nameOf(d.Address, d.Key)
	if d.At.Before(s.saved[name]) {
		return nil
	}
	statefile.Sweep(s.dir)
	file := name + "." + s.owner + ending
	if err := statefile.Write(s.dir, file, data); err != nil {
		return err
	}
	s.saved[name] = d.At
	s.give(name, file, d.At)
	return nil
}

// Load returns the latest draft of the key. The error is fs.ErrNotExist if
// there is none, and a FileError if it cannot be read.
func (s *Store) Load(address, key string) (Draft, error) {
	list, err := s.read(nameOf(address, key))
	if len(list) > 0 {
		return list[0], nil
	}
	if err == nil {
		err = fs.ErrNotExist
	}
	return Draft{}, err
}

// List returns the latest draft of each key of that address, sorted by key. The
// error joins a FileError for each file that cannot be read; the readable
// drafts are returned all the same.
func (s *Store) List(address string) ([]Draft, error) {
	return s.read(hash(plain(address))[:addressPart])
}

// Remove deletes the draft of the key that this Store saved, loaded or listed.
// A file that could not be read stays, and so does a draft that another program
// saved since. Nothing to remove is no error.
func (s *Store) Remove(address, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := nameOf(address, key)
	var errs []error
	for file, at := range s.given[name] {
		if d, err := s.open(file); err == nil && !d.At.Equal(at) {
			continue
		}
		err := os.Remove(filepath.Join(s.dir, file))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		delete(s.given[name], file)
	}
	return errors.Join(errs...)
}

// read returns the latest draft of each key among the files whose names begin
// with prefix.
func (s *Store) read(prefix string) ([]Draft, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var errs []error
	latest := map[string]Draft{}
	for _, entry := range entries {
		file := entry.Name()
		if !strings.HasPrefix(file, prefix) || !strings.HasSuffix(file, ending) {
			continue
		}
		d, err := s.open(file)
		if err != nil {
			errs = append(errs, &FileError{Path: filepath.Join(s.dir, file), Err: err})
			continue
		}
		s.give(nameOf(d.Address, d.Key), file, d.At)
		if old, ok := latest[d.Key]; !ok || old.At.Before(d.At) {
			latest[d.Key] = d
		}
	}
	list := make([]Draft, 0, len(latest))
	for _, d := range latest {
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Draft) int { return cmp.Compare(a.Key, b.Key) })
	return list, errors.Join(errs...)
}

// open reads the draft in the file of that name.
func (s *Store) open(file string) (Draft, error) {
	path := filepath.Join(s.dir, file)
	info, err := os.Lstat(path)
	if err != nil {
		return Draft{}, err
	}
	if !info.Mode().IsRegular() {
		return Draft{}, ErrCorrupt
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return Draft{}, err
	}
	d, err := decode(data)
	if err == nil && !strings.HasPrefix(file, nameOf(d.Address, d.Key)+".") {
		err = ErrCorrupt
	}
	return d, err
}

// give records that the user of the store knows what is in the file.
func (s *Store) give(name, file string, at time.Time) {
	if s.given[name] == nil {
		s.given[name] = map[string]time.Time{}
	}
	s.given[name][file] = at
}
