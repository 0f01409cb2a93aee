package cli

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/config"
	"kvist/internal/printable"
	"kvist/internal/screen"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// program is a kvist that a test starts and talks to, with empty settings of
// its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, programName)
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(dir, "config.toml")
	if err := os.WriteFile(settings, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), link, args...)
	cmd.Env = append(os.Environ(), "KVIST_CONFIG="+settings, "GORACE="+hurry)
	return cmd
}

// open opens a place as the program does.
func (at place) open(t *testing.T) (kv.Store, string) {
	t.Helper()
	server := at.server(t)
	address := string(at.scheme) + "://" + server.Addr
	choice, err := (&config.File{}).Choose(address)
	if err != nil {
		t.Fatal(err)
	}
	target, err := choice.Resolve(t.Context(), config.Settings{}, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	store, err := config.Open(target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store, address
}

// until reads JSON objects until one matches; the test's deadline is the only
// other end.
func until(t *testing.T, out *bufio.Scanner, fits func(line map[string]any) bool) map[string]any {
	t.Helper()
	for out.Scan() {
		line := map[string]any{}
		if err := json.Unmarshal(out.Bytes(), &line); err != nil {
			t.Fatalf("%q: %v", out.Text(), err)
		}
		if fits(line) {
			return line
		}
	}
	t.Fatalf("the output ended: %v", out.Err())
	return nil
}

func TestWatchPrintsChangesUntilInterrupted(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address := at.open(t)
			prefix := "watch-" + filepath.Base(t.TempDir())
			put(t, store, prefix+"/before", "here already")
			out, end := watching(t, "--json", "--values", address, prefix)
			defer end()
			first := until(t, out, func(line map[string]any) bool { return line["state"] == "live" })
			if first["keys"] == 0.0 {
				t.Errorf("the watch is live without the key that is there: %v", first)
			}
			put(t, store, prefix+"/dir/new", "value")
			line := until(t, out, func(line map[string]any) bool {
				if line["key"] == prefix+"/before" {
					t.Errorf("what was there before is printed as a change: %v", line)
				}
				return line["kind"] == "put" && line["key"] == prefix+"/dir/new"
			})
			if line["value"] != "value" || line["size"] != 5.0 {
				t.Errorf("the change is printed as %v", line)
			}
			if err := store.Delete(prefix + "/dir/new"); err != nil {
				t.Fatal(err)
			}
			until(t, out, func(line map[string]any) bool {
				return line["kind"] == "delete" && line["key"] == prefix+"/dir/new"
			})
		})
	}
}

// Each change of a watched key is reported once, also if the key does not exist
// at first and nothing is below it.
func TestWatchOfAKeyItself(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address := at.open(t)
			key := "watched-" + filepath.Base(t.TempDir())
			out, end := watching(t, "--json", address, key)
			defer end()
			until(t, out, func(line map[string]any) bool { return line["state"] == "live" })
			tells := func(want map[string]any) {
				t.Helper()
				line := until(t, out, func(line map[string]any) bool { return line["key"] == key })
				for name, value := range want {
					if line[name] != value {
						t.Errorf("%s is %v, want %v; %v", name, line[name], value, line)
					}
				}
			}
			read := any(true) // what was there before was read, not sent by the feed
			if at.scheme == config.EtcdV3 {
				read = nil
			}
			put(t, store, key, "first")
			tells(map[string]any{"kind": "put", "created": true, "before": nil, "after": "first", "read": read})
			put(t, store, key, "second")
			tells(map[string]any{"kind": "put", "created": nil, "before": "first", "after": "second", "read": read})
			if err := store.Delete(key); err != nil {
				t.Fatal(err)
			}
			tells(map[string]any{"kind": "delete", "before": "second", "after": nil, "read": read})
		})
	}
}

func TestLocksTellsTheHolder(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address := at.open(t)
			key := "locks-" + filepath.Base(t.TempDir()) + "/leader"
			lock, err := store.NewLock(key, &kv.LockOptions{Value: []byte("node-1")})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := lock.Lock(); err != nil {
				t.Fatal(err)
			}
			defer lock.Unlock() // Close releases it as well
			out, err := program(t, "locks", "--json", address, key).Output()
			if err != nil {
				t.Fatal(err)
			}
			var got lockRecord
			if err := json.Unmarshal(bytes.TrimSpace(out), &got); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
			if got.Key != key || len(got.Holders) != 1 || got.Holders[0].ID == "" || len(got.Waiters) != 0 {
				t.Errorf("the lock is told as %s", out)
			}
			text, err := program(t, "locks", address, key).Output()
			if err != nil || !strings.HasPrefix(string(text), key+" (") || !strings.Contains(string(text), "\n  holder   ") {
				t.Errorf("the lock is printed as %q, %v", text, err)
			}
		})
	}
}

// No hostile byte of a value or key reaches a terminal.
func TestTerminalGetsNothingRaw(t *testing.T) {
	at := place{"etcdv3", config.EtcdV3, kvtest.SharedEtcdEmbedded}
	store, address := at.open(t)
	key := "hostile-" + filepath.Base(t.TempDir()) + "/\x1b[31m\u202ekey"
	put(t, store, key, "line\n\ttab \x1b]0;title\a \u202e\xff end")
	for _, args := range [][]string{{"get", address, key}, {"ls", address, filepath.Dir(key)}, {"ls", "-0", address, filepath.Dir(key)}, {"get", "--json", address, key}, {"get", address, key + "no"}} {
		out, _ := screen.Output(program(t, args...)) // the last one fails, as it should
		if out == "" {
			t.Errorf("%q prints nothing", args)
		}
		for line := range strings.Lines(out) {
			line = strings.NewReplacer("\r\n", "", "\t", "", "\x00", "").Replace(line)
			if printable.String(line) != line {
				t.Errorf("%q sends %q to the terminal", args, line)
			}
		}
	}
}

// When the reader of the output closes it after one line, the program ends
// quietly.
func TestClosedPipeEndsQuietly(t *testing.T) {
	at := place{"etcdv3", config.EtcdV3, kvtest.SharedEtcdEmbedded}
	store, address := at.open(t)
	prefix := "pipe-" + filepath.Base(t.TempDir())
	put(t, store, prefix+"/key", strings.Repeat("x", 1<<19))
	cmd := program(t, "get", address, prefix+"/key")
	var said bytes.Buffer
	cmd.Stderr = &said
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(pipe, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	pipe.Close()
	_ = cmd.Wait() // the code is 0, or SIGPIPE if the program keeps its default
	if said.Len() > 0 {
		t.Errorf("it complains: %s", said.String())
	}
}

// A program can be interrupted while its server accepts it and then says
// nothing.
func TestInterruptedWhileOpening(t *testing.T) {
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for _, scheme := range []config.Scheme{config.Consul, config.EtcdV2, config.EtcdV3, config.ZK} {
		cmd := program(t, "ls", "--timeout", "10m", string(scheme)+"://"+silent.Addr().String())
		var said bytes.Buffer
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		conn, err := silent.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		conn.Close()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || said.String() != "kvist: interrupted\n" {
			t.Errorf("%s: exit code %d, %q", scheme, code, said.String())
		}
	}
}

// put writes a value for a test.
func put(t *testing.T, store kv.Store, key, value string) {
	t.Helper()
	if err := store.Put(key, []byte(value), nil); err != nil {
		t.Fatal(err)
	}
}
