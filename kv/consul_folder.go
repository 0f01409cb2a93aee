package kv

import (
	"context"
	"strings"

	"github.com/hashicorp/consul/api"
)

var _ DirectoryMaker = (*Consul)(nil)

// MakeDirectory implements DirectoryMaker the way Consul's own user interface
// does: a folder is an empty key that ends in a slash.
func (s *Consul) MakeDirectory(ctx context.Context, key string) error {
	name := consulKey(strings.TrimSuffix(key, "/") + "/")
	if err := checkConsulKey(name); err != nil {
		return s.fail("mkdir", key, err)
	}
	_, err := s.swap(ctx, nil, &api.KVPair{Key: name, Value: []byte{}})
	return s.failWrite("mkdir", key, err)
}
