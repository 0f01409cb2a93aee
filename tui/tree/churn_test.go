package tree

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// A node takes the 80 bytes that a key is said to take.
func TestANodeIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(node{}); size != 80 {
		t.Errorf("a node takes %d bytes", size)
	}
}

// footprint returns how many bytes the tree has allocated.
func footprint(t *Tree) int {
	return len(t.nodes.chunks)*int(unsafe.Sizeof([1 << slabBits]node{})) +
		len(t.texts.chunks)*chunkSize + len(t.texts.long)*longText
}

// Keys that come and go, with names of every length, leave no more allocated than
// was in use at once.
func TestChurnDoesNotLeak(t *testing.T) {
	const n = 10_000
	tree := New("")
	name := func(round, i int) string {
		return fmt.Sprintf("dir-%d/%s-%06d-%d", i%97, strings.Repeat("x", (i*7+round*13)%270), i, round)
	}
	for i := range n {
		tree.Put(Entry{Key: name(0, i)}, time.Time{})
	}
	first := footprint(tree)
	for round := 1; round < 6; round++ {
		for i := range n { // every key is renamed
			tree.Delete(name(round-1, i), time.Time{})
			tree.Put(Entry{Key: name(round, i)}, time.Time{})
		}
		for i := 0; i < n; i += 2 { // half of them go and come back
			tree.Delete(name(round, i), time.Time{})
		}
		for i := 0; i < n; i += 2 {
			tree.Put(Entry{Key: name(round, i)}, time.Time{})
		}
	}
	if tree.Keys() != n || footprint(tree) > first*5/4 {
		t.Errorf("%d keys in %d bytes, they began with %d", tree.Keys(), footprint(tree), first)
	}
	for i := range n {
		tree.Delete(name(5, i), time.Time{})
	}
	if tree.Len() != 0 || tree.top != 0 {
		t.Errorf("%d rows are left", tree.Len())
	}
}

func TestLongSegments(t *testing.T) {
	tree := New("")
	var keys []string
	for _, n := range []int{0, 1, 7, 19, 20, 21, 24, 25, 253, 254, 255, 256, 4096, 100_000} {
		keys = append(keys, strings.Repeat("k", n)+"/"+strings.Repeat("v", n))
	}
	for range 2 {
		for _, key := range keys {
			if what, _ := tree.Put(Entry{Key: key}, time.Time{}); what != Added {
				t.Errorf("a key of %d bytes was there", len(key))
			}
		}
		i := 0
		for e := range tree.All() {
			if e.Key != keys[i] {
				t.Errorf("key %d has %d bytes, want %d", i, len(e.Key), len(keys[i]))
			}
			i++
		}
		for _, key := range keys {
			tree.Delete(key, time.Time{})
		}
	}
	if tree.Keys() != 0 || len(tree.texts.long) > 2*4 {
		t.Errorf("%d keys and %d long texts are left", tree.Keys(), len(tree.texts.long))
	}
}

// Readers and writers may run side by side.
func TestReadersBesideAWriter(t *testing.T) {
	tree := grown("", "a/b/c")
	tree.OpenTree()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for _, read := range []func(){
		func() { tree.Rows(0, 20); tree.RowOf("a/7/3") },
		func() {
			last := ""
			for e := range tree.All() {
				if last != "" && Compare(last, e.Key) >= 0 {
					t.Errorf("%q comes before %q", last, e.Key)
				}
				last = e.Key
			}
		},
		func() { tree.CloseAll("a"); tree.Reveal("a/5/5"); tree.OpenTree(); tree.Expire(time.Now()) },
	} {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					read()
					runtime.Gosched()
				}
			}
		})
	}
	for i := range 2_000 {
		key := fmt.Sprintf("a/%d/%d", i%61, i%53)
		if i%3 == 0 {
			tree.Delete(key, time.Now())
		} else {
			tree.Put(Entry{Key: key, Index: uint64(i)}, time.Now())
		}
	}
	close(stop)
	readers.Wait()
}

func TestFoldersThatAreNotListed(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	tree := grown("p", "p/a/x", "p/a/y", "p/b", "p/c/d/e")
	if tree.PutFolder("p/a", at(1)) != None || tree.PutFolder("p/n", at(2)) != Added || tree.PutFolder("q", at(2)) != None {
		t.Error("PutFolder tells the wrong change")
	}
	rows := tree.Rows(0, 9)
	if len(rows) != 4 || !rows[0].Unlisted || !rows[0].IsFolder || rows[0].Count != 0 || rows[0].Ghost || rows[0].Lit.Kind != None ||
		!rows[3].Unlisted || rows[3].Lit != (Light{Added, at(2)}) {
		t.Errorf("rows\n%s", list(rows))
	}
	if !tree.Open("p/a") || !tree.Rows(0, 1)[0].Open {
		t.Error("an unlisted folder cannot be opened")
	}
	tree.Put(Entry{Key: "p/a/z"}, at(3))
	expect(t, tree, "a 1 open", ".z", "b", "c 1", "n 0")
	if tree.Rows(0, 1)[0].Unlisted {
		t.Error("a folder with a key is unlisted")
	}
	tree.BeginListing()
	tree.Put(Entry{Key: "p/b"}, at(4))
	tree.PutFolder("p/a", at(4))
	if gone := swept(tree, at(4)); gone != 2 { // p/c/d/e and p/n
		t.Errorf("the listing swept %d", gone)
	}
	tree.Expire(at(5))
	expect(t, tree, "a 0 open", "b")
	if n, ok := tree.GoneFolder("p/a", at(6)); n != 0 || !ok {
		t.Errorf("GoneFolder = %d, %v", n, ok)
	}
	expect(t, tree, "a ghost", "b")
	if lit := tree.Rows(0, 1)[0].Lit; lit != (Light{Removed, at(6)}) {
		t.Errorf("the ghost of a folder is lit as %v", lit)
	}
}
