package demo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.uber.org/zap"

	"kvist/internal/scratch"
)

// node is an etcd server in this process. It listens on a socket in a directory
// that only its owner can enter, and on no port: every user of the machine can
// reach a port, and whoever reaches the server may do everything.
type node struct {
	etcd     *embed.Etcd
	endpoint string
	socket   string
	dir      string
	lock     *fileutil.LockedFile // nil for temporary data
	remove   func()               // removes the socket and temporary data
}

const (
	// tick and election are short, in milliseconds: a cluster of one waits for
	// nobody.
	tick, election = 10, 50
	// socketMost is the length of a socket's path that every system allows.
	socketMost = 103
	// segment is the size in bytes of the log's files, small because temporary
	// data may be in memory.
	segment = 8 << 20
	// keepRevisions is how many revisions of history are kept.
	keepRevisions = "10000"
	// peerURL is a placeholder: a cluster of one listens to no peers.
	peerURL = "http://127.0.0.1:2380"
)

// smallSegments runs once, before the first start: the size holds for all
// servers of a process.
//
//nolint:gochecknoglobals // it is the library's global that it sets
var smallSegments = sync.OnceFunc(func() { wal.SegmentSizeBytes = segment })

// startNode starts a server with its data in dir, or in a temporary directory.
func startNode(ctx context.Context, dir string) (*node, error) {
	smallSegments()
	n := &node{}
	err := n.takeDirs(dir)
	if err == nil {
		err = n.start(ctx)
	}
	if err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

// takeDirs makes sure that nobody else uses the data: etcd itself would wait
// for them silently and without end.
func (n *node) takeDirs(dir string) error {
	temp, remove, err := scratch.Dir("demo")
	if err != nil {
		return err
	}
	n.dir, n.remove = temp, remove
	n.socket = filepath.ToSlash(filepath.Join(temp, "sock"))
	if len(n.socket) > socketMost {
		return fmt.Errorf("%s is too long for a socket; set TMPDIR to a directory with a shorter name", n.socket)
	}
	n.endpoint = "unix://" + n.socket
	if dir == "" {
		return nil
	}
	n.dir = dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	lock, err := fileutil.TryLockFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_WRONLY, fileutil.PrivateFileMode)
	if errors.Is(err, fileutil.ErrLocked) {
		return fmt.Errorf("another process uses %s", dir)
	}
	n.lock = lock
	return err
}

// start starts the server and waits until it serves.
func (n *node) start(ctx context.Context) error {
	config, err := n.config()
	if err != nil {
		return err
	}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	n.etcd = etcd
	select {
	case <-etcd.Server.ReadyNotify():
		return nil
	case err := <-etcd.Err():
		n.stop()
		return err
	case <-ctx.Done():
		n.stop()
		return ctx.Err()
	}
}

// config is for a quiet cluster of one that logs nothing.
func (n *node) config() (*embed.Config, error) {
	client := url.URL{Scheme: "unix", Path: n.socket}
	peer, err := url.Parse(peerURL)
	if err != nil {
		return nil, err
	}
	config := embed.NewConfig()
	config.Name, config.Dir = "kvist", filepath.Join(n.dir, "etcd")
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = nil, []url.URL{*peer}
	config.InitialCluster = config.Name + "=" + peerURL
	config.TickMs, config.ElectionMs = tick, election
	config.UnsafeNoFsync = true // nothing here is worth waiting for the disk
	config.AutoCompactionMode, config.AutoCompactionRetention = embed.CompactorModeRevision, keepRevisions
	config.EnableGRPCGateway = false
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	return config, nil
}

// stop ends the server.
func (n *node) stop() {
	if n.etcd != nil {
		n.etcd.Close()
		n.etcd = nil
	}
}

// close ends the server and releases its data or removes it.
func (n *node) close() {
	n.stop()
	if n.lock != nil {
		_ = n.lock.Close()
	}
	if n.remove != nil {
		n.remove()
	}
}
