package kv

import (
	"context"
	"errors"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkwatch"
	"kvist/kv/internal/zkwire"
)

const (
	// zkLevelChunk is how many znodes of a level are read at a time.
	zkLevelChunk = 512
	// zkClaimsMost is up to how many names below a closed znode are read to see whether they are
	// claims to its lock.
	zkClaimsMost = 64
)

// zkLevels follows the open folders of a subtree that is too large to be known whole. It reads
// their levels, and uses only the events of the recursive watch that concern them. Of a closed
// znode it only knows whether there is something below it.
type zkLevels struct {
	feed    *zkFeed
	subtree *zkwatch.Subtree
	pipe    *zkwire.Pipe

	mu   sync.Mutex // guards open, which the goroutine that reads the connection looks at
	open map[string]*zkOpen

	folders map[string]bool // closed znodes that were reported to have something below them
	used    int64           // bytes that all known keys take
	grown   int64           // the part of them that came since the listing
	listing bool
	said    string // the text of unseen that was reported last
}

var _ zkwatch.Part = (*zkLevels)(nil)

// zkOpen is an open folder.
type zkOpen struct {
	cost  int64
	shown int   // znodes that were reported when it was read
	cut   error // why there may be more
}

// Event implements zkwatch.Part. It notes what changed, if that concerns an open folder.
func (l *zkLevels) Event(e zkwire.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	parent := path.Dir(e.Path)
	owner, claim := zkLockOwner(e.Path)
	switch {
	case l.open[parent] != nil, claim && l.open[path.Dir(owner)] != nil:
		l.subtree.Dirty().Add(e)
	case l.open[path.Dir(parent)] != nil: // a closed znode may be a folder now, or no longer
		l.subtree.Dirty().Recheck(parent)
	}
}

// Follow implements zkwatch.Part.
func (l *zkLevels) Follow(ctx context.Context, p *zkwire.Pipe, listed func()) error {
	l.pipe = p
	for {
		if err := l.list(ctx, listed); err != nil {
			return err
		}
		if err := l.live(ctx); !errors.Is(err, zkwatch.ErrTooLarge) {
			return err
		}
	}
}

// list makes a listing of the open folders.
func (l *zkLevels) list(ctx context.Context, listed func()) error {
	l.feed.Begin(l.subtree.Listed())
	l.feed.pump.reaches(reach{partial: true, memory: l.feed.most})
	bounded, cancel := l.feed.store.request(ctx)
	err := l.pipe.Sync(bounded)
	cancel()
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.open = map[string]*zkOpen{}
	l.mu.Unlock()
	l.folders, l.used, l.grown, l.listing = map[string]bool{}, 0, 0, true
	if err := l.read(ctx, l.feed.root); err != nil {
		return err
	}
	if err := l.rescope(ctx); err != nil {
		return err
	}
	l.listing = false
	unseen := l.unseen()
	l.said = errText(unseen)
	l.feed.pump.endListing(unseen)
	listed()
	return nil
}

// live reads what has changed, and what was opened, again and again.
func (l *zkLevels) live(ctx context.Context) error {
	for {
		paths, coalesced, err := l.subtree.Dirty().Take(ctx)
		if err != nil {
			return err
		}
		if err := l.reread(ctx, l.subtree.WithOwners(paths), coalesced); err != nil {
			return err
		}
		if err := l.rescope(ctx); err != nil {
			return err
		}
		if l.used > l.feed.most && l.grown > l.feed.most/8+levelLeast*segmentCost {
			return zkwatch.ErrTooLarge
		}
		if unseen := l.unseen(); errText(unseen) != l.said {
			l.said = errText(unseen)
			l.feed.pump.unseen(unseen)
		}
	}
}

// reread reads znodes again and reports their new state.
func (l *zkLevels) reread(ctx context.Context, paths []string, coalesced bool) error {
	nodes, err := l.pipe.ReadStats(ctx, paths)
	if err != nil {
		return err
	}
	for _, n := range nodes {
		l.feed.note(n.Path, n.Stat != nil)
	}
	var events []Event
	for _, n := range nodes {
		if !l.isOpen(path.Dir(n.Path)) || !l.feed.shows(n.Path) {
			continue
		}
		cost := zkCostOf(n)
		l.used += cost
		l.grown += cost
		events = l.withFolder(n, append(events, l.feed.event(n)))
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

// withFolder adds to events whether there is something below a closed znode, if that has changed.
func (l *zkLevels) withFolder(n zkwire.Node, events []Event) []Event {
	if l.isOpen(n.Path) {
		if n.Stat == nil {
			l.drop(n.Path)
		}
		return events
	}
	e := Event{Kind: FolderEvent, Key: zkKey(n.Path), Size: -1, Old: !l.listing}
	switch some := n.Stat != nil && n.Stat.NumChildren > 0; {
	case some == l.folders[n.Path]:
		return events
	case some:
		l.folders[n.Path] = true
	default:
		delete(l.folders, n.Path)
		e.Kind = FolderGoneEvent
	}
	return append(events, e)
}

func (l *zkLevels) isOpen(node string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[node] != nil
}

// drop forgets an open folder and those below it.
func (l *zkLevels) drop(node string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, o := range l.open {
		if zkwire.IsBelow(node, other) {
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
	wanted := map[string]bool{l.feed.root: true}
	nodes := l.subtree.Scope.Folders()
	slices.SortStableFunc(nodes, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	for _, node := range nodes {
		if wanted[path.Dir(node)] && len(wanted) < levelsMost {
			wanted[node] = true
		}
	}
	for _, node := range l.closed(wanted) {
		l.drop(node)
		l.folders[node] = true
		l.feed.pump.reveal(Event{Kind: FolderEvent, Key: zkKey(node), Size: -1, Old: true})
		l.subtree.Dirty().Recheck(node) // there may be nothing left below it
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

// closed returns the open folders that are not wanted though their parents are.
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

// read reads a level and reports what is in it. Changes from then on are noted, and read behind
// it.
func (l *zkLevels) read(ctx context.Context, node string) error {
	o := &zkOpen{}
	l.mu.Lock()
	l.open[node] = o
	l.mu.Unlock()
	delete(l.folders, node)
	found, err := l.pipe.ReadChildren(ctx, node)
	if err != nil {
		return err
	}
	n := found[0]
	if n.Denied {
		o.cut = l.feed.store.fail(OpFollow, zkKey(node), zk.ErrNoAuth)
	}
	if n.Stat == nil && node != l.feed.root {
		l.drop(node)
		return nil // the event of its deletion reports that
	}
	names := zkwire.WithoutReserved(node, n.Children)
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
	if o.shown == 0 && node != l.feed.root && !n.Denied {
		return l.emit(ctx, []Event{{Kind: FolderGoneEvent, Key: zkKey(node), Size: -1, Old: !l.listing}})
	}
	return nil
}

// readChunk reads some znodes of a level and reports them.
func (l *zkLevels) readChunk(ctx context.Context, node string, names []string, o *zkOpen) error {
	nodes, err := l.pipe.ReadStats(ctx, zkJoined(node, names))
	if err != nil {
		return err
	}
	if err := l.readClaims(ctx, nodes); err != nil {
		return err
	}
	var events []Event
	for _, n := range nodes {
		if n.Stat == nil || !l.feed.shows(n.Path) {
			continue
		}
		e := l.feed.event(n)
		e.Old = !l.listing
		cost := costOf(path.Base(n.Path))
		before := len(events) + 1
		if events = l.withFolder(n, append(events, e)); len(events) > before {
			cost *= 2 // it is kept here as well
		}
		o.shown++
		o.cost += cost
		l.used += cost
	}
	return l.emit(ctx, events)
}

// readClaims reads the names below znodes that may have claims to their locks below them.
func (l *zkLevels) readClaims(ctx context.Context, nodes []zkwire.Node) error {
	var claimed []string
	for _, n := range nodes {
		l.feed.note(n.Path, n.Stat != nil)
		if n.Stat != nil && n.Stat.NumChildren > 0 && n.Stat.NumChildren <= zkClaimsMost {
			claimed = append(claimed, n.Path)
		}
	}
	claims, err := l.pipe.ReadChildren(ctx, claimed...)
	if err != nil {
		return err
	}
	for _, n := range claims {
		for _, child := range n.Children {
			l.feed.note(zkwire.Join(n.Path, child), true)
		}
		if owner, ok := zkQueueOwner(n.Path); ok {
			l.subtree.Dirty().Recheck(owner) // it may have been reported before its queue was seen
		}
	}
	return nil
}

// emit reports what became known.
func (l *zkLevels) emit(ctx context.Context, events []Event) error {
	if err := l.feed.pump.waitForRoom(ctx); err != nil {
		return err
	}
	if l.listing {
		l.feed.pump.listNow(events)
	} else {
		l.feed.pump.reveal(events...)
	}
	return nil
}

// unseen returns which part of the open folders is left out, or nil if there is none.
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
	return l.feed.fail(l.open[first].cut)
}
