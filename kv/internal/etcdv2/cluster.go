package etcdv2

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// Config says how to reach the members of a cluster.
type Config struct {
	TLS                *tls.Config // nil for plain HTTP
	Username, Password string
	Timeout            time.Duration // of a small request
	// Unused is the name of a node that nobody makes. A read of it, below a path that the user has
	// rights to, costs the store nothing and returns the store's index.
	Unused string
}

// Cluster is the members of one cluster. The member that answered last is asked first.
type Cluster struct {
	ctx       context.Context //nolint:containedctx // it ends with the store
	config    Config
	members   []*member
	pinned    atomic.Int32 // the member that answered last
	transport *transport
}

// Open makes the clients for the members. It connects to none. Requests end with ctx.
func Open(ctx context.Context, addrs []string, config Config) (*Cluster, error) {
	if len(addrs) == 0 {
		return nil, client.ErrNoEndpoints
	}
	c := &Cluster{ctx: ctx, config: config, transport: newTransport(config, len(addrs))}
	for _, addr := range addrs {
		m, err := newMember(addr, config, c.transport)
		if err != nil {
			return nil, err
		}
		c.members = append(c.members, m)
	}
	return c, nil
}

// Close closes the connections that are not in use.
func (c *Cluster) Close() { c.transport.CloseIdleConnections() }

// Host returns the address of the member that answered last.
func (c *Cluster) Host() string { return c.member().host }

// member returns the member that answered last.
func (c *Cluster) member() *member { return c.members[c.pinned.Load()] }

// request bounds a small request.
func (c *Cluster) request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, c.config.Timeout)
}

// read asks one member after the other until one answers. Each gets its share of the time that
// ctx leaves.
func (c *Cluster) read(ctx context.Context, ask func(context.Context, *member) error) error {
	var failures []error
	first, n := int(c.pinned.Load()), len(c.members)
	for i := range n {
		at := (first + i) % n
		attempt, cancel := shareOf(ctx, n-i)
		err := causes(ask(attempt, c.members[at]))
		cancel()
		if err == nil || Answered(err) {
			c.pinned.Store(int32(at))
			return err
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return c.leaderless(joined(failures))
}

// write asks one member, and another only if nothing was sent to the first. Without an answer,
// the error is one that IsUnanswered reports.
func (c *Cluster) write(ctx context.Context, ask func(context.Context, *member) error) error {
	var err error
	first, n := int(c.pinned.Load()), len(c.members)
	for i := range n {
		at := (first + i) % n
		err = causes(ask(ctx, c.members[at]))
		if err == nil || Answered(err) {
			c.pinned.Store(int32(at))
			return err
		}
		if !errors.As(err, new(unsent)) && !errors.Is(err, ErrNoLeader) {
			return unanswered{err}
		}
	}
	return err
}

// shareOf returns ctx with an equal part of the time that it leaves to parts tries.
func shareOf(ctx context.Context, parts int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || parts <= 1 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(parts))
}

// leaderless finds out whether the members did not answer for want of a leader: they wait longer
// for one than a request waits for them. It adds that to why.
func (c *Cluster) leaderless(why error) error {
	if c.ctx.Err() != nil || !errors.Is(why, context.DeadlineExceeded) {
		return why
	}
	ctx, cancel := context.WithTimeout(c.ctx, c.config.Timeout/8)
	defer cancel()
	for i, m := range c.members { // any of them knows
		asking, done := shareOf(ctx, len(c.members)-i)
		_, err := client.NewMembersAPI(m.client).Leader(asking)
		done()
		switch err = causes(err); {
		case err == nil:
			return why
		case errors.Is(err, ErrNoLeader):
			return fmt.Errorf("%w; %w", err, why)
		}
	}
	return why
}

// Get reads a node by the agreement of the cluster, and returns the store's index. An error answer
// has the index, too.
func (c *Cluster) Get(ctx context.Context, path string) (*client.Node, uint64, error) {
	return c.get(ctx, path, &client.GetOptions{Quorum: true})
}

// GetTree is Get with all that is below the node. It may take as long as the members answer other
// requests meanwhile.
func (c *Cluster) GetTree(ctx context.Context, path string) (*client.Node, uint64, error) {
	return c.get(ctx, path, &client.GetOptions{Quorum: true, Recursive: true})
}

// GetLocal reads a node as the member that is asked has it. It may be behind the cluster by a
// moment, but costs the cluster no entry in its log.
func (c *Cluster) GetLocal(ctx context.Context, path string) (*client.Node, error) {
	node, _, err := c.get(ctx, path, nil)
	return node, err
}

func (c *Cluster) get(ctx context.Context, path string, options *client.GetOptions) (*client.Node, uint64, error) {
	var resp *client.Response
	err := c.read(ctx, func(ctx context.Context, m *member) (err error) {
		ask := func(ctx context.Context) error {
			resp, err = m.keys.Get(ctx, path, options)
			return err
		}
		if options != nil && options.Recursive {
			return c.attended(ctx, m, path, ask)
		}
		return ask(ctx)
	})
	if err != nil {
		return nil, indexOf(err), err
	}
	return resp.Node, resp.Index, nil
}

// Index returns the index of the store as the cluster agrees on it. The user needs rights below
// path.
func (c *Cluster) Index(ctx context.Context, path string) (uint64, error) {
	_, index, err := c.Get(ctx, c.unused(path))
	if err == nil || IsMissing(err) {
		return index, nil
	}
	return 0, err
}

// unused returns a node below path that nobody makes. The directory itself may be large, and a
// user may have no rights beside it.
func (c *Cluster) unused(path string) string {
	return strings.TrimSuffix(path, "/") + "/" + c.config.Unused
}

// Set writes a node under the conditions in options.
func (c *Cluster) Set(ctx context.Context, path string, value []byte, options *client.SetOptions) (*client.Node, error) {
	var resp *client.Response
	err := c.write(ctx, func(ctx context.Context, m *member) (err error) {
		resp, err = m.keys.Set(ctx, path, string(value), options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp.Node, nil
}

// Refresh renews a node's TTL without an event and without a change of its value, if it has that
// index. 0 is any index.
func (c *Cluster) Refresh(ctx context.Context, path string, index uint64, ttl time.Duration) error {
	_, err := c.Set(ctx, path, nil, &client.SetOptions{PrevExist: client.PrevExist, PrevIndex: index, TTL: ttl, Refresh: true})
	return err
}

// Delete deletes a node under the conditions in options.
func (c *Cluster) Delete(ctx context.Context, path string, options *client.DeleteOptions) error {
	return c.write(ctx, func(ctx context.Context, m *member) error {
		_, err := m.keys.Delete(ctx, path, options)
		return err
	})
}
