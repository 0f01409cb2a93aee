package stories

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
	"github.com/hashicorp/consul/api"
	clientv2 "go.etcd.io/etcd/client/v2"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/kv/kvtest"
)

const (
	// nativeLot is how many keys are made in one transaction.
	nativeLot = 60
	// nativeWidth is how many requests run at once.
	nativeWidth = 8
)

// inLots does something for each lot of n things, some at a time.
func inLots(n int, do func(from, to int)) {
	lots := make(chan int)
	var wg sync.WaitGroup
	for range nativeWidth {
		wg.Go(func() {
			for from := range lots {
				do(from, min(from+nativeLot, n))
			}
		})
	}
	for from := 0; from < n; from += nativeLot {
		lots <- from
	}
	close(lots)
	wg.Wait()
}

// keyValue is the value of new keys.
var keyValue = strings.Repeat("x", 64)

// nativeEtcd is etcdctl, and the client library where etcdctl would be slow.
type nativeEtcd struct {
	*testing.T
	server *kvtest.Server
	client *clientv3.Client
}

func newNativeEtcd(t *testing.T, server *kvtest.Server) native {
	t.Helper()
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{server.Addr}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return nativeEtcd{t, server, c}
}

func (e nativeEtcd) fill(n int, key func(int) string) {
	inLots(n, func(from, to int) {
		var ops []clientv3.Op
		for i := from; i < to; i++ {
			ops = append(ops, clientv3.OpPut(key(i), keyValue))
		}
		if _, err := e.client.Txn(context.Background()).Then(ops...).Commit(); err != nil {
			e.Error(err)
		}
	})
}

func (e nativeEtcd) put(key, value string) {
	if _, err := e.client.Put(context.Background(), key, value); err != nil {
		e.Error(err)
	}
}

func (e nativeEtcd) erase(prefix string) {
	if out, err := e.server.CLI("del", "--prefix", prefix); err != nil {
		e.Errorf("%v: %s", err, out)
	}
}

func (e nativeEtcd) state(prefix string) map[string]uint64 {
	e.Helper()
	var out []byte
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		var err error
		if out, err = e.server.Command("get", "--prefix", "--keys-only", "-w", "json", prefix+"/").Output(); err == nil {
			break
		}
		var failed *exec.ExitError
		if !errors.As(err, &failed) || time.Now().After(limit) {
			e.Fatal(err)
		}
		e.Logf("asked again: %s", failed.Stderr) // a server under load lets reads time out
	}
	var answer struct {
		KVs []struct {
			Key         []byte `json:"key"`
			ModRevision uint64 `json:"mod_revision"`
		} `json:"kvs"`
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		e.Fatal(err)
	}
	keys := make(map[string]uint64, len(answer.KVs))
	for _, pair := range answer.KVs {
		keys[string(pair.Key)] = pair.ModRevision
	}
	return keys
}

// nativeEtcdV2 is the client library of the v2 API.
type nativeEtcdV2 struct {
	*testing.T
	keys clientv2.KeysAPI
}

func newNativeEtcdV2(t *testing.T, server *kvtest.Server) native {
	t.Helper()
	c, err := clientv2.New(clientv2.Config{Endpoints: []string{"http://" + server.Addr}})
	if err != nil {
		t.Fatal(err)
	}
	return nativeEtcdV2{t, clientv2.NewKeysAPI(c)}
}

func (e nativeEtcdV2) fill(n int, key func(int) string) {
	inLots(n, func(from, to int) {
		for i := from; i < to; i++ {
			e.put(key(i), keyValue)
		}
	})
}

func (e nativeEtcdV2) put(key, value string) {
	if _, err := e.keys.Set(context.Background(), key, value, nil); err != nil {
		e.Error(err)
	}
}

func (e nativeEtcdV2) erase(prefix string) {
	_, err := e.keys.Delete(context.Background(), strings.TrimSuffix(prefix, "/"), &clientv2.DeleteOptions{Recursive: true})
	if err != nil && !clientv2.IsKeyNotFound(err) {
		e.Error(err)
	}
}

func (e nativeEtcdV2) state(prefix string) map[string]uint64 {
	e.Helper()
	answer, err := e.keys.Get(context.Background(), prefix, &clientv2.GetOptions{Recursive: true, Quorum: true})
	if err != nil {
		e.Fatal(err)
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

// nativeConsul is the consul command and its library.
type nativeConsul struct {
	*testing.T
	server *kvtest.Server
	client *api.Client
}

func newNativeConsul(t *testing.T, server *kvtest.Server) native {
	t.Helper()
	c, err := api.NewClient(&api.Config{Address: server.Addr})
	if err != nil {
		t.Fatal(err)
	}
	return nativeConsul{t, server, c}
}

func (c nativeConsul) fill(n int, key func(int) string) {
	inLots(n, func(from, to int) {
		var ops api.TxnOps
		for i := from; i < to; i++ {
			ops = append(ops, &api.TxnOp{KV: &api.KVTxnOp{Verb: api.KVSet, Key: key(i), Value: []byte(keyValue)}})
		}
		if ok, _, _, err := c.client.Txn().Txn(ops, nil); err != nil || !ok {
			c.Errorf("%v, %v", ok, err)
		}
	})
}

func (c nativeConsul) put(key, value string) {
	if _, err := c.client.KV().Put(&api.KVPair{Key: key, Value: []byte(value)}, nil); err != nil {
		c.Error(err)
	}
}

func (c nativeConsul) erase(prefix string) {
	if out, err := c.server.CLI("kv", "delete", "-recurse", prefix); err != nil {
		c.Errorf("%v: %s", err, out)
	}
}

func (c nativeConsul) state(prefix string) map[string]uint64 {
	c.Helper()
	pairs, _, err := c.client.KV().List(prefix+"/", nil)
	if err != nil {
		c.Fatal(err)
	}
	keys := make(map[string]uint64, len(pairs))
	for _, pair := range pairs {
		keys[pair.Key] = pair.ModifyIndex
	}
	return keys
}

// nativeZooKeeper is the library that most Go programs use.
type nativeZooKeeper struct {
	*testing.T
	conn *zk.Conn
}

func newNativeZooKeeper(t *testing.T, server *kvtest.Server) native {
	t.Helper()
	return nativeZooKeeper{t, dialZooKeeper(t, server)}
}

func (z nativeZooKeeper) fill(n int, key func(int) string) {
	(&zooKeeper{z.T, z.conn}).put(key(0), keyValue)
	made := map[string]bool{}
	for i := range min(n, exactFolders*exactFolders) { // every folder is in the first so many keys
		path := "/" + key(i)
		for k := 1; k < len(path); k++ {
			if path[k] == '/' && !made[path[:k]] {
				made[path[:k]] = true
				(&zooKeeper{z.T, z.conn}).create(path[:k], "")
			}
		}
	}
	inLots(n-1, func(from, to int) {
		var ops []any
		for i := from + 1; i < to+1; i++ {
			ops = append(ops, &zk.CreateRequest{Path: "/" + key(i), Data: []byte(keyValue), Acl: zk.WorldACL(zk.PermAll)})
		}
		if _, err := z.conn.Multi(ops...); err != nil {
			z.Error(err)
		}
	})
}

// put skips keys whose folder is gone.
func (z nativeZooKeeper) put(key, value string) {
	_, err := z.conn.Set("/"+key, []byte(value), -1)
	if errors.Is(err, zk.ErrNoNode) {
		_, err = z.conn.Create("/"+key, []byte(value), 0, zk.WorldACL(zk.PermAll))
	}
	if err != nil && !errors.Is(err, zk.ErrNoNode) && !errors.Is(err, zk.ErrNodeExists) {
		z.Error(err)
	}
}

// erase deletes what is in the folders of a folder, and keeps these.
func (z nativeZooKeeper) erase(prefix string) {
	folder := "/" + strings.TrimSuffix(prefix, "/")
	inner, _, err := z.conn.Children(folder)
	if err != nil {
		z.Error(err)
	}
	for _, name := range inner {
		below := folder + "/" + name
		keys, _, err := z.conn.Children(below)
		if err != nil {
			z.Error(err)
		}
		inLots(len(keys), func(from, to int) {
			var ops []any
			for _, key := range keys[from:to] {
				ops = append(ops, &zk.DeleteRequest{Path: below + "/" + key, Version: -1})
			}
			if _, err := z.conn.Multi(ops...); err != nil {
				z.Error(err)
			}
		})
	}
}

func (z nativeZooKeeper) state(prefix string) map[string]uint64 {
	z.Helper()
	var mu sync.Mutex
	keys := map[string]uint64{}
	level := []string{"/" + prefix}
	for len(level) > 0 {
		var next []string
		inLots(len(level), func(from, to int) {
			for _, node := range level[from:to] {
				names, stat, err := z.conn.Children(node)
				if err != nil {
					z.Error(err)
					return
				}
				mu.Lock()
				if node != "/"+prefix {
					keys[node[1:]] = uint64(stat.Mzxid)
				}
				for _, name := range names {
					next = append(next, node+"/"+name)
				}
				mu.Unlock()
			}
		})
		level = next
	}
	return keys
}
