package kv

import (
	"context"
	"errors"
	"hash/maphash"
	"slices"
	"sort"
	"strings"
)

// Plan is the exact set of keys that a recursive delete removes. What an
// operator agrees to is carried out, and nothing that was created since.
type Plan struct {
	Prefix string
	// Keys are the key Prefix itself, if it exists, and all keys below it,
	// sorted. If the store tells "a" and "a/" apart, the Prefix "a/" does not
	// include the key "a".
	Keys []PlannedKey
	// Siblings are the first few keys that only share text with Prefix and
	// stay. The caller fills them in.
	Siblings []string
	// Unseen is why there may be keys that the plan does not know and so
	// leaves alone: the login may not read all of the subtree. It is nil if
	// the plan is complete.
	Unseen error
	// Hidden is what the store omits from every listing, if a directory of the
	// plan may hold it: the directory is then kept. Otherwise it is "".
	Hidden string

	seal planSeal
}

// PlannedKey is a key that a plan removes, in the state that was agreed to.
type PlannedKey struct {
	Key   string
	Index uint64
	Size  int
	Flags KeyFlags
}

// PlanTotals sums up what a plan removes.
type PlanTotals struct {
	Bytes   int64 // of the values whose size is known
	Unsized int   // keys whose size the store did not report
	Locked  int   // keys that a client holds as a lock
	Owned   int   // keys that are ephemeral or leased
}

// Totals sums up all keys. It takes time if there are very many.
func (p *Plan) Totals() PlanTotals {
	var t PlanTotals
	for _, k := range p.Keys {
		if k.Size < 0 {
			t.Unsized++
		} else {
			t.Bytes += int64(k.Size)
		}
		if k.Flags&Locked != 0 {
			t.Locked++
		}
		if k.Flags&(Ephemeral|Leased) != 0 {
			t.Owned++
		}
	}
	return t
}

// MakePlan reads what a recursive delete of prefix would remove. It returns
// ErrKeyNotFound if there is nothing to delete, and ErrInvalidKey for the
// whole store.
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

// addSelf plans the key at the prefix, if it exists. On a store that tells "a"
// and "a/" apart, the prefix "a" stands for both, and "a/" for itself alone:
// the key "a" is then a sibling. A key that may not be read is not planned and
// stays: rights are often given to "a/" and not to "a".
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

// selfFlags returns the marks of one key, as far as the store reports them.
func selfFlags(ctx context.Context, s Store, key string) KeyFlags {
	reader, ok := As[MetaReader](s)
	if !ok {
		return 0
	}
	meta, err := reader.Meta(ctx, key)
	if err != nil {
		return 0 // it is gone by now, which CarryOut will report
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

// planReader is a Store that reads the keys below the prefix of a plan, and
// the key that ends in a slash, in one listing of its own.
type planReader interface {
	readPlan(ctx context.Context, plan *Plan) error
}

// planSeal proves to the store which read a plan that the plan is all there
// was at one moment. The zero value proves nothing.
type planSeal struct {
	whole    bool
	revision int64 // the moment
	cluster  uint64
	seed     maphash.Seed
	sum      uint64 // of the plan's keys and their indexes
}

// sealed records that the keys of the plan are all there was at a moment.
func (p *Plan) sealed(revision int64, cluster uint64) {
	p.seal = planSeal{whole: true, revision: revision, cluster: cluster, seed: maphash.MakeSeed()}
}

// isWhole reports whether the plan still is all there was when it was read: an
// operator may have taken keys out of it.
func (p *Plan) isWhole() bool { return p.seal.whole && p.sum() == p.seal.sum }

// sum returns a hash of the planned keys and their indexes; 0 without a seal.
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
