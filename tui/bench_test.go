package tui

import (
	"fmt"
	"testing"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

// crowded is an explorer with n keys in four levels, all open.
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

// BenchmarkCursorKey is a cursor key to its frame, everything open.
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

// BenchmarkChange is a change to its frame, everything open.
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
