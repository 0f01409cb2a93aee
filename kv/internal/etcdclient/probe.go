package etcdclient

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

	"kvist/kv/internal/peer"
)

// Reasons why a store cannot be opened that gRPC does not report: it calls everything
// "unavailable" that does not speak it.
var (
	ErrWrongServer = errors.New("not an etcd with the v3 API")
	ErrRefuses     = errors.New("the server refuses the certificate of the client")
	ErrUntrusted   = errors.New("the certificate of the server is refused")
)

// Probe asks over HTTP, which every etcd speaks on the same port, what answers at an endpoint. The
// reason is one of this package's errors, or nil if that is not known; cause is what was found, or
// nil if the server is an etcd with the v3 API.
func Probe(ctx context.Context, endpoint string, secure *tls.Config) (reason, cause error) {
	version, err := serverVersion(ctx, endpoint, secure)
	var remote *net.OpError
	var plain tls.RecordHeaderError
	switch {
	case errors.As(err, &plain):
		return ErrWrongServer, err // it does not speak TLS
	case err != nil && peer.IsNoHTTP(err):
		return ErrWrongServer, err
	case errors.As(err, &remote) && remote.Op == "remote error":
		return ErrRefuses, err // a TLS alert
	case peer.IsUntrusted(err):
		return ErrUntrusted, err
	case err != nil && secure != nil && speaksPlain(ctx, endpoint):
		return ErrWrongServer, errors.New("the server does not speak TLS there")
	case err != nil && secure == nil && peer.SpeaksTLS(ctx, endpoint):
		return nil, peer.ErrWantsTLS
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

// serverVersion returns the version of the server at an endpoint, "" for a server that speaks HTTP
// but is not etcd.
func serverVersion(ctx context.Context, endpoint string, secure *tls.Config) (string, error) {
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
	version, err := serverVersion(ctx, endpoint, nil)
	return err == nil && version != ""
}

// isZookeeper sends one of ZooKeeper's four-letter words and reports whether the answer is its.
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
	// A server that does not allow the word answers so.
	return bytes.HasPrefix(answer[:n], []byte("Zookeeper version")) || bytes.HasPrefix(answer[:n], []byte("srvr is not executed"))
}
