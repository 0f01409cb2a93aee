package stories

import (
	"context"
	"fmt"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// burst is how many changes come in about a second.
const burst = 10_000

// A storm of changes neither drowns the keys nor the terminal: each key press
// is answered while it rages, the tree is exact when it is over, and what was
// written to the terminal is far less than a word for each change.
func TestBurstKeepsKeysAnswering(t *testing.T) {
	s := onEtcd(t)
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("key%02d", i))
	}
	x := s.with(names...)
	x.Sees("key25")
	before := len(x.Stream())
	stormy, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- s.storm(stormy) }()
	<-stormy
	for line := 2; line <= 20; line++ {
		pressed := time.Now()
		x.Press("j")
		x.Sees(fmt.Sprintf("%s  %d/", s.prefix, line))
		if took := time.Since(pressed); took > time.Second {
			t.Errorf("a key press was answered after %v", took)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	x.Sees(fmt.Sprintf("%d keys", len(names)+1))
	if wrote := len(x.Stream()) - before; wrote > 10*burst {
		t.Errorf("%d bytes went to the terminal", wrote)
	}
}

// storm changes forty keys ten thousand times, forty in a transaction,
// and adds a last key. It closes begun when the first are through.
func (s *scene) storm(begun chan<- struct{}) error {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{s.server.Addr}, Context: s.Context()})
	if err != nil {
		return err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	for i := range burst / 40 {
		var ops []clientv3.Op
		for k := range 40 {
			ops = append(ops, clientv3.OpPut(s.key(fmt.Sprintf("key%02d", k)), fmt.Sprint(i)))
		}
		if _, err := c.Txn(ctx).Then(ops...).Commit(); err != nil {
			return err
		}
		if i == 0 {
			close(begun)
		}
		time.Sleep(time.Second * 40 / burst)
	}
	_, err = c.Put(ctx, s.key("last"), "x")
	return err
}
