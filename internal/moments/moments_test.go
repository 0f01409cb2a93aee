package moments

import (
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.Local)

func after(d time.Duration) time.Time { return noon.Add(d) }

// Each way to name a moment is read, whatever its blanks and letters.
func TestParse(t *testing.T) {
	for text, want := range map[string]Wish{
		"now": {Now: true}, " NOW ": {Now: true},
		"1234": {Revision: 1234}, "revision 1234": {Revision: 1234}, "rev 7": {Revision: 7}, "1 234": {Revision: 1234}, "1,234": {Revision: 1234},
		"-10": {Back: 10},
		"5m":  {At: after(-5 * time.Minute)}, "5m ago": {At: after(-5 * time.Minute)}, "5 min ago": {At: after(-5 * time.Minute)},
		"1h30m": {At: after(-90 * time.Minute)}, "90s": {At: after(-90 * time.Second)}, "2d ago": {At: after(-48 * time.Hour)},
		"11:58": {At: after(-2 * time.Minute)}, "11:58:30": {At: after(-90 * time.Second)},
		"14:05": {At: time.Date(2026, 2, 28, 14, 5, 0, 0, time.Local)}, // yesterday's
	} {
		got, err := Parse(text, noon)
		if err != nil || got.Now != want.Now || got.Revision != want.Revision || got.Back != want.Back || !got.At.Equal(want.At) {
			t.Errorf("%q is %+v, %v; want %+v", text, got, err, want)
		}
	}
}

// Text that names no moment is refused, and nothing panics.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "0", "-0", "-", "yesterday", "25:00", "12:60", "5x", "99999999999999999999", "1h ago ago", "99999999999d", "\x1b[31m", "-9999999999999999999999",
	} {
		if got, err := Parse(text, noon); err == nil {
			t.Errorf("%q is %+v", text, got)
		}
	}
}

// A time has the revision that had arrived by then, and a revision its arrival.
func TestAtAndWhen(t *testing.T) {
	var l Log
	l.Note(noon, 100)
	l.Note(after(10*time.Second), 103)
	l.Note(after(20*time.Second), 110)
	now := after(time.Minute)
	for age, want := range map[int]uint64{60: 100, 55: 100, 50: 103, 45: 103, 40: 110, 0: 110} {
		if got, err := l.At(after(time.Duration(60-age)*time.Second), now); err != nil || got != want {
			t.Errorf("%ds ago: %d, %v; want %d", age, got, err, want)
		}
	}
	for revision, want := range map[uint64]time.Time{101: after(10 * time.Second), 103: after(10 * time.Second), 110: after(20 * time.Second)} {
		if got, ok := l.When(revision); !ok || !got.Equal(want) {
			t.Errorf("revision %d: %v, %v", revision, got, ok)
		}
	}
	for _, revision := range []uint64{99, 100, 111} {
		if got, ok := l.When(revision); ok {
			t.Errorf("revision %d was never seen, but at %v", revision, got)
		}
	}
}

// Nothing is made up that was not seen: before the first note, without contact, in
// the future, and before a restore.
func TestUnknownMoments(t *testing.T) {
	var l Log
	now := after(time.Hour)
	says := func(at time.Time, words string) {
		t.Helper()
		got, err := l.At(at, now)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%v: %d, %v; want %q", at, got, err, words)
		}
	}
	says(noon, "no revision was seen yet")
	l.Note(noon, 100)
	says(after(-time.Second), "since 12:00:00 only")
	says(after(2*time.Hour), "yet to come")
	l.Lost(after(time.Minute))
	says(after(2*time.Minute), "no contact since 12:01:00")
	l.Note(after(3*time.Minute), 100)
	says(after(2*time.Minute), "no contact from 12:01:00 to 12:03:00")
	if got, err := l.At(after(30*time.Second), now); got != 100 || err != nil {
		t.Errorf("before the loss: %d, %v", got, err)
	}
	l.Note(after(4*time.Minute), 120)
	l.Lost(after(5 * time.Minute))
	l.Note(after(6*time.Minute), 150)
	if at, ok := l.When(140); ok {
		t.Errorf("a revision that came while contact was lost has the time %v", at)
	}
	l.Restored(after(10*time.Minute), 50)
	says(after(4*time.Minute), "restored to an older state")
	if got, err := l.At(after(11*time.Minute), now); got != 50 || err != nil || l.Newest() != 50 {
		t.Errorf("after the restore: %d, %v", got, err)
	}
}

// A day of changes, many a second, stays within the bound, keeps when it began,
// and knows recent moments exactly.
func TestTheLogIsBounded(t *testing.T) {
	var l Log
	const seconds = 86_400
	for i := range seconds * 2 {
		l.Note(after(time.Duration(i)*500*time.Millisecond), uint64(1+i))
		if len(l.spans) > spansMax {
			t.Fatalf("%d spans", len(l.spans))
		}
	}
	now := after(seconds * time.Second)
	if revision, at, _ := l.First(); revision != 1 || !at.Equal(noon) {
		t.Errorf("it began with %d at %v", revision, at)
	}
	for _, age := range []time.Duration{10 * time.Second, 10 * time.Minute, 12 * time.Hour} {
		got, err := l.At(now.Add(-age), now)
		want := now.Add(-age).Sub(noon) * 2 / time.Second
		off := time.Duration(got) - want
		if limit := max(4, age/time.Second/4); err != nil || off > 2 || off < -limit {
			t.Errorf("%v ago: revision %d, want about %d, %v", age, got, want, err)
		}
	}
	last := l.spans[0]
	for _, s := range l.spans[1:] {
		if s.revision <= last.revision || s.from.Before(last.at) || s.at.Before(s.from) {
			t.Fatalf("%+v after %+v", s, last)
		}
		last = s
	}
}
