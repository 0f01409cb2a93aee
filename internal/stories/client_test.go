package stories

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-zookeeper/zk"

	"kvist/kv/kvtest"
)

// commandLine is a store's command line client, with its names for the verbs.
type commandLine struct {
	*testing.T
	run              func(args ...string) (string, error)
	set, read, erase []string
	silent           bool // reading a missing key is no error, but prints nothing
	slash            string
}

func newConsulClient(t *testing.T, server *kvtest.Server) client {
	t.Helper()
	return &commandLine{T: t, run: server.CLI, set: []string{"kv", "put"}, read: []string{"kv", "get"}, erase: []string{"kv", "delete"}}
}

func newEtcdV2Client(t *testing.T, server *kvtest.Server) client {
	t.Helper()
	return &commandLine{T: t, run: server.CLIV2, set: []string{"set"}, read: []string{"get"}, erase: []string{"rm"}, slash: "/"}
}

func newEtcdV3Client(t *testing.T, server *kvtest.Server) client {
	t.Helper()
	read := []string{"get", "--print-value-only"}
	return &commandLine{T: t, run: server.CLI, set: []string{"put"}, read: read, erase: []string{"del"}, silent: true}
}

// say runs the client once on a key.
func (c *commandLine) say(verb []string, key string, more ...string) (string, error) {
	return c.run(append(append(append([]string{}, verb...), c.slash+key), more...)...)
}

func (c *commandLine) put(key, value string) {
	c.Helper()
	if _, err := c.say(c.set, key, value); err != nil {
		c.Fatal(err)
	}
}

func (c *commandLine) get(key string) (string, bool) {
	c.Helper()
	out, err := c.say(c.read, key)
	return out, err == nil && (out != "" || !c.silent)
}

func (c *commandLine) delete(key string) {
	c.Helper()
	if _, err := c.say(c.erase, key); err != nil {
		c.Fatal(err)
	}
}

// zooKeeper is the library that most Go programs use; ZooKeeper's own command
// line takes a second for each command.
type zooKeeper struct {
	*testing.T
	conn *zk.Conn
}

func newZooKeeperClient(t *testing.T, server *kvtest.Server) client {
	t.Helper()
	return &zooKeeper{t, dialZooKeeper(t, server)}
}

// dialZooKeeper opens a session of its own.
func dialZooKeeper(t *testing.T, server *kvtest.Server) *zk.Conn {
	t.Helper()
	conn, _, err := zk.Connect([]string{server.Addr}, patience, zk.WithLogInfo(false), zk.WithLogger(quiet{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// quiet keeps the library's log out of the tests' output.
type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (c *zooKeeper) put(key, value string) {
	c.Helper()
	path := "/" + key
	_, err := c.conn.Set(path, []byte(value), -1)
	if !errors.Is(err, zk.ErrNoNode) {
		c.must(err)
		return
	}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			c.create(path[:i], "")
		}
	}
	c.create(path, value)
}

func (c *zooKeeper) create(path, value string) {
	c.Helper()
	if _, err := c.conn.Create(path, []byte(value), 0, zk.WorldACL(zk.PermAll)); !errors.Is(err, zk.ErrNodeExists) {
		c.must(err)
	}
}

func (c *zooKeeper) get(key string) (string, bool) {
	c.Helper()
	value, _, err := c.conn.Get("/" + strings.TrimSuffix(key, "/"))
	if errors.Is(err, zk.ErrNoNode) {
		return "", false
	}
	c.must(err)
	return string(value), true
}

func (c *zooKeeper) delete(key string) {
	c.Helper()
	c.must(c.conn.Delete("/"+key, -1))
}

func (c *zooKeeper) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}
