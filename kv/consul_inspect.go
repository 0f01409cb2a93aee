package kv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/hashicorp/consul/api"
)

// Meta implements MetaReader.
func (s *Consul) Meta(ctx context.Context, key string) (*Meta, error) {
	pair, err := s.readExisting(ctx, OpMeta, key)
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
	entry, err := s.http.Session(ctx, pair.Session)
	if err != nil {
		if err = s.fail(OpMeta, key, err); errors.Is(err, ErrDenied) {
			return meta, nil // the key may be read, but not its session
		}
		return nil, err
	}
	if entry != nil {
		meta.OwnerName = consulSessionName(entry)
		meta.Ephemeral = entry.Behavior == api.SessionBehaviorDelete
		meta.TTL = consulSessionTTL(entry)
	}
	return meta, nil
}

// Health implements HealthReader. Without the right to ask the agent, its version stays unknown.
func (s *Consul) Health(ctx context.Context) (Health, error) {
	health := Health{Server: "Consul"}
	request, cancel := s.request(ctx)
	defer cancel()
	leader, err := s.http.Leader(request)
	if err != nil {
		return health, s.fail(OpHealth, "", err)
	}
	health.Leader = leader
	if peers, err := s.http.Peers(request); err == nil {
		health.Members = len(peers)
	}
	self, err := s.http.Self(ctx)
	switch explained := s.fail(OpHealth, "", err); {
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

// consulSessionTTL returns a session's TTL; 0 if it lives by health checks alone.
func consulSessionTTL(entry *api.SessionEntry) time.Duration {
	ttl, err := time.ParseDuration(entry.TTL)
	if err != nil {
		return 0
	}
	return ttl
}

// consulSessionName returns what identifies a session to people.
func consulSessionName(entry *api.SessionEntry) string {
	if entry.Name == "" {
		return "node " + entry.Node
	}
	return entry.Name + " on node " + entry.Node
}

// consulSessionChecks returns the health checks that a session depends on. Before 1.7 they were one
// list.
func consulSessionChecks(entry *api.SessionEntry) []string {
	checks := entry.NodeChecks
	if len(checks) == 0 {
		checks = entry.Checks
	}
	for _, check := range entry.ServiceChecks {
		checks = append(checks, check.ID)
	}
	return checks
}
