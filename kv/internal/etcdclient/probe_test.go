package etcdclient

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"kvist/kv/internal/peer"
)

// Probe recognises what answers at an address.
func TestProbe(t *testing.T) {
	version := func(answer string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) })
	}
	etcd := httptest.NewServer(version(`{"etcdserver":"3.5.1"}`))
	defer etcd.Close()
	old := httptest.NewServer(version(`{"etcdserver":"2.3.8"}`))
	defer old.Close()
	consul := httptest.NewServer(version(`not found`))
	defer consul.Close()
	secure := httptest.NewUnstartedServer(version(`{"etcdserver":"3.5.1"}`))
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	insecure := &tls.Config{MinVersion: tls.VersionTLS12}
	for name, test := range map[string]struct {
		server *httptest.Server
		tls    *tls.Config
		reason error
		cause  bool
	}{
		"etcd 3":            {etcd, nil, nil, false},
		"etcd 2":            {old, nil, ErrWrongServer, true},
		"another server":    {consul, nil, ErrWrongServer, true},
		"no TLS":            {etcd, insecure, ErrWrongServer, true},
		"an unknown issuer": {secure, insecure, ErrUntrusted, true},
	} {
		reason, cause := Probe(t.Context(), test.server.Listener.Addr().String(), test.tls)
		if !errors.Is(reason, test.reason) || (cause != nil) != test.cause {
			t.Errorf("%s: %v, %v", name, reason, cause)
		}
	}
}

// Probe recognises a server that speaks nothing but TLS.
func TestProbeWantsTLS(t *testing.T) {
	certificate := httptest.NewUnstartedServer(nil)
	certificate.StartTLS()
	defer certificate.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = tls.Server(conn, certificate.TLS).Handshake()
			conn.Close()
		}
	}()
	if reason, cause := Probe(t.Context(), listener.Addr().String(), nil); reason != nil || !errors.Is(cause, peer.ErrWantsTLS) {
		t.Errorf("%v, %v", reason, cause)
	}
}

// Probe recognises ZooKeeper by its four-letter word.
func TestProbeZookeeper(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			word := make([]byte, 4)
			if _, err := io.ReadFull(conn, word); err == nil && string(word) == "srvr" {
				fmt.Fprint(conn, "Zookeeper version: 3.8.1\n")
			}
			conn.Close()
		}
	}()
	if reason, cause := Probe(t.Context(), listener.Addr().String(), nil); !errors.Is(reason, ErrWrongServer) {
		t.Errorf("%v, %v", reason, cause)
	}
}
