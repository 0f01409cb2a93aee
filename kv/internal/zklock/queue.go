package zklock

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

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkrecipe"
	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

// ErrClaimGone says that a claim is no longer in the queue.
var ErrClaimGone = errors.New("the place in the queue is gone")

// Queue is the queue of one lock.
type Queue struct {
	Path    string            // the node that holds it
	Session *zkclient.Session // the claims live as long as it does
	Watches *zkwatch.Shared
	Timeout time.Duration // of one small request

	// Create calls create with the ACL that a node is to have, after making the nodes above it.
	Create func(ctx context.Context, node string, create func([]zk.ACL) error) error
}

// NewID returns the beginning of a claim's name. No two attempts at a lock have the same, so that
// the claim is found even if the answer to its creation was lost.
func NewID() string {
	var id [16]byte
	rand.Read(id[:]) // never fails
	return fmt.Sprintf("_c_%x-lock-", id)
}

// Enter makes a claim with an id at the end of the queue, and returns its node.
func (q *Queue) Enter(ctx context.Context, id string, data []byte) (claim string, err error) {
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	name := path.Join(q.Path, id)
	for {
		err = q.Create(ctx, name, func(acl []zk.ACL) error {
			claim, err = q.Session.Create(ctx, name, data, zk.FlagEphemeral|zk.FlagSequence, acl)
			return err
		})
		if !errors.Is(err, zk.ErrConnectionClosed) {
			return claim, err
		}
		// It may have been made all the same. The session, if it still lives, is the same, and its
		// requests are carried out in their order.
		if claim, err = q.find(ctx, id); err != nil || claim != "" {
			return claim, err
		}
	}
}

// find returns the claim with an id, or "" if there is none.
func (q *Queue) find(ctx context.Context, id string) (string, error) {
	claims, err := q.claims(ctx)
	for _, claim := range claims {
		if strings.HasPrefix(path.Base(claim), id) {
			return claim, nil
		}
	}
	return "", err
}

// claims returns all claims in their order.
func (q *Queue) claims(ctx context.Context) ([]string, error) {
	names, err := q.Session.Children(ctx, q.Path)
	if errors.Is(err, zk.ErrNoNode) {
		return nil, nil
	}
	number := func(i int) int {
		claim, _ := zkrecipe.Parse(names[i])
		return claim.Number
	}
	sort.Slice(names, func(i, j int) bool { return number(i) < number(j) })
	for i, name := range names {
		names[i] = zkwire.Join(q.Path, name)
	}
	return names, err
}

// Await waits until a claim is the first in the queue. ended is closed with the session that the
// claim belongs to.
func (q *Queue) Await(ctx context.Context, claim string, ended <-chan struct{}) error {
	var pause wait.Backoff
	living, cancel := wait.UntilStopped(ctx, ended)
	defer cancel()
	defer q.Watches.Enter()()
	for {
		first, changed, watch, err := q.predecessor(living, claim)
		if errors.Is(err, ErrClaimGone) {
			return err
		}
		if err == nil && first {
			return nil
		}
		switch {
		case watch != nil:
			pause.Reset()
			select {
			case <-watch.Fired:
			case <-living.Done():
			}
			q.Watches.Remove(watch)
		case changed:
			pause.Reset()
		default: // without contact there is nothing to do but wait
			_ = pause.Wait(living)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case living.Err() != nil:
			return ErrClaimGone
		}
	}
}

// predecessor watches the claim before one, unless that is the first. changed is true if the
// claim before it has gone meanwhile. If there is neither, it must be asked again in a moment.
func (q *Queue) predecessor(ctx context.Context, claim string) (first, changed bool, watch *zkwatch.Watch, err error) {
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	claims, err := q.claims(ctx)
	if err != nil {
		return false, false, nil, err
	}
	before, found := "", false
	for _, c := range claims {
		if found = c == claim; found {
			break
		}
		before = c
	}
	switch {
	case !found:
		return false, false, nil, ErrClaimGone
	case before == "":
		return true, false, nil, nil
	}
	watch, there, err := q.watch(ctx, before)
	return false, err == nil && !there, watch, err
}

// Watch sets a watch on a claim and reports whether it stands. Without a watch it does not
// stand, or must be asked again in a moment.
func (q *Queue) Watch(ctx context.Context, claim string) (watch *zkwatch.Watch, there bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, q.Timeout)
	defer cancel()
	return q.watch(ctx, claim)
}

// watch sets a watch on a node and reports whether that exists. The session that the lock belongs
// to is asked too: it may have another server than the watch, and one of the two may be behind.
// If they do not agree there is no watch, and they must be asked again.
func (q *Queue) watch(ctx context.Context, node string) (*zkwatch.Watch, bool, error) {
	watch, n, err := q.Watches.Set(ctx, node, false, true)
	if err != nil {
		return nil, false, err
	}
	there, err := zkclient.AskAgain(ctx, q.Session, func(c *zk.Conn) (bool, error) {
		there, _, err := c.Exists(node)
		return there, err
	})
	if err == nil && there && n.Stat != nil {
		return watch, true, nil
	}
	q.Watches.Remove(watch)
	return nil, there, err
}

// Withdraw removes the claim with an id, if there is one. It may be called after the store has
// begun to close, since the session ends last.
func (q *Queue) Withdraw(id string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	claim, err := q.find(ctx, id)
	if err == nil && claim != "" {
		err = q.Leave(ctx, claim)
	}
	return err
}

// Leave removes a claim, and the queue after the last one.
func (q *Queue) Leave(ctx context.Context, claim string) error {
	_, err := zkclient.AskAgain(ctx, q.Session, func(c *zk.Conn) (struct{}, error) {
		err := c.Delete(claim, zkclient.AnyVersion)
		if errors.Is(err, zk.ErrNoNode) {
			err = nil
		}
		return struct{}{}, err
	})
	if err == nil {
		_ = q.Session.Delete(ctx, path.Dir(claim), zkclient.AnyVersion) // others are in it, mostly
	}
	return err
}
