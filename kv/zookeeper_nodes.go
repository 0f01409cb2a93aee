package kv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/wait"
	"kvist/kv/internal/zkwire"
)

// ReadNodes implements NodeReader. Value and ACL of a znode are two requests, which are under way
// together with those of many others; those of very many znodes go over several connections.
func (s *Zookeeper) ReadNodes(ctx context.Context, keys []string, see func(*Node)) (denied int, err error) {
	if len(keys) > zkwire.Many {
		return s.readMany(ctx, keys, see)
	}
	return readEach(ctx, keys, zkwire.Width, see, func(ctx context.Context, key string) (*Node, error) {
		p, err := zkPath(key)
		if err != nil {
			return nil, s.fail(OpReadNodes, key, err)
		}
		ctx, cancel := s.request(ctx)
		defer cancel()
		n, err := s.main.Get(ctx, p)
		if err != nil {
			return nil, s.fail(OpReadNodes, key, err)
		}
		acl, err := s.main.ACL(ctx, p)
		if err != nil && !errors.Is(err, zk.ErrNoAuth) {
			return nil, s.fail(OpReadNodes, key, err)
		}
		return zkNode(n, acl), nil
	})
}

// readMany is ReadNodes over connections of its own.
func (s *Zookeeper) readMany(ctx context.Context, keys []string, see func(*Node)) (denied int, err error) {
	leave, err := s.enter()
	if err != nil {
		return 0, s.fail(OpReadNodes, "", err)
	}
	defer leave()
	paths := make([]string, len(keys))
	for i, key := range keys {
		if paths[i], err = zkPath(key); err != nil {
			return 0, s.fail(OpReadNodes, key, err)
		}
	}
	ctx, cancel := wait.Joined(ctx, s.ctx)
	defer cancel()
	var nodes []zkwire.Node
	for range zkTries {
		if nodes, err = s.readWhole(ctx, paths); !errors.Is(err, zk.ErrConnectionClosed) {
			break
		}
	}
	if err != nil {
		return 0, s.fail(OpReadNodes, keys[0], err)
	}
	for i := range nodes {
		switch n := &nodes[i]; {
		case n.Stat == nil: // it is not there
		case n.Denied:
			denied++
		default:
			see(zkNode(*n, n.ACL))
		}
	}
	return denied, nil
}

// readWhole reads znodes once, as they are now or later.
func (s *Zookeeper) readWhole(ctx context.Context, paths []string) ([]zkwire.Node, error) {
	p, err := s.dialer.OpenPipe(ctx, nil, s.timeout)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	readers := zkwire.NewReaders(p)
	defer readers.Close()
	syncing, cancel := s.request(ctx)
	defer cancel()
	if err := p.Sync(syncing); err != nil {
		return nil, err
	}
	readers.Grow(ctx)
	return readers.ReadWhole(ctx, paths)
}

// zkNode returns a znode with its type and its ACL.
func zkNode(n zkwire.Node, acl []zk.ACL) *Node {
	pair := zkPair(n)
	whole := &Node{Key: pair.Key, Value: pair.Value, Index: pair.LastIndex}
	switch kind, ttl := zkType(n.Stat.EphemeralOwner); kind {
	case EphemeralNode:
		whole.Type, whole.Owner = kind, zkSessionText(n.Stat.EphemeralOwner)
	default:
		whole.Type, whole.TTL, whole.Left = kind, ttl, ttl
	}
	for _, a := range acl {
		whole.ACL = append(whole.ACL, a.Scheme+":"+a.ID+":"+zkRights(a.Perms))
	}
	return whole
}

// zkType returns the kind of a znode, which its owner tells: the lowest number is that of
// containers, and a first byte of ones that of znodes with a TTL in milliseconds (EphemeralType of
// ZooKeeper 3.5.3 and later).
func zkType(owner int64) (NodeType, time.Duration) {
	const extended, ttlBits = 0xff, 1<<40 - 1
	switch {
	case owner == 0:
		return PlainNode, 0
	case owner == math.MinInt64:
		return ContainerNode, 0
	case uint64(owner)>>56 == extended:
		return TTLNode, time.Duration(owner&ttlBits) * time.Millisecond
	}
	return EphemeralNode, 0
}

// zkACL returns the entries of an ACL as ReadNodes returns them; false where part of it was hidden
// from the login that read it, so that it cannot be given back.
func zkACL(texts []string) ([]zk.ACL, bool) {
	acl := make([]zk.ACL, 0, len(texts))
	for _, text := range texts {
		scheme, rest, _ := strings.Cut(text, ":")
		i := strings.LastIndexByte(rest, ':')
		if i < 0 {
			return nil, false
		}
		perms := int32(0)
		for _, right := range rest[i+1:] {
			perms |= zkRightBits()[right]
		}
		acl = append(acl, zk.ACL{Perms: perms, Scheme: scheme, ID: rest[:i]})
	}
	return acl, len(acl) > 0 && !zkMasked(acl)
}

// zkRightBits returns the right of each letter of zkRights.
func zkRightBits() map[rune]int32 {
	return map[rune]int32{'c': zk.PermCreate, 'd': zk.PermDelete, 'r': zk.PermRead, 'w': zk.PermWrite, 'a': zk.PermAdmin}
}

// WriteNodes implements NodeWriter. New znodes are created in transactions, those above others
// first; the rest takes a request each.
func (s *Zookeeper) WriteNodes(ctx context.Context, writes []Write, done func(int, Written)) error {
	var created, others []int
	for i := range writes {
		w := &writes[i]
		if w.Before == nil && w.After != nil && w.After.Type == PlainNode && len(w.After.Value)+len(w.Key) <= zkValueMax/2 {
			created = append(created, i)
		} else {
			others = append(others, i)
		}
	}
	slices.SortStableFunc(created, func(a, b int) int {
		return cmp.Compare(strings.Count(writes[a].Key, "/"), strings.Count(writes[b].Key, "/"))
	})
	if err := s.createAll(ctx, writes, created, done); err != nil {
		return err
	}
	rest := make([]Write, len(others))
	for n, i := range others {
		rest[n] = writes[i]
	}
	return writeEach(ctx, rest, s.writeNode, func(n int, w Written) { done(others[n], w) })
}

const (
	zkCreateNodes = 100       // of one transaction
	zkCreateBytes = 480 << 10 // of one transaction, which must fit into the server's packet limit
)

// createAll creates znodes at these places of writes.
func (s *Zookeeper) createAll(ctx context.Context, writes []Write, places []int, done func(int, Written)) error {
	for len(places) > 0 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n, bytes := 0, 0
		for n < min(len(places), zkCreateNodes) {
			w := &writes[places[n]]
			bytes += len(w.Key) + len(w.After.Value) + 128
			if n > 0 && bytes > zkCreateBytes {
				break
			}
			n++
		}
		if err := s.createBatch(context.WithoutCancel(ctx), writes, places[:n], done); err != nil {
			return err
		}
		places = places[n:]
	}
	return nil
}

// createBatch creates znodes in one transaction, or one after the other where that fails. The error
// is why nothing more can be tried.
func (s *Zookeeper) createBatch(ctx context.Context, writes []Write, places []int, done func(int, Written)) error {
	index, err := s.createTogether(ctx, writes, places)
	if err == nil {
		for _, i := range places {
			done(i, Written{Index: index})
		}
		return nil
	}
	if failed := s.failWrite(OpWriteNodes, writes[places[0]].Key, err); stopsPlan(failed) {
		for _, i := range places {
			done(i, Written{Err: failed})
		}
		return failed
	}
	for _, i := range places {
		w := s.writeNode(ctx, &writes[i])
		done(i, w)
		if stopsPlan(w.Err) {
			return w.Err
		}
	}
	return nil
}

// createTogether creates znodes in one transaction and returns the index of all of them. A server
// returns a stat for a Set only, so the last znode is also set.
func (s *Zookeeper) createTogether(ctx context.Context, writes []Write, places []int) (uint64, error) {
	ctx, cancel := s.request(ctx)
	defer cancel()
	ops := make([]any, 0, len(places)+1)
	for _, i := range places {
		w := &writes[i]
		p, err := zkWritable(w.Key, w.After.Value, zkValueMax)
		if err != nil {
			return 0, err
		}
		acl, err := s.aclOf(w.After, func() ([]zk.ACL, error) { return s.acl(ctx, zkParent(p)) })
		if err != nil {
			return 0, err
		}
		ops = append(ops, &zk.CreateRequest{Path: p, Data: w.After.Value, Acl: acl})
	}
	last := ops[len(ops)-1].(*zk.CreateRequest) //nolint:forcetypeassert // all are
	ops = append(ops, &zk.SetDataRequest{Path: last.Path, Data: last.Data, Version: 0})
	answers, err := s.main.Multi(ctx, ops...)
	if err != nil {
		return 0, err
	}
	return uint64(answers[len(answers)-1].Stat.Mzxid), nil
}

// writeNode carries out a single write.
func (s *Zookeeper) writeNode(ctx context.Context, w *Write) Written {
	switch {
	case w.After == nil:
		_, err := s.AtomicDelete(w.Key, w.Before.pair())
		return Written{Err: err}
	case w.Before != nil || len(w.After.Value)+2*len(w.Key) > zkValueMax:
		_, pair, err := s.AtomicPut(w.Key, w.After.Value, w.Before.pair(), nil)
		if err != nil {
			return Written{Err: err}
		}
		return Written{Index: pair.LastIndex}
	}
	index, err := s.createNode(ctx, w)
	return Written{Index: index, Err: s.failWrite(OpWriteNodes, w.Key, err)}
}

// aclOf returns the ACL that a znode is created with: its own, or that of the one above if it is
// new here. Entries that the server hid from the login that read them are left out, so that nobody
// gets a right that they did not have. If nothing is left, the znode belongs to our login alone.
func (s *Zookeeper) aclOf(n *Node, above func() ([]zk.ACL, error)) ([]zk.ACL, error) {
	if len(n.ACL) == 0 {
		return above()
	}
	acl, known := zkACL(n.ACL)
	if known {
		return acl, nil
	}
	seen := slices.DeleteFunc(acl, func(a zk.ACL) bool { return zkMasked([]zk.ACL{a}) })
	switch {
	case len(seen) > 0:
		return seen, nil
	case s.dialer.Login == nil:
		return nil, fmt.Errorf("%w: the server hides the rights that %s had, and without a login it would be open to everybody", zk.ErrNoAuth, n.Key)
	}
	return zk.AuthACL(zk.PermAll), nil
}

// createNode creates a znode of any type with its ACL, and those above it that do not exist.
func (s *Zookeeper) createNode(ctx context.Context, w *Write) (uint64, error) {
	p, err := zkWritable(w.Key, w.After.Value, zkValueMax)
	if err != nil {
		return 0, err
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	var stat *zk.Stat
	err = s.withParents(ctx, p, func(parents []zk.ACL) error {
		acl, err := s.aclOf(w.After, func() ([]zk.ACL, error) { return parents, nil })
		if err == nil {
			stat, err = s.createTyped(ctx, p, w.After, acl)
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return uint64(stat.Mzxid), nil
}

// createTyped creates a znode as a container, with a TTL, or as a plain one.
func (s *Zookeeper) createTyped(ctx context.Context, path string, n *Node, acl []zk.ACL) (*zk.Stat, error) {
	var err error
	switch n.Type {
	case ContainerNode:
		err = s.main.CreateContainer(ctx, path, n.Value, acl)
	case TTLNode:
		err = s.main.CreateTTL(ctx, path, n.Value, acl, n.TTL)
	case PlainNode, DirectoryNode, EphemeralNode:
		return s.multiCreate(ctx, s.main, path, n.Value, acl, false)
	}
	if err != nil {
		return nil, err
	}
	return s.main.Stat(ctx, path)
}

// zkParent returns the path of the znode above.
func zkParent(path string) string { return cmp.Or(path[:strings.LastIndexByte(path, '/')], "/") }

// Unkept implements NodeWriter.
func (s *Zookeeper) Unkept(_ context.Context, nodes []*Node) ([][]string, error) {
	lost := make([][]string, len(nodes))
	for i, n := range nodes {
		if n.Type == EphemeralNode {
			lost[i] = append(lost[i], LostSession)
		}
		if n.Type == TTLNode {
			lost[i] = append(lost[i], "time that had passed of the TTL, which begins anew")
		}
		if _, known := zkACL(n.ACL); !known && len(n.ACL) > 0 {
			lost[i] = append(lost[i], "the part of the ACL that the server hides from this login, which is left out")
		}
		if n.Flags != 0 {
			lost[i] = append(lost[i], "flags")
		}
	}
	return lost, nil
}

// CheckNodes implements NodeChecker. No answer reports how large a packet the server takes, so a
// value that is larger than every server takes is sent to it, as a write over a version that no
// znode has: it writes nothing, and a server that takes no such packet drops the connection, which
// is one of its own. Of several large ones the largest that is taken speaks for the smaller ones.
func (s *Zookeeper) CheckNodes(ctx context.Context, nodes []*Node) ([]error, error) {
	return checkNodes(nodes, zkValueMax, s.CheckWrite, func(n *Node) error { return s.probe(ctx, n) })
}

// probe returns the error with which the server refuses a value of that size, and writes nothing.
func (s *Zookeeper) probe(ctx context.Context, n *Node) error {
	p, err := zkPath(n.Key)
	if err != nil {
		return s.fail(OpPut, n.Key, err)
	}
	ctx, cancel := s.request(ctx)
	defer cancel()
	w, err := s.writer(ctx, s.main, p, n.Value)
	if err != nil {
		return s.fail(OpPut, n.Key, err)
	}
	defer w.release()
	_, err = w.Set(ctx, p, n.Value, math.MaxInt32)
	if errors.Is(err, zk.ErrNoNode) || errors.Is(err, zk.ErrBadVersion) {
		return nil
	}
	return s.failWrite(OpPut, n.Key, w.outcome(ctx, err))
}
