package etcdpast

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Client is what this package needs of a client of etcd. *etcdclient.Client is one.
type Client interface {
	Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error)
	// NewWatcher returns a watcher with a stream of its own.
	NewWatcher() clientv3.Watcher
	// Request returns the context of one small request.
	Request(ctx context.Context) (context.Context, context.CancelFunc)
}

// Oldest returns the oldest revision that is kept, given one that is not; 0 if the server does not
// say. Only the answer to a watch names it. key is one that the user may read.
func Oldest(ctx context.Context, client Client, key string, compacted int64) int64 {
	ctx, cancel := client.Request(clientv3.WithRequireLeader(ctx))
	watcher := client.NewWatcher()
	defer func() {
		cancel()
		_ = watcher.Close() // waits for its goroutines
	}()
	for resp := range watcher.Watch(ctx, key, clientv3.WithRev(max(1, compacted))) {
		if resp.CompactRevision != 0 || resp.Err() != nil {
			return resp.CompactRevision
		}
	}
	return 0
}
