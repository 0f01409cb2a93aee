package kvtest

import (
	"context"
	"sync"
	"time"
)

const (
	// lotSize is how many keys a native client makes in one transaction.
	lotSize = 60
	// lotsAtOnce is how many transactions are under way at a time.
	lotsAtOnce = 8
)

// inLots calls do for each lot of n things, some lots at a time.
func inLots(n int, do func(from, to int)) {
	lots := make(chan int)
	var wg sync.WaitGroup
	for range lotsAtOnce {
		wg.Go(func() {
			for from := range lots {
				do(from, min(from+lotSize, n))
			}
		})
	}
	for from := 0; from < n; from += lotSize {
		lots <- from
	}
	close(lots)
	wg.Wait()
}

// clientContext bounds one request of a native client, which a busy machine may keep waiting.
func clientContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), time.Minute)
}
