package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/kv"
)

var testStore = Store{Backend: "etcdv3", ID: "cdf8", Addresses: []string{"127.0.0.1:2379"}}

// open makes a journal that ends with the test.
func open(t *testing.T, root string, o Options) *Journal {
	t.Helper()
	j := New(root, testStore, o)
	t.Cleanup(func() { j.Close() })
	return j
}

func node(key, value string, index uint64) *kv.Node {
	return &kv.Node{Key: key, Value: []byte(value), Index: index}
}

// write records the write of one key, which ends as it says.
func write(t *testing.T, j *Journal, r Record, e End) Record {
	t.Helper()
	records := []Record{r}
	require.NoError(t, j.Begin(records))
	require.NoError(t, j.End(records, []End{e}))
	return records[0]
}

// entries are all entries of the journal, the newest first.
func entries(t *testing.T, j *Journal) (all []Entry, foreign int) {
	t.Helper()
	r, err := j.Read()
	require.NoError(t, err)
	defer r.Close()
	for {
		e, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, r.Foreign
		}
		require.NoError(t, err)
		all = append(all, e)
	}
}

// path is the store's nth file.
func path(j *Journal, n int) string { return filepath.Join(j.dir, fileName(n)) }

// Records are read again, byte for byte, the newest first.
func TestRecordsComeBack(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	full := &kv.Node{
		Key: "a\xff\x00/b", Value: []byte("\xfe\x1b[31m"), Index: 7, Type: kv.TTLNode, Flags: 1 << 63, Owner: "5339",
		TTL: time.Minute, Left: 31 * time.Second, ACL: []string{"world:anyone:cdrwa"},
	}
	first := write(t, j, Record{Op: "atomicput", Key: full.Key, Before: full, After: node(full.Key, "", 0)}, End{Outcome: Done, Index: 9})
	second := write(t, j, Record{Op: "atomicdelete", Key: "k\x1b]0;x\a\n\u2028é\"\\", Before: node("k\x1b]0;x\a\n\u2028é\"\\", "v", 3)},
		End{Outcome: Conflict, Error: "modified"})

	all, foreign := entries(t, j)
	require.Zero(t, foreign)
	require.Len(t, all, 2)
	require.Equal(t, second.Key, all[0].Key)
	require.Equal(t, Conflict, all[0].Outcome)
	require.Equal(t, "modified", all[0].Error)
	require.Nil(t, all[0].After)
	require.Equal(t, first.ID, all[1].ID)
	require.Equal(t, full, all[1].Before)
	require.Equal(t, []byte{}, all[1].After.Value)
	require.EqualValues(t, 9, all[1].Index)

	text, err := os.ReadFile(path(j, 1))
	require.NoError(t, err)
	require.NotContains(t, string(text), "\x1b", "a journal is read by less and cat")
	for _, l := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		require.True(t, json.Valid([]byte(l)), l)
	}
	info, err := os.Stat(path(j, 1))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// appendRecord writes what encoding/json would.
func TestRecordsAreJSON(t *testing.T) {
	for _, key := range []string{"a", "", "<&>\u2028\x7f\u009b", "\xff", "日本\"\\\t\r"} {
		n := &kv.Node{Key: key, Value: []byte(key), Type: kv.EphemeralNode, Flags: 3, TTL: time.Second, Left: -1, ACL: []string{key, "x"}}
		for _, hidden := range []bool{false, true} {
			r := Record{ID: "w-1", Plan: "w-2", Op: "put", Undoes: "v-3", Redo: hidden, Key: key, Before: n, After: &kv.Node{}, Hidden: hidden, Time: time.Now()}
			l := recordLine(&r)
			var want, got any
			require.NoError(t, json.Unmarshal(appendLine(nil, &l), &want))
			require.NoError(t, json.Unmarshal(appendRecord(nil, &r), &got))
			require.Equal(t, want, got)
		}
	}
}

// A hidden value leaves only its digest and size.
func TestHiddenValuesStayOut(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	write(t, j, Record{Op: "put", Key: "secrets/a", Before: node("secrets/a", "hunter2", 1), After: node("secrets/a", "hunter3", 0), Hidden: true}, End{Outcome: Done, Index: 2})
	text, err := os.ReadFile(path(j, 1))
	require.NoError(t, err)
	require.NotContains(t, string(text), "hunter")
	all, _ := entries(t, j)
	require.True(t, all[0].Hidden)
}

// Lines that are torn, foreign, of wrong types or too long cost only themselves.
func TestForeignLinesArePassedOver(t *testing.T) {
	root := t.TempDir()
	j := open(t, root, Options{})
	write(t, j, Record{Op: "put", Key: "before"}, End{Outcome: Done, Index: 1})
	f, err := os.OpenFile(path(j, 1), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	for _, bad := range []string{
		"not json", `{"v":1,"id":5}`, `{"v":99,"id":"w-1"}`, `{"v":1,"id":"nohyphen"}`, `{"v":1,"id":"w-0"}`, `[]`, `null`, "\x1b[2J",
		`{"v":1,"id":"w-1","before":{"type":"strange"}}`, `{"v":1,"id":"w-1","before":{"ttl":"x"}}`,
		`{"v":1,"endplan":"w-9","from":{"file":-5,"byte":-1}}`, `{"v":1,"end":"w-3","count":18446744073709551615,"outcome":"odd"}`,
		strings.Repeat("x", lineMost+blockSize),
	} {
		fmt.Fprintln(f, bad)
	}
	fmt.Fprint(f, `{"v":1,"id":"torn-1","ke`) // its writer was cut off
	require.NoError(t, f.Close())
	write(t, j, Record{Op: "put", Key: "after"}, End{Outcome: Done, Index: 2})

	all, foreign := entries(t, j)
	var keys []string
	for _, e := range all {
		if e.Plan == nil {
			keys = append(keys, e.Key)
		}
	}
	require.Equal(t, []string{"after", "before"}, keys)
	require.Equal(t, 12, foreign)
	orphans, err := j.Orphans()
	require.NoError(t, err)
	require.Empty(t, orphans)
}

// Several programs write to one journal, and each line stays whole.
func TestProgramsShareAJournal(t *testing.T) {
	root := t.TempDir()
	var wg sync.WaitGroup
	for p := range 4 {
		j := New(root, testStore, Options{})
		wg.Go(func() {
			defer j.Close()
			for i := range 25 {
				r := []Record{{Op: "put", Key: fmt.Sprintf("%d/%d", p, i)}}
				if err := errors.Join(j.Begin(r), j.End(r, []End{{Outcome: Done, Index: 1}})); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	j := open(t, root, Options{})
	all, foreign := entries(t, j)
	require.Len(t, all, 100)
	require.Zero(t, foreign)
	for _, e := range all {
		require.Equal(t, Done, e.Outcome)
	}
}

// plan records a plan of n keys in batches of 100; the first ended of them
// have an end.
func plan(t testing.TB, j *Journal, title string, n, ended int) (Plan, []Record) {
	t.Helper()
	p := Plan{Title: title, Records: n}
	require.NoError(t, j.BeginPlan(&p))
	var all []Record
	for len(all) < n {
		var batch []Record
		for range min(100, n-len(all)) {
			key := fmt.Sprintf("plan/%06d", len(all)+len(batch))
			batch = append(batch, Record{Plan: p.ID, Op: "atomicdelete", Key: key, Before: node(key, "value", 5)})
		}
		require.NoError(t, j.Begin(batch))
		all = append(all, batch...)
	}
	for at := 0; at < ended; at += 100 {
		part := all[at:min(at+100, ended)]
		ends := make([]End, len(part))
		for i := range ends {
			ends[i] = End{Outcome: Done, Index: uint64(1000 + at + i)}
		}
		require.NoError(t, j.End(part, ends))
	}
	return p, all
}

// A plan is one entry, and its records are read from it.
func TestAPlanIsOneEntry(t *testing.T) {
	j := open(t, t.TempDir(), Options{})
	write(t, j, Record{Op: "put", Key: "older"}, End{Outcome: Done, Index: 1})
	p, records := plan(t, j, "delete plan/", 1234, 1234)
	p.Written = 1234
	require.NoError(t, j.EndPlan(&p))
	write(t, j, Record{Op: "put", Key: "newer"}, End{Outcome: Done, Index: 1})

	all, foreign := entries(t, j)
	require.Zero(t, foreign)
	require.Len(t, all, 3)
	require.Equal(t, "delete plan/", all[1].Plan.Title)
	require.Equal(t, 1234, all[1].Plan.Written)
	require.Equal(t, "older", all[2].Key)
	i := 0
	require.NoError(t, j.Records(&p, func(r Record) bool {
		require.Equal(t, records[i].Key, r.Key)
		require.EqualValues(t, 1000+i, r.Index)
		i++
		return true
	}))
	require.Equal(t, 1234, i)
}

// Between the lines of a plan others may write; they are not passed over.
func TestAPlanHidesNobodysWrites(t *testing.T) {
	root := t.TempDir()
	j, other := open(t, root, Options{}), open(t, root, Options{})
	p, _ := plan(t, j, "delete", 10, 10)
	write(t, other, Record{Op: "put", Key: "theirs"}, End{Outcome: Done, Index: 1})
	require.NoError(t, j.EndPlan(&p))
	q, _ := plan(t, j, "second", 10, 10)
	write(t, j, Record{Op: "put", Key: "mine"}, End{Outcome: Done, Index: 1})
	require.NoError(t, j.EndPlan(&q))
	all, _ := entries(t, j)
	require.Len(t, all, 4)
}

// kill lets a journal end as a program that is killed does.
func kill(t *testing.T, j *Journal) {
	t.Helper()
	require.NoError(t, errors.Join(j.file.Close(), j.alive.Close()))
	j.alive, j.file = nil, nil
}

// What a program that was killed left is found by one other, once.
func TestOrphansAreFound(t *testing.T) {
	root := t.TempDir()
	dying, living := New(root, testStore, Options{}), open(t, root, Options{})
	write(t, dying, Record{Op: "put", Key: "whole"}, End{Outcome: Done, Index: 1})
	require.NoError(t, dying.Begin([]Record{{Op: "put", Key: "cut"}}))
	p, _ := plan(t, dying, "delete", 300, 200)
	require.NoError(t, living.Begin([]Record{{Op: "put", Key: "under way"}}))
	kill(t, dying)

	found, err := living.Orphans()
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Len(t, found[0].Records, 1)
	require.Equal(t, "cut", found[0].Records[0].Key)
	require.Len(t, found[0].Plans, 1)
	require.Equal(t, p.ID, found[0].Plans[0].ID)
	done, open := 0, 0
	require.NoError(t, living.Records(&p, func(r Record) bool {
		if r.Ended.IsZero() {
			open++
		} else {
			done++
		}
		return true
	}))
	require.Equal(t, []int{200, 100}, []int{done, open})

	again, err := living.Orphans()
	require.NoError(t, err)
	require.Empty(t, again, "they are looked after already")
	require.NoError(t, found[0].Leave())
	again, err = living.Orphans()
	require.NoError(t, err)
	require.Len(t, again, 1)
	require.NoError(t, living.End(again[0].Records, []End{{Outcome: Done, Index: 4}}))
	require.NoError(t, living.EndPlan(&again[0].Plans[0]))
	require.NoError(t, again[0].Settle())
	again, err = living.Orphans()
	require.NoError(t, err)
	require.Empty(t, again)
	all, _ := entries(t, living)
	require.Equal(t, "cut", all[len(all)-2].Key)
	require.Equal(t, Done, all[len(all)-2].Outcome)
}

// A write whose record cannot be written is told so, and leaves no half line.
func TestAFullDiskRefusesTheWrite(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, testStore.dirName()), nil, 0o600)) // a file where the directory belongs
	j := open(t, root, Options{})
	require.ErrorContains(t, j.Begin([]Record{{Op: "put", Key: "a"}}), "the journal in "+root)
}

// A clock that went back changes neither the order of the entries nor which files are
// deleted: always those with the lower numbers.
func TestAClockMayGoBack(t *testing.T) {
	root := t.TempDir()
	j := open(t, root, Options{})
	for i := range 3 {
		write(t, j, Record{Op: "put", Key: fmt.Sprint(i)}, End{Outcome: Done, Index: 1})
		require.NoError(t, os.Truncate(path(j, i+1), fileSize)) // so that the next record begins another
	}
	write(t, j, Record{Op: "put", Key: "3"}, End{Outcome: Done, Index: 1})
	now := time.Now()
	for i, ago := range []time.Duration{time.Hour, -time.Hour, 48 * time.Hour, 0} { // the second is of the future
		text, err := os.ReadFile(path(j, i+1))
		require.NoError(t, err)
		at := now.Add(-ago)
		text = bytes.ReplaceAll(bytes.TrimRight(text, "\x00"), []byte(now.Format("2006-01-02")), []byte(at.Format("2006-01-02")))
		require.NoError(t, os.WriteFile(path(j, i+1), append(text, bytes.Repeat([]byte{'\n'}, 1000)...), 0o600))
		require.NoError(t, os.Chtimes(path(j, i+1), at, at))
	}
	keys := func() (keys []string) {
		all, foreign := entries(t, j)
		require.Zero(t, foreign)
		for _, e := range all {
			keys = append(keys, e.Key)
		}
		return keys
	}
	require.Equal(t, []string{"3", "2", "1", "0"}, keys())
	j.options = Options{Size: 1 << 40, Age: 24 * time.Hour}
	j.Prune()
	require.Equal(t, []string{"3", "2", "1", "0"}, keys(), "none is older than a day, as far as one can know")
	var total int64
	for _, f := range oldFiles(j.dir) {
		total += f.size
	}
	j.options = Options{Size: total - 1, Age: 24 * time.Hour}
	j.Prune()
	require.Equal(t, []string{"3", "2", "1"}, keys())
}

// The oldest files go first, but never those of a plan under way.
func TestOldFilesAreDeleted(t *testing.T) {
	root := t.TempDir()
	j := open(t, root, Options{Size: 1})
	big := strings.Repeat("x", fileSize/2+1)
	for i := range 4 {
		write(t, j, Record{Op: "put", Key: fmt.Sprint(i), After: node("k", big, 0)}, End{Outcome: Done, Index: 1})
	}
	numbers, err := files(j.dir)
	require.NoError(t, err)
	require.Equal(t, []int{4}, numbers)

	p := Plan{Title: "big"}
	require.NoError(t, j.BeginPlan(&p))
	for range 4 {
		require.NoError(t, j.Begin([]Record{{Plan: p.ID, Op: "put", Key: "k", After: node("k", big, 0)}}))
	}
	numbers, err = files(j.dir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(numbers), 4)
	old := time.Now().Add(-48 * time.Hour)
	other := New(root, Store{Backend: "zk"}, Options{})
	write(t, other, Record{Op: "put", Key: "z"}, End{Outcome: Done, Index: 1})
	require.NoError(t, other.Close())
	require.NoError(t, os.Chtimes(path(other, 1), old, old))
	j.options = Options{Size: 1 << 40, Age: 24 * time.Hour}
	j.Prune()
	_, err = os.Stat(path(other, 1))
	require.ErrorIs(t, err, os.ErrNotExist, "a store that nobody writes to is forgotten too")
}
