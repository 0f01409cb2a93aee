package kv

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

// errZkClaimGone says that our node is not in the queue any more.
var errZkClaimGone = errors.New("the place in the queue is gone")

// zkLockID tells one attempt at a lock from all others, so that its node is
// found though the answer to its creation was lost.
func zkLockID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	return fmt.Sprintf("_c_%x-lock-", id)
}

// enqueue makes our node in the queue.
func (l *zkLock) enqueue(ctx context.Context, id string) (claim string, err error) {
	ctx, cancel := context.WithTimeout(ctx, l.store.timeout)
	defer cancel()
	name := path.Join(zkQueuePath(l.path), id)
	for {
		err = l.store.withParents(ctx, name, func(acl []zk.ACL) error {
			claim, err = zkAskOnce(ctx, l.z, func(c *zk.Conn) (string, error) {
				return c.Create(name, []byte(signature("kvist")), zk.FlagEphemeral|zk.FlagSequence, acl)
			})
			return err
		})
		if !errors.Is(err, zk.ErrConnectionClosed) {
			return claim, err
		}
		// It may have been made all the same. The session is the same, if it
		// still lives, and its requests are carried out in their order.
		if claim, err = l.find(ctx, id); err != nil || claim != "" {
			return claim, err
		}
	}
}

// find is the node in the queue that was made with id; "" when there is none.
func (l *zkLock) find(ctx context.Context, id string) (string, error) {
	queue, err := l.queue(ctx)
	for _, claim := range queue {
		if strings.HasPrefix(path.Base(claim), id) {
			return claim, nil
		}
	}
	return "", err
}

// queue are the nodes in the queue, in their order.
func (l *zkLock) queue(ctx context.Context) ([]string, error) {
	dir := zkQueuePath(l.path)
	names, err := zkAskAgain(ctx, l.z, func(c *zk.Conn) ([]string, error) {
		names, _, err := c.Children(dir)
		return names, err
	})
	if errors.Is(err, zk.ErrNoNode) {
		return nil, nil
	}
	number := func(i int) int {
		claim, _ := parseZkClaim(names[i])
		return claim.number
	}
	sort.Slice(names, func(i, j int) bool { return number(i) < number(j) })
	for i, name := range names {
		names[i] = zkJoin(dir, name)
	}
	return names, err
}

// await waits until claim is the first in the queue. ended is closed with the
// session that it belongs to.
func (l *zkLock) await(ctx context.Context, claim string, ended <-chan struct{}) error {
	var b backoff
	living, cancel := untilStopped(ctx, ended)
	defer cancel()
	l.store.bells.join()
	defer l.store.bells.leave()
	for {
		before, bell, err := l.predecessor(living, claim)
		if errors.Is(err, errZkClaimGone) {
			return err
		}
		if err == nil && before == "" {
			return nil
		}
		rung := closedChannel()
		if bell != nil {
			rung = bell.rung
			b.reset()
		} else { // without contact there is nothing to do but wait
			_ = b.wait(living)
		}
		select {
		case <-rung:
		case <-living.Done():
		}
		l.disarm(bell)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case living.Err() != nil:
			return errZkClaimGone
		}
	}
}

// closedChannel is one that nobody waits for.
func closedChannel() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// disarm ends the wait for a bell, if there is one.
func (l *zkLock) disarm(b *zkBell) {
	if b != nil {
		l.store.bells.disarm(b)
	}
}

// predecessor is who stands before claim in the queue, "" when nobody does,
// and a bell that tells when that may have changed. Without a bell it has
// changed already, or is to be asked again in a moment.
func (l *zkLock) predecessor(ctx context.Context, claim string) (string, *zkBell, error) {
	ctx, cancel := context.WithTimeout(ctx, l.store.timeout)
	defer cancel()
	queue, err := l.queue(ctx)
	if err != nil {
		return "", nil, err
	}
	before, found := "", false
	for _, c := range queue {
		if found = c == claim; found {
			break
		}
		before = c
	}
	switch {
	case !found:
		return "", nil, errZkClaimGone
	case before == "":
		return "", nil, nil
	}
	bell, there, err := l.armed(ctx, before)
	if err == nil && !there {
		bell = &zkBell{rung: make(chan struct{})}
		close(bell.rung)
	}
	return before, bell, err
}

// armed sets a watch on a node and looks whether it is there. The session that
// the lock belongs to is asked too: it may have another server than the watch,
// and one of the two may be behind. Without a bell they do not agree, and are to
// be asked again.
func (l *zkLock) armed(ctx context.Context, node string) (*zkBell, bool, error) {
	bell, n, err := l.store.bells.arm(ctx, node, false, true)
	if err != nil {
		return nil, false, err
	}
	there, err := zkAskAgain(ctx, l.z, func(c *zk.Conn) (bool, error) {
		there, _, err := c.Exists(node)
		return there, err
	})
	if err == nil && there && n.stat != nil {
		return bell, true, nil
	}
	l.store.bells.disarm(bell)
	return nil, there, err
}

// write puts the lock's value at the key, in one transaction with the check
// that the claim still stands: who has lost the lock writes nothing.
func (l *zkLock) write(ctx context.Context, claim string) error {
	ctx, cancel := context.WithTimeout(ctx, l.store.timeout)
	defer cancel()
	for range zkTries {
		_, err := l.store.stat(ctx, l.path)
		switch {
		case err == nil && l.value == nil:
			return nil
		case err == nil:
			err = l.transact(ctx, claim, &zk.SetDataRequest{Path: l.path, Data: l.value, Version: -1})
		case errors.Is(err, zk.ErrNoNode):
			err = l.store.withParents(ctx, l.path, func(acl []zk.ACL) error {
				return l.transact(ctx, claim, &zk.CreateRequest{Path: l.path, Data: l.value, Acl: acl})
			})
		}
		if !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return errZkBusy
}

// transact carries out op if claim still stands.
func (l *zkLock) transact(ctx context.Context, claim string, op any) error {
	check := &zk.CheckVersionRequest{Path: claim, Version: -1}
	answers, err := zkAskOnce(ctx, l.z, func(c *zk.Conn) ([]zk.MultiResponse, error) { return c.Multi(check, op) })
	if err != nil && len(answers) > 0 && answers[0].Error != nil {
		return errZkClaimGone
	}
	return err
}

// withdraw removes what was made with id from the queue, if anything was. It
// goes on in the background until that is done or the session is over, which
// removes it too.
func (l *zkLock) withdraw(id string) {
	if l.withdrawn(id, min(l.store.timeout, time.Second)) || l.store.enter() != nil {
		return
	}
	ended := l.z.ended()
	go func() {
		defer l.store.wg.Done()
		untilEnded(l.store.ctx, func() { l.withdrawUntil(ended, id) })
	}()
}

// withdrawUntil tries to remove what was made with id until it is removed or
// the session has ended.
func (l *zkLock) withdrawUntil(ended <-chan struct{}, id string) {
	var b backoff
	for b.wait(l.store.ctx) == nil && !l.withdrawn(id, l.store.timeout) {
		select {
		case <-ended:
			return
		default:
		}
	}
}

// withdrawn tries to remove what was made with id. It does so after Close has
// begun, too: the session is closed last.
func (l *zkLock) withdrawn(id string, timeout time.Duration) bool {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	claim, err := l.find(ctx, id)
	if err == nil && claim != "" {
		err = l.remove(ctx, claim)
	}
	return err == nil
}

// remove deletes a claim, and the queue after the last one.
func (l *zkLock) remove(ctx context.Context, claim string) error {
	_, err := zkAskAgain(ctx, l.z, func(c *zk.Conn) (struct{}, error) {
		err := c.Delete(claim, -1)
		if errors.Is(err, zk.ErrNoNode) {
			err = nil
		}
		return struct{}{}, err
	})
	if err == nil {
		_, _ = zkAskOnce(ctx, l.z, func(c *zk.Conn) (struct{}, error) {
			return struct{}{}, c.Delete(path.Dir(claim), -1) // in use by others, mostly
		})
	}
	return err
}
