package journal

import (
	"fmt"
	"runtime"
	"testing"
)

// BenchmarkNewestPage opens the newest page of a journal of a million records.
func BenchmarkNewestPage(b *testing.B) {
	j := New(b.TempDir(), testStore, Options{Size: 1 << 40})
	defer j.Close()
	records := make([]Record, 1000)
	ends := make([]End, len(records))
	for range 1000 {
		for i := range records {
			key := fmt.Sprintf("services/team-%02d/web/%04d", i%50, i)
			records[i] = Record{Op: "atomicput", Key: key, Before: node(key, "10", 7), After: node(key, "20", 0)}
			ends[i] = End{Outcome: Done, Index: uint64(i)}
		}
		if err := j.Begin(records); err != nil {
			b.Fatal(err)
		}
		if err := j.End(records, ends); err != nil {
			b.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	for b.Loop() {
		r, err := j.Read()
		if err != nil {
			b.Fatal(err)
		}
		for range 100 {
			if _, err := r.Next(); err != nil {
				b.Fatal(err)
			}
		}
		r.Close()
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N)/(1<<20), "MiB/page")
}

// BenchmarkPlan records a plan of 100 000 deletes, by batches, with its ends.
func BenchmarkPlan(b *testing.B) {
	j := New(b.TempDir(), testStore, Options{})
	defer j.Close()
	for b.Loop() {
		p := Plan{Title: "delete"}
		if err := j.BeginPlan(&p); err != nil {
			b.Fatal(err)
		}
		records := make([]Record, 5000)
		ends := make([]End, len(records))
		for range 20 {
			for i := range records {
				key := fmt.Sprintf("services/team-%02d/web/%04d", i%50, i)
				records[i] = Record{Plan: p.ID, Op: "delete", Key: key, Before: node(key, "0123456789012345678901234567890123456789012345678901234567890123", 7)}
				ends[i] = End{Outcome: Done}
			}
			if err := j.Begin(records); err != nil {
				b.Fatal(err)
			}
			if err := j.End(records, ends); err != nil {
				b.Fatal(err)
			}
		}
		if err := j.EndPlan(&p); err != nil {
			b.Fatal(err)
		}
	}
}
