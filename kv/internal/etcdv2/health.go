package etcdv2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// Health is the state of a member and of its cluster.
type Health struct {
	Version string // of the server
	Members int
	Leader  string // "" if the member knows none
	Trouble error  // why the member cannot reach the rest of its cluster; nil if it can
}

// Health asks the member that answered last.
func (c *Cluster) Health(ctx context.Context) (Health, error) {
	var h Health
	err := c.read(ctx, func(ctx context.Context, m *member) (err error) {
		h, err = m.health(ctx)
		return err
	})
	return h, err
}

func (m *member) health(ctx context.Context) (Health, error) {
	v, err := m.client.GetVersion(ctx)
	if err != nil {
		return Health{}, err
	}
	members, err := client.NewMembersAPI(m.client).List(ctx)
	if err != nil {
		return Health{}, err
	}
	h := Health{Version: v.Server, Members: len(members)}
	// That there is no leader is an answer too, and the next question brings it up.
	if leader, err := client.NewMembersAPI(m.client).Leader(ctx); err == nil {
		h.Leader = leader.Name
		if len(leader.ClientURLs) > 0 {
			h.Leader = strings.TrimSpace(leader.Name + " " + leader.ClientURLs[0])
		}
	}
	h.Trouble = m.trouble(ctx)
	return h, ctx.Err()
}

// healthRequest is GET /health, for which the client library has no method.
type healthRequest struct{}

// HTTPRequest implements the httpAction of the client library.
func (healthRequest) HTTPRequest(endpoint url.URL) *http.Request {
	endpoint.Path = "/health"
	return &http.Request{Method: http.MethodGet, URL: &endpoint, Host: endpoint.Host, Header: http.Header{}}
}

// trouble asks whether the member can reach the rest of its cluster.
func (m *member) trouble(ctx context.Context) error {
	_, body, err := m.client.Do(ctx, healthRequest{}) //nolint:bodyclose // the client has read and closed it
	if err != nil {
		return causes(err)
	}
	var answer struct{ Health, Reason string }
	if err := json.Unmarshal(body, &answer); err != nil {
		return fmt.Errorf("no answer about its health: %w", err)
	}
	if answer.Health != "true" {
		return errors.New(strings.TrimSpace("not healthy " + answer.Reason))
	}
	return nil
}
