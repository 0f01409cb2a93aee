package transfer

import (
	"bufio"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"kvist/internal/scratch"
	"kvist/kv"
)

// sortedKeys puts the entries of a listing in the order of their keys, in bounded
// memory: beyond some thousand, they are sorted by runs, which are written to
// files and merged.
type sortedKeys struct {
	entries []kv.Entry // not written yet
	bytes   int        // of their keys
	runs    []*keyRun
	last    string // the last key that was written
	locked  bool   // a key is marked as locked
	remove  func() // the directory of the files; nil if there is none
	dir     string
}

const (
	// runKeys and runBytes are how many keys are sorted in memory.
	runKeys  = 64 << 10
	runBytes = 8 << 20
)

// keyRun is a file of sorted entries.
type keyRun struct {
	file *os.File
	out  *bufio.Writer
	in   *bufio.Reader
	next kv.Entry
}

// add takes an entry.
func (s *sortedKeys) add(e kv.Entry) error {
	s.locked = s.locked || e.Flags&kv.Locked != 0
	s.entries = append(s.entries, e)
	s.bytes += len(e.Key)
	if len(s.entries) < runKeys && s.bytes < runBytes {
		return nil
	}
	return s.spill()
}

// byKey sorts entries.
func byKey(a, b kv.Entry) int { return strings.Compare(a.Key, b.Key) }

// spill writes the entries to a file: that of the last run, if they come after it.
func (s *sortedKeys) spill() error {
	slices.SortFunc(s.entries, byKey)
	if len(s.runs) == 0 || s.entries[0].Key < s.last {
		if err := s.begin(); err != nil {
			return err
		}
	}
	run := s.runs[len(s.runs)-1]
	for i := range s.entries {
		if err := run.write(&s.entries[i]); err != nil {
			return err
		}
	}
	s.last = strings.Clone(s.entries[len(s.entries)-1].Key)
	clear(s.entries)
	s.entries, s.bytes = s.entries[:0], 0
	return nil
}

// begin begins a run.
func (s *sortedKeys) begin() error {
	if s.remove == nil {
		dir, remove, err := scratch.Large("keys")
		if err != nil {
			return err
		}
		s.dir, s.remove = dir, remove
	}
	name := filepath.Join(s.dir, strconv.Itoa(len(s.runs)))
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	s.runs = append(s.runs, &keyRun{file: file, out: bufio.NewWriter(file)})
	return nil
}

// write appends an entry to a run.
func (r *keyRun) write(e *kv.Entry) error {
	b := make([]byte, 0, 4*binary.MaxVarintLen64+len(e.Key))
	b = binary.AppendUvarint(b, uint64(len(e.Key)))
	b = append(b, e.Key...)
	b = binary.AppendUvarint(b, e.Index)
	b = binary.AppendVarint(b, int64(e.Size))
	b = binary.AppendUvarint(b, uint64(e.Flags))
	_, err := r.out.Write(b)
	return err
}

// read reads the next entry of a run.
func (r *keyRun) read() error {
	n, err := binary.ReadUvarint(r.in)
	if err != nil {
		return err
	}
	key := make([]byte, n)
	if _, err := io.ReadFull(r.in, key); err != nil {
		return unwhole(err)
	}
	index, err1 := binary.ReadUvarint(r.in)
	size, err2 := binary.ReadVarint(r.in)
	flags, err3 := binary.ReadUvarint(r.in)
	r.next = kv.Entry{Key: string(key), Index: index, Size: int(size), Flags: kv.KeyFlags(flags)}
	return unwhole(errors.Join(err1, err2, err3))
}

// unwhole makes the end of a file within an entry an error.
func unwhole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// each calls visit with the entries in order, each key once. What a listing said
// of a key that it visited again is joined.
func (s *sortedKeys) each(visit func(kv.Entry) error) error {
	join := joined{visit: visit}
	if len(s.runs) == 0 {
		slices.SortFunc(s.entries, byKey)
		for _, e := range s.entries {
			if err := join.add(e); err != nil {
				return err
			}
		}
		return join.end()
	}
	if len(s.entries) > 0 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.entries = nil
	if err := s.merge(join.add); err != nil {
		return err
	}
	return join.end()
}

// merge calls visit with the entries of all runs in order.
func (s *sortedKeys) merge(visit func(kv.Entry) error) error {
	var open keyRuns
	for _, r := range s.runs {
		if err := r.rewind(); err != nil {
			return err
		}
		open = append(open, r)
	}
	heap.Init(&open)
	for len(open) > 0 {
		r := open[0]
		if err := visit(r.next); err != nil {
			return err
		}
		switch err := r.read(); {
		case errors.Is(err, io.EOF):
			heap.Pop(&open)
		case err != nil:
			return err
		default:
			heap.Fix(&open, 0)
		}
	}
	return nil
}

// rewind reads the first entry of a run, which has one.
func (r *keyRun) rewind() error {
	if err := r.out.Flush(); err != nil {
		return err
	}
	if _, err := r.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r.in = bufio.NewReaderSize(r.file, 32<<10)
	return unwhole(r.read())
}

// close removes the files.
func (s *sortedKeys) close() {
	for _, r := range s.runs {
		_ = r.file.Close() // it is not read again
	}
	if s.remove != nil {
		s.remove()
	}
}

// keyRuns are runs by their next entries.
type keyRuns []*keyRun

func (r keyRuns) Len() int           { return len(r) }
func (r keyRuns) Less(i, j int) bool { return byKey(r[i].next, r[j].next) < 0 }
func (r keyRuns) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *keyRuns) Push(x any)        { *r = append(*r, x.(*keyRun)) }
func (r *keyRuns) Pop() any {
	last := (*r)[len(*r)-1]
	*r = (*r)[:len(*r)-1]
	return last
}

// joined visits sorted entries, each key once.
type joined struct {
	visit func(kv.Entry) error
	held  kv.Entry
	some  bool
}

// add takes the next entry.
func (j *joined) add(e kv.Entry) error {
	if j.some && j.held.Key == e.Key {
		flags := (j.held.Flags | e.Flags) & kv.Locked
		if e.Index > j.held.Index {
			j.held = e
		}
		j.held.Flags |= flags
		return nil
	}
	err := j.end()
	j.held, j.some = e, true
	return err
}

// end visits the last entry, unless it is only a mark for a key that is not there.
func (j *joined) end() error {
	if !j.some || isMark(j.held) {
		return nil
	}
	return j.visit(j.held)
}

// isMark reports whether an entry only says that the key of that name, if it is
// there, is locked: see kv.ListOptions.AtOnce.
func isMark(e kv.Entry) bool { return e.Index == 0 && e.Flags == kv.Locked }
