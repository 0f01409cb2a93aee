package kv

import (
	"context"
	"errors"
	"sync"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// v3Login is a user's login and the token that it got last. The client's own
// does not come back when its token has run out: it shows the old one when it
// logs in again, which etcd 3.4 refuses, for which it logs in again.
type v3Login struct {
	user, password string

	once  sync.Mutex // one login at a time
	mu    sync.Mutex
	token string
}

// v3Authenticate is the call that logs in.
const v3Authenticate = "/etcdserverpb.Auth/Authenticate"

// isGiven reports whether there is a login at all.
func (l *v3Login) isGiven() bool { return l.user != "" && l.password != "" }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (l *v3Login) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	request, _ := credentials.RequestInfoFromContext(ctx)
	token := l.current()
	if token == "" || request.Method == v3Authenticate {
		return nil, nil
	}
	return map[string]string{rpctypes.TokenFieldNameGRPC: token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (l *v3Login) RequireTransportSecurity() bool { return false }

func (l *v3Login) current() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.token
}

// renew gets a token in place of old, unless somebody else just did. A server
// that demands no login gives none.
func (l *v3Login) renew(ctx context.Context, conn *grpc.ClientConn, old string) error {
	l.once.Lock()
	defer l.once.Unlock()
	if l.current() != old {
		return nil
	}
	request := &etcdserverpb.AuthenticateRequest{Name: l.user, Password: l.password}
	resp, err := etcdserverpb.NewAuthClient(conn).Authenticate(ctx, request, grpc.WaitForReady(true))
	token := ""
	switch {
	case err == nil:
		token = resp.Token
	case !errors.Is(rpctypes.Error(err), rpctypes.ErrAuthNotEnabled):
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.token = token
	return nil
}

// loggedIn sends a request, and once more with a new login where the server
// says that it does not know the token any more; it did nothing then.
func (s *EtcdV3) loggedIn(ctx context.Context, method string, conn *grpc.ClientConn, send func() error) error {
	if !s.login.isGiven() || method == v3Authenticate {
		return send()
	}
	token := s.login.current()
	err := send()
	if !isAnyOf(rpctypes.Error(err), rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision, rpctypes.ErrUserEmpty) {
		return err
	}
	if err := s.login.renew(ctx, conn, token); err != nil {
		return err
	}
	if err = send(); isAnyOf(rpctypes.Error(err), rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision) {
		return v3Final{err}
	}
	return err
}

// logInFor logs in for a stream, which keeps the token that it was opened
// with.
func (s *EtcdV3) logInFor(ctx context.Context, conn *grpc.ClientConn) error {
	if !s.login.isGiven() {
		return nil
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	return s.login.renew(ctx, conn, s.login.current())
}
