package kv

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"kvist/kv/internal/pacing"
)

// Whatever encoding/json reads of a listing, the scanner reads.
func TestConsulScanner(t *testing.T) {
	type pair struct {
		LockIndex   uint64
		Key         string
		Flags       uint64
		Value       []byte
		Session     string `json:",omitempty"`
		Namespace   any
		ModifyIndex uint64
	}
	pairs := []pair{
		{Key: "plain", Value: []byte("12345"), ModifyIndex: 7},
		{Key: `quoted " and \ and \`, Value: []byte{}, Session: "s\u0000\"", Namespace: []any{"a", map[string]any{"b": nil, "c\\\"": 1.5}}},
		{Key: "\u2028<é>\U0001f600\t", ModifyIndex: 1<<64 - 1, Namespace: true},
		{Key: strings.Repeat(`\"`, 100_000), Value: make([]byte, 300_001)},
		{Key: "bytes \xff\xfe", Namespace: map[string]any{}},
		{},
	}
	for n := range len(pairs) + 1 {
		text, err := json.Marshal(pairs[:n])
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(string(text)), "halves": iotest.HalfReader(strings.NewReader(string(text) + "\n"))} {
			var want, got []string
			for _, p := range pairs[:n] {
				want = append(want, fmt.Sprint(strings.ToValidUTF8(p.Key, "\ufffd\ufffd"), p.ModifyIndex, len(p.Value), p.Session))
			}
			err := newConsulScanner(r, 1<<20).entries(func(e *consulEntry) error {
				got = append(got, fmt.Sprint(string(e.key), e.index, e.size, string(e.session)))
				return nil
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%s, %d pairs: %v", name, n, err)
			}
		}
		for cut := 1; cut < min(len(text), 300); cut++ {
			if err := newConsulScanner(strings.NewReader(string(text[:cut])), 1<<20).entries(func(*consulEntry) error { return nil }); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("cut off after %q: %v", text[:cut], err)
			}
		}
	}
	for text, want := range map[string]int{"": 0, "null": 0, "[]": 0, "[\t\"a\"\n,\"b\\n\"]\n": 2} {
		got := 0
		if err := newConsulScanner(strings.NewReader(text), 1<<20).names(func([]byte) error { got++; return nil }); err != nil || got != want {
			t.Errorf("%q: %d names, %v", text, got, err)
		}
	}
	for _, text := range []string{"<html>", "{}", `[{"Value":"abc"}]`, `[{"ModifyIndex":-1}]`, `["a" "b"]`, `[{"Key":1}]`} {
		if err := newConsulScanner(strings.NewReader(text), 1<<20).entries(func(*consulEntry) error { return nil }); err == nil {
			t.Errorf("%q is no error", text)
		}
	}
}

// What lies below a level is paid for, though its answer does not tell it; but
// a level inside costs no more than the uppermost one.
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
