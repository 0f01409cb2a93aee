package kv

import (
	"context"
	"errors"
	"time"

	"github.com/go-zookeeper/zk"
)

// putEphemeral makes path a node of this store's ephemeral session.
func (s *Zookeeper) putEphemeral(ctx context.Context, path string, value []byte) error {
	z, err := s.ephemeral(ctx)
	if err != nil {
		return err
	}
	for range zkTries {
		stat, err := s.stat(ctx, path)
		switch {
		case errors.Is(err, zk.ErrNoNode):
			err = s.create(ctx, z, path, value, zk.FlagEphemeral)
		case err != nil:
		case stat.EphemeralOwner == z.conn.SessionID():
			_, err = s.set(ctx, s.main, path, value, -1)
		default:
			_, err = s.replace(ctx, z, path, value, stat)
		}
		if !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrNodeExists) && !errors.Is(err, zk.ErrBadVersion) {
			return err
		}
	}
	return errZkBusy
}

// ephemeral is the session whose nodes end EphemeralTTL after a crash. A TTL
// that was asked for and is not granted as it is, is an error; the default is
// brought into what the server grants.
func (s *Zookeeper) ephemeral(ctx context.Context) (*zkSession, error) {
	return s.session(ctx, s.options.ephemeralTTL(), s.options.EphemeralTTL != 0)
}

// refuseTTL is the error of a TTL that is not granted, with the least and the
// greatest that is, as far as the server can be asked.
func (s *Zookeeper) refuseTTL(ctx context.Context, ttl, granted time.Duration) error {
	least, err := s.probe(ctx, time.Millisecond)
	if err != nil {
		least = granted
	}
	most, err := s.probe(ctx, 24*time.Hour)
	if err != nil {
		most = granted
	}
	return &Error{Kind: ErrInvalidTTL, Err: errTTL(ttl, least, most)}
}

// session is the session that the server keeps for ttl after the last sign of
// life, opened when first asked for. Unless exact, it may be what the server
// grants instead.
func (s *Zookeeper) session(ctx context.Context, ttl time.Duration, exact bool) (*zkSession, error) {
	s.opening.Lock()
	defer s.opening.Unlock()
	if z, ok := s.sessions[ttl]; ok {
		return z, nil
	}
	granted := ttl.Round(time.Millisecond)
	if granted > 0 {
		var err error
		if granted, err = s.probe(ctx, granted); err != nil {
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
		z.close()
		return nil, zk.ErrClosing
	}
	s.sessions[ttl] = z
	return z, nil
}
