package tree

import (
	"runtime"
	"strconv"
	"testing"

	"kvist/tui/tree/match"
)

// BenchmarkSearch is a search through a million keys, in slices as the explorer
// does it.
func BenchmarkSearch(b *testing.B) {
	t := planted(1_000_000)
	runtime.GC()
	for _, query := range []string{
		"77", "object-000123", "zone/region", "no such key", "Q", "!object-0001", "!region-00000012",
		"~z", "~sgo77", "~service42object99", "~no such key", "=7{3}$",
	} {
		p, err := match.Parse(query)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				t.Unfilter()
				t.Filter(p.Pattern)
				searchAll(t, 10_000)
			}
			b.ReportMetric(float64(t.Hits()), "hits")
		})
	}
}

// BenchmarkLetterMore is the search for one more letter after few hits, and setting
// the shorter filter again.
func BenchmarkLetterMore(b *testing.B) {
	t := planted(1_000_000)
	wide, narrow := match.Text("object-000123"), match.Text("object-0001234")
	for b.Loop() {
		b.StopTimer()
		t.Filter(wide)
		searchAll(t, 10_000)
		b.StartTimer()
		t.Filter(narrow)
		searchAll(t, 10_000)
	}
}

// BenchmarkFiltered is a change, and 50 rows, under a filter.
func BenchmarkFiltered(b *testing.B) {
	for p := range plots() {
		p.tree.Filter(match.Text("7"))
		searchAll(p.tree, 10_000)
		b.Run("rows/"+p.name, func(b *testing.B) {
			for i := 0; b.Loop(); i += 7919 {
				p.tree.Rows(i%(p.tree.Len()-50), 50)
			}
		})
		b.Run("next/"+p.name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				if key, ok := p.tree.NextHit(p.keys[i%len(p.keys)], true); !ok {
					b.Fatal(strconv.Quote(key))
				}
			}
		})
	}
}
