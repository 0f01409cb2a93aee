package kv

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
	"kvist/kv/internal/packed"
)

// ListKeys implements Lister by one listing. That of a level has only names; any other brings the
// values, too, which are not kept.
func (s *Consul) ListKeys(ctx context.Context, prefix string, options ListOptions, visit func(Entry) error) (unseen, err error) {
	leave, err := s.enter()
	if err != nil {
		return nil, s.fail(OpList, prefix, err)
	}
	defer leave()
	l := consulListing{store: s, dir: consulDir(prefix), behaviors: consulBehaviors{store: s}, visit: visit}
	read := l.all
	if options.Level {
		read = l.level
	}
	head, err := read(ctx)
	switch {
	case l.stopped != nil:
		return nil, l.stopped
	case err == nil:
		unseen = s.hidden(ctx, l.dir, head)
	}
	if refused := cmp.Or(err, unseen); l.visited == 0 && s.isDenied(refused) {
		return l.alone(ctx, prefix, refused)
	}
	return s.fail(OpList, prefix, unseen), s.fail(OpList, prefix, err)
}

// consulListing is one call of ListKeys.
type consulListing struct {
	store     *Consul
	dir       string
	behaviors consulBehaviors
	visit     func(Entry) error
	visited   int
	stopped   error // what visit returned
}

// give visits an entry.
func (l *consulListing) give(e Entry) error {
	l.visited++
	l.stopped = l.visit(e)
	return l.stopped
}

// all visits all keys below the directory.
func (l *consulListing) all(ctx context.Context) (consulhttp.Head, error) {
	return l.store.eachEntry(ctx, l.dir, func(e *consulhttp.Entry) error {
		if len(e.Key) == len(l.dir) {
			return nil // the directory itself
		}
		return l.give(Entry{
			Key: consulGiven(string(e.Key)), Index: e.Index, Size: e.Size, Flags: l.behaviors.flags(ctx, e.Session),
		})
	})
}

// level visits the names in the directory.
func (l *consulListing) level(ctx context.Context) (consulhttp.Head, error) {
	answer, err := l.store.http.List(ctx, consulhttp.List{Dir: l.dir, What: consulhttp.Level})
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	var names packed.Snapshot
	err = answer.Names(func(name []byte) error {
		if string(name) != l.dir {
			consulPlace(&names, l.dir, name, packed.State{Size: -1})
		}
		return nil
	})
	if err != nil {
		return answer.Head, err
	}
	names.Sort()
	for c := names.Cursor(); c.Next(); {
		e := Entry{Key: consulGiven(string(c.Name)), Size: -1, Folder: c.State.Folder}
		if e.Folder {
			e.Key = consulFolderKey(e.Key)
		}
		if err := l.give(e); err != nil {
			return answer.Head, err
		}
	}
	return answer.Head, nil
}

// alone visits the key at the prefix, where all below it is refused: a token may have the right to
// just that key.
func (l *consulListing) alone(ctx context.Context, prefix string, refused error) (unseen, err error) {
	refused = l.store.fail(OpList, prefix, refused)
	own := strings.TrimSuffix(l.dir, "/")
	if own == "" {
		return nil, refused
	}
	pair, err := l.store.read(ctx, own)
	if err != nil {
		return nil, refused
	}
	if pair != nil {
		err = l.give(Entry{
			Key: consulGiven(own), Index: pair.ModifyIndex, Size: len(pair.Value), Flags: l.behaviors.flags(ctx, []byte(pair.Session)),
		})
	}
	return refused, err
}

// eachPair calls each with all pairs below l.Dir, sorted by key, the key l.Dir itself included.
func (s *Consul) eachPair(ctx context.Context, l consulhttp.List, each func(*api.KVPair) error) (consulhttp.Head, error) {
	answer, err := s.http.List(ctx, l)
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	return answer.Head, answer.Pairs(func(pair *api.KVPair) error {
		if pair == nil || !strings.HasPrefix(pair.Key, l.Dir) {
			return nil // the URL could only ask for more than that
		}
		return each(pair)
	})
}

// eachEntry calls each with all keys below dir, without their values, the key dir itself included.
func (s *Consul) eachEntry(ctx context.Context, dir string, each func(*consulhttp.Entry) error) (consulhttp.Head, error) {
	answer, err := s.http.List(ctx, consulhttp.List{Dir: dir})
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	return answer.Head, answer.Entries(func(e *consulhttp.Entry) error {
		if !bytes.HasPrefix(e.Key, []byte(dir)) {
			return nil
		}
		return each(e)
	})
}

// eachName calls each with names. If no URL can name l.Dir, names beside it come, too.
func (s *Consul) eachName(ctx context.Context, l consulhttp.List, each func(string) error) (consulhttp.Head, error) {
	answer, err := s.http.List(ctx, l)
	if err != nil {
		return consulhttp.Head{}, err
	}
	defer answer.Close()
	return answer.Head, answer.Names(func(name []byte) error { return each(string(name)) })
}

// anyBelow reports whether there is any key that begins with dir.
func (s *Consul) anyBelow(ctx context.Context, dir string) (bool, error) {
	l := consulhttp.List{Dir: dir, What: consulhttp.Level}
	if !l.IsExact() {
		pairs, err := s.txn(ctx, &api.KVTxnOp{Verb: api.KVGetTree, Key: dir})
		return len(pairs) > 0, err
	}
	found := false
	_, err := s.eachName(ctx, l, func(string) error { found = true; return nil })
	return found, err
}

// errConsulFiltered says that a listing is not complete.
var errConsulFiltered = withKind(ErrDenied, errors.New("keys that the token may not read are left out"))

// consulProbe is a name that nobody gives a key. Asking for it shows whether the keys beside it may
// be read.
const consulProbe = ".kvist-may-i-read-here"

// hidden returns errConsulFiltered if a listing may lack keys below dir. Agents since 1.11 say so
// themselves. Older ones leave keys out without a word, but refuse to answer about a single key,
// even one that is not there.
func (s *Consul) hidden(ctx context.Context, dir string, head consulhttp.Head) error {
	if head.Filtered || s.isDenied(s.probe(ctx, dir)) {
		return errConsulFiltered
	}
	return nil
}

// probe returns an error of rights if keys below dir may not be read.
func (s *Consul) probe(ctx context.Context, dir string) error {
	_, err := s.read(ctx, consulhttp.URLPart(dir)+consulProbe)
	return err
}
