package kv

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-zookeeper/zk"
)

const (
	// zkLevelChunk is how many nodes of a level are read at a time.
	zkLevelChunk = 512
	// zkClaimsMost is up to how many names below a closed node are read to see
	// whether they are claims to its lock.
	zkClaimsMost = 64
)

// zkLevels follows the open folders of a subtree that is too large to be known
// whole: it reads their levels, and of the changes that the recursive watch
// tells those that concern them. Of a closed node only counts whether there is
// something below it.
type zkLevels struct {
	*zkSubtree
	feed *zkFeed
	pipe *zkPipe

	mu   sync.Mutex // over open, which the reader of the pipe looks at
	open map[string]*zkOpen

	folders map[string]bool // closed nodes that were told to have something below them
	used    int64           // bytes that what is known takes
	grown   int64           // of them, what came since the listing
	listing bool
	said    string
}

// zkOpen is an open folder.
type zkOpen struct {
	cost  int64
	shown int   // nodes that were told when it was read
	cut   error // why there may be more
}

// event notes what changed, if it concerns what is open.
func (l *zkLevels) event(e zkEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	parent := path.Dir(e.path)
	owner, claim := zkLockOwner(e.path)
	switch {
	case l.open[parent] != nil, claim && l.open[path.Dir(owner)] != nil:
		l.dirty.add(e.path, e.kind)
	case l.open[path.Dir(parent)] != nil: // a closed node may be a folder now, or no more
		l.dirty.doubt(parent)
	}
}

// follow lists and follows over one connection until that is lost.
func (l *zkLevels) follow(ctx context.Context, p *zkPipe, b *backoff) error {
	l.pipe = p
	for {
		if err := l.list(ctx); err != nil {
			return err
		}
		b.reset()
		l.unmet = 0
		if err := l.live(ctx); !errors.Is(err, errBeyondMemory) {
			return err
		}
	}
}

// list makes a listing of what is open.
func (l *zkLevels) list(ctx context.Context) error {
	missed := Missed(0)
	if l.synced {
		missed = Gap
	}
	l.feed.begin(missed)
	l.feed.pump.reaches(reach{partial: true, memory: l.feed.most})
	bounded, cancel := context.WithTimeout(ctx, l.store.timeout)
	err := l.pipe.sync(bounded)
	cancel()
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.open = map[string]*zkOpen{}
	l.mu.Unlock()
	l.folders, l.used, l.grown, l.listing = map[string]bool{}, 0, 0, true
	if err := l.read(ctx, l.root); err != nil {
		return err
	}
	if err := l.rescope(ctx); err != nil {
		return err
	}
	l.listing, l.synced = false, true
	unseen := l.unseen()
	l.said = errText(unseen)
	l.feed.sync(unseen)
	return nil
}

// live reads what has changed, and what was opened, again and again.
func (l *zkLevels) live(ctx context.Context) error {
	for {
		paths, coalesced, err := l.dirty.take(ctx)
		if err != nil {
			return err
		}
		if err := l.reread(ctx, l.withOwners(paths), coalesced); err != nil {
			return err
		}
		if err := l.rescope(ctx); err != nil {
			return err
		}
		if l.used > l.feed.most && l.grown > l.feed.most/8+levelLeast*segmentCost {
			return errBeyondMemory
		}
		if unseen := l.unseen(); errText(unseen) != l.said {
			l.said = errText(unseen)
			l.feed.pump.unseen(unseen)
		}
	}
}

// reread reads nodes anew and tells what is new of them.
func (l *zkLevels) reread(ctx context.Context, paths []string, coalesced bool) error {
	nodes, err := zkReadMany(ctx, len(paths), func(i int, got func(zkNode, error)) { l.pipe.readStat(paths[i], false, got) })
	if err != nil {
		return err
	}
	for _, n := range nodes {
		l.feed.note(n.path, n.stat != nil)
	}
	var events []Event
	for _, n := range nodes {
		if l.isOpen(path.Dir(n.path)) && l.feed.shows(n.path) {
			l.count(n)
			events = append(events, l.feed.event(n))
			events = l.folder(n, events)
		}
	}
	if len(events) == 0 {
		return nil
	}
	if coalesced {
		l.feed.pump.miss(Coalesced)
	}
	l.feed.pump.live(events...)
	return nil
}

// count adds what a change of a node makes what is known take.
func (l *zkLevels) count(n zkNode) {
	cost := int64(0)
	switch {
	case n.stat == nil:
		cost = -costOf(path.Base(n.path))
	case n.stat.Czxid == n.stat.Mzxid:
		cost = costOf(path.Base(n.path))
	}
	l.used += cost
	l.grown += cost
}

// folder adds that there is something below a closed node now, or nothing any
// more.
func (l *zkLevels) folder(n zkNode, events []Event) []Event {
	if l.isOpen(n.path) {
		if n.stat == nil {
			l.drop(n.path)
		}
		return events
	}
	e := Event{Kind: FolderEvent, Key: zkKey(n.path), Size: -1, Old: !l.listing}
	switch some := n.stat != nil && n.stat.NumChildren > 0; {
	case some == l.folders[n.path]:
		return events
	case some:
		l.folders[n.path] = true
	default:
		delete(l.folders, n.path)
		e.Kind = FolderGoneEvent
	}
	return append(events, e)
}

func (l *zkLevels) isOpen(node string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[node] != nil
}

// drop gives up an open folder and those below it.
func (l *zkLevels) drop(node string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, o := range l.open {
		if zkIsBelow(node, other) {
			l.used -= o.cost
			delete(l.open, other)
		}
	}
	for other := range l.folders {
		if strings.HasPrefix(other, node+"/") {
			delete(l.folders, other)
		}
	}
}

// rescope follows the folders that are open now, and no others.
func (l *zkLevels) rescope(ctx context.Context) error {
	wanted := map[string]bool{l.root: true}
	nodes := l.scope.folders()
	slices.SortStableFunc(nodes, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	for _, node := range nodes {
		if wanted[path.Dir(node)] && len(wanted) < levelsMost {
			wanted[node] = true
		}
	}
	for _, node := range l.closed(wanted) {
		l.drop(node)
		l.folders[node] = true
		l.feed.pump.tell(Event{Kind: FolderEvent, Key: zkKey(node), Size: -1, Old: true})
		l.dirty.doubt(node) // there may be nothing left below it
	}
	for _, node := range nodes {
		if wanted[node] && l.folders[node] && !l.isOpen(node) {
			if err := l.read(ctx, node); err != nil {
				return err
			}
		}
	}
	return nil
}

// closed are the open folders that are not wanted, where the ones around are.
func (l *zkLevels) closed(wanted map[string]bool) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var closed []string
	for node := range l.open {
		if !wanted[node] && wanted[path.Dir(node)] {
			closed = append(closed, node)
		}
	}
	return closed
}

// read reads a level and tells what is in it. What changes from then on is
// noted, and read behind it.
func (l *zkLevels) read(ctx context.Context, node string) error {
	o := &zkOpen{}
	l.mu.Lock()
	l.open[node] = o
	l.mu.Unlock()
	delete(l.folders, node)
	found, err := zkReadMany(ctx, 1, func(_ int, got func(zkNode, error)) { l.pipe.readNames(zkNode{path: node}, false, got) })
	if err != nil {
		return err
	}
	n := found[0]
	if n.denied {
		o.cut = l.store.fail("follow", zkKey(node), zk.ErrNoAuth)
	}
	if n.stat == nil && node != l.root {
		l.drop(node)
		return nil // its deletion is told by its own event
	}
	names := zkWithoutReserved(node, n.children)
	slices.Sort(names)
	for chunk := range slices.Chunk(names, zkLevelChunk) {
		if l.used > l.feed.most && o.shown >= levelLeast {
			o.cut = errLevelIsCut(zkKey(node), o.shown, l.feed.most)
			break
		}
		if err := l.readChunk(ctx, node, chunk, o); err != nil {
			return err
		}
	}
	if o.shown == 0 && node != l.root && !n.denied {
		return l.emit(ctx, []Event{{Kind: FolderGoneEvent, Key: zkKey(node), Size: -1, Old: !l.listing}})
	}
	return nil
}

// readChunk reads some nodes of a level and tells them.
func (l *zkLevels) readChunk(ctx context.Context, node string, names []string, o *zkOpen) error {
	nodes, err := zkReadMany(ctx, len(names), func(i int, got func(zkNode, error)) { l.pipe.readStat(zkJoin(node, names[i]), false, got) })
	if err != nil {
		return err
	}
	var claimed []string
	for _, n := range nodes {
		l.feed.note(n.path, n.stat != nil)
		if n.stat != nil && n.stat.NumChildren > 0 && n.stat.NumChildren <= zkClaimsMost {
			claimed = append(claimed, n.path)
		}
	}
	claims, err := zkReadMany(ctx, len(claimed), func(i int, got func(zkNode, error)) {
		l.pipe.readNames(zkNode{path: claimed[i]}, false, got)
	})
	if err != nil {
		return err
	}
	for _, n := range claims {
		for _, child := range n.children {
			l.feed.note(zkJoin(n.path, child), true)
		}
		if owner, ok := zkQueueOwner(n.path); ok {
			l.dirty.doubt(owner) // it may have been told before its queue was seen
		}
	}
	var events []Event
	for _, n := range nodes {
		if n.stat == nil || !l.feed.shows(n.path) {
			continue
		}
		e := l.feed.event(n)
		e.Old = !l.listing
		cost := costOf(path.Base(n.path))
		before := len(events) + 1
		if events = l.folder(n, append(events, e)); len(events) > before {
			cost *= 2 // it is kept here as well
		}
		o.shown++
		o.cost += cost
		l.used += cost
	}
	return l.emit(ctx, events)
}

// emit tells what became known.
func (l *zkLevels) emit(ctx context.Context, events []Event) error {
	if err := l.feed.pump.waitForRoom(ctx); err != nil {
		return err
	}
	if l.listing {
		l.feed.pump.tellListed(events)
	} else {
		l.feed.pump.tell(events...)
	}
	return nil
}

// unseen says which part of what is open is not told; nil when all is.
func (l *zkLevels) unseen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := ""
	for node, o := range l.open {
		if o.cut != nil && (first == "" || node < first) {
			first = node
		}
	}
	if first == "" {
		return nil
	}
	return l.store.fail("follow", zkKey(l.root), l.open[first].cut)
}
