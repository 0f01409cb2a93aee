package etcdclient

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"

	"kvist/kv/internal/peer"
)

// tlsCredentials are gRPC's, but respect tls.Config.ServerName: gRPC's own put the host of the
// address in its place.
type tlsCredentials struct {
	credentials.TransportCredentials
	name    string // that the certificate must have; "" for the host of the address
	refusal *refusal
}

func newTLS(config *tls.Config, refusal *refusal) tlsCredentials {
	return tlsCredentials{credentials.NewTLS(config), config.ServerName, refusal}
}

// ClientHandshake implements credentials.TransportCredentials. It keeps the error of a refused
// certificate, of which gRPC keeps only the text.
func (c tlsCredentials) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if c.name != "" {
		authority = c.name
	}
	conn, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	switch {
	case err == nil:
		c.refusal.set(nil)
	case peer.IsUntrusted(err):
		c.refusal.set(err)
	}
	return conn, info, err
}

// Clone implements credentials.TransportCredentials.
func (c tlsCredentials) Clone() credentials.TransportCredentials {
	c.TransportCredentials = c.TransportCredentials.Clone()
	return c
}

// refusal is why the last certificate that a server showed was refused; nil once one was accepted.
type refusal struct {
	mu  sync.Mutex
	err error
}

func (r *refusal) set(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *refusal) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
