package journal

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kvist/kv"
)

// likeJSON decodes a line as encoding/json does.
func likeJSON(text []byte) (line, bool) {
	var l line
	err := json.Unmarshal(text, &l)
	return l, err == nil && l.V >= 1 && l.V <= version
}

// plain is a decoded line without what only says how it was decoded.
func plain(l *line) line {
	is := *l
	for _, s := range []**lineState{&is.Before, &is.After} {
		if *s == nil {
			continue
		}
		state := **s
		if state.raw != nil {
			text := string(state.raw)
			state.raw, state.Value = nil, &text
		}
		*s = &state
	}
	return is
}

// oddTexts are texts that are easily read wrong.
func oddTexts() []string {
	return []string{
		"", "a", `"`, `\`, `\"`, "\n\t\r\b\f", "\x00\x1b[31m", "a\u2028b", "ü", "世界", "😀", "\u0085", `{"end":"x-1"}`,
		`","after":{"value":"`, strings.Repeat(`x"`, 300), "\xff\xfe", "/", "\\u0041",
	}
}

// A line is decoded as encoding/json would, whatever is in it.
func TestDecodeLikeJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	odd := func() string { all := oddTexts(); return all[random.IntN(len(all))] }
	state := func(key string) *kv.Node {
		if random.IntN(3) == 0 {
			return nil
		}
		n := &kv.Node{Key: key, Value: []byte(odd()), Index: random.Uint64() >> random.IntN(64), Flags: uint64(random.IntN(2))}
		n.Type = kv.NodeType(random.IntN(5))
		if random.IntN(2) == 0 {
			n.TTL, n.Left, n.ACL = time.Hour, time.Minute, []string{odd(), "world:anyone:cdrwa"}
		}
		return n
	}
	var d decoder
	byHand := 0
	check := func(text []byte) {
		t.Helper()
		var l line
		ok := d.decode(text, &l)
		want, wanted := likeJSON(text)
		if ok != wanted || ok && !assert.Equal(t, want, plain(&l)) {
			t.Fatalf("%v, want %v, of %q", ok, wanted, text)
		}
		if l.Before != nil && l.Before.raw != nil || l.After != nil && l.After.raw != nil {
			byHand++
		}
	}
	for i := range 2000 {
		key := odd()
		r := Record{ID: recordID("w", uint64(i+1)), Plan: odd(), Op: "delete", Key: key, Other: odd(), Before: state(key), After: state(key), Undoes: odd(), Redo: i%2 == 0, Time: time.Unix(int64(i/10), 5)}
		text := appendRecord(nil, &r)
		check(text)
		check(appendEnds(nil, r.Time, []Record{r}, []End{{Outcome: Done, Index: uint64(i), Error: strings.ToValidUTF8(odd(), "")}}))
		for range 20 { // what a torn or foreign line may look like
			torn := []byte(string(text))
			switch at := random.IntN(len(torn)); random.IntN(3) {
			case 0:
				torn = torn[:at]
			case 1:
				torn[at] = byte(random.IntN(256))
			default:
				torn = append(torn[:at], torn[min(len(torn), at+1+random.IntN(8)):]...)
			}
			check(torn)
		}
	}
	if byHand < 1000 {
		t.Errorf("only %d lines were decoded by hand", byHand)
	}
}

// How a record ended is the same from whichever side a journal is read, also where
// each of a plan's records ended otherwise and some ended twice.
func TestEndsFromBothSides(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	j := New(t.TempDir(), testStore, Options{})
	defer j.Close()
	p := Plan{Title: "write"}
	require.NoError(t, j.BeginPlan(&p))
	for range 20 {
		records, ends := batch(p.ID, 100)
		for i := range records {
			records[i].Key = "k"
			ends[i] = End{Outcome: Outcome(1 + random.IntN(3)), Index: random.Uint64N(3)}
		}
		require.NoError(t, j.Begin(records))
		require.NoError(t, j.End(records, ends))
		if random.IntN(2) == 0 {
			require.NoError(t, j.End(records[10:20], ends[30:40]))
		}
	}
	require.NoError(t, j.EndPlan(&p))
	forward := map[string]End{}
	require.NoError(t, j.Records(&Plan{ID: p.ID}, func(r Record) bool {
		forward[r.ID] = End{Outcome: r.Outcome, Index: r.Index}
		return true
	}))
	backward := map[string]End{}
	_, err := j.OfKey(t.Context(), "k", func(r Record) bool {
		backward[r.ID] = End{Outcome: r.Outcome, Index: r.Index}
		return true
	})
	require.NoError(t, err)
	require.Len(t, forward, 2000)
	require.Equal(t, forward, backward)
}

// recordLine is the line of a record, as encoding/json is to write it.
func recordLine(r *Record) line {
	l := line{
		V: version, Time: r.Time, ID: r.ID, Plan: r.Plan, Op: r.Op, Undoes: r.Undoes, Redo: r.Redo,
		Before: stateLine(r.Before, r.Hidden), After: stateLine(r.After, r.Hidden),
	}
	if utf8.ValidString(r.Key) {
		l.Key = r.Key
	} else {
		l.Key64 = []byte(r.Key)
	}
	if utf8.ValidString(r.Other) {
		l.Other = r.Other
	} else {
		l.Other64 = []byte(r.Other)
	}
	return l
}

// stateLine is a state as it is written, with a digest in place of a value
// that is hidden.
func stateLine(s *kv.Node, hidden bool) *lineState {
	if s == nil {
		return nil
	}
	l := &lineState{Index: s.Index, Flags: s.Flags, Owner: s.Owner, ACL: s.ACL}
	switch {
	case hidden:
		size := len(s.Value)
		l.Digest, l.Size = Sum(s.Value), &size
	case utf8.Valid(s.Value):
		text := string(s.Value)
		l.Value = &text
	default:
		l.Value64 = s.Value
	}
	if s.Type != kv.PlainNode {
		l.Type = s.Type.String()
	}
	if s.TTL > 0 {
		l.TTL, l.Left = s.TTL.String(), s.Left.String()
	}
	return l
}
