package kv

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/hashicorp/consul/api"
)

// txn carries out operations all or none, and gives the pairs they left. A
// conflict is a consulTxnError. The client's own Txn hides the HTTP status of
// a failure, so its lower layer is used.
func (s *Consul) txn(ctx context.Context, ops ...*api.KVTxnOp) ([]*api.KVPair, error) {
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	request := make(api.TxnOps, len(ops))
	for i, op := range ops {
		request[i] = &api.TxnOp{KV: op}
	}
	var answer api.TxnResponse
	_, err := s.client.Raw().Write("/v1/txn", request, &answer, new(api.WriteOptions).WithContext(ctx))
	var status api.StatusError
	if errors.As(err, &status) && status.Code == http.StatusConflict {
		if err := json.Unmarshal([]byte(status.Body), &answer); err != nil {
			return nil, err
		}
		return nil, consulTxnError(answer.Errors)
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

// txnEntries gives each pair that read operations found, without holding their
// values.
func (s *Consul) txnEntries(ctx context.Context, each func(*consulEntry), ops ...*api.KVTxnOp) error {
	ctx, cancel := s.within(ctx, s.timeout*listPatience)
	defer cancel()
	request := make(api.TxnOps, len(ops))
	for i, op := range ops {
		request[i] = &api.TxnOp{KV: op}
	}
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	query := url.Values{"consistent": {""}}
	if s.datacenter != "" {
		query.Set("dc", s.datacenter)
	}
	u := url.URL{Scheme: "http", Host: consulPlaceholder, Path: "/v1/txn", RawQuery: query.Encode()}
	req, err := http.NewRequestWithContext(ctx, http.MethodPut, u.String(), bytes.NewReader(text))
	if err != nil {
		return err
	}
	answer, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		return newConsulScanner(answer.Body, s.valueMost()).results(each)
	case http.StatusConflict:
		var failed api.TxnResponse
		if err := json.NewDecoder(answer.Body).Decode(&failed); err != nil {
			return err
		}
		return consulTxnError(failed.Errors)
	}
	body, _ := io.ReadAll(io.LimitReader(answer.Body, 4096)) // the status tells without it
	return api.StatusError{Code: answer.StatusCode, Body: strings.TrimSpace(string(body))}
}

// consulTxnError is why a transaction was rolled back: all that stood against
// it, by operation.
type consulTxnError api.TxnErrors

func (c consulTxnError) Error() string {
	words := make([]string, len(c))
	for i, e := range c {
		words[i] = e.What
	}
	return strings.Join(words, "; ")
}

// Unwrap gives the kinds to errors.Is.
func (c consulTxnError) Unwrap() []error {
	var kinds []error
	for _, e := range c {
		if kind := txnKind(e.What); kind != nil {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// kind is what the first operation that failed says: the conditions stand
// before the changes.
func (c consulTxnError) kind() error {
	for _, e := range c {
		if kind := txnKind(e.What); kind != nil {
			return kind
		}
	}
	return nil
}

// txnKind is what the server's words about one operation mean. A
// key stands quoted in the middle of them, so only their ends are looked at.
func txnKind(what string) error {
	switch {
	case strings.HasPrefix(what, "failed index check for key"):
		return ErrKeyModified
	case strings.HasSuffix(what, "doesn't exist"):
		return ErrKeyNotFound
	case strings.HasSuffix(what, `" exists`):
		return ErrKeyExists
	case strings.HasSuffix(what, "index is stale"):
		return ErrKeyModified
	case strings.HasSuffix(what, "lock is already held"), strings.HasSuffix(what, "due to lock delay"):
		return ErrCannotLock
	case strings.HasPrefix(what, "Permission denied"), strings.HasPrefix(what, "ACL not found"):
		return ErrDenied
	}
	return nil
}
