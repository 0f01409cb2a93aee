package etcdv2

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	client "go.etcd.io/etcd/client/v2"
)

// List reads a node and what is in it, at any depth if recursive, by the agreement of the cluster.
// It calls see for each node while the answer arrives; the client library would read the whole
// answer first. It returns the store's index, which an error answer has, too.
func (c *Cluster) List(ctx context.Context, path string, recursive bool, see func(Entry) error) (index uint64, err error) {
	seen := false
	err = c.read(ctx, func(ctx context.Context, m *member) (err error) {
		if seen {
			return errBroken // the caller begins anew
		}
		ask := func(ctx context.Context) error {
			index, err = c.listFrom(ctx, m, path, recursive, func(n Entry) error {
				seen = true
				return see(n)
			})
			return err
		}
		if recursive {
			return c.attended(ctx, m, path, ask)
		}
		return ask(ctx)
	})
	if index == 0 {
		index = indexOf(err)
	}
	return index, err
}

func (c *Cluster) listFrom(ctx context.Context, m *member, path string, recursive bool, see func(Entry) error) (uint64, error) {
	u := m.url
	u.Path = strings.TrimSuffix(u.Path, "/") + "/v2/keys" + path
	u.RawQuery = url.Values{"recursive": {strconv.FormatBool(recursive)}, "quorum": {"true"}}.Encode()
	ctx = context.WithValue(ctx, streamed{}, true)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	if m.user != "" {
		req.SetBasicAuth(m.user, m.password)
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return 0, refusal(m, resp)
	}
	index, err := strconv.ParseUint(resp.Header.Get("X-Etcd-Index"), 10, 64)
	if err != nil {
		return 0, ErrBadListing
	}
	scan := newScanner(resp.Body)
	if err := scan.nodes(see); err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(scan.in, errorMax)) // so that the connection can be used again
	return index, nil
}

// refusal returns the error in an answer, as the client library does.
func refusal(m *member, resp *http.Response) error {
	switch {
	case resp.StatusCode/100 == 3:
		return ErrRedirect
	case resp.StatusCode == http.StatusInternalServerError || resp.StatusCode == http.StatusServiceUnavailable:
		return fmt.Errorf("%w: etcd member %s", ErrNoLeader, m.host)
	case resp.StatusCode/100 == 5:
		return fmt.Errorf("etcd member %s: %s", m.host, http.StatusText(resp.StatusCode))
	}
	var answer client.Error
	text, err := io.ReadAll(io.LimitReader(resp.Body, errorMax))
	if err != nil {
		return err
	}
	if json.Unmarshal(text, &answer) != nil {
		return client.ErrInvalidJSON
	}
	return answer
}
