package tui

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"kvist/internal/drafts"
	"kvist/internal/screen"
	"kvist/kv"
)

// crashVar makes the test binary, started again in a terminal of its own, a program
// that panics. It names the directory for drafts.
const crashVar = "KVIST_TEST_CRASH"

// crashStore is a store with two bugs: saving panics in a command, and following
// again, as a refresh does, fails with an error that panics when it is drawn.
type crashStore struct {
	kv.Store
	followed *bool
}

func (s crashStore) Get(key string) (*kv.KVPair, error) {
	return &kv.KVPair{Key: key, Value: []byte("value"), LastIndex: 1}, nil
}

func (s crashStore) AtomicPut(string, []byte, *kv.KVPair, *kv.WriteOptions) (bool, *kv.KVPair, error) {
	panic("a mistake in a command")
}

func (s crashStore) Close() {}

// Follow implements kv.Follower.
func (s crashStore) Follow(string, kv.FollowOptions) (kv.Feed, error) {
	if *s.followed {
		return nil, crashError{}
	}
	*s.followed = true
	return &crashFeed{}, nil
}

// crashError panics when it is formatted.
type crashError struct{}

func (crashError) Error() string { panic("a mistake in drawing") }

// crashFeed lists one key and nothing else.
type crashFeed struct{ told bool }

func (f *crashFeed) Next(ctx context.Context) (kv.Batch, error) {
	if f.told {
		<-ctx.Done()
		return kv.Batch{}, ctx.Err()
	}
	f.told = true
	return kv.Batch{
		Begin: true, Synced: true, State: kv.Live, Listed: 1,
		Events: []kv.Event{{Kind: kv.PutEvent, Key: "a", Index: 1, Size: 5}},
	}, nil
}

func (f *crashFeed) Close() error { return nil }

// crash is the program that panics. At the end it prints the error of Run.
func crash(draftDir string) {
	err := Run(context.Background(), Options{
		Open:    func(context.Context) (kv.Store, error) { return crashStore{followed: new(bool)}, nil },
		Address: "crash://", Drafts: drafts.New(draftDir),
	})
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
}

// A panic, in a command or in drawing, gives the terminal back and keeps what was
// typed.
func TestAPanicGivesTheTerminalBack(t *testing.T) {
	type step struct{ sees, types string }
	for name, c := range map[string]struct {
		steps []step
		kept  string
	}{
		"in a command": {[]step{{"value", "e"}, {"editing", "typed \x13"}}, "typed value"},
		"in drawing":   {[]step{{"value", "R"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			x := startCrash(t, dir)
			for _, s := range c.steps {
				if err := x.Until(s.sees, func() bool { return strings.Contains(x.Text(), s.sees) }); err != nil {
					t.Fatalf("%v; the screen:\n%s", err, x.Text())
				}
				if err := x.Type(s.types); err != nil {
					t.Fatal(err)
				}
			}
			if err := x.End(); err != nil || x.Cmd.ProcessState.ExitCode() != 1 {
				t.Errorf("the program ended with %v, %v", x.Cmd.ProcessState, err)
			}
			stream := x.Stream()
			for _, mode := range []string{"\x1b[?1049", "\x1b[?1002", "\x1b[?2004"} {
				if strings.LastIndex(stream, mode+"l") <= strings.LastIndex(stream, mode+"h") {
					t.Errorf("%q is not undone: %q", mode+"h", stream)
				}
			}
			if strings.LastIndex(stream, "\x1b[?25h") <= strings.LastIndex(stream, "\x1b[?25l") {
				t.Errorf("the cursor is left hidden: %q", stream)
			}
			if !strings.Contains(x.Text(), "kvist crashed (a bug)") {
				t.Errorf("nothing is said of the panic:\n%s", x.Text())
			}
			if d, err := drafts.New(dir).Load("crash://", "a"); string(d.Mine) != c.kept {
				t.Errorf("the draft holds %q: %v", d.Mine, err)
			}
		})
	}
}

// startCrash starts the program that panics, which is this test binary again.
func startCrash(t *testing.T, draftDir string) *screen.Terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), crashVar+"="+draftDir, "TERM=xterm-256color")
	x, err := screen.Start(cmd, screen.Options{Patience: patience, Keep: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(x.Kill)
	return x
}
