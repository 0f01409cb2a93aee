package kvtest

import (
	"bytes"

	"kvist/kv"
)

// Which bytes a value may hold, and how many.
var bytesPromises = []promise{
	{"EmptyValues", testEmptyValues},
	{"BinaryValues", testBinaryValues},
	{"LargeValues", testLargeValues},
	{"TooLargeValues", testTooLargeValues},
}

func testEmptyValues(g *ground) {
	for _, value := range [][]byte{{}, nil} {
		if err := g.s.Put(g.key("a"), value, nil); err != nil {
			g.Fatal(err)
		}
		if v := g.get("a").Value; v == nil || len(v) != 0 {
			g.Errorf("%#v came back as %#v", value, v)
		}
	}
	pairs, err := g.s.List(g.prefix)
	if err != nil || len(pairs) != 1 || pairs[0].Value == nil || pairs[0].Key != g.key("a") {
		g.Errorf("list: %+v, %v", pairs, err)
	}
}

func testBinaryValues(g *ground) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, value := range map[string][]byte{"bytes": all, "invalid": {0xff, 0xfe, 0}, "half": []byte("\xe2\x82")} {
		err := g.s.Put(g.key(name), value, nil)
		if g.h.Text {
			g.is("binary "+name, err, kv.ErrInvalidValue)
			if there, err := g.s.Exists(g.key(name)); there || err != nil {
				g.Errorf("refused, and exists: %v, %v", there, err)
			}
			_, _, err := g.s.AtomicPut(g.key(name), value, nil, nil)
			g.is("atomic binary "+name, err, kv.ErrInvalidValue)
			continue
		}
		if err != nil {
			g.Fatalf("%s: %v", name, err)
		}
		if v := g.get(name).Value; !bytes.Equal(v, value) {
			g.Errorf("%s: came back as %q", name, v)
		}
	}
	for name, text := range map[string]string{"nul": "a\x00b", "escape": "\x1b[31m\r\n\t", "bidi": "\u202e\ufeff", "last": "\U0010ffff"} {
		g.put(name, text)
		if v := g.get(name).Value; string(v) != text {
			g.Errorf("%s: came back as %q", name, v)
		}
	}
}

func testLargeValues(g *ground) {
	value := bytes.Repeat([]byte("0123456789abcdef"), 500*1024/16)
	if err := g.s.Put(g.key("put"), value, nil); err != nil {
		g.Fatal(err)
	}
	ok, pair, err := g.s.AtomicPut(g.key("atomic"), value, nil, nil)
	if !ok || err != nil {
		g.Fatal(ok, err)
	}
	value[0] = 'x'
	if ok, pair, err = g.s.AtomicPut(g.key("atomic"), value, pair, nil); !ok || err != nil {
		g.Fatal(ok, err)
	}
	again := g.get("atomic")
	if !bytes.Equal(again.Value, value) || again.LastIndex != pair.LastIndex {
		g.Errorf("came back with %d bytes and index %d, want %d and %d", len(again.Value), again.LastIndex, len(value), pair.LastIndex)
	}
	if pairs, err := g.s.List(g.prefix); err != nil || len(pairs) != 2 || len(pairs[1].Value) != len(value) {
		g.Errorf("list: %d pairs, %v", len(pairs), err)
	}
}

// testTooLargeValues puts a value that some stores refuse: either it is there
// as a whole, or not at all, and the store continues to work.
func testTooLargeValues(g *ground) {
	value := bytes.Repeat([]byte("x"), 5<<20)
	err := g.s.Put(g.key("huge"), value, nil)
	if err == nil {
		if n := len(g.get("huge").Value); n != len(value) {
			g.Errorf("came back with %d bytes", n)
		}
		return
	}
	g.is("put", err, kv.ErrTooLarge)
	_, _, err = g.s.AtomicPut(g.key("huge"), value, nil, nil)
	g.is("atomic put", err, kv.ErrTooLarge)
	if there, err := g.s.Exists(g.key("huge")); there || err != nil {
		g.Errorf("refused, and exists: %v, %v", there, err)
	}
	g.put("small", "v")
}
