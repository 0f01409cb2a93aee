package kv

import "errors"

// Initialize creates a new Store object, initializing the client
type Initialize func(addrs []string, options *Config) (Store, error)

// NewStore creates a an instance of store. It reaches the server, or fails
// with ErrNotReachable within Config.ConnectionTimeout. An unknown backend is
// ErrNotSupported.
func NewStore(backend Backend, addrs []string, options *Config) (Store, error) {
	initialize, ok := map[Backend]Initialize{
		MOCK:   InitializeMock,
		CONSUL: InitializeConsul,
		ETCD:   InitializeEtcd,
		ETCDV3: InitializeEtcdV3,
		ZK:     InitializeZookeeper,
	}[backend]
	if !ok {
		return nil, &Error{Op: OpOpen, Server: string(backend), Kind: ErrNotSupported}
	}
	return initialize(addrs, options)
}

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
