package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// The client library takes as many bytes as come, and gives on what it read
// without looking at it. This file bounds the bytes and looks.

const (
	// etcdAnswerMax bounds an answer about one node: a value that the server
	// took, twice where what was there before comes too, each of its bytes
	// escaped; or a directory with what is right below it.
	etcdAnswerMax = 160 << 20
	// etcdListingMax bounds a subtree that the library reads whole.
	etcdListingMax = 1 << 30
	// etcdTextMax bounds a text in a listing that is read as it comes.
	etcdTextMax = 64 << 20
	// etcdOtherMax bounds an answer that is about no key.
	etcdOtherMax = 1 << 20
)

// errEtcdNonsense says that an answer is not what the v2 API sends.
var errEtcdNonsense = errors.New("the answer is not one of the v2 API")

// etcdBound is how many bytes the answer to a request may have.
func etcdBound(req *http.Request, resp *http.Response) int64 {
	switch {
	case resp.StatusCode >= http.StatusBadRequest:
		return etcdErrorMax
	case !strings.Contains(req.URL.Path, "/v2/keys"):
		return etcdOtherMax
	case isEtcdListing(req):
		return etcdListingMax
	}
	return etcdAnswerMax
}

// etcdBounded reads no more than so many bytes, and nothing that is nested
// deeper than a listing can be: the library has a bound for that too, and takes
// many seconds to say so.
type etcdBounded struct {
	io.ReadCloser
	most, left int64

	depth          int
	quoted, escape bool
}

// Read implements io.Reader.
func (b *etcdBounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: it has more than %d bytes", errEtcdNonsense, b.most)
	}
	b.look(p[:n])
	if b.depth > etcdDepthMax {
		return 0, fmt.Errorf("%w: it is nested deeper than %d", errEtcdNonsense, etcdDepthMax)
	}
	return n, err
}

// look counts brackets.
func (b *etcdBounded) look(part []byte) {
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
			if b.depth > etcdDepthMax {
				return
			}
		case c == '}' || c == ']':
			b.depth--
		}
	}
}

// errEtcdNoLeader says that a member knows no leader: it has done nothing.
var errEtcdNoLeader = errors.New("the member knows no leader")

// etcdLeaderless is errEtcdNoLeader where an answer is that, which the library
// takes every failure of a server for, without a look at its text. That of any
// other is left to it.
func etcdLeaderless(req *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusInternalServerError && resp.StatusCode != http.StatusServiceUnavailable {
		return nil
	}
	text, _ := io.ReadAll(io.LimitReader(resp.Body, etcdErrorMax))
	resp.Body = readAgain{io.MultiReader(bytes.NewReader(text), resp.Body), resp.Body}
	// The cause of a refused proposal, of servers before and since 3.4, and
	// what is said where the leader itself is asked for.
	for _, cause := range []string{"no leader", "proposal dropped", "During election"} {
		if strings.Contains(string(text), cause) {
			return fmt.Errorf("%w: %s", errEtcdNoLeader, req.URL.Host)
		}
	}
	return nil
}

// readAgain is a body of which a part was read before.
type readAgain struct {
	io.Reader
	io.Closer
}

// leaderless finds out whether the members did not answer for want of a
// leader: they wait longer for one than we do for them. It adds that to why.
func (s *Etcd) leaderless(why error) error {
	if s.ctx.Err() != nil || !errors.Is(why, context.DeadlineExceeded) {
		return why
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.timeout/8)
	defer cancel()
	for i, e := range s.endpoints { // whichever answers knows
		asking, done := shareOf(ctx, len(s.endpoints)-i)
		_, err := client.NewMembersAPI(e.client).Leader(asking)
		done()
		switch err = etcdCauses(err); {
		case err == nil:
			return why
		case errors.Is(err, errEtcdNoLeader):
			return fmt.Errorf("%w; %w", err, why)
		}
	}
	return why
}

// etcdSoundKeys is the keys API where every answer has the nodes that one has.
type etcdSoundKeys struct{ client.KeysAPI }

// Get implements client.KeysAPI.
func (k etcdSoundKeys) Get(ctx context.Context, key string, o *client.GetOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.Get(ctx, key, o)
	return etcdSound(resp, err)
}

// Set implements client.KeysAPI.
func (k etcdSoundKeys) Set(ctx context.Context, key, value string, o *client.SetOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.Set(ctx, key, value, o)
	return etcdSound(resp, err)
}

// CreateInOrder implements client.KeysAPI.
func (k etcdSoundKeys) CreateInOrder(ctx context.Context, dir, value string, o *client.CreateInOrderOptions) (*client.Response, error) {
	resp, err := k.KeysAPI.CreateInOrder(ctx, dir, value, o)
	return etcdSound(resp, err)
}

// Watcher implements client.KeysAPI.
func (k etcdSoundKeys) Watcher(key string, o *client.WatcherOptions) client.Watcher {
	return etcdSoundWatcher{k.KeysAPI.Watcher(key, o)}
}

type etcdSoundWatcher struct{ client.Watcher }

// Next implements client.Watcher.
func (w etcdSoundWatcher) Next(ctx context.Context) (*client.Response, error) {
	resp, err := w.Watcher.Next(ctx)
	return etcdSound(resp, err)
}

// etcdSound is an answer, or the error that it lacks a node.
func etcdSound(resp *client.Response, err error) (*client.Response, error) {
	switch {
	case err != nil:
		return nil, err
	case resp == nil || !isEtcdSound(resp.Node):
		return nil, fmt.Errorf("%w: a node is missing in it", errEtcdNonsense)
	}
	return resp, nil
}

// isEtcdSound reports whether a node and all below it are there. The library
// bounds the depth.
func isEtcdSound(n *client.Node) bool {
	if n == nil {
		return false
	}
	for _, child := range n.Nodes {
		if !isEtcdSound(child) {
			return false
		}
	}
	return true
}
