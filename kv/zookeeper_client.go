package kv

import (
	"net"
	"strconv"
	"strings"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwire"
)

// zkDialer returns how the servers are connected to. options may be nil.
func zkDialer(endpoints []string, options *Config) *zkwire.Dialer {
	d := &zkwire.Dialer{Timeout: options.connectionTimeout()}
	for _, e := range endpoints {
		d.Endpoints = append(d.Endpoints, zkAddress(e))
	}
	if options != nil {
		d.TLS = options.TLS
		if options.Username != "" {
			d.Login = []byte(options.Username + ":" + options.Password)
		}
	}
	return d
}

// zkAddress returns an endpoint with a port, the standard one unless it has its own.
func zkAddress(endpoint string) string {
	if _, _, err := net.SplitHostPort(endpoint); err == nil {
		return endpoint
	}
	return net.JoinHostPort(strings.Trim(endpoint, "[]"), strconv.Itoa(zk.DefaultPort))
}
