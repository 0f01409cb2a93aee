package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// etcdEndpoint is one member of the cluster. Each has a client of its own,
// for the client's failover sends a compare-and-swap that was not answered to
// the next member, where it fails against what it has itself written.
type etcdEndpoint struct {
	host   string
	client client.Client
	keys   client.KeysAPI

	url            url.URL
	user, password string
}

// newEtcdEndpoint makes the client for an address: "host:port", or a URL.
func newEtcdEndpoint(addr string, options *Config, transport client.CancelableTransport) (*etcdEndpoint, error) {
	endpoint, err := etcdURL(addr, options != nil && options.TLS != nil)
	if err != nil {
		return nil, err
	}
	config := client.Config{
		Endpoints:     []string{endpoint.String()},
		Transport:     transport,
		CheckRedirect: func(int) error { return errEtcdRedirect },
	}
	if options != nil {
		config.Username, config.Password = options.Username, options.Password
	}
	c, err := client.New(config)
	if err != nil {
		return nil, err
	}
	return &etcdEndpoint{
		host: endpoint.Host, client: c, keys: etcdSoundKeys{client.NewKeysAPI(c)},
		url: *endpoint, user: config.Username, password: config.Password,
	}, nil
}

// The schemes of an address.
const (
	plainHTTP = "http"
	overTLS   = "https"
)

// etcdURL reads an address. Without a scheme it is https where TLS is set, and
// with TLS set it is never plain http.
func etcdURL(addr string, secure bool) (*url.URL, error) {
	scheme := plainHTTP
	if secure {
		scheme = overTLS
	}
	if !strings.Contains(addr, "://") {
		addr = scheme + "://" + addr
	}
	u, err := url.Parse(addr)
	switch {
	case err != nil:
		return nil, errors.New("not an address") // url.Error would show a password in it
	case u.User != nil:
		return nil, errors.New("the user belongs into Config.Username, not into the address")
	case u.Hostname() == "" || u.Scheme != plainHTTP && u.Scheme != overTLS:
		return nil, fmt.Errorf("%s is not an address of etcd", u.Redacted())
	}
	if secure {
		u.Scheme = scheme
	}
	if u.Port() == "" {
		u.Host = net.JoinHostPort(u.Hostname(), "2379")
	}
	return u, nil
}

// server names the member that answered last.
func (s *Etcd) server() string { return ETCD + " " + s.endpoint().host }

// endpoint is the member that answered last.
func (s *Etcd) endpoint() *etcdEndpoint { return s.endpoints[s.pinned.Load()] }

// read asks one member after the other until one answers. Each gets its share
// of the time that ctx leaves.
func (s *Etcd) read(ctx context.Context, ask func(context.Context, *etcdEndpoint) error) error {
	var failures []error
	first, n := int(s.pinned.Load()), len(s.endpoints)
	for i := range n {
		at := (first + i) % n
		attempt, cancel := shareOf(ctx, n-i)
		err := etcdCauses(ask(attempt, s.endpoints[at]))
		cancel()
		if err == nil || etcdAnswered(err) {
			s.pinned.Store(int32(at))
			return err
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return s.leaderless(joinEtcd(failures))
}

// write asks one member, and another only when it is certain that nothing was
// sent to the first. An error without an answer is an etcdUnansweredError.
func (s *Etcd) write(ctx context.Context, ask func(context.Context, *etcdEndpoint) error) error {
	var err error
	first, n := int(s.pinned.Load()), len(s.endpoints)
	for i := range n {
		at := (first + i) % n
		err = etcdCauses(ask(ctx, s.endpoints[at]))
		if err == nil || etcdAnswered(err) {
			s.pinned.Store(int32(at))
			return err
		}
		if !errors.As(err, new(etcdUnsentError)) && !errors.Is(err, errEtcdNoLeader) {
			return etcdUnansweredError{err}
		}
	}
	return err
}

// shareOf is ctx with an equal part of the time that it leaves to parts tries.
func shareOf(ctx context.Context, parts int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || parts <= 1 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(parts))
}

// small bounds a small request: by ConnectionTimeout, ctx, and Close.
func (s *Etcd) small(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// node reads a node with the cluster's agreement, and the store's index. The
// index comes with error answers, too.
func (s *Etcd) node(ctx context.Context, path string, recursive bool) (*client.Node, uint64, error) {
	var resp *client.Response
	err := s.read(ctx, func(ctx context.Context, e *etcdEndpoint) (err error) {
		ask := func(ctx context.Context) error {
			resp, err = e.keys.Get(ctx, path, &client.GetOptions{Quorum: true, Recursive: recursive})
			return err
		}
		if recursive {
			return s.attended(ctx, e, path, ask)
		}
		return ask(ctx)
	})
	if err != nil {
		return nil, etcdIndex(err), err
	}
	return resp.Node, resp.Index, nil
}

// set writes a node under the conditions in options.
func (s *Etcd) set(ctx context.Context, path string, value []byte, options *client.SetOptions) (*client.Node, error) {
	var resp *client.Response
	err := s.write(ctx, func(ctx context.Context, e *etcdEndpoint) (err error) {
		resp, err = e.keys.Set(ctx, path, string(value), options)
		return err
	})
	if err != nil {
		return nil, err
	}
	return resp.Node, nil
}

// remove deletes a node under the conditions in options.
func (s *Etcd) remove(ctx context.Context, path string, options *client.DeleteOptions) error {
	return s.write(ctx, func(ctx context.Context, e *etcdEndpoint) error {
		_, err := e.keys.Delete(ctx, path, options)
		return err
	})
}

// newEtcdTransport makes the connections: dialing leaves time to try the
// other members within timeout, and a dead peer is noticed by TCP.
func newEtcdTransport(options *Config, members int) *http.Transport {
	dial := options.connectionTimeout() * 4 / 5 / time.Duration(members)
	dialer := &net.Dialer{
		Timeout:         dial,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 3 * time.Second, Count: 3},
	}
	transport := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: dial,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
	if options != nil && options.TLS != nil {
		transport.TLSClientConfig = options.TLS.Clone()
	}
	return transport
}
