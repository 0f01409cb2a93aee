package kv

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sort"
	"strings"
)

// Plan is exactly which keys a recursive delete removes: what an operator
// agrees to is what is carried out, and nothing that came since.
type Plan struct {
	Prefix string
	// Keys are the key Prefix itself, if there is one, and all below it,
	// sorted, without their values. A Prefix that ends in a slash leaves the key
	// without one alone, where the store tells the two apart.
	Keys []PlannedKey
	// Siblings are keys that only share text with Prefix and stay, at most
	// the first few. It is filled in by who knows them.
	Siblings []string
	// Unseen says why there may be keys that the plan does not know, and so
	// leaves alone: the login may not read all of the subtree. Nil when the
	// plan is whole.
	Unseen error
	// Hidden says what the store leaves out of every listing, where a directory
	// of the plan may hold such: it is then kept, with what is in it. "" where
	// that cannot be.
	Hidden string

	seal planSeal
}

// PlannedKey is one key that a plan removes, in the state that was agreed to.
type PlannedKey struct {
	Key   string
	Index uint64
	Size  int
	Flags KeyFlags
}

// PlanTotals is what a plan removes, summed up.
type PlanTotals struct {
	Bytes   int64 // of the values whose size is known
	Unsized int   // keys whose size the listing did not tell
	Locked  int   // keys that somebody holds as a lock, or waits for
	Owned   int   // keys that are ephemeral or leased
}

// Totals sums all keys up, which takes a while for very many.
func (p *Plan) Totals() PlanTotals {
	var t PlanTotals
	for _, k := range p.Keys {
		if k.Size < 0 {
			t.Unsized++
		} else {
			t.Bytes += int64(k.Size)
		}
		if k.Flags&LockedKey != 0 {
			t.Locked++
		}
		if k.Flags&(Ephemeral|Leased) != 0 {
			t.Owned++
		}
	}
	return t
}

// MakePlan reads what a recursive delete of prefix would remove. ErrKeyNotFound when there is nothing to delete.
func MakePlan(ctx context.Context, s Store, prefix string) (*Plan, error) {
	if strings.Trim(prefix, "/") == "" {
		return nil, &Error{Op: OpPlan, Key: prefix, Kind: ErrInvalidKey, Err: errors.New("refusing to plan the deletion of the whole store")}
	}
	plan := &Plan{Prefix: prefix}
	if err := plan.addSelf(ctx, s); err != nil {
		return nil, err
	}
	read := plan.addBelow
	if reader, ok := As[planReader](s); ok {
		read = func(ctx context.Context, _ Store) error { return reader.readPlan(ctx, plan) }
	}
	if err := read(ctx, s); err != nil {
		return nil, err
	}
	if len(plan.Keys) == 0 {
		return nil, &Error{Op: OpPlan, Key: prefix, Kind: ErrKeyNotFound}
	}
	sort.Slice(plan.Keys, func(i, j int) bool { return plan.Keys[i].Key < plan.Keys[j].Key })
	plan.seal.sum = plan.sum()
	if h, ok := As[Hider](s); ok && slices.ContainsFunc(plan.Keys, func(k PlannedKey) bool { return k.Flags&Directory != 0 }) {
		plan.Hidden = h.HiddenBelow()
	}
	return plan, nil
}

// addSelf plans the key at the prefix, if there is one. Where the store tells
// "a" and "a/" apart, "a" stands for both and "a/" for itself alone: the key "a"
// is then a sibling. One that may not be read (rights are often given to "a/"
// and not to "a") is not planned, and so stays.
func (p *Plan) addSelf(ctx context.Context, s Store) error {
	seen := map[string]bool{}
	keys := []string{p.Prefix}
	if !strings.HasSuffix(p.Prefix, "/") {
		keys = append(keys, p.Prefix+"/")
	}
	for _, key := range keys {
		pair, err := s.Get(key)
		switch {
		case err == nil && !seen[pair.Key]:
			seen[pair.Key] = true
			p.Keys = append(p.Keys, PlannedKey{pair.Key, pair.LastIndex, len(pair.Value), selfFlags(ctx, s, pair.Key)})
		case err != nil && !isAnyOf(err, ErrKeyNotFound, ErrIsDirectory, ErrInvalidKey, ErrDenied):
			return err
		}
	}
	return nil
}

// selfFlags are the marks of one key, as far as the store tells.
func selfFlags(ctx context.Context, s Store, key string) KeyFlags {
	reader, ok := As[MetaReader](s)
	if !ok {
		return 0
	}
	meta, err := reader.Meta(ctx, key)
	if err != nil {
		return 0 // it is gone by now, which carrying out the plan will tell
	}
	var flags KeyFlags
	if meta.Ephemeral {
		flags |= Ephemeral
	}
	if meta.Owner != "" || meta.TTL > 0 {
		flags |= Leased
	}
	if meta.Directory {
		flags |= Directory
	}
	return flags
}

// addBelow plans the keys below the prefix.
func (p *Plan) addBelow(ctx context.Context, s Store) error {
	own := map[string]bool{} // a listing visits it where the login may read nothing else
	for _, k := range p.Keys {
		own[k.Key] = true
	}
	room := RoomOf(s)
	unseen, err := ListKeys(ctx, s, p.Prefix, ListOptions{}, func(e Entry) error {
		if own[e.Key] {
			return nil
		}
		p.Keys = append(p.Keys, PlannedKey{e.Key, e.Index, e.Size, e.Flags})
		return room.Take(e.Key)
	})
	p.Unseen = asOp(OpPlan, unseen)
	if errors.Is(err, ErrTooMany) {
		return tooMany(OpPlan, p.Prefix, err)
	}
	return asOp(OpPlan, err)
}

// planReader is a Store that reads what is below a plan's prefix by itself,
// faster than by a feed, and the key that ends in a slash with it.
type planReader interface {
	readPlan(ctx context.Context, plan *Plan) error
}

// planSeal is what tells the store that read a plan that the plan is all there
// was at one moment. The zero value tells nothing.
type planSeal struct {
	whole    bool
	revision int64 // the moment
	cluster  uint64
	seed     maphash.Seed
	sum      uint64 // of the plan's keys and their indexes
}

// sealed says that what was read for the plan is all there was at a moment.
func (p *Plan) sealed(revision int64, cluster uint64) {
	p.seal = planSeal{whole: true, revision: revision, cluster: cluster, seed: maphash.MakeSeed()}
}

// isWhole reports whether the plan still is all there was when it was read: an
// operator may have taken keys out of it.
func (p *Plan) isWhole() bool { return p.seal.whole && p.sum() == p.seal.sum }

// sum is a hash of the planned keys and their indexes; 0 without a seal.
func (p *Plan) sum() uint64 {
	if !p.seal.whole {
		return 0
	}
	var h maphash.Hash
	h.SetSeed(p.seal.seed)
	for _, k := range p.Keys {
		maphash.WriteComparable(&h, k.Index)
		maphash.WriteComparable(&h, k.Key)
	}
	return h.Sum64()
}
