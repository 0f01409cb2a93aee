package kv

import "errors"

// InitializeEtcdAny creates a store over the v3 API of etcd where the servers
// speak it, else over the v2 API. A server that speaks neither is told as the
// v3 API tells it: that is the one nearly everybody means.
func InitializeEtcdAny(addrs []string, options *Config) (Store, error) {
	s, err := InitializeEtcdV3(addrs, options)
	if !errors.Is(err, ErrWrongServer) {
		return s, err
	}
	old, errOld := InitializeEtcd(addrs, options)
	if errOld != nil {
		return nil, err
	}
	return old, nil
}
