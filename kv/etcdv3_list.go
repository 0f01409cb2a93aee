package kv

import (
	"context"
	"errors"
	"slices"
	"strings"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/etcdlocks"
	"kvist/kv/internal/wait"
)

// v3ListTries is how often a listing is begun when its revision is compacted meanwhile.
const v3ListTries = 3

// ListKeys implements Lister.
func (s *EtcdV3) ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	var stopped error
	visitUntilStopped := func(e Entry) error {
		stopped = visit(e)
		return stopped
	}
	list := s.listWhole
	switch {
	case options.Level:
		list = s.listLevel
	case options.AtOnce:
		list = s.listAtOnce
	}
	ctx, cancel := wait.Joined(ctx, s.ctx)
	defer cancel()
	err = list(ctx, v3Dir(prefix), visitUntilStopped)
	switch {
	case stopped != nil:
		return nil, stopped
	case errors.Is(err, ErrTooMany):
		return nil, tooMany(OpList, prefix, err)
	case etcdclient.IsForbidden(err):
		return s.listAlone(ctx, prefix, err, visit)
	}
	return nil, s.fail(OpList, prefix, err)
}

// listAlone visits the key at the prefix for a user who may not read the directory.
func (s *EtcdV3) listAlone(ctx context.Context, prefix string, refused error, visit func(Entry) error) (unseen, err error) {
	refused = s.failRange(ctx, OpList, prefix, refused)
	key := strings.TrimSuffix(prefix, "/")
	found, err := s.get(ctx, OpList, key)
	switch {
	case errors.Is(err, ErrKeyNotFound):
		return refused, nil
	case err != nil:
		return nil, refused
	}
	return refused, visit(v3Entry(key, found, true))
}

// listWhole visits everything below a directory. The error is the client's, an ErrTooMany, or that
// of visit.
func (s *EtcdV3) listWhole(ctx context.Context, dir string, visit func(Entry) error) error {
	read, _, err := s.readEntries(ctx, dir, &planNodes{})
	if err != nil {
		return err
	}
	for _, e := range read.entries {
		if e.Key == dir {
			continue
		}
		if err := visit(e); err != nil {
			return err
		}
	}
	return nil
}

// listAtOnce visits everything below a directory without holding it, and then the locked keys,
// whose queues came after them. The error is the client's, or that of visit.
func (s *EtcdV3) listAtOnce(ctx context.Context, dir string, visit func(Entry) error) error {
	for try := 1; ; try++ {
		marks := etcdlocks.NewMarks(v3Queues)
		listing := etcdlist.Listing{Reader: s.reader, Values: etcdlist.SomeValues}
		listing.Page = func(kvs []*mvccpb.KeyValue, sized bool) error {
			for i, key := range v3Keys(kvs) {
				marks.See(key, true)
				if key == dir || v3IsQueue(key) {
					continue
				}
				if err := visit(v3Entry(key, kvs[i], sized)); err != nil {
					return err
				}
			}
			return nil
		}
		_, err := listing.Run(ctx, etcdlist.DirSpan(dir))
		switch {
		case errors.Is(err, rpctypes.ErrCompacted) && try < v3ListTries:
			continue
		case err != nil:
			return err
		}
		return v3Visit(marks.Unshown(), visit)
	}
}

// v3Visit visits keys of which no more is known than that they are locked.
func v3Visit(locked []string, visit func(Entry) error) error {
	for _, key := range locked {
		if err := visit(Entry{Key: key, Size: -1, Flags: Locked}); err != nil {
			return err
		}
	}
	return nil
}

// listLevel visits what is directly in a directory. The error is the client's, or that of visit.
func (s *EtcdV3) listLevel(ctx context.Context, dir string, visit func(Entry) error) error {
	last := ""
	level := etcdlist.Level{Reader: s.reader, Dir: dir}
	level.Page = func(kvs []*mvccpb.KeyValue, sized bool) (fresh int, err error) {
		for i, key := range v3Keys(kvs) {
			name, _, inside := strings.Cut(key[len(dir):], "/")
			if !v3IsShown(dir, key) || inside && name == last && name != "" {
				continue
			}
			e := v3Entry(key, kvs[i], sized)
			if inside {
				last, e = name, Entry{Key: dir + name, Size: -1, Folder: true}
			}
			fresh++
			if err := visit(e); err != nil {
				return fresh, err
			}
		}
		return fresh, nil
	}
	_, err := level.Run(ctx)
	return err
}

// v3Entry returns a key as an entry. sized means that it came with its value.
func v3Entry(key string, kv *mvccpb.KeyValue, sized bool) Entry {
	e := Entry{Key: key, Index: uint64(kv.ModRevision), Size: -1, Flags: v3Flags(key, kv.Lease)}
	if sized {
		e.Size = len(kv.Value)
	}
	return e
}

// v3Entries are all keys of a directory, and the key of its name with a slash.
type v3Entries struct {
	entries []Entry // in order
	marks   etcdlocks.Marks
	room    *Room
	hidden  bool // there are queues of locks, which are not among the entries
	nodes   *planNodes
}

// readEntries reads the keys of a directory at one revision, and nodes as far as there is room. The
// error is the client's, or an ErrTooMany.
func (s *EtcdV3) readEntries(ctx context.Context, dir string, nodes *planNodes) (*v3Entries, etcdlist.Point, error) {
	for try := 1; ; try++ {
		nodes.nodes, nodes.used = nil, 0
		read := &v3Entries{marks: etcdlocks.NewMarks(v3Queues), room: RoomOf(s), nodes: nodes}
		listing := etcdlist.Listing{Reader: s.reader, Values: etcdlist.SomeValues, Page: read.page}
		if nodes.most > 0 {
			listing.SizedBytes, listing.SizedKeys = int(nodes.most), int(nodes.most/planNodeCost)
		}
		at, err := listing.Run(ctx, etcdlist.DirSpan(dir))
		if errors.Is(err, rpctypes.ErrCompacted) && try < v3ListTries {
			continue
		}
		read.mark()
		return read, at, err
	}
}

// page takes some of the keys.
func (r *v3Entries) page(kvs []*mvccpb.KeyValue, sized bool) error {
	keys := v3Keys(kvs)
	r.entries = slices.Grow(r.entries, len(kvs))
	for i, kv := range kvs {
		r.marks.See(keys[i], true)
		if v3IsQueue(keys[i]) {
			r.hidden = true
			continue
		}
		if err := r.room.Take(keys[i]); err != nil {
			return err
		}
		r.entries = append(r.entries, v3Entry(keys[i], kv, sized))
		if sized && kv.Lease == 0 { // what is left of a lease changes
			r.nodes.add(keys[i], uint64(kv.ModRevision), v3NotNil(kv.Value))
		}
	}
	return nil
}

// mark marks the locked keys, whose queues came after them.
func (r *v3Entries) mark() {
	for _, locked := range r.marks.Unshown() {
		i, ok := slices.BinarySearchFunc(r.entries, locked, func(e Entry, key string) int { return strings.Compare(e.Key, key) })
		if ok {
			r.entries[i].Flags |= Locked
		}
	}
}
