package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"go.etcd.io/etcd/client/pkg/v3/fileutil"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// node is an etcd server in this process.
type node struct {
	etcd     *embed.Etcd
	endpoint string
	dir      string
	temp     bool                 // the data goes with the server
	lock     *fileutil.LockedFile // nil for temporary data
}

const (
	// tick and election, in milliseconds, are short: a cluster of one has
	// nobody to wait for.
	tick, election = 10, 50
	// portTries is how often a start is tried when another takes the port
	// that was free a moment ago.
	portTries = 3
	// keepRevisions is how much history is kept.
	keepRevisions = "10000"
	// peerURL is nobody's: a cluster of one is not listened to by peers.
	peerURL = "http://127.0.0.1:2380"
)

// startNode starts a server with its data in dir, or in a temporary one.
func startNode(ctx context.Context, dir string) (*node, error) {
	n := &node{}
	if err := n.takeDir(dir); err != nil {
		return nil, err
	}
	var failed error
	for range portTries {
		err := n.start(ctx)
		if err == nil {
			return n, nil
		}
		failed = errors.Join(failed, err)
		if ctx.Err() != nil {
			break
		}
	}
	n.close()
	return nil, failed
}

// takeDir makes sure that nobody else uses the data: etcd itself would wait
// for them, without end and without a word.
func (n *node) takeDir(dir string) error {
	n.dir, n.temp = dir, dir == ""
	if n.temp {
		var err error
		n.dir, err = os.MkdirTemp("", "kvist-demo-")
		return err
	}
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

// start starts the server on a free port and waits until it serves.
func (n *node) start(ctx context.Context) error {
	config, err := n.config()
	if err != nil {
		return err
	}
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	n.etcd, n.endpoint = etcd, config.ListenClientUrls[0].Host
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

// config is for a quiet cluster of one that never says anything by itself.
func (n *node) config() (*embed.Config, error) {
	client, err := freeURL()
	if err != nil {
		return nil, err
	}
	peer, err := url.Parse(peerURL)
	if err != nil {
		return nil, err
	}
	config := embed.NewConfig()
	config.Name, config.Dir = "kvist", filepath.Join(n.dir, "etcd")
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = nil, []url.URL{*peer}
	config.InitialCluster = config.Name + "=" + peerURL
	config.TickMs, config.ElectionMs = tick, election
	config.UnsafeNoFsync = true // nothing here is worth waiting for the disk
	config.AutoCompactionMode, config.AutoCompactionRetention = embed.CompactorModeRevision, keepRevisions
	config.EnableGRPCGateway = false
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	return config, nil
}

// freeURL is an address on loopback that is free at this moment.
func freeURL() (*url.URL, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	return &url.URL{Scheme: "http", Host: l.Addr().String()}, nil
}

// stop ends the server.
func (n *node) stop() {
	if n.etcd != nil {
		n.etcd.Close()
		n.etcd = nil
	}
}

// close ends the server and gives its data back or removes it.
func (n *node) close() {
	n.stop()
	if n.lock != nil {
		_ = n.lock.Close()
	}
	if n.temp {
		_ = os.RemoveAll(n.dir) // left in the folder for temporary files at worst
	}
}
