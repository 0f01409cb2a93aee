package kv

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"sort"
	"strconv"
	"sync"
	"time"

	client "go.etcd.io/etcd/client/v2"
)

// etcdTicket is what a place in a queue has as its value: who stands there,
// for people to read, and a word to know one's own place by.
type etcdTicket struct {
	Host string `json:"host"`
	PID  int    `json:"pid"`
	TTL  int    `json:"ttl"` // seconds
	ID   string `json:"id"`
}

// newEtcdTicket is a ticket of this process.
func newEtcdTicket(ttl time.Duration) etcdTicket {
	return etcdTicket{Host: hostName(), PID: os.Getpid(), TTL: int(ttl / time.Second), ID: rand.Text()}
}

// etcdPlace is a place in a queue: an in-order key with a TTL that is renewed
// until the place is left.
type etcdPlace struct {
	store *Etcd
	queue string // the directory
	path  string // our own node in it
	ttl   time.Duration

	first   chan struct{} // closed when nobody stands before it
	gone    chan struct{} // closed when it is not in the queue any more
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	standing map[string]bool // the nodes in the queue
}

// enqueue takes the last place in a queue, which is made if there is none.
func (s *Etcd) enqueue(ctx context.Context, queue string, ttl time.Duration) (*etcdPlace, error) {
	ticket := newEtcdTicket(ttl)
	value, err := json.Marshal(ticket)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	small, done := s.small(ctx)
	defer done()
	var resp *client.Response
	err = s.write(small, func(ctx context.Context, e *etcdEndpoint) (err error) {
		resp, err = e.keys.CreateInOrder(ctx, queue, string(value), &client.CreateInOrderOptions{TTL: ttl})
		return err
	})
	if err != nil {
		if !etcdAnswered(err) {
			s.withdraw(ctx, queue, ticket)
		}
		return nil, err
	}
	p := &etcdPlace{
		store: s, queue: queue, path: resp.Node.Key, ttl: ttl,
		first: make(chan struct{}), gone: make(chan struct{}),
	}
	ctx, p.cancel = context.WithCancel(ctx)
	follow := etcdFollow{store: s, path: queue, recursive: true, sink: p}
	p.running.Go(func() { untilEnded(ctx, func() { follow.run(ctx) }) })
	p.running.Go(func() {
		if contained(func() { p.keep(ctx, began) }) != nil {
			p.mu.Lock()
			closeOnce(p.gone) // whether it still stands is not known
			p.mu.Unlock()
		}
	})
	return p, nil
}

// withdraw deletes the place that a request without an answer may have taken.
// What cannot be deleted ends by its TTL. It does so even where ctx has ended.
func (s *Etcd) withdraw(ctx context.Context, queue string, ticket etcdTicket) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	dir, _, err := s.node(ctx, queue, true)
	if err != nil {
		return
	}
	for _, n := range dir.Nodes {
		var t etcdTicket
		if json.Unmarshal([]byte(n.Value), &t) == nil && t.ID == ticket.ID {
			_ = s.remove(ctx, n.Key, nil)
		}
	}
}

// leave gives the place up, and deletes the queue if it was the last in it.
func (p *etcdPlace) leave() error {
	p.cancel()
	p.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), p.store.timeout)
	defer cancel()
	err := p.store.remove(ctx, p.path, nil)
	// Somebody else may stand in it, or have deleted it already.
	_ = p.store.remove(ctx, p.queue, &client.DeleteOptions{Dir: true})
	return err
}

// keep renews the place three times in its TTL. When it could not be renewed
// for as long as the TTL, counted from before the last success was sent, it
// counts as gone, even if nobody answers: the server has let it go by now, or
// will when it comes back.
func (p *etcdPlace) keep(ctx context.Context, renewed time.Time) {
	for {
		until := renewed.Add(p.ttl)
		timer := time.NewTimer(min(p.ttl/3, time.Until(until)))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
		began := time.Now()
		attempt, cancel := context.WithDeadline(ctx, earlier(until, began.Add(p.store.timeout)))
		_, err := p.store.refresh(attempt, p.path, 0, p.ttl)
		cancel()
		switch {
		case err == nil:
			renewed = began
		case etcdMissing(err), !time.Now().Before(until):
			p.mu.Lock()
			closeOnce(p.gone)
			p.mu.Unlock()
			return
		}
	}
}

// earlier is the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// closeOnce closes a channel unless it is closed. Its closers exclude each
// other.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}

func (p *etcdPlace) list(ctx context.Context, follow *etcdFollow, _ Missed) (uint64, error) {
	node, index, err := follow.read(ctx)
	if err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.standing = map[string]bool{}
	for _, n := range inOrder(node) {
		p.standing[n.Key] = true
	}
	p.look()
	return index, nil
}

func (p *etcdPlace) apply(change *client.Response) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := change.Node
	_, inside := etcdBelow(p.queue, n.Key)
	switch {
	case !isDeletion(change):
		if standsInOrder(n) {
			p.standing[n.Key] = true
		}
	case inside:
		delete(p.standing, n.Key)
	default: // the queue, or what it is in
		clear(p.standing)
	}
	p.look()
}

func (p *etcdPlace) lost(error) {} // keep sees to it

// look tells what has become of the place.
func (p *etcdPlace) look() {
	if !p.standing[p.path] {
		closeOnce(p.gone)
		return
	}
	for other := range p.standing {
		if other < p.path {
			return
		}
	}
	closeOnce(p.first)
}

// inOrder are those who stand in a queue, the first first. dir may be nil, or
// a directory that is no queue, in which nobody stands.
func inOrder(dir *client.Node) []*client.Node {
	if dir == nil {
		return nil
	}
	var standing []*client.Node
	for _, n := range dir.Nodes {
		if standsInOrder(n) {
			standing = append(standing, n)
		}
	}
	sort.Slice(standing, func(i, j int) bool { return standing[i].CreatedIndex < standing[j].CreatedIndex })
	return standing
}

// standsInOrder reports whether a node is a place in a queue: an in-order key,
// which the server names after the index of its creation in twenty digits,
// that ends by itself when it is not renewed.
func standsInOrder(n *client.Node) bool {
	return !n.Dir && n.Expiration != nil && path.Base(n.Key) == fmt.Sprintf("%020s", strconv.FormatUint(n.CreatedIndex, 10))
}
