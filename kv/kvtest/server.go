package kvtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// startTimeout bounds how long a server may take until it serves.
	startTimeout = 30 * time.Second
	// stopTimeout bounds how long a server may take to end by itself.
	stopTimeout = 10 * time.Second
	// pollPace is how often a starting server is asked whether it serves.
	pollPace = 20 * time.Millisecond
	// cliTimeout bounds one run of a native client.
	cliTimeout = time.Minute
	// lastWords bounds the wait for the output of a client that has ended: a
	// process that it left behind may hold it open.
	lastWords = 5 * time.Second
	// starts is how often a start is tried: a free port may be taken before the
	// server binds it.
	starts = 3
)

// Server is a real server in a process of its own, with its data in a directory
// of its own, on loopback ports that stay the same over Restart.
type Server struct {
	Name string   // the kind: "consul", "etcd", "etcd-embedded", "zookeeper"
	Addr string   // "127.0.0.1:port" where clients connect
	Dir  string   // its data, configuration and log
	Env  []string // the environment of Command's client, as "NAME=value"
	// Metrics is where etcd serves its statistics over HTTP; "" elsewhere.
	Metrics string

	program []string                    // the command line that starts it
	environ []string                    // added to its environment
	serves  func(context.Context) error // returns nil once it serves
	client  []string                    // the native client's command line

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when cmd has ended
}

// Option changes how a server is started.
type Option func(*options)

type options struct {
	flags  []string
	config string
	certs  *Certificates
	token  string
}

// WithFlags adds flags to the server's command line; for ZooKeeper, to the Java
// machine's, such as -Dzookeeper.sessionRequireClientSASLAuth=true.
func WithFlags(flags ...string) Option {
	return func(o *options) { o.flags = append(o.flags, flags...) }
}

// WithConfig adds text to the server's configuration: JSON for Consul, which is
// merged with the rest, and lines of zoo.cfg for ZooKeeper. etcd has none.
func WithConfig(text string) Option {
	return func(o *options) { o.config += text + "\n" }
}

// WithTLS makes the server demand TLS with a client certificate on Addr.
func WithTLS(certs *Certificates) Option {
	return func(o *options) { o.certs = certs }
}

// WithACL makes a Consul server demand a token for everything; master is the
// token that may do everything.
func WithACL(master string) Option {
	return func(o *options) { o.token = master }
}

func collect(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// recipe makes a server, without starting it, that keeps its files in dir.
type recipe func(dir string, o options) (*Server, error)

// launch starts a server by its recipe, on other ports if those it chose were
// taken meanwhile.
func launch(dir string, build recipe, opts []Option) (*Server, error) {
	var failed []error
	for i := range starts {
		home := filepath.Join(dir, fmt.Sprintf("server%d", i))
		if err := os.MkdirAll(home, 0o700); err != nil {
			return nil, err
		}
		s, err := build(home, collect(opts))
		if err != nil {
			return nil, err
		}
		if err = s.start(); err == nil {
			return s, nil
		}
		if failed = append(failed, err); !errors.Is(err, errEnded) {
			break
		}
	}
	return nil, errors.Join(failed...)
}

// errEnded reports that a process ended before it served.
var errEnded = errors.New("ended at start")

// start starts the process and waits until it serves.
func (s *Server) start() error {
	if err := s.spawn(); err != nil {
		return err
	}
	return s.awaitServing()
}

// awaitServing waits until the started process serves.
func (s *Server) awaitServing() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		err := s.serves(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%s %w: %w\n%s", s.Name, errEnded, err, s.Log())
		case <-ctx.Done():
			s.Kill()
			return fmt.Errorf("%s does not serve after %v: %w\n%s", s.Name, startTimeout, err, s.Log())
		case <-time.After(pollPace):
		}
	}
}

// spawn starts the process, with its output going to the log.
func (s *Server) spawn() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.program[0], s.program[1:]...)
	cmd.Env = append(os.Environ(), s.environ...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.Dir, log, log
	cmd.SysProcAttr = dieWithParent()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.Name, err)
	}
	exited := make(chan struct{})
	s.cmd, s.exited = cmd, exited
	go waitFor(cmd, exited)
	return nil
}

// waitFor closes exited when the process has ended. It is a named function, so
// that leak checks can exempt it.
func waitFor(cmd *exec.Cmd, exited chan<- struct{}) {
	_ = cmd.Wait() // the log has how it ended
	close(exited)
}

func (s *Server) logPath() string { return filepath.Join(s.Dir, "log") }

// Log returns the server's output.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Stop asks the server to end, and waits until it has; it kills it if that
// takes too long. Data and ports stay.
func (s *Server) Stop() { s.end(syscall.SIGTERM) }

// Kill ends the server without any chance to clean up (SIGKILL).
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(how syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(how) // it may have ended by itself
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	s.cmd = nil
}

// Restart starts the server again with the same ports and data, after killing
// it if it runs, and waits until it serves.
func (s *Server) Restart() error {
	s.Kill()
	return s.start()
}

// Command returns the store's native client, pointed at this server: consul,
// etcdctl (of the v3 API) or ZooKeeper's command line.
func (s *Server) Command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.client[0], append(s.client[1:len(s.client):len(s.client)], args...)...)
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.SysProcAttr = dieWithParent()
	return cmd
}

// CLI runs the native client and returns its standard output without the space
// around it. The error contains its error output.
func (s *Server) CLI(args ...string) (string, error) { return run(s.Command(args...)) }

// CommandV2 returns etcdctl of the v2 API, pointed at this server.
func (s *Server) CommandV2(args ...string) *exec.Cmd {
	cmd := s.Command(args...)
	cmd.Env = append(cmd.Env, "ETCDCTL_API=2", "ETCDCTL_ENDPOINTS=http://"+s.Addr)
	return cmd
}

// CLIV2 is CLI with etcdctl of the v2 API.
func (s *Server) CLIV2(args ...string) (string, error) { return run(s.CommandV2(args...)) }

func run(cmd *exec.Cmd) (string, error) {
	var out, errOut strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errOut, lastWords
	if err := cmd.Start(); err != nil {
		return "", fmt.Errorf("start %s: %w", filepath.Base(cmd.Path), err)
	}
	limit := time.AfterFunc(cliTimeout, func() { _ = cmd.Process.Kill() }) // Wait then reports it
	defer limit.Stop()
	if err := cmd.Wait(); err != nil {
		return strings.TrimSpace(out.String()), fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, strings.TrimSpace(errOut.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// begin starts a server for one test, and kills it when the test is over.
func begin(t testing.TB, build recipe, opts []Option) *Server {
	t.Helper()
	s, err := launch(t.TempDir(), build, opts)
	if missing := (*missingError)(nil); errors.As(err, &missing) {
		missing.report(t)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Kill)
	return s
}
