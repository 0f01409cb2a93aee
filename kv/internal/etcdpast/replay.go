package etcdpast

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"

	"kvist/kv/internal/etcdclient"
	"kvist/kv/internal/etcdlist"
	"kvist/kv/internal/wait"
)

// Client is what this package needs of a client of etcd. *etcdclient.Client is one.
type Client interface {
	Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error)
	// ServerStatus asks one server how large its data is, among other things.
	ServerStatus(ctx context.Context, opts ...grpc.CallOption) (*etcdserverpb.StatusResponse, error)
	// Watches opens a stream of watches that ends with the connection.
	Watches(ctx context.Context) (etcdserverpb.Watch_WatchClient, error)
	// Request returns the context of one small request, Long that of one that may touch very many
	// keys.
	Request(ctx context.Context) (context.Context, context.CancelFunc)
	Long(ctx context.Context) (context.Context, context.CancelFunc)
}

// Past reads the history of one cluster.
type Past struct {
	Client Client
	// Whole means that the user may read all keys.
	Whole bool
}

// CompactedError is the error of a question about revisions that are compacted.
type CompactedError struct {
	Oldest int64 // the oldest revision that can be read
}

// Error says what is left.
func (e *CompactedError) Error() string {
	return fmt.Sprintf("compacted; the oldest revision that is kept is %d", e.Oldest)
}

const (
	// marksEnough is how many marks in a row, without a change between them, prove that a replay
	// has come to its end. A server serves the watches that lag behind in rounds, in each of which
	// every one of them gets something, in any order. So a watch that lags behind after the round of
	// the first mark gets a change in the round of the second, and that arrives before the third.
	marksEnough = 3
	// progressPace is how long to wait for one of the server's rounds, which come ten times a
	// second.
	progressPace = 150 * time.Millisecond
	// noWatch is the id of no watch.
	noWatch = -1
)

// nothing takes no event.
func nothing(*mvccpb.Event) bool { return false }

// replay calls take with what happened in a span, from a revision on and in order, until take
// returns false or everything up to now has come. For that the server reads all that happened since
// that revision to any key; etcd 3.4 holds it in memory meanwhile. before says that events come
// with what was there before them.
func (p *Past) replay(ctx context.Context, span etcdlist.Span, from int64, before bool, take func(*mvccpb.Event) bool) error {
	ctx, cancel := p.Client.Long(ctx)
	defer cancel() // ends the stream
	stream, err := p.Client.Watches(ctx)
	if err != nil {
		return etcdclient.LostContact(ctx, rpctypes.Error(err))
	}
	r := replay{stream: stream, whole: p.Whole, from: from, take: take, own: noWatch, mark: noWatch}
	r.watch(span, from, before)
	for done := false; err == nil && !done; {
		var resp *etcdserverpb.WatchResponse
		if resp, err = stream.Recv(); err != nil {
			return etcdclient.LostContact(ctx, rpctypes.Error(err))
		}
		done, err = r.see(ctx, resp)
	}
	return err
}

// replay is a watch of what happened. The server does not say when it has sent all of it, so
// further watches on the same stream mark that: each is of something that is known to have
// happened.
type replay struct {
	stream etcdserverpb.Watch_WatchClient
	whole  bool
	from   int64
	take   func(*mvccpb.Event) bool

	newest int64 // the revision when it began
	own    int64 // the id of its watch
	mark   int64 // the id of the watch that is the next mark
	marks  int   // that came since the last change
}

// watch asks for a watch of a span.
func (r *replay) watch(span etcdlist.Span, from int64, before bool) {
	create := &etcdserverpb.WatchCreateRequest{Key: []byte(span.Start), RangeEnd: []byte(span.End), StartRevision: from, PrevKv: before}
	r.send(&etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_CreateRequest{CreateRequest: create}})
}

// send sends a request. Why the stream has ended, if it has, the next answer says.
func (r *replay) send(request *etcdserverpb.WatchRequest) { _ = r.stream.Send(request) }

// see takes what the server sent, and reports whether the replay is at its end.
func (r *replay) see(ctx context.Context, resp *etcdserverpb.WatchResponse) (done bool, err error) {
	switch id := resp.WatchId; {
	case resp.Canceled:
		return false, r.refused(ctx, resp)
	case resp.Created && r.own == noWatch:
		r.own, r.newest = id, resp.Header.Revision
		if r.from > r.newest {
			return true, nil
		}
		return false, r.next(ctx)
	case resp.Created:
		r.mark = id
	case id == r.own && len(resp.Events) > 0:
		return r.happened(resp.Events), nil
	case id == r.mark && (len(resp.Events) > 0 || id == noWatch):
		r.marks++
		if r.marks == marksEnough {
			return true, nil
		}
		return false, r.next(ctx)
	}
	return false, nil
}

// refused returns the error of a watch that the server ended, unless that is a mark.
func (r *replay) refused(ctx context.Context, resp *etcdserverpb.WatchResponse) error {
	switch {
	case resp.CompactRevision != 0:
		return &CompactedError{Oldest: resp.CompactRevision}
	case r.own == noWatch || resp.WatchId == r.own:
		return etcdclient.WatchError(errors.New(resp.CancelReason))
	case resp.Created: // the mark is refused: the user may not read everything
		r.whole = false
		return r.next(ctx)
	}
	return nil // a mark of before
}

// happened passes events on, and reports whether no more are wanted.
func (r *replay) happened(events []*mvccpb.Event) (done bool) {
	r.marks = 0
	for _, e := range events {
		if !r.take(e) {
			return true
		}
	}
	return events[len(events)-1].Kv.ModRevision >= r.newest
}

// next asks for the next mark: what happened at the newest revision, which is not compacted if an
// older one is not. If that may not be read, it is a word about progress. Etcd before 3.4.25 sends
// that also when it has more to send, so it gets some time.
func (r *replay) next(ctx context.Context) error {
	if r.whole && r.from < r.newest {
		if r.mark != noWatch {
			cancel := &etcdserverpb.WatchCancelRequest{WatchId: r.mark}
			r.send(&etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_CancelRequest{CancelRequest: cancel}})
		}
		r.mark = noWatch
		r.watch(etcdlist.DirSpan(""), r.newest, false)
		return nil
	}
	r.mark = noWatch
	if err := wait.Sleep(ctx, progressPace); err != nil {
		return err
	}
	progress := &etcdserverpb.WatchProgressRequest{}
	r.send(&etcdserverpb.WatchRequest{RequestUnion: &etcdserverpb.WatchRequest_ProgressRequest{ProgressRequest: progress}})
	return nil
}
