package etcdv2

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// member is one member of the cluster. Each has a client of its own: the failover of the client
// library sends a compare-and-swap that was not answered to the next member, where it fails
// against what it has itself written.
type member struct {
	host   string
	client client.Client
	keys   client.KeysAPI

	url            url.URL
	user, password string
}

// newMember makes the client for an address: "host:port", or a URL.
func newMember(addr string, config Config, transport client.CancelableTransport) (*member, error) {
	u, err := memberURL(addr, config.TLS != nil)
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{
		Endpoints:     []string{u.String()},
		Transport:     transport,
		CheckRedirect: func(int) error { return ErrRedirect },
		Username:      config.Username,
		Password:      config.Password,
	})
	if err != nil {
		return nil, err
	}
	return &member{
		host: u.Host, client: c, keys: soundKeys{client.NewKeysAPI(c)},
		url: *u, user: config.Username, password: config.Password,
	}, nil
}

// The schemes of an address.
const (
	plainHTTP = "http"
	overTLS   = "https"
)

// memberURL reads an address. Without a scheme it is https if TLS is configured. If it is, plain
// http becomes https.
func memberURL(addr string, secure bool) (*url.URL, error) {
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
