package etcdclient

import (
	"crypto/tls"
	"strings"
)

// Endpoints returns addresses without their scheme, and the TLS configuration of connections to
// them: a copy of given, or a default one if that is nil and an address says https. clientv3 would
// leave TLS out for an address that says http, whatever its configuration; here given decides.
func Endpoints(addrs []string, given *tls.Config) ([]string, *tls.Config) {
	var secure *tls.Config
	if given != nil {
		secure = given.Clone()
	}
	endpoints := make([]string, len(addrs))
	for i, addr := range addrs {
		scheme, rest, found := strings.Cut(addr, "://")
		switch {
		case !found:
			rest = addr
		case scheme == "https" && secure == nil:
			secure = &tls.Config{MinVersion: tls.VersionTLS12}
		case scheme == "unix" || scheme == "unixs":
			endpoints[i] = addr
			continue
		}
		endpoints[i] = strings.TrimRight(rest, "/")
	}
	return endpoints, secure
}
