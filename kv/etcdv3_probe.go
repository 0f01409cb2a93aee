package kv

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
)

// explainOpen says why the store could not be opened. gRPC says "unavailable"
// of all that does not speak it, so who answers there is asked by HTTP, which
// every etcd speaks on the same port.
func (s *EtcdV3) explainOpen(ctx context.Context, err error, endpoints []string, secure *tls.Config) error {
	said := s.explain("open", "", err)
	if !errors.Is(said, ErrNotReachable) || errors.Is(said, ErrCertificate) || errors.Is(said, ErrNoLeader) {
		return said
	}
	kind := s.kind(err)
	err = s.worded(err)
	for _, endpoint := range endpoints {
		found, cause := probeEtcd(ctx, endpoint, secure)
		if found != nil {
			return s.fail("open", "", found, cause)
		}
		if cause != nil && !strings.Contains(err.Error(), cause.Error()) {
			err = joinEtcd([]error{err, cause})
		}
	}
	return s.fail("open", "", kind, err)
}

// probeEtcd asks who answers at endpoint: ErrWrongServer when it is another
// than an etcd with the v3 API, ErrDenied when it does not accept the
// certificate, nil when that cannot be told.
func probeEtcd(ctx context.Context, endpoint string, secure *tls.Config) (kind, cause error) {
	version, err := etcdVersion(ctx, endpoint, secure)
	var peer *net.OpError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return ErrWrongServer, err // it does not speak TLS
	case err != nil && isNoHTTP(err):
		return ErrWrongServer, err
	case errors.As(err, &peer) && peer.Op == "remote error":
		return ErrDenied, err // a TLS alert: it refuses our certificate
	case isUntrusted(err):
		return ErrCertificate, err
	case err != nil && secure != nil && speaksPlain(ctx, endpoint):
		return ErrWrongServer, errors.New("the server does not speak TLS there")
	case err != nil && secure == nil && speaksTLS(ctx, endpoint):
		return nil, errWantsTLS
	case err != nil && isZookeeper(ctx, endpoint):
		return ErrWrongServer, errors.New("what answers there is ZooKeeper")
	case err != nil:
		return nil, err
	case version == "":
		return ErrWrongServer, errors.New("what answers there is not etcd")
	case version[0] < '3':
		return ErrWrongServer, errors.New("etcd " + version + " does not know the v3 API")
	}
	return nil, nil
}

// etcdVersion is what the server at endpoint says its version is: "" for a
// server that speaks HTTP but is not etcd.
func etcdVersion(ctx context.Context, endpoint string, secure *tls.Config) (string, error) {
	scheme := "http://"
	if secure != nil {
		scheme = "https://"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, scheme+endpoint+"/version", http.NoBody)
	if err != nil {
		return "", err
	}
	transport := &http.Transport{TLSClientConfig: secure, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return "", err
	}
	var answer struct {
		Server string `json:"etcdserver"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return "", nil
	}
	return strings.TrimSpace(answer.Server), nil
}

// speaksPlain reports whether an etcd answers without TLS.
func speaksPlain(ctx context.Context, endpoint string) bool {
	version, err := etcdVersion(ctx, endpoint, nil)
	return err == nil && version != ""
}

// isZookeeper asks with one of ZooKeeper's four-letter words.
func isZookeeper(ctx context.Context, endpoint string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", endpoint)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := conn.Write([]byte("srvr")); err != nil {
		return false
	}
	answer := make([]byte, 64)
	n, _ := conn.Read(answer)
	// Servers that do not allow the word say so.
	return bytes.HasPrefix(answer[:n], []byte("Zookeeper version")) || bytes.HasPrefix(answer[:n], []byte("srvr is not executed"))
}
