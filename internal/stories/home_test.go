package stories

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"kvist/internal/drafts"
	"kvist/kv/kvtest"
)

// binary is the program, built once when the first story needs it.
type binary struct {
	once sync.Once
	dir  string
	err  error
}

// built belongs to the test binary, as its servers do.
var built binary

func TestMain(m *testing.M) { kvtest.Main(m, built.remove) }

// path returns where the program is.
func (b *binary) path(t *testing.T) string {
	t.Helper()
	b.once.Do(func() {
		if b.dir, b.err = os.MkdirTemp("", "kvist-stories"); b.err != nil {
			return
		}
		if out, err := exec.Command("go", "build", "-o", b.dir, "kvist").CombinedOutput(); err != nil {
			b.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return filepath.Join(b.dir, "kvist")
}

// remove deletes the program.
func (b *binary) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir) // at worst it stays in the directory for temporary files
	}
}

// home is a user's home: settings, drafts and environment.
type home struct {
	*testing.T
	dir string
	env []string
}

// newHome returns an empty home, with nothing of the tests' environment.
func newHome(t *testing.T, env ...string) *home {
	t.Helper()
	dir := t.TempDir()
	base := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir, "TERM=xterm-256color", "LANG=C.UTF-8", "TZ=UTC",
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_STATE_HOME=" + filepath.Join(dir, "state"),
		"XDG_DATA_HOME=" + filepath.Join(dir, "data"),
	}
	h := &home{t, dir, append(base, env...)}
	h.write("config/kvist/config.toml", "restore = false\n") // most stories begin with closed folders
	return h
}

// command returns the program in this home.
func (h *home) command(args ...string) *exec.Cmd {
	h.Helper()
	cmd := exec.Command(built.path(h.T), args...)
	cmd.Dir, cmd.Env = h.dir, h.env
	return cmd
}

// start starts the program in a terminal of that size.
func (h *home) start(width, height int, args ...string) *terminal {
	h.Helper()
	return run(h.T, h.command(args...), width, height)
}

// write makes a file in the home that only its owner can read.
func (h *home) write(name, text string) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.Fatal(err)
	}
	return path
}

// drafts returns the drafts on disk for an address.
func (h *home) drafts(address string) []drafts.Draft {
	h.Helper()
	list, err := drafts.New(filepath.Join(h.dir, "state", "kvist", "drafts")).List(address)
	if err != nil {
		h.Fatal(err)
	}
	return list
}
