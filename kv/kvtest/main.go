package kvtest

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

const (
	// RoleVar makes the test binary, started again, play another program.
	RoleVar = "KVTEST_ROLE"
	// argsVar holds what the role needs, as a JSON object of strings.
	argsVar = "KVTEST_ARGS"
	// parallel is how many tests run side by side: most of the time they wait
	// for servers. With many more, their servers want more than two processors.
	parallel = "12"
)

// childEnv returns the environment that makes this test binary play a role.
func childEnv(role string, args map[string]string) []string {
	text, err := json.Marshal(args)
	if err != nil {
		panic(err) // a map of strings always has a JSON form
	}
	return []string{RoleVar + "=" + role, argsVar + "=" + string(text)}
}

// playRole plays the role that this process was started for.
func playRole(role string) error {
	var args map[string]string
	if err := json.Unmarshal([]byte(os.Getenv(argsVar)), &args); err != nil {
		return err
	}
	play, ok := roles()[role]
	if !ok {
		return fmt.Errorf("no such role: %s", role)
	}
	return play(args)
}

// Main runs a package's tests, ends the shared servers, runs what the package
// wants to do after them, and fails if goroutines are left over.
func Main(m *testing.M, after ...func()) {
	if role := os.Getenv(RoleVar); role != "" {
		fmt.Fprintln(os.Stderr, playRole(role))
		os.Exit(1)
	}
	if err := flag.Set("test.parallel", parallel); err != nil { // the command line takes precedence
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	sharedServers.close()
	for _, do := range after {
		do()
	}
	if code == 0 {
		if err := goleak.Find(syntaxClock()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// SharedConsul returns a Consul server that all tests of this binary share.
// Tests keep to a prefix of their own and do not stop it.
func SharedConsul(t testing.TB) *Server { t.Helper(); return sharedServers.get(t, "consul", consul) }

// SharedEtcd returns an etcd 3.4 with both APIs that all tests of this binary
// share.
func SharedEtcd(t testing.TB) *Server { t.Helper(); return sharedServers.get(t, "etcd", etcd) }

// SharedEtcdEmbedded returns an etcd 3.7 that all tests of this binary share.
func SharedEtcdEmbedded(t testing.TB) *Server {
	t.Helper()
	return sharedServers.get(t, "etcd-embedded", etcdEmbedded)
}

// SharedZooKeeper returns a ZooKeeper that all tests of this binary share.
func SharedZooKeeper(t testing.TB) *Server {
	t.Helper()
	return sharedServers.get(t, "zookeeper", zooKeeper)
}

// sharedServers belong to the test binary, as the processes in it do.
var sharedServers pool

// pool holds servers by name; each is started when it is first asked for.
type pool struct {
	mu      sync.Mutex
	dir     string
	entries map[string]*entry
}

// entry is one server of the pool, or why there is none.
type entry struct {
	once   sync.Once
	server *Server
	err    error
}

func (p *pool) get(t testing.TB, name string, build recipe) *Server {
	t.Helper()
	e, dir, err := p.entry(name)
	if err != nil {
		t.Fatal(err)
	}
	e.once.Do(func() { e.server, e.err = launch(dir, build, nil) })
	if missing := (*missingError)(nil); errors.As(e.err, &missing) {
		missing.report(t)
	}
	if e.err != nil {
		t.Fatal(e.err)
	}
	return e.server
}

// entry finds or makes the entry of that name, and the directory for its
// server.
func (p *pool) entry(name string) (*entry, string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dir == "" {
		dir, err := os.MkdirTemp("", "kvtest")
		if err != nil {
			return nil, "", err
		}
		p.dir, p.entries = dir, map[string]*entry{}
	}
	e, ok := p.entries[name]
	if !ok {
		e = &entry{}
		p.entries[name] = e
	}
	return e, filepath.Join(p.dir, name), nil
}

// close kills all servers and removes what they wrote.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.entries {
		if e.server != nil {
			e.server.Kill()
		}
	}
	if p.dir != "" {
		_ = os.RemoveAll(p.dir) // at worst it stays in the directory for temporary files
	}
}

// syntaxClock exempts the clock that the regular expressions of the syntax
// highlighter share: it stops by itself, a second after the last use.
func syntaxClock() goleak.Option {
	return goleak.IgnoreAnyFunction("github.com/dlclark/regexp2/v2.runClock")
}
