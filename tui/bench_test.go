package tui

import (
	"fmt"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// crowded returns an explorer of n keys in four levels, all open.
func crowded(b *testing.B, n int) *Model {
	b.Helper()
	m := NewModel(b.Context(), nil, Options{Address: "etcd://127.0.0.1:2379"})
	give(m, tea.WindowSizeMsg{Width: 200, Height: 50})
	give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
	batch := kv.Batch{Begin: true, State: kv.Listing}
	for i := range n {
		key := fmt.Sprintf("region-%02d/service-%03d/instance-%04d/key-%07d", i%20, i/20%100, i/2000%500, i)
		batch.Events = append(batch.Events, kv.Event{Key: key, Index: uint64(i + 1), Size: 64})
	}
	batch.Synced, batch.State = true, kv.Live
	give(m, pulled(m, batch))
	m.tree.tree.OpenTree()
	return m
}

// BenchmarkCursorKey measures a cursor key to its frame, with everything open.
func BenchmarkCursorKey(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("%d keys", n), func(b *testing.B) {
			m := crowded(b, n)
			m.tree.move(n / 2)
			key := keyPress("j")
			for b.Loop() {
				m.Update(key)
				m.View()
			}
		})
	}
}

// BenchmarkChange measures a change to its frame, with everything open.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("%d keys", n), func(b *testing.B) {
			m := crowded(b, n)
			i := 0
			for b.Loop() {
				i++
				k := i * 7919 % n
				key := fmt.Sprintf("region-%02d/service-%03d/instance-%04d/key-%07d", k%20, k/20%100, k/2000%500, k)
				give(m, pulled(m, kv.Batch{State: kv.Live, Events: []kv.Event{{Key: key, Index: uint64(n + i), Size: 64}}}))
				m.View()
			}
		})
	}
}

// BenchmarkRelist measures the longest that a key press waits while contact returns
// and all keys are listed again, of which a thousand have changed and a thousand
// are gone.
func BenchmarkRelist(b *testing.B) {
	for _, n := range []int{20_000, 1_000_000} {
		b.Run(fmt.Sprintf("%d keys", n), func(b *testing.B) {
			m := crowded(b, n)
			longest, round := time.Duration(0), 0
			for b.Loop() {
				round++
				longest = max(longest, relist(m, n, round))
			}
			b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
		})
	}
}

// relist lists the keys of crowded again, in batches as a feed sends them, and
// returns how long the longest update with its frame took.
func relist(m *Model, n, round int) time.Duration {
	longest := time.Duration(0)
	send := func(batches []kv.Batch) {
		var msg tea.Msg = batchesPulled{m.feed.gen, batches, nil}
		for msg != nil {
			begun := time.Now()
			m.Update(msg)
			m.View()
			longest = max(longest, time.Since(begun))
			msg = nil
			if m.feed.intake != nil {
				msg = m.feed.intake
			}
		}
	}
	batch, gathered := kv.Batch{Begin: true, State: kv.Listing, Missed: kv.Gap}, []kv.Batch(nil)
	for i := range n {
		if i%(n/1000) == round%(n/1000) {
			continue // gone, this time
		}
		index := i + 1
		if i%(n/1000) == 7 {
			index += n * round
		}
		key := fmt.Sprintf("region-%02d/service-%03d/instance-%04d/key-%07d", i%20, i/20%100, i/2000%500, i)
		batch.Events = append(batch.Events, kv.Event{Key: key, Index: uint64(index), Size: 64})
		if len(batch.Events) == 4096 {
			if gathered = append(gathered, batch); len(gathered) == 5 {
				send(gathered)
				gathered = nil
			}
			batch = kv.Batch{State: kv.Listing}
		}
	}
	batch.State, batch.Synced = kv.Live, true
	send(append(gathered, batch))
	return longest
}
