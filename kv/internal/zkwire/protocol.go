package zkwire

import (
	"errors"
	"fmt"

	"github.com/go-zookeeper/zk"
)

// Operations and the numbers of requests, as in zookeeper.jute and ZooDefs.java.
const (
	opCreate       = 1
	opExists       = 3
	opGetData      = 4
	opSetData      = 5
	opGetACL       = 6
	opSync         = 9
	opPing         = 11
	opGetChildren2 = 12 // with the stat
	opMulti        = 14
	opRemoveWatch  = 18 // 3.5 and newer
	opAuth         = 100
	opAddWatch     = 106 // 3.6 and newer
	opClose        = -11
	opError        = -1 // in the answer to a transaction

	xidEvent = -1
	xidPing  = -2
	xidAuth  = -4
	xidFirst = 1

	modeRecursive = 1

	watcherNames = 1 // types of watchers that can be removed
	watcherData  = 2
)

const (
	// frameMax bounds a packet in bytes where only small ones are due: a server of another kind
	// may send anything for a length.
	frameMax = 4 << 20

	// AnswerMax bounds any packet in bytes. The names below one node come in one packet, and the
	// server has no limit for them.
	AnswerMax = 256 << 20

	// readBuffer holds the answers to a few hundred small requests, in bytes.
	readBuffer = 64 << 10

	// statSize is the size of a stat in bytes.
	statSize = 68
)

// Kinds of events, as the server numbers them.
const (
	Created      int32 = 1
	Deleted      int32 = 2
	Changed      int32 = 3
	NamesChanged int32 = 4 // a child was created or deleted
)

// Event is one change of one node.
type Event struct {
	Kind int32
	Path string
}

// Errors of this package.
var (
	// ErrNotConnected says that a request was not sent, for want of a server.
	ErrNotConnected = errors.New("no connection to a server")
	// ErrUnanswered says that a request was sent and not answered in time.
	ErrUnanswered = errors.New("no answer in time")
	// ErrBadAnswer says that an answer does not follow the protocol.
	ErrBadAnswer = errors.New("the answer does not follow ZooKeeper's protocol")
	// ErrNotZooKeeper says that a server of another kind answered.
	ErrNotZooKeeper = errors.New("the answer is not ZooKeeper's")
	// ErrNoLeader says that the servers are there and do not serve.
	ErrNoLeader = errors.New("no server serves")
	// ErrNoRecursiveWatches says that a server is older than 3.6.
	ErrNoRecursiveWatches = errors.New("the server does not know recursive watches")
	// ErrNotListed says that a server does not answer a four-letter word.
	ErrNotListed = errors.New("the word is not in the server's 4lw.commands.whitelist")

	errNoSession = errors.New("the server gave no session")
)

// Code is an error number of the server for which the client library's variables are not used.
type Code int32

func (c Code) Error() string { return fmt.Sprintf("server error %d", int32(c)) }

// Error numbers that this module acts on.
const (
	CodeUnimplemented  Code = -6
	CodeNoNode         Code = -101
	CodeNoAuth         Code = -102
	CodeSessionExpired Code = -112
	CodeAuthFailed     Code = -115
	CodeNoWatcher      Code = -121
)

// failure returns the error for an error number of the server: the client library's variable
// where callers act on it, and nil for 0.
func failure(code int32) error {
	switch Code(code) {
	case 0:
		return nil
	case CodeNoNode:
		return zk.ErrNoNode
	case CodeNoAuth:
		return zk.ErrNoAuth
	case CodeSessionExpired:
		return zk.ErrSessionExpired
	}
	return Code(code)
}
