package kv

import (
	"context"

	"kvist/kv/internal/etcdv2"
)

// Meta implements MetaReader. The API gives what is left of a TTL but not what was granted; TTL and
// Left are both what is left.
func (s *Etcd) Meta(ctx context.Context, key string) (*Meta, error) {
	path, err := s.checkKey(OpMeta, key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	node, _, err := s.cluster.Get(ctx, path)
	if err != nil {
		return nil, s.fail(OpMeta, key, v2Absent(err))
	}
	meta := &Meta{
		Key: etcdv2.Key(path), Created: node.CreatedIndex, Modified: node.ModifiedIndex,
		Size: len(node.Value), Directory: node.Dir, Left: -1,
		Ephemeral: s.isEphemeral(path, node.CreatedIndex),
	}
	if node.Expiration != nil {
		meta.TTL, meta.Left = v2TTL(node), v2TTL(node)
	}
	for _, child := range node.Nodes {
		if below, _ := etcdv2.Below(path, child.Key); !v2IsHidden(below) {
			meta.Children++
		}
	}
	return meta, nil
}

// Health implements HealthReader. It is about the member that answered last.
func (s *Etcd) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	if s.isClosing() {
		return Health{}, s.fail(OpHealth, "", ErrClosed)
	}
	state, err := s.cluster.Health(ctx)
	if err != nil {
		return Health{}, s.fail(OpHealth, "", err)
	}
	h := Health{
		Server: "etcd " + state.Version, Members: state.Members, Leader: state.Leader,
		Healthy: state.Trouble == nil,
	}
	switch {
	case state.Trouble != nil:
		h.Note = state.Trouble.Error()
	case state.Members == 1:
		h.Note = noteStandalone
	}
	return h, nil
}
