package kv

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/hashicorp/consul/api"
)

// BreakPlan implements LockInspector: breaking a lock destroys the session
// that holds it, and with it ends all else it holds anywhere in the store.
func (s *Consul) BreakPlan(ctx context.Context, lock LockInfo, holder Contender) (BreakPlan, error) {
	if isStale(holder) {
		return BreakPlan{Action: fmt.Sprintf("take session %s out of %s/%s", holder.ID, lock.Key, api.DefaultSemaphoreKey)}, nil
	}
	entry, err := s.holding(ctx, holder)
	if err != nil {
		return BreakPlan{}, s.fail("breakplan", lock.Key, err)
	}
	var keys []string
	head, err := eachEntry(ctx, s, "", func(e *consulEntry) error {
		if string(e.session) == holder.ID {
			keys = append(keys, consulGiven(string(e.key)))
		}
		return nil
	})
	if err != nil {
		return BreakPlan{}, s.fail("breakplan", lock.Key, err)
	}
	plan := BreakPlan{Action: "destroy session " + holder.ID}
	var notes []string
	if entry.Behavior == api.SessionBehaviorDelete {
		plan.Deleted = keys
	} else {
		plan.Freed = keys
	}
	if delay := describeDelay(entry); delay != "" {
		notes = append(notes, delay)
	}
	if s.hidden(ctx, "", head) != nil {
		notes = append(notes, "it may hold keys that the token may not read")
	}
	plan.Note = strings.Join(notes, "; ")
	return plan, nil
}

// holding is the session of a holder that still holds its key: else
// ErrKeyModified.
func (s *Consul) holding(ctx context.Context, holder Contender) (*api.SessionEntry, error) {
	if !isSessionID(holder.ID) {
		return nil, withKind(ErrInvalidKey, errors.New("such a session has no id that can be sent"))
	}
	pair, err := s.read(ctx, consulKey(holder.Key))
	switch {
	case err != nil:
		return nil, err
	case pair == nil || pair.Session != holder.ID:
		return nil, ErrKeyModified
	}
	entry, err := s.session(ctx, holder.ID)
	if err == nil && entry == nil {
		err = withKind(ErrDenied, errors.New("the session cannot be read"))
	}
	return entry, err
}

// Break implements LockInspector.
func (s *Consul) Break(ctx context.Context, lock LockInfo, holder Contender) error {
	if isStale(holder) {
		return s.failWrite("break", lock.Key, s.dropStale(ctx, lock, holder))
	}
	if _, err := s.holding(ctx, holder); err != nil {
		return s.fail("break", lock.Key, err)
	}
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	_, err := s.client.Session().Destroy(holder.ID, new(api.WriteOptions).WithContext(ctx))
	return s.failWrite("break", lock.Key, err)
}

// dropStale takes a holder whose session is gone out of a semaphore's record,
// as the next contender would.
func (s *Consul) dropStale(ctx context.Context, lock LockInfo, holder Contender) error {
	claim, err := s.read(ctx, consulKey(holder.Key))
	if err != nil {
		return err
	}
	record, err := s.read(ctx, path.Join(consulKey(lock.Key), api.DefaultSemaphoreKey))
	if err != nil {
		return err
	}
	semaphore, err := readSemaphore(record)
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

// isSessionID reports whether an id can stand in a URL. A semaphore's record is
// anybody's text.
func isSessionID(id string) bool {
	return id != "" && strings.Trim(id, "0123456789abcdefABCDEF-") == ""
}
