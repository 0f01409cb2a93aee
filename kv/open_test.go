package kv_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"kvist/kv"
	"kvist/kv/kvtest"
)

func TestEtcdAnyPrefersV3(t *testing.T) {
	s, err := kv.InitializeEtcdAny([]string{kvtest.SharedEtcd(t).Addr}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := s.(*kv.EtcdV3); !ok {
		t.Errorf("opened a %T", s)
	}
}

// A server of etcd 2 is no longer available. This is a newer one that is
// reached by HTTP/1 only and claims to be old.
func TestEtcdAnyFallsBackToV2(t *testing.T) {
	to, err := url.Parse("http://" + kvtest.SharedEtcd(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(to)
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			_, _ = w.Write([]byte(`{"etcdserver":"2.3.8","etcdcluster":"2.3.0"}`))
			return
		}
		forward.ServeHTTP(w, r)
	}))
	defer old.Close()
	s, err := kv.InitializeEtcdAny([]string{old.Listener.Addr().String()}, &kv.Config{ConnectionTimeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, ok := s.(*kv.Etcd); !ok {
		t.Errorf("opened a %T", s)
	}
	if err := s.Put("any/fallback", []byte("x"), nil); err != nil {
		t.Error(err)
	}
}

func TestEtcdAnySaysWhyNot(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	config := &kv.Config{ConnectionTimeout: time.Second}
	if _, err := kv.InitializeEtcdAny([]string{closed.Addr().String()}, config); !errors.Is(err, kv.ErrNotReachable) {
		t.Errorf("nobody there: %v", err)
	}
	if _, err := kv.InitializeEtcdAny([]string{kvtest.SharedConsul(t).Addr}, config); !errors.Is(err, kv.ErrWrongServer) {
		t.Errorf("Consul: %v", err)
	}
}
