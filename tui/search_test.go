package tui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
	clientv3 "go.etcd.io/etcd/client/v3"

	"kvist/internal/printable"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// searchFor searches the values under the folder under the cursor, or with
// everywhere under all that is opened.
func (d *driver) searchFor(text string, everywhere bool) {
	d.t.Helper()
	d.press("S")
	if row, ok := d.m.tree.row(); everywhere && ok && row.IsFolder {
		d.press("tab")
	}
	d.typing(text)
	d.press("enter")
}

// found are the keys of the hits, without the prefix.
func (d *driver) found() []string {
	var keys []string
	for _, h := range d.m.search.hits {
		keys = append(keys, strings.TrimPrefix(h.key, d.m.opts.Prefix+"/"))
	}
	return keys
}

// rested waits until the search is at rest, and nothing of it under way.
func (d *driver) rested() {
	d.t.Helper()
	d.await("the end of the search", func() bool { return d.m.search.state != searchRunning && !d.m.search.flying })
}

func TestSearchFindsValuesAndGoesToTheirKeys(t *testing.T) {
	d, store := explore(t, "a", "b/c", "b/d", "b-e/f", "g")
	put(t, store, t.Name()+"/b/d", "first line\n\tthe Needle is here\nthe last\n")
	put(t, store, t.Name()+"/g", "needle\nneedle again\n")
	d.searchFor("needle", true)
	d.sees("searched all 5 values")
	if want := []string{"b/d", "g"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("2  the Needle is here")
	d.sees("+1 line")
	d.press("j", "enter")
	if row, _ := d.m.tree.row(); row.Name != "g" || d.m.focus != treeFocus {
		t.Errorf("the cursor is on %q", row.Name)
	}
	d.sees("needle again") // its value is shown
	d.press("n")           // around the end
	if row, _ := d.m.tree.row(); row.Name != "d" {
		t.Errorf("after n the cursor is on %q", row.Name)
	}
	d.sees("first line")
	d.press("5")
	d.sees("searched all 5 values")

	d.press("1", "/")
	d.typing("b-e")
	d.press("enter")
	d.await("the find", func() bool { return d.m.finder.done })
	d.press("g", "n") // a find takes n and N for itself
	if row, _ := d.m.tree.row(); row.Name != "f" {
		t.Errorf("after a find the cursor is on %q", row.Name)
	}
}

func TestAFilterDoesNotHideAHit(t *testing.T) {
	d, _ := explore(t, "apple", "pear")
	d.searchFor("value of pear", true)
	d.sees("searched all 2 values")
	d.press("1", "/")
	d.typing("apple")
	d.press("enter")
	d.await("the find", func() bool { return d.m.finder.done })
	d.press("5", "enter")
	if row, _ := d.m.tree.row(); row.Name != "pear" || d.m.focus != treeFocus {
		t.Errorf("the cursor is on %q", row.Name)
	}
}

func TestSearchOfAFolderStaysInIt(t *testing.T) {
	d, _ := explore(t, "a", "b/c", "b/d", "b-e/f")
	d.press("S", "esc", "j")
	d.searchFor("value", false)
	d.rested()
	if want := []string{"b/c", "b/d"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("searched all 2 values")
	d.press("enter", "S") // on b/c, which is no folder, but in one
	d.sees("Search all values under /")
	d.press("tab")
	d.sees("Search the values under b/ ")
	d.press("esc")
	d.searchFor("=^value of .-", true)
	d.rested()
	if want := []string{"b-e/f"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.press("1", "S")
	d.typing("=(")
	d.press("enter")
	d.sees("missing closing )")
	d.press("esc", "S", "enter")
	d.sees("nothing to look for")
}

// A key that has a value and others below it is searched with them.
func TestSearchOfAFolderWithAValue(t *testing.T) {
	d, _ := explore(t, "a", "a/b", "a/b/c", "ab")
	d.searchFor("value", false)
	d.rested()
	if want := []string{"a", "a/b", "a/b/c"}; !slices.Equal(d.found(), want) {
		t.Errorf("found %q, want %q", d.found(), want)
	}
	d.sees("searched all 3 values")
}

func TestSearchClaimsNoMoreThanItKnows(t *testing.T) {
	d, store := explore(t, "a", "b", "c")
	d.searchFor("nowhere", true)
	d.sees("no hit in the 3 values that could be searched")
	d.searchFor("value", true)
	d.rested()
	if err := store.Delete(t.Name() + "/a"); err != nil {
		t.Fatal(err)
	}
	d.await("the deletion", func() bool { return d.m.tree.tree.Keys() == 2 })
	d.m.tree.tree.Expire(d.m.now())
	d.press("g", "enter")
	d.sees("is gone since")
}

// many puts n keys of the same length, their values among them.
func many(t *testing.T, prefix string, n int) {
	t.Helper()
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{kvtest.SharedEtcdEmbedded(t).Addr}, Context: t.Context()})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var puts []clientv3.Op
	for i := range n {
		key := fmt.Sprintf("%s/%02d/%05d", prefix, i*50/n, i)
		puts = append(puts, clientv3.OpPut(key, "value "+key))
	}
	for lot := range slices.Chunk(puts, 100) {
		if _, err := client.Txn(t.Context()).Then(lot...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSearchOf20000KeysIsCancelledInTheMiddle(t *testing.T) {
	const keys = 20_000
	d, _ := explore(t)
	many(t, t.Name(), keys)
	d.await("the keys", func() bool { return d.m.tree.tree.Keys() == keys })
	d.searchFor("value", true)
	p := d.m.search
	d.await("some of them", func() bool { return p.sum.Keys > 200 })
	d.press("esc")
	if !strings.Contains(d.screen(), "stopped at ") || p.state != searchStopped {
		t.Errorf("after esc:\n%s", d.screen())
	}
	d.rested()
	if at := p.sum.Keys; at >= keys/2 || p.sum.Hits < at-1 {
		t.Errorf("stopped at %+v", p.sum)
	}
	p.search.Limits = kv.SearchLimits{Hits: 15_000}
	d.press("+")
	d.rested()
	if p.state != searchBounded || p.sum.Hits < 15_000 || p.sum.Hits >= keys {
		t.Errorf("at the limit: state %d, %+v", p.state, p.sum)
	}
	d.sees("at the limit of")
	d.press("+")
	d.rested()
	if found := d.found(); len(found) != keys || p.state != searchDone || p.sum.Keys != keys {
		t.Errorf("%d hits, %+v", len(found), p.sum)
	}
	if !slices.IsSorted(d.found()) || len(slices.Compact(d.found())) != keys {
		t.Error("hits out of order, or twice")
	}
	d.press("G", "enter")
	if row, _ := d.m.tree.row(); row.Name != "19999" {
		t.Errorf("the cursor is on %q", row.Name)
	}
}

// deafStore has values that are never read, or not in time.
type deafStore struct {
	kv.Store
	err error
}

func (s deafStore) Follow(string) (kv.Feed, error) { return deadFeed{}, nil }
func (s deafStore) Get(key string) (*kv.KVPair, error) {
	return &kv.KVPair{Key: key, Value: []byte("its own")}, nil
}
func (s deafStore) Close()                      {}
func (s deafStore) Exists(string) (bool, error) { return true, nil }

func (s deafStore) ReadValues(ctx context.Context, keys []string, see func(*kv.KVPair)) (int, error) {
	see(&kv.KVPair{Key: keys[0], Value: []byte("value")})
	if s.err != nil {
		return 0, s.err
	}
	<-ctx.Done()
	return 0, ctx.Err()
}

// deaf is an explorer of a few keys on such a store.
func deaf(t *testing.T, err error) *driver {
	t.Helper()
	d := drive(t, deafStore{err: err}, Options{Address: "test://"}, 100, 30)
	d.await("the feed", func() bool { return d.m.feed.feed != nil })
	d.send(pulled(d.m, kv.Batch{Begin: true, Synced: true, State: kv.Live, Events: []kv.Event{
		{Key: "a", Index: 1}, {Key: "b", Index: 2}, {Key: "c", Index: 3},
	}}))
	return d
}

func TestEscStopsASearchThatHangs(t *testing.T) {
	d := deaf(t, nil)
	d.searchFor("value", true)
	d.press("esc")
	if !strings.Contains(d.screen(), "stopped at 0 of 3 values") {
		t.Errorf("after esc:\n%s", d.screen())
	}
	d.rested()
	d.sees("value") // what came before is kept
	if d.m.focus != searchFocus {
		t.Error("the first esc left the pane")
	}
	if d.press("esc"); d.m.focus != treeFocus || d.m.right != valueFocus {
		t.Error("the second esc did not")
	}
}

// A search begun in the place of another one is not told of what that found.
func TestASearchTakesThePlaceOfTheLast(t *testing.T) {
	d := deaf(t, nil)
	d.searchFor("value", true)
	d.searchFor("other", true)
	p := d.m.search
	d.press("esc")
	d.rested()
	if len(p.hits) != 0 || p != d.m.search {
		t.Errorf("hits %v", p.hits)
	}
}

func TestLostContactEndsASearchWithWhatWasFound(t *testing.T) {
	d := deaf(t, &kv.Error{Op: "search", Key: "b", Server: "test", Kind: kv.ErrNotReachable, Err: errors.New("gone \x1b[2J")})
	d.searchFor("value", true)
	d.sees("broken off at 0 of 3 values")
	if !slices.Equal(d.found(), []string{"a"}) || strings.Contains(d.screen(), "\x1b") {
		t.Errorf("found %q; the screen:\n%s", d.found(), d.screen())
	}
}

func TestSoughtInValues(t *testing.T) {
	for name, c := range map[string]struct {
		query, value string
		want         string // "line before|match|after +lines", or "-"
	}{
		"text":                {"mail", "a\nsend mail now\nb", "2 send |mail| now +1"},
		"text, small letters": {"mail", "a\r\nSend MAIL now\r\nb", "2 Send |MAIL| now +1"},
		"text, capitals":      {"MAIL", "mail", "-"},
		"over the end":        {"mail", "mai", "-"},
		"many lines":          {"a", "a\nb a a\na", "1 |a| +3"},
		"in each line once":   {"a", "aaa\n", "1 |a|aa +1"},
		"an empty value":      {"a", "", "-"},
		"letters with dots":   {"äö", "x ÄÖ y", "1 x |ÄÖ| y +1"},
		"letters that grow":   {"i", "İİ i", "1 İİ |i| +1"},
		"not":                 {"!mail", "one\ntwo", "0 ||one +0"},
		"not, but there":      {"!mail", "one\nMail", "-"},
		"not, and empty":      {"!mail", "", "0 || +0"},
		"fuzzy":               {"~sml", "x\nsend mail", "2 |send mail| +1"},
		"fuzzy, not by lines": {"~sml", "s\nm\nl", "-"},
		"fuzzy, wide":         {"~ö", "x\n広いö", "2 広い|ö| +1"},
		"fuzzy, no text":      {"~a", "a\xff", "-"},
		"regexp":              {"=^se.d", "x\nsend\n", "2 |send| +1"},
		"regexp, empty":       {"=^$", "", "1 || +1"},
		"regexp, empty line":  {"=^$", "a\n\nb\n", "2 || +1"},
		"regexp over lines":   {"=a\\nb", "a\nb\n", `1 |a\nb| +1`},
		"bytes":               {"elf", "\x7fELF\x00\x01", `0x1 \x7f|ELF|\x00\x01 +1`},
		"tabs":                {"b", "\t\ta\tb\tc", "1 a |b| c +1"},
		"escapes":             {"b", "\x1b[2Jab\u202e", `1 \x1b[2Ja|b|\u202e +1`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := soughtBy(c.query)
			if err != nil {
				t.Fatal(err)
			}
			got := "-"
			if f, ok := s.in([]byte(c.value)); ok {
				got = fmt.Sprintf("%d %s|%s|%s +%d", f.line, f.before, f.match, f.after, f.lines)
				if f.binary {
					got = fmt.Sprintf("0x%x %s|%s|%s +%d", f.offset, f.before, f.match, f.after, f.lines)
				}
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestNothingIsSoughtByAnEmptyQuery(t *testing.T) {
	for _, query := range []string{"", "!", "~", "="} {
		if s, err := soughtBy(query); s != nil || err != nil {
			t.Errorf("%q: %v, %v", query, s, err)
		}
	}
	if _, err := soughtBy("=("); err == nil || strings.Contains(err.Error(), "(?m)") {
		t.Errorf("a regexp that cannot be: %v", err)
	}
}

// A value that was cut within a rune is text all the same.
func TestSoughtInACutValue(t *testing.T) {
	s, _ := soughtBy("a")
	if f, ok := s.in([]byte("a広い")[:5]); !ok || f.binary || f.after != "広" {
		t.Errorf("%+v, %v", f, ok)
	}
}

// FuzzFinding looks for any bytes in any others: nothing but what prints may
// come of it, and what is said to match does.
func FuzzFinding(f *testing.F) {
	for _, seed := range [][2]string{{"a", "a\x00\xff"}, {"~ab", "\x1b[2Ja\tb"}, {"=.", "\u202e\r\n"}, {"!x", "İ\n"}, {"\xff", "\xff\xfe"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, query, value string) {
		s, err := soughtBy(query)
		if err != nil || s == nil {
			return
		}
		found, ok := s.in([]byte(value))
		if !ok {
			return
		}
		for _, text := range []string{found.before, found.match, found.after} {
			for _, r := range text {
				if r != '…' && !printable.Rune(r) {
					t.Errorf("%q holds %q", text, r)
				}
			}
		}
		if !strings.ContainsAny(query[:1], "!~=") && query != strings.ToLower(query) && !strings.Contains(value, query) {
			t.Errorf("%q is said to be in %q", query, value)
		}
	})
}

func TestClickOnAHit(t *testing.T) {
	for _, h := range []int{24, 25} {
		m := still(t, "", 100, h)
		scenes()["search"](m)
		lines := strings.Split(ansi.Strip(m.View().Content), "\n")
		for i, key := range []string{"limits.json", "mail/from", "mail/host"} {
			at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "app/config/"+key) })
			for _, y := range []int{at, at + 1} {
				m.search.at = 2 - i
				give(m, tea.MouseClickMsg{X: 60, Y: y, Button: tea.MouseLeft})
				if m.search.at != i {
					t.Errorf("a click on line %d, %s, went to hit %d", y, key, m.search.at)
				}
			}
		}
		give(m, tea.MouseWheelMsg{X: 60, Y: 10, Button: tea.MouseWheelUp})
		if m.search.at != 0 {
			t.Errorf("the wheel went to hit %d", m.search.at)
		}
	}
}

// A line of the pane is as wide as the pane, whatever is found and however
// narrow the screen.
func TestFindingsFitTheirPane(t *testing.T) {
	s, err := soughtBy("mail")
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []string{
		"mail", strings.Repeat("広い", 200) + "mail" + strings.Repeat("広い", 200), "\x00" + strings.Repeat("\xff", 300) + "mail\x1b[31m",
		strings.Repeat("x", 5000) + "\nmail", "mail\u202e\u0301 \U0001f469\u200d\U0001f467 end", strings.Repeat("mail\n", 2000),
	} {
		f, ok := s.in([]byte(value))
		if !ok {
			t.Fatalf("not found in %q", value)
		}
		m := still(t, "", 100, 30)
		for _, w := range []int{20, 43, 44, 60, 200} {
			for _, selected := range []bool{false, true} {
				for _, line := range m.drawHit(hit{"app/" + value, f}, w, selected) {
					if got := ansi.StringWidth(line); got != w {
						t.Errorf("%d cells instead of %d: %q", got, w, ansi.Strip(line))
					}
				}
			}
		}
	}
}
