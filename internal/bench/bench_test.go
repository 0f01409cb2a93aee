package main

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kvist/kv/kvtest"
	"kvist/tui/tree"
)

func TestMain(m *testing.M) { kvtest.Main(m) }

// needs skips the test if a program is missing, and fails it in continuous
// integration.
func needs(t *testing.T, name string) {
	t.Helper()
	if _, err := kvtest.Program(name); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// A small run measures every requested row.
func TestRun(t *testing.T) {
	needs(t, "etcdctl")
	var out, progress bytes.Buffer
	names := []string{rowFirstTree, rowAllKnown, rowPeak, rowFurther, rowPast, rowCursor, rowChange, rowWork, rowCursorBytes, rowChangeBytes}
	wanted := "^(" + strings.Join(names, "|") + "), etcd 3.7"
	if err := run(t.Context(), []string{"-keys", "2000", "-rounds", "1", "-rows", wanted}, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, progress.String())
	}
	lines := strings.Split(out.String(), "\n")
	if !strings.HasPrefix(lines[0], "Measured on ") || !strings.Contains(lines[0], "etcd 3.7") {
		t.Errorf("the first line is %q", lines[0])
	}
	for i, name := range names {
		line := lines[4+i] // after the facts, an empty line and the table's head
		if !strings.HasPrefix(line, "| "+name+" | etcd 3.7 | ") ||
			!strings.HasSuffix(line, "| reached |") && !strings.HasSuffix(line, "| **missed** |") {
			t.Errorf("row %d, which should be %q, is %q", i, name, line)
		}
	}
	if strings.Contains(out.String(), "not measured") {
		t.Errorf("not all was measured:\n%s", out.String())
	}
}

// Each query finds keys, and as many as the bench counts.
func TestFind(t *testing.T) {
	needs(t, "etcdctl")
	b, err := newBench(t.Context(), scaled(2000, 1), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	e := newEtcd(b, "3.7")
	defer e.close()
	if err := e.open(); err != nil {
		t.Fatal(err)
	}
	x, err := e.opened(e.many)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	for _, fuzzy := range []bool{false, true} {
		word := "ap-east-3/n"
		if fuzzy {
			word = "apesess7"
		}
		first, all, said, err := x.find(word, fuzzy)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range e.many.hits(word, fuzzy) {
			if said[i] != want || want == 0 {
				t.Errorf("kvist says that %d keys match %q; the bench counts %d", said[i], word[:i+1], want)
			}
			if first[i] <= 0 || first[i] > all[i] {
				t.Errorf("first results of %q after %v, all after %v", word[:i+1], first[i], all[i])
			}
		}
	}
}

// What cannot be measured is an error, and the table says so.
func TestNotMeasured(t *testing.T) {
	b := &bench{ctx: t.Context(), progress: &bytes.Buffer{}}
	wrong := errors.New("no such thing")
	stages := []stage{{"S", func() error { return nil }, func() {}, []section{
		{[]string{rowIdle}, func() ([]row, error) { return nil, wrong }},
		{[]string{rowChange}, func() ([]row, error) { return []row{row{what: rowChange, kvist: "1 | 2"}.judged(false)}, nil }},
	}}}
	tab := &table{facts: func() string { return "a machine" }}
	if err := b.measure(stages, regexp.MustCompile(""), tab); !errors.Is(err, wrong) {
		t.Errorf("the error is %v", err)
	}
	var out bytes.Buffer
	if err := tab.print(&out); err != nil {
		t.Fatal(err)
	}
	want := "| " + rowChange + " | S | 1 \\| 2 |  |  |  | **missed** |\n| " + rowIdle + " | S |  |  |  |  | not measured |\n"
	if !strings.HasSuffix(out.String(), want) {
		t.Errorf("the table is\n%s", out.String())
	}
	if err := b.measure(stages, regexp.MustCompile("nothing of the kind"), tab); err == nil {
		t.Error("nothing was asked for, and that is no error")
	}
}

// Keys have the stated length, are different, and are in the tree's order.
func TestKeys(t *testing.T) {
	k := keyspace{"many", fullKeys, true}
	last := ""
	for i := 0; i < k.n; i += 7 {
		key := k.key(i)
		if len(key) != keyLength || strings.Count(key, "/") != 4 {
			t.Fatalf("key %d is %q", i, key)
		}
		if last != "" && tree.Compare(last, key) >= 0 {
			t.Fatalf("%q comes before %q", last, key)
		}
		if n, ok := number(" │ │ │   " + key[strings.LastIndexByte(key, '/')+1:] + "    "); !ok || n != i {
			t.Fatalf("%q has the number %d, not %d", key, n, i)
		}
		last = key
	}
	small := within("p", 1_000)
	folders := small.folders()
	if total := small.n + len(folders); len(folders) != small.folderCount() || total > 1_000 || total < 997 {
		t.Errorf("%d keys in %d folders, counted as %d", small.n, len(folders), small.folderCount())
	}
	for i, folder := range folders {
		if up := folder[:strings.LastIndexByte(folder, '/')]; up != "p" && !slices.Contains(folders[:i], up) {
			t.Errorf("%s comes before %s", folder, up)
		}
	}
}

func TestStats(t *testing.T) {
	var s sample
	for i := 100; i > 0; i-- {
		s = append(s, time.Duration(i)*time.Millisecond)
	}
	if s.p(50) != 50*time.Millisecond || s.p(99) != 99*time.Millisecond || s.p(100) != 100*time.Millisecond || (sample{}).p(50) != 0 {
		t.Errorf("percentiles %v %v %v", s.p(50), s.p(99), s.p(100))
	}
	if median([]int64{3, 1, 2}) != 2 || median([]float64{4, 1}) != 1 || mean([]int64{1, 2, 6}) != 3 {
		t.Error("a median or a mean is wrong")
	}
	for d, want := range map[time.Duration]string{
		310 * time.Microsecond: "0.31 ms", 12_300 * time.Microsecond: "12.3 ms", 4_214 * time.Millisecond: "4.21 s",
		-7 * time.Millisecond: "-7 ms", 42 * time.Second: "42.0 s",
	} {
		if got := took(d); got != want {
			t.Errorf("%v is written %s, not %s", d, got, want)
		}
	}
}

// Expected lines of etcdctl reach those who wait for them, and no other lines
// do.
func TestTellLines(t *testing.T) {
	expected, seen := make(chan expectation, 1), make(chan time.Time, 1)
	expected <- expectation{"change 1", seen}
	passLines(strings.NewReader("PUT\na\nchange 10\nPUT\na\nchange 1\nPUT\na\nchange 1\n"), expected)
	select {
	case <-seen:
	default:
		t.Error("the line was not told")
	}
	if len(seen) > 0 {
		t.Error("it was told twice")
	}
}
