package history

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kvist/internal/changes"
	"kvist/internal/journal"
	"kvist/kv"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func at(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }

// said are the rows in short: index, value, source and time.
func said(rows []Row) []string {
	var lines []string
	for _, r := range rows {
		if r.Kind != State {
			lines = append(lines, r.Remark("revision"))
			continue
		}
		line := fmt.Sprint(r.Index)
		switch {
		case r.Deleted:
			line += " deleted"
		case r.Known:
			line += " " + string(r.Value)
		case r.Hidden:
			line += " hidden"
		default:
			line += fmt.Sprintf(" ?%d", r.Size)
		}
		if words := r.Source.Words(); words != "" {
			line += ", " + words
		}
		if !r.At.IsZero() {
			line += r.At.Format(" 15:04")
		}
		if r.Found {
			line += " found"
		}
		lines = append(lines, line)
	}
	return lines
}

func version(index uint64, value string) kv.Version {
	return kv.Version{Index: index, Value: []byte(value), Version: 1}
}

func pages(v kv.Versions) *Pages {
	p := &Pages{}
	p.Newer(v)
	return p
}

func node(value string, index uint64) *kv.Node { return &kv.Node{Value: []byte(value), Index: index} }

func wrote(minute int, before, after *kv.Node, index uint64) journal.Record {
	return journal.Record{
		ID: fmt.Sprint("w-", minute), Key: "k", Time: at(minute), Before: before, After: after,
		Outcome: journal.Done, Index: index,
	}
}

func saw(minute int, kind changes.Kind, was, now uint64) changes.Change {
	return changes.Change{
		At: at(minute), Kind: kind, Key: "k", Was: changes.Side{Index: was, Size: 1}, Now: changes.Side{Index: now, Size: 2},
	}
}

// What the store keeps is one list without gaps; the journal and the feed give
// it times, and nothing else does.
func TestKeptVersionsGetTheTimesThatAreKnown(t *testing.T) {
	rows := Rows(Known{
		Pages: pages(kv.Versions{Versions: []kv.Version{
			version(9, "four"), {Index: 8, Deleted: true}, version(7, "three"), version(5, "two"), version(3, "one"),
		}}),
		Journal: []journal.Record{wrote(20, node("three", 7), nil, 0), wrote(10, node("one", 3), node("two", 0), 5)},
		Changes: []changes.Change{saw(30, changes.Added, 0, 9)},
	})
	require.Equal(t, []string{
		"9 four 12:30", "8 deleted, written by kvist 12:20", "7 three", "5 two, written by kvist 12:10", "3 one",
	}, said(rows))
}

// After the last version that the store keeps, a row says what is not known; what
// the journal holds from before follows.
func TestTheEndOfWhatTheStoreKeepsIsSaid(t *testing.T) {
	versions := []kv.Version{version(9, "b"), version(8, "a")}
	old := []journal.Record{wrote(1, node("old", 2), node("older", 0), 4)}
	for _, c := range []struct {
		v    kv.Versions
		want []string
	}{
		{kv.Versions{Versions: versions}, []string{"9 b", "8 a"}},
		{kv.Versions{Versions: versions, More: true}, []string{"9 b", "8 a", "older versions are kept by the store"}},
		{kv.Versions{Versions: versions, Compacted: true}, []string{"9 b", "8 a", "older versions, if there were any, are compacted"}},
		{kv.Versions{Versions: versions, Unread: 8}, []string{"9 b", "8 a", "what was before revision 8 was not looked for"}},
	} {
		require.Equal(t, c.want, said(Rows(Known{Pages: pages(c.v)})))
	}
	require.Equal(t, []string{
		"9 b", "8 a", "older versions, if there were any, are compacted", "4 older, written by kvist 12:01", "2 old, seen by this kvist",
	}, said(Rows(Known{Pages: pages(kv.Versions{Versions: versions, Compacted: true}), Journal: old})))
	require.Equal(t, []string{"9 b", "8 a", "older versions are kept by the store"},
		said(Rows(Known{Pages: pages(kv.Versions{Versions: versions, More: true}), Journal: old})), "what is still to be read counts, not the journal")
}

// Where the store keeps nothing, writes that follow one another have no gap
// between them, and others have.
func TestWritesOfOthersAreGaps(t *testing.T) {
	rows := Rows(Known{Journal: []journal.Record{
		wrote(1, nil, node("a", 0), 10),
		wrote(2, node("a", 10), node("b", 0), 12),
		wrote(3, node("x", 20), node("c", 0), 21),
		wrote(4, node("c", 21), nil, 0),
	}, Present: &Present{}})
	require.Equal(t, []string{
		"0 deleted, written by kvist 12:04", "21 c, written by kvist 12:03", "20 x, seen by this kvist",
		"gap after revision 12: others may have written",
		"12 b, written by kvist 12:02", "10 a, written by kvist 12:01",
		"what was before is not known: this store keeps no history",
	}, said(rows))
}

// What kvist wrote before the store was set back stands above a row that says so,
// and is not what is there now; what others wrote since at the same index is theirs.
func TestAStoreThatWasSetBack(t *testing.T) {
	records := []journal.Record{wrote(1, nil, node("a", 0), 10), wrote(2, node("a", 10), node("b", 0), 12), wrote(3, node("b", 12), node("c", 0), 20)}
	want := []string{
		"20 c, written by kvist 12:03", "the store is not at revision 20 any more: it was set back to an older state",
		"12 theirs", "10 a, written by kvist 12:01",
	}
	versions := kv.Versions{Versions: []kv.Version{version(12, "theirs"), version(10, "a")}}
	rows := Rows(Known{Journal: records, Pages: pages(versions)})
	require.Equal(t, want, said(rows))
	require.True(t, rows[2].Now && !rows[0].Now)

	rows = Rows(Known{Journal: records[:2], Present: &Present{Pair: &kv.KVPair{Value: []byte("a"), LastIndex: 10}}})
	require.Equal(t, SetBack, rows[1].Kind)
	require.True(t, rows[2].Now)

	found := saw(9, changes.Changed, 20, 10) // the feed lists the store again
	found.Found = true
	rows = Rows(Known{Changes: []changes.Change{saw(8, changes.Changed, 10, 20), found}})
	require.Equal(t, SetBack, rows[1].Kind)
}

// Only a write that was carried out is a version.
func TestOnlyWhatWasCarriedOutIsAVersion(t *testing.T) {
	for _, o := range []journal.Outcome{journal.Unknown, journal.Conflict, journal.Refused} {
		r := wrote(1, node("a", 10), node("b", 0), 0)
		r.Outcome = o
		require.Equal(t, []string{"what was before is not known: this store keeps no history"}, said(Rows(Known{Journal: []journal.Record{r}})))
	}
}

// The feed's changes are versions without values. What a listing found has no
// time, and between it and what was known before is a gap, as after what came as
// one.
func TestTheFeedShowsItsGaps(t *testing.T) {
	found, merged := saw(3, changes.Changed, 12, 20), saw(4, changes.Changed, 20, 22)
	found.Found, merged.Missed = true, kv.Coalesced
	values := map[uint64]string{22: "now"}
	rows := Rows(Known{
		Changes: []changes.Change{
			saw(1, changes.Added, 0, 10), saw(2, changes.Changed, 10, 12), {Kind: changes.Relisting, Missed: kv.Gap}, found, merged,
		},
		Value: func(index uint64) ([]byte, bool) { v, ok := values[index]; return []byte(v), ok },
	})
	require.Equal(t, []string{
		"22 now, seen by this kvist 12:04",
		"gap after revision 20: others may have written",
		"20 ?2, seen by this kvist found",
		"gap after revision 12: others may have written",
		"12 ?2, seen by this kvist 12:02", "10 ?2, seen by this kvist 12:01",
		"what was before is not known: this store keeps no history",
	}, said(rows))
}

// A deletion is one row, whether the feed or the journal knows of it, and whoever
// knows its index; a key that was deleted and created before the feed's eyes has no
// gap.
func TestADeletionIsOneRow(t *testing.T) {
	rows := Rows(Known{
		Journal: []journal.Record{wrote(2, node("a", 10), nil, 0)},
		Changes: []changes.Change{saw(1, changes.Added, 0, 10), saw(2, changes.Removed, 10, 11), saw(3, changes.Added, 0, 12)},
		Present: &Present{Pair: &kv.KVPair{Value: []byte("b"), LastIndex: 12}},
	})
	require.Equal(t, []string{
		"12 b, seen by this kvist 12:03", "11 deleted, written by kvist 12:02", "10 a, seen by this kvist 12:01",
		"what was before is not known: this store keeps no history",
	}, said(rows))
}

// A key that is gone by now was deleted by somebody, nobody knows when.
func TestAKeyThatIsGoneWasDeleted(t *testing.T) {
	rows := Rows(Known{Journal: []journal.Record{wrote(1, nil, node("a", 0), 10)}, Present: &Present{}})
	require.Equal(t, "0 deleted, seen by this kvist found", said(rows)[0])
	require.Equal(t, Gap, rows[1].Kind)
	require.Empty(t, Rows(Known{Present: &Present{}, Pages: &Pages{}}))
}

// A key that was put back is not said to have the session that it had: the store may not
// give it again. One that was read, or kept, is.
func TestASessionThatMayNotHaveComeBackIsNotNamed(t *testing.T) {
	held := func(index uint64) *kv.Node {
		return &kv.Node{Value: []byte("v"), Index: index, Owner: "session"}
	}
	kept := wrote(1, held(10), held(0), 20)
	deleted := wrote(2, held(20), nil, 0)
	back := wrote(3, nil, held(0), 40)
	kept.Op, back.Op = string(kv.OpWriteNodes), string(kv.OpWriteNodes)
	for _, present := range []*Present{nil, {Pair: &kv.KVPair{Key: "k", Value: []byte("v"), LastIndex: 40}, Meta: &kv.Meta{}}} {
		owners := map[uint64]string{}
		for _, r := range Rows(Known{Journal: []journal.Record{kept, deleted, back}, Present: present}) {
			if r.Kind == State && !r.Deleted {
				owners[r.Index] = r.Owner
			}
		}
		want := map[uint64]string{10: "session", 20: "session", 40: ""}
		if !maps.Equal(owners, want) {
			t.Errorf("the owners are %v, want %v", owners, want)
		}
	}
}

// A value that the journal may not keep is not known, unless the store has it.
func TestHiddenValuesStayHidden(t *testing.T) {
	r := wrote(1, node("", 3), node("", 0), 5)
	r.Hidden = true
	rows := Rows(Known{Journal: []journal.Record{r}, Present: &Present{Pair: &kv.KVPair{Value: []byte("b"), LastIndex: 5}}})
	require.Equal(t, []string{"5 b, written by kvist 12:01", "3 hidden, seen by this kvist"}, said(rows)[:2])
}

// ZooKeeper's stat says when the state began that is there now, and of no other.
func TestZooKeepersStatGivesATime(t *testing.T) {
	present := &Present{Pair: &kv.KVPair{Value: []byte("b"), LastIndex: 5}, Meta: &kv.Meta{Modified: 5, ModifiedAt: at(7), Version: 3}}
	rows := Rows(Known{Present: present})
	require.Equal(t, "5 b, seen by this kvist 12:07", said(rows)[0])
	require.EqualValues(t, 3, rows[0].Version)
	present.Meta.Modified = 6
	require.Equal(t, "5 b, seen by this kvist", said(Rows(Known{Present: present}))[0])
}

// The newest page read anew joins what was read before, and replaces it where
// there would be a hole.
func TestPagesHaveNoHoles(t *testing.T) {
	p := &Pages{}
	indexes := func() string {
		var s []string
		for _, v := range p.Versions.Versions {
			s = append(s, fmt.Sprint(v.Index))
		}
		return strings.Join(s, " ")
	}
	p.Newer(kv.Versions{Versions: []kv.Version{{Index: 9}, {Index: 8}}, More: true})
	p.Older(kv.Versions{Versions: []kv.Version{{Index: 7}, {Index: 6}}, Compacted: true})
	require.Equal(t, "9 8 7 6", indexes())
	p.Newer(kv.Versions{Versions: []kv.Version{{Index: 11}, {Index: 9}}, More: true})
	require.Equal(t, "11 9 8 7 6", indexes())
	require.True(t, p.Compacted && !p.More)
	p.Newer(kv.Versions{Versions: []kv.Version{{Index: 30}, {Index: 29}}, More: true})
	require.Equal(t, "30 29", indexes())
	require.True(t, p.More)
	require.EqualValues(t, 29, p.Last())
}

// A row keeps its name when more becomes known of it.
func TestARowKeepsItsName(t *testing.T) {
	r := wrote(1, node("a", 10), nil, 0)
	before := Rows(Known{Journal: []journal.Record{r}})
	after := Rows(Known{Journal: []journal.Record{r}, Changes: []changes.Change{saw(1, changes.Removed, 10, 11), saw(2, changes.Added, 0, 12)}})
	require.Len(t, after, len(before)+1)
	for i := range before {
		require.True(t, before[i].ID.Is(after[i+1].ID), "row %d", i)
		require.False(t, before[i].ID.Is(after[i].ID), "row %d", i)
	}
}
