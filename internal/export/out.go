package export

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kvist/internal/explain"
	"kvist/internal/printable"
	"kvist/internal/scratch"
	"kvist/internal/transfer"
	"kvist/kv"
)

// Out is an export: what is written, and how. Its methods read the source once.
type Out struct {
	Source transfer.Source
	Header Header
	Format Format
	// Owned also writes ephemeral keys and places in the queues of locks.
	Owned bool
	// Progress, where it is not nil, is called with the number of keys that were
	// written so far.
	Progress func(keys int)

	Keys int // that were written
	Left int // that were left out, as owned
	// Lost counts the keys of which the format has no place for something, by the words for that.
	Lost map[string]int

	folder string // the directory that the last entry was; "" for another one
}

// HeaderOf returns the header for what is at a place.
func HeaderOf(s kv.Store, prefix string) Header {
	return Header{Store: kv.NatureOf(s).Name, Prefix: kv.Dir(s, prefix), Own: strings.TrimSuffix(prefix, "/")}
}

// Write writes all of it.
func (o *Out) Write(ctx context.Context, to io.Writer) error {
	w, err := NewWriter(o.Format, to, o.Header)
	if err != nil {
		return err
	}
	if err := o.each(ctx, w.Write); err != nil {
		return err
	}
	return w.Close()
}

// each calls visit with each entry. A file in which something is missing is none.
func (o *Out) each(ctx context.Context, visit func(*Entry) error) error {
	unseen, err := o.Source.Read(ctx, func(items []transfer.Item) error {
		for i := range items {
			if err := o.entry(&items[i], visit); err != nil {
				return err
			}
		}
		if o.Progress != nil {
			o.Progress(o.Keys)
		}
		return ctx.Err()
	})
	switch {
	case err != nil:
		return err
	case unseen != nil:
		return fmt.Errorf("it would not be whole: %s: %w", explain.Error(unseen), kv.ErrIncomplete)
	}
	o.bare("")
	return ctx.Err()
}

// entry writes an item, unless it is left out.
func (o *Out) entry(it *transfer.Item, visit func(*Entry) error) error {
	switch {
	case !o.Owned && (it.Queued || it.Flags&kv.Ephemeral != 0):
		o.Left++
		return nil
	case it.Err != nil:
		return it.Err
	}
	o.Keys++
	o.lose(it)
	return visit(&Entry{Key: it.Name.Rel, Own: it.Name.Own, Node: it.Node})
}

// lose counts what Consul's format has no place for. The formats of commands note it in the file,
// and the others have a place for everything.
func (o *Out) lose(it *transfer.Item) {
	if o.Format != Consul {
		return
	}
	o.bare(it.Node.Key)
	words := transfer.Losses(o.Source.Nature(), kv.Nature{Flags: true}, it.Node)
	if it.Node.Type == kv.DirectoryNode {
		o.folder = it.Node.Key + "/"
	}
	for _, word := range words {
		o.count(word)
	}
}

// bare counts the last directory as lost unless the next key is in it: keys are in order. next is
// "" at the end.
func (o *Out) bare(next string) {
	if o.folder != "" && !strings.HasPrefix(next, o.folder) {
		o.count("empty directory")
	}
	o.folder = ""
}

func (o *Out) count(word string) {
	if o.Lost == nil {
		o.Lost = map[string]int{}
	}
	o.Lost[word]++
}

// LostWords says what the format has no place for; "" if it holds all that was exported.
func (o *Out) LostWords() string {
	var words []string
	for _, word := range slices.Sorted(maps.Keys(o.Lost)) {
		words = append(words, fmt.Sprintf("%s (%d)", word, o.Lost[word]))
	}
	return strings.Join(words, ", ")
}

// File writes it to a file, or to a directory if that is the format: whole or not
// at all, readable by its owner alone. It is made beside its place and then put
// there. A pipe or a device is written to as it is. Unless replace, what is there
// is fs.ErrExist.
func (o *Out) File(ctx context.Context, path string, replace bool) error {
	if o.Format == Directory {
		return writeDirectory(path, replace, o.Header, func(visit func(*Entry) error) error { return o.each(ctx, visit) })
	}
	if behind, err := filepath.EvalSymlinks(path); err == nil {
		path = behind
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return &IsDirectoryError{path}
	case err == nil && !info.Mode().IsRegular():
		return o.pipe(ctx, path)
	case err == nil && !replace:
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	file, err := scratch.Beside(path)
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) //nolint:errcheck // it is gone where all went well
	err = errors.Join(o.Write(ctx, file), file.Sync())
	if err == nil {
		err = putFile(file.Name(), path, replace)
	}
	return errors.Join(err, file.Close())
}

// putFile gives a file its name. Unless replace, what has come there meanwhile
// stays.
func putFile(made, path string, replace bool) error {
	if replace {
		return os.Rename(made, path)
	}
	err := os.Link(made, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	if _, there := os.Lstat(path); there == nil { // a file system without links
		return &fs.PathError{Op: "write", Path: path, Err: fs.ErrExist}
	}
	return os.Rename(made, path)
}

// pipe writes it to what is no regular file.
func (o *Out) pipe(ctx context.Context, path string) error {
	to, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(o.Write(ctx, to), to.Close())
}

// IsDirectoryError says that a file is to be written where a directory is.
type IsDirectoryError struct{ Path string }

func (e *IsDirectoryError) Error() string {
	return printable.String(e.Path) + " is a directory; with a slash at its end a file for each key is written to it"
}
