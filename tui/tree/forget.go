package tree

import (
	"math"
	"time"
)

// forgetNow is how many nodes are freed at once. More are left to Tidy, so that
// forgetting a folder with a million keys blocks nobody.
const forgetNow = 2000

// forgotten is a node that is no longer in the tree, with its subtree.
type forgotten struct {
	at ref
	// old: it was forgotten before the running listing began, which did not
	// count its keys.
	old bool
}

// forget drops everything below n, as if it had never been there.
func (t *Tree) forget(n *node) {
	t.clearUnlisted(n)
	if n.kids == 0 {
		return
	}
	t.forgotten = append(t.forgotten, forgotten{at: n.kids})
	if t.at(n.kids).sum.all[plain] <= t.forgetNow {
		t.tidyFrom(len(t.forgotten) - 1)
	}
	n.kids = 0
}

// Tidy frees at most so many forgotten nodes. It reports whether all are freed.
func (t *Tree) Tidy(most int) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tidy(most)
	return len(t.forgotten) == 0
}

// tidy is Tidy; it returns how many nodes may still be freed.
func (t *Tree) tidy(most int) int {
	for ; most > 0 && len(t.forgotten) > 0; most-- {
		t.freeNext()
	}
	return most
}

// tidyFrom frees what was forgotten from the i-th on.
func (t *Tree) tidyFrom(i int) {
	for len(t.forgotten) > i {
		t.freeNext()
	}
}

// freeNext frees the node that was forgotten last. Its sides and children are
// next.
func (t *Tree) freeNext() {
	last := len(t.forgotten) - 1
	f := t.forgotten[last]
	t.forgotten = t.forgotten[:last]
	n := t.at(f.at)
	for _, r := range [...]ref{n.left, n.kids, n.right} {
		if r != 0 {
			t.forgotten = append(t.forgotten, forgotten{r, f.old})
		}
	}
	if !f.old && n.is(isKey) {
		t.markListed(n)
	}
	if f.old && n.is(isUnlisted) && t.listing { // it is counted as stale nevertheless
		n.set(dirRound, !t.round)
	}
	t.clearUnlisted(n)
	t.free(f.at)
}

// putAllOut puts out all lights before a large folder is forgotten: no lamp may
// outlive its node.
func (t *Tree) putAllOut(rel string) {
	below := t.at(t.find(rel)).kids
	if len(t.lights.of) == 0 || t.at(below).sum.all[plain] <= t.forgetNow {
		return
	}
	for t.lights.first(ownLights) != nil {
		t.putOut()
	}
	t.dim(time.Unix(math.MaxInt32, 0).AddDate(1000, 0, 0))
}
