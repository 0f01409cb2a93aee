package kv

import (
	"cmp"
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
	// Prefix is what is deleted; of a plan with several roots the first of them.
	Prefix string
	// Title says what is deleted where that is not Prefix alone, for the record.
	Title string
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

	seal  planSeal
	read  planNodes
	alone bool     // the keys are not what is at a prefix, but others
	parts []*Plan  // of a plan with several roots: those that are carried out, in this order
	gone  []string // what a run deleted, as far as it knows which keys those were
}

// Root is one of several things that a plan deletes.
type Root struct {
	PlannedKey
	// Below says that everything below Key is deleted, too; of PlannedKey only
	// Key counts then.
	Below bool
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

// MakePlanOf reads what deleting several roots removes: each key alone in the
// state that it is given in, and everything below the others, as MakePlan does.
// A root that is inside another counts once, and one where nothing is any more
// is left out. title is for the record.
func MakePlanOf(ctx context.Context, s Store, title string, roots []Root) (*Plan, error) {
	plan, alone := &Plan{Title: title}, &Plan{alone: true}
	for _, root := range outermost(s, roots) {
		if plan.Prefix == "" {
			plan.Prefix = root.Key
		}
		if !root.Below {
			alone.Keys = append(alone.Keys, root.PlannedKey)
			continue
		}
		part, err := MakePlan(ctx, s, root.Key)
		if errors.Is(err, ErrKeyNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		plan.add(part)
	}
	alone.Prefix = plan.Prefix
	if len(alone.Keys) > 0 { // last, since the others may be below them
		plan.add(alone)
	}
	if len(plan.Keys) == 0 {
		return nil, &Error{Op: OpPlan, Key: plan.Prefix, Kind: ErrKeyNotFound}
	}
	slices.SortFunc(plan.Keys, func(a, b PlannedKey) int { return strings.Compare(a.Key, b.Key) })
	room := RoomOf(s)
	for _, k := range plan.Keys {
		if err := room.Take(k.Key); err != nil {
			return nil, tooMany(OpPlan, plan.Prefix, err)
		}
	}
	return plan, nil
}

// add adds a part to a plan.
func (p *Plan) add(part *Plan) {
	part.read = planNodes{} // nobody asks the part
	p.parts = append(p.parts, part)
	p.Keys = append(p.Keys, part.Keys...)
	p.Unseen = errors.Join(p.Unseen, part.Unseen)
	p.Hidden = cmp.Or(p.Hidden, part.Hidden)
}

// outermost returns the roots that are not inside another one.
func outermost(s Store, roots []Root) []Root {
	dirs := map[string]string{} // the root of each directory
	for _, r := range roots {
		dir := Dir(s, r.Key)
		if first, known := dirs[dir]; r.Below && (!known || len(r.Key) < len(first)) {
			dirs[dir] = r.Key
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(roots), func(r Root) bool {
		again := seen[r.Key]
		if first, known := dirs[Dir(s, r.Key)]; known && (first != r.Key || !r.Below) {
			again = true
		}
		for i := range len(r.Key) - 1 {
			if first, known := dirs[r.Key[:i+1]]; known && first != r.Key {
				again = true
			}
		}
		seen[r.Key] = true
		return again
	})
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

// planNodes are nodes that were read along with a plan, within a bound, so that its
// record needs no second reading. It is for stores whose indexes say what a value is.
type planNodes struct {
	most  int64 // bytes that they may take
	used  int64
	nodes []planNode // sorted by key
	// stands reports whether what was read is still of the store.
	stands func(ctx context.Context) bool
}

type planNode struct {
	key   string
	index uint64
	value []byte
}

const (
	// planNodesMost is how many bytes of nodes are kept with a plan.
	planNodesMost = 24 << 20
	// planNodeCost is what one takes besides its value, in bytes.
	planNodeCost = 64
)

// add keeps a plain node, if there is room. They come in order.
func (p *planNodes) add(key string, index uint64, value []byte) {
	if cost := planNodeCost + int64(len(value)); p.used+cost <= p.most {
		p.used += cost
		p.nodes = append(p.nodes, planNode{key, index, value})
	}
}

// of calls see with the nodes of planned keys, which are sorted, and returns the keys
// that it has none of.
func (p *planNodes) of(keys []PlannedKey, see func(*Node)) (missing []string) {
	at := 0
	if len(keys) > 0 {
		at = sort.Search(len(p.nodes), func(i int) bool { return p.nodes[i].key >= keys[0].Key })
	}
	for _, k := range keys {
		for at < len(p.nodes) && p.nodes[at].key < k.Key {
			at++
		}
		if at == len(p.nodes) || p.nodes[at].key != k.Key || p.nodes[at].index != k.Index {
			missing = append(missing, k.Key)
			continue
		}
		see(&Node{Key: k.Key, Index: k.Index, Value: p.nodes[at].value})
	}
	return missing
}
