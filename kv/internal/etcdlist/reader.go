package etcdlist

import (
	"context"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Client is what a Reader needs of a client of etcd. *etcdclient.Client is one.
type Client interface {
	Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error)
	GetStream(ctx context.Context, key string, opts ...clientv3.OpOption) (clientv3.GetStreamChan, error)
	// LeasedKeys returns the keys that are bound to leases, as far as the user may know.
	LeasedKeys(ctx context.Context) map[string]int64
	// Request returns the context of one small request, Long that of one that may touch very many
	// keys, and Timeout how long the first may last.
	Request(ctx context.Context) (context.Context, context.CancelFunc)
	Long(ctx context.Context) (context.Context, context.CancelFunc)
	Timeout() time.Duration
}

// Reader reads ranges of one cluster, and remembers whether its servers stream them.
type Reader struct {
	Client
	// CountMost is how many keys a range of a Level may hold on servers that count all of it for
	// each answer; 0 for the default.
	CountMost int64

	streams atomic.Bool
}

// NewReader returns a reader that asks by client.
func NewReader(client Client) *Reader { return &Reader{Client: client} }

// Point is a moment in the history of a cluster.
type Point struct {
	Revision int64
	Cluster  uint64
}

// Now returns the newest moment. Every answer reports it, so a question about one key is enough;
// start is a key that the user may read if any of the span that is to be read.
func (r *Reader) Now(ctx context.Context, start string) (Point, error) {
	ctx, cancel := r.Request(ctx)
	defer cancel()
	resp, err := r.Get(ctx, start, clientv3.WithKeysOnly())
	if err != nil {
		return Point{}, err
	}
	return Point{resp.Header.Revision, resp.Header.ClusterId}, nil
}
