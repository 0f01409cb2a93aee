package tui

import (
	"bytes"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"kvist/kv"
)

func TestHeadOfAValue(t *testing.T) {
	short := bytes.Repeat([]byte("x\n"), headLines)
	long := bytes.Repeat([]byte("x"), headBytes)
	for name, c := range map[string]struct {
		value []byte
		head  int
	}{
		"none":               {nil, 0},
		"all lines":          {short, len(short)},
		"a line more":        {append(bytes.Clone(short), "y"...), len(short)},
		"one long line":      {long, len(long)},
		"a byte more":        {append(bytes.Clone(long), 'y'), len(long)},
		"broken at a line":   {append([]byte("a\n"), long...), 2},
		"as large as it may": {append([]byte("a\n"), long[2:]...), len(long)},
	} {
		head, rest := headOf(c.value)
		if len(head) != c.head || (rest != "") != (c.head < len(c.value)) {
			t.Errorf("%s: %d bytes and %q", name, len(head), rest)
		}
	}
}

// Of a value with very many lines only the first are shown, with a remark on the
// rest.
func TestHugeValueIsShownInPart(t *testing.T) {
	s := newScripted()
	d := drive(t, hugeValue{s}, Options{Address: "etcdv3://x"}, 120, 30)
	s.batches <- batchOf(puts("a"))
	d.sees("text", "x")
	d.press("tab", "G")
	d.sees("more are not shown here")
	if n := d.m.value.layout.count(); n > headLines+2 {
		t.Errorf("%d lines are laid out", n)
	}
}

// hugeValue is a store whose value has very many lines.
type hugeValue struct{ *scripted }

func (s hugeValue) Get(key string) (*kv.KVPair, error) {
	return &kv.KVPair{Key: key, Value: []byte(strings.Repeat("x\n", 2*headLines)), LastIndex: 1}, nil
}

// BenchmarkLongNames measures a cursor key to its frame among names of a megabyte.
func BenchmarkLongNames(b *testing.B) {
	m := NewModel(b.Context(), nil, Options{Address: "etcd://127.0.0.1:2379"})
	give(m, tea.WindowSizeMsg{Width: 160, Height: 45})
	give(m, feedOpened{gen: m.feed.gen, feed: deadFeed{}})
	name := strings.Repeat("n\x1b", 490_000)
	var events []kv.Event
	for i := range 60 {
		events = append(events, kv.Event{Key: string(rune('a'+i%26)) + string(rune('a'+i/26)) + name, Index: 1, Size: 1})
	}
	give(m, pulled(m, batchOf(events)))
	longest := time.Duration(0)
	for b.Loop() {
		begun := time.Now()
		m.Update(keyPress("j"))
		m.View()
		longest = max(longest, time.Since(begun))
	}
	b.ReportMetric(float64(longest.Microseconds())/1000, "longest-ms")
}
