package zkrecipe

import (
	"strconv"
	"strings"
)

// Recipes, as they are shown.
const (
	GoLock         = "go-zookeeper lock"
	Curator        = "curator mutex"
	CuratorRW      = "curator read/write lock"
	Lease          = "curator semaphore"
	Latch          = "curator leader latch"
	Kazoo          = "kazoo lock"
	KazooRW        = "kazoo read/write lock"
	KazooSemaphore = "kazoo semaphore"
	Sequential     = "sequential ephemerals"
)

// Modes of a read/write lock.
const (
	Read  = "read"
	Write = "write"
)

// Claim is what the name of a node in a lock's queue says.
type Claim struct {
	Recipe string // of the queue; "" if it is not known
	Mode   string // Read or Write; "" if the recipe has no modes
	Number int    // the place in the queue: the sequence number that the server appended
}

// Parse recognises the names that the common clients give to the nodes of their locks:
//
//	_c_<uuid>-lock-0000000001      Curator: InterProcessMutex, LeaderSelector
//	_c_<uuid>-__READ__0000000001   Curator: InterProcessReadWriteLock, also __WRIT__
//	_c_<uuid>-lease-0000000001     Curator: InterProcessSemaphoreV2
//	_c_<uuid>-latch-0000000001     Curator: LeaderLatch
//	_c_<32 hex>-lock-0000000001    go-zookeeper: Lock; the locks of kvist
//	<32 hex>__lock__0000000001     kazoo: Lock, WriteLock, Election
//	<32 hex>__rlock__0000000001    kazoo: ReadLock
//
// Any other sequential name may be a lock too, if its node is ephemeral.
func Parse(name string) (claim Claim, sequential bool) {
	stem, number, ok := cutSequence(name)
	if !ok {
		return Claim{}, false
	}
	claim.Number = number
	if rest, found := strings.CutPrefix(stem, "_c_"); found {
		if len(rest) > 36 && isID(rest[:36], 4) && rest[36] == '-' {
			claim.Recipe, claim.Mode = curatorRecipe(rest[37:])
		} else if len(rest) > 32 && isID(rest[:32], 0) && rest[32:] == "-lock-" {
			claim.Recipe = GoLock
		}
		return claim, true
	}
	if len(stem) > 32 && isID(stem[:32], 0) {
		switch stem[32:] {
		case "__lock__":
			claim.Recipe = Kazoo
		case "__rlock__":
			claim.Recipe, claim.Mode = KazooRW, Read
		}
	}
	return claim, true
}

// IsKazooLease reports whether a name may be that of a lease of kazoo's semaphore.
func IsKazooLease(name string) bool { return len(name) == 32 && isID(name, 0) }

// sequenceDigits is how many digits the server appends to the name of a sequential node.
const sequenceDigits = 10

// cutSequence cuts the sequence number off a name.
func cutSequence(name string) (stem string, number int, ok bool) {
	cut := len(name) - sequenceDigits
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

// curatorRecipe returns Curator's recipe for what follows the protecting id in a name.
func curatorRecipe(tag string) (recipe, mode string) {
	switch tag {
	case "lock-":
		return Curator, ""
	case "__READ__":
		return CuratorRW, Read
	case "__WRIT__":
		return CuratorRW, Write
	case "lease-":
		return Lease, ""
	case "latch-":
		return Latch, ""
	}
	return "", ""
}

// isID reports whether s is hexadecimal with that many dashes in it.
func isID(s string, dashes int) bool {
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
