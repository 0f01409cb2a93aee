package tui

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kvist/internal/transfer"
	"kvist/kv"
	"kvist/kv/kvtest"
)

// storeOn opens a store on a server.
func storeOn(t *testing.T, backend kv.Backend, server *kvtest.Server, config *kv.Config) kv.Store {
	t.Helper()
	store, err := kv.NewStore(backend, []string{server.Addr}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// Between any two kinds of stores, values are compared rather than indexes, folders
// that one of them needs are no difference, and changes on both sides are seen.
func TestUnlikeStoresAreCompared(t *testing.T) {
	kinds := map[kv.Backend]*kvtest.Server{
		kv.CONSUL: kvtest.SharedConsul(t), kv.ETCD: kvtest.SharedEtcd(t), kv.ETCDV3: kvtest.SharedEtcdEmbedded(t), kv.ZK: kvtest.SharedZooKeeper(t),
	}
	for here, server := range kinds {
		for there, other := range kinds {
			if here == there {
				continue
			}
			t.Run(fmt.Sprint(here, "-", there), func(t *testing.T) {
				prefix := strings.ReplaceAll(t.Name(), "/", "-")
				a, b := storeOn(t, here, server, nil), storeOn(t, there, other, nil)
				for _, s := range []kv.Store{a, b} {
					_ = s.DeleteTree(prefix) // of an earlier run
					t.Cleanup(func() { _ = s.DeleteTree(prefix) })
					put(t, s, prefix+"/app/deep/same", "same")
					put(t, s, prefix+"/app/both", fmt.Sprint("of ", s == a))
				}
				put(t, a, prefix+"/app/more/only/here", "1")
				d := drive(t, a, Options{Address: server.Addr, Prefix: prefix}, 120, 30)
				d.await("the listing", func() bool { return d.m.feed.ready })
				d.elsewhere(transfer.Site{Place: transfer.Place{Store: b}})
				d.compareWith("other:" + prefix + "/app")
				d.sees("- 1 only here · ~ 1 different · of")
				put(t, b, prefix+"/app/deep/same", "changed there")
				d.sees("- 1 only here · ~ 2 different · of")
				put(t, a, prefix+"/app/deep/same", "changed there")
				d.sees("- 1 only here · ~ 1 different · of")
				d.onDifference("app/more/only/here")
				d.press(">")
				d.sees("Copy plan", "1 key created")
				d.press("y")
				d.sees("copied 1 key", "~ 1 different · of")
				d.onDifference("app/both")
				d.press("<")
				d.sees("Copy plan", "1 key overwritten")
				d.press("y")
				d.sees("the same · of")
				if got := value(t, a, prefix+"/app/both"); got != "of false" {
					t.Errorf("%q was brought here", got)
				}
			})
		}
	}
}

// A key alone is compared with another one: C on it takes what it is, not what is
// beside it, and the key of a folder's own name is compared with its folder.
func TestAKeyIsComparedAlone(t *testing.T) {
	d, store := explore(t, "a", "b", "c")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: another(t)}})
	d.press("g", "j") // b
	d.compareWith("other:" + t.Name() + "/c")
	d.sees("~ 1 different · of 1 key here, 1 there", "- value of b", "+ value of c")
	put(t, store, t.Name()+"/c", "value of b")
	d.sees("the same · of 1 key here, 1 there")
	put(t, store, t.Name()+"/c/below", "x")
	d.sees("+ 1 only there")
}

// Contact that the other side loses is said, with since when, and what changed
// meanwhile is compared once it is back.
func TestTheOtherSideLosesContact(t *testing.T) {
	d, store := explore(t, "one/a")
	server := kvtest.StartEtcdEmbedded(t)
	other := storeOn(t, kv.ETCDV3, server, nil)
	put(t, other, "one/a", "value of one/a")
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: other}})
	d.compareWith("other:one")
	d.sees("the same · of 1 key here, 1 there")
	server.Kill()
	d.sees("there: no contact with other:one since", "changes are compared once it is back")
	put(t, store, t.Name()+"/one/b", "new")
	d.sees("of 2 keys here, 1 there")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	d.sees("- 1 only here · of 2 keys here, 1 there")
	d.seesNot("no contact with")
	put(t, other, "one/b", "new")
	d.sees("the same · of 2 keys here, 2 there")
}

// A file that kvist export wrote is compared; nothing is written to it, but its keys
// can be brought here.
func TestAFileIsCompared(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b")
	file := filepath.Join(t.TempDir(), "x.jsonl")
	text := `{"kvist":"export","v":1,"store":"etcd v3"}
{"key":"a","value":"value of dir/a"}
{"key":"b","value":"older"}
{"key":"c/d","value":"gone"}
{"end":3}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d.compareWith(file)
	d.sees("with "+file, "+ 1 only there · ~ 1 different · of 2 keys here, 3 there", "there: a file, which does not change")
	d.onDifference("dir/b")
	d.sees("- value of dir/b", "+ older")
	d.press(">")
	d.sees("nothing is written to it")
	d.onDifference("dir/c")
	d.press("<")
	d.sees("Copy plan", "1 key created")
	d.press("y")
	d.sees("~ 1 different · of 3 keys here, 3 there")
	if got := value(t, store, t.Name()+"/dir/c/d"); got != "gone" {
		t.Errorf("the value is %q", got)
	}
	put(t, store, t.Name()+"/dir/b", "older")
	d.sees("the same · of 3 keys here, 3 there")
}

// A side with more keys than memory allows is not compared in part.
func TestNothingIsClaimedOfSidesThatAreTooLarge(t *testing.T) {
	d, store := explore(t, "one/a")
	for i := range 30 {
		put(t, store, fmt.Sprint(t.Name(), "/two/", i), "x")
	}
	small := storeOn(t, kv.ETCDV3, kvtest.SharedEtcdEmbedded(t), &kv.Config{Memory: 4000})
	d.elsewhere(transfer.Site{Place: transfer.Place{Store: small}})
	d.compareWith("other:" + t.Name() + "/two")
	d.sees("the comparison ended", "more than 4000 bytes of memory", "nothing is compared")
}

// Where the explorer follows only open folders, what is compared is followed for
// itself, as a whole.
func TestAPartOfAStoreThatIsTooLargeIsCompared(t *testing.T) {
	_, store := explore(t)
	for i := range 40 {
		put(t, store, fmt.Sprint(t.Name(), "/many/", i), "x")
	}
	put(t, store, t.Name()+"/one/x/y", "1")
	put(t, store, t.Name()+"/two/x/z", "1")
	small := storeOn(t, kv.ETCDV3, kvtest.SharedEtcdEmbedded(t), &kv.Config{Memory: 2500})
	d := drive(t, small, Options{Prefix: t.Name()}, 120, 30)
	d.await("the open folders", func() bool { return d.m.feed.ready && d.m.feed.partial })
	d.press("j")
	d.compareWith("two")
	d.sees("- 1 only here · + 1 only there · of 1 key here, 1 there")
	put(t, store, t.Name()+"/two/x/y", "1")
	d.sees("+ 1 only there · of 1 key here, 2 there")
}

// In the past, a folder is compared with what it is now, and brought to now.
func TestThePastIsComparedWithNow(t *testing.T) {
	d, store := explore(t, "dir/a", "dir/b")
	pair, err := store.Get(t.Name() + "/dir/b")
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, t.Name()+"/dir/a", "now")
	d.press("T")
	d.goes(itoa(int(pair.LastIndex)))
	d.await("the past", func() bool { return d.m.past != nil && d.m.past.feed.ready })
	d.press("C")
	d.sees("Compare ")
	d.press("enter")
	d.sees("~ 1 different · of 2 keys here, 2 there")
	p := comparisonOf(d.m.past)
	d.await("the key", func() bool { return p.live != nil && p.rows.goTo("dir/a") })
	d.press("<")
	d.sees("this is the past")
	d.press("esc", ">")
	d.sees("Copy plan", "1 key overwritten")
	d.press("y")
	d.sees("the same · of 2 keys here, 2 there")
	if got := value(t, store, t.Name()+"/dir/a"); got != "value of dir/a" {
		t.Errorf("the value is %q", got)
	}
}
