package kv_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"

	"kvist/kv"
)

func TestNewStore(t *testing.T) {
	config := &kv.Config{ConnectionTimeout: time.Second}
	s, err := kv.NewStore(kv.MOCK, []string{"a", "b"}, config)
	if err != nil {
		t.Fatal(err)
	}
	m := s.(*kv.Mock)
	if len(m.Endpoints) != 2 || m.Endpoints[1] != "b" || m.Options != config {
		t.Errorf("endpoints %q, options %v", m.Endpoints, m.Options)
	}
	if _, err := kv.NewStore("boltdb", nil, nil); !errors.Is(err, kv.ErrNotSupported) {
		t.Errorf("an unknown backend: %v", err)
	}
}

// A Mock passes each argument to its expectation and returns its results.
func TestMock(t *testing.T) {
	m := &kv.Mock{}
	defer m.AssertExpectations(t)
	failed := errors.New("failed")
	pair, options := &kv.KVPair{Key: "a", LastIndex: 7}, &kv.WriteOptions{Ephemeral: true}
	values, trees := (<-chan *kv.KVPair)(make(chan *kv.KVPair)), (<-chan []*kv.KVPair)(make(chan []*kv.KVPair))
	stop := make(<-chan struct{})
	lock := &kv.MockLock{}
	defer lock.AssertExpectations(t)

	m.On("Put", "a", []byte("v"), options).Return(failed).Once()
	same(t, m.Put("a", []byte("v"), options), failed)
	m.On("Get", "a").Return(pair, nil).Once()
	got, err := m.Get("a")
	same(t, got, pair)
	same(t, err, nil)
	m.On("Get", "b").Return(nil, failed).Once()
	got, err = m.Get("b")
	same(t, got, (*kv.KVPair)(nil))
	same(t, err, failed)
	m.On("Delete", "a").Return(failed).Once()
	same(t, m.Delete("a"), failed)
	m.On("Exists", "a").Return(true, failed).Once()
	there, err := m.Exists("a")
	same(t, there, true)
	same(t, err, failed)
	m.On("Watch", "a", stop).Return(values, nil).Once()
	changes, _ := m.Watch("a", stop)
	same(t, changes, values)
	m.On("WatchTree", "a", stop).Return(trees, nil).Once()
	snapshots, _ := m.WatchTree("a", stop)
	same(t, snapshots, trees)
	m.On("NewLock", "a", mock.Anything).Return(lock, nil).Once()
	locker, _ := m.NewLock("a", nil)
	same(t, locker, kv.Locker(lock))
	m.On("List", "a").Return([]*kv.KVPair{pair}, nil).Once()
	pairs, _ := m.List("a")
	same(t, pairs[0], pair)
	m.On("DeleteTree", "a").Return(failed).Once()
	same(t, m.DeleteTree("a"), failed)
	m.On("AtomicPut", "a", []byte("v"), pair, options).Return(true, pair, nil).Once()
	ok, got, _ := m.AtomicPut("a", []byte("v"), pair, options)
	same(t, ok, true)
	same(t, got, pair)
	m.On("AtomicDelete", "a", pair).Return(true, failed).Once()
	ok, err = m.AtomicDelete("a", pair)
	same(t, ok, true)
	same(t, err, failed)
	m.On("Close").Once()
	m.Close()

	lock.On("Lock").Return(stop, nil).Once()
	lost, _ := lock.Lock()
	same(t, lost, stop)
	lock.On("Unlock").Return(failed).Once()
	same(t, lock.Unlock(), failed)
}

// A call that fails may return an untyped nil beside its error.
func TestMockReturnsNil(t *testing.T) {
	m, lock, failed := &kv.Mock{}, &kv.MockLock{}, errors.New("failed")
	for _, method := range []string{"Get", "List", "Watch", "WatchTree", "NewLock"} {
		m.On(method, mock.Anything).Return(nil, failed)
		m.On(method, mock.Anything, mock.Anything).Return(nil, failed)
	}
	lock.On("Lock").Return(nil, failed)
	for name, call := range map[string]func() (any, error){
		"get":        func() (any, error) { return some(m.Get("a")) },
		"list":       func() (any, error) { return some(m.List("a")) },
		"watch":      func() (any, error) { return some(m.Watch("a", nil)) },
		"watch tree": func() (any, error) { return some(m.WatchTree("a", nil)) },
		"new lock":   func() (any, error) { return some(m.NewLock("a", nil)) },
		"lock":       func() (any, error) { return some(lock.Lock()) },
	} {
		if got, err := call(); got != nil || !errors.Is(err, failed) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// some returns nil if got is a nil of its type.
func some[T any](got T, err error) (any, error) {
	if reflect.ValueOf(&got).Elem().IsNil() {
		return nil, err
	}
	return got, err
}

// same fails the test unless two values are equal.
func same[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
