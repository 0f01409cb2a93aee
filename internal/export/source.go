package export

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"os"
	"slices"
	"strings"

	"kvist/internal/transfer"
	"kvist/kv"
)

// Source is a file as a source of a plan. It is read once to see that it is
// whole, once for the plan, and once when the plan is carried out.
type Source struct {
	// Open opens the file from its beginning.
	Open func() (Reader, io.Closer, error)

	header Header
	seed   maphash.Seed
	sorted []*Entry // all of them, if the file is not in order
}

// FromFile returns a file, or a directory of files, as a source. The format "" is
// the one that its beginning looks like.
func FromFile(path string, format Format) *Source {
	return &Source{Open: func() (Reader, io.Closer, error) {
		if info, err := os.Stat(path); err == nil && info.IsDir() || format == Directory {
			r, err := ReadDirectory(path)
			return r, io.NopCloser(nil), err
		}
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, err
		}
		r, err := NewReader(format, file)
		if err != nil {
			file.Close()
			return nil, nil, err
		}
		return r, file, nil
	}}
}

// readSome is how many entries are planned at a time, and their bytes.
const (
	readSome      = 1000
	readSomeBytes = 8 << 20
)

// ErrOtherFile says that a file changed after the plan was made.
var ErrOtherFile = errors.New("the file changed since the plan was made")

// Check reads the whole file, and returns what is wrong with it.
func (s *Source) Check(ctx context.Context) error {
	s.seed = maphash.MakeSeed()
	inOrder, last, n := true, "", 0
	err := s.each(func(e *Entry) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		name := orderOf(e)
		inOrder = inOrder && (n == 0 || last <= name)
		last = name
		n++
		return nil
	})
	if err != nil || inOrder {
		return err
	}
	err = s.each(func(e *Entry) error {
		s.sorted = append(s.sorted, e)
		return nil
	})
	slices.SortStableFunc(s.sorted, func(a, b *Entry) int { return strings.Compare(orderOf(a), orderOf(b)) })
	return err
}

// orderOf returns what an entry is sorted by: parents before their children, the
// key of the prefix itself first of all.
func orderOf(e *Entry) string {
	if e.Own {
		return ""
	}
	return "/" + e.Key
}

// each calls visit with each entry of the file.
func (s *Source) each(visit func(*Entry) error) error {
	r, file, err := s.Open()
	if err != nil {
		return err
	}
	defer file.Close()
	s.header = r.Header()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = visit(e)
		}
		if err != nil {
			return err
		}
	}
}

// Header returns what the file says that it holds. Check comes first.
func (s *Source) Header() Header { return s.header }

// Nature implements transfer.Source.
func (s *Source) Nature() kv.Nature { return s.header.Nature() }

// Read implements transfer.Source. Check comes first.
func (s *Source) Read(ctx context.Context, visit func([]transfer.Item) error) (unseen, err error) {
	var items []transfer.Item
	bytes := 0
	add := func(e *Entry) error {
		items = append(items, s.item(e))
		bytes += len(e.Node.Value)
		if len(items) < readSome && bytes < readSomeBytes {
			return nil
		}
		err := visit(items)
		items, bytes = nil, 0
		return errors.Join(err, ctx.Err())
	}
	if s.sorted != nil {
		for _, e := range s.sorted {
			if err := add(e); err != nil {
				return nil, err
			}
		}
	} else if err := s.each(add); err != nil {
		return nil, err
	}
	if len(items) > 0 {
		return nil, visit(items)
	}
	return nil, nil
}

// item returns an entry as an item. What it names is its key in the file.
func (s *Source) item(e *Entry) transfer.Item {
	it := transfer.Item{Name: transfer.Name{Rel: e.Key, Own: e.Own}, Node: e.Node, Version: s.version(e)}
	if e.Node.Type == kv.EphemeralNode {
		it.Flags |= kv.Ephemeral
	}
	if e.Node.Type == kv.DirectoryNode {
		it.Flags |= kv.Directory
	}
	if e.Node.TTL > 0 && e.Node.Type == kv.PlainNode {
		it.Flags |= kv.Leased
	}
	return it
}

// version returns what tells an entry apart from what stands in its place later.
func (s *Source) version(e *Entry) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	n := e.Node
	fmt.Fprintf(&h, "%d %t %q %d %d %q %d %q ", len(e.Key), e.Own, e.Key, n.Type, n.Flags, n.Owner, n.TTL, n.ACL)
	h.Write(n.Value)
	return h.Sum64()
}

// Again implements transfer.Source.
func (s *Source) Again() (transfer.Again, error) {
	if s.sorted != nil {
		return &again{source: s}, nil
	}
	r, file, err := s.Open()
	if err != nil {
		return nil, err
	}
	return &again{source: s, reader: r, file: file}, nil
}

// again reads a file once more.
type again struct {
	source *Source
	reader Reader // nil if the source holds its entries
	file   io.Closer
	next   int // place of the next entry
}

// Nodes implements transfer.Again.
func (a *again) Nodes(ctx context.Context, wanted []transfer.Wanted) ([]*kv.Node, error) {
	nodes := make([]*kv.Node, len(wanted))
	for i, w := range wanted {
		e, err := a.at(w.Place)
		switch {
		case errors.Is(err, io.EOF):
			return nil, ErrOtherFile
		case err != nil:
			return nil, err
		case ctx.Err() != nil:
			return nil, ctx.Err()
		}
		if a.source.version(e) == w.Version {
			nodes[i] = e.Node
		}
	}
	return nodes, nil
}

// at returns the entry at a place. Places ascend.
func (a *again) at(place int) (*Entry, error) {
	if a.reader == nil {
		return a.source.sorted[place], nil
	}
	for {
		e, err := a.reader.Next()
		if err != nil {
			return nil, err
		}
		a.next++
		if a.next > place {
			return e, nil
		}
	}
}

// Close implements transfer.Again.
func (a *again) Close() error {
	if a.file == nil {
		return nil
	}
	return a.file.Close()
}
