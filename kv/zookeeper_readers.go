package kv

import (
	"context"
	"sync"
)

const (
	// zkReadersMax are the connections that many nodes are read over. A server
	// takes packets from a connection one by one, each in a round of waiting
	// for all connections: with eight, a node costs it half the work.
	zkReadersMax = 8

	// zkMany is how many nodes there must be to read for more than one
	// connection to be worth the session that it takes.
	zkMany = 2000
)

// zkReaders are connections to one server that reading is spread over. The
// first is its user's own.
type zkReaders struct {
	pipes []*zkPipe
	grown bool
	turn  int
}

// next is the connection whose turn it is.
func (r *zkReaders) next() *zkPipe {
	r.turn = (r.turn + 1) % len(r.pipes)
	return r.pipes[r.turn]
}

// grow opens the other connections, those that can be had. What is read over
// them is not older than what the first one has seen.
func (r *zkReaders) grow(ctx context.Context) {
	if r.grown {
		return
	}
	r.grown = true
	var mu sync.Mutex
	var wg sync.WaitGroup
	first := r.pipes[0]
	for range zkReadersMax - 1 {
		wg.Go(func() {
			var p *zkPipe
			err := recovered(func() (err error) {
				p, err = first.store.openPipeTo(ctx, first.wire.address, func(zkEvent) {}, first.patience)
				return err
			})
			if err != nil {
				return // the others do
			}
			mu.Lock()
			defer mu.Unlock()
			r.pipes = append(r.pipes, p)
		})
	}
	wg.Wait()
}

// close ends the connections that were opened.
func (r *zkReaders) close() {
	var wg sync.WaitGroup
	for _, p := range r.pipes[1:] {
		wg.Go(func() { _ = contained(p.close) })
	}
	wg.Wait()
}
