package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kvist/internal/job"
	"kvist/internal/screen"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// TestMain turns this binary into the program if a link calls it by that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "kvist" {
		main()
	}
	kvtest.Main(m)
}

// program returns kvist with a home directory of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	home := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "kvist")
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), link, args...)
	cmd.Dir = home
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_STATE_HOME="+home, "XDG_DATA_HOME="+home,
		"KVIST_CONFIG=", "TERM=xterm-256color", "TMPDIR="+home)
	return cmd
}

// patience is how long the whole program may take for one step; it only runs
// out when the step fails.
const patience = 30 * time.Second

// Without arguments the explorer shows the embedded cluster, masks its secrets, and leaves
// on q.
func TestEmbeddedStoreOnTheScreen(t *testing.T) {
	cmd := program(t)
	x, err := screen.Start(cmd, screen.Options{Patience: patience, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Kill()
	if err := x.Until("the tree", func() bool { return strings.Contains(x.Text(), "services") }); err != nil {
		t.Fatalf("%v; the screen got %q", err, x.Stream())
	}
	for _, keys := range []string{"/", "shop.password", "\r"} {
		if err := x.Type(keys); err != nil {
			t.Fatal(err)
		}
	}
	if err := x.Until("the dots", func() bool { return strings.Contains(x.Text(), "24 B, masked: V shows it") }); err != nil {
		t.Fatalf("%v; the screen shows %q", err, x.Text())
	}
	if err := x.Type("q"); err != nil {
		t.Fatal(err)
	}
	if err := x.End(); err != nil || !cmd.ProcessState.Success() {
		t.Errorf("leaving: %v, %v", err, cmd.ProcessState)
	}
	if x.Taken() {
		t.Errorf("the terminal is not given back: %q", x.Stream())
	}
	left, err := filepath.Glob(filepath.Join(cmd.Dir, "kvist-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("what is left of the embedded store: %v, %v", left, err)
	}
}

// A script can list the embedded store.
func TestEmbeddedStoreForScripts(t *testing.T) {
	out, err := program(t, "ls", "embedded://").Output()
	if err != nil || !bytes.Contains(out, []byte("config/api/server.toml\n")) {
		t.Errorf("%v, %q", err, out)
	}
}

// A pipe that is closed before the program has written everything is no
// failure.
func TestClosedPipe(t *testing.T) {
	cmd := program(t, "ls", "embedded://")
	var said bytes.Buffer
	cmd.Stderr = &said
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	cmd.Stdout = writer
	err = cmd.Run()
	writer.Close()
	if err != nil || said.Len() > 0 {
		t.Errorf("a closed pipe: %v, %q", err, said.String())
	}
}

// While a server that accepts and says nothing is being opened, the terminal
// says so; in the end it shows the error alone.
func TestOpeningIsShown(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cmd := program(t, "--timeout=2s", "zk://"+silent.Addr().String())
	told, err := screen.Output(cmd)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		t.Errorf("it opened what does not answer: %v", err)
	}
	line := "Opening zk://" + silent.Addr().String() + ", up to 2s; ctrl+c stops."
	if before, after, ok := strings.Cut(told, line); !ok || before != "" || !strings.HasPrefix(strings.TrimLeft(after, "\r "), "kvist: Opening the store on ZooKeeper") {
		t.Errorf("the terminal got %q", told)
	}
}

// What a server sends unasked, which net/http would log, does not reach the
// terminal.
func TestLibrariesAreSilent(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				for asked := bufio.NewReader(conn); ; {
					if _, err := http.ReadRequest(asked); err != nil {
						return
					}
					_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\nand unasked \x1b[31m")
				}
			}()
		}
	}()
	cmd := program(t, "get", "consul://"+listener.Addr().String()+"/key")
	var told bytes.Buffer
	cmd.Stderr = &told
	if err := cmd.Run(); err == nil {
		t.Error("it found a key where there is none")
	}
	if text := told.String(); !strings.HasPrefix(text, "kvist: ") || strings.Count(text, "\n") != 1 || strings.Contains(text, "Unsolicited") {
		t.Errorf("the terminal got %q", text)
	}
}

// What ends the program cuts off what it does; ctrl+c only stops it.
func TestCtrlCStopsAndAllElseCutsOff(t *testing.T) {
	for cause, cutsOff := range map[error]bool{job.ErrInterrupted: false, errors.New("told to end: terminated"): true} {
		program, end := context.WithCancelCause(t.Context())
		ctx := stoppedOrCutOff(program)
		end(cause)
		<-ctx.Done()
		if kv.CutOff(ctx) != cutsOff {
			t.Errorf("%v: cut off %v", cause, !cutsOff)
		}
	}
}
