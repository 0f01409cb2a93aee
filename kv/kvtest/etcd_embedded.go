package kvtest

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
)

// etcdRole makes the test binary run etcd 3.7.
const etcdRole = "etcd-embedded"

// StartEtcdEmbedded starts, for this test, the etcd 3.7 that this module embeds. It runs in a
// process of its own, which is this test binary again, so that it can be killed like a real one;
// the package's TestMain must call Main. It takes no options.
func StartEtcdEmbedded(t testing.TB, opts ...Option) *Server {
	t.Helper()
	if len(opts) > 0 {
		t.Fatal("the embedded etcd takes no options")
	}
	return begin(t, etcdEmbedded, nil)
}

func etcdEmbedded(dir string, _ options) (*Server, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &Server{Name: "etcd-embedded", Addr: address(ports[0]), Dir: dir}
	s.Metrics = "http://" + s.Addr + "/metrics"
	if client, err := program("etcdctl"); err == nil {
		s.client = []string{client}
	}
	s.Env = append(etcdctlPatience(), "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS=http://"+s.Addr)
	// If TestMain does not call Main, no test matches and the process ends at
	// once.
	s.program = []string{binary, "-test.run=^$"}
	s.environ = childEnv(etcdRole, map[string]string{
		"dir": filepath.Join(dir, "data"), "client": "http://" + s.Addr, "peer": "http://" + address(ports[1]),
	})
	s.serves = func(ctx context.Context) error { return etcdServes(ctx, "http://"+s.Addr) }
	return s, nil
}

// serveEtcd runs etcd 3.7 in this process, until it is killed.
func serveEtcd(args map[string]string) error {
	client, err := url.Parse(args["client"])
	if err != nil {
		return err
	}
	peer, err := url.Parse(args["peer"])
	if err != nil {
		return err
	}
	config := embed.NewConfig()
	config.Name, config.Dir = "kvtest", args["dir"]
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{*client}, []url.URL{*client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{*peer}, []url.URL{*peer}
	config.InitialCluster = config.Name + "=" + args["peer"]
	config.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zap.NewNop())
	config.QuotaBackendBytes = 16 << 30
	config.BcryptCost = bcryptCost
	config.UnsafeNoFsync = true // a killed process leaves its writes in the page cache
	server, err := embed.StartEtcd(config)
	if err != nil {
		return err
	}
	err, ok := <-server.Err()
	if !ok {
		return errors.New("etcd stopped")
	}
	return err
}
