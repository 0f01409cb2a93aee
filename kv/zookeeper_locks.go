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
	"sync/atomic"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkrecipe"
	"kvist/kv/internal/zkwire"
)

// Locks implements LockInspector. It reads the names of all znodes below prefix, and the data only
// of those that are in a queue. The address and the timeout of a session are known if the
// server's whitelist allows "cons".
func (s *Zookeeper) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	root, err := zkDirectory(prefix)
	if err != nil {
		return nil, s.fail(OpLocks, prefix, err)
	}
	ctx, cancel := s.long(ctx)
	defer cancel()
	found := zkQueues{store: s, byDir: map[string]LockInfo{}}
	err = s.dialer.WithPipe(ctx, func(p *zkwire.Pipe) error {
		found.candidates, found.denied = nil, nil
		err := p.Walk(ctx, root, false, found.visit)
		if err == nil && root != "/" {
			err = p.Walk(ctx, zkQueuePath(root), false, found.visit) // it stands beside root
		}
		return err
	})
	if err == nil {
		err = found.read(ctx)
	}
	if err != nil {
		return nil, s.fail(OpLocks, prefix, err)
	}
	found.joinSemaphores()
	locks := []LockInfo{}
	for _, l := range found.byDir {
		locks = append(locks, l)
	}
	sort.Slice(locks, func(i, j int) bool { return locks[i].Key < locks[j].Key })
	if len(locks) > 0 {
		zkNameClients(locks, s.dialer.Clients(ctx))
	}
	return locks, s.fail(OpLocks, prefix, found.unseen())
}

// zkNameClients adds to each contender what the servers report about its session.
func zkNameClients(locks []LockInfo, clients map[int64]zkwire.Client) {
	name := func(c *Contender) {
		id, err := strconv.ParseUint(c.ID, 0, 64)
		client, ok := clients[int64(id)]
		if err != nil || !ok {
			return
		}
		c.TTL = client.Timeout
		c.Name = strings.TrimPrefix(c.Name+", "+client.Address, ", ")
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

// zkQueues gathers the queues of locks by the znode that they are in.
type zkQueues struct {
	store *Zookeeper

	denied []string // znodes whose children the login may not read

	mu         sync.Mutex
	candidates []zkCandidate
	byDir      map[string]LockInfo
}

// zkCandidate is a znode whose name may be that of a contender.
type zkCandidate struct {
	dir, name string
	claim     zkrecipe.Claim // the zero value: it may be a lease of kazoo's semaphore
}

// zkDeniedShown is how many znodes an error names that the login may not read.
const zkDeniedShown = 3

// unseen returns below which znodes there may be locks that were not seen, or nil if there are
// none.
func (q *zkQueues) unseen() error {
	if len(q.denied) == 0 {
		return nil
	}
	text := strings.Join(q.denied[:min(len(q.denied), zkDeniedShown)], ", ")
	if more := len(q.denied) - zkDeniedShown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return withKind(ErrIncomplete, fmt.Errorf("below %s", text))
}

// visit looks at the names below one znode.
func (q *zkQueues) visit(n zkwire.Node) ([]string, error) {
	if n.Denied {
		q.denied = append(q.denied, n.Path)
	}
	children := zkwire.WithoutReserved(n.Path, n.Children)
	for _, name := range children {
		claim, sequential := zkrecipe.Parse(name)
		if sequential || zkrecipe.IsKazooLease(name) {
			q.candidates = append(q.candidates, zkCandidate{n.Path, name, claim})
		}
	}
	return children, nil
}

// read reads the candidates, the data only of those that contend, and makes locks of them.
func (q *zkQueues) read(ctx context.Context) error {
	queues, leases := map[string][]zkContender{}, map[string][]zkContender{}
	err := zkEach(len(q.candidates), func(i int) error {
		c := q.candidates[i]
		contender, ok, err := q.store.contender(ctx, c)
		q.mu.Lock()
		defer q.mu.Unlock()
		switch {
		case err != nil || !ok:
		case zkrecipe.IsKazooLease(c.name):
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
		slices.SortFunc(contenders, func(a, b zkContender) int { return a.claim.Number - b.claim.Number })
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

// zkEach calls do for each number below n, some at a time, until one call fails.
func zkEach(n int, do func(i int) error) error {
	var wg sync.WaitGroup
	var next atomic.Int64
	var once sync.Once
	var failed error
	for range min(n, zkwire.ValueWidth) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := recovered(func() error { return do(i) }); err != nil {
					once.Do(func() { failed = err })
					next.Store(int64(n))
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// contender reads a candidate. ok is false if it does not contend, or is gone.
func (s *Zookeeper) contender(ctx context.Context, c zkCandidate) (contender zkContender, ok bool, err error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	node := zkwire.Join(c.dir, c.name)
	n, err := s.main.Look(ctx, node, c.claim.Recipe != "")
	if err == nil && n.Stat != nil && n.Stat.EphemeralOwner != 0 && c.claim.Recipe == "" {
		n, err = s.main.Look(ctx, node, true)
	}
	ok = err == nil && n.Stat != nil && (n.Stat.EphemeralOwner != 0 || c.claim.Recipe != "")
	return zkContender{n, c.claim}, ok, err
}

// BreakPlan implements LockInspector.
func (s *Zookeeper) BreakPlan(_ context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if _, err := zkPath(holder.Key); err != nil {
		return BreakPlan{}, s.fail(OpBreakPlan, lock.Key, err)
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
		return s.fail(OpBreak, lock.Key, err)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	stat, err := s.main.Stat(ctx, node)
	if err == nil && (uint64(stat.Mzxid) != holder.Index || stat.EphemeralOwner != 0 && zkSessionText(stat.EphemeralOwner) != holder.ID) {
		err = zk.ErrBadVersion
	}
	if err == nil {
		err = s.main.Delete(ctx, node, stat.Version)
	}
	if errors.Is(err, zk.ErrNoNode) {
		err = withKind(ErrKeyModified, err) // the holder gave the lock up itself
	}
	return s.failWrite(OpBreak, lock.Key, err)
}
