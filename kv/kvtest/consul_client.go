package kvtest

import (
	"net/http"
	"testing"

	"github.com/hashicorp/consul/api"
)

// consulClient is the library that the consul command is made with.
type consulClient struct {
	testing.TB
	kv  *api.KV
	txn *api.Txn
}

func newConsulClient(t testing.TB, server *Server) Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: lotsAtOnce}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := api.NewClient(&api.Config{Address: server.Addr, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return consulClient{t, c.KV(), c.Txn()}
}

func (c consulClient) Put(key, value string) {
	if _, err := c.kv.Put(&api.KVPair{Key: key, Value: []byte(value)}, nil); err != nil {
		c.Error(err)
	}
}

func (c consulClient) Get(key string) (string, bool) {
	pair, _, err := c.kv.Get(key, nil)
	if err != nil {
		c.Error(err)
	}
	if pair == nil {
		return "", false
	}
	return string(pair.Value), true
}

func (c consulClient) Delete(key string) {
	if _, err := c.kv.Delete(key, nil); err != nil {
		c.Error(err)
	}
}

func (c consulClient) Fill(n int, key func(int) string, value string) {
	inLots(n, func(from, to int) {
		var ops api.TxnOps
		for i := from; i < to; i++ {
			ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: key(i), Value: []byte(value)}})
		}
		if ok, _, _, err := c.txn.Txn(ops, nil); err != nil || !ok {
			c.Errorf("%v, %v", ok, err)
		}
	})
}

func (c consulClient) Erase(folder string) {
	if _, err := c.kv.DeleteTree(folder+"/", nil); err != nil {
		c.Error(err)
	}
}

func (c consulClient) State(folder string) map[string]uint64 {
	pairs, _, err := c.kv.List(folder+"/", nil)
	if err != nil {
		c.Fatal(err)
	}
	keys := make(map[string]uint64, len(pairs))
	for _, pair := range pairs {
		keys[pair.Key] = pair.ModifyIndex
	}
	return keys
}
