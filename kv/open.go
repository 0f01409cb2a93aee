package kv

import "errors"

// Backend names a kind of store.
type Backend string

// The backends of NewStore.
const (
	// MOCK is a Mock, for tests.
	MOCK Backend = "mock"
	// CONSUL is the KV store of Consul.
	CONSUL = "consul"
	// ETCD is etcd over its v2 API.
	ETCD = "etcd"
	// ETCDV3 is etcd over its v3 API. It is not in the original package.
	ETCDV3 = "etcdv3"
	// ZK is ZooKeeper.
	ZK = "zk"
)

// Initialize opens a store at the servers of one cluster. options may be nil.
type Initialize func(addrs []string, options *Config) (Store, error)

// NewStore opens a store of the given backend at the servers of one cluster.
// options may be nil. It returns ErrNotReachable if no server answers within
// Config.ConnectionTimeout, and ErrNotSupported for an unknown backend.
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

// InitializeEtcdAny opens a store over the v3 API of etcd if the servers have
// it, and over the v2 API otherwise. If they have neither, the error is that
// of the v3 API, which nearly everybody means.
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
