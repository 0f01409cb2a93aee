package drafts

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// The number of hexadecimal digits of a file's name for the address and the
// key: names do not show what is in the store, and have no "/".
const (
	addressPart = 16
	keyPart     = 32
)

// nameOf returns the beginning of the names of all files for a key.
func nameOf(address, key string) string {
	return hash(plain(address))[:addressPart] + "-" + hash(key)[:keyPart]
}

func hash(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// makeDir makes dir, for the user alone.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) // it may already exist
}

// write makes the file as a whole or not at all: it is written under another
// name, synced to the disk, and renamed.
func write(dir, name string, data []byte) error {
	f, err := os.CreateTemp(dir, name+".*"+tempEnding) // with mode 0600
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
