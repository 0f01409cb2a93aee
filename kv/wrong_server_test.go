package kv_test

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

// strangeTimeout is the ConnectionTimeout within which a server of another
// kind must be recognized, and strangeSlack what a busy machine may add.
const (
	strangeTimeout = 4 * time.Second
	strangeSlack   = 2 * time.Second
)

// opener opens a store, and knows the servers that are right for it.
type opener struct {
	name string
	open kv.Initialize
	own  []string
}

func openers() []opener {
	return []opener{
		{"consul", kv.InitializeConsul, []string{"consul"}},
		{"etcd v2", kv.InitializeEtcd, []string{"etcd 3.4"}},
		{"etcd v3", kv.InitializeEtcdV3, []string{"etcd 3.4", "etcd 3.7"}},
		{"any etcd", kv.InitializeEtcdAny, []string{"etcd 3.4", "etcd 3.7"}},
		{"zookeeper", kv.InitializeZookeeper, []string{"zookeeper"}},
	}
}

// opensNot opens a store that must not open, and returns the error, which must
// come within the timeout.
func (o opener) opensNot(t *testing.T, addr string) error {
	t.Helper()
	began := time.Now()
	s, err := o.open([]string{addr}, &kv.Config{ConnectionTimeout: strangeTimeout})
	if err == nil {
		s.Close()
		t.Fatal("it opened")
	}
	if took := time.Since(began); took > kvtest.Allow(strangeTimeout+strangeSlack) {
		t.Errorf("it took %v", took)
	}
	return err
}

// The error at a server of another kind says so, and not that nobody is there.
func TestServerOfAnotherKind(t *testing.T) {
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	servers := map[string]string{
		"consul":       kvtest.SharedConsul(t).Addr,
		"etcd 3.4":     kvtest.SharedEtcd(t).Addr,
		"etcd 3.7":     kvtest.SharedEtcdEmbedded(t).Addr,
		"zookeeper":    kvtest.SharedZooKeeper(t).Addr,
		"a web server": web.Listener.Addr().String(),
		"a login":      serveBanner(t, "SSH-2.0-OpenSSH_9.2\r\n"),
	}
	for _, o := range openers() {
		for name, addr := range servers {
			if slices.Contains(o.own, name) {
				continue
			}
			t.Run(o.name+" at "+name, func(t *testing.T) {
				t.Parallel()
				if err := o.opensNot(t, addr); !errors.Is(err, kv.ErrWrongServer) {
					t.Errorf("got %v", err)
				}
			})
		}
	}
}

// The error without TLS at a port that demands TLS says so.
func TestServerThatWantsTLS(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	t.Cleanup(secure.Close)
	for _, o := range openers() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			err := o.opensNot(t, secure.Listener.Addr().String())
			if !errors.Is(err, kv.ErrWrongServer) && !strings.Contains(err.Error(), "TLS") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// serveBanner is a server that sends first and then only reads until the
// client closes the connection.
func serveBanner(t *testing.T, banner string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.WriteString(conn, banner) // the client may have gone
				_, _ = io.Copy(io.Discard, conn)    // until the client goes
			}()
		}
	}()
	return l.Addr().String()
}
