package stories

import (
	"context"
	"fmt"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const (
	// burst is the least number of changes of a storm, stormKeys of them at a
	// time, and as many in a second as the machine can do, up to ten thousand.
	burst     = 10_000
	stormKeys = 100
)

// A storm of changes overwhelms neither the keys nor the terminal: key presses
// are answered while it lasts, the tree is exact when it is over, and the
// terminal gets far less than a word for each change.
func TestBurstKeepsKeysAnswering(t *testing.T) {
	s := onEtcd(t)
	s.put("key00", "x")
	x := s.open()
	x.Sees("key00")
	before := len(x.Stream())
	stormy, answered, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	changes := 0
	go func() {
		var err error
		changes, err = s.storm(stormy, answered)
		done <- err
	}()
	<-stormy
	x.Sees("key25")
	for line := 2; line <= 20; line++ {
		x.Press("j")
		x.Sees(fmt.Sprintf("%s/  %d/", s.prefix, line))
	}
	close(answered)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	x.Sees(fmt.Sprintf("%d keys", stormKeys+1))
	if wrote := len(x.Stream()) - before; wrote > 10*changes {
		t.Errorf("%d bytes went to the terminal for %d changes", wrote, changes)
	}
}

// storm changes the keys until there was a burst and enough is closed, and then
// adds one; it returns how many changes that were. It closes begun after the
// first of them.
func (s *scene) storm(begun chan<- struct{}, enough <-chan struct{}) (int, error) {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{s.server.Addr}, Context: s.Context()})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(s.Context(), 10*patience)
	defer cancel()
	for i := 0; ; i++ {
		var ops []clientv3.Op
		for k := range stormKeys {
			ops = append(ops, clientv3.OpPut(s.key(fmt.Sprintf("key%02d", k)), fmt.Sprint(i)))
		}
		if _, err := c.Txn(ctx).Then(ops...).Commit(); err != nil {
			return 0, err
		}
		if i == 0 {
			close(begun)
		}
		if i*stormKeys < burst {
			time.Sleep(time.Second * stormKeys / burst)
			continue
		}
		select {
		case <-enough:
			_, err = c.Put(ctx, s.key("last"), "x")
			return i * stormKeys, err
		default:
		}
	}
}
