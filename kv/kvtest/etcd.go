package kvtest

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
)

// etcdctlPatience is how long etcdctl waits for an answer, and for a login, which costs the server
// a bcrypt. Its defaults of five and two seconds are too little on a machine that runs all tests at
// once.
func etcdctlPatience() []string {
	return []string{"ETCDCTL_COMMAND_TIMEOUT=30s", "ETCDCTL_DIAL_TIMEOUT=30s"}
}

// bcryptCost is the least that bcrypt allows: a login of the tests has no secret to keep, and each
// costs a server under the race detector up to a second otherwise.
const bcryptCost = 4

// StartEtcd starts the machine's etcd (3.4 on Debian 12) for this test, with
// the v2 API besides the v3 one. Options: WithFlags, WithTLS.
func StartEtcd(t testing.TB, opts ...Option) *Server {
	t.Helper()
	return begin(t, etcd, opts)
}

func etcd(dir string, o options) (*Server, error) {
	binary, err := program("etcd")
	if err != nil {
		return nil, err
	}
	client, err := program("etcdctl")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	scheme := "http://"
	s := &Server{Name: "etcd", Addr: address(ports[0]), Dir: dir, client: []string{client}}
	if o.certs != nil {
		scheme = "https://"
		o.flags = append(o.flags, "--client-cert-auth", "--trusted-ca-file", o.certs.CA,
			"--cert-file", o.certs.ServerCert, "--key-file", o.certs.ServerKey)
		s.Env = append(s.Env, "ETCDCTL_CACERT="+o.certs.CA, "ETCDCTL_CERT="+o.certs.ClientCert, "ETCDCTL_KEY="+o.certs.ClientKey)
	}
	// Health has a port of its own, which needs no certificate.
	peer, health := "http://"+address(ports[1]), "http://"+address(ports[2])
	s.Metrics = health + "/metrics"
	s.Env = append(s.Env, "ETCDCTL_API=3", "ETCDCTL_ENDPOINTS="+scheme+s.Addr)
	s.Env = append(s.Env, etcdctlPatience()...)
	s.program = append([]string{
		binary, "--name", "kvtest", "--data-dir", filepath.Join(dir, "data"), "--enable-v2",
		"--listen-client-urls", scheme + s.Addr, "--advertise-client-urls", scheme + s.Addr,
		"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "kvtest=" + peer,
		"--listen-metrics-urls", health, "--logger", "zap", "--log-level", "warn",
		"--bcrypt-cost", strconv.Itoa(bcryptCost),
	}, o.flags...)
	s.serves = func(ctx context.Context) error { return etcdServes(ctx, health) }
	return s, nil
}

// etcdServes returns nil once an etcd has a leader.
func etcdServes(ctx context.Context, url string) error {
	body, err := fetch(ctx, url+"/health", "")
	if err != nil {
		return err
	}
	var answer struct{ Health string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	if answer.Health != "true" {
		return fmt.Errorf("not healthy: %s", body)
	}
	return nil
}
