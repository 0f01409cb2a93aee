//go:build unix

package scratch_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/scratch"
)

// holdEnv turns the test binary into a program that takes a directory, prints
// its name, and stays until it is killed.
const holdEnv = "KVIST_TEST_HOLD"

func TestMain(m *testing.M) {
	if os.Getenv(holdEnv) == "" {
		os.Exit(m.Run())
	}
	dir, _, err := scratch.Dir("test")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o600)
	}
	fmt.Println(dir, err)
	select {}
}

// places are fresh directories for both places of scratch directories.
func places(t *testing.T) (runtime, temp string) {
	t.Helper()
	runtime, temp = t.TempDir(), t.TempDir()
	if err := os.Chmod(runtime, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	t.Setenv("TMPDIR", temp)
	return runtime, temp
}

func TestDirIsForItsOwnerAlone(t *testing.T) {
	runtime, temp := places(t)
	for _, c := range []struct {
		name, want string
		prepare    func()
	}{
		{"in the runtime directory", runtime, func() {}},
		{"not where others can look", temp, func() { _ = os.Chmod(runtime, 0o755) }},
		{"not where nothing is", temp, func() { t.Setenv("XDG_RUNTIME_DIR", filepath.Join(runtime, "missing")) }},
		{"not at a relative path", temp, func() { t.Setenv("XDG_RUNTIME_DIR", ".") }},
	} {
		c.prepare()
		dir, remove, err := scratch.Dir("test")
		if err != nil {
			t.Fatal(c.name, err)
		}
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm() != 0o700 || filepath.Dir(dir) != c.want {
			t.Errorf("%s: %s with %v, %v; want it in %s", c.name, dir, info.Mode(), err, c.want)
		}
		remove()
		remove()
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("%s: after remove: %v", c.name, err)
		}
	}
}

// What a killed program left is removed; what a living one has stays.
func TestSweepAfterKill(t *testing.T) {
	runtime, _ := places(t)
	killed, dead := holder(t)
	_, living := holder(t)
	scratch.Sweep()
	exists(t, true, dead, living)
	_ = killed.Process.Kill()
	_ = killed.Wait()
	_, remove, err := scratch.Dir("other")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	exists(t, false, dead)
	exists(t, true, living, runtime)
}

// holder starts a program that holds a directory.
func holder(t *testing.T) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), holdEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	dir, failed, _ := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || failed != "<nil>" {
		t.Fatal(line, err)
	}
	return cmd, dir
}

// Names that only look similar, other users' directories, links, files, and a
// directory that is held by a process that cannot be seen all stay.
func TestSweepLeavesTheRest(t *testing.T) {
	runtime, temp := places(t)
	gone := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	pid := gone.Process.Pid
	mine := filepath.Join(temp, fmt.Sprintf("kvist-test-%d-aaaab", pid))
	open := filepath.Join(temp, fmt.Sprintf("kvist-test-%d-aaaac", pid))
	file := filepath.Join(temp, fmt.Sprintf("kvist-test-%d-aaaad", pid))
	link := filepath.Join(temp, fmt.Sprintf("kvist-test-%d-aaaae", pid))
	other := filepath.Join(temp, fmt.Sprintf("kvist-test-%d", pid))
	target := filepath.Join(runtime, "target")
	for dir, mode := range map[string]os.FileMode{mine: 0o700, open: 0o755, other: 0o700, target: 0o700} {
		if err := os.Mkdir(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	held, remove, err := scratch.Dir("test")
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	unseen := filepath.Join(temp, fmt.Sprintf("kvist-test-%d-aaaaf", pid))
	if err := os.Rename(held, unseen); err != nil {
		t.Fatal(err)
	}
	scratch.Sweep()
	exists(t, false, mine)
	exists(t, true, open, file, link, other, target, unseen)
}

func exists(t *testing.T, want bool, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v, want it there: %v", path, err, want)
		}
	}
}
