package transfer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kvist/kv"
)

// Root is one of several things that a plan brings into a folder, each by the last
// part of its name.
type Root struct {
	Key   string
	Below bool // everything below it, too
	// Around is the folder that it is a part of, which gives the name; "" for none.
	// Other parts of that are roots as well.
	Around string
	Flags  kv.KeyFlags // of a key alone, as a listing has them
}

// last returns the last part of the root's name.
func (r *Root) last() string {
	key := strings.TrimSuffix(r.Key, "/")
	return key[strings.LastIndexByte(key, '/')+1:]
}

// whole returns what the root is, or is a part of.
func (r *Root) whole() string { return cmp.Or(r.Around, r.Key) }

// name returns what the root is called at the target.
func (r *Root) name() string {
	if r.Around == "" {
		return r.last()
	}
	around := Root{Key: r.Around}
	return around.last() + strings.TrimPrefix(r.Key, strings.TrimSuffix(r.Around, "/"))
}

// FromRoots returns several keys and folders of a store as one source. It fails if
// two of them would have one name. It leaves out roots that are gone by then.
func FromRoots(s kv.Store, roots []Root) (Source, error) {
	roots = slices.Clone(roots)
	slices.SortFunc(roots, func(a, b Root) int { return strings.Compare(a.Key, b.Key) })
	named := make(map[string]string, len(roots))
	for i := range roots {
		whole := Root{Key: roots[i].whole()}
		if other, taken := named[whole.last()]; taken && (roots[i].Around == "" || other != whole.Key) {
			return nil, fmt.Errorf("%s and %s %w: take one of them at a time", other, whole.Key, errOneName)
		}
		named[whole.last()] = whole.Key
	}
	return &rootsSource{s, roots}, nil
}

// errOneName says that two roots have one name at the target.
var errOneName = errors.New("would have the same name in one folder")

// CheckInto returns why several roots cannot be brought into a folder of the same
// store; nil if they can.
func CheckInto(s kv.Store, roots []Root, to *Place) error {
	dir := to.dir()
	for i := range roots {
		r := &roots[i]
		whole := Root{Key: r.whole()}
		switch own := kv.Dir(s, r.Key); {
		case strings.TrimSuffix(kv.Dir(s, whole.Key), whole.last()+"/") == dir:
			return fmt.Errorf("%s: %w", whole.Key, errThere)
		case r.Below && strings.HasPrefix(dir, own):
			return fmt.Errorf("%s: %w", r.Key, errBelow)
		}
	}
	return nil
}

// errThere says that a root is in the target folder already.
var errThere = errors.New("that is the folder where it is now")

// Among returns several keys and folders of a store as one source, in the order of
// their names, which are those that they have in the folder dir. None of them is
// inside another.
func Among(s kv.Store, dir string, roots []Root) Source {
	dir = kv.Dir(s, dir)
	return &storeSource{
		place: Place{Store: s, Prefix: dir}, name: func(key string) Name { return NameIn(s, dir, key) },
		list: func(ctx context.Context, add func(kv.Entry) error) (unseen, err error) {
			for i := range roots {
				hidden, err := roots[i].list(ctx, s, add)
				if err != nil {
					return nil, err
				}
				unseen = cmp.Or(unseen, hidden)
			}
			return unseen, nil
		},
	}
}

// list calls add with the key, and with all below it if that belongs to it, as far
// as they are there.
func (r *Root) list(ctx context.Context, s kv.Store, add func(kv.Entry) error) (unseen, err error) {
	if !r.Below {
		return nil, add(kv.Entry{Key: r.Key, Index: 1, Size: -1, Flags: r.Flags}) // it is no mark for a key
	}
	unseen, err = list(ctx, s, r.Key, kv.ListOptions{AtOnce: true}, add)
	if errors.Is(err, kv.ErrKeyNotFound) {
		return nil, nil
	}
	return unseen, err
}

type rootsSource struct {
	store kv.Store
	roots []Root // in the order of their names
}

func (s *rootsSource) Nature() kv.Nature { return kv.NatureOf(s.store) }

// Read implements Source. Keys alone are read many at a time.
func (s *rootsSource) Read(ctx context.Context, visit func([]Item) error) (unseen, err error) {
	var reasons []error
	for rest := s.roots; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(r Root) bool { return r.Below })
		switch n {
		case 0:
			n = 1
			unseen, err = s.below(ctx, &rest[0], visit)
			reasons = append(reasons, unseen)
		case -1:
			n = len(rest)
			fallthrough
		default:
			err = s.alone(ctx, rest[:n], visit)
		}
		if err != nil {
			return nil, err
		}
		rest = rest[n:]
	}
	return errors.Join(reasons...), nil
}

// alone reads keys without what is below them.
func (s *rootsSource) alone(ctx context.Context, roots []Root, visit func([]Item) error) error {
	parts := map[string]string{}
	for i := range roots {
		if roots[i].Around != "" {
			parts[roots[i].Key] = roots[i].name()
		}
	}
	one := storeSource{place: Place{Store: s.store}, name: func(key string) Name {
		r := Root{Key: key}
		return Name{Rel: cmp.Or(parts[key], r.last())}
	}}
	some := reading{source: &one, visit: visit, size: newBatch()}
	for i := range roots {
		if err := some.add(ctx, kv.Entry{Key: roots[i].Key, Flags: roots[i].Flags}); err != nil {
			return err
		}
	}
	return some.read(ctx)
}

// below reads a folder with everything in it.
func (s *rootsSource) below(ctx context.Context, r *Root, visit func([]Item) error) (unseen, err error) {
	one := storeSource{place: Place{Store: s.store, Prefix: r.Key}}
	dir, last := one.place.dir(), r.name()
	one.name = func(key string) Name {
		n := NameIn(s.store, dir, key)
		if n.Own {
			return Name{Rel: last}
		}
		return Name{Rel: last + "/" + n.Rel}
	}
	unseen, err = one.Read(ctx, visit)
	if errors.Is(err, kv.ErrKeyNotFound) {
		return nil, nil
	}
	return unseen, err
}

// Again implements Source.
func (s *rootsSource) Again() (Again, error) { return &storeAgain{s.store}, nil }
