package kv

// Op is what was tried when an [Error] arose: mostly the method, in lower
// case.
type Op string

// The operations of a store.
const (
	OpOpen         Op = "open"
	OpGet          Op = "get"
	OpExists       Op = "exists"
	OpList         Op = "list"
	OpPut          Op = "put"
	OpAtomicPut    Op = "atomicput"
	OpDelete       Op = "delete"
	OpAtomicDelete Op = "atomicdelete"
	OpDeleteTree   Op = "deletetree"
	OpMkdir        Op = "mkdir" // DirectoryMaker.MakeDirectory

	OpWatch      Op = "watch"
	OpWatchTree  Op = "watchtree"
	OpFollow     Op = "follow"
	OpReadChange Op = "readchange"
	OpSearch     Op = "search" // ValueReader.ReadValues

	OpNewLock   Op = "newlock"
	OpLock      Op = "lock"
	OpUnlock    Op = "unlock"
	OpLocks     Op = "locks"
	OpBreakPlan Op = "breakplan"
	OpBreak     Op = "break"

	OpPlan          Op = "plan"
	OpDeletePlanned Op = "deleteplanned"
	OpWriteNodes    Op = "writenodes"
	OpReadNodes     Op = "readnodes"
	OpMeta          Op = "meta"
	OpHistory       Op = "history" // Historian.Versions and the changes
	OpAt            Op = "at"      // Historian.At and Revision
	OpHealth        Op = "health"
)

// opWords are what the operations do, in words that a key can follow.
//
//nolint:gochecknoglobals // a table that never changes
var opWords = map[Op]string{
	OpOpen:         "opening the store",
	OpGet:          "reading",
	OpExists:       "looking for",
	OpList:         "listing",
	OpPut:          "writing",
	OpAtomicPut:    "writing",
	OpDelete:       "deleting",
	OpAtomicDelete: "deleting",
	OpDeleteTree:   "deleting all below",
	OpMkdir:        "making the directory",

	OpWatch:      "watching",
	OpWatchTree:  "watching",
	OpFollow:     "watching",
	OpReadChange: "reading the change of",
	OpSearch:     "searching",

	OpNewLock:   "locking",
	OpLock:      "locking",
	OpUnlock:    "unlocking",
	OpLocks:     "looking for locks at",
	OpBreakPlan: "planning to break the lock",
	OpBreak:     "breaking the lock",

	OpPlan:          "planning to delete",
	OpDeletePlanned: "deleting",
	OpWriteNodes:    "writing",
	OpReadNodes:     "reading",
	OpMeta:          "reading about",
	OpHistory:       "reading the history of",
	OpAt:            "going back in time",
	OpHealth:        "asking about the health of the cluster",
}

// Doing returns what the operation does, in words for a person that the name
// of a key can follow, such as "reading".
func (o Op) Doing() string {
	if words, ok := opWords[o]; ok {
		return words
	}
	return string(o)
}
