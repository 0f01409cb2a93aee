package kv

import (
	"context"
	"sync"
	"time"
)

const (
	// consulShare is how many times what an answer cost the server must pass
	// before it is asked again, on average: a storm of changes keeps it busy
	// with one feed for a tenth of its time, and for another tenth where some
	// levels of a feed are dear.
	consulShare = 10
	// consulDear is from what cost on an answer is dear.
	consulDear = 20 * time.Millisecond
	// consulBaseCost and consulKeyCost bound what an answer may have cost by
	// what was in it, many times what is usual: a server that starts, or has
	// no leader, lets even three keys wait for seconds, which says nothing
	// about the next time.
	consulBaseCost = 20 * time.Millisecond
	consulKeyCost  = 50 * time.Microsecond
	// consulAtOnce is how much longer than the last an answer may take and
	// still be one that did not wait for a change. Behind a pause, in which
	// changes may have piled up, only what took consulWaited longer has waited
	// for sure: a busy server is late at times.
	consulAtOnce = 50 * time.Millisecond
	consulWaited = time.Second
)

// consulMostCost is the most that an answer about so many keys may have cost.
func consulMostCost(keys int) time.Duration {
	return consulBaseCost + time.Duration(keys)*consulKeyCost
}

// consulPace bounds the share of time that a server spends on the answers of
// one feed. After a quiet time two answers may come in a row, so that a single
// change, and the one behind it, are told at once.
//
// What is dear, such as the uppermost level of a million keys, is paid for
// apart: else a folder of ten keys would be told late whenever anything
// changes anywhere.
type consulPace struct {
	mu          sync.Mutex
	cheap, dear time.Time     // when all that was answered is paid
	top         time.Duration // what the uppermost level costs; 0 when not known
}

// setTop notes what the uppermost level costs.
func (p *consulPace) setTop(cost time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.top = cost
}

// most is what no level costs more than, as all are part of the uppermost.
func (p *consulPace) most() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.top
}

// spend counts an answer and tells from when on the next may be asked for.
func (p *consulPace) spend(cost time.Duration) time.Time {
	due := max(consulShare*cost, watchPause)
	p.mu.Lock()
	defer p.mu.Unlock()
	free := &p.cheap
	if cost >= consulDear {
		free = &p.dear
	}
	if now := time.Now(); free.Before(now) {
		*free = now
	}
	*free = free.Add(due)
	return free.Add(-due)
}

// consulCost is what an answer costs a server, as far as it can be seen from
// here: how long one took that did not wait for a change.
type consulCost struct {
	pace  *consulPace
	value time.Duration
	next  time.Time // when the next may be asked for
	held  bool      // the query under way had to wait for that
	brief bool      // something on the way does not let queries wait for long
}

// hold waits until the next answer may be asked for.
func (c *consulCost) hold(ctx context.Context) error {
	wait := time.Until(c.next)
	if c.held = wait > 0; !c.held {
		return ctx.Err()
	}
	return sleep(ctx, wait)
}

// answered counts an answer that began after took, with extra spent on
// questions that went with it; neither can have cost more than most. piled
// tells that changes may have been waiting for it.
func (c *consulCost) answered(most, took, extra time.Duration, blocking bool) (piled bool) {
	atOnce := took <= 2*c.value+consulAtOnce
	piled = blocking && (atOnce || c.held && took <= 2*c.value+consulWaited)
	if !blocking || c.held && atOnce {
		c.value = min(took, most)
	}
	c.next = c.pace.spend(c.value + min(extra, most))
	return piled
}

// waitTime is how long a blocking query may wait: an answer that says that
// nothing changed costs as much as any, so large ones come seldom.
func (c *consulCost) waitTime(least, most time.Duration) time.Duration {
	if c.brief {
		return least
	}
	return max(least, min(consulWaitShare*c.value, most))
}

// tired is nil instead of err where that may only be a proxy that cuts long
// waits off: long ones are not tried again.
func (c *consulCost) tired(ctx context.Context, err error, long bool) error {
	if !long || c.brief || ctx.Err() != nil {
		return err
	}
	c.brief = true
	return nil
}

const (
	// consulWaitShare keeps what an idle feed costs the server below a third
	// of a percent of its time.
	consulWaitShare = 300
	// consulWaitMost is well below the ten minutes that servers allow.
	consulWaitMost = 5 * time.Minute
)
