package journal

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/adrg/xdg"
	"github.com/gofrs/flock"
)

// The bounds of all journals together, where a user sets no others.
const (
	DefaultAge  = 30 * 24 * time.Hour
	DefaultSize = 256 << 20
)

const (
	fileSize = 8 << 20        // at which a new file is begun
	fileLife = 24 * time.Hour // likewise, so that old files can be deleted
	lockWait = 10 * time.Second
	lockPoll = 2 * time.Millisecond
)

// Dir is where the user's journals are: kvist/journal in the directory for
// state (on Linux $XDG_STATE_HOME, else ~/.local/state).
func Dir() string { return filepath.Join(xdg.StateHome, "kvist", "journal") }

// Store says which store a journal is of.
type Store struct {
	Backend string `json:"backend"`
	// ID is what the store says that it is: a cluster's ID or a datacenter's
	// name; "" where it says nothing.
	ID        string   `json:"id,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
}

// dirName is the name of the store's directory. Two clusters behind one
// address, one after the other, have directories of their own where they have
// IDs.
func (s Store) dirName() string {
	id := cmp.Or(s.ID, strings.Join(s.Addresses, ","))
	sum := sha256.Sum256([]byte(id))
	return s.Backend + "-" + hex.EncodeToString(sum[:8])
}

// Options bound the journals. Zero fields mean the defaults.
type Options struct {
	Age  time.Duration // after which a file is deleted
	Size int64         // of all files of all stores together
}

// Journal is the journal of one store. Its methods may be called at the same
// time, and by several programs.
type Journal struct {
	root    string
	dir     string
	store   Store
	options Options
	writer  string // in the IDs of this program's records

	written atomic.Uint64 // how often lines were appended

	mu      sync.Mutex
	lock    *flock.Flock
	alive   *flock.Flock // held as long as this program may write; nil before its first record
	file    *os.File     // nil before the first record
	n       int          // the file's number
	size    int64        // of the file after what this program wrote last
	loose   bool         // its last lines may not be on the disk yet
	next    uint64       // the number of the next record
	endless int          // records without an end
	plans   int          // that are under way
	keep    int          // the first file of the plans under way
	mixed   bool         // another program has written since the plan began
	closed  bool         // nothing is written any more
	dry     bool         // nothing is written to files
	kept    []line       // of a dry journal
}

// New returns the journal of store below root. It neither reads nor writes
// anything.
func New(root string, store Store, o Options) *Journal {
	o.Age, o.Size = cmp.Or(o.Age, DefaultAge), cmp.Or(o.Size, DefaultSize)
	return &Journal{
		root: root, dir: filepath.Join(root, store.dirName()), store: store, options: o,
		writer: strings.ToLower(rand.Text()[:10]),
		next:   1,
	}
}

// Begin gives the records their IDs and times and brings them to the disk.
// When it returns an error, none of the writes may be sent.
func (j *Journal) Begin(records []Record) error { return j.begin(records, true) }

// Note is Begin without waiting for the disk: Sync must have returned without an error
// before any of the writes is sent.
func (j *Journal) Note(records []Record) error { return j.begin(records, false) }

// begin is Begin; lines that are not durable come to the disk with Sync.
func (j *Journal) begin(records []Record, durable bool) error {
	b := j.encode(records)
	j.mu.Lock()
	defer j.mu.Unlock()
	if err := j.appendMade(len(b), durable, func() []byte { return b }); err != nil {
		return j.failed(err)
	}
	if j.plans > 0 && len(records) > 0 && records[0].Plan == "" {
		j.mixed = true
	}
	j.endless += len(records)
	return nil
}

// encode gives the records their IDs and times and returns their lines.
func (j *Journal) encode(records []Record) []byte {
	j.mu.Lock()
	first := j.next
	j.next += uint64(len(records))
	j.mu.Unlock()
	now, size := time.Now(), 0
	for i := range records {
		records[i].ID, records[i].Time = recordID(j.writer, first+uint64(i)), now
		size += records[i].about()
	}
	b := make([]byte, 0, size)
	for i := range records {
		b = appendRecord(b, &records[i])
	}
	return b
}

// Sync brings what was noted to the disk.
func (j *Journal) Sync() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.loose || j.file == nil {
		return nil
	}
	if err := j.file.Sync(); err != nil {
		return j.failed(err)
	}
	j.loose = false
	return nil
}

// End appends how the writes of records ended, without waiting for the disk; ends
// has one for each. A write has happened by then, so that the caller can only report
// an error. Of records that had ended it is what became known since.
func (j *Journal) End(records []Record, ends []End) error {
	now := time.Now()
	var b []byte
	for i := 0; i < len(records); {
		n := run(records[i:], ends[i:])
		b = appendEnds(b, now, records[i:i+n], ends[i:i+n])
		i += n
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	own := j.own(records)
	if own < len(records) || len(records) > 0 && records[0].Plan == "" {
		j.mixed = true // they may be of what is before a plan, or another's
	}
	// Ends that a crash of the machine takes are found out again by the next
	// program, as long as this one's sign is there. Orphans have none any more.
	err := j.appendMade(len(b), own < len(records), func() []byte { return b })
	if err != nil {
		return j.failed(err)
	}
	j.endless -= own
	return nil
}

// failed is the error of writing to the journal. It names the directory, so that
// the path in err would say it once more.
func (j *Journal) failed(err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = fmt.Errorf("%s: %w", of.Op, of.Err)
	}
	return fmt.Errorf("the journal in %s: %w", j.dir, err)
}

// own is how many of the records are this program's, and neither orphans nor ended.
func (j *Journal) own(records []Record) int {
	n := 0
	for i := range records {
		if j.Owns(records[i].ID) && records[i].Ended.IsZero() {
			n++
		}
	}
	return n
}

// run is how many of the records, from the first on, can share a line of their
// ends: they follow one another and ended alike.
func run(records []Record, ends []End) int {
	writer, first, _ := splitID(records[0].ID)
	n := 1
	for ; n < len(records); n++ {
		w, number, _ := splitID(records[n].ID)
		if w != writer || number != first+uint64(n) || records[n].Ended.IsZero() != records[0].Ended.IsZero() || ends[n].Outcome != ends[0].Outcome || ends[n].Error != ends[0].Error {
			break
		}
	}
	return n
}

// appendEnds appends the line of ends that a run of records share.
func appendEnds(b []byte, now time.Time, records []Record, ends []End) []byte {
	l := line{
		V: version, Time: now, End: records[0].ID, Outcome: ends[0].Outcome.String(), Error: ends[0].Error,
		Late: !records[0].Ended.IsZero(),
	}
	l.Index = ends[0].Index
	if len(records) > 1 {
		l.Count = uint64(len(records))
		for _, e := range ends {
			if e.Index != l.Index {
				l.Indexes = indexes(ends)
				break
			}
		}
	}
	return appendLine(b, &l)
}

func indexes(ends []End) []uint64 {
	list := make([]uint64, len(ends))
	for i, e := range ends {
		list[i] = e.Index
	}
	return list
}

// appendMade brings whole lines of about that many bytes to the end of the newest file
// and to the disk, all of them or none. It asks for them when it is known whether others
// have written meanwhile. Lines that need not be durable come to the
// disk with the next ones that are, or at the end.
func (j *Journal) appendMade(about int, durable bool, lines func() []byte) (err error) {
	if j.dry {
		return j.remember(lines())
	}
	if err := j.open(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), lockWait)
	defer cancel()
	if locked, err := j.lock.TryLockContext(ctx, lockPoll); !locked {
		return fmt.Errorf("another kvist has been writing to it for %v: %w", lockWait, err)
	}
	defer func() { err = errors.Join(err, j.lock.Unlock()) }()
	size, err := j.newest(int64(about))
	if err != nil {
		return err
	}
	j.mixed = j.mixed || size != j.size
	b := lines()
	if torn, err := endsTorn(j.file, size); err != nil {
		return err
	} else if torn {
		b = append([]byte{'\n'}, b...)
	}
	_, err = j.file.Write(b)
	if err == nil && durable {
		err = j.file.Sync()
	}
	if err != nil {
		return errors.Join(err, j.file.Truncate(size))
	}
	j.loose = !durable
	j.size = size + int64(len(b))
	j.written.Add(1)
	return nil
}

// endsTorn reports whether the file's last line has no end: its writer was
// cut off.
func endsTorn(f *os.File, size int64) (bool, error) {
	if size == 0 {
		return false, nil
	}
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// newest opens the file that more bytes belong into, which another program may
// have begun, and returns its size.
func (j *Journal) newest(more int64) (int64, error) {
	numbers, err := files(j.dir)
	if err != nil {
		return 0, err
	}
	n := 1
	if len(numbers) > 0 {
		n = numbers[len(numbers)-1]
	}
	size, changed, err := j.use(n)
	if err != nil || size == 0 || size+more <= fileSize && time.Since(changed) < fileLife {
		return size, err
	}
	defer j.prune()
	size, _, err = j.use(n + 1)
	return size, err
}

// use makes the nth file the one that is written to, and returns its size and
// when it was written to.
func (j *Journal) use(n int) (int64, time.Time, error) {
	if j.file == nil || j.n != n {
		f, created, err := openFile(j.dir, n)
		if err != nil {
			return 0, time.Time{}, err
		}
		if err := j.leaveFile(); err != nil {
			return 0, time.Time{}, errors.Join(err, f.Close())
		}
		j.file, j.n, j.size = f, n, 0
		if created {
			if err := j.writeHead(); err != nil {
				return 0, time.Time{}, err
			}
		}
	}
	info, err := j.file.Stat()
	if err != nil {
		return 0, time.Time{}, err
	}
	return info.Size(), info.ModTime(), nil
}

// leaveFile closes the file that was written to, if there is one.
func (j *Journal) leaveFile() error {
	if j.file == nil {
		return nil
	}
	var err error
	if j.loose {
		err = j.file.Sync()
	}
	err = errors.Join(err, j.file.Close())
	j.file, j.loose = nil, false
	return err
}

// writeHead begins a file by saying whose it is.
func (j *Journal) writeHead() error {
	head := appendLine(nil, &line{V: version, Time: time.Now(), Store: &j.store})
	if _, err := j.file.Write(head); err != nil {
		return errors.Join(err, os.Remove(j.file.Name()))
	}
	j.size = int64(len(head))
	return syncDir(j.dir)
}

// open makes what the first record needs: the directory, the lock, and the
// sign that this program lives.
func (j *Journal) open() error {
	switch {
	case j.closed:
		return errClosed
	case j.alive != nil:
		return nil
	}
	if err := makeDir(j.dir); err != nil {
		return err
	}
	numbers, err := files(j.dir)
	if err != nil {
		return err
	}
	from := 1
	if len(numbers) > 0 {
		from = numbers[len(numbers)-1]
	}
	alive, err := markAlive(j.dir, j.writer, from)
	if err != nil {
		return err
	}
	j.lock = flock.New(filepath.Join(j.dir, lockName), flock.SetPermissions(0o600))
	j.alive = alive
	return nil
}

// Written returns a number that grows with every line that this program
// appends. It never waits.
func (j *Journal) Written() uint64 { return j.written.Load() }

// errClosed says that nothing is written to a journal any more.
var errClosed = errors.New("it is closed, since the program ends")

// Close ends the writing for good. Records and plans that got no end stay orphans.
func (j *Journal) Close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	if j.alive == nil {
		return nil
	}
	errs := []error{j.leaveFile(), j.lock.Close()}
	if j.endless > 0 || j.plans > 0 {
		errs = append(errs, j.alive.Close())
	} else {
		errs = append(errs, unmarkAlive(j.alive))
	}
	j.alive, j.file, j.lock = nil, nil, nil
	return errors.Join(errs...)
}
