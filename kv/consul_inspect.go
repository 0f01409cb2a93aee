package kv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// consulSelf is what an agent tells of itself.
type consulSelf struct {
	Config struct {
		Version  string
		NodeName string
	}
	DebugConfig struct {
		KVMaxValueSize int
		TxnMaxReqLen   int
	}
}

// self asks the agent what it is, for which the right agent:read is needed.
func (s *Consul) self(ctx context.Context) (*consulSelf, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	self := &consulSelf{}
	_, err := s.client.Raw().Query("/v1/agent/self", self, new(api.QueryOptions).WithContext(ctx))
	return self, err
}

// sessions are all sessions of the datacenter that may be read, by id.
func (s *Consul) sessions(ctx context.Context) (map[string]*api.SessionEntry, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	entries, _, err := s.client.Session().List(new(api.QueryOptions).WithContext(ctx))
	sessions := make(map[string]*api.SessionEntry, len(entries))
	for _, entry := range entries {
		if entry != nil {
			sessions[entry.ID] = entry
		}
	}
	return sessions, err
}

// session is one session; nil where it is gone or may not be read.
func (s *Consul) session(ctx context.Context, id string) (*api.SessionEntry, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	entry, _, err := s.client.Session().Info(id, new(api.QueryOptions).WithContext(ctx))
	return entry, err
}

// sessionTTL is a session's TTL; 0 where it lives by health checks alone.
func sessionTTL(entry *api.SessionEntry) time.Duration {
	ttl, err := time.ParseDuration(entry.TTL)
	if err != nil {
		return 0
	}
	return ttl
}

// sessionName is what identifies a session to people.
func sessionName(entry *api.SessionEntry) string {
	if entry.Name == "" {
		return "node " + entry.Node
	}
	return entry.Name + " on node " + entry.Node
}

// Meta implements MetaReader.
func (s *Consul) Meta(ctx context.Context, key string) (*Meta, error) {
	pair, err := s.must(ctx, "meta", key)
	if err != nil {
		return nil, err
	}
	meta := &Meta{
		Key:      consulGiven(pair.Key),
		Created:  pair.CreateIndex,
		Modified: pair.ModifyIndex,
		Size:     len(pair.Value),
		Owner:    pair.Session,
		Left:     -1,

		Flags:     pair.Flags,
		LockIndex: pair.LockIndex,
	}
	if pair.Session == "" {
		return meta, nil
	}
	entry, err := s.session(ctx, pair.Session)
	if err != nil {
		if err = s.fail("meta", key, err); errors.Is(err, ErrDenied) {
			return meta, nil // the key may be read, and its session not
		}
		return nil, err
	}
	if entry != nil {
		meta.OwnerName = sessionName(entry)
		meta.Ephemeral = entry.Behavior == api.SessionBehaviorDelete
		meta.TTL = sessionTTL(entry)
	}
	return meta, nil
}

// Health implements HealthReader. Without the right to ask the agent its
// version stays unknown.
func (s *Consul) Health(ctx context.Context) (Health, error) {
	health := Health{Server: "Consul"}
	query := new(api.QueryOptions)
	bounded, cancel := s.bounded(ctx)
	defer cancel()
	leader, err := s.client.Status().LeaderWithQueryOptions(query.WithContext(bounded))
	if err != nil {
		return health, s.fail("health", "", err)
	}
	health.Leader = leader
	if peers, err := s.client.Status().PeersWithQueryOptions(query.WithContext(bounded)); err == nil {
		health.Members = len(peers)
	}
	self, err := s.self(ctx)
	switch explained := s.fail("health", "", err); {
	case err == nil:
		health.Server += " " + self.Config.Version
	case !errors.Is(explained, ErrDenied):
		return health, explained
	default:
		health.Note = "the token may not read the agent's version"
	}
	if health.Members == 1 && health.Note == "" {
		health.Note = noteStandalone
	}
	health.Healthy = leader != ""
	if !health.Healthy {
		health.Note = strings.TrimPrefix(health.Note+"; "+noteNoLeader, "; ")
	}
	return health, nil
}
