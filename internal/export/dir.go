package export

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kvist/internal/scratch"
	"kvist/kv"
)

// writeDirectory writes entries as files of a directory, whole or not at all: it
// is made beside its place and then put there. It replaces a directory only if that
// is an export of kvist, and if replace.
func writeDirectory(path string, replace bool, h Header, each func(visit func(*Entry) error) error) (err error) {
	path = filepath.Clean(path)
	if err := replaceable(path, replace); err != nil {
		return err
	}
	made, done, err := scratch.DirBeside(path)
	if err != nil {
		return err
	}
	defer done()
	defer os.RemoveAll(made)
	if err := fillDirectory(made, h, each); err != nil {
		return err
	}
	if err := replaceable(path, replace); err != nil {
		return err
	}
	return swapDirectory(made, path)
}

// replaceable returns why nothing can be put at a path.
func replaceable(path string, replace bool) error {
	entries, err := os.ReadDir(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0:
		return nil
	case err != nil:
		return err
	}
	if _, err := os.Stat(filepath.Join(path, metaName)); err == nil && !replace {
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	} else if err != nil {
		return fmt.Errorf("%s is there and is no export of kvist (it has no %s), so that it is not replaced", path, metaName)
	}
	return nil
}

// swapDirectory puts a directory in the place of another one. What that has of names
// that begin with a dot, which no key becomes, such as .git, goes on in the new one.
func swapDirectory(made, path string) error {
	aside, err := os.MkdirTemp(filepath.Dir(path), ".kvist-replaced-*")
	if err != nil {
		return err
	}
	old := filepath.Join(aside, "old")
	err = os.Rename(path, old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, os.Remove(aside))
	}
	if renamed := os.Rename(made, path); renamed != nil {
		if err == nil {
			renamed = errors.Join(renamed, os.Rename(old, path))
		}
		return errors.Join(renamed, os.Remove(aside))
	}
	if err := keepDotted(old, path); err != nil {
		return fmt.Errorf("what was there before is in %s: %w", old, err)
	}
	return os.RemoveAll(aside)
}

// keepDotted moves what begins with a dot from one directory to another.
func keepDotted(from, to string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for _, e := range entries {
		if err == nil && strings.HasPrefix(e.Name(), ".") {
			err = os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()))
		}
	}
	return err
}

// dirWriter writes files.
type dirWriter struct {
	root string
	meta Writer
	dirs map[string]bool
}

// fillDirectory writes the files. Entries come in the order of their keys.
func fillDirectory(root string, h Header, each func(visit func(*Entry) error) error) error {
	file, err := os.OpenFile(filepath.Join(root, metaName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer file.Close()
	meta, err := newLines(bufio.NewWriter(file), h)
	if err != nil {
		return err
	}
	w := &dirWriter{root: root, meta: meta, dirs: map[string]bool{}}
	if err := each(w.write); err != nil {
		return err
	}
	return errors.Join(meta.Close(), file.Sync())
}

// write writes the file of an entry. A key that is a folder too may come before
// or after the keys below it: its file then moves into the directory.
func (w *dirWriter) write(e *Entry) error {
	bare := *e.Node
	bare.Value = []byte{}
	if err := w.meta.Write(&Entry{Key: e.Key, Own: e.Own, Node: &bare}); err != nil {
		return err
	}
	if e.Node.Type == kv.DirectoryNode {
		return nil
	}
	names := []string{valueName, valueName} // of the prefix itself
	if !e.Own {
		names = fileNames(e.Key, false)
	}
	path := filepath.Join(append([]string{w.root}, names...)...)
	if err := w.mkdir(names[:len(names)-1]); err != nil {
		return err
	}
	if w.dirs[strings.Join(names, "/")] {
		path = filepath.Join(path, valueName)
	}
	return writeNew(path, e.Node.Value)
}

// writeNew writes a file that is not there.
func writeNew(path string, value []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("two keys have the same name in this file system, %s; another format holds both", filepath.Base(path))
		}
		return err
	}
	_, err = file.Write(value)
	return errors.Join(err, file.Close())
}

// mkdir makes a directory. A file of that name becomes the value in it.
func (w *dirWriter) mkdir(names []string) error {
	for i := range names {
		name := strings.Join(names[:i+1], "/")
		if w.dirs[name] {
			continue
		}
		path := filepath.Join(w.root, filepath.FromSlash(name))
		aside := ""
		if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
			aside = path + "%value"
			if err := os.Rename(path, aside); err != nil {
				return err
			}
		}
		if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if aside != "" {
			if err := os.Rename(aside, filepath.Join(path, valueName)); err != nil {
				return err
			}
		}
		w.dirs[name] = true
	}
	return nil
}

// dirReader reads a directory of files.
type dirReader struct {
	root   string
	header Header
	keys   []dirKey
	next   int
}

// dirKey is a key, and the file that holds its value; "" for none.
type dirKey struct {
	*Entry
	file string
}

// ReadDirectory reads the files of a directory. Without the file that says what
// keys have besides values, all they have is values.
func ReadDirectory(root string) (Reader, error) {
	r := &dirReader{root: root}
	meta, err := r.meta()
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		rel, err := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".git":
			return filepath.SkipDir
		case d.IsDir() || rel == metaName:
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no file", path)
		}
		return r.add(meta, rel, path)
	})
	if err != nil {
		return nil, err
	}
	for id, e := range meta {
		if e.Node.Type != kv.DirectoryNode {
			return nil, fmt.Errorf("there is no file for the key %q: %w", id.key, ErrCutOff)
		}
		r.keys = append(r.keys, dirKey{e, ""})
	}
	slices.SortFunc(r.keys, func(a, b dirKey) int {
		if a.Own != b.Own {
			return map[bool]int{true: -1, false: 1}[a.Own]
		}
		return strings.Compare(a.Key, b.Key)
	})
	return r, nil
}

// dirID tells keys apart.
type dirID struct {
	key string
	own bool
}

// add adds the key of a file.
func (r *dirReader) add(meta map[dirID]*Entry, rel, path string) error {
	names := strings.Split(filepath.ToSlash(rel), "/")
	id := dirID{own: slices.Equal(names, []string{valueName, valueName})}
	if !id.own {
		key, err := keyOf(names)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		id.key = key
	}
	e := meta[id]
	delete(meta, id)
	if e == nil {
		e = &Entry{Key: id.key, Own: id.own, Node: &kv.Node{Key: id.key}}
	}
	r.keys = append(r.keys, dirKey{e, path})
	return nil
}

// meta reads what keys have besides values.
func (r *dirReader) meta() (map[dirID]*Entry, error) {
	meta := map[dirID]*Entry{}
	file, err := os.Open(filepath.Join(r.root, metaName))
	if errors.Is(err, fs.ErrNotExist) {
		return meta, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := readLines(bufio.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metaName, err)
	}
	r.header = lines.Header()
	for {
		e, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return meta, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", metaName, err)
		}
		meta[dirID{e.Key, e.Own}] = e
	}
}

// Header implements Reader.
func (r *dirReader) Header() Header { return r.header }

// Next implements Reader.
func (r *dirReader) Next() (*Entry, error) {
	if r.next == len(r.keys) {
		return nil, io.EOF
	}
	k := r.keys[r.next]
	r.next++
	if k.file == "" {
		return k.Entry, nil
	}
	value, err := os.ReadFile(k.file)
	if err != nil {
		return nil, err
	}
	e := *k.Entry
	node := *e.Node
	node.Value = bytes.Clone(value)
	if node.Value == nil {
		node.Value = []byte{}
	}
	e.Node = &node
	return &e, nil
}
