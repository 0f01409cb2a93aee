package kv

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// zkContender is a node in a lock's queue.
type zkContender struct {
	node  zkNode
	claim zkClaim
}

// Locks implements LockInspector. It reads the names of all nodes below
// prefix, and the data of those only that are in a queue. Who is behind a
// session, and its timeout, are known where a server's whitelist lets "cons"
// be asked.
func (s *Zookeeper) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail("locks", prefix, err)
	}
	ctx, cancel := joined(ctx, s.ctx)
	defer cancel()
	found := zkQueues{store: s, byDir: map[string]LockInfo{}}
	err = s.withPipe(ctx, func(p *zkPipe) error {
		found.candidates, found.denied = nil, nil
		err := p.walk(ctx, root, false, found.visit)
		if err == nil && root != "/" {
			err = p.walk(ctx, zkQueuePath(root), false, found.visit) // it stands beside root
		}
		return err
	})
	if err == nil {
		err = found.read(ctx)
	}
	if err != nil {
		return nil, s.fail("locks", prefix, err)
	}
	found.joinSemaphores()
	locks := []LockInfo{}
	for _, l := range found.byDir {
		locks = append(locks, l)
	}
	sort.Slice(locks, func(i, j int) bool { return locks[i].Key < locks[j].Key })
	if len(locks) > 0 {
		zkNameClients(locks, s.clients(ctx))
	}
	return locks, s.fail("locks", prefix, found.unseen())
}

// zkQueues gathers the queues of locks by the node they are in.
type zkQueues struct {
	store *Zookeeper

	denied []string // nodes whose names below may not be read

	mu         sync.Mutex
	candidates []zkCandidate
	byDir      map[string]LockInfo
}

// zkCandidate is a node whose name may be that of a contender.
type zkCandidate struct {
	dir, name string
	claim     zkClaim // the zero value: a lease of kazoo's semaphore, maybe
}

// zkDeniedShown is how many nodes an error names that may not be read.
const zkDeniedShown = 3

// unseen says which nodes may have locks below them that were not seen; nil
// when all were.
func (q *zkQueues) unseen() error {
	if len(q.denied) == 0 {
		return nil
	}
	text := strings.Join(q.denied[:min(len(q.denied), zkDeniedShown)], ", ")
	if more := len(q.denied) - zkDeniedShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return &Error{Kind: ErrIncomplete, Err: fmt.Errorf("below %s", text)}
}

// visit looks at the names below one node.
func (q *zkQueues) visit(n zkNode) ([]string, error) {
	if n.denied {
		q.denied = append(q.denied, n.path)
	}
	children := zkWithoutReserved(n.path, n.children)
	for _, name := range children {
		claim, sequential := parseZkClaim(name)
		if sequential || len(name) == 32 && zkIsID(name, 0) {
			q.candidates = append(q.candidates, zkCandidate{n.path, name, claim})
		}
	}
	return children, nil
}

// read reads the candidates, the data of those only that contend, and makes
// locks of them.
func (q *zkQueues) read(ctx context.Context) error {
	queues, leases := map[string][]zkContender{}, map[string][]zkContender{}
	err := zkEach(len(q.candidates), func(i int) error {
		c := q.candidates[i]
		contender, ok, err := q.store.contender(ctx, c)
		q.mu.Lock()
		defer q.mu.Unlock()
		switch {
		case err != nil || !ok:
		case len(c.name) == 32 && zkIsID(c.name, 0): // a lease of kazoo's
			leases[c.dir] = append(leases[c.dir], contender)
		default:
			queues[c.dir] = append(queues[c.dir], contender)
		}
		return err
	})
	if err != nil {
		return err
	}
	for dir, contenders := range queues {
		slices.SortFunc(contenders, func(a, b zkContender) int { return a.claim.number - b.claim.number })
		q.byDir[dir] = zkLockOf(dir, contenders)
	}
	for dir, contenders := range leases {
		lock, ok, err := q.store.kazooSemaphore(ctx, dir, contenders)
		if err != nil {
			return err
		}
		if _, taken := q.byDir[dir]; ok && !taken {
			q.byDir[dir] = lock
		}
	}
	return nil
}

// contender reads a candidate; false when it does not contend, or is gone.
func (s *Zookeeper) contender(ctx context.Context, c zkCandidate) (zkContender, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	node := zkJoin(c.dir, c.name)
	n, err := s.again(ctx, s.main, node, c.claim.recipe != "")
	if err == nil && n.stat != nil && n.stat.EphemeralOwner != 0 && c.claim.recipe == "" {
		n, err = s.again(ctx, s.main, node, true)
	}
	contends := err == nil && n.stat != nil && (n.stat.EphemeralOwner != 0 || c.claim.recipe != "")
	return zkContender{n, c.claim}, contends, err
}

// zkLockOf makes a lock of the contenders below dir, who are in order.
func zkLockOf(dir string, contenders []zkContender) LockInfo {
	lock := LockInfo{Key: zkKey(dir), Recipe: zkRecipeOf(contenders), Limit: 1}
	if owner, ok := zkQueueOwner(dir); ok {
		lock.Key, lock.Recipe = zkKey(owner), recipeOwn
	}
	holders := 1
	switch lock.Recipe {
	case zkRecipeLease:
		lock.Limit, holders = 0, len(contenders)
	case zkRecipeCuratorRW, zkRecipeKazooRW:
		lock.Limit, holders = 0, zkReadersFirst(contenders)
	}
	for i, c := range contenders {
		shown := c.contender()
		if lock.Recipe == zkRecipeKazooRW && shown.Mode == "" {
			shown.Mode = "write"
		}
		if i < holders {
			lock.Holders = append(lock.Holders, shown)
		} else {
			lock.Waiters = append(lock.Waiters, shown)
		}
	}
	return lock
}

// zkRecipeOf is the recipe of a queue: kazoo's write lock has the same nodes
// as its mutex and is known only by the readers beside it.
func zkRecipeOf(contenders []zkContender) string {
	recipe := ""
	for _, c := range contenders {
		if recipe == "" || c.claim.recipe == zkRecipeKazooRW {
			recipe = c.claim.recipe
		}
	}
	if recipe == "" {
		return zkRecipeSequential
	}
	return recipe
}

// zkReadersFirst is how many hold a read/write lock: the first writer alone,
// or all readers before it.
func zkReadersFirst(contenders []zkContender) int {
	for i, c := range contenders {
		if c.claim.mode != "read" {
			return max(i, 1)
		}
	}
	return len(contenders)
}

// contender is a node of a queue as it is shown.
func (c zkContender) contender() Contender {
	stat := c.node.stat
	shown := Contender{
		ID: zkSessionText(stat.EphemeralOwner), Key: zkKey(c.node.path), Index: uint64(stat.Mzxid),
		Name: contenderName(c.node.data), Mode: c.claim.mode,
		Since: time.UnixMilli(stat.Ctime), Left: -1,
	}
	if stat.EphemeralOwner == 0 {
		shown.ID, shown.Note = "", "not ephemeral: it does not end with its client"
	}
	if c.node.denied {
		shown.Note = "its data may not be read"
	}
	return shown
}

// zkSessionText is a session as ZooKeeper's own tools print it.
func zkSessionText(id int64) string { return fmt.Sprintf("0x%x", uint64(id)) }

// zkNameClients adds to each contender what the servers tell of its session.
func zkNameClients(locks []LockInfo, clients map[int64]zkClient) {
	name := func(c *Contender) {
		id, err := strconv.ParseUint(c.ID, 0, 64)
		client, ok := clients[int64(id)]
		if err != nil || !ok {
			return
		}
		c.TTL = client.timeout
		c.Name = strings.TrimPrefix(c.Name+", "+client.address, ", ")
	}
	for _, l := range locks {
		for i := range l.Holders {
			name(&l.Holders[i])
		}
		for i := range l.Waiters {
			name(&l.Waiters[i])
		}
	}
}

// BreakPlan implements LockInspector.
func (s *Zookeeper) BreakPlan(_ context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if _, err := zkPath(holder.Key); err != nil {
		return BreakPlan{}, s.fail("breakplan", lock.Key, err)
	}
	plan := BreakPlan{Action: "delete node /" + holder.Key, Deleted: []string{holder.Key}}
	if lock.Recipe == recipeOwn {
		plan.Freed = []string{lock.Key}
	}
	note := "its client is not told, and may go on as if it held the lock"
	if slices.ContainsFunc(lock.Waiters, func(c Contender) bool { return c.Key == holder.Key }) {
		note = "its client is not told, and may go on waiting"
	}
	if holder.ID != "" {
		note = "session " + holder.ID + " and all else it holds stay; " + note
	}
	if next := nextHolder(lock, holder); next != "" {
		note = next + "; " + note
	}
	plan.Note = note
	return plan, nil
}

// Break implements LockInspector.
func (s *Zookeeper) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	node, err := zkPath(holder.Key)
	if err != nil {
		return s.fail("break", lock.Key, err)
	}
	ctx, cancel := s.within(ctx)
	defer cancel()
	stat, err := s.stat(ctx, node)
	if err == nil && (uint64(stat.Mzxid) != holder.Index || stat.EphemeralOwner != 0 && zkSessionText(stat.EphemeralOwner) != holder.ID) {
		err = zk.ErrBadVersion
	}
	if err == nil {
		_, err = zkAskOnce(ctx, s.main, func(c *zk.Conn) (struct{}, error) { return struct{}{}, c.Delete(node, stat.Version) })
	}
	if errors.Is(err, zk.ErrNoNode) {
		err = &Error{Kind: ErrKeyModified, Err: err} // it gave the lock up itself
	}
	return s.failWrite("break", lock.Key, err)
}
