package zkwire

import (
	"context"
	"sync"

	"kvist/kv/internal/panics"
)

const (
	// readersMax bounds the connections that many nodes are read over. A server takes packets
	// from a connection one by one, each in a round of waiting for all connections: with eight
	// of them a node costs it half the work.
	readersMax = 8

	// Many is how many nodes must be read for a second connection to be worth its session.
	Many = 2000
)

// Readers are connections to one server over which reading is spread.
type Readers struct {
	pipes []*Pipe
	grown bool
	turn  int
}

// NewReaders spreads reading over first and what Grow adds. First stays the caller's own.
func NewReaders(first *Pipe) *Readers { return &Readers{pipes: []*Pipe{first}} }

// next returns the connection whose turn it is.
func (r *Readers) next() *Pipe {
	r.turn = (r.turn + 1) % len(r.pipes)
	return r.pipes[r.turn]
}

// Grow opens the other connections, as many as the server accepts. Reads over them are not older
// than those over the first one.
func (r *Readers) Grow(ctx context.Context) {
	if r.grown {
		return
	}
	r.grown = true
	var mu sync.Mutex
	var wg sync.WaitGroup
	first := r.pipes[0]
	for range readersMax - 1 {
		wg.Go(func() {
			var p *Pipe
			err := panics.Recovered(func() (err error) {
				p, err = first.dialer.OpenPipeTo(ctx, first.wire.Address, nil, first.patience)
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

// ReadStats reads the stats of nodes, in their order.
func (r *Readers) ReadStats(ctx context.Context, paths []string) ([]Node, error) {
	place := make(map[string]int, len(paths))
	found, err := ReadMany(ctx, len(paths), func(i int, got func(Node, error)) {
		place[paths[i]] = i
		r.next().ReadStat(paths[i], false, got)
	})
	nodes := make([]Node, len(paths))
	for _, n := range found {
		nodes[place[n.Path]] = n
	}
	return nodes, err
}

// ReadWhole reads nodes with their data and ACLs, in any order.
func (r *Readers) ReadWhole(ctx context.Context, paths []string) ([]Node, error) {
	return ReadMany(ctx, len(paths), func(i int, got func(Node, error)) { r.next().ReadWhole(paths[i], got) })
}

// Close closes the connections that Grow opened.
func (r *Readers) Close() {
	var wg sync.WaitGroup
	for _, p := range r.pipes[1:] {
		wg.Go(func() { _ = panics.Contained(p.Close) })
	}
	wg.Wait()
}
