package kv

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"google.golang.org/grpc/credentials"
)

// v3Credentials are TLS as Config.TLS says it: gRPC's own put the host of the
// address in place of the server name that was asked for.
type v3Credentials struct {
	credentials.TransportCredentials
	name    string // to be found in the certificate; "" for the host of the address
	refusal *v3Refusal
}

func newV3Credentials(config *tls.Config, refusal *v3Refusal) v3Credentials {
	return v3Credentials{credentials.NewTLS(config), config.ServerName, refusal}
}

// ClientHandshake implements credentials.TransportCredentials. It notes a
// certificate that is refused, of which gRPC keeps no more than a text.
func (c v3Credentials) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	if c.name != "" {
		authority = c.name
	}
	conn, info, err := c.TransportCredentials.ClientHandshake(ctx, authority, raw)
	switch {
	case err == nil:
		c.refusal.note(nil)
	case isUntrusted(err):
		c.refusal.note(err)
	}
	return conn, info, err
}

// Clone implements credentials.TransportCredentials.
func (c v3Credentials) Clone() credentials.TransportCredentials {
	c.TransportCredentials = c.TransportCredentials.Clone()
	return c
}

// v3Refusal is why the last certificate that a server showed was refused; nil
// once one was accepted.
type v3Refusal struct {
	mu  sync.Mutex
	err error
}

func (r *v3Refusal) note(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
}

func (r *v3Refusal) last() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
