package tui

import (
	"maps"
	"slices"
	"sort"
	"strings"

	"kvist/kv"
)

// planList is the keys of a plan by folder. Any of its lines is found without
// looking at the others.
type planList struct {
	keys   []kv.PlannedKey
	groups []planGroup
	rows   int
	place  []int32 // the row of each key
}

// planGroup is the keys of one folder. It has a heading if there are several.
type planGroup struct {
	dir  string // with its slash; "" is the root
	keys []int32
	row  int // its first row
	sum  kv.PlanTotals
}

// newPlanList sorts keys by folder. It takes a while for a great many.
func newPlanList(keys []kv.PlannedKey) *planList {
	l := &planList{keys: keys, place: make([]int32, len(keys))}
	dirs := map[string][]int32{}
	for i, k := range keys {
		dir := dirOf(k.Key)
		dirs[dir] = append(dirs[dir], int32(i))
	}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		g := planGroup{dir: dir, keys: dirs[dir], row: l.rows}
		for n, i := range g.keys {
			k := keys[i]
			one := kv.Plan{Keys: []kv.PlannedKey{k}}
			t := one.Totals()
			g.sum.Bytes, g.sum.Unsized = g.sum.Bytes+t.Bytes, g.sum.Unsized+t.Unsized
			l.place[i] = int32(g.row + n + g.heading())
		}
		l.rows += len(g.keys) + g.heading()
		l.groups = append(l.groups, g)
	}
	return l
}

// dirOf returns the folder of a key, with its slash. A key that ends in a slash is
// in the folder around it.
func dirOf(key string) string {
	return key[:strings.LastIndexByte(strings.TrimSuffix(key, "/"), '/')+1]
}

// heading returns how many lines stand above the group's keys.
func (g planGroup) heading() int {
	if len(g.keys) > 1 {
		return 1
	}
	return 0
}

// group returns the group of a row and the row's number in it; -1 is the heading.
func (l *planList) group(row int) (planGroup, int) {
	i := sort.Search(len(l.groups), func(i int) bool { return l.groups[i].row > row }) - 1
	g := l.groups[i]
	return g, row - g.row - g.heading()
}

// name returns how a row names its key: below a heading, without the folder.
func (l *planList) name(g planGroup, n int) string {
	key := l.keys[g.keys[n]].Key
	if g.heading() == 0 {
		return key
	}
	return key[len(g.dir):]
}

// apart returns the places where the name of a row differs from its neighbours'
// names.
func (l *planList) apart(row int, name string) []int {
	var places []int
	for _, other := range []int{row - 1, row + 1} {
		if other < 0 || other >= l.rows {
			continue
		}
		g, n := l.group(other)
		text := g.dir
		if n >= 0 {
			text = l.name(g, n)
		}
		places = append(places, commonStart(clean(name), clean(text)))
	}
	return places
}

// commonStart returns the length of the common beginning of two texts.
func commonStart(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// find returns the row of the next key that contains text, from a row on and around
// the end, and how many do; -1 for none. Capitals count if text has any. It looks
// at every key.
func (l *planList) find(text string, from int, forward bool) (row, found int) {
	fold := text == strings.ToLower(text)
	best, wrapped := -1, -1
	for i, k := range l.keys {
		key := k.Key
		if fold {
			key = strings.ToLower(key)
		}
		if !strings.Contains(key, text) {
			continue
		}
		found++
		at := int(l.place[i])
		best = nearer(best, at, from, forward)
		if wrapped < 0 || forward == (at < wrapped) {
			wrapped = at
		}
	}
	if best < 0 {
		best = wrapped
	}
	return best, found
}

// nearer returns the row that comes first on the way from a row; -1 if neither
// does.
func nearer(a, b, from int, forward bool) int {
	switch {
	case forward && b > from && (a < 0 || b < a):
		return b
	case !forward && b < from && (a < 0 || b > a):
		return b
	default:
		return a
	}
}
