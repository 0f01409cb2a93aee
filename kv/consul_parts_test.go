package kv

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
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

// A snapshot holds what was put in, in whatever order, and two of them tell
// what lies between them.
func TestConsulSnapshots(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	was, is := &consulSnapshot{}, &consulSnapshot{}
	before := map[string]consulState{}
	for round := range 200 {
		after := maps.Clone(before)
		for range random.IntN(20) {
			key := strings.Repeat("ab/", random.IntN(3)) + fmt.Sprint(random.IntN(30))
			if random.IntN(3) == 0 {
				delete(after, key)
			} else {
				after[key] = consulState{random.Uint64() >> random.IntN(64), random.IntN(5) - 1, KeyFlags(random.IntN(256))}
			}
		}
		keys := slices.Sorted(maps.Keys(after))
		if round%3 == 0 {
			random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		}
		is.reset()
		for _, key := range keys {
			if round%3 == 0 && random.IntN(4) == 0 {
				is.add([]byte(key), consulState{index: 1}) // the last one counts
			}
			is.add([]byte(key), after[key])
		}
		is.order()
		var got []string
		for c := is.cursor(); c.next(); {
			if got = append(got, string(c.key)); c.state != after[string(c.key)] {
				t.Fatalf("%s: %+v, not %+v", c.key, c.state, after[string(c.key)])
			}
		}
		if !slices.Equal(got, slices.Sorted(maps.Keys(after))) || is.keys != len(after) {
			t.Fatalf("it has %q", got)
		}
		consulDiff(was, is, func(c consulChange) {
			old, had := before[string(c.key)]
			now, has := after[string(c.key)]
			if had != c.old || has != c.here || old != c.was || now != c.is || had && has && old == now {
				t.Fatalf("%s: %+v", c.key, c)
			}
			if delete(before, string(c.key)); has {
				before[string(c.key)] = now
			}
		})
		if !maps.Equal(before, after) {
			t.Fatal("changes are missing")
		}
		was, is = is, was
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
