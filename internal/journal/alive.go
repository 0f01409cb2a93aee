package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gofrs/flock"
)

// A program that writes holds a lock on a file of its own, which says from
// which file of the journal on its records are. The system frees the lock when
// the program ends in whatever way; a file that is left and not locked is of
// one that had no time to put its records in order.

// markAlive makes and locks that file.
func markAlive(dir, writer string, from int) (*flock.Flock, error) {
	alive := flock.New(filepath.Join(dir, writer+aliveEnding), flock.SetPermissions(0o600))
	locked, err := alive.TryLock()
	if err == nil && !locked {
		err = errors.New("another program has its name") // one in 2^50
	}
	if err == nil {
		err = os.WriteFile(alive.Path(), []byte(strconv.Itoa(from)+"\n"), 0o600)
	}
	if err == nil {
		err = syncDir(dir)
	}
	if err != nil {
		return nil, errors.Join(err, alive.Close())
	}
	return alive, nil
}

// unmarkAlive removes the file of a writer whose records all have an end.
func unmarkAlive(alive *flock.Flock) error {
	return errors.Join(alive.Close(), os.Remove(alive.Path()))
}

// dead is a writer that ended without closing its journal. It stays locked, so
// that only one program looks after what it left.
type dead struct {
	writer string
	from   int // the first file that can hold its records
	lock   *flock.Flock
}

// theDead returns the writers of dir that no longer live, and locks them.
func theDead(dir string) ([]dead, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []dead
	for _, e := range entries {
		writer, ok := strings.CutSuffix(e.Name(), aliveEnding)
		if !ok {
			continue
		}
		path := filepath.Join(dir, e.Name())
		lock := flock.New(path, flock.SetFlag(os.O_RDWR)) // O_CREATE would bring back one that ends right now
		if locked, err := lock.TryLock(); err != nil || !locked {
			continue
		}
		text, _ := os.ReadFile(path)
		first, _, _ := strings.Cut(string(text), "\n")
		from, err := strconv.Atoi(first)
		if err != nil {
			from = 1 // it ended before it had written that
		}
		all = append(all, dead{writer, from, lock})
	}
	return all, nil
}

// Owns reports whether a record, by its ID, is of this program.
func (j *Journal) Owns(id string) bool {
	writer, _, _ := splitID(id)
	return writer == j.writer
}

// askedMark is the second line in the file of a writer that no longer lives, once
// another program looks after what it left: whoever holds the lock then is not it.
const askedMark = "asked"

// markAsked says in the file of a dead writer that it is dead.
func (d *dead) markAsked() {
	// Without the mark the writer passes for one that lives as long as it is locked.
	_ = os.WriteFile(d.lock.Path(), []byte(strconv.Itoa(d.from)+"\n"+askedMark+"\n"), 0o600)
}

// Others returns whether a record, by its ID, is of another program that still
// runs, or of one that was killed and that another one looks after.
func (j *Journal) Others() (func(id string) bool, error) {
	locked, err := j.locked()
	return func(id string) bool {
		writer, _, _ := splitID(id)
		return locked[writer] != nil
	}, err
}

// holder is a program that holds the lock of a writer.
type holder struct {
	asks bool // it is not the writer, which is dead
}

// locked returns who holds the locks of writers, but for this program's.
func (j *Journal) locked() (map[string]*holder, error) {
	entries, err := os.ReadDir(j.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	all := map[string]*holder{}
	for _, e := range entries {
		writer, ok := strings.CutSuffix(e.Name(), aliveEnding)
		if !ok || writer == j.writer {
			continue
		}
		lock := flock.New(filepath.Join(j.dir, e.Name()), flock.SetFlag(os.O_RDWR))
		locked, err := lock.TryRLock()
		if err == nil && !locked {
			text, _ := os.ReadFile(lock.Path()) // of one that ended right now there is nothing to tell
			all[writer] = &holder{asks: strings.HasSuffix(string(text), "\n"+askedMark+"\n")}
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
