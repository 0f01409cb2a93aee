package kv

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-zookeeper/zk"
)

// zkSessionTimeout is asked for where nothing hangs on the session: a
// connection that is silent for two thirds of it is given up.
const zkSessionTimeout = 10 * time.Second

// Zookeeper is a Store on ZooKeeper 3.4 or newer.
//
// A key is a znode: "a/b" is /a/b. Every znode is a key with a value, those
// made only to have others below them too, with an empty one; null data is
// an empty value. LastIndex is the Mzxid, the transaction that last changed
// the data: unlike the version, which starts at 0 again when a node is
// deleted and created, it is never used twice. The server compares versions
// only, so a compare-and-swap reads the Mzxid first and then writes on the
// condition of the version read with it.
//
// A new node gets the ACL of the node above it.
//
// Servers of an ensemble may lag behind one another. Whatever watches or follows
// first makes its server catch up with the leader (ZooKeeper's sync), each time
// that it connects: so a watch never tells a state older than one it told
// before, and a feed begins a new listing, marked as a gap. Where an ensemble
// has really lost transactions, what is left of them is told as it is, after
// that mark.
type Zookeeper struct {
	endpoints []string
	name      string // for errors
	timeout   time.Duration
	options   Config
	tls       *tls.Config
	login     []byte // user:password; nil without

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // all that must end before the sessions do

	main  *zkSession
	bells zkBells

	opening  sync.Mutex                   // held while a session is made
	sessions map[time.Duration]*zkSession // for ephemeral nodes, by timeout

	idle     sync.Mutex // held while the servers are asked whether they serve
	idleAt   time.Time  // when they were asked
	idleSaid error      // and said that they do not

	mu      sync.Mutex
	oneShot bool          // the server has no recursive watches
	shut    chan struct{} // closed when Close is done; nil before
}

var (
	_ Store         = (*Zookeeper)(nil)
	_ Follower      = (*Zookeeper)(nil)
	_ MetaReader    = (*Zookeeper)(nil)
	_ LockInspector = (*Zookeeper)(nil)
	_ HealthReader  = (*Zookeeper)(nil)
	_ Limits        = (*Zookeeper)(nil)
	_ PlanDeleter   = (*Zookeeper)(nil)
)

// InitializeZookeeper creates a new Zookeeper client given a list of
// endpoints and optional tls config. An endpoint is a host with or without a
// port (2181); the others are tried when one is down.
func InitializeZookeeper(endpoints []string, options *Config) (Store, error) {
	s := newZookeeper(endpoints, options)
	ctx, cancel := s.bounded()
	defer cancel()
	granted, err := s.probe(ctx, zkSessionTimeout)
	if err == nil {
		s.main, err = s.connect(ctx, granted, 0)
	}
	if err != nil {
		s.cancel()
		e := &Error{Op: "open", Server: s.name, Kind: zkKind(err), Err: err}
		if e.Kind == nil {
			e.Kind = ErrNotReachable
		}
		return nil, e
	}
	return s, nil
}

func newZookeeper(endpoints []string, options *Config) *Zookeeper {
	s := &Zookeeper{
		timeout:  options.connectionTimeout(),
		sessions: map[time.Duration]*zkSession{},
	}
	s.bells = zkBells{store: s, waiting: map[string][]*zkBell{}}
	for _, e := range endpoints {
		s.endpoints = append(s.endpoints, zkAddress(e))
	}
	s.name = "zookeeper " + strings.Join(s.endpoints, ",")
	if options != nil {
		s.options = *options
		s.tls = options.TLS
		if options.Username != "" {
			s.login = []byte(options.Username + ":" + options.Password)
		}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// zkAddress completes an endpoint with the standard port.
func zkAddress(endpoint string) string {
	if _, _, err := net.SplitHostPort(endpoint); err == nil {
		return endpoint
	}
	return net.JoinHostPort(strings.Trim(endpoint, "[]"), strconv.Itoa(zk.DefaultPort))
}

// bounded is the context of a small request.
func (s *Zookeeper) bounded() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.ctx, s.timeout)
}

// within is bounded for a caller who has a context of its own.
func (s *Zookeeper) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := joined(ctx, s.ctx)
	ctx, cancelTimeout := context.WithTimeout(ctx, s.timeout)
	return ctx, func() { cancelTimeout(); cancel() }
}

// probe tells which session timeout the servers grant, and so that they are
// ZooKeeper and let us in. All are asked at once; the first that answers
// counts, and a server of another kind if none does.
func (s *Zookeeper) probe(ctx context.Context, timeout time.Duration) (time.Duration, error) {
	type answer struct {
		granted time.Duration
		err     error
	}
	ctx, cancel := context.WithCancel(ctx)
	answers := make(chan answer, len(s.endpoints))
	var wg sync.WaitGroup
	defer func() { cancel(); wg.Wait() }()
	for _, address := range s.endpoints {
		wg.Go(func() {
			var granted time.Duration
			err := recovered(func() (err error) {
				granted, err = s.probeOne(ctx, address, timeout)
				return err
			})
			answers <- answer{granted, err}
		})
	}
	failures := zkFailures{errZkNotConnected}
	if len(s.endpoints) == 0 {
		failures = append(failures, errors.New("no server is given"))
	}
	for range s.endpoints {
		a := <-answers
		if a.err == nil {
			return a.granted, nil
		}
		failures = failures.with(a.err)
	}
	return 0, failures
}

// probeOne leaves half of the time to find out who it is that does not answer
// as ZooKeeper does.
func (s *Zookeeper) probeOne(ctx context.Context, address string, timeout time.Duration) (time.Duration, error) {
	half := s.timeout / 2
	if end, ok := ctx.Deadline(); ok {
		half = time.Until(end) / 2
	}
	opening, cancel := context.WithTimeout(ctx, half)
	defer cancel()
	w, err := s.openWire(opening, address, timeout)
	if err == nil {
		w.close()
		return w.granted, nil
	}
	var dial *net.OpError
	if zkKind(err) != nil || errors.As(err, &dial) && dial.Op == "dial" {
		return 0, err
	}
	return 0, s.diagnose(ctx, address, err)
}

// share is the part of the timeout that one server may use up, so that there
// is time left for the others.
func (s *Zookeeper) share() time.Duration { return s.timeout / time.Duration(max(len(s.endpoints), 1)) }

// Close implements Store.
func (s *Zookeeper) Close() {
	s.cancel()
	s.mu.Lock()
	first := s.shut == nil
	if first {
		s.shut = make(chan struct{})
	}
	s.mu.Unlock()
	if !first {
		<-s.shut
		return
	}
	defer close(s.shut)
	s.wg.Wait()
	s.opening.Lock()
	defer s.opening.Unlock()
	for _, z := range s.sessions {
		z.close()
	}
	s.main.close()
}

// enter counts the caller among those that Close waits for, until it calls
// s.wg.Done; ErrClosed when it is too late for that.
func (s *Zookeeper) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut != nil {
		return &Error{Kind: ErrClosed}
	}
	s.wg.Add(1)
	return nil
}

// Get implements Store.
func (s *Zookeeper) Get(key string) (*KVPair, error) {
	p, err := zkPath(key)
	if err != nil {
		return nil, s.fail("get", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	n, err := s.get(ctx, p)
	if err != nil {
		return nil, s.fail("get", key, err)
	}
	return n.pair(), nil
}

// Exists implements Store.
func (s *Zookeeper) Exists(key string) (bool, error) {
	p, err := zkPath(key)
	if err != nil {
		return false, s.fail("exists", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	_, err = s.stat(ctx, p)
	if errors.Is(err, zk.ErrNoNode) {
		return false, nil
	}
	return err == nil, s.fail("exists", key, err)
}

// Delete implements Store.
func (s *Zookeeper) Delete(key string) error {
	p, err := zkPath(key)
	if err != nil {
		return s.fail("delete", key, err)
	}
	ctx, cancel := s.bounded()
	defer cancel()
	return s.failWrite("delete", key, s.removeBare(ctx, p, -1))
}

// zkNode is a node as it was read.
type zkNode struct {
	path string
	data []byte
	stat *zk.Stat // nil: there is no such node

	denied   bool     // its data and the names below it may not be read
	children []string // the names below it, where they were read too
}

// pair is the node as a Store gives it.
func (n zkNode) pair() *KVPair {
	value := n.data
	if value == nil {
		value = []byte{}
	}
	return &KVPair{Key: zkKey(n.path), Value: value, LastIndex: uint64(n.stat.Mzxid)}
}

// get reads a node.
func (s *Zookeeper) get(ctx context.Context, path string) (zkNode, error) {
	return s.getOn(ctx, s.main, path)
}

func (s *Zookeeper) getOn(ctx context.Context, z *zkSession, path string) (zkNode, error) {
	return zkAskAgain(ctx, z, func(c *zk.Conn) (zkNode, error) {
		data, stat, err := c.Get(path)
		return zkNode{path: path, data: data, stat: stat}, err
	})
}

// stat reads what is known of a node; it needs no rights.
func (s *Zookeeper) stat(ctx context.Context, path string) (*zk.Stat, error) {
	return s.statOn(ctx, s.main, path)
}

func (s *Zookeeper) statOn(ctx context.Context, z *zkSession, path string) (*zk.Stat, error) {
	return zkAskAgain(ctx, z, func(c *zk.Conn) (*zk.Stat, error) {
		ok, stat, err := c.Exists(path)
		if err == nil && !ok {
			err = zk.ErrNoNode
		}
		return stat, err
	})
}

// sync lets later reads see all that was written before, by anyone.
func (s *Zookeeper) sync(ctx context.Context) error {
	_, err := zkAskAgain(ctx, s.main, func(c *zk.Conn) (string, error) { return c.Sync("/") })
	return err
}
