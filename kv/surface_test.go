package kv_test

import (
	"crypto/tls"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"

	"kvist/kv"
)

// This file holds the exported surface of the original package (docker/swarm
// v0.3.0-rc2, pkg/store), symbol by symbol. Everything here must stay as it
// is; additions must not break callers.

// The constants: MOCK and DefaultWatchWaitTime have a type. The other backends
// have none, so that they are strings as well as Backends. Otherwise this
// would not compile.
const (
	_ kv.Backend    = kv.MOCK
	_ kv.Backend    = kv.CONSUL
	_ string        = kv.CONSUL
	_ kv.Backend    = kv.ETCD
	_ string        = kv.ETCD
	_ kv.Backend    = kv.ZK
	_ string        = kv.ZK
	_ time.Duration = kv.DefaultWatchWaitTime
)

func TestSurfaceConstants(t *testing.T) {
	for name, c := range map[string]struct{ got, want any }{
		"MOCK":                 {kv.MOCK, kv.Backend("mock")},
		"CONSUL":               {kv.CONSUL, "consul"},
		"ETCD":                 {kv.ETCD, "etcd"},
		"ZK":                   {kv.ZK, "zk"},
		"DefaultWatchWaitTime": {kv.DefaultWatchWaitTime, 15 * time.Second},
	} {
		if c.got != c.want { // their types too
			t.Errorf("%s is %#v, want %#v", name, c.got, c.want)
		}
	}
}

func TestSurfaceErrors(t *testing.T) {
	for text, err := range map[string]error{
		"Invalid TTL, please change the value to the miminum allowed ttl for the chosen store": kv.ErrInvalidTTL,
		"Backend storage not supported yet, please choose another one":                         kv.ErrNotSupported,
		"Call not implemented in current backend":                                              kv.ErrNotImplemented,
		"Api not reachable":                                             kv.ErrNotReachable,
		"Error acquiring the lock":                                      kv.ErrCannotLock,
		"No watch found for specified key":                              kv.ErrWatchDoesNotExist,
		"Unable to complete atomic operation, key modified":             kv.ErrKeyModified,
		"Key not found in store":                                        kv.ErrKeyNotFound,
		"Previous K/V pair should be provided for the Atomic operation": kv.ErrPreviousNotSpecified,
	} {
		if err.Error() != text {
			t.Errorf("%q, want %q", err, text)
		}
	}
}

// The functions.
var _ = []kv.Initialize{kv.InitializeConsul, kv.InitializeEtcd, kv.InitializeMock, kv.InitializeZookeeper}

func TestSurfaceFunctions(t *testing.T) {
	const initialize = "func([]string, *kv.Config) (kv.Store, error)"
	for name, f := range map[string]struct {
		got  any
		want string
	}{
		"InitializeConsul":    {kv.InitializeConsul, initialize},
		"InitializeEtcd":      {kv.InitializeEtcd, initialize},
		"InitializeMock":      {kv.InitializeMock, initialize},
		"InitializeZookeeper": {kv.InitializeZookeeper, initialize},
		"NewStore":            {kv.NewStore, "func(kv.Backend, []string, *kv.Config) (kv.Store, error)"},
	} {
		if got := fmt.Sprintf("%T", f.got); got != f.want {
			t.Errorf("%s is %s, want %s", name, got, f.want)
		}
	}
	for _, s := range []struct{ got, want any }{
		{kv.Initialize(nil), (func([]string, *kv.Config) (kv.Store, error))(nil)},
		{kv.WatchCallback(nil), (func(...*kv.KVPair))(nil)},
		{kv.Backend(""), ""},
	} {
		got, want := reflect.TypeOf(s.got), reflect.TypeOf(s.want)
		if got.Kind() != want.Kind() || !want.ConvertibleTo(got) || got.PkgPath() != "kvist/kv" {
			t.Errorf("%v is no %v", got, want)
		}
	}
}

// storeMethods are the methods of a Store without their receiver.
var storeMethods = map[string]string{
	"AtomicDelete": "func(string, *kv.KVPair) (bool, error)",
	"AtomicPut":    "func(string, []uint8, *kv.KVPair, *kv.WriteOptions) (bool, *kv.KVPair, error)",
	"Close":        "func()",
	"Delete":       "func(string) error",
	"DeleteTree":   "func(string) error",
	"Exists":       "func(string) (bool, error)",
	"Get":          "func(string) (*kv.KVPair, error)",
	"List":         "func(string) ([]*kv.KVPair, error)",
	"NewLock":      "func(string, *kv.LockOptions) (kv.Locker, error)",
	"Put":          "func(string, []uint8, *kv.WriteOptions) error",
	"Watch":        "func(string, <-chan struct {}) (<-chan *kv.KVPair, error)",
	"WatchTree":    "func(string, <-chan struct {}) (<-chan []*kv.KVPair, error)",
}

// lockerMethods are those of a Locker.
var lockerMethods = map[string]string{
	"Lock":   "func() (<-chan struct {}, error)",
	"Unlock": "func() error",
}

func TestSurfaceMethods(t *testing.T) {
	for _, c := range []struct {
		of      reflect.Type
		methods map[string]string
	}{
		{reflect.TypeFor[kv.Store](), storeMethods},
		{reflect.TypeFor[*kv.Consul](), storeMethods},
		{reflect.TypeFor[*kv.Etcd](), storeMethods},
		{reflect.TypeFor[*kv.Zookeeper](), storeMethods},
		{reflect.TypeFor[*kv.Mock](), storeMethods},
		{reflect.TypeFor[kv.Locker](), lockerMethods},
		{reflect.TypeFor[*kv.MockLock](), lockerMethods},
	} {
		for _, name := range slices.Sorted(maps.Keys(c.methods)) {
			if got, want := signature(c.of, name), c.methods[name]; got != want {
				t.Errorf("%v.%s is %s, want %s", c.of, name, got, want)
			}
		}
		if c.of.Kind() == reflect.Interface && c.of.NumMethod() != len(c.methods) {
			t.Errorf("%v has %d methods, want %d: another one breaks who implements it", c.of, c.of.NumMethod(), len(c.methods))
		}
	}
}

// signature returns the type of a method without its receiver.
func signature(of reflect.Type, name string) string {
	method, ok := of.MethodByName(name)
	if !ok {
		return "missing"
	}
	text := method.Type.String()
	if of.Kind() == reflect.Interface {
		return text
	}
	text = strings.Replace(text, "func("+of.String(), "func(", 1)
	return strings.Replace(text, "func(, ", "func(", 1)
}

func TestSurfaceStructs(t *testing.T) {
	for _, c := range []struct {
		of     reflect.Type
		fields map[string]reflect.Type
	}{
		{reflect.TypeFor[kv.Config](), map[string]reflect.Type{
			"TLS":               reflect.TypeFor[*tls.Config](),
			"ConnectionTimeout": reflect.TypeFor[time.Duration](),
			"EphemeralTTL":      reflect.TypeFor[time.Duration](),
		}},
		{reflect.TypeFor[kv.KVPair](), map[string]reflect.Type{
			"Key":       reflect.TypeFor[string](),
			"Value":     reflect.TypeFor[[]byte](),
			"LastIndex": reflect.TypeFor[uint64](),
		}},
		{reflect.TypeFor[kv.LockOptions](), map[string]reflect.Type{
			"Value": reflect.TypeFor[[]byte](),
			"TTL":   reflect.TypeFor[time.Duration](),
		}},
		{reflect.TypeFor[kv.WriteOptions](), map[string]reflect.Type{
			"Heartbeat": reflect.TypeFor[time.Duration](),
			"Ephemeral": reflect.TypeFor[bool](),
		}},
		{reflect.TypeFor[kv.Mock](), map[string]reflect.Type{
			"Mock":      reflect.TypeFor[mock.Mock](),
			"Endpoints": reflect.TypeFor[[]string](),
			"Options":   reflect.TypeFor[*kv.Config](),
		}},
		{reflect.TypeFor[kv.MockLock](), map[string]reflect.Type{
			"Mock": reflect.TypeFor[mock.Mock](),
		}},
	} {
		for name, want := range c.fields {
			field, ok := c.of.FieldByName(name)
			if !ok || field.Type != want {
				t.Errorf("%v.%s is %v, want %v", c.of, name, field.Type, want)
			}
		}
	}
	// These can be written without field names, so no field may be added.
	_ = kv.KVPair{"a", nil, 1}
	_ = kv.LockOptions{nil, 0}
	_ = kv.WriteOptions{0, true}
	for of, embedded := range map[reflect.Type]reflect.Type{
		reflect.TypeFor[kv.Mock]():     reflect.TypeFor[mock.Mock](),
		reflect.TypeFor[kv.MockLock](): reflect.TypeFor[mock.Mock](),
		reflect.TypeFor[kv.Consul]():   reflect.TypeFor[sync.Mutex](),
	} {
		if field, _ := of.FieldByName(embedded.Name()); !field.Anonymous || field.Type != embedded {
			t.Errorf("%v does not embed %v", of, embedded)
		}
	}
}
