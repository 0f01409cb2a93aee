package etcdclient

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// fakeServer is as much of an etcd as the tests of a client need. Tokens are numbers that count up.
type fakeServer struct {
	pb.UnimplementedKVServer
	pb.UnimplementedAuthServer
	pb.UnimplementedLeaseServer
	pb.UnimplementedMaintenanceServer

	mu      sync.Mutex
	logins  int
	token   string // that is valid; "" for any
	answer  error  // to Range
	renewed int
	ttl     int64 // that a renewal reports
	keys    map[int64][]string
}

// start serves until the test ends, and returns a client with the login user:secret.
func (f *fakeServer) start(t *testing.T, username string, timeout time.Duration) *Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pb.RegisterKVServer(server, f)
	pb.RegisterAuthServer(server, f)
	pb.RegisterLeaseServer(server, f)
	pb.RegisterMaintenanceServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	c := New(Config{
		Context: ctx, Endpoints: []string{listener.Addr().String()}, Username: username, Password: "secret", Timeout: timeout,
	})
	if err := c.Open(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func (f *fakeServer) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// Authenticate gives a new token, and makes all others invalid.
func (f *fakeServer) Authenticate(context.Context, *pb.AuthenticateRequest) (*pb.AuthenticateResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
	f.token = string(rune('0' + f.logins))
	return &pb.AuthenticateResponse{Token: f.token}, nil
}

func (f *fakeServer) Range(ctx context.Context, _ *pb.RangeRequest) (*pb.RangeResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sent, _ := metadata.FromIncomingContext(ctx)
	if tokens := sent.Get(rpctypes.TokenFieldNameGRPC); f.token != "" && (len(tokens) != 1 || tokens[0] != f.token) {
		return nil, rpctypes.ErrGRPCInvalidAuthToken
	}
	if f.answer != nil {
		return nil, f.answer
	}
	return &pb.RangeResponse{Header: &pb.ResponseHeader{Revision: 1}}, nil
}

func (f *fakeServer) LeaseKeepAlive(stream pb.Lease_LeaseKeepAliveServer) error {
	req, err := stream.Recv()
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.renewed++
	ttl := f.ttl
	f.mu.Unlock()
	return stream.Send(&pb.LeaseKeepAliveResponse{ID: req.ID, TTL: ttl})
}

func (f *fakeServer) LeaseLeases(context.Context, *pb.LeaseLeasesRequest) (*pb.LeaseLeasesResponse, error) {
	resp := &pb.LeaseLeasesResponse{}
	for lease := range f.keys {
		resp.Leases = append(resp.Leases, &pb.LeaseStatus{ID: lease})
	}
	return resp, nil
}

func (f *fakeServer) LeaseTimeToLive(_ context.Context, req *pb.LeaseTimeToLiveRequest) (*pb.LeaseTimeToLiveResponse, error) {
	keys, ok := f.keys[req.ID]
	if !ok {
		return &pb.LeaseTimeToLiveResponse{ID: req.ID, TTL: -1}, nil
	}
	resp := &pb.LeaseTimeToLiveResponse{ID: req.ID, TTL: 7, GrantedTTL: 10}
	for _, key := range keys {
		resp.Keys = append(resp.Keys, []byte(key))
	}
	return resp, nil
}
