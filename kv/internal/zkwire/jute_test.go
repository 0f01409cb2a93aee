package zkwire

import "testing"

// Fields that no server would send are short, and cost nothing.
func TestReaderIsBounded(t *testing.T) {
	for _, b := range [][]byte{nil, {0, 0, 0}, {0, 0, 0, 9, 'a'}, {0x7f, 0xff, 0xff, 0xff}, {0x80, 0, 0, 0, 1}} {
		r := reader{rest: b}
		if text := r.string(); text != "" {
			t.Errorf("%v gives %q", b, text)
		}
		_ = r.long()
		if !r.short || r.checked() == nil {
			t.Errorf("%v is long enough", b)
		}
	}
}

// A list that claims more names than there are bytes is short.
func TestNamesAreBounded(t *testing.T) {
	for _, b := range [][]byte{{0x7f, 0xff, 0xff, 0xff}, {0, 0, 0, 1}, {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 1, 0, 0, 0, 9, 'a'}} {
		r := reader{rest: b}
		if names := r.names(); names != nil || !r.short {
			t.Errorf("%v holds the names %q", b, names)
		}
	}
}

// Written fields are read again.
func TestFieldsComeBack(t *testing.T) {
	var w writer
	w.int(-7)
	w.long(1 << 40)
	w.bool(true)
	w.string("a")
	w.int(2)
	w.string("")
	w.string("bc")
	r := reader{rest: w}
	if i, l, b, s := r.int(), r.long(), r.take(1), r.string(); i != -7 || l != 1<<40 || b[0] != 1 || s != "a" {
		t.Errorf("%d, %d, %v, %q", i, l, b, s)
	}
	if names := r.names(); len(names) != 2 || names[0] != "" || names[1] != "bc" || r.short || len(r.rest) > 0 {
		t.Errorf("%q and %v more", names, r.rest)
	}
}
