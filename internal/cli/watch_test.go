package cli

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"kvist/internal/changes"
	"kvist/internal/config"
	"kvist/internal/screen"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// watching starts a watch and returns its output. The test must call end, which
// interrupts it.
func watching(t *testing.T, args ...string) (out *bufio.Scanner, end func()) {
	t.Helper()
	cmd := program(t, append([]string{"watch"}, args...)...)
	cmd.Stderr = os.Stderr
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return bufio.NewScanner(pipe), func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_, _ = io.Copy(io.Discard, pipe) // it ends with the program
		if err := cmd.Wait(); err != nil {
			t.Errorf("an interrupted watch: %v", err)
		}
	}
}

func TestWatchPrintsBeforeAndAfter(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address := at.open(t)
			prefix := "values-" + filepath.Base(t.TempDir())
			key, text := prefix+"/dir/key", at.scheme == config.EtcdV2
			put(t, store, key, "one")
			out, end := watching(t, "--json", address, prefix)
			defer end()
			until(t, out, func(line map[string]any) bool { return line["state"] == "live" })
			prints := func(what string, want map[string]any) {
				t.Helper()
				line := until(t, out, func(line map[string]any) bool { return line["key"] == key })
				want["read"] = true
				if at.scheme == config.EtcdV3 {
					want["read"] = nil
				}
				for name, value := range want {
					if line[name] != value {
						t.Errorf("%s: %s is %v, want %v; %v", what, name, line[name], value, line)
					}
				}
			}
			put(t, store, key, "three")
			prints("a change", map[string]any{
				"kind": "put", "before": "one", "after": "three", "size_before": 3.0, "size": 5.0, "created": nil, "value": nil,
			})
			if err := store.Delete(key); err != nil {
				t.Fatal(err)
			}
			prints("a deletion", map[string]any{"kind": "delete", "before": "three", "size_before": 5.0, "after": nil})
			if text { // its values are text
				return
			}
			put(t, store, key, "\xff\n")
			prints("a creation", map[string]any{
				"created": true, "before": nil, "after": "/wo=", "after_encoding": "base64", "size_before": nil, "size": 2.0,
			})
		})
	}
}

func TestWatchReadsNoValuesOfKeysOnly(t *testing.T) {
	at := places()[0]
	store, address := at.open(t)
	prefix := "keysonly-" + filepath.Base(t.TempDir())
	put(t, store, prefix+"/a", "one")
	out, end := watching(t, "--json", "--keys-only", address, prefix)
	defer end()
	until(t, out, func(line map[string]any) bool { return line["state"] == "live" })
	put(t, store, prefix+"/a", "two")
	line := until(t, out, func(line map[string]any) bool { return line["key"] == prefix+"/a" })
	if line["before"] != nil || line["after"] != nil || line["read"] != nil {
		t.Errorf("there are values: %v", line)
	}
}

func TestWatchShowsWhatChangedInTheText(t *testing.T) {
	for _, at := range places() {
		t.Run(at.name, func(t *testing.T) {
			store, address := at.open(t)
			prefix := "diff-" + filepath.Base(t.TempDir())
			put(t, store, prefix+"/a", "1\n2\n3\n4\n5\n6\nold\n")
			out, end := watching(t, "--diff", address, prefix)
			defer end()
			next := func() string {
				t.Helper()
				if !out.Scan() {
					t.Fatalf("the output ended: %v", out.Err())
				}
				line := out.Text()
				if strings.HasPrefix(line, " ") {
					return line
				}
				return line[strings.IndexByte(line, ' ')+1:] // without the time
			}
			expect := func(want ...string) {
				t.Helper()
				for _, want := range want {
					if got := next(); !regexp.MustCompile("^" + want + "$").MatchString(got) {
						t.Fatalf("printed %q, want %q", got, want)
					}
				}
			}
			for live := false; !live; {
				live = strings.Contains(next(), "live")
			}
			put(t, store, prefix+"/a", "1\n2\n3\n4\n5\n6\nnew\x1b[31m\n")
			expect(`~ put +16>21 ` + prefix + `/a`)
			if at.scheme != config.EtcdV3 {
				expect(`      read after the change, may be newer`)
			}
			expect(`      \.\.\. 4 lines the same`, `      5`, `      6`, `    - old`, `    \+ new\\x1b\[31m`)
			put(t, store, prefix+"/b", "x")
			expect(`\+ put +1 ` + prefix + `/b`)
		})
	}
}

// scripted returns what a watcher prints of these batches, without the times.
func scripted(t *testing.T, batches ...kv.Batch) string {
	t.Helper()
	var out bytes.Buffer
	w := &watcher{printer: &printer{Writer: bufio.NewWriter(&out)}, keys: changes.NewTable(kv.RoomOf(nil))}
	for _, b := range batches {
		if err := w.batch(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^\S+ `).ReplaceAllString(out.String(), "")
}

func TestWatchMarksWhatItMayHaveMissed(t *testing.T) {
	first := kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{
		{Key: "a", Index: 1, Size: 1}, {Key: "b", Index: 1, Size: 2}, {Key: "c", Index: 1, Size: -1},
	}}
	got := scripted(t, first,
		kv.Batch{State: kv.Live, Missed: kv.Coalesced, Events: []kv.Event{{Key: "a", Index: 2, Size: 10}}},
		kv.Batch{State: kv.Reconnecting},
		kv.Batch{State: kv.Listing, Begin: true, Missed: kv.Gap, Events: []kv.Event{
			{Key: "a", Index: 2, Size: 10}, {Key: "b", Index: 3, Size: 3},
		}},
		kv.Batch{State: kv.Live, Synced: true, Events: []kv.Event{{Key: "d", Index: 4, Size: 4}}},
		kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "d", Index: 5, Size: 5}, {Kind: kv.DeleteEvent, Key: "a", Index: 6}}},
	)
	want := `* state  live, 3 keys
* state  live, 3 keys, may have missed something: coalesced
~ put           1>10 a
* state  reconnecting, 3 keys
* state  listing, 3 keys, may have missed something: gap
~ put            2>3 b (found)
+ put              4 d (found)
- delete           ? c (found)
* state  live again, resynced, 3 keys
~ put            4>5 d
- delete          10 a
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// A preview and the put that completes it are one change, or none.
func TestWatchWaitsForAnIndex(t *testing.T) {
	got := scripted(t,
		kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{{Key: "a", Size: -1, Preview: true}}},
		kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "a", Index: 1, Size: 1}, {Key: "new", Size: -1, Preview: true}}},
		kv.Batch{State: kv.Live, Events: []kv.Event{{Key: "a", Index: 2, Size: 2}, {Key: "new", Index: 3, Size: 3}}},
	)
	want := `* state  live, 1 key
~ put            1>2 a
+ put              3 new
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

func TestWatchSaysThatItFollowsAPart(t *testing.T) {
	got := scripted(t,
		kv.Batch{Begin: true, Synced: true, State: kv.Live, Partial: true, Events: []kv.Event{
			{Key: "a", Index: 1, Size: 1}, {Kind: kv.FolderEvent, Key: "dir"},
		}},
		kv.Batch{State: kv.Live, Partial: true, Events: []kv.Event{
			{Key: "dir/x", Index: 2, Size: 2}, {Kind: kv.FolderEvent, Key: "dir"}, {Kind: kv.FolderGoneEvent, Key: "dir"},
		}},
		kv.Batch{State: kv.Live},
	)
	want := `* state  live, 1 key, only in part: too large to be followed whole
+ put              2 dir/x
* state  live, 1 key
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// A right to read exactly one key is enough to watch it: each of its changes is
// printed once, and keys that may not be read do not end the watch.
func TestWatchOfTheOnlyKeyThatMayBeRead(t *testing.T) {
	server := kvtest.StartEtcd(t)
	for _, args := range [][]string{
		{"put", "app/one", "1"},
		{"user", "add", "root:secret"},
		{"role", "add", "one"},
		{"role", "grant-permission", "one", "read", "app/one"},
		{"role", "grant-permission", "one", "read", "app/missing"},
		{"user", "add", "reader:" + loginPassword},
		{"user", "grant-role", "reader", "one"},
		{"auth", "enable"},
	} {
		if _, err := server.CLI(args...); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KVIST_PASSWORD", loginPassword)
	for _, key := range []string{"app/one", "app/missing"} {
		out, end := watching(t, "--json", "etcdv3://reader@"+server.Addr+"/"+key)
		until(t, out, func(line map[string]any) bool { return line["state"] == "live" })
		for _, value := range []string{"one", "two"} {
			if _, err := server.CLI("--user", "root:secret", "put", key, value); err != nil {
				t.Fatal(err)
			}
			var line map[string]any
			for line["key"] == nil { // the next change
				line = until(t, out, func(map[string]any) bool { return true })
			}
			if line["key"] != key || line["after"] != value {
				t.Errorf("printed %v, want %s of %s", line, value, key)
			}
		}
		end()
	}
}

// A key that contains a line like those of watch and ls makes no line of its own,
// and no escape sequence, on a pipe either.
func TestNoNameForgesALine(t *testing.T) {
	at := places()[2]
	store, address := at.open(t)
	prefix := "forged-" + filepath.Base(t.TempDir())
	name := prefix + "/a\n2026-01-01T00:00:00.000Z - delete           prod/db\x1b[31m"
	out, end := watching(t, address, prefix)
	defer end()
	for live := false; !live && out.Scan(); {
		live = strings.Contains(out.Text(), "live")
	}
	put(t, store, name, "v")
	for out.Scan() {
		if line := out.Text(); strings.HasPrefix(line, "2026-01-01") || strings.Contains(line, "\x1b") {
			t.Errorf("the watch prints %q", line)
		}
		if strings.Contains(out.Text(), `/a\n2026-01-01T00:00:00.000Z - delete           prod/db\x1b[31m`) {
			break
		}
	}
	got := inProcess(t, "", "", "ls", address, prefix)
	if strings.Count(got.out, "\n") != 1 || strings.Contains(got.out, "\x1b") {
		t.Errorf("ls prints %q", got.out)
	}
	if got := inProcess(t, "", "", "ls", "-0", address, prefix); got.out != name+"\x00" {
		t.Errorf("ls -0 prints %q", got.out)
	}
}

// A long listing has a heading on a terminal, and none for scripts.
func TestLongListingHasAHeading(t *testing.T) {
	at := places()[2]
	store, address := at.open(t)
	prefix := "long-" + filepath.Base(t.TempDir())
	put(t, store, prefix+"/key", "v")
	out, err := screen.Output(program(t, "ls", "-l", address, prefix))
	if err != nil {
		t.Error(err)
	}
	if lines := strings.Split(out, "\r\n"); len(lines) != 3 || strings.Join(strings.Fields(lines[0]), " ") != "INDEX SIZE MARK KEY" {
		t.Errorf("it prints %q", out)
	}
	if got := inProcess(t, "", "", "ls", "-l", address, prefix); strings.Contains(got.out, "INDEX") {
		t.Errorf("a script gets %q", got.out)
	}
}
