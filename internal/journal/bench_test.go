package journal

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
)

// pageMost bounds the memory of opening the newest page, however long the journal is.
const pageMost = 32 << 20

// BenchmarkNewestPage opens the newest page of a journal of a million records. It counts
// all memory that is allocated for it, freed or not.
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
	page := (after.TotalAlloc - before.TotalAlloc) / uint64(b.N)
	b.ReportMetric(float64(page)/(1<<20), "MiB/page")
	if page > pageMost {
		b.Errorf("it takes %d MiB", page>>20)
	}
}

// BenchmarkWrite records a write of its own, and how it ended.
func BenchmarkWrite(b *testing.B) {
	j := New(b.TempDir(), testStore, Options{})
	defer j.Close()
	records := []Record{{Op: "atomicput", Key: "services/team-07/web/0042", Before: node("", value64, 7), After: node("", value64, 0)}}
	ends := []End{{Outcome: Done, Index: 8}}
	for b.Loop() {
		if err := errors.Join(j.Begin(records), j.End(records, ends)); err != nil {
			b.Fatal(err)
		}
	}
}

// value64 is a value of 64 bytes.
const value64 = "0123456789012345678901234567890123456789012345678901234567890123"

// BenchmarkBatch records a batch of a plan: 5000 deletions, and how they ended.
func BenchmarkBatch(b *testing.B) {
	j := New(b.TempDir(), testStore, Options{})
	defer j.Close()
	p := Plan{Title: "delete"}
	if err := j.BeginPlan(&p); err != nil {
		b.Fatal(err)
	}
	records, ends := batch(p.ID, 5000)
	for b.Loop() {
		if err := errors.Join(j.Begin(records), j.End(records, ends)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/float64(len(records)), "µs/record")
}

// batch returns records of a plan's deletions, and their ends.
func batch(plan string, n int) ([]Record, []End) {
	records, ends := make([]Record, n), make([]End, n)
	for i := range records {
		key := fmt.Sprintf("services/team-%02d/web/%04d", i%50, i)
		records[i] = Record{Plan: plan, Op: "delete", Key: key, Before: node(key, value64, 7)}
		ends[i] = End{Outcome: Done}
	}
	return records, ends
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
		for range 20 {
			records, ends := batch(p.ID, 5000)
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
