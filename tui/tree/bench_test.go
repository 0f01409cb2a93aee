package tree

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sizes are the numbers of keys that the benchmarks compare: the cost of one step
// must hardly grow from the first to the last.
func sizes() []int { return []int{1_000, 1_000_000} }

// keyAt returns one of n keys of 64 bytes, in four levels of 15 or 16 bytes.
func keyAt(i, n int) string {
	side := 1
	for side*side*side < n {
		side++
	}
	return fmt.Sprintf("service-by-zone/region-%08d/service-%07d/object-%09d", i/side/side, i/side%side, i)
}

// planted returns a tree of n keys after its first listing, everything open.
func planted(n int) *Tree {
	t := New("")
	t.OpenTree()
	t.BeginListing()
	for i := range n {
		t.Put(Entry{Key: keyAt(i, n), Index: uint64(i + 1), Size: 100}, time.Time{})
	}
	t.EndListing(time.Time{})
	return t
}

// plot is a tree and its keys in random order.
type plot struct {
	name string
	tree *Tree
	keys []string
}

// plots returns a planted tree of each size.
func plots() iter.Seq[plot] {
	return func(yield func(plot) bool) {
		for _, n := range sizes() {
			p := plot{strconv.Itoa(n), planted(n), listed(n)}
			rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { p.keys[i], p.keys[j] = p.keys[j], p.keys[i] })
			for i, key := range p.keys {
				p.keys[i] = strings.Clone(key) // in memory of its own, as the key of an event is
			}
			if !yield(p) {
				return
			}
		}
	}
}

// listed returns n keys in order.
func listed(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = keyAt(i, n)
	}
	return keys
}

func BenchmarkList(b *testing.B) {
	for _, n := range sizes() {
		keys := listed(n)
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				t := New("")
				t.BeginListing()
				for i, key := range keys {
					t.Put(Entry{Key: key, Index: uint64(i + 1)}, time.Time{})
				}
				t.EndListing(time.Time{})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
		})
	}
}

func BenchmarkChange(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			index := uint64(1 << 40)
			for b.Loop() {
				index++
				now := time.Unix(int64(index), 0)
				p.tree.Put(Entry{Key: p.keys[index%uint64(len(p.keys))], Index: index}, now)
				p.tree.Expire(now.Add(-1000 * time.Second))
			}
		})
	}
}

func BenchmarkDeleteAndPut(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				key := p.keys[i%len(p.keys)]
				i++
				p.tree.Delete(key, time.Time{})
				p.tree.Put(Entry{Key: key, Index: uint64(i)}, time.Time{})
			}
		})
	}
}

func BenchmarkRowsOf50(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i += 7919
				if len(p.tree.Rows(i%(p.tree.Len()-50), 50)) != 50 {
					b.Fatal("rows are missing")
				}
			}
		})
	}
}

func BenchmarkRowOf(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				if _, ok := p.tree.RowOf(p.keys[i%len(p.keys)]); !ok {
					b.Fatal("a key has no row")
				}
			}
		})
	}
}

func BenchmarkCloseAndOpenTree(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.tree.CloseTree()
				p.tree.OpenTree()
				p.tree.Rows(p.tree.Len()-50, 50)
			}
		})
	}
}

func BenchmarkCloseAndOpenFolder(b *testing.B) {
	for p := range plots() {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.tree.Close("service-by-zone")
				p.tree.Open("service-by-zone")
			}
		})
	}
}

// BenchmarkOneFolder is a million siblings in one folder.
func BenchmarkOneFolder(b *testing.B) {
	t := New("")
	for i := range 1_000_000 {
		t.Put(Entry{Key: fmt.Sprintf("queue/%010d", i*2)}, time.Time{})
	}
	i := 0
	for b.Loop() {
		i += 7919
		key := fmt.Sprintf("queue/%010d", i%2_000_000|1)
		t.Put(Entry{Key: key}, time.Time{})
		t.Delete(key, time.Time{})
	}
}

// BenchmarkMemory reports how much heap a key takes, with its text and without.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		t := planted(1_000_000)
		runtime.GC()
		runtime.ReadMemStats(&after)
		per := float64(after.HeapAlloc-before.HeapAlloc) / float64(t.Keys())
		b.ReportMetric(per, "B/key")
		runtime.KeepAlive(t)
	}
}
