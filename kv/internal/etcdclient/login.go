package etcdclient

import (
	"context"
	"errors"
	"sync"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// login is the user's login and the latest token for it. The login of clientv3 does not recover
// when its token has expired: it sends the old token while it logs in again, which etcd 3.4
// refuses.
type login struct {
	user, password string

	once  sync.Mutex // one login at a time
	mu    sync.Mutex
	token string
}

// authenticate is the method that logs in.
const authenticate = "/etcdserverpb.Auth/Authenticate"

// isGiven reports whether there is a login.
func (l *login) isGiven() bool { return l.user != "" && l.password != "" }

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (l *login) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	request, _ := credentials.RequestInfoFromContext(ctx)
	token := l.current()
	if token == "" || request.Method == authenticate {
		return nil, nil
	}
	return map[string]string{rpctypes.TokenFieldNameGRPC: token}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (l *login) RequireTransportSecurity() bool { return false }

func (l *login) current() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.token
}

// renew gets a token in place of old, unless another goroutine has just got one. A server that
// demands no login gives no token.
func (l *login) renew(ctx context.Context, conn *grpc.ClientConn, old string) error {
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

// loggedIn sends a request. If the server no longer knows the token, and so has done nothing, it
// logs in and sends the request once more.
func (c *Client) loggedIn(ctx context.Context, method string, conn *grpc.ClientConn, send func() error) error {
	if !c.login.isGiven() || method == authenticate {
		return send()
	}
	token := c.login.current()
	err := send()
	if !isAnyOf(rpctypes.Error(err), rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision, rpctypes.ErrUserEmpty) {
		return err
	}
	if err := c.login.renew(ctx, conn, token); err != nil {
		return err
	}
	if err = send(); isAnyOf(rpctypes.Error(err), rpctypes.ErrInvalidAuthToken, rpctypes.ErrAuthOldRevision) {
		return final{err}
	}
	return err
}

// logInAnew gets a new token for a stream.
func (c *Client) logInAnew(ctx context.Context, conn *grpc.ClientConn) error {
	if !c.login.isGiven() {
		return nil
	}
	ctx, cancel := c.Request(ctx)
	defer cancel()
	return c.login.renew(ctx, conn, c.login.current())
}
