package kv

import (
	"context"
	"errors"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
)

// putEphemeral makes path a znode of this store's ephemeral session.
func (s *Zookeeper) putEphemeral(ctx context.Context, path string, value []byte) error {
	z, err := s.ephemeral(ctx)
	if err != nil {
		return err
	}
	for range zkTries {
		stat, err := s.main.Stat(ctx, path)
		switch {
		case errors.Is(err, zk.ErrNoNode):
			err = s.create(ctx, z, path, value, zk.FlagEphemeral)
		case err != nil:
		case stat.EphemeralOwner == z.ID():
			_, err = s.main.Set(ctx, path, value, zkclient.AnyVersion)
		default:
			_, err = s.replace(ctx, z, path, value, stat)
		}
		if !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrNodeExists) && !errors.Is(err, zk.ErrBadVersion) {
			return err
		}
	}
	return errZkBusy
}

// ephemeral returns the session whose znodes end EphemeralTTL after a crash. If the server does
// not grant Config.EphemeralTTL exactly, that is an error; the default is adjusted to what it
// grants.
func (s *Zookeeper) ephemeral(ctx context.Context) (*zkclient.Session, error) {
	return s.session(ctx, s.options.ephemeralTTL(), s.options.EphemeralTTL != 0)
}

// session returns the session that the server keeps for ttl after the last sign of life. It is
// opened when it is first asked for. Unless exact, the server may grant another timeout.
func (s *Zookeeper) session(ctx context.Context, ttl time.Duration, exact bool) (*zkclient.Session, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if z, ok := s.sessions[ttl]; ok {
		return z, nil
	}
	granted := ttl.Round(time.Millisecond)
	if granted > 0 {
		var err error
		if granted, err = s.dialer.Probe(ctx, granted); err != nil {
			return nil, err
		}
	}
	if exact && (granted <= 0 || granted != ttl.Round(time.Millisecond)) {
		return nil, s.refuseTTL(ctx, ttl, granted)
	}
	z, err := s.connect(ctx, granted, 0)
	if err != nil {
		return nil, err
	}
	if s.ctx.Err() != nil {
		z.Close()
		return nil, zk.ErrClosing
	}
	s.sessions[ttl] = z
	return z, nil
}

// refuseTTL returns the error of a TTL that is not granted, with the least and the greatest that
// is, as far as the server can be asked.
func (s *Zookeeper) refuseTTL(ctx context.Context, ttl, granted time.Duration) error {
	least, err := s.dialer.Probe(ctx, time.Millisecond)
	if err != nil {
		least = granted
	}
	most, err := s.dialer.Probe(ctx, 24*time.Hour)
	if err != nil {
		most = granted
	}
	return errTTL(ttl, least, most)
}
