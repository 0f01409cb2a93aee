package peer

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
)

// A server with TLS is told from one without, and its unknown certificate from other failures.
func TestServersWithAndWithoutTLS(t *testing.T) {
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	defer secure.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	if !SpeaksTLS(t.Context(), secure.Listener.Addr().String()) {
		t.Error("a server with TLS was not recognised")
	}
	if SpeaksTLS(t.Context(), plain.Listener.Addr().String()) {
		t.Error("a server without TLS was taken for one with it")
	}
	resp, err := get(t.Context(), secure.URL)
	if err == nil {
		resp.Body.Close()
	}
	if !IsUntrusted(err) || IsUntrusted(fmt.Errorf("read: %w", context.DeadlineExceeded)) {
		t.Errorf("untrusted: %v", err)
	}
}

// What a server sends that is not HTTP shows in the error of the request.
func TestNotHTTP(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprint(conn, "imok\n")
		conn.Close()
	}))
	defer server.Close()
	resp, err := get(t.Context(), server.URL)
	if err == nil {
		resp.Body.Close()
	}
	if err == nil || !IsNoHTTP(err) || IsNoHTTP(errors.New("connection refused")) {
		t.Errorf("not HTTP: %v", err)
	}
}

func get(ctx context.Context, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	return new(http.Transport).RoundTrip(req)
}
