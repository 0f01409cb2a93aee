package kv

import (
	"fmt"
	"io"
	"net/http"
	"strings"
)

// What an answer may have in bytes. A server that is broken, or none of
// Consul's, could else fill all memory.
const (
	// consulRefusalMost is for what is said beside an HTTP status that refuses.
	consulRefusalMost = 64 << 10
	// consulSmallMost is for who leads, and who are the peers.
	consulSmallMost = 64 << 10
	// consulWordMost is for a key, a session's id, and whatever else stands in
	// quotes beside a value.
	consulWordMost = 1 << 20
	// consulValueLeast is what a value may always have: the agent's own limit
	// is not known to a token without agent:read.
	consulValueLeast = 32 << 20
	// consulValueMost bounds what an agent may say that its limit is.
	consulValueMost = 128 << 20
	// consulOtherMost is for any other answer, such as all sessions.
	consulOtherMost = 64 << 20
	// consulDepthMost is how deep JSON may be nested, as in encoding/json.
	consulDepthMost = 10_000
)

// errBeyond is an answer that goes beyond a bound.
func errBeyond(what string, most int) error {
	return withKind(ErrBadAnswer, fmt.Errorf("%s of more than %d bytes", what, most))
}

// valueMost is what a value may have in an answer.
func (s *Consul) valueMost() int {
	return min(max(consulValueLeast, s.maxValue), consulValueMost)
}

// pairMost is what a pair may have in an answer, where it stands in base64.
func (s *Consul) pairMost() int { return s.valueMost()/3*4 + 8*consulWordMost }

// bound is what the whole answer to a request may have; 0 where that is for who
// reads it to see: listings have no bound but that of each of their keys.
func (s *Consul) bound(req *http.Request, answer *http.Response) int {
	path := req.URL.Path
	listing := strings.HasPrefix(path, "/v1/kv/") && (req.URL.Query().Has("recurse") || req.URL.Query().Has("keys"))
	switch {
	case path == "/v1/txn":
		// As many pairs as operations, which are few where values are large.
		return max(s.pairMost(), consulTxnOps*(consulMaxDefault/3*4+consulWordMost))
	case answer.StatusCode >= http.StatusBadRequest && answer.StatusCode != http.StatusNotFound:
		return consulRefusalMost
	case strings.HasPrefix(path, "/v1/status/"):
		return consulSmallMost
	case listing:
		return 0
	case strings.HasPrefix(path, "/v1/kv/"):
		return s.pairMost()
	}
	return consulOtherMost
}

// boundedReader gives no more than so many bytes, and then an error, or an end
// where err is nil.
type boundedReader struct {
	io.Reader
	left int
	err  error
}

// Read implements io.Reader.
func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		if b.err != nil {
			return 0, b.err
		}
		return 0, io.EOF
	}
	n, err := b.Reader.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
