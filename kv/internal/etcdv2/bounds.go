package etcdv2

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// The client library reads as many bytes as arrive. These are the most that an answer may have.
const (
	// answerMax bounds an answer about one node: a value that the server took, twice if the value
	// that it replaced comes too, with each byte escaped; or a directory with what is right in it.
	answerMax = 160 << 20
	// treeMax bounds a subtree that the library reads as a whole.
	treeMax = 1 << 30
	// textMax bounds a string in a listing that is read while it arrives.
	textMax = 64 << 20
	// otherMax bounds an answer that is not about a key.
	otherMax = 1 << 20
	// errorMax bounds an error answer.
	errorMax = 64 << 10
)

// answerMost returns how many bytes the answer to a request may have.
func answerMost(req *http.Request, resp *http.Response) int64 {
	switch {
	case resp.StatusCode >= http.StatusBadRequest:
		return errorMax
	case !strings.Contains(req.URL.Path, "/v2/keys"):
		return otherMax
	case isListing(req):
		return treeMax
	}
	return answerMax
}

// boundedBody is the body of an answer that may have so many bytes, and be nested no deeper than
// depthMax. The library bounds the depth too, but takes many seconds to reach its bound.
type boundedBody struct {
	io.ReadCloser
	most, left int64

	depth          int
	quoted, escape bool
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: it has more than %d bytes", ErrBadAnswer, b.most)
	}
	b.countBrackets(p[:n])
	if b.depth > depthMax {
		return 0, fmt.Errorf("%w: it is nested deeper than %d", ErrBadAnswer, depthMax)
	}
	return n, err
}

// countBrackets keeps depth up to date over a part of the answer.
func (b *boundedBody) countBrackets(part []byte) {
	for _, c := range part {
		switch {
		case b.escape:
			b.escape = false
		case b.quoted:
			b.escape, b.quoted = c == '\\', c != '"'
		case c == '"':
			b.quoted = true
		case c == '{' || c == '[':
			b.depth++
			if b.depth > depthMax {
				return
			}
		case c == '}' || c == ']':
			b.depth--
		}
	}
}

// noLeader returns ErrNoLeader if an answer says that there is none. The library takes every
// failure of a server for that, and does not read the text. Other failures are left to it.
func noLeader(req *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusInternalServerError && resp.StatusCode != http.StatusServiceUnavailable {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, errorMax))
	resp.Body = rereadBody{io.MultiReader(bytes.NewReader(text), resp.Body), resp.Body}
	// The cause of a refused proposal, of servers before and since 3.4, and the answer to the
	// question for the leader.
	for _, cause := range []string{"no leader", "proposal dropped", "During election"} {
		if strings.Contains(string(text), cause) {
			return fmt.Errorf("%w: %s", ErrNoLeader, req.URL.Host)
		}
	}
	return nil
}

// rereadBody is a body whose beginning was read before.
type rereadBody struct {
	io.Reader
	io.Closer
}
