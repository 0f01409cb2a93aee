package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/adrg/xdg"
	"github.com/rogpeppe/go-internal/testscript"

	"kvist/internal/build"
	"kvist/internal/config"
	"kvist/kv/kvtest"
)

// programName is the name of the test binary, given by a link, under which it
// is the program instead of the tests.
const programName = "kvist"

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == programName {
		os.Exit(runProgram())
	}
	if os.Getenv(kvtest.RoleVar) != "" { // a server of the tests
		kvtest.Main(m)
	}
	state, err := os.MkdirTemp("", "kvist-cli-test-*")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_STATE_HOME", state) // no test writes to the user's own journal
	xdg.Reload()
	kvtest.Main(m, func() { os.RemoveAll(state) })
}

// runProgram is the program under test: main without the screen, with a server
// of the tests as the embedded store.
func runProgram() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	p := &Program{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.LookupEnv, Build: build.Info{Version: "test", Go: "go1.26.8", Platform: "linux/amd64"},
		Explore: func(_ context.Context, e Exploration) error {
			if e.Open == nil {
				for _, p := range e.Known {
					fmt.Printf("chooses %s kind=%s colour=%s asks=%v first=%v\n", p.Name, p.Kind, p.Colour, p.Asks, p.First)
				}
				return nil
			}
			s, err := e.Open(ctx)
			if err != nil {
				return err
			}
			defer s.Close()
			prefix, address := e.Place(s)
			fmt.Printf("explores %s profile=%s prefix=%s read-only=%v theme=%s note=%s timeout=%s no-color=%v ascii=%v own-themes=%d card=%v\n",
				address, e.Profile, prefix, e.ReadOnly, e.Theme, e.Note, e.Timeout, e.NoColor, e.ASCII, len(e.Themes), e.Card)
			return nil
		},
		Editor:   func(env func(string) string) (string, bool) { return "nano" + env("EDITOR"), env("EDITOR") != "" },
		DemoMask: []string{"secrets/"},
		Embed: func(context.Context) (Embedded, error) {
			return Embedded{Endpoint: os.Getenv("TEST_EMBEDDED"), Close: func() {}}, nil
		},
	}
	return p.Run(ctx, os.Args[1:])
}

// place is a store to run scripts on.
type place struct {
	name   string
	scheme config.Scheme
	server func(testing.TB) *kvtest.Server
}

// places returns the kinds of stores that every test runs on: the newest server of each scheme.
func places() []place {
	var all []place
	for _, h := range kvtest.Backends() {
		at := place{h.Scheme, config.Scheme(h.Scheme), h.Shared}
		if last := len(all) - 1; last >= 0 && all[last].name == at.name {
			all[last] = at
			continue
		}
		all = append(all, at)
	}
	return all
}

// Each script of testdata/store passes on each backend. $STORE is an address
// with a prefix of the script's own, $PREFIX that prefix.
func TestStores(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			server := at.server(t)
			testscript.Run(t, parameters("testdata/store", func(env *testscript.Env) error {
				prefix := "cli-" + filepath.Base(env.WorkDir) + "-" + strconv.Itoa(os.Getpid())
				env.Setenv("PREFIX", prefix)
				env.Setenv("STORE", string(at.scheme)+"://"+server.Addr+"/"+prefix)
				env.Setenv("PLACE", string(at.scheme)+"://"+server.Addr)
				return nil
			}))
		})
	}
}

// The scripts that need at most one server of each kind pass.
func TestScripts(t *testing.T) {
	testscript.Run(t, parameters("testdata/script", func(env *testscript.Env) error {
		tb, ok := env.T().(testing.TB)
		if !ok {
			return errors.New("testscript runs without a testing.TB")
		}
		for _, at := range places() {
			env.Setenv(strings.ToUpper(at.name), at.server(tb).Addr)
		}
		env.Setenv("TEST_EMBEDDED", kvtest.SharedEtcdEmbedded(tb).Addr)
		env.Setenv("DEAD", kvtest.DeadAddr())
		return nil
	}))
}

// parameters are how the scripts of a folder are run.
func parameters(dir string, setup func(*testscript.Env) error) testscript.Params {
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			if err := linkProgram(env); err != nil {
				return err
			}
			err := setup(env)
			env.Values[environment{}] = env.Vars
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code, "answers": answers},
	}
}

// hurry makes a program with the race detector end at once: by default it
// sleeps for a second then (https://go.dev/doc/articles/race_detector#Options).
const hurry = "atexit_sleep_ms=0"

// linkProgram puts the program on the script's PATH, with a home directory of
// its own.
func linkProgram(env *testscript.Env) error {
	bin := filepath.Join(env.WorkDir, ".bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	env.Setenv("PATH", bin+string(os.PathListSeparator)+env.Getenv("PATH"))
	env.Setenv("GORACE", hurry)
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
	env.Setenv("KVIST_CONFIG", filepath.Join(env.WorkDir, "config.toml"))
	return errors.Join(
		os.Symlink(self, filepath.Join(bin, programName)),
		os.WriteFile(filepath.Join(env.WorkDir, "config.toml"), nil, 0o600),
	)
}

// code runs a program and checks its exit code: code 3 kvist get …
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code NUMBER PROGRAM [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
