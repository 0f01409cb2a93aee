package statefile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/adrg/xdg"
)

const (
	// TempEnding ends the name of a file that is being written.
	TempEnding = ".tmp"
	// TempLife is after how long a file that a crash left half written is
	// removed.
	TempLife = 24 * time.Hour
)

// Dir returns where the user's files of one kind are: kvist/KIND in the directory
// for state (on Linux $XDG_STATE_HOME, else ~/.local/state).
func Dir(kind string) string { return filepath.Join(xdg.StateHome, "kvist", kind) }

// Hash returns a name for a text, in hexadecimal digits: names of files do not show
// what is in a store, and have no "/".
func Hash(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}

// Write makes the file as a whole or not at all: it is written under another name,
// synced to the disk, and renamed. It makes dir if it is missing.
func Write(dir, name string, data []byte) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, name+".*"+TempEnding) // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(dir, name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(dir)
}

// makeDir makes dir, for the user alone.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) // it may already exist
}

// syncDir syncs a rename to the disk. Windows has nothing like it.
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

// ErrIrregular is the error for something else than a file, such as a pipe, of which
// reading might never end.
var ErrIrregular = errors.New("it is not a regular file")

// Read returns what is in a file of at most so many bytes.
func Read(dir, name string, most int64) ([]byte, error) {
	path := filepath.Join(dir, name)
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrIrregular
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("it has more than %d bytes", most)
	}
	return data, err
}

// Sweep removes files that crashes left half written long ago. It ignores all
// errors.
func Sweep(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	before := time.Now().Add(-TempLife)
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && strings.HasSuffix(entry.Name(), TempEnding) && info.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(dir, entry.Name()))
		}
	}
}
