package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sort"
	"strings"

	"github.com/hashicorp/consul/api"
)

// Where nobody can see who waits: a client of Consul waits for a lock by
// reading the key.
const consulWaitersHidden = "not visible in Consul"

// Locks implements LockInspector. Consul cannot be asked for locked keys
// alone, so the subtree is read, and no values are kept.
//
// Known are the client's lock (`consul lock` takes PREFIX/.lock) and its
// semaphore (`consul lock -n`: PREFIX/.lock tells the holders in JSON, and
// each contender has a key beside it), by their flags, our own lock by its
// session's name, and any other key that a session holds. A lock that nobody
// holds is not told.
func (s *Consul) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	scan := &lockScan{semaphores: map[string]*semaphoreScan{}}
	unseen, err := s.scanLocks(ctx, prefix, scan)
	if err != nil {
		return nil, s.fail("locks", prefix, err)
	}
	sessions := map[string]*api.SessionEntry{}
	if !scan.empty() {
		if sessions, err = s.sessions(ctx); err != nil {
			return nil, s.fail("locks", prefix, err)
		}
	}
	return scan.locks(sessions), s.fail("locks", prefix, unseen)
}

// errConsulLocksUnseen says that there may be more locks than are told.
var errConsulLocksUnseen = withKind(ErrIncomplete, errors.New("keys that the token may not read are left out"))

// scanLocks shows scan the key prefix and everything below. unseen says that a
// part of it may not be read.
func (s *Consul) scanLocks(ctx context.Context, prefix string, scan *lockScan) (unseen, err error) {
	dir := consulDir(prefix)
	if self := strings.TrimSuffix(dir, "/"); self != "" {
		pair, err := s.read(ctx, self)
		if err != nil && !s.isDenied(err) { // rights are often given to "a/" and not to "a"
			return nil, err
		}
		if pair != nil {
			scan.see(pair)
		}
	}
	head, err := eachPair(ctx, s, consulList{dir: dir}, func(pair *api.KVPair) error {
		scan.see(pair)
		return nil
	})
	if err == nil && s.hidden(ctx, dir, head) != nil {
		unseen = errConsulLocksUnseen
	}
	return unseen, err
}

// lockScan gathers what locks are made of.
type lockScan struct {
	held       []*api.KVPair
	semaphores map[string]*semaphoreScan // by prefix
}

// semaphoreScan is one semaphore: the key that tells its holders, which may
// be missing, and its contenders' keys.
type semaphoreScan struct {
	record     *api.KVPair
	contenders []*api.KVPair
}

// semaphoreRecord is the JSON that the client keeps in a semaphore's key.
type semaphoreRecord struct {
	Limit   int
	Holders map[string]bool
}

func (l *lockScan) empty() bool { return len(l.held) == 0 && len(l.semaphores) == 0 }

// see takes a pair if it is part of a lock.
func (l *lockScan) see(pair *api.KVPair) {
	if pair.Flags != api.SemaphoreFlagValue {
		if pair.Session != "" {
			l.held = append(l.held, withoutValue(pair))
		}
		return
	}
	dir, name := path.Split(pair.Key)
	dir = strings.TrimSuffix(dir, "/")
	if l.semaphores[dir] == nil {
		l.semaphores[dir] = &semaphoreScan{}
	}
	switch {
	case name == api.DefaultSemaphoreKey:
		l.semaphores[dir].record = pair
	case pair.Session != "":
		l.semaphores[dir].contenders = append(l.semaphores[dir].contenders, withoutValue(pair))
	}
}

// withoutValue is a pair that does not keep its value in memory.
func withoutValue(pair *api.KVPair) *api.KVPair {
	bare := *pair
	bare.Value = nil
	return &bare
}

// locks are the locks that were seen, sorted by key.
func (l *lockScan) locks(sessions map[string]*api.SessionEntry) []LockInfo {
	var locks []LockInfo
	for _, pair := range l.held {
		locks = append(locks, LockInfo{
			Key:           consulGiven(pair.Key),
			Recipe:        consulRecipe(pair, sessions[pair.Session]),
			Limit:         1,
			Holders:       []Contender{consulContender(pair, sessions[pair.Session])},
			WaitersHidden: consulWaitersHidden,
		})
	}
	for dir, semaphore := range l.semaphores {
		if lock := semaphore.lock(dir, sessions); len(lock.Holders)+len(lock.Waiters) > 0 {
			locks = append(locks, lock)
		}
	}
	sort.Slice(locks, func(i, j int) bool { return locks[i].Key < locks[j].Key })
	return locks
}

// consulRecipe is whose layout a locked key has.
func consulRecipe(pair *api.KVPair, entry *api.SessionEntry) string {
	switch {
	case entry != nil && isKvistLock(entry.Name):
		return recipeOwn
	case pair.Flags == api.LockFlagValue && path.Base(pair.Key) == api.DefaultSemaphoreKey:
		return "consul lock"
	case pair.Flags == api.LockFlagValue:
		return "consul api lock"
	}
	return "session-held key"
}

// lock is the semaphore as its clients see it. Those who hold it stand in the
// record; the others wait, in no promised order, here the eldest first.
func (l *semaphoreScan) lock(dir string, sessions map[string]*api.SessionEntry) LockInfo {
	lock := LockInfo{Key: consulGiven(dir), Recipe: "consul semaphore"}
	record, err := readSemaphore(l.record)
	if err != nil {
		lock.WaitersHidden = "the semaphore's record cannot be read: " + err.Error()
	}
	lock.Limit = record.Limit
	sort.Slice(l.contenders, func(i, j int) bool { return l.contenders[i].CreateIndex < l.contenders[j].CreateIndex })
	live := map[string]bool{}
	for _, pair := range l.contenders {
		live[pair.Session] = true
		contender := consulContender(pair, sessions[pair.Session])
		if record.Holders[pair.Session] {
			lock.Holders = append(lock.Holders, contender)
		} else {
			lock.Waiters = append(lock.Waiters, contender)
		}
	}
	for id := range record.Holders {
		if !live[id] {
			lock.Holders = append(lock.Holders, staleHolder(dir, id))
		}
	}
	sort.SliceStable(lock.Holders, func(i, j int) bool { return lock.Holders[i].ID < lock.Holders[j].ID })
	return lock
}

// readSemaphore reads a semaphore's record; none is an empty one.
func readSemaphore(pair *api.KVPair) (semaphoreRecord, error) {
	record := semaphoreRecord{}
	if pair == nil || len(pair.Value) == 0 {
		return record, nil
	}
	err := json.Unmarshal(pair.Value, &record)
	return record, err
}

// staleNote marks a place in a semaphore whose session is gone.
const staleNote = "stale: its session is gone, and the next contender takes its place"

// staleHolder is a holder whose key is gone or free.
func staleHolder(dir, id string) Contender {
	return Contender{ID: id, Key: consulGiven(dir + "/" + id), Left: -1, Note: staleNote}
}

// isStale reports whether a contender has no key to hold any more.
func isStale(c Contender) bool { return c.Index == 0 }

// consulContender is a session that holds a key; entry is nil where nothing
// is known of it. Consul does not tell what is left of a TTL, nor any times.
func consulContender(pair *api.KVPair, entry *api.SessionEntry) Contender {
	c := Contender{ID: pair.Session, Key: consulGiven(pair.Key), Index: pair.ModifyIndex, Left: -1}
	if entry == nil {
		c.Note = "its session cannot be read"
		return c
	}
	c.Name, c.TTL = sessionName(entry), sessionTTL(entry)
	var notes []string
	if entry.Behavior == api.SessionBehaviorDelete {
		notes = append(notes, "its end deletes the key")
	}
	if checks := sessionChecks(entry); len(checks) > 0 {
		notes = append(notes, "ends with its checks: "+strings.Join(checks, ", "))
	}
	c.Note = strings.Join(notes, "; ")
	return c
}

// sessionChecks are the health checks that a session depends on. Before 1.7
// they were one list.
func sessionChecks(entry *api.SessionEntry) []string {
	checks := entry.NodeChecks
	if len(checks) == 0 {
		checks = entry.Checks
	}
	for _, check := range entry.ServiceChecks {
		checks = append(checks, check.ID)
	}
	return checks
}

// describeDelay tells how long freed keys cannot be locked.
func describeDelay(entry *api.SessionEntry) string {
	if entry.LockDelay < lockRetry {
		return ""
	}
	return fmt.Sprintf("for %s nobody can lock the keys (lock-delay)", entry.LockDelay)
}
