package kv

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
)

// zkSilent is a logger that says nothing: standard error belongs to the screen.
type zkSilent struct{}

func (zkSilent) Printf(string, ...any) {}

// zkHosts gives the client its servers by turns. Names are left to be
// resolved at each dial, where the client's own provider resolves them once,
// so that moved servers are found and TLS knows the name it asks for.
type zkHosts struct {
	mu      sync.Mutex
	servers []string
	next    int
	tried   int // since the last server that answered
}

// Init implements zk.HostProvider.
func (h *zkHosts) Init(servers []string) error {
	h.servers = servers
	return nil
}

// Len implements zk.HostProvider.
func (h *zkHosts) Len() int { return len(h.servers) }

// Next implements zk.HostProvider.
func (h *zkHosts) Next() (server string, retryStart bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	server = h.servers[h.next]
	h.next = (h.next + 1) % len(h.servers)
	retryStart = h.tried >= len(h.servers)
	if retryStart {
		h.tried = 0
	}
	h.tried++
	return server, retryStart
}

// Connected implements zk.HostProvider.
func (h *zkHosts) Connected() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tried = 0
}

// dial connects to one server, with TLS where it is configured.
func (s *Zookeeper) dial(ctx context.Context, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil || s.tls == nil {
		return conn, err
	}
	config := s.tls.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}
