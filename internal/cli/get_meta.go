package cli

import (
	"context"
	"time"

	"kvist/internal/config"
	"kvist/kv"
)

// keyRecord is a key with everything that the store knows about it, as JSON.
// Unknown fields are left out.
type keyRecord struct {
	record
	CreatedIndex uint64   `json:"created_index,omitempty"`
	Version      int64    `json:"version,omitempty"`
	Lease        string   `json:"lease,omitempty"`   // etcd's
	Session      string   `json:"session,omitempty"` // Consul's and ZooKeeper's
	SessionName  string   `json:"session_name,omitempty"`
	TTL          float64  `json:"ttl_seconds,omitempty"`
	Left         *float64 `json:"left_seconds,omitempty"`
	ConsulFlags  uint64   `json:"consul_flags,omitempty"`
	LockIndex    uint64   `json:"lock_index,omitempty"`
	CreatedAt    string   `json:"created_at,omitempty"`
	ModifiedAt   string   `json:"modified_at,omitempty"`
	Children     int      `json:"children,omitempty"`
	ACL          []string `json:"acl,omitempty"`
}

// metaTries is how often a key is read again because it changed between the
// reading of its value and of its Meta.
const metaTries = 3

// readKey reads a key, and the Meta of that very state. There is no Meta if the
// store has none, or if the key keeps changing.
func readKey(ctx context.Context, s kv.Store, key string) (*kv.KVPair, *kv.Meta, error) {
	reader, ok := kv.As[kv.MetaReader](s)
	for range metaTries {
		pair, err := s.Get(key)
		if err != nil || !ok {
			return pair, nil, err
		}
		meta, err := reader.Meta(ctx, key)
		if err == nil && meta.Modified == pair.LastIndex {
			return pair, meta, nil
		}
	}
	pair, err := s.Get(key)
	return pair, nil, err
}

// keyRecord returns a key as get --json prints it; meta may be nil.
func (w *printer) keyRecord(pair *kv.KVPair, meta *kv.Meta, scheme config.Scheme) keyRecord {
	r := keyRecord{record: w.record(pair.Key).value(pair.Value)}
	r.Index = pair.LastIndex
	if meta == nil {
		return r
	}
	r.CreatedIndex, r.Version, r.SessionName = meta.Created, meta.Version, meta.OwnerName
	if scheme == config.Consul || scheme == config.ZK {
		r.Session = meta.Owner
	} else {
		r.Lease = meta.Owner
	}
	r.TTL = meta.TTL.Seconds()
	if meta.Left >= 0 && meta.TTL > 0 {
		left := meta.Left.Seconds()
		r.Left = &left
	}
	r.ConsulFlags, r.LockIndex, r.Children, r.ACL = meta.Flags, meta.LockIndex, meta.Children, meta.ACL
	r.CreatedAt, r.ModifiedAt = moment(meta.CreatedAt), moment(meta.ModifiedAt)
	var flags kv.KeyFlags
	if meta.Ephemeral {
		flags |= kv.Ephemeral
	}
	if meta.Directory {
		flags |= kv.Directory
	}
	r.Flags = flagNames(flags)
	return r
}

// moment returns a time as JSON holds it; "" for none.
func moment(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339Nano)
}
