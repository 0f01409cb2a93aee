package kv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwire"
)

// Meta implements MetaReader. The ACL is left out if the login may not read it.
func (s *Zookeeper) Meta(ctx context.Context, key string) (*Meta, error) {
	p, err := zkPath(key)
	if err != nil {
		return nil, s.fail(OpMeta, key, err)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	stat, err := s.main.Stat(ctx, p)
	if err != nil {
		return nil, s.fail(OpMeta, key, err)
	}
	m := &Meta{
		Key: zkKey(p), Created: uint64(stat.Czxid), Modified: uint64(stat.Mzxid),
		CreatedAt: time.UnixMilli(stat.Ctime), ModifiedAt: time.UnixMilli(stat.Mtime),
		Version: int64(stat.Version), Size: int(stat.DataLength), Children: int(stat.NumChildren),
		Left: -1, Directory: stat.NumChildren > 0,
	}
	if stat.EphemeralOwner != 0 {
		m.Ephemeral, m.Owner = true, zkSessionText(stat.EphemeralOwner)
		client := s.dialer.Clients(ctx)[stat.EphemeralOwner]
		m.OwnerName, m.TTL = client.Address, client.Timeout
	}
	m.ACL, err = s.aclTexts(ctx, p)
	return m, s.fail(OpMeta, key, err)
}

// aclTexts returns a znode's ACL as ZooKeeper's shell writes it: scheme:id:rights.
func (s *Zookeeper) aclTexts(ctx context.Context, node string) ([]string, error) {
	acl, err := s.main.ACL(ctx, node)
	if errors.Is(err, zk.ErrNoAuth) {
		return nil, nil
	}
	var texts []string
	for _, a := range acl {
		texts = append(texts, a.Scheme+":"+zkACLName(a)+":"+zkRights(a.Perms))
	}
	return texts, err
}

// zkACLName returns whom an entry of an ACL is about. The hash of a password is left out, since
// the password could be guessed from it.
func zkACLName(a zk.ACL) string {
	if a.Scheme == "digest" {
		name, _, _ := strings.Cut(a.ID, ":")
		return name
	}
	return a.ID
}

// zkRights returns the letters for rights: create, delete, read, write, admin.
func zkRights(perms int32) string {
	var b strings.Builder
	for _, right := range [...]struct {
		bit    int32
		letter byte
	}{{zk.PermCreate, 'c'}, {zk.PermDelete, 'd'}, {zk.PermRead, 'r'}, {zk.PermWrite, 'w'}, {zk.PermAdmin, 'a'}} {
		if perms&right.bit != 0 {
			b.WriteByte(right.letter)
		}
	}
	return b.String()
}

// Health implements HealthReader. Version and roles come from "srvr", which servers answer unless
// their whitelist was changed, and the members from the configuration znode that servers since 3.5
// keep.
func (s *Zookeeper) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	if _, err := s.main.Stat(ctx, "/"); err != nil {
		return Health{}, s.fail(OpHealth, "", err)
	}
	h := Health{Server: "ZooKeeper", Members: s.members(ctx), Healthy: true}
	var down []string
	for _, address := range s.dialer.Endpoints {
		info, err := s.dialer.ServerInfo(ctx, address)
		switch {
		case errors.Is(err, zkwire.ErrNotListed):
			h.Note = "version and leader are not known: " + err.Error()
			continue
		case err != nil:
			down = append(down, address)
			continue
		}
		h.Server = "ZooKeeper " + info.Version
		switch info.Mode {
		case "leader":
			h.Leader = address
		case "standalone":
			h.Leader, h.Members, h.Note = address, 1, info.Mode
		}
	}
	if len(down) > 0 {
		h.Healthy = false
		h.Note = "not serving: " + strings.Join(down, ", ")
	}
	return h, nil
}

// members returns how many servers the ensemble's configuration names, or 0 if the login may not
// read it.
func (s *Zookeeper) members(ctx context.Context) int {
	n, err := s.main.Get(ctx, zkwire.Reserved+"/config")
	if err != nil {
		return 0
	}
	members := 0
	for line := range strings.Lines(string(n.Data)) {
		if strings.HasPrefix(line, "server.") {
			members++
		}
	}
	return members
}
