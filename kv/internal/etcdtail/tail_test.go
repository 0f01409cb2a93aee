package etcdtail

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"kvist/kv/internal/etcdlist"
)

// fakeClient is a client of a server with one key and a history.
type fakeClient struct {
	mu        sync.Mutex
	history   []*mvccpb.KeyValue // of the key, by revision; a deletion has no version
	revision  int64
	cluster   uint64
	compacted int64 // revisions before it are gone
	refused   map[string]bool
	connected chan struct{} // closed when the connection is lost
	watches   []*fakeWatcher
	asked     int // about a span, behind a refusal
}

func newFakeClient() *fakeClient {
	return &fakeClient{revision: 1, cluster: 7, connected: make(chan struct{}), refused: map[string]bool{}}
}

// put writes or, without a value, deletes the key "dir/a", and tells the watch that is open.
func (f *fakeClient) put(value string) {
	f.mu.Lock()
	f.revision++
	kv := &mvccpb.KeyValue{Key: []byte("dir/a"), ModRevision: f.revision, CreateRevision: f.revision, Version: 1, Value: []byte(value)}
	if last := f.last(f.revision); last != nil && last.Version > 0 {
		kv.CreateRevision, kv.Version = last.CreateRevision, last.Version+1
	}
	event := &clientv3.Event{Type: clientv3.EventTypePut, Kv: kv}
	if value == "" {
		kv.CreateRevision, kv.Version = 0, 0
		event.Type = clientv3.EventTypeDelete
	}
	f.history = append(f.history, kv)
	var open *fakeWatcher
	if n := len(f.watches); n > 0 {
		open = f.watches[n-1]
	}
	f.mu.Unlock()
	if open != nil {
		open.events <- clientv3.WatchResponse{Events: []*clientv3.Event{event}}
	}
}

// last is the key's newest state up to a revision.
func (f *fakeClient) last(revision int64) *mvccpb.KeyValue {
	for i := len(f.history) - 1; i >= 0; i-- {
		if f.history[i].ModRevision <= revision {
			return f.history[i]
		}
	}
	return nil
}

// change changes the server, and loseContact makes the client notice that contact was lost.
func (f *fakeClient) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

func (f *fakeClient) loseContact() {
	f.change(func() {
		close(f.connected)
		f.connected = make(chan struct{})
	})
}

func (f *fakeClient) Get(ctx context.Context, key string, opts ...clientv3.OpOption) (*clientv3.GetResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	op := clientv3.OpGet(key, opts...)
	if f.refused[key+string(op.RangeBytes())] {
		f.asked++
		return nil, rpctypes.ErrPermissionDenied
	}
	at := op.Rev()
	switch {
	case at > f.revision:
		return nil, rpctypes.ErrFutureRev
	case at != 0 && at < f.compacted:
		return nil, rpctypes.ErrCompacted
	case at == 0:
		at = f.revision
	}
	resp := &clientv3.GetResponse{Header: &etcdserverpb.ResponseHeader{Revision: f.revision, ClusterId: f.cluster}}
	single := len(op.RangeBytes()) == 0
	if last := f.last(at); last != nil && last.Version > 0 && key <= "dir/a" && (!single || key == "dir/a") {
		resp.Count, resp.Kvs = 1, []*mvccpb.KeyValue{last}
	}
	return resp, ctx.Err()
}

func (f *fakeClient) GetStream(context.Context, string, ...clientv3.OpOption) (clientv3.GetStreamChan, error) {
	return nil, rpctypes.Error(status.Error(codes.Unimplemented, "RangeStream"))
}

func (f *fakeClient) LeasedKeys(context.Context) map[string]int64 { return nil }

func (f *fakeClient) Request(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Long(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (f *fakeClient) Timeout() time.Duration { return time.Second }

func (f *fakeClient) Connect(ctx context.Context, _ func(error)) error { return ctx.Err() }

func (f *fakeClient) UntilDisconnected(ctx context.Context) {
	f.mu.Lock()
	connected := f.connected
	f.mu.Unlock()
	select {
	case <-connected:
	case <-ctx.Done():
	}
}

func (f *fakeClient) NewWatcher() clientv3.Watcher {
	f.mu.Lock()
	defer f.mu.Unlock()
	w := &fakeWatcher{client: f, events: make(chan clientv3.WatchResponse, 9)}
	f.watches = append(f.watches, w)
	return w
}

// fakeWatcher is a watcher with one watch.
type fakeWatcher struct {
	client   *fakeClient
	events   chan clientv3.WatchResponse
	revision int64
	closed   bool
}

func (w *fakeWatcher) Watch(_ context.Context, _ string, opts ...clientv3.OpOption) clientv3.WatchChan {
	w.client.mu.Lock()
	defer w.client.mu.Unlock()
	op := clientv3.OpGet("", opts...)
	w.revision = op.Rev()
	header := &etcdserverpb.ResponseHeader{Revision: w.client.revision, ClusterId: w.client.cluster}
	if w.revision < w.client.compacted {
		w.events <- clientv3.WatchResponse{Header: header, CompactRevision: w.client.compacted, Canceled: true}
	} else {
		w.events <- clientv3.WatchResponse{Header: header, Created: true}
	}
	return w.events
}

func (w *fakeWatcher) RequestProgress(context.Context) error { return nil }

func (w *fakeWatcher) Close() error {
	w.client.mu.Lock()
	defer w.client.mu.Unlock()
	w.closed = true
	return nil
}

// fakeSink notes what it gets.
type fakeSink struct{ notes []string }

func (s *fakeSink) note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

func (s *fakeSink) Begin(why Reason) { s.note("begin %d", why) }

func (s *fakeSink) Page(_ context.Context, kvs []*mvccpb.KeyValue, _ bool) error {
	s.note("%s=%s", kvs[0].Key, kvs[0].Value)
	return nil
}

func (s *fakeSink) End(_ context.Context, revision int64) { s.note("end@%d", revision) }

func (s *fakeSink) Apply(_ context.Context, events []*clientv3.Event) {
	for _, e := range events {
		s.note("%s:%s", e.Type, e.Kv.Value)
	}
}

func (s *fakeSink) Lost(_ context.Context, err error) { s.note("lost: %v", err) }
func (s *fakeSink) Found()                            { s.note("found") }

func (s *fakeSink) CannotSee(_ context.Context, err error) {
	if err != nil {
		s.note("cannot see")
	}
}

// followed runs a tail, and has play change the server while it runs. It returns what the sink got.
func followed(t *testing.T, client *fakeClient, alone string, play func()) string {
	t.Helper()
	sink := &fakeSink{}
	synctest.Test(t, func(t *testing.T) {
		client.connected = make(chan struct{})
		tail := Tail{Client: client, Reader: etcdlist.NewReader(client), Span: etcdlist.DirSpan("dir/"), Sink: sink, Alone: alone}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			tail.Run(ctx)
		}()
		synctest.Wait()
		play()
		time.Sleep(10 * time.Second) // longer than any pause
		synctest.Wait()
		cancel()
		<-ended
	})
	for i, w := range client.watches {
		if !w.closed {
			t.Errorf("watch %d of %d stayed open", i, len(client.watches))
		}
	}
	return strings.Join(sink.notes, ", ")
}

// What a tail passes on while the server changes, loses contact, forgets or becomes another.
func TestTail(t *testing.T) {
	lost := "lost: contact with the server was lost"
	for name, test := range map[string]struct {
		play func(*fakeClient)
		want string
	}{
		"changes": {
			func(f *fakeClient) { f.put("2"); f.put("") },
			"begin 0, dir/a=1, end@2, found, PUT:2, DELETE:",
		},
		"contact is lost and the history is the same": {
			func(f *fakeClient) { f.loseContact() },
			"begin 0, dir/a=1, end@2, found, " + lost + ", found",
		},
		"the history was compacted meanwhile": {
			func(f *fakeClient) {
				f.change(func() { f.revision, f.compacted = 9, 9 })
				f.loseContact()
			},
			"begin 0, dir/a=1, end@2, found, " + lost + ", begin 2, dir/a=1, end@9, found",
		},
		"the server is younger": {
			func(f *fakeClient) {
				f.change(func() { f.history, f.revision = nil, 1 })
				f.loseContact()
			},
			"begin 0, dir/a=1, end@2, found, " + lost + ", begin 1, end@1, found",
		},
		"another cluster": {
			func(f *fakeClient) {
				f.change(func() { f.cluster++ })
				f.loseContact()
			},
			"begin 0, dir/a=1, end@2, found, " + lost + ", begin 1, dir/a=1, end@2, found",
		},
		"another history with the same revision": {
			func(f *fakeClient) {
				f.change(func() {
					f.history = []*mvccpb.KeyValue{{Key: []byte("dir/a"), Value: []byte("x"), ModRevision: 1, CreateRevision: 1, Version: 1}}
					f.revision = 5
				})
				f.loseContact()
			},
			"begin 0, dir/a=1, end@2, found, " + lost + ", begin 1, dir/a=x, end@5, found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			client := newFakeClient()
			client.put("1")
			if got := followed(t, client, "", func() { test.play(client) }); got != test.want {
				t.Errorf("it passed on\n\t%s, want\n\t%s", got, test.want)
			}
		})
	}
}

// A span that is empty stays known to be the same as long as nothing was in it at that revision.
func TestTailOfAnEmptySpan(t *testing.T) {
	client := newFakeClient()
	client.revision = 5
	got := followed(t, client, "", client.loseContact)
	if want := "begin 0, end@5, found, lost: contact with the server was lost, found"; got != want {
		t.Errorf("it passed on\n\t%s, want\n\t%s", got, want)
	}
	client = newFakeClient()
	client.revision = 5
	got = followed(t, client, "", func() {
		client.change(func() {
			client.history = []*mvccpb.KeyValue{{Key: []byte("dir/a"), Value: []byte("x"), ModRevision: 3, CreateRevision: 3, Version: 1}}
		})
		client.loseContact()
	})
	if want := "begin 1, dir/a=x, end@5, found"; !strings.HasSuffix(got, want) {
		t.Errorf("it passed on\n\t%s, want at its end\n\t%s", got, want)
	}
}

// If the span is refused, the key alone is followed until the span may be read.
func TestTailAlone(t *testing.T) {
	client := newFakeClient()
	client.refused["dir/dir0"] = true
	client.refused["dir/"] = true
	got := followed(t, client, "dir/a", func() {
		time.Sleep(time.Second)
		client.change(func() { client.refused = map[string]bool{} })
	})
	if want := "begin 0, begin 0, cannot see, end@1, found, begin 0, end@1, found"; got != want {
		t.Errorf("it passed on\n\t%s, want\n\t%s", got, want)
	}
	client = newFakeClient()
	client.refused["dir/dir0"], client.refused["dir/"], client.refused["dir/a"] = true, true, true
	got = followed(t, client, "dir/a", func() {})
	if !strings.HasPrefix(got, "begin 0, lost: "+rpctypes.ErrPermissionDenied.Error()) || strings.Count(got, "begin") > 1 {
		t.Errorf("it passed on\n\t%s", got)
	}
}

// A panic in the sink counts as lost contact, and the tail lists again.
func TestTailAfterAPanic(t *testing.T) {
	client := newFakeClient()
	client.put("1")
	sink := &panickingSink{}
	synctest.Test(t, func(t *testing.T) {
		client.connected = make(chan struct{})
		tail := Tail{Client: client, Reader: etcdlist.NewReader(client), Span: etcdlist.DirSpan("dir/"), Sink: sink}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(10 * time.Second)
			cancel()
		}()
		tail.Run(ctx)
	})
	if got := strings.Join(sink.notes, ", "); !strings.HasPrefix(got, "begin 0, lost: internal error") || !strings.HasSuffix(got, "begin 0, dir/a=1, end@2, found") {
		t.Errorf("it passed on\n\t%s", got)
	}
}

type panickingSink struct {
	fakeSink
	pages int
}

func (s *panickingSink) Page(ctx context.Context, kvs []*mvccpb.KeyValue, sized bool) error {
	if s.pages++; s.pages == 1 {
		panic(errors.New("an odd answer"))
	}
	return s.fakeSink.Page(ctx, kvs, sized)
}
