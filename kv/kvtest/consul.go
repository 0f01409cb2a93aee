package kvtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// consulNode is the name of a Consul server's node.
const consulNode = "kvtest"

// StartConsul starts a Consul server for this test: one server that keeps its
// data on disk, so that it outlives Restart. Options: WithConfig, WithFlags,
// WithACL, WithTLS.
func StartConsul(t testing.TB, opts ...Option) *Server {
	t.Helper()
	return begin(t, consul, opts)
}

func consul(dir string, o options) (*Server, error) {
	binary, err := program("consul")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(4)
	if err != nil {
		return nil, err
	}
	if err := writeConsulConfig(dir, ports, o); err != nil {
		return nil, err
	}
	plain := address(ports[0])
	s := &Server{
		Name: "consul", Addr: plain, Dir: dir,
		Env: []string{"CONSUL_HTTP_ADDR=" + plain, "CONSUL_HTTP_TOKEN=" + o.token},
		program: append([]string{
			binary, "agent",
			"-config-file", filepath.Join(dir, "server.json"), "-config-file", filepath.Join(dir, "extra.json"),
		}, o.flags...),
		client: []string{binary},
		serves: func(ctx context.Context) error { return consulServes(ctx, plain, o.token) },
	}
	if o.certs != nil {
		s.Addr = address(ports[1])
	}
	return s, nil
}

// writeConsulConfig writes the server's own configuration and the test's. With
// TLS the plain port stays open, for readiness and the client.
func writeConsulConfig(dir string, ports []int, o options) error {
	config := map[string]any{
		"server": true, "bootstrap_expect": 1, "node_name": consulNode,
		"data_dir": filepath.Join(dir, "data"), "bind_addr": loopback, "client_addr": loopback,
		"ports": map[string]int{
			"http": ports[0], "https": -1, "dns": -1, "grpc": -1,
			"serf_lan": ports[2], "serf_wan": -1, "server": ports[3],
		},
		"performance":          map[string]int{"raft_multiplier": 1},
		"disable_update_check": true,
		"log_level":            "warn",
		// Many tests use one server from one address.
		"limits": map[string]int{"http_max_conns_per_client": 10_000},
	}
	if o.token != "" {
		config["acl"] = map[string]any{
			"enabled": true, "default_policy": "deny",
			"tokens": map[string]string{"master": o.token, "agent": o.token},
		}
	}
	if o.certs != nil {
		config["ports"].(map[string]int)["https"] = ports[1]
		config["ca_file"], config["cert_file"], config["key_file"] = o.certs.CA, o.certs.ServerCert, o.certs.ServerKey
		config["verify_incoming_https"] = true
	}
	text, err := json.MarshalIndent(config, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "server.json"), text, 0o600); err != nil {
		return err
	}
	extra := o.config
	if extra == "" {
		extra = "{}"
	}
	return os.WriteFile(filepath.Join(dir, "extra.json"), []byte(extra), 0o600)
}

// consulServes returns nil once the server has a leader and knows its own node,
// without which no session can be made.
func consulServes(ctx context.Context, addr, token string) error {
	body, err := fetch(ctx, "http://"+addr+"/v1/catalog/node/"+consulNode, token)
	if err != nil {
		return err
	}
	var node struct{ Node *struct{ Node string } }
	if err := json.Unmarshal(body, &node); err != nil {
		return err
	}
	if node.Node == nil {
		return fmt.Errorf("no leader, or the node is not registered yet")
	}
	return nil
}

// fetch reads an address over HTTP, with Consul's token if there is one.
func fetch(ctx context.Context, url, token string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("X-Consul-Token", token)
	}
	// A transport of its own leaves no idle connection behind.
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", answer.Status, body)
	}
	return body, err
}
