package kv

import (
	"context"
	"path"
	"slices"
	"sort"
	"strconv"
)

// kazooSemaphore recognises kazoo's semaphore: ephemeral nodes named by 32
// hexadecimal digits below a node whose data is how many there may be.
func (s *Zookeeper) kazooSemaphore(ctx context.Context, dir string, leases []zkContender) (LockInfo, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	n, err := s.again(ctx, s.main, dir, true)
	if err != nil {
		return LockInfo{}, false, err
	}
	lock := LockInfo{Key: zkKey(dir), Recipe: zkRecipeKazooSem}
	var notANumber error
	lock.Limit, notANumber = strconv.Atoi(string(n.data))
	for _, c := range leases {
		lock.Holders = append(lock.Holders, c.contender())
	}
	sort.Slice(lock.Holders, func(i, j int) bool { return lock.Holders[i].Since.Before(lock.Holders[j].Since) })
	return lock, notANumber == nil, nil
}

// joinSemaphores puts the queue for a semaphore's leases, which is a mutex of
// its own beside them, to the leases: who is in it waits for the semaphore.
func (q *zkQueues) joinSemaphores() {
	for dir, lock := range q.byDir {
		var queue string
		switch {
		case lock.Recipe == zkRecipeLease && path.Base(dir) == "leases":
			queue = path.Join(path.Dir(dir), "locks")
			lock.Key = zkKey(path.Dir(dir))
		case lock.Recipe == zkRecipeKazooSem:
			queue = dir + "-__lock__"
		default:
			continue
		}
		if waiting, ok := q.byDir[queue]; ok {
			lock.Waiters = slices.Concat(waiting.Holders, waiting.Waiters)
			delete(q.byDir, queue)
		}
		if lock.Recipe == zkRecipeLease {
			zkLastLeaseWaits(&lock)
		}
		q.byDir[dir] = lock
	}
}

// zkLastLeaseWaits takes the last lease from the holders if it is the first
// waiter's. With Curator that one makes its lease first, and waits then, still
// at the head of the queue, until there are no more leases than may be.
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
	lock.Waiters[0] = lease // which has the name that its user gave
}
