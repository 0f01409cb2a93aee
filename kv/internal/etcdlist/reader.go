package etcdlist

import (
	"context"
	"errors"
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

// ErrReplaced says that another cluster answers than the one whose past is read.
var ErrReplaced = errors.New("another cluster answers at this address, with a history of its own")

// Reader reads ranges of one cluster, and remembers whether its servers stream them.
type Reader struct {
	Client
	// Then is the moment in the past that it reads; the zero value is the newest one.
	Then Point
	// CountMost is how many keys a range of a Level may hold on servers that count all of it for
	// each answer; 0 for the default.
	CountMost int64

	streams *atomic.Bool
}

// NewReader returns a reader that asks by client.
func NewReader(client Client) *Reader { return &Reader{Client: client, streams: new(atomic.Bool)} }

// At returns a reader of a moment in the past. Any cluster will do if the moment has none.
func (r *Reader) At(then Point) *Reader {
	past := *r
	past.Then = then
	return &past
}

// IsPast reports whether a moment in the past is read.
func (r *Reader) IsPast() bool { return r.Then.Revision != 0 }

// LacksLeases reports whether nothing says to which leases keys were bound that come without their
// values: servers that stream leave the leases out with the values, and know those of now alone.
func (r *Reader) LacksLeases() bool { return r.IsPast() && r.streams.Load() }

// Point is a moment in the history of a cluster.
type Point struct {
	Revision int64
	Cluster  uint64
}

// Now returns the moment that is to be read. Every answer reports the newest, so a question about
// one key is enough; start is a key that the user may read if any of the span that is to be read.
// If it is Then, Now returns an error unless that can be read.
func (r *Reader) Now(ctx context.Context, start string) (Point, error) {
	ctx, cancel := r.Request(ctx)
	defer cancel()
	resp, err := r.Get(ctx, start, clientv3.WithKeysOnly(), clientv3.WithRev(r.Then.Revision))
	switch cluster := r.Then.Cluster; {
	case err != nil:
		return Point{}, err
	case cluster != 0 && cluster != resp.Header.ClusterId:
		return Point{}, ErrReplaced
	case r.IsPast():
		return Point{r.Then.Revision, resp.Header.ClusterId}, nil
	}
	return Point{resp.Header.Revision, resp.Header.ClusterId}, nil
}
