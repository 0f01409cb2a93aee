package kv

import (
	"testing"
	"time"
)

// A level that is dear, since the server walks all that lies below it, is
// asked seldom, and keeps nobody from asking for a cheap one.
func TestConsulDearLevelsKeepNoneFromCheapOnes(t *testing.T) {
	pace := &consulPace{}
	top, open := consulCost{pace: pace}, consulCost{pace: pace}
	most := consulMostCost(250_000)
	top.answered(most, 300*time.Millisecond, 0, false)
	open.answered(consulMostCost(10), time.Millisecond, time.Millisecond, false)
	for range 3 { // a change below both
		top.answered(most, 300*time.Millisecond, 0, true)
		open.answered(consulMostCost(10), time.Millisecond, time.Millisecond, true)
	}
	if wait := time.Until(top.next); wait < 8*time.Second || wait > 9*time.Second {
		t.Errorf("four answers of 0.3 s are followed by the next after %v", wait)
	}
	if wait := time.Until(open.next); wait > time.Second {
		t.Errorf("a cheap level waits for %v", wait)
	}
	if wait := top.waitTime(15*time.Second, 5*time.Minute); wait != 90*time.Second {
		t.Errorf("where nothing changes the dear one is asked for each %v", wait)
	}
}

// What lies below a level is paid for, though its answer does not tell it; but
// a level inside costs no more than the uppermost one.
func TestConsulMostCostOfLevels(t *testing.T) {
	r := &consulReader{dir: "p/", pace: &consulPace{}, limits: consulDefaultLimits(DefaultMemory)}
	top, inside := consulLevelReader{consulReader: r, dir: "p/"}, consulLevelReader{consulReader: r, dir: "p/a/"}
	if most := top.mostCost(); most < 2*time.Second {
		t.Errorf("a million keys may have cost %v", most)
	}
	if most := inside.mostCost(); most != consulBaseCost {
		t.Errorf("before more is known, no keys may have cost %v", most)
	}
	r.pace.setTop(300 * time.Millisecond)
	if most := inside.mostCost(); most != 300*time.Millisecond {
		t.Errorf("a level inside may have cost %v", most)
	}
}

// What was waited for came alone, unless more came before the server looked.
// What may have piled up did not only where there was no room for more.
func TestConsulMerged(t *testing.T) {
	put := func(at uint64) Event { return Event{Kind: PutEvent, Index: at} }
	gone, folder := Event{Kind: DeleteEvent}, Event{Kind: FolderEvent}
	for name, test := range map[string]struct {
		events []Event
		to     uint64
		piled  bool
		merged bool
	}{
		"woken from below":                    {nil, 20, true, false},
		"a folder":                            {[]Event{folder}, 20, true, false},
		"waited for":                          {[]Event{put(20)}, 20, false, false},
		"waited for, by a transaction":        {[]Event{put(20), put(20), gone}, 20, false, false},
		"waited for, and another one":         {[]Event{put(19), put(20)}, 20, false, true},
		"waited for, and read later":          {[]Event{put(22)}, 20, false, true},
		"piled up":                            {[]Event{put(20)}, 20, true, true},
		"piled up, and gone":                  {[]Event{gone}, 20, true, true},
		"the next write":                      {[]Event{put(11)}, 11, true, false},
		"the next write, a delete":            {[]Event{gone}, 11, true, false},
		"the next write, and others below":    {[]Event{put(11)}, 20, true, false},
		"two writes, one of them maybe twice": {[]Event{put(11), put(12)}, 12, true, true},
		"the store was set back":              {[]Event{put(3)}, 5, true, true},
	} {
		if got := consulMerged(test.events, 10, test.to, test.piled); got != test.merged {
			t.Errorf("%s: %v", name, got)
		}
	}
}
