package kvtest

import (
	"bytes"
	"errors"
	"strings"

	"kvist/kv"
)

var keyPromises = []promise{
	{"PutGetDelete", testPutGetDelete},
	{"KeysComeOutFull", testKeysComeOutFull},
	{"SlashesNameTheSameKey", testSlashes},
	{"DirIsWhatKeysBeginWith", testDir},
	{"OddKeysRoundTripOrAreRefused", testOddKeys},
	{"KeyThatIsADirectory", testKeyAndDirectory},
	{"DeleteOfADirectory", testDeleteDirectory},
	{"EmptyKeys", testEmptyKeys},
	{"CheckWriteAgreesWithPut", testCheckWrite},
}

func testPutGetDelete(g *ground) {
	_, err := g.s.Get(g.key("a"))
	g.is("get of a missing key", err, kv.ErrKeyNotFound)
	if there, err := g.s.Exists(g.key("a")); there || err != nil {
		g.Fatalf("a missing key exists: %v, %v", there, err)
	}
	g.is("delete of a missing key", g.s.Delete(g.key("a")), kv.ErrKeyNotFound)

	g.put("a", "1")
	first := g.get("a")
	g.put("a", "2")
	second := g.get("a")
	if string(first.Value) != "1" || string(second.Value) != "2" {
		g.Fatalf("got %q and %q", first.Value, second.Value)
	}
	if first.LastIndex == second.LastIndex || first.LastIndex == 0 {
		g.Fatalf("indexes %d and %d", first.LastIndex, second.LastIndex)
	}
	if there, err := g.s.Exists(g.key("a")); !there || err != nil {
		g.Fatalf("exists: %v, %v", there, err)
	}
	g.delete("a")
	_, err = g.s.Get(g.key("a"))
	g.is("get of a deleted key", err, kv.ErrKeyNotFound)
}

func testKeysComeOutFull(g *ground) {
	g.put("dir/sub/leaf", "v")
	if key := g.get("dir/sub/leaf").Key; key != g.key("dir/sub/leaf") {
		g.Errorf("get gives %q", key)
	}
	g.equal("list", g.list("dir/sub"), []string{"dir/sub/leaf=v"})
}

// testSlashes writes with each spelling; where the store does not distinguish
// them they are one key.
func testSlashes(g *ground) {
	spellings := []string{g.key("a"), "/" + g.key("a"), g.key("a") + "/"}
	for _, key := range spellings {
		if err := g.s.Put(key, []byte(key), nil); err != nil {
			g.Fatalf("put %q: %v", key, err)
		}
	}
	g.Cleanup(func() { _ = g.s.DeleteTree("/" + g.prefix) })
	for _, key := range spellings {
		pair, err := g.s.Get(key)
		if err != nil {
			g.Fatalf("get %q: %v", key, err)
		}
		if again, err := g.s.Get(pair.Key); err != nil || again.LastIndex != pair.LastIndex {
			g.Errorf("%q came out as %q, which names another key: %+v, %v", key, pair.Key, again, err)
		}
		if g.h.Verbatim && (pair.Key != key || string(pair.Value) != key) {
			g.Errorf("get %q gives %q=%q", key, pair.Key, pair.Value)
		}
	}
	pair, err := g.s.Get("/" + g.key("a"))
	if err != nil {
		g.Fatal(err)
	}
	if !g.h.Verbatim && pair.Key != g.key("a") {
		g.Errorf("the leading slash stayed: %q", pair.Key)
	}
}

// testDir asks for the directory of each spelling of a prefix: it is what the
// keys below begin with, and names itself.
func testDir(g *ground) {
	g.put("dir/a", "v")
	for _, prefix := range []string{g.key("dir"), g.key("dir") + "/", "/" + g.key("dir"), "/" + g.key("dir") + "/"} {
		dir := kv.Dir(g.s, prefix)
		if again := kv.Dir(g.s, dir); again != dir || !strings.HasSuffix(dir, "/") {
			g.Errorf("the directory of %q is %q, whose own is %q", prefix, dir, again)
		}
		if key := kv.KeyIn(g.s, dir, "a"); key != dir+"a" {
			g.Errorf("a in %q is %q", dir, key)
		}
		if g.h.Verbatim && strings.HasPrefix(prefix, "/") {
			prefix = strings.TrimPrefix(prefix, "/") // another directory
			dir = strings.TrimPrefix(dir, "/")
		}
		pairs, err := g.s.List(dir)
		if err != nil || len(pairs) != 1 || pairs[0].Key != dir+"a" {
			g.Errorf("list of %q, the directory of %q: %q, %v", dir, prefix, g.texts(pairs), err)
		}
	}
	if whole := kv.Dir(g.s, ""); whole != "" {
		g.Errorf("the directory of the whole store is %q", whole)
	}
	if dir := kv.Dir(g.s, "/"); g.h.Verbatim != (dir == "/") || !g.h.Verbatim && dir != "" {
		g.Errorf("the directory of a slash is %q", dir)
	}
}

// oddKeys are names that one store or another treats specially.
var oddKeys = []string{
	"a b", " a", "a ", "a.b", ".a", ".", "..", "a/./b", "a/../b", "a//b", "//a", "a/b/", "a+b", "a?b=c", "a#b", "a%2Fb", "a&b",
	"ä/ö", "日本/語", "e\u0301", "😀", "\u202eabc", "_hidden", "_dir/leaf", "tab\tx", "line\nfeed", "nul\x00x", "\x7f", "\xff\xfe",
	`back\slash`, `quo"te'`, "~", "*", "[a]", "a;b", "a:b", "a=b", strings.Repeat("long", 50),
}

// testOddKeys puts each odd key. Either it can then be found by List, and by
// Get under the name that List returned, or it is refused and nothing was
// written. Only hidden keys are found by their name alone.
func testOddKeys(g *ground) {
	for _, odd := range oddKeys {
		err := g.s.Put(g.key(odd), []byte("v"), nil)
		if err != nil {
			if !errors.Is(err, kv.ErrInvalidKey) {
				g.Errorf("put %q: %v", odd, err)
			}
			if texts := g.list(""); len(texts) != 0 {
				g.Fatalf("put %q was refused and wrote %q", odd, texts)
			}
			continue
		}
		if g.h.Hidden && strings.HasPrefix(odd, "_") {
			g.get(odd) // it is not listed, but can be read by name
		} else {
			g.foundByList(odd)
		}
		if err := g.s.DeleteTree(g.prefix); err != nil {
			g.Fatalf("delete the tree with %q: %v", odd, err)
		}
		if texts := g.list(""); len(texts) != 0 {
			g.Fatalf("%q outlived DeleteTree: %q", odd, texts)
		}
	}
}

// foundByList checks that the only key there is the one that was put.
func (g *ground) foundByList(odd string) {
	g.Helper()
	pairs, err := g.s.List(g.prefix)
	if err != nil {
		g.Errorf("list with %q: %v", odd, err)
		return
	}
	found := 0
	for _, p := range pairs {
		if string(p.Value) != "v" {
			continue
		}
		found++
		if !strings.HasPrefix(p.Key, g.prefix+"/") {
			g.Errorf("%q is listed as %q", odd, p.Key)
		}
		byList, err := g.s.Get(p.Key)
		if err != nil || byList.LastIndex != p.LastIndex {
			g.Errorf("%q is listed as %q, which gives %+v, %v", odd, p.Key, byList, err)
		}
		byName, err := g.s.Get(g.key(odd))
		if err != nil || byName.LastIndex != p.LastIndex {
			g.Errorf("%q gives %+v, %v", odd, byName, err)
		}
	}
	if found != 1 {
		g.Errorf("put %q made %d keys: %q", odd, found, g.texts(pairs))
	}
}

func testKeyAndDirectory(g *ground) {
	g.put("up/x", "below")
	switch err := g.s.Put(g.key("up"), []byte("above"), nil); {
	case err == nil:
		g.equal("both", g.list(""), []string{"up=above", "up/x=below"})
	case errors.Is(err, kv.ErrIsDirectory):
		g.equal("refused", g.list(""), []string{"up/x=below"})
		if v := g.get("up").Value; v == nil || len(v) != 0 {
			g.Errorf("a directory has the value %q", v)
		}
	default:
		g.Fatalf("put on a directory: %v", err)
	}
	g.put("down", "above")
	switch err := g.s.Put(g.key("down/x"), []byte("below"), nil); {
	case err == nil:
		g.equal("both", g.list("down"), []string{"down/x=below"})
	case errors.Is(err, kv.ErrNotDirectory):
		g.equal("refused", g.list("down"), []string{})
	default:
		g.Fatalf("put below a key: %v", err)
	}
	if v := g.get("down").Value; string(v) != "above" {
		g.Errorf("the key above became %q", v)
	}
}

func testDeleteDirectory(g *ground) {
	g.put("dir/leaf", "v")
	err := g.s.Delete(g.key("dir"))
	if !errors.Is(err, kv.ErrHasChildren) && !errors.Is(err, kv.ErrKeyNotFound) {
		g.Errorf("delete of a directory: %v", err)
	}
	g.equal("after", g.list(""), []string{"dir/leaf=v"})
}

func testEmptyKeys(g *ground) {
	for _, key := range []string{"", "/"} {
		if g.h.Verbatim && key == "/" {
			continue // a key like others
		}
		g.is("put", g.s.Put(key, []byte("v"), nil), kv.ErrInvalidKey)
		g.is("delete", g.s.Delete(key), kv.ErrInvalidKey)
		_, _, err := g.s.AtomicPut(key, []byte("v"), nil, nil)
		g.is("atomic put", err, kv.ErrInvalidKey)
	}
}

func testCheckWrite(g *ground) {
	limits, ok := kv.As[kv.WriteChecker](g.s)
	if !ok {
		g.Skip("the store declares no limits")
	}
	for _, odd := range oddKeys {
		g.agree(limits, odd, []byte("v"))
	}
	g.agree(limits, "text", []byte("text"))
	g.agree(limits, "binary", []byte{0xff})
	g.agree(limits, "large", bytes.Repeat([]byte("x"), 500<<10))
	g.agree(limits, "huge", bytes.Repeat([]byte("x"), 5<<20))
}

// agree checks that Put refuses what is refused beforehand, for the same
// reason. Put may refuse more, since the server decides, too.
func (g *ground) agree(limits kv.WriteChecker, rest string, value []byte) {
	g.Helper()
	before := limits.CheckWrite(g.key(rest), value)
	if before == nil {
		return
	}
	after := g.s.Put(g.key(rest), value, nil)
	for _, kind := range []error{kv.ErrTooLarge, kv.ErrInvalidKey, kv.ErrInvalidValue} {
		if errors.Is(before, kind) != errors.Is(after, kind) {
			g.Errorf("%q: CheckWrite says %v, Put %v", rest, before, after)
		}
	}
}
