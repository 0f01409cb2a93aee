package kv

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"kvist/kv/internal/etcdlocks"
)

// Meta implements MetaReader.
func (s *EtcdV3) Meta(ctx context.Context, key string) (*Meta, error) {
	found, err := s.get(ctx, OpMeta, key)
	if err != nil {
		return nil, err
	}
	meta := &Meta{
		Key: key, Created: uint64(found.CreateRevision), Modified: uint64(found.ModRevision),
		Version: found.Version, Size: len(found.Value), Left: -1,
	}
	if found.Lease != 0 {
		life := s.livesOf(ctx, []int64{found.Lease})[found.Lease]
		meta.Owner, meta.TTL, meta.Left = etcdlocks.LeaseID(found.Lease), life.TTL, life.Left
	}
	return meta, nil
}

// Health implements HealthReader. It asks one server, which is healthy if it knows a leader and no
// alarm.
func (s *EtcdV3) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	status, err := s.client.ServerStatus(ctx)
	if err != nil {
		return Health{}, s.fail(OpHealth, "", err)
	}
	health := Health{Server: "etcd " + status.Version, Healthy: status.Leader != 0 && len(status.Errors) == 0}
	names := map[uint64]string{}
	members, err := s.client.MemberList(ctx)
	if err == nil { // else the user may not know, or there is no leader
		health.Members = len(members.Members)
		for _, m := range members.Members {
			names[m.ID] = m.Name
		}
		health.Leader = names[status.Leader]
	}
	switch {
	case status.Leader == 0:
		health.Note = noteNoLeader
	case len(status.Errors) > 0:
		health.Note = v3Alarms(status.Errors, names)
	case health.Members == 1:
		health.Note = noteStandalone
	}
	return health, nil
}

// v3Alarms returns the alarms that a server reports in words, with the names of the members that
// raised them.
func v3Alarms(reported []string, names map[uint64]string) string {
	words := make([]string, len(reported))
	for i, text := range reported {
		var id uint64
		var alarm string
		if _, err := fmt.Sscanf(text, "memberID:%d alarm:%s", &id, &alarm); err != nil {
			words[i] = text
			continue
		}
		words[i] = "alarm " + alarm + " on member " + cmp.Or(names[id], strconv.FormatUint(id, 16))
		if alarm == "NOSPACE" {
			words[i] += ": no writes until it has space and the alarm is disarmed"
		}
	}
	return strings.Join(words, "; ")
}
