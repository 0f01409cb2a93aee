package etcdlist

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/internal/panics"
)

const (
	// strideKeys is how many keys a stride shall hold, and strideBytes bounds it where keys are
	// long. An answer may hold twice as many.
	strideKeys  = 8 << 10
	strideBytes = 1 << 20
	// stridesAhead is how many strides are asked for at a time, so that the server works on the
	// next one while the last is decoded.
	stridesAhead = 4
	// strideLeast is the fewest keys that a stride shall hold.
	strideLeast = 64
	// pairBytes is what a key takes in an answer besides its text.
	pairBytes = 32
)

// errMiscounted says that a server's count and its keys disagree.
var errMiscounted = errors.New("the server gave another number of keys than it told")

// strides reads a span without values, by ranges whose ends are chosen so that each holds few keys.
// With each answer a server before 3.7 counts all keys of the range, so pages of a large range cost
// its size each; and one answer for all of it takes hundreds of megabytes on both sides.
type strides struct {
	// get asks for the first keys of a range, at most so many. The answer has the number of all.
	get   func(ctx context.Context, span Span, most int) (*clientv3.GetResponse, error)
	page  func(kvs []*mvccpb.KeyValue) error
	shape shape
	most  int       // keys that an answer may hold
	goal  int       // keys that a stride shall hold
	left  int       // keys still to come
	empty bool      // the last stride had no keys
	parts []*stride // still to be read, in order
}

// stride is a part of the span.
type stride struct {
	span   Span
	known  int         // keys in it; -1 if not known
	answer chan answer // nil if it has not been asked for
}

// answer is a server's answer about a range.
type answer struct {
	resp *clientv3.GetResponse
	err  error
}

// strideKeysOf returns how many keys of this length a stride shall hold.
func strideKeysOf(keyBytes int) int {
	return max(strideLeast, min(strideKeys, strideBytes/(keyBytes+pairBytes)))
}

// run reads a span that has so many keys.
func (s *strides) run(ctx context.Context, span Span, left int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		for _, part := range s.parts {
			if part.answer != nil {
				<-part.answer
			}
		}
	}()
	s.left = left
	s.parts = []*stride{{span: span, known: left}}
	for s.left > 0 && len(s.parts) > 0 {
		s.ask(ctx)
		if err := s.read(ctx); err != nil {
			return err
		}
	}
	if s.left != 0 {
		return errMiscounted
	}
	return nil
}

// ask asks for the next strides, as many as may be under way.
func (s *strides) ask(ctx context.Context) {
	ahead := 0
	for i := 0; i < min(len(s.parts), stridesAhead); i++ {
		part := s.parts[i]
		if part.answer == nil && i > 0 && s.empty {
			return // the first answer decides where to look next
		}
		if part.answer == nil {
			s.cut(i, ahead)
			part.answer = make(chan answer, 1)
			span, asked := part.span, part.answer
			go func() {
				var resp *clientv3.GetResponse
				err := panics.Recovered(func() (err error) {
					resp, err = s.get(ctx, span, s.most)
					return err
				})
				asked <- answer{resp, err}
			}()
		}
		ahead += s.goal
	}
}

// cut shortens a part that has not been asked for so that it holds few keys.
func (s *strides) cut(i, ahead int) {
	part := s.parts[i]
	last := i == len(s.parts)-1
	if part.known >= 0 && part.known <= s.most || last && s.left-ahead <= 2*s.most {
		return
	}
	var end string
	if s.empty {
		end = s.shape.leap(part.span.Start, s.goal)
	} else {
		end = s.shape.reach(part.span.Start, ahead, s.goal)
	}
	if end <= part.span.Start || part.span.End != Endless && end >= part.span.End {
		return
	}
	s.parts = slices.Insert(s.parts, i+1, &stride{span: Span{end, part.span.End}, known: -1})
	part.span.End, part.known = end, -1
}

// read takes the answer to the first stride. If that did not hold all of the stride, the rest is
// the next one.
func (s *strides) read(ctx context.Context) error {
	part := s.parts[0]
	var got answer
	select {
	case got = <-part.answer:
		part.answer = nil
	case <-ctx.Done():
		return ctx.Err()
	}
	if got.err != nil {
		return got.err
	}
	kvs := got.resp.Kvs
	for _, kv := range kvs {
		s.shape.learn(kv.Key)
	}
	s.left -= len(kvs)
	s.empty = len(kvs) == 0
	if got.resp.More && !s.empty {
		part.span.Start, part.known = string(kvs[len(kvs)-1].Key)+"\x00", int(got.resp.Count)-len(kvs)
		s.goal = max(min(strideLeast, s.goal), s.goal/2)
	} else {
		s.shape.passed(part.span.End)
		s.parts = s.parts[1:]
		s.goal = min(s.most/2, 2*s.goal)
	}
	if s.empty {
		return nil
	}
	return s.page(kvs)
}
