package kvtest

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zookeeper/zk"
)

// zooKeeperClient is the library that most Go programs use. ZooKeeper's own command line takes a
// second for each word.
type zooKeeperClient struct {
	testing.TB
	conn *zk.Conn
}

func newZooKeeperClient(t testing.TB, server *Server) Client {
	t.Helper()
	return zooKeeperClient{t, DialZooKeeper(t, server)}
}

// DialZooKeeper opens a session with the library that most Go programs use.
func DialZooKeeper(t testing.TB, server *Server) *zk.Conn {
	t.Helper()
	conn, _, err := zk.Connect([]string{server.Addr}, time.Minute, zk.WithLogInfo(false), zk.WithLogger(silentLog{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// silentLog keeps the library's messages out of the tests' output.
type silentLog struct{}

func (silentLog) Printf(string, ...any) {}

func (c zooKeeperClient) Put(key, value string) {
	path := "/" + key
	_, err := c.conn.Set(path, []byte(value), -1)
	if !errors.Is(err, zk.ErrNoNode) {
		c.check(err)
		return
	}
	c.makeFolders(path, map[string]bool{})
	c.create(path, value)
}

// makeFolders creates the nodes above a path, apart from those in made, and adds them to it.
func (c zooKeeperClient) makeFolders(path string, made map[string]bool) {
	for i := 1; i < len(path); i++ {
		if path[i] == '/' && !made[path[:i]] {
			made[path[:i]] = true
			c.create(path[:i], "")
		}
	}
}

// create creates a node, which somebody else may have created meanwhile.
func (c zooKeeperClient) create(path, value string) {
	if _, err := c.conn.Create(path, []byte(value), 0, zk.WorldACL(zk.PermAll)); !errors.Is(err, zk.ErrNodeExists) {
		c.check(err)
	}
}

func (c zooKeeperClient) Get(key string) (string, bool) {
	value, _, err := c.conn.Get("/" + strings.TrimSuffix(key, "/"))
	if errors.Is(err, zk.ErrNoNode) {
		return "", false
	}
	c.check(err)
	return string(value), err == nil
}

func (c zooKeeperClient) Delete(key string) { c.check(c.conn.Delete("/"+key, -1)) }

func (c zooKeeperClient) Fill(n int, key func(int) string, value string) {
	made := map[string]bool{}
	for i := range n {
		c.makeFolders("/"+key(i), made)
	}
	inLots(n, func(from, to int) {
		var ops []any
		for i := from; i < to; i++ {
			ops = append(ops, &zk.CreateRequest{Path: "/" + key(i), Data: []byte(value), Acl: zk.WorldACL(zk.PermAll)})
		}
		_, err := c.conn.Multi(ops...)
		c.check(err)
	})
}

// Erase deletes what has nothing below it, two levels deep, and leaves the folders.
func (c zooKeeperClient) Erase(folder string) {
	inner, _, err := c.conn.Children("/" + folder)
	c.check(err)
	for _, name := range inner {
		below := "/" + folder + "/" + name
		keys, _, err := c.conn.Children(below)
		c.check(err)
		inLots(len(keys), func(from, to int) {
			var ops []any
			for _, key := range keys[from:to] {
				ops = append(ops, &zk.DeleteRequest{Path: below + "/" + key, Version: -1})
			}
			_, err := c.conn.Multi(ops...)
			c.check(err)
		})
	}
}

func (c zooKeeperClient) State(folder string) map[string]uint64 {
	var mu sync.Mutex
	keys := map[string]uint64{}
	level := []string{"/" + folder}
	for len(level) > 0 {
		var next []string
		inLots(len(level), func(from, to int) {
			for _, node := range level[from:to] {
				names, stat, err := c.conn.Children(node)
				if err != nil {
					c.Error(err)
					return
				}
				mu.Lock()
				if node != "/"+folder {
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

func (c zooKeeperClient) check(err error) {
	if err != nil {
		c.Error(err)
	}
}
