package kvtest_test

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"kvist/kv/kvtest"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// A key that a native client writes is there after the server was killed and
// started again.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		name     string
		start    func(testing.TB, ...kvtest.Option) *kvtest.Server
		put, get []string
	}{
		{"consul", kvtest.StartConsul, []string{"kv", "put", "a", "value"}, []string{"kv", "get", "a"}},
		{"etcd", kvtest.StartEtcd, []string{"put", "a", "value"}, []string{"get", "a"}},
		{"etcd-embedded", startEmbedded, []string{"put", "a", "value"}, []string{"get", "a"}},
		{"zookeeper", kvtest.StartZooKeeper, []string{"create", "/a", "value"}, []string{"get", "/a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := c.start(t)
			if _, err := s.CLI(c.put...); err != nil {
				t.Fatal(err)
			}
			s.Kill()
			if conn, err := net.Dial("tcp", s.Addr); err == nil {
				conn.Close()
				t.Fatal("a killed server listens")
			}
			if err := s.Restart(); err != nil {
				t.Fatal(err)
			}
			if out, err := s.CLI(c.get...); err != nil || !strings.Contains(out, "value") {
				t.Fatalf("after a restart: %q, %v", out, err)
			}
			s.Stop()
		})
	}
}

func startEmbedded(t testing.TB, _ ...kvtest.Option) *kvtest.Server {
	return kvtest.StartEtcdEmbedded(t)
}

// Each server with TLS demands a client certificate.
func TestServersDemandTLS(t *testing.T) {
	certs := kvtest.NewCertificates(t)
	for name, start := range map[string]func(testing.TB, ...kvtest.Option) *kvtest.Server{
		"consul": kvtest.StartConsul, "etcd": kvtest.StartEtcd, "zookeeper": kvtest.StartZooKeeper,
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, kvtest.WithTLS(certs))
			if err := handshake(s.Addr, certs.Client()); err != nil {
				t.Errorf("with a certificate: %v", err)
			}
			if err := handshake(s.Addr, certs.Stranger()); err == nil {
				t.Error("accepted without a certificate")
			}
		})
	}
}

// handshake connects, and reads once: with TLS 1.3 a client only then learns
// that its certificate was refused. A server that sends nothing accepted it.
func handshake(addr string, config *tls.Config) error {
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
		return err
	}
	_, err = conn.Read(make([]byte, 1))
	if timeout := net.Error(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return nil
	}
	return err
}

func TestConsulDemandsToken(t *testing.T) {
	s := kvtest.StartConsul(t, kvtest.WithACL("root"))
	if _, err := s.CLI("kv", "put", "a", "value"); err != nil {
		t.Fatal(err)
	}
	stranger := s.Command("kv", "put", "a", "other")
	stranger.Env = append(stranger.Env, "CONSUL_HTTP_TOKEN=")
	if err := stranger.Run(); err == nil {
		t.Fatal("a stranger may write")
	}
}
