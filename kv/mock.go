package kv

import "github.com/stretchr/testify/mock"

// Mock is a Store for tests, which answers by the expectations of its
// mock.Mock.
type Mock struct {
	mock.Mock

	// Endpoints and Options are the arguments of InitializeMock.
	Endpoints []string
	Options   *Config
}

// InitializeMock returns a Mock.
func InitializeMock(endpoints []string, options *Config) (Store, error) {
	return &Mock{Endpoints: endpoints, Options: options}, nil
}

// Put implements Store by the expectations.
func (s *Mock) Put(key string, value []byte, opts *WriteOptions) error {
	return s.Called(key, value, opts).Error(0)
}

// Get implements Store by the expectations.
func (s *Mock) Get(key string) (*KVPair, error) {
	args := s.Called(key)
	return mockReturned[*KVPair](args, 0), args.Error(1)
}

// Delete implements Store by the expectations.
func (s *Mock) Delete(key string) error {
	return s.Called(key).Error(0)
}

// Exists implements Store by the expectations.
func (s *Mock) Exists(key string) (bool, error) {
	args := s.Called(key)
	return args.Bool(0), args.Error(1)
}

// Watch implements Store by the expectations.
func (s *Mock) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	args := s.Called(key, stopCh)
	return mockReturned[<-chan *KVPair](args, 0), args.Error(1)
}

// WatchTree implements Store by the expectations.
func (s *Mock) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	args := s.Called(prefix, stopCh)
	return mockReturned[<-chan []*KVPair](args, 0), args.Error(1)
}

// NewLock implements Store by the expectations.
func (s *Mock) NewLock(key string, options *LockOptions) (Locker, error) {
	args := s.Called(key, options)
	return mockReturned[Locker](args, 0), args.Error(1)
}

// List implements Store by the expectations.
func (s *Mock) List(prefix string) ([]*KVPair, error) {
	args := s.Called(prefix)
	return mockReturned[[]*KVPair](args, 0), args.Error(1)
}

// DeleteTree implements Store by the expectations.
func (s *Mock) DeleteTree(prefix string) error {
	return s.Called(prefix).Error(0)
}

// AtomicPut implements Store by the expectations.
func (s *Mock) AtomicPut(key string, value []byte, previous *KVPair, opts *WriteOptions) (bool, *KVPair, error) {
	args := s.Called(key, value, previous, opts)
	return args.Bool(0), mockReturned[*KVPair](args, 1), args.Error(2)
}

// AtomicDelete implements Store by the expectations.
func (s *Mock) AtomicDelete(key string, previous *KVPair) (bool, error) {
	args := s.Called(key, previous)
	return args.Bool(0), args.Error(1)
}

// Close implements Store by the expectations.
func (s *Mock) Close() {
	s.Called()
}

// MockLock is a Locker for tests, which answers by the expectations of its
// mock.Mock.
type MockLock struct {
	mock.Mock
}

// Lock implements Locker by the expectations.
func (l *MockLock) Lock() (<-chan struct{}, error) {
	args := l.Called()
	return mockReturned[<-chan struct{}](args, 0), args.Error(1)
}

// Unlock implements Locker by the expectations.
func (l *MockLock) Unlock() error {
	return l.Called().Error(0)
}

// mockReturned returns one result of an expectation. An untyped nil is the zero
// value; a value of another type panics.
func mockReturned[T any](args mock.Arguments, place int) T {
	var none T
	if args.Get(place) == nil {
		return none
	}
	return args.Get(place).(T)
}
