//go:build unix

package scratch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// hold marks a directory as this program's while the file is open. No child
// inherits the file, and the kernel releases it when the program is killed.
func hold(dir string) (io.Closer, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := holdFile(f); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// holdFile does the same for one that is open.
func holdFile(f *os.File) error {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("%w: %w", errHeld, err)
	}
	return nil
}

// mine reports whether info is of a file or a directory of this user that nobody
// else can use.
func mine(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (info.IsDir() || info.Mode().IsRegular()) && info.Mode().Perm()&0o077 == 0 && int(stat.Uid) == os.Geteuid()
}

// alive reports whether there may be a process with this number.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return !errors.Is(err, syscall.ESRCH)
}

// private reports whether info is of a directory of this user that nobody else
// can enter.
func private(info fs.FileInfo) bool {
	return info.IsDir() && mine(info)
}
