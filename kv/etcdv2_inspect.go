package kv

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

var (
	_ MetaReader   = (*Etcd)(nil)
	_ HealthReader = (*Etcd)(nil)
)

// Meta implements MetaReader. The API tells what is left of a TTL and not
// what was granted; both fields are what is left.
func (s *Etcd) Meta(ctx context.Context, key string) (*Meta, error) {
	path, err := s.checkKey("meta", key)
	if err != nil {
		return nil, err
	}
	ctx, cancel := s.small(ctx)
	defer cancel()
	node, _, err := s.node(ctx, path, false)
	if err != nil {
		return nil, s.failRead("meta", key, err)
	}
	meta := &Meta{
		Key: etcdKey(path), Created: node.CreatedIndex, Modified: node.ModifiedIndex,
		Size: len(node.Value), Directory: node.Dir, Left: -1,
		Ephemeral: s.isEphemeral(path, node.CreatedIndex),
	}
	if node.Expiration != nil {
		meta.TTL, meta.Left = nodeTTL(node), nodeTTL(node)
	}
	for _, child := range node.Nodes {
		if below, _ := etcdBelow(path, child.Key); !etcdInQueue(below) {
			meta.Children++
		}
	}
	return meta, nil
}

// Health implements HealthReader. It is about the member that answered last.
func (s *Etcd) Health(ctx context.Context) (Health, error) {
	ctx, cancel := s.small(ctx)
	defer cancel()
	if s.ctx.Err() != nil {
		return Health{}, s.fail("health", "", ErrClosed)
	}
	var h Health
	err := s.read(ctx, func(ctx context.Context, e *etcdEndpoint) (err error) {
		h, err = memberHealth(ctx, e)
		return err
	})
	if err != nil {
		return Health{}, s.fail("health", "", err)
	}
	return h, nil
}

// memberHealth asks a member how it and its cluster are.
func memberHealth(ctx context.Context, e *etcdEndpoint) (Health, error) {
	v, err := e.client.GetVersion(ctx)
	if err != nil {
		return Health{}, err
	}
	members, err := client.NewMembersAPI(e.client).List(ctx)
	if err != nil {
		return Health{}, err
	}
	h := Health{Server: "etcd " + v.Server, Members: len(members)}
	if len(members) == 1 {
		h.Note = noteStandalone
	}
	// No leader is an answer too, and the next one says so.
	if leader, err := client.NewMembersAPI(e.client).Leader(ctx); err == nil {
		h.Leader = etcdMember(leader)
	}
	if err := askHealth(ctx, e.client); err != nil {
		h.Note = err.Error()
	} else {
		h.Healthy = true
	}
	return h, ctx.Err()
}

// etcdMember names a member for people.
func etcdMember(m *client.Member) string {
	if len(m.ClientURLs) == 0 {
		return m.Name
	}
	return strings.TrimSpace(m.Name + " " + m.ClientURLs[0])
}

// healthRequest is GET /health, for which the client has no method.
type healthRequest struct{}

// HTTPRequest implements the client's httpAction.
func (healthRequest) HTTPRequest(endpoint url.URL) *http.Request {
	endpoint.Path = "/health"
	return &http.Request{Method: http.MethodGet, URL: &endpoint, Host: endpoint.Host, Header: http.Header{}}
}

// askHealth asks whether the member can reach the rest of its cluster.
func askHealth(ctx context.Context, c client.Client) error {
	_, body, err := c.Do(ctx, healthRequest{}) //nolint:bodyclose // the client has read and closed it
	if err != nil {
		return etcdCauses(err)
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
