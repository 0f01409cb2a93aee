package scratch

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Dir makes an empty directory that only this user can enter, for one kind of
// data (lower-case letters). It sweeps first. The directory is in
// $XDG_RUNTIME_DIR if there is one, which is in memory and ends with the login,
// else among the temporary files. remove deletes it with everything in it and
// may be called again.
//
// While the program lives, no other program removes the directory, not even one
// in another container that shares the place.
func Dir(kind string) (dir string, remove func(), err error) { return dirIn(base(), kind) }

// Large is Dir for more than memory should hold: the directory is among the
// temporary files.
func Large(kind string) (dir string, remove func(), err error) { return dirIn(os.TempDir(), kind) }

// dirIn makes a directory in a place.
func dirIn(place, kind string) (dir string, remove func(), err error) {
	Sweep()
	dir, err = mkdir(place, kind)
	if err != nil {
		return "", nil, err
	}
	lock, err := hold(dir)
	if err != nil {
		_ = os.Remove(dir)
		return "", nil, err
	}
	return dir, func() {
		_ = os.RemoveAll(dir) // at worst a later program sweeps it
		_ = lock.Close()
	}, nil
}

// mkdir makes a directory with an unused name. The name is short: it becomes
// part of a socket's path and is shown on one line of the screen.
func mkdir(in, kind string) (dir string, err error) {
	for range 100 {
		dir = filepath.Join(in, fmt.Sprintf("kvist-%s-%d-%s", kind, os.Getpid(), strings.ToLower(rand.Text()[:5])))
		if err = os.Mkdir(dir, 0o700); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return dir, err
}

// Sweep removes what programs that have ended left in both places that Dir
// uses. It keeps what it cannot remove, and what it does not know for certain
// to be left over from this user's kvist.
func Sweep() {
	sweep(os.TempDir())
	if runtime := runtimeDir(); runtime != "" {
		sweep(runtime)
	}
}

// base returns the place for new directories.
func base() string {
	if dir := runtimeDir(); dir != "" {
		return dir
	}
	return os.TempDir()
}

// runtimeDir returns $XDG_RUNTIME_DIR if it is as its specification demands: it
// exists, belongs to this user, and is closed to all others. Else "".
func runtimeDir() string {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if !filepath.IsAbs(dir) {
		return ""
	}
	if info, err := os.Stat(dir); err != nil || !private(info) {
		return ""
	}
	return dir
}

// made matches the names of directories that Dir makes.
var made = regexp.MustCompile(`^kvist-[a-z]+-([1-9]\d*)-[a-z2-7]{5}$`)

// sweep removes what was left in one place.
func sweep(in string) {
	entries, err := os.ReadDir(in)
	if err != nil {
		return
	}
	for _, entry := range entries {
		match := made.FindStringSubmatch(entry.Name())
		if match == nil {
			continue
		}
		info, err := entry.Info() // of a link itself, never of its target
		pid, errPid := strconv.Atoi(match[1])
		if err != nil || errPid != nil || !private(info) || alive(pid) {
			continue
		}
		takeAway(filepath.Join(in, entry.Name()))
	}
}

// takeAway removes a directory that no program holds.
func takeAway(dir string) {
	lock, err := hold(dir)
	if err != nil {
		return
	}
	_ = os.RemoveAll(dir)
	_ = lock.Close()
}

// errHeld reports that a living program has the directory.
var errHeld = errors.New("another program holds the directory")
