package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	fileEnding  = ".jsonl"
	aliveEnding = ".writer"
	lockName    = "lock"
)

// fileName is the name of a store's nth file. Numbers, not times, put files in
// order: a clock can go back.
func fileName(n int) string { return fmt.Sprintf("%08d%s", n, fileEnding) }

// fileNumber is the number of the file with that name.
func fileNumber(name string) (int, bool) {
	digits, ok := strings.CutSuffix(name, fileEnding)
	if !ok || len(digits) != 8 {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && n > 0
}

// files are the numbers of the files in dir, in ascending order; none if there
// is no such directory.
func files(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var numbers []int
	for _, e := range entries {
		if n, ok := fileNumber(e.Name()); ok && e.Type().IsRegular() {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// Mark is how far a journal has grown.
type Mark struct {
	file int
	size int64
}

// Mark returns how far the journal has grown, by whichever program. It reads no line.
func (j *Journal) Mark() (Mark, error) {
	numbers, err := files(j.dir)
	if err != nil || len(numbers) == 0 {
		return Mark{}, err
	}
	n := numbers[len(numbers)-1]
	info, err := os.Stat(filepath.Join(j.dir, fileName(n)))
	if err != nil {
		return Mark{}, err
	}
	return Mark{n, info.Size()}, nil
}

// makeDir makes dir, readable by the user alone.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) // it may have been there
}

// syncDir brings the names in dir to the disk. Windows has no such call.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// openFile opens the store's nth file for appending. created reports whether
// it is new.
func openFile(dir string, n int) (f *os.File, created bool, err error) {
	path := filepath.Join(dir, fileName(n))
	const flags = os.O_RDWR | os.O_APPEND
	f, err = os.OpenFile(path, flags, 0)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, false, err
	}
	f, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o600)
	return f, true, err
}
