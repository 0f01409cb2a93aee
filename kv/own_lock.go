package kv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
)

// What the locks of this package have in common on all backends.

const (
	// recipeOwn is the recipe of a lock made by NewLock.
	recipeOwn = "kvist lock"

	// queueSuffix ends the name under which those who want a lock queue up,
	// on the stores where they do. The queue stands beside the locked key, so
	// that it is no part of what is below the key, and so that a grant of a
	// prefix which covers the one covers the other.
	queueSuffix = ".kvist-lock"
)

// Why a lock cannot be taken or given up.
var (
	errLockBusy    = errors.New("it is held or waited for already")
	errLockNotHeld = errors.New("it is not held")
	errLockGivenUp = errors.New("the wait was given up")
)

// signature tells people whose something in the store is: "kvist on host,
// pid 7" for "kvist".
func signature(what string) string { return signatureOf(what, hostName(), os.Getpid()) }

func signatureOf(what, host string, pid int) string {
	return fmt.Sprintf("%s on %s, pid %d", what, host, pid)
}

// nextHolder says who gets a lock when its only holder goes; "" where that is
// not known.
func nextHolder(lock LockInfo, holder Contender) string {
	if len(lock.Waiters) == 0 || len(lock.Holders) != 1 || lock.Holders[0].Key != holder.Key {
		return ""
	}
	next := lock.Waiters[0]
	return "next holder: " + cmp.Or(next.Name, next.ID)
}

// contenderNameMax bounds, in bytes, what is told of a claim's value.
const contenderNameMax = 256

// contenderName is the value of a claim, which may be anything, as the name of
// who made it.
func contenderName(value []byte) string { return string(value[:min(len(value), contenderNameMax)]) }

// hostName is the name of this machine, as far as it has one.
func hostName() string {
	host, err := os.Hostname()
	if err != nil {
		return "unknown host"
	}
	return host
}
