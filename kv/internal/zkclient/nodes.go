package zkclient

import (
	"context"
	"errors"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwire"
)

// AnyVersion is the version that every node matches.
const AnyVersion = -1

// Get reads a node with its data.
func (z *Session) Get(ctx context.Context, path string) (zkwire.Node, error) {
	return AskAgain(ctx, z, func(c *zk.Conn) (zkwire.Node, error) {
		data, stat, err := c.Get(path)
		return zkwire.Node{Path: path, Data: data, Stat: stat}, err
	})
}

// Stat reads the stat of a node, which needs no rights. It returns zk.ErrNoNode if there is no
// such node.
func (z *Session) Stat(ctx context.Context, path string) (*zk.Stat, error) {
	return AskAgain(ctx, z, func(c *zk.Conn) (*zk.Stat, error) {
		ok, stat, err := c.Exists(path)
		if err == nil && !ok {
			err = zk.ErrNoNode
		}
		return stat, err
	})
}

// Look reads a node, with its data if data is true and the login may read them. A node that does
// not exist has no stat.
func (z *Session) Look(ctx context.Context, path string, data bool) (zkwire.Node, error) {
	n := zkwire.Node{Path: path}
	var err error
	if data {
		n, err = z.Get(ctx, path)
		n.Path = path
	}
	if !data || errors.Is(err, zk.ErrNoAuth) {
		n.Denied = data
		n.Stat, err = z.Stat(ctx, path)
	}
	if errors.Is(err, zk.ErrNoNode) {
		return zkwire.Node{Path: path}, nil
	}
	return n, err
}

// Children reads the names of a node's children.
func (z *Session) Children(ctx context.Context, path string) ([]string, error) {
	return AskAgain(ctx, z, func(c *zk.Conn) ([]string, error) {
		names, _, err := c.Children(path)
		return names, err
	})
}

// ACL reads a node's ACL.
func (z *Session) ACL(ctx context.Context, path string) ([]zk.ACL, error) {
	return AskAgain(ctx, z, func(c *zk.Conn) ([]zk.ACL, error) {
		acl, _, err := c.GetACL(path)
		return acl, err
	})
}

// Sync makes later reads show all that was written before, by anyone.
func (z *Session) Sync(ctx context.Context) error {
	_, err := AskAgain(ctx, z, func(c *zk.Conn) (string, error) { return c.Sync("/") })
	return err
}

// Set writes the data of a node that has this version.
func (z *Session) Set(ctx context.Context, path string, data []byte, version int32) (*zk.Stat, error) {
	return AskOnce(ctx, z, func(c *zk.Conn) (*zk.Stat, error) { return c.Set(path, data, version) })
}

// Create makes a node, and returns its path.
func (z *Session) Create(ctx context.Context, path string, data []byte, flags int32, acl []zk.ACL) (string, error) {
	return AskOnce(ctx, z, func(c *zk.Conn) (string, error) { return c.Create(path, data, flags, acl) })
}

// CreateContainer makes a node that the server deletes some time after its last child.
func (z *Session) CreateContainer(ctx context.Context, path string, data []byte, acl []zk.ACL) error {
	_, err := AskOnce(ctx, z, func(c *zk.Conn) (string, error) { return c.CreateContainer(path, data, zk.FlagContainer, acl) })
	return err
}

// CreateTTL makes a node that the server deletes when it was not changed for that long.
func (z *Session) CreateTTL(ctx context.Context, path string, data []byte, acl []zk.ACL, ttl time.Duration) error {
	_, err := AskOnce(ctx, z, func(c *zk.Conn) (string, error) { return c.CreateTTL(path, data, zk.FlagTTL, acl, ttl) })
	return err
}

// Delete deletes a node that has this version.
func (z *Session) Delete(ctx context.Context, path string, version int32) error {
	_, err := AskOnce(ctx, z, func(c *zk.Conn) (struct{}, error) { return struct{}{}, c.Delete(path, version) })
	return err
}

// Multi carries out operations in one transaction.
func (z *Session) Multi(ctx context.Context, ops ...any) ([]zk.MultiResponse, error) {
	return AskOnce(ctx, z, func(c *zk.Conn) ([]zk.MultiResponse, error) { return c.Multi(ops...) })
}
