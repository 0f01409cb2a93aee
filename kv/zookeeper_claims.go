package kv

import (
	"path"
	"strconv"
	"strings"
)

// zkClaim is what the name of a node in a lock's queue tells.
type zkClaim struct {
	recipe string // of the queue it is in; "" when it is no known one
	mode   string // "read" or "write"; "" where the recipe has no modes
	number int    // its place in the queue: the sequence that the server appends
}

const (
	zkRecipeGo         = "go-zookeeper lock"
	zkRecipeCurator    = "curator mutex"
	zkRecipeCuratorRW  = "curator read/write lock"
	zkRecipeLease      = "curator semaphore"
	zkRecipeLatch      = "curator leader latch"
	zkRecipeKazoo      = "kazoo lock"
	zkRecipeKazooRW    = "kazoo read/write lock"
	zkRecipeKazooSem   = "kazoo semaphore"
	zkRecipeSequential = "sequential ephemerals"
)

// zkSequenceDigits is how many digits the server appends to the name of a
// sequential node.
const zkSequenceDigits = 10

// zkSequence cuts the sequence number off a name.
func zkSequence(name string) (stem string, number int, ok bool) {
	cut := len(name) - zkSequenceDigits
	if cut < 0 {
		return name, 0, false
	}
	for _, c := range name[cut:] {
		if c < '0' || c > '9' {
			return name, 0, false
		}
	}
	number, err := strconv.Atoi(name[cut:])
	return name[:cut], number, err == nil
}

// parseZkClaim recognises the names that the common clients give to the nodes
// of their locks:
//
//	_c_<uuid>-lock-0000000001      Curator: InterProcessMutex, LeaderSelector
//	_c_<uuid>-__READ__0000000001   Curator: InterProcessReadWriteLock, also __WRIT__
//	_c_<uuid>-lease-0000000001     Curator: InterProcessSemaphoreV2
//	_c_<uuid>-latch-0000000001     Curator: LeaderLatch
//	_c_<32 hex>-lock-0000000001    go-zookeeper: Lock; the locks of this package
//	<32 hex>__lock__0000000001     kazoo: Lock, WriteLock, Election
//	<32 hex>__rlock__0000000001    kazoo: ReadLock
//
// Any other sequential name may be a lock too, if its node is ephemeral.
func parseZkClaim(name string) (claim zkClaim, sequential bool) {
	stem, number, ok := zkSequence(name)
	if !ok {
		return zkClaim{}, false
	}
	claim.number = number
	if rest, found := strings.CutPrefix(stem, "_c_"); found {
		if len(rest) > 36 && zkIsID(rest[:36], 4) && rest[36] == '-' {
			claim.recipe, claim.mode = zkCuratorRecipe(rest[37:])
		} else if len(rest) > 32 && zkIsID(rest[:32], 0) && rest[32:] == "-lock-" {
			claim.recipe = zkRecipeGo
		}
		return claim, true
	}
	if len(stem) > 32 && zkIsID(stem[:32], 0) {
		switch stem[32:] {
		case "__lock__":
			claim.recipe = zkRecipeKazoo
		case "__rlock__":
			claim.recipe, claim.mode = zkRecipeKazooRW, "read"
		}
	}
	return claim, true
}

// zkCuratorRecipe tells Curator's recipes apart by what stands behind the
// protecting id.
func zkCuratorRecipe(tag string) (recipe, mode string) {
	switch tag {
	case "lock-":
		return zkRecipeCurator, ""
	case "__READ__":
		return zkRecipeCuratorRW, "read"
	case "__WRIT__":
		return zkRecipeCuratorRW, "write"
	case "lease-":
		return zkRecipeLease, ""
	case "latch-":
		return zkRecipeLatch, ""
	}
	return "", ""
}

// zkIsID reports whether s is hexadecimal with that many dashes in it.
func zkIsID(s string, dashes int) bool {
	for _, c := range s {
		switch {
		case c == '-':
			dashes--
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return dashes == 0
}

// zkLockOwner is the node of the key whose lock a node is a claim to.
func zkLockOwner(node string) (owner string, ok bool) {
	claim, _ := parseZkClaim(path.Base(node))
	if claim.recipe == "" {
		return "", false
	}
	dir := path.Dir(node)
	if owner, ok := zkQueueOwner(dir); ok {
		return owner, true
	}
	return dir, true
}

// zkQueuePath is the node that holds the queue for this package's lock on a key.
// It stands beside the key's node: nodes below that would be keys.
func zkQueuePath(node string) string { return node + queueSuffix }

// zkQueueOwner is the node of the key whose lock has its queue here.
func zkQueueOwner(queue string) (owner string, ok bool) {
	owner, ok = strings.CutSuffix(queue, queueSuffix)
	return owner, ok && !strings.HasSuffix(owner, "/")
}
