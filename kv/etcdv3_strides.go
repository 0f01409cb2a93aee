package kv

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// v3StrideKeys is how many keys a stride is to hold, and v3StrideBytes
	// bounds it where keys are long; twice as many is the most it is given.
	v3StrideKeys  = 8 << 10
	v3StrideBytes = 1 << 20
	// v3StridesAhead is how many strides are asked for at a time, so that the
	// server works on the next while the last is decoded.
	v3StridesAhead = 4
	// v3StrideLeast is the least that a stride is meant to hold.
	v3StrideLeast = 64
	// v3PairBytes is what a key takes in an answer besides its text.
	v3PairBytes = 32
)

// v3Strides reads a span without values by ranges whose ends are chosen so
// that each holds few keys. Servers before 3.7 count all keys of the range
// with each answer, so that pages of a large one cost its size each; and one
// answer for all of it takes hundreds of megabytes, here and there.
type v3Strides struct {
	// get asks for the first keys, at most so many, of a range; its answer
	// tells how many there are in all.
	get   func(ctx context.Context, start, end string, most int) (*clientv3.GetResponse, error)
	page  func(kvs []*mvccpb.KeyValue) error
	shape v3Shape
	most  int         // keys that an answer may hold
	want  int         // keys that a stride is to hold
	left  int         // keys still to come
	empty bool        // the last stride was
	parts []*v3Stride // what is still to be read, in order
}

// v3Stride is a part of the span, asked for or not yet.
type v3Stride struct {
	start, end string
	known      int           // keys in it; -1 when not known
	answer     chan v3Answer // nil when it is not asked for
}

// v3Answer is what the server said to a stride.
type v3Answer struct {
	resp *clientv3.GetResponse
	err  error
}

// v3StrideOf is how many keys of such a length a stride is to hold.
func v3StrideOf(keyBytes int) int {
	return max(v3StrideLeast, min(v3StrideKeys, v3StrideBytes/(keyBytes+v3PairBytes)))
}

// run reads a range, of which so many keys are left.
func (s *v3Strides) run(ctx context.Context, rest v3Span, left int) error {
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
	s.parts = []*v3Stride{{start: rest.start, end: rest.end, known: left}}
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

var errMiscounted = errors.New("the server gave another number of keys than it told")

// ask asks for the next strides, as many as may be under way.
func (s *v3Strides) ask(ctx context.Context) {
	ahead := 0
	for i := 0; i < min(len(s.parts), v3StridesAhead); i++ {
		part := s.parts[i]
		if part.answer == nil && i > 0 && s.empty {
			return // what comes first tells where to look on
		}
		if part.answer == nil {
			s.cut(i, ahead)
			part.answer = make(chan v3Answer, 1)
			start, end, answer := part.start, part.end, part.answer
			go func() {
				var resp *clientv3.GetResponse
				err := recovered(func() (err error) {
					resp, err = s.get(ctx, start, end, s.most)
					return err
				})
				answer <- v3Answer{resp, err}
			}()
		}
		ahead += s.want
	}
}

// cut makes a part that is not asked for yet so short that it holds few keys.
func (s *v3Strides) cut(i, ahead int) {
	part := s.parts[i]
	last := i == len(s.parts)-1
	if part.known >= 0 && part.known <= s.most || last && s.left-ahead <= 2*s.most {
		return
	}
	var end string
	if s.empty {
		end = s.shape.leap(part.start, s.want)
	} else {
		end = s.shape.reach(part.start, ahead, s.want)
	}
	if end <= part.start || part.end != v3Endless && end >= part.end {
		return
	}
	s.parts = slices.Insert(s.parts, i+1, &v3Stride{start: end, end: part.end, known: -1})
	part.end, part.known = end, -1
}

// read takes the first stride's answer. Where it did not hold all of the
// stride, the rest is the next.
func (s *v3Strides) read(ctx context.Context) error {
	part := s.parts[0]
	var got v3Answer
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
		part.start, part.known = string(kvs[len(kvs)-1].Key)+"\x00", int(got.resp.Count)-len(kvs)
		s.want = max(min(v3StrideLeast, s.want), s.want/2)
	} else {
		s.shape.passed(part.end)
		s.parts = s.parts[1:]
		s.want = min(s.most/2, 2*s.want)
	}
	if s.empty {
		return nil
	}
	return s.page(kvs)
}
