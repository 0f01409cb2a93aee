package kv

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"
)

// Meta implements MetaReader. The ACL is left out where it may not be read.
func (s *Zookeeper) Meta(ctx context.Context, key string) (*Meta, error) {
	p, err := zkPath(key)
	if err != nil {
		return nil, s.fail("meta", key, err)
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	stat, err := s.stat(ctx, p)
	if err != nil {
		return nil, s.fail("meta", key, err)
	}
	m := &Meta{
		Key: zkKey(p), Created: uint64(stat.Czxid), Modified: uint64(stat.Mzxid),
		CreatedAt: time.UnixMilli(stat.Ctime), ModifiedAt: time.UnixMilli(stat.Mtime),
		Version: int64(stat.Version), Size: int(stat.DataLength), Children: int(stat.NumChildren),
		Left: -1, Directory: stat.NumChildren > 0,
	}
	if stat.EphemeralOwner != 0 {
		m.Ephemeral, m.Owner = true, zkSessionText(stat.EphemeralOwner)
		client := s.clients(ctx)[stat.EphemeralOwner]
		m.OwnerName, m.TTL = client.address, client.timeout
	}
	m.ACL, err = s.aclTexts(ctx, p)
	return m, s.fail("meta", key, err)
}

// aclTexts is a node's ACL as ZooKeeper's shell writes it: scheme:id:rights.
func (s *Zookeeper) aclTexts(ctx context.Context, node string) ([]string, error) {
	acl, err := zkAskAgain(ctx, s.main, func(c *zk.Conn) ([]zk.ACL, error) {
		acl, _, err := c.GetACL(node)
		return acl, err
	})
	if errors.Is(err, zk.ErrNoAuth) {
		return nil, nil
	}
	var texts []string
	for _, a := range acl {
		texts = append(texts, a.Scheme+":"+zkACLName(a)+":"+zkRights(a.Perms))
	}
	return texts, err
}

// zkACLName is whom an entry of an ACL is about. The hash of a password is no
// password, but can be guessed at: it is left out.
func zkACLName(a zk.ACL) string {
	if a.Scheme == "digest" {
		name, _, _ := strings.Cut(a.ID, ":")
		return name
	}
	return a.ID
}

// zkRights are the letters for rights: create, delete, read, write, admin.
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

// Health implements HealthReader. Version and roles come from "srvr", which
// servers answer unless their whitelist was changed; the members from the
// configuration node that servers since 3.5 keep.
func (s *Zookeeper) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.within(ctx)
	defer cancel()
	if _, err := s.stat(ctx, "/"); err != nil {
		return Health{}, s.fail("health", "", err)
	}
	h := Health{Server: "ZooKeeper", Members: s.members(ctx), Healthy: true}
	var down []string
	for _, address := range s.endpoints {
		info, err := s.serverInfo(ctx, address)
		switch {
		case errors.Is(err, errZkNotListed):
			h.Note = "version and leader are not known: " + err.Error()
			continue
		case err != nil:
			down = append(down, address)
			continue
		}
		h.Server = "ZooKeeper " + info.version
		switch info.mode {
		case "leader":
			h.Leader = address
		case "standalone":
			h.Leader, h.Members, h.Note = address, 1, info.mode
		}
	}
	if len(down) > 0 {
		h.Healthy = false
		h.Note = "not serving: " + strings.Join(down, ", ")
	}
	return h, nil
}

// members is how many servers the ensemble's configuration names; 0 when it
// may not be read.
func (s *Zookeeper) members(ctx context.Context) int {
	n, err := s.get(ctx, zkReserved+"/config")
	if err != nil {
		return 0
	}
	members := 0
	for line := range strings.Lines(string(n.data)) {
		if strings.HasPrefix(line, "server.") {
			members++
		}
	}
	return members
}
