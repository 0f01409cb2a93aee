package kv

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path"
	"slices"
	"strings"

	"github.com/go-zookeeper/zk"

	"kvist/kv/internal/zkclient"
	"kvist/kv/internal/zkwire"
)

// Changes of znodes that take several steps. The znodes above a new one, its ACL, the empty queues
// below one that is deleted, and the session of a large value belong to them.

// zkTries bounds how often such a change begins anew when others change the same znodes between
// its steps.
const zkTries = 16

var errZkBusy = errors.New("others keep changing the same nodes")

// put sets a znode, or creates it.
func (s *Zookeeper) put(ctx context.Context, z *zkclient.Session, path string, value []byte) error {
	for range zkTries {
		if _, err := z.Set(ctx, path, value, zkclient.AnyVersion); !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err := s.create(ctx, z, path, value, 0); !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return errZkBusy
}

// create creates a znode, and the znodes above it that do not exist.
func (s *Zookeeper) create(ctx context.Context, z *zkclient.Session, path string, value []byte, flags int32) error {
	return s.withParents(ctx, path, func(acl []zk.ACL) error {
		_, err := z.Create(ctx, path, value, flags, acl)
		return err
	})
}

// createNew is create, and returns the new znode's stat. The server returns a stat for a Set but
// not for a Create, so that both are done in one transaction: nobody sees the znode without its
// value, and the index is exactly the one of this write. A read afterwards could meet a znode
// that somebody else has put there meanwhile.
func (s *Zookeeper) createNew(ctx context.Context, z *zkclient.Session, path string, value []byte, ephemeral bool) (*zk.Stat, error) {
	var stat *zk.Stat
	err := s.withParents(ctx, path, func(acl []zk.ACL) error {
		var err error
		stat, err = s.multiCreate(ctx, z, path, value, acl, ephemeral)
		return err
	})
	return stat, err
}

// replace replaces a znode by an ephemeral one of session z.
func (s *Zookeeper) replace(ctx context.Context, z *zkclient.Session, path string, value []byte, old *zk.Stat) (*zk.Stat, error) {
	acl, err := s.acl(ctx, path)
	if err != nil {
		return nil, err
	}
	return s.multiCreate(ctx, z, path, value, acl, true, &zk.DeleteRequest{Path: path, Version: old.Version})
}

// multiCreate creates a znode in one transaction, after the operations of before.
func (s *Zookeeper) multiCreate(ctx context.Context, z *zkclient.Session, path string, value []byte, acl []zk.ACL, ephemeral bool, before ...any) (*zk.Stat, error) {
	create := &zk.CreateRequest{Path: path, Acl: acl}
	if ephemeral {
		create.Flags = zk.FlagEphemeral
	}
	ops := slices.Concat(before, []any{create, &zk.SetDataRequest{Path: path, Data: value, Version: 0}})
	answers, err := z.Multi(ctx, ops...)
	if errors.Is(err, zk.ErrNoAuth) { // perhaps only to set what the ACL lets nobody write
		create.Data = value
		return zkCreateAlone(ctx, z, slices.Concat(before, []any{create}), path)
	}
	if err != nil {
		return nil, err
	}
	return answers[len(answers)-1].Stat, nil
}

// zkCreateAlone creates a znode that nobody may write afterwards. Its mzxid is then the czxid,
// which is read; it is 0 if the znode is gone again.
func zkCreateAlone(ctx context.Context, z *zkclient.Session, ops []any, path string) (*zk.Stat, error) {
	if _, err := z.Multi(ctx, ops...); err != nil {
		return nil, err
	}
	stat, err := z.Stat(ctx, path)
	if errors.Is(err, zk.ErrNoNode) {
		return &zk.Stat{}, nil
	}
	if err != nil {
		return nil, err
	}
	stat.Mzxid = stat.Czxid
	return stat, nil
}

// withParents calls create with the ACL of a new znode, after creating the znodes above it.
func (s *Zookeeper) withParents(ctx context.Context, node string, create func([]zk.ACL) error) error {
	parent := path.Dir(node)
	var err error
	for range zkTries {
		var acl []zk.ACL
		acl, err = s.acl(ctx, parent)
		if err == nil {
			err = create(acl)
		}
		if !errors.Is(err, zk.ErrNoNode) {
			return err
		}
		if err = s.create(ctx, s.main, parent, nil, 0); err != nil && !errors.Is(err, zk.ErrNodeExists) {
			return err
		}
	}
	return err
}

// acl returns the ACL of a znode, for a new one below it. The server hides the hashes of
// passwords ("user:x") from logins that may not administer the znode. Such an ACL cannot be
// copied, and the new znode belongs to our login alone. Without a login it is refused rather than
// opened to the world.
func (s *Zookeeper) acl(ctx context.Context, node string) ([]zk.ACL, error) {
	acl, err := s.main.ACL(ctx, node)
	switch {
	case errors.Is(err, zk.ErrNoAuth), err == nil && zkMasked(acl):
		if s.dialer.Login == nil {
			return nil, fmt.Errorf("%w: the rights of %s, which a new node below it would get, cannot be read without a login", zk.ErrNoAuth, node)
		}
		return zk.AuthACL(zk.PermAll), nil
	}
	return acl, err
}

// zkMasked reports whether the server has hidden part of an ACL.
func zkMasked(acl []zk.ACL) bool {
	for _, a := range acl {
		if a.Scheme == "digest" && strings.HasSuffix(a.ID, ":x") {
			return true
		}
	}
	return false
}

// removeBare deletes a znode that has nothing below it but empty queues, which dead holders of
// locks have left.
func (s *Zookeeper) removeBare(ctx context.Context, path string, version int32) error {
	err := s.main.Delete(ctx, path, version)
	if errors.Is(err, zk.ErrNotEmpty) && s.sweepQueues(ctx, path) {
		err = s.main.Delete(ctx, path, version)
	}
	return err
}

// sweepQueues deletes empty lock queues below a znode, and reports whether there were any.
func (s *Zookeeper) sweepQueues(ctx context.Context, node string) bool {
	children, err := s.main.Children(ctx, node)
	if err != nil || !slices.ContainsFunc(children, zkHidden) {
		return false
	}
	swept := false
	for _, child := range children {
		if strings.HasSuffix(child, queueSuffix) {
			err := s.main.Delete(ctx, zkwire.Join(node, child), zkclient.AnyVersion)
			swept = swept || err == nil
		}
	}
	return swept
}

// A server drops the connection at a packet that is larger than it takes, with all that is under
// way on it. So a value that is larger than every server takes is written over a connection of
// its own.

// zkWriter is a session to write one znode over.
type zkWriter struct {
	*zkclient.Session
	store   *Zookeeper
	path    string
	size    int
	alone   bool     // nothing else uses the session
	address string   // of its server, if alone
	was     *zk.Stat // of the znode before, if alone; nil if there was none
}

// writer returns the session to write a znode over: z, unless the value is large. The caller
// calls release when it is done.
func (s *Zookeeper) writer(ctx context.Context, z *zkclient.Session, path string, value []byte) (*zkWriter, error) {
	w := &zkWriter{Session: z, store: s, path: path, size: len(path) + len(value)}
	if w.size <= zkValueMax {
		return w, nil
	}
	var err error
	switch w.was, err = s.main.Stat(ctx, path); {
	case errors.Is(err, zk.ErrNoNode):
		w.was = nil
	case err != nil:
		return nil, err
	}
	w.alone = true
	w.Session, err = s.connect(ctx, zkwire.SessionTimeout, w.size+64<<10)
	if err != nil {
		return nil, err
	}
	w.address = w.Server()
	return w, nil
}

func (w *zkWriter) release() {
	if w.alone {
		w.Close()
	}
}

// outcome returns err, or that the value is too large: the connection ended without an answer,
// and the znode is as it was. It asks the same server, which keeps the order of what it has
// accepted.
func (w *zkWriter) outcome(ctx context.Context, err error) error {
	var broken *net.OpError // while it was sent
	if !w.alone || !errors.Is(err, zk.ErrConnectionClosed) && !errors.As(err, &broken) {
		return err
	}
	p, errOpen := w.store.dialer.OpenPipeTo(ctx, w.address, nil, w.store.timeout)
	if errOpen != nil {
		return err
	}
	defer p.Close()
	nodes, errRead := p.ReadStats(ctx, []string{w.path})
	if errRead != nil || !zkSame(w.was, nodes[0].Stat) {
		return err
	}
	return withKind(ErrTooLarge, fmt.Errorf("the server dropped the connection at %d bytes with the key, and took nothing of it; "+
		"what it takes is its jute.maxbuffer, 1 MB unless raised: %w", w.size, err))
}

// zkSame reports whether two stats are of one state of a znode.
func zkSame(a, b *zk.Stat) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Czxid == b.Czxid && a.Mzxid == b.Mzxid
}
