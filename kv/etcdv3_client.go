package kv

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kvist/kv/internal/etcdclient"
)

// open connects, and finds out why that failed if it did. The last quarter of the time is left for
// that.
func (s *EtcdV3) open(config etcdclient.Config) error {
	opening, cancel := context.WithTimeout(s.ctx, s.timeout)
	defer cancel()
	connecting, cancel := context.WithTimeout(opening, s.timeout*3/4)
	defer cancel()
	if err := s.client.Open(connecting); err != nil {
		return s.failOpen(opening, err, config)
	}
	return nil
}

// failOpen is fail for a store that could not be opened. It asks the addresses what answers there.
func (s *EtcdV3) failOpen(ctx context.Context, err error, config etcdclient.Config) error {
	said := s.fail(OpOpen, "", err)
	if !errors.Is(said, ErrNotReachable) || isAnyOf(said, ErrCertificate, ErrNoLeader) {
		return said
	}
	err = s.client.Worded(err)
	for _, endpoint := range config.Endpoints {
		reason, found := etcdclient.Probe(ctx, endpoint, config.TLS)
		switch {
		case errors.Is(reason, etcdclient.ErrWrongServer):
			return s.fail(OpOpen, "", withKind(ErrWrongServer, found))
		case errors.Is(reason, etcdclient.ErrRefuses):
			return s.fail(OpOpen, "", withKind(ErrDenied, found))
		case errors.Is(reason, etcdclient.ErrUntrusted):
			return s.fail(OpOpen, "", withKind(ErrCertificate, found))
		case found != nil && !strings.Contains(err.Error(), found.Error()):
			err = fmt.Errorf("%w; %w", err, found)
		}
	}
	return s.fail(OpOpen, "", withKind(ErrNotReachable, err))
}

// long is request for a request that may touch very many keys. It also ends when there has been no
// connection for as long as a small request may last.
func (s *EtcdV3) long(ctx context.Context) (context.Context, context.CancelFunc) {
	return s.client.Long(ctx)
}
