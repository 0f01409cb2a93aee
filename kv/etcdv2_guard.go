package kv

import (
	"context"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

const (
	// etcdPulse is how often a member that is waited on is asked whether it is
	// still there, and etcdPulseMost how long it may take to say so: together
	// less than a feed may call itself live without having heard anything.
	etcdPulse     = 6 * time.Second
	etcdPulseMost = 8 * time.Second
	// etcdListingPulses is how many questions in a row a member that puts a
	// listing together may leave without an answer: all else waits for it there.
	etcdListingPulses = 2
)

// guard asks the member that is waited on, now and then, for something that
// it needs the rest of the cluster for. A member that was cut off from the
// others, or frozen, keeps its connections and tells nothing. It is given up
// when so many questions in a row were not answered.
func (s *Etcd) guard(ctx context.Context, e *etcdEndpoint, path string, tries int, giveUp context.CancelCauseFunc) {
	ticker := time.NewTicker(min(etcdPulse, max(s.timeout, time.Second)))
	defer ticker.Stop()
	for failed := 0; failed < tries; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		small, cancel := context.WithTimeout(ctx, min(s.timeout, etcdPulseMost))
		_, err := e.keys.Get(small, etcdNobody(path), &client.GetOptions{Quorum: true})
		cancel()
		failed++
		if err == nil || etcdAnswered(err) {
			failed = 0
		}
		if failed == tries {
			giveUp(etcdCauses(err))
		}
	}
}

// attended makes a request that may take long, and gives it up when the member
// does not answer anything else meanwhile.
func (s *Etcd) attended(ctx context.Context, e *etcdEndpoint, path string, request func(context.Context) error) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = contained(func() { s.guard(ctx, e, path, etcdListingPulses, giveUp) })
	}()
	err := request(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	giveUp(nil)
	<-ended
	return err
}
