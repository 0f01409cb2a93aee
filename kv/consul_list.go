package kv

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

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
