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

// A server that takes long for its answers is asked the less, but two in a row
// come at once after a quiet time.
func TestConsulPace(t *testing.T) {
	cost := consulCost{pace: &consulPace{}}
	cost.answered(consulMostCost(1_000_000), time.Second, 0, false)
	if wait := time.Until(cost.next); wait > 0 {
		t.Errorf("the second answer waits for %v", wait)
	}
	cost.answered(consulMostCost(1_000_000), time.Minute, 0, true) // which waited for a change
	if wait := time.Until(cost.next); wait < 9*time.Second || wait > 10*time.Second {
		t.Errorf("the third answer waits for %v, where one takes a second", wait)
	}
	for range 8 {
		cost.answered(consulMostCost(1_000_000), time.Minute, 0, true)
	}
	if wait := time.Until(cost.next); wait < 89*time.Second || wait > 90*time.Second {
		t.Errorf("after ten answers of a second: %v", wait)
	}
	if got := cost.waitTime(15*time.Second, 5*time.Minute); got != 5*time.Minute {
		t.Errorf("it waits for %v", got)
	}
	if err := cost.tired(t.Context(), io.EOF, true); err != nil {
		t.Errorf("a long wait that was cut off: %v", err)
	}
	if got := cost.waitTime(15*time.Second, 5*time.Minute); got != 15*time.Second {
		t.Errorf("it waits for %v again", got)
	}
	if err := cost.tired(t.Context(), io.EOF, true); !errors.Is(err, io.EOF) {
		t.Errorf("another one: %v", err)
	}
}

// A server that starts lets three keys wait for seconds. That says nothing
// about what they cost.
func TestConsulCostOfFewKeys(t *testing.T) {
	cost := consulCost{pace: &consulPace{}}
	cost.answered(consulMostCost(3), time.Minute, time.Minute, false)
	cost.answered(consulMostCost(3), time.Minute, time.Minute, false)
	if wait := time.Until(cost.next); wait > time.Second {
		t.Errorf("three keys are asked for again after %v", wait)
	}
}
