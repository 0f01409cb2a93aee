package kv

import (
	"testing"
	"time"

	"kvist/kv/internal/pacing"
)

// A level counts as dear as all that may lie below it, and one inside as no dearer than the top
// one.
func TestConsulMostCostOfLevels(t *testing.T) {
	r := &consulReader{dir: "p/", budget: &pacing.Budget{}, limits: consulDefaultLimits(DefaultMemory)}
	top, inside := consulLevelReader{consulReader: r, dir: "p/"}, consulLevelReader{consulReader: r, dir: "p/a/"}
	if most := top.mostCost(); most < 2*time.Second {
		t.Errorf("a million keys may have cost %v", most)
	}
	if most := inside.mostCost(); most != pacing.MostCost(0) {
		t.Errorf("before more is known, no keys may have cost %v", most)
	}
	r.budget.SetTop(300 * time.Millisecond)
	if most := inside.mostCost(); most != 300*time.Millisecond {
		t.Errorf("a level inside may have cost %v", most)
	}
}

// A change that was waited for is single unless more came before the server looked; one that may
// have gathered with others is single only if there was no index left for more.
func TestConsulMerged(t *testing.T) {
	put := func(at uint64) Event { return Event{Kind: PutEvent, Index: at} }
	gone, folder := Event{Kind: DeleteEvent}, Event{Kind: FolderEvent}
	for name, test := range map[string]struct {
		events   []Event
		to       uint64
		gathered bool
		merged   bool
	}{
		"woken from below":                    {nil, 20, true, false},
		"a folder":                            {[]Event{folder}, 20, true, false},
		"waited for":                          {[]Event{put(20)}, 20, false, false},
		"waited for, by a transaction":        {[]Event{put(20), put(20), gone}, 20, false, false},
		"waited for, and another one":         {[]Event{put(19), put(20)}, 20, false, true},
		"waited for, and read later":          {[]Event{put(22)}, 20, false, true},
		"gathered":                            {[]Event{put(20)}, 20, true, true},
		"gathered, and gone":                  {[]Event{gone}, 20, true, true},
		"the next write":                      {[]Event{put(11)}, 11, true, false},
		"the next write, a delete":            {[]Event{gone}, 11, true, false},
		"the next write, and others below":    {[]Event{put(11)}, 20, true, false},
		"two writes, one of them maybe twice": {[]Event{put(11), put(12)}, 12, true, true},
		"the store was set back":              {[]Event{put(3)}, 5, true, true},
	} {
		if got := consulMerged(test.events, 10, test.to, test.gathered); got != test.merged {
			t.Errorf("%s: %v", name, got)
		}
	}
}
