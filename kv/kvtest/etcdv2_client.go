package kvtest

import (
	"net/http"
	"strings"
	"testing"

	client "go.etcd.io/etcd/client/v2"
)

// etcdV2Client is the client library of the v2 API.
type etcdV2Client struct {
	testing.TB
	keys client.KeysAPI
}

func newEtcdV2Client(t testing.TB, server *Server) Client {
	t.Helper()
	transport := &http.Transport{MaxIdleConnsPerHost: lotsAtOnce}
	t.Cleanup(transport.CloseIdleConnections)
	c, err := client.New(client.Config{Endpoints: []string{"http://" + server.Addr}, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return etcdV2Client{t, client.NewKeysAPI(c)}
}

func (c etcdV2Client) Put(key, value string) {
	ctx, cancel := clientContext()
	defer cancel()
	if _, err := c.keys.Set(ctx, key, value, nil); err != nil {
		c.Error(err)
	}
}

func (c etcdV2Client) Get(key string) (string, bool) {
	ctx, cancel := clientContext()
	defer cancel()
	answer, err := c.keys.Get(ctx, key, &client.GetOptions{Quorum: true})
	if client.IsKeyNotFound(err) {
		return "", false
	}
	if err != nil {
		c.Error(err)
		return "", false
	}
	return answer.Node.Value, true
}

func (c etcdV2Client) Delete(key string) { c.delete(key, nil) }

func (c etcdV2Client) delete(key string, options *client.DeleteOptions) {
	ctx, cancel := clientContext()
	defer cancel()
	if _, err := c.keys.Delete(ctx, key, options); err != nil && !client.IsKeyNotFound(err) {
		c.Error(err)
	}
}

// Fill puts key by key: the API has no transactions.
func (c etcdV2Client) Fill(n int, key func(int) string, value string) {
	inLots(n, func(from, to int) {
		for i := from; i < to; i++ {
			c.Put(key(i), value)
		}
	})
}

func (c etcdV2Client) Erase(folder string) {
	c.delete(folder, &client.DeleteOptions{Recursive: true, Dir: true})
}

func (c etcdV2Client) State(folder string) map[string]uint64 {
	ctx, cancel := clientContext()
	defer cancel()
	answer, err := c.keys.Get(ctx, folder, &client.GetOptions{Recursive: true, Quorum: true})
	if err != nil {
		c.Fatal(err)
	}
	keys := map[string]uint64{}
	level := answer.Node.Nodes
	for len(level) > 0 {
		n := level[0]
		keys[strings.TrimPrefix(n.Key, "/")] = n.ModifiedIndex
		level = append(level[1:], n.Nodes...)
	}
	return keys
}
