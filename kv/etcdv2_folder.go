package kv

import (
	"context"

	client "go.etcd.io/etcd/client/v2"
)

var _ DirectoryMaker = (*Etcd)(nil)

// MakeDirectory implements DirectoryMaker.
func (s *Etcd) MakeDirectory(ctx context.Context, key string) error {
	path, err := s.checkKey("mkdir", key)
	if err != nil {
		return err
	}
	ctx, cancel := s.small(ctx)
	defer cancel()
	if _, err = s.set(ctx, path, nil, &client.SetOptions{Dir: true, PrevExist: client.PrevNoExist}); err != nil {
		return s.fail("mkdir", key, err)
	}
	return nil
}
