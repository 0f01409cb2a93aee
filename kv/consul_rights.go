package kv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/pacing"
	"kvist/kv/internal/packed"
)

const (
	// consulRightsEvery is how often a feed looks whether the token's rights
	// are others by now: a blocking query that waits goes by those it began
	// with, and the index does not move with them.
	consulRightsEvery = 2 * time.Second
	// consulRefusedEvery is how often a range that was refused is tried again
	// while the key at its head is followed alone.
	consulRefusedEvery = 5 * time.Second
)

// errRelist is why a subtree is to be listed anew though contact was not lost:
// something else may be read by now.
var errRelist = errors.New("other rights than before")

// isDenied reports whether an error is one of rights.
func (s *Consul) isDenied(err error) bool {
	return err != nil && errors.Is(s.fail("follow", "", err), ErrDenied)
}

// mindRights gives up what is followed when the token's rights at the prefix
// have become others.
func (r *consulReader) mindRights(ctx context.Context, giveUp context.CancelCauseFunc) {
	last, known := "", false
	for pause := time.Duration(0); sleep(ctx, pause) == nil; pause = consulRightsEvery {
		_, err := r.store.read(ctx, consulURLPart(r.dir)+consulProbe)
		refused := ""
		switch {
		case r.store.isDenied(err):
			refused = withoutURL(err).Error()
		case err != nil:
			continue
		}
		if known && refused != last {
			giveUp(errRelist)
			return
		}
		last, known = refused, true
	}
}

// own is the key at the prefix, as Consul has it; "" for the whole store.
func (r *consulReader) own() string { return strings.TrimSuffix(r.dir, "/") }

// ownReadable reports whether the key at the prefix may be read, be it there
// or not.
func (r *consulReader) ownReadable(ctx context.Context) bool {
	if r.own() == "" {
		return false
	}
	_, err := r.store.read(ctx, r.own())
	return err == nil
}

// followAlone follows the one key at the prefix, where what is below it is
// refused: a token may have the right to just that key. It ends with refused
// where the key is refused too, and with errRelist when more may be read.
func (r *consulReader) followAlone(ctx context.Context, pause *backoff, refused error) error {
	if !r.ownReadable(ctx) {
		return refused
	}
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := recovered(func() error { return r.untilSeen(ctx) }); err != nil {
			cancel(err)
		}
	}()
	err := r.keyAlone(ctx, pause, refused)
	cancel(nil)
	<-done
	return causeOr(ctx, err)
}

// keyAlone lists and follows the key at the prefix.
func (r *consulReader) keyAlone(ctx context.Context, pause *backoff, refused error) error {
	pair, index, err := r.store.await(ctx, r.own(), 0)
	if err != nil {
		return err
	}
	r.begun = false
	r.pump.startListing(r.missed())
	if pair != nil {
		if err := r.pump.list(ctx, r.ownEvent(ctx, pair)); err != nil {
			return err
		}
	}
	r.sync(refused)
	for {
		pause.reset()
		if err := sleep(ctx, pacing.Pause); err != nil {
			return err
		}
		now, got, err := r.store.await(ctx, r.own(), nextIndex(index, index))
		if err != nil {
			return err
		}
		switch {
		case now != nil && (pair == nil || pair.ModifyIndex != now.ModifyIndex || pair.Session != now.Session):
			r.pump.live(r.ownEvent(ctx, now))
		case now == nil && pair != nil:
			r.pump.live(Event{Kind: DeleteEvent, Key: consulGiven(r.own()), Index: got, Size: -1})
		}
		pair, index = now, got
	}
}

// ownEvent is the event of the key at the prefix.
func (r *consulReader) ownEvent(ctx context.Context, pair *api.KVPair) Event {
	e := consulEntry{key: []byte(pair.Key), session: []byte(pair.Session), index: pair.ModifyIndex, size: len(pair.Value)}
	return consulEvent(packed.Change{Name: e.key, Is: r.state(ctx, &e), Here: true})
}

// untilSeen ends with errRelist when there is something below the prefix that
// may be read.
func (r *consulReader) untilSeen(ctx context.Context) error {
	l := consulList{dir: r.dir, what: everyName}
	for {
		seen := false
		head, err := r.store.eachName(ctx, l, func(name string) error {
			seen = seen || strings.HasPrefix(name, r.dir) && name != r.dir
			return nil
		})
		switch {
		case seen:
			return errRelist
		case err == nil:
			l.index = nextIndex(l.index, head.index)
			err = sleep(ctx, pacing.Pause)
		case r.store.isDenied(err):
			l.index = 0
			err = sleep(ctx, consulRefusedEvery)
		}
		if err != nil {
			return err
		}
	}
}
