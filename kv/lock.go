package kv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
)

// What the locks of all backends share.

const (
	// recipeOwn is the recipe of a lock made by NewLock.
	recipeOwn = "kvist lock"

	// queueSuffix ends the name of the queue for a lock, on the stores that
	// have queues. The queue is beside the locked key, so that it is not among
	// the keys below it, and so that a right to a prefix covers both.
	queueSuffix = ".kvist-lock"
)

// Why a lock is not taken or not given up.
var (
	errLockBusy    = errors.New("it is held or waited for already")
	errLockNotHeld = errors.New("it is not held")
	errLockGivenUp = errors.New("the wait was given up")
)

// signature identifies to people what created something in the store, such as
// "kvist on host, pid 7".
func signature(what string) string { return signatureOf(what, hostName(), os.Getpid()) }

func signatureOf(what, host string, pid int) string {
	return fmt.Sprintf("%s on %s, pid %d", what, host, pid)
}

// nextHolder returns who gets a lock when its only holder goes; "" if that is
// unknown.
func nextHolder(lock LockInfo, holder Contender) string {
	if len(lock.Waiters) == 0 || len(lock.Holders) != 1 || lock.Holders[0].Key != holder.Key {
		return ""
	}
	next := lock.Waiters[0]
	return "next holder: " + cmp.Or(next.Name, next.ID)
}

// contenderNameMax bounds, in bytes, the name of a contender.
const contenderNameMax = 256

// contenderName returns the value of a claim, which may be anything, as the
// name of its contender.
func contenderName(value []byte) string { return string(value[:min(len(value), contenderNameMax)]) }

// hostName returns the name of this machine.
func hostName() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown host"
	}
	return host
}
