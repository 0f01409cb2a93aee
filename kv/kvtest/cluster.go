package kvtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// clusterSize is how many servers a cluster has: it works without one of them.
const clusterSize = 3

// clusterPorts returns the ports at which the servers of a cluster talk to each
// other, two for each.
func clusterPorts(t testing.TB) []int {
	t.Helper()
	ports, err := freePorts(2 * clusterSize)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

// StartZooKeeperCluster starts an ensemble of three servers for this test.
func StartZooKeeperCluster(t testing.TB) []*Server {
	t.Helper()
	ports := clusterPorts(t)
	lines := []string{"initLimit=10", "syncLimit=5"}
	for i := range clusterSize {
		lines = append(lines, fmt.Sprintf("server.%d=%s:%d:%d", i+1, loopback, ports[2*i], ports[2*i+1]))
	}
	return startCluster(t, zooKeeper, func(int) []Option { return []Option{WithConfig(strings.Join(lines, "\n"))} },
		func(s *Server, i int) error {
			main := slices.Index(s.program, "org.apache.zookeeper.server.ZooKeeperServerMain")
			s.program[main] = "org.apache.zookeeper.server.quorum.QuorumPeerMain"
			data := filepath.Join(s.Dir, "data")
			if err := os.MkdirAll(data, 0o700); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(data, "myid"), fmt.Append(nil, i+1), 0o600)
		})
}

// StartEtcdCluster starts a cluster of three of the machine's etcd for this
// test.
func StartEtcdCluster(t testing.TB) []*Server {
	t.Helper()
	ports := clusterPorts(t)
	peer := func(i int) string { return "http://" + address(ports[i]) }
	var members []string
	for i := range clusterSize {
		members = append(members, fmt.Sprintf("m%d=%s", i, peer(i)))
	}
	return startCluster(t, etcd, func(i int) []Option {
		return []Option{WithFlags(
			"--name", fmt.Sprint("m", i), "--listen-peer-urls", peer(i), "--initial-advertise-peer-urls", peer(i),
			"--initial-cluster", strings.Join(members, ","),
		)}
	}, nil)
}

// StartConsulCluster starts a cluster of three Consul servers for this test.
func StartConsulCluster(t testing.TB) []*Server {
	t.Helper()
	ports := clusterPorts(t)
	var join []string
	for i := range clusterSize {
		join = append(join, fmt.Sprintf("%q", address(ports[2*i])))
	}
	return startCluster(t, consul, func(i int) []Option {
		name := consulNode
		if i > 0 {
			name = fmt.Sprint(consulNode, i)
		}
		// Autopilot would remove a server that stands still for some seconds, and let it vote again
		// only 10 s after it is back: the loss of another would then be that of the majority.
		return []Option{WithConfig(fmt.Sprintf(
			`{"node_name": %q, "autopilot": {"cleanup_dead_servers": false},
			"bootstrap_expect": %d, "retry_join": [%s], "retry_interval": "1s", "ports": {"serf_lan": %d, "server": %d}}`,
			name, clusterSize, strings.Join(join, ", "), ports[2*i], ports[2*i+1],
		))}
	}, nil)
}

// startCluster starts servers that serve only together.
func startCluster(t testing.TB, build recipe, opts func(i int) []Option, adapt func(*Server, int) error) []*Server {
	t.Helper()
	servers := make([]*Server, clusterSize)
	for i := range servers {
		s, err := build(t.TempDir(), collect(opts(i)))
		if err == nil && adapt != nil {
			err = adapt(s, i)
		}
		if err == nil {
			err = s.spawn()
		}
		if missing := (*missingError)(nil); errors.As(err, &missing) {
			missing.report(t)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s.Kill)
		servers[i] = s
	}
	for _, s := range servers {
		if err := s.awaitServing(); err != nil {
			t.Fatal(err)
		}
	}
	return servers
}
