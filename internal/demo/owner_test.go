package demo_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kvist/internal/demo"
)

// otherUserEnv turns the test binary into a program of another user that tries
// to reach a socket.
const otherUserEnv = "KVIST_TEST_REACH"

func TestMain(m *testing.M) {
	path := os.Getenv(otherUserEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		_ = conn.Close()
	}
	fmt.Println(errors.Is(err, syscall.EACCES), err)
}

// The server is reachable by its owner alone: another user of the machine
// reaches neither etcd nor the pages beside it.
func TestOtherUsersDoNotReachIt(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("another user can be made by root only")
	}
	temp := t.TempDir()
	for dir := temp; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil { // like /tmp, every user may enter it
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv("XDG_RUNTIME_DIR", "")
	c, _ := start(t, demo.Options{Still: true})
	socket := strings.TrimPrefix(c.Endpoint(), "unix://")
	program := filepath.Join(temp, "other")
	if data, err := os.ReadFile(os.Args[0]); err != nil || os.WriteFile(program, data, 0o755) != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Env = append(os.Environ(), otherUserEnv+"="+socket)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "true ") {
		t.Errorf("another user at %s: %s, %v; want it refused", socket, out, err)
	}
	web := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}}}
	answer, err := web.Get("http://embedded/version")
	if err != nil {
		t.Fatal("not even its owner reaches it there: ", err)
	}
	_ = answer.Body.Close()
}

// No port is opened, on any address.
func TestItOpensNoPort(t *testing.T) {
	before := listening(t)
	start(t, demo.Options{Still: true})
	for inode := range listening(t) {
		if !before[inode] {
			t.Errorf("the socket %s listens", inode)
		}
	}
}

// listening returns the inodes of this process's TCP sockets that listen.
func listening(t *testing.T) map[string]bool {
	t.Helper()
	mine := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the sockets of a process are known on Linux only: ", err)
	}
	for _, fd := range fds {
		link, _ := os.Readlink("/proc/self/fd/" + fd.Name())
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			mine[strings.TrimSuffix(inode, "]")] = true
		}
	}
	found := map[string]bool{}
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		lines, _ := os.ReadFile(table)
		for line := range strings.Lines(string(lines)) {
			f := strings.Fields(line)
			if len(f) > 9 && f[3] == "0A" && mine[f[9]] {
				found[f[9]] = true
			}
		}
	}
	return found
}

// What killed programs left is gone once another one starts.
func TestStartSweepsWhatWasLeft(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("XDG_RUNTIME_DIR", "")
	gone := exec.CommandContext(t.Context(), "true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	left := filepath.Join(temp, fmt.Sprintf("kvist-demo-%d-abcde", gone.Process.Pid), "etcd", "member")
	if err := os.MkdirAll(left, 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, demo.Options{Still: true})
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", left, err)
	}
}

// A path that is too long for a socket is refused as that.
func TestPathTooLongForASocket(t *testing.T) {
	temp := filepath.Join(t.TempDir(), strings.Repeat("long", 25))
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", temp)
	t.Setenv("XDG_RUNTIME_DIR", "")
	if _, err := demo.Start(t.Context(), demo.Options{}); err == nil || !strings.Contains(err.Error(), "too long for a socket") {
		t.Error(err)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
