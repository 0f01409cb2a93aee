package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/tui/tree"
)

// fixedStore is a store of a map, which only the commands of a comparison read.
type fixedStore struct {
	kv.Store
	values map[string]string
}

func (s fixedStore) ReadValues(_ context.Context, keys []string, see func(*kv.KVPair)) (int, error) {
	for _, key := range keys {
		see(&kv.KVPair{Key: key, Value: []byte(s.values[key])})
	}
	return 0, nil
}

func (s fixedStore) ReadNodes(_ context.Context, keys []string, see func(*kv.Node)) (int, error) {
	for _, key := range keys {
		see(&kv.Node{Key: key, Value: []byte(s.values[key])})
	}
	return 0, nil
}

// compareScenes are the surfaces of a comparison.
func compareScenes() map[string]func(*Model) {
	return map[string]func(*Model){
		"compare-prompt": func(m *Model) { strike(m, "C") },
		"compare":        func(m *Model) { showComparison(m) },
		"compare-same": func(m *Model) {
			showComparison(m)
			comparisonOf(m).stopped = true
			strike(m, "s")
			runComparison(m)
			strike(m, "g", "=", "G")
		},
		"compare-lost": func(m *Model) {
			p := showComparison(m)
			give(m, comparePulled{pane: p, gen: p.gen, side: 1, batch: kv.Batch{State: kv.Reconnecting, Since: noon, Err: kv.ErrNotReachable}})
			strike(m, "i")
			give(m, tea.PasteMsg{Content: "^mail/"})
			p.stopped = true
			strike(m, "enter")
			runComparison(m)
		},
	}
}

// showComparison shows the differences of every kind of two places, which a test
// store holds.
func showComparison(m *Model) *comparePane {
	strike(m, "C", "ctrl+u")
	give(m, tea.PasteMsg{Content: "other"})
	strike(m, "enter")
	p := comparisonOf(m)
	p.stopped = true // the test compares
	for i, values := range []map[string]string{
		{"limits.json": "{\n  \"rate\": 100,\n  \"burst\": true\n}\n", "mail/from": "a", "mail/host": "x", "order.yaml": "a: 1\nb: 2\n", "odd\x1b[31m\u202ename": "1"},
		{"limits.json": "{\n  \"rate\": 150,\n  \"burst\": true\n}\n", "mail/from": "a", "mail/port": "25", "mail/user": "b", "order.yaml": "b: 2\na: 1\n"},
	} {
		dir := []string{"app/config/", "other/config/"}[i]
		s := &compareSide{
			words: []string{"app/config", "staging:other/config"}[i], dir: dir, own: dir[:len(dir)-1], keys: tree.New(dirOf(dir[:len(dir)-1])),
			ready: true, state: kv.Live, feed: deadFeed{},
		}
		store := &fixedStore{values: map[string]string{}}
		for name, value := range values {
			store.values[dir+name] = value
			s.keys.Put(tree.Entry{Key: dir + name, Index: uint64(i + 1), Size: len(value)}, noon)
		}
		s.place = transfer.Place{Store: store, Prefix: s.own}
		s.site = &transfer.Site{Place: s.place}
		give(m, compareOpened{pane: p, gen: p.gen, side: i, opened: s})
	}
	runComparison(m)
	p.rows.goTo("config/limits.json")
	give(m, compareDue{p, p.detail.gen})
	r := readCompared(m.ctx, p.sides, p.detail.of)
	r.pane, r.gen = p, p.detail.gen
	give(m, r)
	return p
}

// runComparison compares all that is left.
func runComparison(m *Model) {
	p := comparisonOf(m)
	p.stopped = true
	for range 10 {
		if w := p.live.Work(true); w != nil {
			w.Run(m.ctx)
			give(m, compareDone{p, p.gen, w})
		}
	}
	p.stopped = false
	relaid(m)
}
