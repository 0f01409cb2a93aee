package etcdclient

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// An address loses its scheme and its slash; https means TLS, and a given configuration always
// does.
func TestEndpoints(t *testing.T) {
	endpoints, secure := Endpoints([]string{"a:1", "http://b:2/", "unix:///run/etcd"}, nil)
	if !slices.Equal(endpoints, []string{"a:1", "b:2", "unix:///run/etcd"}) || secure != nil {
		t.Errorf("%q, TLS %v", endpoints, secure)
	}
	if endpoints, secure = Endpoints([]string{"https://a:1"}, nil); endpoints[0] != "a:1" || secure == nil {
		t.Errorf("%q, TLS %v", endpoints, secure)
	}
	given := &tls.Config{ServerName: "etcd", MinVersion: tls.VersionTLS13}
	if _, secure = Endpoints([]string{"http://a:1"}, given); secure == nil || secure == given || secure.ServerName != "etcd" {
		t.Errorf("given TLS became %v", secure)
	}
}

// A client opens although the key it asks for is refused, and a store without a server fails at
// once.
func TestOpen(t *testing.T) {
	server := &fakeServer{answer: rpctypes.ErrGRPCPermissionDenied}
	server.start(t, "", 5*time.Second)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	began := time.Now()
	c := New(Config{Context: t.Context(), Endpoints: []string{address}, Timeout: time.Minute})
	if err := c.Open(t.Context()); Code(err) != codes.Unavailable || time.Since(began) > 10*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// An expired token is renewed and the request sent once more, with one login for it.
func TestLoginIsRenewed(t *testing.T) {
	server := &fakeServer{}
	c := server.start(t, "user", 5*time.Second)
	server.set(func() { server.token = "expired elsewhere" })
	if _, err := c.Get(t.Context(), "a"); err != nil || server.logins != 2 {
		t.Errorf("after %d logins: %v", server.logins, err)
	}
	if _, err := c.Get(t.Context(), "a"); err != nil || server.logins != 2 {
		t.Errorf("after %d logins: %v", server.logins, err)
	}
}

// The bytes of a request count when it is sent, those of a login in between do not.
func TestSentBytesAreCounted(t *testing.T) {
	server := &fakeServer{}
	c := server.start(t, "user", 5*time.Second)
	ctx, sent := CountSent(t.Context())
	if sent.Bytes() != 0 {
		t.Error("something was sent before the request")
	}
	if _, err := c.Get(ctx, "a"); err != nil || sent.Bytes() == 0 {
		t.Errorf("%d bytes sent: %v", sent.Bytes(), err)
	}
	ctx, sent = CountSent(t.Context())
	if err := c.login.renew(ctx, c.ActiveConnection(), c.login.current()); err != nil || sent.Bytes() != 0 {
		t.Errorf("a login counted %d bytes: %v", sent.Bytes(), err)
	}
}

// A long request ends soon after contact is lost, and with the store.
func TestLongEnds(t *testing.T) {
	server := &fakeServer{}
	c := server.start(t, "", 500*time.Millisecond)
	ctx, cancel := c.Long(t.Context())
	if err := LostContact(ctx, errors.New("another")); errors.Is(err, ErrContactLost) {
		t.Errorf("there is contact, and yet %v", err)
	}
	cancel()
	<-ctx.Done()

	ctx, cancel = c.Long(t.Context())
	defer cancel()
	_ = c.ActiveConnection().Close()
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the request goes on without contact")
	}
	if err := LostContact(ctx, ctx.Err()); !errors.Is(err, ErrContactLost) {
		t.Errorf("contact was lost: %v", err)
	}
}

// A lease is renewed at its pace, sooner on demand, and until the server reports its end.
func TestKeepRenewsALease(t *testing.T) {
	server := &fakeServer{ttl: 60}
	c := server.start(t, "", 5*time.Second)
	hurry := make(chan struct{}, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.Keep(t.Context(), 5, time.Minute, func() time.Duration { return 10 * time.Millisecond }, hurry)
	}()
	for renewed := 0; renewed < 3; time.Sleep(time.Millisecond) {
		server.set(func() { renewed = server.renewed })
	}
	server.set(func() { server.ttl = 0 })
	hurry <- struct{}{}
	<-ended

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.Keep(ctx, 5, time.Minute, func() time.Duration { return time.Minute }, nil)
}

// The keys of all leases are found, unless there are too many leases.
func TestLeasedKeys(t *testing.T) {
	server := &fakeServer{keys: map[int64][]string{3: {"a", "b"}, 4: {"c"}, 5: nil}}
	c := server.start(t, "", 5*time.Second)
	keys, all := c.LeasedKeysOf(t.Context(), 3)
	if !all || len(keys) != 3 || keys["b"] != 3 || keys["c"] != 4 {
		t.Errorf("%v, all %v", keys, all)
	}
	if keys, all = c.LeasedKeysOf(t.Context(), 2); all || keys == nil || len(keys) != 0 {
		t.Errorf("%v, all %v", keys, all)
	}
	lives := c.LivesOf(t.Context(), []int64{3, 9, 3})
	if len(lives) != 2 || lives[3] != (Life{TTL: 10 * time.Second, Left: 7 * time.Second}) || !lives[9].Ended {
		t.Errorf("%v", lives)
	}
}

// Errors keep their meaning through what hides or rewords them.
func TestErrors(t *testing.T) {
	for _, test := range []struct {
		err  error
		code codes.Code
	}{
		{nil, codes.OK},
		{context.Canceled, codes.Canceled},
		{context.DeadlineExceeded, codes.DeadlineExceeded},
		{rpctypes.ErrNoLeader, codes.Unavailable},
		{final{rpctypes.ErrGRPCNoLeader}, codes.Unavailable},
		{status.Error(codes.Unimplemented, "x"), codes.Unimplemented},
	} {
		if got := Code(test.err); got != test.code {
			t.Errorf("%v has code %v, want %v", test.err, got, test.code)
		}
	}
	if !IsTooMuch(status.Error(codes.ResourceExhausted, "larger than max")) || IsTooMuch(rpctypes.ErrTooManyRequests) || IsTooMuch(rpctypes.ErrNoSpace) {
		t.Error("an answer too large is confused with a refusal")
	}
	if err := WatchError(errors.New("etcdserver: permission denied")); !IsForbidden(err) {
		t.Errorf("a refused watch is %v", err)
	}
	if hidden := (final{rpctypes.ErrGRPCPermissionDenied}); !IsForbidden(hidden) || status.Code(hidden) == codes.PermissionDenied {
		t.Error("the client would retry")
	}
}

// People read the reason of a failure, not the layers that it passed through.
func TestWorded(t *testing.T) {
	c := New(Config{Username: "ann"})
	for _, test := range []struct {
		err  error
		text string
	}{
		{status.Error(codes.Unavailable, `connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:1: connect: connection refused"`), "dial tcp 127.0.0.1:1: connect: connection refused"},
		{errors.Join(status.Error(codes.Internal, "stream broken")), "stream broken"},
		{rpctypes.ErrUserEmpty, "no password was given for the user ann"},
		{WithText("plain", status.Error(codes.Internal, "x")), "plain"},
		{errors.New("as it is"), "as it is"},
	} {
		got := c.Worded(test.err)
		if got.Error() != test.text || Code(got) != Code(test.err) {
			t.Errorf("%q, want %q", got, test.text)
		}
	}
	if err := New(Config{}).Worded(rpctypes.ErrUserEmpty); err.Error() != "the server wants a login, and none was given" {
		t.Error(err)
	}
	if c.Worded(nil) != nil {
		t.Error("nil became an error")
	}
}
