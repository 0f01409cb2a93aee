package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/consul/api"

	"kvist/kv/internal/consulhttp"
)

// consulWaitersHidden stands where nobody can see who waits: a client of Consul waits for a lock by
// reading the key.
const consulWaitersHidden = "not visible in Consul"

// errConsulLocksUnseen says that there may be more locks.
var errConsulLocksUnseen = withKind(ErrIncomplete, errors.New("keys that the token may not read are left out"))

// Locks implements LockInspector. Consul cannot be asked for locked keys alone, so the subtree is
// read, and no values are kept.
//
// It recognizes the lock of Consul's client (`consul lock` takes PREFIX/.lock) and its semaphore
// (`consul lock -n`: PREFIX/.lock names the holders in JSON, and each contender has a key beside
// it) by their flags, our own lock by its session's name, and any other key that a session holds.
// It leaves out a lock that nobody holds.
func (s *Consul) Locks(ctx context.Context, prefix string) ([]LockInfo, error) {
	scan := &consulLockScan{semaphores: map[string]*consulSemaphore{}}
	unseen, err := s.scanLocks(ctx, prefix, scan)
	if err != nil {
		return nil, s.fail(OpLocks, prefix, err)
	}
	sessions := map[string]*api.SessionEntry{}
	if !scan.isEmpty() {
		if sessions, err = s.http.Sessions(ctx); err != nil {
			return nil, s.fail(OpLocks, prefix, err)
		}
	}
	return scan.locks(sessions), s.fail(OpLocks, prefix, unseen)
}

// scanLocks shows scan the key prefix and everything below. unseen says that a part of it may not
// be read.
func (s *Consul) scanLocks(ctx context.Context, prefix string, scan *consulLockScan) (unseen, err error) {
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
	head, err := s.eachPair(ctx, consulhttp.List{Dir: dir}, func(pair *api.KVPair) error {
		scan.see(pair)
		return nil
	})
	if err == nil && s.hidden(ctx, dir, head) != nil {
		unseen = errConsulLocksUnseen
	}
	return unseen, err
}

// BreakPlan implements LockInspector. Breaking a lock destroys the session that holds it, and with
// it ends all else that the session holds anywhere in the store.
func (s *Consul) BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if consulIsStale(holder) {
		return BreakPlan{Action: fmt.Sprintf("take session %s out of %s/%s", holder.ID, lock.Key, api.DefaultSemaphoreKey)}, nil
	}
	entry, err := s.holdingSession(ctx, holder)
	if err != nil {
		return BreakPlan{}, s.fail(OpBreakPlan, lock.Key, err)
	}
	var keys []string
	head, err := s.eachEntry(ctx, "", func(e *consulhttp.Entry) error {
		if string(e.Session) == holder.ID {
			keys = append(keys, consulGiven(string(e.Key)))
		}
		return nil
	})
	if err != nil {
		return BreakPlan{}, s.fail(OpBreakPlan, lock.Key, err)
	}
	plan := BreakPlan{Action: "destroy session " + holder.ID}
	var notes []string
	if entry.Behavior == api.SessionBehaviorDelete {
		plan.Deleted = keys
	} else {
		plan.Freed = keys
	}
	if entry.LockDelay >= consulLockRetry {
		notes = append(notes, fmt.Sprintf("for %s nobody can lock the keys (lock-delay)", entry.LockDelay))
	}
	if s.hidden(ctx, "", head) != nil {
		notes = append(notes, "it may hold keys that the token may not read")
	}
	plan.Note = strings.Join(notes, "; ")
	return plan, nil
}

// holdingSession returns the session of a holder that still holds its key. Otherwise the error is
// ErrKeyModified.
func (s *Consul) holdingSession(ctx context.Context, holder Contender) (*api.SessionEntry, error) {
	if !consulIsSessionID(holder.ID) {
		return nil, withKind(ErrInvalidKey, errors.New("such a session has no id that can be sent"))
	}
	pair, err := s.read(ctx, consulKey(holder.Key))
	switch {
	case err != nil:
		return nil, err
	case pair == nil || pair.Session != holder.ID:
		return nil, ErrKeyModified
	}
	entry, err := s.http.Session(ctx, holder.ID)
	if err == nil && entry == nil {
		err = withKind(ErrDenied, errors.New("the session cannot be read"))
	}
	return entry, err
}

// Break implements LockInspector.
func (s *Consul) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	if consulIsStale(holder) {
		return s.failWrite(OpBreak, lock.Key, s.dropStale(ctx, lock, holder))
	}
	if _, err := s.holdingSession(ctx, holder); err != nil {
		return s.fail(OpBreak, lock.Key, err)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	return s.failWrite(OpBreak, lock.Key, s.http.DestroySession(ctx, holder.ID))
}

// dropStale takes a holder whose session is gone out of a semaphore's record, as the next contender
// would.
func (s *Consul) dropStale(ctx context.Context, lock LockInfo, holder Contender) error {
	claim, err := s.read(ctx, consulKey(holder.Key))
	if err != nil {
		return err
	}
	record, err := s.read(ctx, path.Join(consulKey(lock.Key), api.DefaultSemaphoreKey))
	if err != nil {
		return err
	}
	semaphore, err := consulReadSemaphore(record)
	if err != nil {
		return err
	}
	if claim != nil && claim.Session != "" || !semaphore.Holders[holder.ID] {
		return ErrKeyModified
	}
	delete(semaphore.Holders, holder.ID)
	value, err := json.Marshal(semaphore)
	if err != nil {
		return err
	}
	_, err = s.swap(ctx, record, &api.KVPair{Key: record.Key, Value: value})
	return err
}

// consulLockScan gathers what locks are made of.
type consulLockScan struct {
	held       []*api.KVPair
	semaphores map[string]*consulSemaphore // by prefix
}

// consulSemaphore is one semaphore: the key that names its holders, which may be missing, and its
// contenders' keys.
type consulSemaphore struct {
	record     *api.KVPair
	contenders []*api.KVPair
}

// consulSemaphoreRecord is the JSON that the client keeps in a semaphore's key.
type consulSemaphoreRecord struct {
	Limit   int
	Holders map[string]bool
}

func (l *consulLockScan) isEmpty() bool { return len(l.held) == 0 && len(l.semaphores) == 0 }

// see takes a pair if it is part of a lock.
func (l *consulLockScan) see(pair *api.KVPair) {
	if pair.Flags != api.SemaphoreFlagValue {
		if pair.Session != "" {
			l.held = append(l.held, consulWithoutValue(pair))
		}
		return
	}
	dir, name := path.Split(pair.Key)
	dir = strings.TrimSuffix(dir, "/")
	if l.semaphores[dir] == nil {
		l.semaphores[dir] = &consulSemaphore{}
	}
	switch {
	case name == api.DefaultSemaphoreKey:
		l.semaphores[dir].record = pair
	case pair.Session != "":
		l.semaphores[dir].contenders = append(l.semaphores[dir].contenders, consulWithoutValue(pair))
	}
}

// consulWithoutValue returns a copy of a pair that does not keep its value in memory.
func consulWithoutValue(pair *api.KVPair) *api.KVPair {
	bare := *pair
	bare.Value = nil
	return &bare
}

// locks returns the locks that were seen, sorted by key.
func (l *consulLockScan) locks(sessions map[string]*api.SessionEntry) []LockInfo {
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
	slices.SortFunc(locks, func(a, b LockInfo) int { return strings.Compare(a.Key, b.Key) })
	return locks
}

// consulRecipe returns whose layout a locked key has.
func consulRecipe(pair *api.KVPair, entry *api.SessionEntry) string {
	switch {
	case entry != nil && strings.HasPrefix(entry.Name, consulLockName):
		return recipeOwn
	case pair.Flags == api.LockFlagValue && path.Base(pair.Key) == api.DefaultSemaphoreKey:
		return "consul lock"
	case pair.Flags == api.LockFlagValue:
		return "consul api lock"
	}
	return "session-held key"
}

// lock returns the semaphore as its clients see it. Those who hold it stand in the record; the
// others wait, in no promised order, here the oldest first.
func (l *consulSemaphore) lock(dir string, sessions map[string]*api.SessionEntry) LockInfo {
	lock := LockInfo{Key: consulGiven(dir), Recipe: "consul semaphore"}
	record, err := consulReadSemaphore(l.record)
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
			lock.Holders = append(lock.Holders, consulStaleHolder(dir, id))
		}
	}
	slices.SortStableFunc(lock.Holders, func(a, b Contender) int { return strings.Compare(a.ID, b.ID) })
	return lock
}

// consulReadSemaphore reads a semaphore's record. A missing one is empty.
func consulReadSemaphore(pair *api.KVPair) (consulSemaphoreRecord, error) {
	record := consulSemaphoreRecord{}
	if pair == nil || len(pair.Value) == 0 {
		return record, nil
	}
	err := json.Unmarshal(pair.Value, &record)
	return record, err
}

// consulStaleNote marks a place in a semaphore whose session is gone.
const consulStaleNote = "stale: its session is gone, and the next contender takes its place"

// consulStaleHolder returns a holder whose key is gone or free.
func consulStaleHolder(dir, id string) Contender {
	return Contender{ID: id, Key: consulGiven(dir + "/" + id), Left: -1, Note: consulStaleNote}
}

// consulIsStale reports whether a contender no longer has a key to hold.
func consulIsStale(c Contender) bool { return c.Index == 0 }

// consulContender returns a session that holds a key; entry is nil if nothing is known of it.
// Consul reports neither what is left of a TTL nor any times.
func consulContender(pair *api.KVPair, entry *api.SessionEntry) Contender {
	c := Contender{ID: pair.Session, Key: consulGiven(pair.Key), Index: pair.ModifyIndex, Left: -1}
	if entry == nil {
		c.Note = "its session cannot be read"
		return c
	}
	c.Name, c.TTL = consulSessionName(entry), consulSessionTTL(entry)
	var notes []string
	if entry.Behavior == api.SessionBehaviorDelete {
		notes = append(notes, "its end deletes the key")
	}
	if checks := consulSessionChecks(entry); len(checks) > 0 {
		notes = append(notes, "ends with its checks: "+strings.Join(checks, ", "))
	}
	c.Note = strings.Join(notes, "; ")
	return c
}

// consulIsSessionID reports whether an id can stand in a URL. A semaphore's record is text that
// anybody can write.
func consulIsSessionID(id string) bool {
	return id != "" && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}
