package packed

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A snapshot holds what was added, in whatever order it came, and Diff finds
// all that changed between two of them.
func TestSnapshotsAndTheirDiff(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	was, is := &Snapshot{}, &Snapshot{}
	before := map[string]State{}
	for round := range 200 {
		after := changed(random, before)
		names := slices.Sorted(maps.Keys(after))
		if round%3 == 0 {
			random.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		}
		is.Reset()
		for _, name := range names {
			if round%3 == 0 && random.IntN(4) == 0 {
				is.Add([]byte(name), State{Index: 1}) // the last one counts
			}
			is.Add([]byte(name), after[name])
		}
		is.Sort()
		if got := held(is); !maps.Equal(got, after) || is.Len() != len(after) {
			t.Fatalf("it holds %v, not %v", got, after)
		}
		Diff(was, is, func(c Change) {
			old, had := before[string(c.Name)]
			now, has := after[string(c.Name)]
			if had != c.Old || has != c.Here || old != c.Was || now != c.Is || had && has && old == now {
				t.Fatalf("%s: %+v", c.Name, c)
			}
			if delete(before, string(c.Name)); has {
				before[string(c.Name)] = now
			}
		})
		if !maps.Equal(before, after) {
			t.Fatal("changes are missing")
		}
		was, is = is, was
	}
}

// changed returns the states with some of them deleted, added or replaced.
func changed(random *rand.Rand, states map[string]State) map[string]State {
	after := maps.Clone(states)
	for range random.IntN(20) {
		name := strings.Repeat("ab/", random.IntN(3)) + fmt.Sprint(random.IntN(30))
		if random.IntN(3) == 0 {
			delete(after, name)
			continue
		}
		after[name] = State{
			Index: random.Uint64() >> random.IntN(64), Size: random.IntN(5) - 1,
			Marks: byte(random.IntN(128)), Folder: random.IntN(2) == 0,
		}
	}
	return after
}

// held returns what a snapshot holds.
func held(s *Snapshot) map[string]State {
	states := map[string]State{}
	for c := s.Cursor(); c.Next(); {
		states[string(c.Name)] = c.State
	}
	return states
}

// Beyond its room a snapshot leaves out every name from one on, and goes on
// leaving it out when there is room again: else it would come and go.
func TestSnapshotLeavesOutWhatHasNoRoom(t *testing.T) {
	s := &Snapshot{Room: Room{Limit: 1000, Least: 3, Segment: 88}}
	for i := range 100 {
		s.Add(fmt.Appendf(nil, "key/%03d", i), State{})
	}
	n := s.Len()
	if n <= 3 || n > 12 || string(s.Cut()) != fmt.Sprintf("key/%03d", n) {
		t.Fatalf("%d names are held, up to %s", n, s.Cut())
	}
	s.Reset()
	s.Room.Limit = 0
	s.Add([]byte("key/"), State{})
	s.Add([]byte("key/999"), State{})
	if s.Len() != 1 {
		t.Errorf("it holds %v", held(s))
	}
	few := &Snapshot{Room: Room{Limit: 1, Least: 3, Segment: 88}}
	for i := range 9 {
		few.Add(fmt.Appendf(nil, "%d", i), State{})
	}
	if few.Len() != 3 {
		t.Errorf("of the least, %d are held", few.Len())
	}
}

// Replace changes the states of keys alone, and a copy is not changed with it.
func TestSnapshotReplace(t *testing.T) {
	var s, before Snapshot
	s.Room.Segment = 88
	s.Add([]byte("a"), State{Size: -1})
	s.Add([]byte("b/"), State{Size: -1, Folder: true})
	s.CutAt([]byte("c"))
	before.CopyFrom(&s)
	s.Replace(func(name []byte, was State) State {
		return State{Index: 7, Size: was.Size + len(name)}
	})
	want := map[string]State{"a": {Index: 7}, "b/": {Size: -1, Folder: true}}
	if got := held(&s); !maps.Equal(got, want) || s.Len() != 2 || s.Keys() != 1 || !bytes.Equal(s.Cut(), []byte("c")) || !s.EndsWith([]byte("b/")) {
		t.Errorf("it holds %v, cut at %s", got, s.Cut())
	}
	if got := held(&before); got["a"] != (State{Size: -1}) || !bytes.Equal(before.Cut(), []byte("c")) {
		t.Errorf("the copy holds %v", got)
	}
}
