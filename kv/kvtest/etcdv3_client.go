package kvtest

import (
	"testing"
	"time"

	client "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// etcdV3Client is the library that etcdctl is made with.
type etcdV3Client struct {
	testing.TB
	*client.Client
}

func newEtcdV3Client(t testing.TB, server *Server) Client {
	t.Helper()
	c, err := client.New(client.Config{Endpoints: []string{server.Addr}, Logger: zap.NewNop()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // it fails only over a connection that is gone
	return etcdV3Client{t, c}
}

func (c etcdV3Client) Put(key, value string) {
	ctx, cancel := clientContext()
	defer cancel()
	if _, err := c.KV.Put(ctx, key, value); err != nil {
		c.Error(err)
	}
}

func (c etcdV3Client) Get(key string) (string, bool) {
	ctx, cancel := clientContext()
	defer cancel()
	answer, err := c.KV.Get(ctx, key)
	if err != nil {
		c.Error(err)
		return "", false
	}
	if len(answer.Kvs) == 0 {
		return "", false
	}
	return string(answer.Kvs[0].Value), true
}

func (c etcdV3Client) Delete(key string) {
	ctx, cancel := clientContext()
	defer cancel()
	if _, err := c.KV.Delete(ctx, key); err != nil {
		c.Error(err)
	}
}

func (c etcdV3Client) Fill(n int, key func(int) string, value string) {
	inLots(n, func(from, to int) {
		ctx, cancel := clientContext()
		defer cancel()
		var ops []client.Op
		for i := from; i < to; i++ {
			ops = append(ops, client.OpPut(key(i), value))
		}
		if _, err := c.Txn(ctx).Then(ops...).Commit(); err != nil {
			c.Error(err)
		}
	})
}

func (c etcdV3Client) Erase(folder string) {
	ctx, cancel := clientContext()
	defer cancel()
	if _, err := c.KV.Delete(ctx, folder+"/", client.WithPrefix()); err != nil {
		c.Error(err)
	}
}

func (c etcdV3Client) State(folder string) map[string]uint64 {
	ctx, cancel := clientContext()
	defer cancel()
	answer, err := c.KV.Get(ctx, folder+"/", client.WithPrefix(), client.WithKeysOnly())
	for ; err != nil; answer, err = c.KV.Get(ctx, folder+"/", client.WithPrefix(), client.WithKeysOnly()) {
		if ctx.Err() != nil {
			c.Fatal(err)
		}
		time.Sleep(time.Second) // a server under load lets reads time out
	}
	keys := make(map[string]uint64, len(answer.Kvs))
	for _, pair := range answer.Kvs {
		keys[string(pair.Key)] = uint64(pair.ModRevision)
	}
	return keys
}
