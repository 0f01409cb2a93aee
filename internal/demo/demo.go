package demo

import (
	"context"
	"fmt"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Options describe the cluster that Start makes. The zero value is a cluster
// with a stream of changes, whose data is removed by Close.
type Options struct {
	// DataDir keeps the data; "" is a temporary directory that Close removes.
	// Existing data is kept, except for registrations, locks and leaders, which
	// are always new.
	DataDir string
	// Seed selects one of many clusters of the same kind. One seed always gives
	// the same keys and values, and the same order of changes.
	Seed uint64
	// Still omits the stream of changes and stops the clock in the values, for
	// pictures and comparisons.
	Still bool
}

// Cluster is a running cluster.
type Cluster struct {
	node   *node
	client *clientv3.Client
	dice   *dice
	now    func() time.Time

	cancel   context.CancelFunc
	running  sync.WaitGroup // the contenders and the stream
	once     sync.Once
	sessions sessions

	// Only Start and then the stream use these.
	instances []*instance
	nextJob   int

	leaderTurn, lockTurn chan struct{} // an element makes the leader, or the lock's holder, step down
}

// pictureTime is the time of a still cluster.
func pictureTime() time.Time { return time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC) }

// Start starts a cluster and returns when all its keys exist. ctx bounds only
// the start.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	node, err := startNode(ctx, options.DataDir)
	if err != nil {
		return nil, fmt.Errorf("start the embedded etcd: %w", err)
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{node.endpoint}, Logger: zap.NewNop()})
	if err != nil {
		node.close()
		return nil, fmt.Errorf("connect to the embedded etcd: %w", err)
	}
	c := &Cluster{
		node: node, client: client, dice: newDice(options.Seed), now: time.Now,
		leaderTurn: make(chan struct{}, 1), lockTurn: make(chan struct{}, 1),
	}
	if options.Still {
		c.now = pictureTime
	}
	living, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	if err := c.fill(ctx, living); err != nil {
		c.Close()
		return nil, fmt.Errorf("fill the embedded etcd: %w", err)
	}
	if !options.Still {
		c.running.Go(func() { c.stream(living) })
	}
	return c, nil
}

// Endpoint returns where the cluster listens, for etcdctl and other clients of
// the same user: "unix:///path", a socket that nobody else can reach.
func (c *Cluster) Endpoint() string { return c.node.endpoint }

// Close ends the cluster and everything it started. It may be called again.
func (c *Cluster) Close() {
	c.once.Do(func() {
		c.cancel()
		c.running.Wait()
		c.sessions.closeAll()
		_ = c.client.Close()
		c.node.close()
	})
}
