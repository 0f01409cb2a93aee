package kv

import "github.com/stretchr/testify/mock"

// Mock store. Mocks all Store functions using testify.Mock.
type Mock struct {
	mock.Mock

	// Endpoints passed to InitializeMock
	Endpoints []string
	// Options passed to InitializeMock
	Options *Config
}

// InitializeMock creates a Mock store.
func InitializeMock(endpoints []string, options *Config) (Store, error) {
	return &Mock{Endpoints: endpoints, Options: options}, nil
}

// Put mock
func (s *Mock) Put(key string, value []byte, opts *WriteOptions) error {
	return s.Called(key, value, opts).Error(0)
}

// Get mock
func (s *Mock) Get(key string) (*KVPair, error) {
	args := s.Called(key)
	return returned[*KVPair](args, 0), args.Error(1)
}

// Delete mock
func (s *Mock) Delete(key string) error {
	return s.Called(key).Error(0)
}

// Exists mock
func (s *Mock) Exists(key string) (bool, error) {
	args := s.Called(key)
	return args.Bool(0), args.Error(1)
}

// Watch mock
func (s *Mock) Watch(key string, stopCh <-chan struct{}) (<-chan *KVPair, error) {
	args := s.Called(key, stopCh)
	return returned[<-chan *KVPair](args, 0), args.Error(1)
}

// WatchTree mock
func (s *Mock) WatchTree(prefix string, stopCh <-chan struct{}) (<-chan []*KVPair, error) {
	args := s.Called(prefix, stopCh)
	return returned[<-chan []*KVPair](args, 0), args.Error(1)
}

// NewLock mock
func (s *Mock) NewLock(key string, options *LockOptions) (Locker, error) {
	args := s.Called(key, options)
	return returned[Locker](args, 0), args.Error(1)
}

// List mock
func (s *Mock) List(prefix string) ([]*KVPair, error) {
	args := s.Called(prefix)
	return returned[[]*KVPair](args, 0), args.Error(1)
}

// DeleteTree mock
func (s *Mock) DeleteTree(prefix string) error {
	return s.Called(prefix).Error(0)
}

// AtomicPut mock
func (s *Mock) AtomicPut(key string, value []byte, previous *KVPair, opts *WriteOptions) (bool, *KVPair, error) {
	args := s.Called(key, value, previous, opts)
	return args.Bool(0), returned[*KVPair](args, 1), args.Error(2)
}

// AtomicDelete mock
func (s *Mock) AtomicDelete(key string, previous *KVPair) (bool, error) {
	args := s.Called(key, previous)
	return args.Bool(0), args.Error(1)
}

// Close mock
func (s *Mock) Close() {
	s.Called()
}

// MockLock mock implementation of Locker
type MockLock struct {
	mock.Mock
}

// Lock mock
func (l *MockLock) Lock() (<-chan struct{}, error) {
	args := l.Called()
	return returned[<-chan struct{}](args, 0), args.Error(1)
}

// Unlock mock
func (l *MockLock) Unlock() error {
	return l.Called().Error(0)
}

// returned is what an expectation returns in that place. A plain nil will do,
// as it goes with an error; anything else of another type panics.
func returned[T any](args mock.Arguments, place int) T {
	var none T
	if args.Get(place) == nil {
		return none
	}
	return args.Get(place).(T)
}
