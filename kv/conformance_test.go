package kv_test

import (
	"testing"

	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// TestConformance proves the contract of package kv on each backend.
func TestConformance(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) {
			t.Parallel()
			kvtest.Run(t, h)
		})
	}
}

// TestConformanceLeaks runs alone, since it counts goroutines.
func TestConformanceLeaks(t *testing.T) {
	for _, h := range kvtest.Backends() {
		t.Run(h.Name, func(t *testing.T) { kvtest.RunLeaks(t, h) })
	}
}
