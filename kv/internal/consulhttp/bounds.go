package consulhttp

import (
	"io"
	"net/http"
	"strings"
)

// The most bytes of an answer and its parts. A server that is broken, or is not Consul, could
// otherwise fill all memory.
const (
	// refusalMost is for the text that comes with an HTTP status that refuses.
	refusalMost = 64 << 10
	// smallMost is for the leader and the peers.
	smallMost = 64 << 10
	// wordMost is for a key, a session's id, and whatever else stands in quotes beside a value.
	wordMost = 1 << 20
	// valueLeast is accepted of any value: the agent's own limit is not known to a token without
	// agent:read.
	valueLeast = 32 << 20
	// valueMost bounds what an agent may say that its limit is.
	valueMost = 128 << 20
	// otherMost is for any other answer, such as all sessions.
	otherMost = 64 << 20
	// depthMost is how deep JSON may be nested, as in encoding/json.
	depthMost = 10_000
	// sizeDefault is what an agent accepts of a value and of a transaction unless it says otherwise
	// (limits.kv_max_value_size and limits.txn_max_req_len of its configuration).
	sizeDefault = 512 << 10
)

// valueMost returns the most bytes of a value in an answer.
func (c *Client) valueMost() int { return min(max(valueLeast, c.maxValue), valueMost) }

// pairMost returns the most bytes of a pair in an answer, where its value is in base64.
func (c *Client) pairMost() int { return c.valueMost()/3*4 + 8*wordMost }

// bound returns the most bytes of the whole answer to a request. It is 0 for a listing:
// only each of its elements has a bound.
func (c *Client) bound(req *http.Request, answer *http.Response) int {
	path := req.URL.Path
	listing := strings.HasPrefix(path, kvPath) && (req.URL.Query().Has("recurse") || req.URL.Query().Has("keys"))
	switch {
	case path == txnPath:
		// As many pairs as operations, which are few where values are large.
		return max(c.pairMost(), TxnOps*(sizeDefault/3*4+wordMost))
	case answer.StatusCode >= http.StatusBadRequest && answer.StatusCode != http.StatusNotFound:
		return refusalMost
	case strings.HasPrefix(path, "/v1/status/"):
		return smallMost
	case listing:
		return 0
	case strings.HasPrefix(path, kvPath):
		return c.pairMost()
	}
	return otherMost
}

// boundedReader reads so many bytes at most, and then returns err, or an end where that is nil.
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
