package consulhttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"
)

// A read, and a write that was not sent, go on to the next endpoint, which is used from then on.
func TestUnsentRequestsGoToTheNextEndpoint(t *testing.T) {
	down, up := nobody(t), startAgent(t, answers("/v1/txn", `{"Results":[{"KV":{"Key":"a"}}]}`))
	for name, request := range map[string]func(*Client) error{
		"read": func(c *Client) error { _, err := c.Leader(t.Context()); return err },
		"write": func(c *Client) error {
			_, err := c.Txn(t.Context(), &api.KVTxnOp{Verb: api.KVSet, Key: "a"})
			return err
		},
	} {
		c, _ := newClient(t, Config{Endpoints: []string{down, up.addr}})
		if err := request(c); err != nil || c.Host() != up.addr {
			t.Errorf("%s: %v, by %s", name, err, c.Host())
		}
	}
}

// A write that may have arrived is not sent again, and its error says where it went.
func TestSentWritesAreNotRepeated(t *testing.T) {
	first := startAgent(t, func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == txnPath {
			hangUp(t, w)
		}
		return r.URL.Path == txnPath
	})
	second := startAgent(t, nil)
	c, _ := newClient(t, Config{Endpoints: []string{first.addr, second.addr}})
	_, err := c.Txn(t.Context(), &api.KVTxnOp{Verb: api.KVSet, Key: "a"})
	if err == nil || errors.Is(err, ErrNotSent) || HostOf(err) != first.addr || second.count(txnPath) != 0 {
		t.Errorf("%v at %q; the second was asked %d times", err, HostOf(err), second.count(txnPath))
	}
	if c.Host() != second.addr {
		t.Error("the next request goes to the first one again")
	}
}

// Where no endpoint answers, the error says so of each, and that nothing was sent.
func TestErrorsOfAllEndpoints(t *testing.T) {
	one, two := nobody(t), nobody(t)
	c, _ := newClient(t, Config{Endpoints: []string{one, two}})
	_, err := c.Leader(t.Context())
	if !errors.Is(err, ErrNotSent) || HostOf(err) != one+","+two || !strings.Contains(err.Error(), one+": ") || !strings.Contains(err.Error(), two+": ") {
		t.Errorf("%v at %q", err, HostOf(err))
	}
	if HostOf(io.EOF) != "" {
		t.Error("an error of no endpoint has one")
	}
}

// Requests carry the credentials of the config, and none of the environment.
func TestCredentials(t *testing.T) {
	t.Setenv("CONSUL_HTTP_TOKEN", "of the environment")
	t.Setenv("CONSUL_HTTP_AUTH", "else:where")
	header := make(chan http.Header, 1)
	a := startAgent(t, func(_ http.ResponseWriter, r *http.Request) bool { header <- r.Header; return false })
	for _, config := range []Config{{}, {Token: "a token", Username: "me", Password: "secret"}} {
		config.Endpoints = []string{a.addr}
		c, _ := newClient(t, config)
		if _, err := c.Leader(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := http.Request{Header: <-header}
		user, password, _ := got.BasicAuth()
		if got.Header.Get("X-Consul-Token") != config.Token || user != config.Username || password != config.Password || c.HasToken() != (config.Token != "") {
			t.Errorf("sent as %v", got.Header)
		}
	}
}

// An endpoint is host:port, with a scheme or without; anything else is refused.
func TestEndpoints(t *testing.T) {
	for address, want := range map[string]string{
		"a:1": "http://a:1", "https://a:1": "https://a:1", "http://a:1/": "http://a:1",
		"ftp://a:1": "", "http://": "", "http://a:1/path": "", "http://me:secret@a:1": "",
	} {
		got, err := parseEndpoint(address, "http")
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%s: %v, %v", address, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("no endpoint is no error")
	}
	secure, err := newTransport(Config{Endpoints: []string{"a:1"}, TLS: &tls.Config{}, Timeout: time.Second})
	if err != nil || secure.endpoints[0].Scheme != "https" {
		t.Errorf("with TLS: %v", err)
	}
}

// An answer beyond its bound is an error, except that of a refusal, whose text is cut off.
func TestAnswersAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	a := startAgent(t, func(w http.ResponseWriter, r *http.Request) bool {
		switch r.URL.Path {
		case "/v1/status/leader":
			_, _ = io.WriteString(w, `"`+long+`"`)
		case "/v1/agent/self":
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, long)
		}
		return true
	})
	c, _ := newClient(t, Config{Endpoints: []string{a.addr}})
	var bad BadAnswer
	if _, err := c.Leader(t.Context()); !errors.As(err, &bad) {
		t.Errorf("a long leader: %v", err)
	}
	var status api.StatusError
	if _, err := c.Self(t.Context()); !errors.As(err, &status) || len(status.Body) > refusalMost {
		t.Errorf("a long refusal of %d bytes: %T", len(status.Body), err)
	}
}

// The end of its context, or of the client's, ends a request, and the agent sees that.
func TestCancelledRequestsEnd(t *testing.T) {
	ended := make(chan struct{}, 4)
	asked := make(chan struct{}, 4)
	a := startAgent(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v1/status/leader" {
			return false // the pulse asks, too
		}
		asked <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
		return true
	})
	for name, request := range map[string]func(*Client, context.Context) error{
		"small": func(c *Client, ctx context.Context) error { _, err := c.Self(ctx); return err },
		"list":  func(c *Client, ctx context.Context) error { _, err := c.List(ctx, List{}); return err },
	} {
		for _, byClient := range []bool{false, true} {
			c, end := newClient(t, Config{Endpoints: []string{a.addr}})
			ctx, cancel := context.WithCancel(t.Context())
			if byClient {
				cancel, end = end, cancel
			}
			go func() { <-asked; cancel() }()
			if err := request(c, ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, by the client %v: %v", name, byClient, err)
			}
			<-ended
			end()
		}
	}
}
