package consulhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/consul/api"
)

// TxnOps is how many operations every server accepts in one transaction. Since 1.14 it is twice
// that.
const TxnOps = 64

// TxnError is why a transaction was rolled back: all that stood against it, by operation.
type TxnError api.TxnErrors

func (t TxnError) Error() string {
	words := make([]string, len(t))
	for i, e := range t {
		words[i] = e.What
	}
	return strings.Join(words, "; ")
}

// failed reports whether an operation is among those that failed.
func (t TxnError) failed(op int) bool {
	for _, e := range t {
		if e.OpIndex == op {
			return true
		}
	}
	return false
}

// Txn carries out operations all or none, and returns the pairs that they left. A conflict is a
// TxnError. Consul's own Txn hides the HTTP status of a failure, so its lower layer is used.
func (c *Client) Txn(ctx context.Context, ops ...*api.KVTxnOp) ([]*api.KVPair, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	var answer api.TxnResponse
	_, err := c.api.Raw().Write(txnPath, txnOps(ops), &answer, new(api.WriteOptions).WithContext(ctx))
	var status api.StatusError
	if errors.As(err, &status) && status.Code == http.StatusConflict {
		if err := json.Unmarshal([]byte(status.Body), &answer); err != nil {
			return nil, err
		}
		return nil, TxnError(answer.Errors)
	}
	if err != nil {
		return nil, err
	}
	pairs := make([]*api.KVPair, len(answer.Results))
	for i, result := range answer.Results {
		if result == nil || result.KV == nil {
			return nil, fmt.Errorf("%w: a transaction without its results", errNotList)
		}
		pairs[i] = result.KV
	}
	return pairs, nil
}

// txnOps returns operations as the API takes them.
func txnOps(ops []*api.KVTxnOp) api.TxnOps {
	request := make(api.TxnOps, len(ops))
	for i, op := range ops {
		request[i] = &api.TxnOp{KV: op}
	}
	return request
}

// txnEntries calls each with every pair that read operations found, without holding their values.
func (c *Client) txnEntries(ctx context.Context, each func(*Entry), ops []*api.KVTxnOp) error {
	ctx, cancel := c.within(ctx, c.timeout*listPatience)
	defer cancel()
	text, err := json.Marshal(txnOps(ops))
	if err != nil {
		return err
	}
	query := url.Values{"consistent": {""}}
	if c.datacenter != "" {
		query.Set("dc", c.datacenter)
	}
	u := url.URL{Scheme: "http", Host: placeholder, Path: txnPath, RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.String(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return newScanner(answer.Body, c.valueMost()).results(each)
	case http.StatusConflict:
		var failed api.TxnResponse
		if err := json.NewDecoder(answer.Body).Decode(&failed); err != nil {
			return err
		}
		return TxnError(failed.Errors)
	}
	return statusError(answer)
}

// Get returns a pair; nil if there is none. With an index it waits until something is newer. It
// also returns the index of the answer. The key must be one that a URL carries.
func (c *Client) Get(ctx context.Context, key string, index uint64) (*api.KVPair, uint64, error) {
	limit := c.timeout
	ask := api.QueryOptions{RequireConsistent: true} // not what a new leader has yet to forget
	if index > 0 {
		limit += c.wait * 17 / 16
		ask = api.QueryOptions{WaitIndex: index, WaitTime: c.wait}
	}
	ctx, cancel := c.within(ctx, limit)
	defer cancel()
	pair, meta, err := c.api.KV().Get(key, ask.WithContext(ctx))
	if err != nil {
		return nil, 0, err
	}
	return pair, meta.LastIndex, nil
}

// CAS puts a pair if its key has its index, where 0 means that there is no such key. It reports
// whether it did.
func (c *Client) CAS(ctx context.Context, pair *api.KVPair) (bool, error) {
	ctx, cancel := c.Request(ctx)
	defer cancel()
	ok, _, err := c.api.KV().CAS(pair, new(api.WriteOptions).WithContext(ctx))
	return ok, err
}
