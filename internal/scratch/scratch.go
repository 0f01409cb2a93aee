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
// thing (lower case letters). It sweeps first. It is in $XDG_RUNTIME_DIR where
// there is one, which is in memory and goes with the login, else among the
// temporary files. remove takes it away with all in it; it may be called again.
//
// While the program lives, no other takes the directory away, not even one
// that runs in a container of its own beside the same directory.
func Dir(kind string) (dir string, remove func(), err error) {
	Sweep()
	dir, err = mkdir(base(), kind)
	if err != nil {
		return "", nil, err
	}
	lock, err := hold(dir)
	if err != nil {
		_ = os.Remove(dir)
		return "", nil, err
	}
	return dir, func() {
		_ = os.RemoveAll(dir) // swept by a later program at worst
		_ = lock.Close()
	}, nil
}

// mkdir makes a directory of a name that is free. The name is short: it may
// stand before that of a socket, and on one line of a screen.
func mkdir(in, kind string) (dir string, err error) {
	for range 100 {
		dir = filepath.Join(in, fmt.Sprintf("kvist-%s-%d-%s", kind, os.Getpid(), strings.ToLower(rand.Text()[:5])))
		if err = os.Mkdir(dir, 0o700); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return dir, err
}

// Sweep takes away what programs that are gone left in both places that Dir
// uses. What it cannot take away, or does not know for certain as left behind
// by this user's kvist, stays.
func Sweep() {
	sweep(os.TempDir())
	if runtime := runtimeDir(); runtime != "" {
		sweep(runtime)
	}
}

// base is where directories are made.
func base() string {
	if dir := runtimeDir(); dir != "" {
		return dir
	}
	return os.TempDir()
}

// runtimeDir is $XDG_RUNTIME_DIR if it is as its specification demands: there,
// this user's, and closed to all others. Else "".
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

// made is what the name of a directory looks like that Dir made.
var made = regexp.MustCompile(`^kvist-[a-z]+-([1-9]\d*)-[a-z2-7]{5}$`)

// sweep takes away what was left in one place.
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
		info, err := entry.Info() // of a link itself, never of what it points at
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

// errHeld says that a program that lives has the directory.
var errHeld = errors.New("another program holds the directory")
