package kv

import (
	"context"
	"hash/maphash"
)

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
