package consulhttp

import (
	"context"

	"github.com/hashicorp/consul/api"
)

// Sessions returns all sessions of the datacenter that may be read, by their ids.
func (c *Client) Sessions(ctx context.Context) (map[string]*api.SessionEntry, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	entries, _, err := c.api.Session().List(new(api.QueryOptions).WithContext(ctx))
	sessions := make(map[string]*api.SessionEntry, len(entries))
	for _, entry := range entries {
		if entry != nil {
			sessions[entry.ID] = entry
		}
	}
	return sessions, err
}

// Session returns one session; nil if it is gone or may not be read.
func (c *Client) Session(ctx context.Context, id string) (*api.SessionEntry, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	entry, _, err := c.api.Session().Info(id, new(api.QueryOptions).WithContext(ctx))
	return entry, err
}

// CreateSession makes a session without health checks, which lives by its TTL alone, and returns
// its id.
func (c *Client) CreateSession(ctx context.Context, entry *api.SessionEntry) (string, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	id, _, err := c.api.Session().CreateNoChecks(entry, new(api.WriteOptions).WithContext(ctx))
	return id, err
}

// RenewSession gives a session another TTL, and reports whether the server still knows it.
func (c *Client) RenewSession(ctx context.Context, id string) (bool, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	entry, _, err := c.api.Session().Renew(id, new(api.WriteOptions).WithContext(ctx))
	return entry != nil, err
}

// DestroySession ends a session, and with it all that it holds. Only ctx bounds it, so that it
// also works when the client's context has ended.
func (c *Client) DestroySession(ctx context.Context, id string) error {
	_, err := c.api.Session().Destroy(id, new(api.WriteOptions).WithContext(ctx))
	return err
}
