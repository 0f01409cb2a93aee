package scratch

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// besideName begins the names of what Beside and DirBeside make.
const besideName = ".kvist-unfinished-"

// Beside makes a file beside the place where it will be, which only this user can
// read. It first removes what a program that was killed left there. While the file
// is open, no other program removes it.
func Beside(path string) (*os.File, error) {
	sweepBeside(filepath.Dir(path))
	file, err := os.CreateTemp(filepath.Dir(path), besideName+"*") // which is 0600
	if err != nil {
		return nil, err
	}
	_ = holdFile(file) // some file systems know no locks; a sweep then leaves it
	return file, nil
}

// DirBeside is Beside for a directory. done ends its being held.
func DirBeside(path string) (dir string, done func(), err error) {
	sweepBeside(filepath.Dir(path))
	dir, err = os.MkdirTemp(filepath.Dir(path), besideName+"*") // which is 0700
	if err != nil {
		return "", nil, err
	}
	if lock, err := hold(dir); err == nil {
		return dir, func() { _ = lock.Close() }, nil
	}
	return dir, func() {}, nil // some file systems know no locks; a sweep then leaves it
}

// sweepBeside removes what killed programs left in a directory.
func sweepBeside(in string) {
	dir, err := os.Open(in)
	if err != nil {
		return
	}
	defer dir.Close()
	for {
		entries, err := dir.ReadDir(besideSome)
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), besideName) {
				takeUnheld(filepath.Join(in, e.Name()))
			}
		}
		if err != nil {
			return
		}
	}
}

// besideAge is how old what is removed must be: a new one may not be held yet.
const besideAge = time.Minute

// besideSome is how many names are read at a time.
const besideSome = 1000

// takeUnheld removes a file or directory of this user that no program holds.
func takeUnheld(path string) {
	info, err := os.Lstat(path)
	if err != nil || !mine(info) || time.Since(info.ModTime()) < besideAge {
		return
	}
	var lock io.Closer
	if lock, err = hold(path); err != nil {
		return
	}
	_ = os.RemoveAll(path)
	_ = lock.Close()
}
