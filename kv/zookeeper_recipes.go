package kv

import (
	"context"
	"fmt"
	"path"
	"slices"
	"sort"
	"strconv"
	"time"

	"kvist/kv/internal/zkrecipe"
	"kvist/kv/internal/zkwire"
)

// What the queues of the common clients mean as locks.

// zkContender is a znode in a lock's queue.
type zkContender struct {
	node  zkwire.Node
	claim zkrecipe.Claim
}

// zkLockOf makes a lock of the contenders below dir, which are in order.
func zkLockOf(dir string, contenders []zkContender) LockInfo {
	lock := LockInfo{Key: zkKey(dir), Recipe: zkRecipeOf(contenders), Limit: 1}
	if owner, ok := zkQueueOwner(dir); ok {
		lock.Key, lock.Recipe = zkKey(owner), recipeOwn
	}
	holders := 1
	switch lock.Recipe {
	case zkrecipe.Lease:
		lock.Limit, holders = 0, len(contenders)
	case zkrecipe.CuratorRW, zkrecipe.KazooRW:
		lock.Limit, holders = 0, zkReadersFirst(contenders)
	}
	for i, c := range contenders {
		shown := c.contender()
		if lock.Recipe == zkrecipe.KazooRW && shown.Mode == "" {
			shown.Mode = zkrecipe.Write
		}
		if i < holders {
			lock.Holders = append(lock.Holders, shown)
		} else {
			lock.Waiters = append(lock.Waiters, shown)
		}
	}
	return lock
}

// zkRecipeOf returns the recipe of a queue. The znodes of kazoo's write lock have the same names as
// those of its mutex, and only the readers beside them show what they are.
func zkRecipeOf(contenders []zkContender) string {
	recipe := ""
	for _, c := range contenders {
		if recipe == "" || c.claim.Recipe == zkrecipe.KazooRW {
			recipe = c.claim.Recipe
		}
	}
	if recipe == "" {
		return zkrecipe.Sequential
	}
	return recipe
}

// zkReadersFirst returns how many contenders hold a read/write lock: the first writer alone, or
// all readers before it.
func zkReadersFirst(contenders []zkContender) int {
	for i, c := range contenders {
		if c.claim.Mode != zkrecipe.Read {
			return max(i, 1)
		}
	}
	return len(contenders)
}

// contender returns a znode of a queue as it is shown.
func (c zkContender) contender() Contender {
	stat := c.node.Stat
	shown := Contender{
		ID: zkSessionText(stat.EphemeralOwner), Key: zkKey(c.node.Path), Index: uint64(stat.Mzxid),
		Name: contenderName(c.node.Data), Mode: c.claim.Mode,
		Since: time.UnixMilli(stat.Ctime), Left: -1,
	}
	if stat.EphemeralOwner == 0 {
		shown.ID, shown.Note = "", "not ephemeral: it does not end with its client"
	}
	if c.node.Denied {
		shown.Note = "its data may not be read"
	}
	return shown
}

// zkSessionText returns a session as ZooKeeper's own tools print it.
func zkSessionText(id int64) string { return fmt.Sprintf("0x%x", uint64(id)) }

// kazooSemaphore recognises kazoo's semaphore: ephemeral znodes named by 32 hexadecimal digits,
// below a znode whose data are how many there may be.
func (s *Zookeeper) kazooSemaphore(ctx context.Context, dir string, leases []zkContender) (LockInfo, bool, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	n, err := s.main.Look(ctx, dir, true)
	if err != nil {
		return LockInfo{}, false, err
	}
	lock := LockInfo{Key: zkKey(dir), Recipe: zkrecipe.KazooSemaphore}
	var notANumber error
	lock.Limit, notANumber = strconv.Atoi(string(n.Data))
	for _, c := range leases {
		lock.Holders = append(lock.Holders, c.contender())
	}
	sort.Slice(lock.Holders, func(i, j int) bool { return lock.Holders[i].Since.Before(lock.Holders[j].Since) })
	return lock, notANumber == nil, nil
}

// joinSemaphores joins the queue for a semaphore's leases, which is a mutex of its own beside
// them, to the leases. Its contenders wait for the semaphore.
func (q *zkQueues) joinSemaphores() {
	for dir, lock := range q.byDir {
		var queue string
		switch {
		case lock.Recipe == zkrecipe.Lease && path.Base(dir) == "leases":
			queue = path.Join(path.Dir(dir), "locks")
			lock.Key = zkKey(path.Dir(dir))
		case lock.Recipe == zkrecipe.KazooSemaphore:
			queue = dir + "-__lock__"
		default:
			continue
		}
		if waiting, ok := q.byDir[queue]; ok {
			lock.Waiters = slices.Concat(waiting.Holders, waiting.Waiters)
			delete(q.byDir, queue)
		}
		if lock.Recipe == zkrecipe.Lease {
			zkLastLeaseWaits(&lock)
		}
		q.byDir[dir] = lock
	}
}

// zkLastLeaseWaits takes the last lease from the holders if it is the first waiter's. A client of
// Curator makes its lease first. Then it waits, still at the head of the queue, until there are no
// more leases than allowed.
func zkLastLeaseWaits(lock *LockInfo) {
	last := len(lock.Holders) - 1
	if last < 0 || len(lock.Waiters) == 0 {
		return
	}
	lease, first := lock.Holders[last], lock.Waiters[0]
	if lease.ID != first.ID || lease.Index < first.Index {
		return // of another client, or one that this client has held for longer
	}
	lock.Holders = lock.Holders[:last]
	lock.Waiters[0] = lease // it has the name that its user gave
}
