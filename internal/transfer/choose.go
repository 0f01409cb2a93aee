package transfer

import (
	"context"

	"kvist/kv"
)

// FromEntries returns some keys of a place as a source, such as those that differ.
// The entries are in the order of the source.
func FromEntries(p Place, entries []kv.Entry) Source {
	dir := p.dir()
	return &storeSource{
		place: p, name: func(key string) Name { return NameIn(p.Store, dir, key) },
		list: func(ctx context.Context, add func(kv.Entry) error) (unseen, err error) {
			for _, e := range entries {
				if err := add(e); err != nil {
					return nil, err
				}
			}
			return nil, ctx.Err()
		},
	}
}

// Only returns the items of a source that keep returns true for.
func Only(source Source, keep func(Name) bool) Source { return &onlySome{Source: source, keep: keep} }

// onlySome is a source that leaves items out. Its items have places of their own.
type onlySome struct {
	Source
	keep   func(Name) bool
	places []int // of each item, in the whole source
}

// Read implements Source.
func (s *onlySome) Read(ctx context.Context, visit func([]Item) error) (unseen, err error) {
	s.places = nil
	at := 0
	return s.Source.Read(ctx, func(items []Item) error {
		var kept []Item
		for i := range items {
			if s.keep(items[i].Name) {
				kept = append(kept, items[i])
				s.places = append(s.places, at+i)
			}
		}
		at += len(items)
		if len(kept) == 0 {
			return nil
		}
		return visit(kept)
	})
}

// Again implements Source.
func (s *onlySome) Again() (Again, error) {
	again, err := s.Source.Again()
	if err != nil {
		return nil, err
	}
	return &onlyAgain{again, s.places}, nil
}

type onlyAgain struct {
	Again
	places []int
}

// Nodes implements Again.
func (a *onlyAgain) Nodes(ctx context.Context, wanted []Wanted) ([]*kv.Node, error) {
	whole := make([]Wanted, len(wanted))
	for i, w := range wanted {
		w.Place = a.places[w.Place]
		whole[i] = w
	}
	return a.Again.Nodes(ctx, whole)
}
