package demo

import (
	"context"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

const (
	leaderKey = "election/leader"
	lockKey   = "locks/deploy"

	contenderTTL = 15 * time.Second
	// retryPause is how long a contender whose session ended waits before it
	// comes back.
	retryPause = 2 * time.Second
)

// member wants what only one member can have.
type member interface {
	enter(context.Context) error // returns when it has it
	leave(context.Context) error
}

// candidate is a member of an election.
type candidate struct {
	election *concurrency.Election
	name     string
}

func (m candidate) enter(ctx context.Context) error { return m.election.Campaign(ctx, m.name) }
func (m candidate) leave(ctx context.Context) error { return m.election.Resign(ctx) }

// locker is a member of a lock's queue.
type locker struct{ mutex *concurrency.Mutex }

func (m locker) enter(ctx context.Context) error { return m.mutex.Lock(ctx) }
func (m locker) leave(ctx context.Context) error { return m.mutex.Unlock(ctx) }

// contend starts the candidates and the lockers. Each has its place in the
// queue before the next one comes.
func (c *Cluster) contend(ctx, living context.Context) error {
	for _, name := range []string{"controller-a", "controller-b", "controller-c"} {
		join := func(s *concurrency.Session) member {
			return candidate{concurrency.NewElection(s, leaderKey), name}
		}
		if err := c.join(ctx, living, leaderKey, c.leaderTurn, join); err != nil {
			return err
		}
	}
	for range 3 {
		join := func(s *concurrency.Session) member { return locker{concurrency.NewMutex(s, lockKey)} }
		if err := c.join(ctx, living, lockKey, c.lockTurn, join); err != nil {
			return err
		}
	}
	return nil
}

// join starts one contender and waits until it queues.
func (c *Cluster) join(ctx, living context.Context, key string, turn <-chan struct{}, join func(*concurrency.Session) member) error {
	before, err := c.client.Get(ctx, key+"/", clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return err
	}
	c.running.Go(func() { c.contender(living, turn, join) })
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	for resp := range c.client.Watch(watching, key+"/", clientv3.WithPrefix(), clientv3.WithRev(before.Header.Revision+1)) {
		if err := resp.Err(); err != nil {
			return err
		}
		if len(resp.Events) > 0 {
			return nil
		}
	}
	return ctx.Err()
}

// contender contends until ctx ends. It takes a new session when it lost one:
// somebody may have broken its claim.
func (c *Cluster) contender(ctx context.Context, turn <-chan struct{}, join func(*concurrency.Session) member) {
	for ctx.Err() == nil {
		session, err := c.session(ctx, contenderTTL)
		if err == nil {
			c.stay(ctx, session, join(session), turn)
			c.sessions.end(session)
		}
		pause(ctx, retryPause)
	}
}

// stay enters and leaves by turns, as long as the session lives.
func (c *Cluster) stay(ctx context.Context, session *concurrency.Session, m member, turn <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(session.Ctx(), cancel)()
	for m.enter(ctx) == nil {
		select {
		case <-turn:
			if m.leave(ctx) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

// pause waits; it returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
