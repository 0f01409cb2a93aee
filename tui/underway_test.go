package tui

import (
	"errors"
	"strings"
	"testing"

	"kvist/internal/explain"
	"kvist/kv"
)

// Whoever leaves in the middle of a plan reads that it is not finished; a plan that only
// asks leaves nothing unfinished.
func TestLeavingAPlanIsSaid(t *testing.T) {
	m, d := planned(t, 80, 24, "app/a", "app/b")
	m.quit()
	if err := m.cutOff(); err != nil {
		t.Errorf("a plan that asks: %v", err)
	}
	d.running = true
	m.quit()
	err := m.cutOff()
	if got := explain.Error(err); !strings.Contains(got, "in the middle of a plan (deleting app") || !errors.Is(err, kv.ErrCutOff) {
		t.Errorf("got %q", got)
	}
}
