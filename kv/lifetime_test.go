package kv

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Close cancels what was started and waits for it and for all who entered.
func TestLifetimeCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifetime(time.Second)
		var mu sync.Mutex
		var order []string
		note := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
		}
		require.NoError(t, l.start(func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Minute)
			note("work")
		}))
		leave, err := l.enter()
		require.NoError(t, err)
		go func() {
			<-l.ctx.Done()
			time.Sleep(time.Hour)
			note("left")
			leave()
		}()
		l.close(
			func() {
				require.NoError(t, l.ctx.Err(), "the farewell still has a living context")
				require.True(t, l.isClosing())
				note("farewell")
			},
			func() { note("hung up") },
		)
		require.Equal(t, []string{"farewell", "work", "left", "hung up"}, order)
	})
}

// A second Close waits until the first is done, and repeats nothing.
func TestLifetimeSecondCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifetime(time.Second)
		began := time.Now()
		go l.close(func() { time.Sleep(time.Minute) }, func() { time.Sleep(time.Minute) })
		synctest.Wait()
		l.close(func() { t.Error("a second farewell") }, func() { t.Error("hung up twice") })
		require.Equal(t, 2*time.Minute, time.Since(began))
	})
}

// After Close nothing starts or enters.
func TestLifetimeClosed(t *testing.T) {
	l := newLifetime(time.Second)
	require.False(t, l.isClosing())
	l.close(nil, nil)
	require.Equal(t, ErrClosed, l.start(func(context.Context) { t.Error("started") }))
	_, err := l.enter()
	require.Equal(t, ErrClosed, err)
}

// A request ends after the timeout, with its caller's context, or at Close.
func TestLifetimeRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifetime(time.Second)
		defer l.close(nil, nil)
		began := time.Now()
		ctx, cancel := l.request(t.Context())
		<-ctx.Done()
		require.Equal(t, time.Second, time.Since(began))
		require.ErrorIs(t, ctx.Err(), context.DeadlineExceeded)
		cancel()

		callers, callersEnd := context.WithCancel(t.Context())
		ctx, cancel = l.request(callers)
		defer cancel()
		callersEnd()
		require.ErrorIs(t, ctx.Err(), context.Canceled)

		ctx, cancel = l.request(t.Context())
		defer cancel()
		l.close(nil, nil)
		<-ctx.Done()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}

// A long request has no timeout; it ends with its caller's context or at Close.
func TestLifetimeLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLifetime(time.Second)
		ctx, cancel := l.long(t.Context())
		defer cancel()
		time.Sleep(time.Hour)
		require.NoError(t, ctx.Err())
		l.close(nil, nil)
		<-ctx.Done()
		require.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}

// A panic ends the work that it is in, and nothing else.
func TestLifetimePanic(t *testing.T) {
	l := newLifetime(time.Second)
	cleaned := make(chan struct{})
	require.NoError(t, l.start(func(context.Context) {
		defer close(cleaned)
		panic("torn answer")
	}))
	<-cleaned
	l.close(nil, nil)
}
