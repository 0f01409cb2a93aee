package main

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// changeRate is how many changes a second a busy cluster makes.
	changeRate = 1_000
	// changePace is how often due changes are handed out.
	changePace = 5 * time.Millisecond
	// writers is how many changes run at once at most.
	writers = 32
)

// writer changes random keys at changeRate until it is ended.
type writer struct {
	stop   context.CancelFunc
	done   chan struct{} // closed when all writing has ended
	wrote  atomic.Int64
	failed atomic.Pointer[error]
}

// write starts a writer on a keyspace.
func (e *etcd) write(k keyspace) *writer {
	ctx, cancel := context.WithCancel(e.ctx)
	w := &writer{stop: cancel, done: make(chan struct{})}
	due := make(chan int, changeRate)
	go keepDue(ctx, k.n, due)
	go func() {
		defer close(w.done)
		var all sync.WaitGroup
		for range writers {
			all.Go(func() { w.work(ctx, e, k, due) })
		}
		all.Wait()
	}()
	return w
}

// keepDue hands out the keys to change, changeRate times a second.
func keepDue(ctx context.Context, n int, due chan<- int) {
	defer close(due)
	ticker := time.NewTicker(changePace)
	defer ticker.Stop()
	began, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for ; sent < int(time.Since(began)*changeRate/time.Second); sent++ {
			select {
			case due <- rand.IntN(n):
			case <-ctx.Done():
				return
			}
		}
	}
}

// work changes keys when they are due.
func (w *writer) work(ctx context.Context, e *etcd, k keyspace, due <-chan int) {
	for n := range due {
		_, err := e.client.Put(ctx, k.key(n), "v"+strconv.FormatInt(w.wrote.Load(), 10))
		switch {
		case err == nil:
			w.wrote.Add(1)
		case ctx.Err() == nil:
			w.failed.Store(&err)
		}
	}
}

// end stops the writer and reports whether it could write.
func (w *writer) end() error {
	w.stop()
	<-w.done
	if err := w.failed.Load(); err != nil {
		return *err
	}
	return nil
}
