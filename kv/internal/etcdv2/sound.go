package etcdv2

import (
	"context"
	"fmt"

	client "go.etcd.io/etcd/client/v2"
)

// soundKeys is the keys API with answers that have all the nodes they must have. The library
// passes on what it read without a look at it.
type soundKeys struct{ client.KeysAPI }

// Get implements client.KeysAPI.
func (k soundKeys) Get(ctx context.Context, key string, o *client.GetOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.Get(ctx, key, o)
	return sound(resp, err)
}

// Set implements client.KeysAPI.
func (k soundKeys) Set(ctx context.Context, key, value string, o *client.SetOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.Set(ctx, key, value, o)
	return sound(resp, err)
}

// CreateInOrder implements client.KeysAPI.
func (k soundKeys) CreateInOrder(ctx context.Context, dir, value string, o *client.CreateInOrderOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.CreateInOrder(ctx, dir, value, o)
	return sound(resp, err)
}

// Watcher implements client.KeysAPI.
func (k soundKeys) Watcher(key string, o *client.WatcherOptions) client.Watcher {
	return soundWatcher{k.KeysAPI.Watcher(key, o)}
}

type soundWatcher struct{ client.Watcher }

// Next implements client.Watcher.
func (w soundWatcher) Next(ctx context.Context) (*client.Response, error) {
	resp, err := w.Watcher.Next(ctx)
	return sound(resp, err)
}

// sound returns an answer, or the error that a node is missing in it.
func sound(resp *client.Response, err error) (*client.Response, error) {
	switch {
	case err != nil:
		return nil, err
	case resp == nil || !isSound(resp.Node):
		return nil, fmt.Errorf("%w: a node is missing in it", ErrBadAnswer)
	}
	return resp, nil
}

// isSound reports whether a node and all below it are there. The depth of an answer is bounded.
func isSound(n *client.Node) bool {
	if n == nil {
		return false
	}
	for _, child := range n.Nodes {
		if !isSound(child) {
			return false
		}
	}
	return true
}
