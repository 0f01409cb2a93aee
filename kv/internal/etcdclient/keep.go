package etcdclient

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// renewAgain is the pause after a renewal that failed.
const renewAgain = 250 * time.Millisecond

// Keep renews a lease until ctx ends or the lease does: because the server reports its end, or
// because no renewal succeeded for all of its TTL. It counts that from when the last renewal was
// sent, so it never believes in a lease for longer than the server does. pace returns how often to
// renew; an element in hurry, which may be nil, says that the pace has become shorter.
func (c *Client) Keep(ctx context.Context, lease clientv3.LeaseID, ttl time.Duration, pace func() time.Duration, hurry <-chan struct{}) {
	end := time.Now().Add(ttl)
	next := min(pace(), ttl/3)
	for {
		timer := time.NewTimer(min(next, time.Until(end)))
		select {
		case <-hurry:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		timer.Stop()
		sent := time.Now()
		if !sent.Before(end) {
			return
		}
		left, err := c.renewLease(ctx, lease, end)
		switch {
		case err == nil:
			end, next = sent.Add(left), min(pace(), left/3)
		case errors.Is(err, rpctypes.ErrLeaseNotFound):
			return
		default:
			next = min(next, renewAgain)
		}
	}
}

// renewLease renews a lease once and returns how long it has to live. KeepAliveOnce of clientv3
// would retry without a pause while no server can be reached. The stream ends with the call.
func (c *Client) renewLease(ctx context.Context, lease clientv3.LeaseID, end time.Time) (time.Duration, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	stream, err := etcdserverpb.NewLeaseClient(c.ActiveConnection()).LeaseKeepAlive(ctx)
	if err != nil {
		return 0, err
	}
	if err := stream.Send(&etcdserverpb.LeaseKeepAliveRequest{ID: int64(lease)}); err != nil {
		return 0, err
	}
	resp, err := stream.Recv()
	if err != nil {
		return 0, rpctypes.Error(err)
	}
	_ = stream.CloseSend()
	if resp.TTL <= 0 {
		return 0, rpctypes.ErrLeaseNotFound
	}
	return time.Duration(resp.TTL) * time.Second, nil
}
